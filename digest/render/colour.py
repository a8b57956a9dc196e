"""Colours as arithmetic: contrast by WCAG 2.2, mixing, and the nearest colour that can be read. Knows no theme."""

from __future__ import annotations

import re

__all__ = ["contrast", "is_colour", "mixed", "readable"]

HEX = re.compile(r"#[0-9a-fA-F]{6}")


def is_colour(text: str) -> bool:
    """Say whether this is a colour as mail clients all know it: #rrggbb."""
    return HEX.fullmatch(text) is not None


def contrast(one: str, other: str) -> float:
    """Compute the contrast of two colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mixed(one: str, other: str, share: float) -> str:
    """Mix a share of the other colour into the first."""
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def readable(colour: str, ground: str, least: float) -> str:
    """Move a colour towards white or black, as the ground asks, until its contrast is reached."""
    end = max("#ffffff", "#000000", key=lambda c: contrast(c, ground))
    steps = (mixed(colour, end, step / 50) for step in range(51))
    return next((c for c in steps if contrast(c, ground) >= least), end)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    shares = (c / 255 for c in _channels(colour))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
