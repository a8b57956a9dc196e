"""What a page hides: the preheader, which is meant, and anything else, which is not."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from digest.lint.page import Element, read
from digest.lint.sight import looks
from digest.lint.wording import PADDING

__all__ = ["hidden", "preheader", "preheader_words"]


@lru_cache(maxsize=8)
def preheader(html: str) -> Element | None:
    """The hidden element with which the words of the body begin, or None."""
    page, seen = read(html), looks(html)
    for index, text in page.pieces:
        element = page.elements[index]
        inside = {element.tag, *(e.tag for e in page.around(element))}
        if "body" not in inside or not PADDING.sub("", text):
            continue
        if not seen[index].hidden:
            return None
        chain = (element, *page.around(element))
        return [e for e in chain if seen[e.index].hidden][-1]
    return None


def preheader_words(html: str) -> str:
    """The words of the preheader, without what fills it up; empty where there is none."""
    found = preheader(html)
    return PADDING.sub(" ", read(html).text(found)).strip() if found else ""


def hidden(html: str) -> Iterator[tuple[Element, str]]:
    """Elements that hide words of their own, beside the preheader, with the way they do it."""
    page, seen, meant = read(html), looks(html), preheader(html)
    for element in page.all():
        if element.tag in {"style", "title", "script"} or (meant and meant.index <= element.index < meant.end):
            continue
        look = seen[element.index]
        if not PADDING.sub("", page.own_text(element)):
            continue
        if look.hidden:
            yield element, look.hidden
        elif look.size <= 1:
            yield element, f"font-size:{look.size:g}px"
        elif look.color is not None and look.color == look.ground:
            yield element, "text in the colour of its ground"
