"""CSS as far as mails have it: declarations, style sheets, colours and lengths read into values.

Which rule applies to which element, and what that looks like, is in `sight.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["Color", "Declaration", "Rule", "color", "contrast", "declarations", "length", "rules"]

Color = tuple[int, int, int]
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
# The colour words that people write in mails; any other is not judged.
NAMED = {
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "gray": (128, 128, 128),
    "grey": (128, 128, 128),
    "silver": (192, 192, 192),
    "red": (255, 0, 0),
    "green": (0, 128, 0),
    "blue": (0, 0, 255),
    "yellow": (255, 255, 0),
    "navy": (0, 0, 128),
    "maroon": (128, 0, 0),
    "purple": (128, 0, 128),
    "teal": (0, 128, 128),
    "orange": (255, 165, 0),
    "lightgray": (211, 211, 211),
    "lightgrey": (211, 211, 211),
    "darkgray": (169, 169, 169),
    "darkgrey": (169, 169, 169),
}
HEX = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
RGB = re.compile(r"rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)", re.IGNORECASE)
LENGTH = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(px|pt|em|rem|%|)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """`name: value`, the name in small letters; `important` where it says so."""

    name: str
    value: str
    important: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One selector (lists are taken apart) with its declarations and the at-rules around it, outermost first."""

    around: tuple[str, ...]
    selector: str
    declarations: tuple[Declaration, ...]


@lru_cache(maxsize=4096)
def declarations(text: str) -> tuple[Declaration, ...]:
    """Read the content of a style attribute or of a rule's braces; what is no declaration is passed over."""
    found = []
    for part in _split(COMMENT.sub("", text), ";"):
        name, colon, value = part.partition(":")
        value, mark, word = value.strip().rpartition("!")
        important = bool(mark) and word.strip().lower() == "important"
        value = value.strip() if important else f"{value}{mark}{word}".strip()
        if colon and name.strip() and value:
            found.append(Declaration(name=name.strip().lower(), value=value, important=important))
    return tuple(found)


@lru_cache(maxsize=64)
def rules(sheet: str) -> tuple[Rule, ...]:
    """Read a style sheet. At-rules without braces (`@import …;`) come with an empty selector."""
    return tuple(_rules(COMMENT.sub("", sheet), ()))


def _rules(sheet: str, around: tuple[str, ...]) -> Iterator[Rule]:
    at = 0
    while at < len(sheet):
        brace, semicolon = sheet.find("{", at), sheet.find(";", at)
        if semicolon >= 0 and (brace < 0 or semicolon < brace):
            prelude, at = sheet[at:semicolon].strip(), semicolon + 1
            if prelude.startswith("@"):
                yield Rule(around=(*around, prelude), selector="", declarations=())
            continue
        if brace < 0:
            return
        prelude = " ".join(sheet[at:brace].split())
        end = _closing(sheet, brace)
        yield from _block(prelude, sheet[brace + 1 : end], around)
        at = end + 1


def _block(prelude: str, content: str, around: tuple[str, ...]) -> Iterator[Rule]:
    if prelude.startswith("@"):
        inner = (*around, prelude)
        if "{" in content or content.lstrip().startswith("@"):
            yield from _rules(content, inner)
        else:
            yield Rule(around=inner, selector="", declarations=declarations(content))
        return
    for selector in _split(prelude, ","):
        yield Rule(around=around, selector=selector.strip(), declarations=declarations(content))


def _closing(text: str, brace: int) -> int:
    """Where the brace is closed: at the end of the text, if never."""
    depth, at = 1, brace + 1
    while depth and at < len(text):
        depth += (text[at] == "{") - (text[at] == "}")
        at += 1
    return at if depth else at - 1


def _split(text: str, sign: str) -> Iterator[str]:
    """Split at a sign that stands in no parenthesis or quotation."""
    depth, quote, begin = 0, "", 0
    for at, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in "()":
            depth += 1 if char == "(" else -1
        elif char == sign and depth <= 0:
            yield text[begin:at]
            begin = at + 1
    yield text[begin:]


def color(value: str) -> Color | None:
    """Read an opaque colour; None for what needs a browser (transparent, alpha, variables) or is none."""
    value = value.strip().lower()
    if value in NAMED:
        return NAMED[value]
    if found := RGB.fullmatch(value):
        red, green, blue = (min(int(n), 255) for n in found.groups())
        return red, green, blue
    if not (found := HEX.fullmatch(value)):
        return None
    digits = found[1] if len(found[1]) == 6 else "".join(c * 2 for c in found[1])
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def contrast(one: Color, other: Color) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(value: Color) -> float:
    parts = (c / 255 for c in value)
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def length(value: str, whole: float) -> float | None:
    """Read a length in CSS pixels; `whole` is what em, % and a bare number multiply. None for words."""
    found = LENGTH.fullmatch(value.strip().lower())
    if not found:
        return None
    number, unit = float(found[1]), found[2]
    times = {"px": 1.0, "pt": 4 / 3, "em": whole, "%": whole / 100, "rem": 16.0, "": whole}
    return number * times[unit]
