"""HTML as a small tree: read from what the sanitiser gives (always well-formed), walked, and written again.

Not a parser for wild HTML: nh3 has been there before, so tags are known, closed and in order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser

from digest.render.text import clean

__all__ = ["VOID", "Element", "Node", "parse", "text_of", "write"]

DEPTH = 50  # elements within one another; nobody writes more, and walking is recursive
WITHOUT_TEXT = frozenset({"table", "thead", "tbody", "tfoot", "tr", "ul", "ol", "dl"})
VOID = frozenset({"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})


@dataclass(slots=True)
class Element:
    """One element; its children are elements and text."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)

    def walk(self) -> Iterator[Element]:
        """Give this element and every one below it, in document order."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.walk()

    def find(self, *tags: str) -> Element | None:
        """Find the first element below that has one of these tags."""
        return next((e for e in self.walk() if e is not self and e.tag in tags), None)

    def has_class(self, name: str) -> bool:
        """Say whether this class is among the element's."""
        return name in self.attributes.get("class", "").split()


Node = Element | str


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("root")
        self.open = [self.root]
        self.deep: list[str] = []  # tags beyond DEPTH: their text stays, they do not

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if len(self.open) > DEPTH and tag not in VOID:
            self.deep.append(tag)
            return
        element = Element(tag, {name: clean(value or "") for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if self.deep:
            self.deep.pop()
        else:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        # Cleaned again: a character reference may stand for what the source could not hold.
        # Beyond DEPTH it may stand where only rows or items do: it goes to the nearest element that holds text.
        holder = next(e for e in reversed(self.open) if not (self.deep and e.tag in WITHOUT_TEXT))
        holder.children.append(clean(data))


def parse(html: str) -> Element:
    """Read well-formed HTML; the element returned stands around all of it."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    return builder.root


def write(nodes: list[Node]) -> str:
    """Write nodes as HTML, everything escaped."""
    return "".join(_written(node) for node in nodes)


def _written(node: Node) -> str:
    if isinstance(node, str):
        return escape(node, quote=False)
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in node.attributes.items())
    if node.tag in VOID:
        return f"<{node.tag}{attributes}>"
    # HTML drops a line feed right after <pre>
    first = "\n" if node.tag == "pre" and text_of(node).startswith("\n") else ""
    return f"<{node.tag}{attributes}>{first}{write(node.children)}</{node.tag}>"


def text_of(node: Node) -> str:
    """Give the text below a node, as it stands."""
    return node if isinstance(node, str) else "".join(text_of(child) for child in node.children)
