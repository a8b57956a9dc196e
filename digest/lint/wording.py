"""What a reader hears and reads: the label of a link, the words of a text, the width of a line."""

from __future__ import annotations

import re
import unicodedata

from digest.lint.page import Element, Page

__all__ = ["PADDING", "columns", "label", "words"]

WORD = re.compile(r"[^\W\d_]{4,}")
PADDING = re.compile("[\u034f\u200b\u200c\u200d\u2007\u00a0\u00ad\ufeff\\s]+")


def label(page: Page, element: Element) -> str:
    """The name that a screen reader says: aria-label, else text, else the alt texts inside, else the title."""
    alts = " ".join(e.get("alt") or "" for e in page.inside(element) if e.tag == "img")
    names = (element.get("aria-label") or "", page.text(element), alts, element.get("title") or "")
    return next((n for n in (" ".join(PADDING.sub(" ", name).split()) for name in names) if n), "")


def words(text: str) -> frozenset[str]:
    """The words of four letters and more, without case."""
    return frozenset(word.casefold() for word in WORD.findall(unicodedata.normalize("NFC", text)))


def columns(line: str) -> int:
    """The width of a line on a terminal: wide characters count two, combining marks none."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in line
    )
