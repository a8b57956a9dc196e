"""A picture in a post's text as a mail shows it: its address, its size, and what cannot be shown.

Sizes come from the picture's own file where it lies on this machine, else from what the post says.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from digest.render.album import Seen
from digest.render.images import NO_PICTURE
from digest.render.links import absolute
from digest.render.tree import Element, Node

__all__ = ["WIDTH", "Look", "Repairs", "picture"]

WIDTH = 536  # the sheet without its sides
HIGHEST, NARROWEST = 640, 240  # of a picture, in pixels


@dataclass(slots=True)
class Repairs:
    """What was mended while a body was rewritten: (rule, what happened), each told once."""

    told: dict[tuple[str, str], None] = field(default_factory=dict)

    def tell(self, rule: str, message: str) -> None:
        """Note a repair."""
        self.told.setdefault((rule, message))


Look = Callable[[str, str, Repairs], Seen]
"""What is known of a picture, from its name as written and its address: how large it is, and whether it goes along."""


def picture(node: Element, *, base: str, look: Look, repairs: Repairs) -> list[Node]:
    """Give the picture, or its alternative text, or nothing; `base` is the page that its address starts from."""
    named = node.attributes.get("src") or node.attributes.get("data-src", "")
    width, height = _pixels(node, "width"), _pixels(node, "height")
    address = absolute(named, base, mail=False)
    seen = look(named, address, repairs)
    width, height = _shown_size(width, height, seen)
    shown = named if len(named) <= 80 else f"{named[:79]}…"
    if (width is not None and width <= 2) or (height is not None and height <= 2):
        repairs.tell("tracking", f"a picture of {width}×{height} pixels ({shown}) was dropped")
        return []
    alt = " ".join(node.attributes.get("alt", "").split())
    if not seen.goes_along and NO_PICTURE.search(address):
        repairs.tell("image-format", f"mail clients do not show {shown}; its alternative text stands instead")
        return [alt] if alt else []
    if not seen.goes_along and not address.startswith("https:"):
        what = "no https address" if address or named else "no address"
        repairs.tell("image-scheme", f"a picture with {what} ({shown}) was dropped")
        return []
    attributes = {"src": seen.url, "alt": alt, "width": str(min(width or WIDTH, WIDTH))}
    if width and height:
        attributes["height"] = str(max(1, round(height * min(width, WIDTH) / width)))
    if width and width < WIDTH:
        attributes["style"] = f"max-width:{width}px"
    attributes["class"] = "m" if width else "m free"
    return [Element("img", attributes)]


def _shown_size(width: int | None, height: int | None, seen: Seen) -> tuple[int | None, int | None]:
    """What the post asks for, in the picture's own ratio where that is known; else the picture's own size.

    One that stands upright (a telephone's screen) is shown no higher than a screen, unless it would become too narrow.
    """
    if seen.width and seen.height:
        if width is None:
            width = max(1, round(height * seen.width / seen.height)) if height else seen.width
        height = max(1, round(width * seen.height / seen.width))
    if width and height:
        narrow = round(HIGHEST * width / height)
        if height * min(width, WIDTH) > HIGHEST * width and narrow >= NARROWEST:
            return narrow, HIGHEST
    return width, height


def _pixels(node: Element, name: str) -> int | None:
    value = node.attributes.get(name, "")
    styled = re.search(rf"(?:^|;)\s*{name}:\s*(\d+)(?:\.\d+)?(?:px)?\s*(?:;|$)", node.attributes.get("style", ""))
    found = re.fullmatch(r"\s*(\d+)(?:\.\d+)?(?:px)?\s*", value) or styled
    return int(found[1]) if found and len(found[1]) < 6 else None
