"""The HTML of a mail as rules read it: elements in document order with their attributes, text and line.

A tolerant reading on the standard library's parser: what a browser mends is mended here, and told in `faults`. Comments
(Outlook's conditional ones too) are skipped. What an element looks like is in `sight.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser

__all__ = ["Element", "Page", "read"]

VOID_WORDS = "area base br col embed hr img input link meta param source track wbr"
VOID = frozenset(VOID_WORDS.split())
OPTIONAL_END_WORDS = "body colgroup dd dt head html li optgroup option p tbody td tfoot th thead tr"
OPTIONAL_END = frozenset(OPTIONAL_END_WORDS.split())
BLOCK_WORDS = (
    "address article aside blockquote body br caption center dd details div dl dt figcaption figure footer form "
    "h1 h2 h3 h4 h5 h6 head header hr html li main nav ol p pre section summary table tbody td tfoot th thead "
    "title tr ul"
)
BLOCK = frozenset(BLOCK_WORDS.split())
SILENT = frozenset({"script", "style", "title"})
# An open element of the key is closed by the start of one of these (HTML 13.1.2.4).
CLOSED_BY = {
    "p": BLOCK - {"br", "td", "th", "tr", "tbody", "head", "html", "body", "title"},
    "li": frozenset({"li"}),
    "dt": frozenset({"dt", "dd"}),
    "dd": frozenset({"dt", "dd"}),
    "td": frozenset({"td", "th", "tr"}),
    "th": frozenset({"td", "th", "tr"}),
    "tr": frozenset({"tr", "tbody", "tfoot"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One element. `start` is its start tag as written; `inside` the span of elements and of text that it holds."""

    index: int
    parent: int  # the index of the element around it, -1 at the top
    tag: str
    attributes: tuple[tuple[str, str], ...]
    line: int
    start: str
    end: int  # one past the index of the last element inside
    pieces: tuple[int, int]  # the span of its text in Page.pieces

    def get(self, name: str) -> str | None:
        """The value of an attribute: empty where it has none, None where it is missing."""
        return next((value for key, value in self.attributes if key == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A whole page. `pieces` is its text in order, each with the element that holds it directly."""

    elements: tuple[Element, ...]
    pieces: tuple[tuple[int, str], ...]
    styles: tuple[str, ...]  # the content of each style element; `<style media=…>` is wrapped in its @media
    faults: tuple[tuple[int, str], ...]  # (line, what is not well formed)

    def all(self, *tags: str) -> Iterator[Element]:
        """Every element of these kinds (of any, where none is named), in order."""
        return (e for e in self.elements if not tags or e.tag in tags)

    def inside(self, element: Element) -> tuple[Element, ...]:
        """Every element inside this one, in order."""
        return self.elements[element.index + 1 : element.end]

    def around(self, element: Element) -> Iterator[Element]:
        """The elements around this one, from the nearest outwards."""
        at = element.parent
        while at >= 0:
            yield self.elements[at]
            at = self.elements[at].parent

    def text(self, element: Element | None = None) -> str:
        """The words inside, blanks collapsed; of the whole page where nothing is named, without styles and title."""
        first, last = element.pieces if element else (0, len(self.pieces))
        silent = not (element and element.tag in SILENT)
        words = (text for at, text in self.pieces[first:last] if not (silent and self.elements[at].tag in SILENT))
        return " ".join("".join(words).split())

    def own_text(self, element: Element) -> str:
        """The words that stand in this element directly, not in one inside it."""
        first, last = element.pieces
        return " ".join("".join(text for at, text in self.pieces[first:last] if at == element.index).split())


@lru_cache(maxsize=8)
def read(html: str) -> Page:
    """Read a page; nothing is refused."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.page()


@dataclass(slots=True)
class _Open:
    """An element while it is being read."""

    index: int
    parent: int
    tag: str
    attributes: tuple[tuple[str, str], ...]
    line: int
    start: str
    first_piece: int
    end: int = 0
    last_piece: int = 0


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[_Open] = []
        self.stack: list[_Open] = []
        self.pieces: list[tuple[int, str]] = []
        self.styles: list[str] = []
        self.faults: list[tuple[int, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        while self.stack and tag in CLOSED_BY.get(self.stack[-1].tag, ()):
            self._close()
        if tag in BLOCK:
            self._piece(" ")
        parent = self.stack[-1].index if self.stack else -1
        attributes = tuple((name, value or "") for name, value in attrs)
        line, start = self.getpos()[0], self.get_starttag_text() or ""
        element = _Open(len(self.found), parent, tag, attributes, line, start, len(self.pieces))
        self.found.append(element)
        self.stack.append(element)
        if tag in VOID:
            self._close()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)  # the slash means nothing in HTML

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not any(e.tag == tag for e in self.stack):
            self.faults.append((self.getpos()[0], f"</{tag}> closes nothing"))
            return
        while self.stack[-1].tag != tag:
            left = self.stack[-1]
            if left.tag not in OPTIONAL_END:
                self.faults.append((left.line, f"<{left.tag}> is still open where </{tag}> comes"))
            self._close()
        self._close()

    def handle_data(self, data: str) -> None:
        self._piece(data)
        if self.stack and self.stack[-1].tag == "style":
            media = dict(self.stack[-1].attributes).get("media", "")
            self.styles.append(f"@media {media} {{{data}}}" if media else data)

    def page(self) -> Page:
        """What was read, as a value."""
        for left in self.stack:
            if left.tag not in OPTIONAL_END:
                self.faults.append((left.line, f"<{left.tag}> is never closed"))
        while self.stack:
            self._close()
        elements = tuple(
            Element(
                index=e.index,
                parent=e.parent,
                tag=e.tag,
                attributes=e.attributes,
                line=e.line,
                start=e.start,
                end=e.end,
                pieces=(e.first_piece, e.last_piece),
            )
            for e in self.found
        )
        return Page(elements=elements, pieces=tuple(self.pieces), styles=tuple(self.styles), faults=tuple(self.faults))

    def _piece(self, text: str) -> None:
        if self.stack:
            self.pieces.append((self.stack[-1].index, text))

    def _close(self) -> None:
        element = self.stack.pop()
        element.end, element.last_piece = len(self.found), len(self.pieces)
        if element.tag in BLOCK:
            self._piece(" ")
