"""A text that is too long for a mail: as much of its beginning as fits, ended between blocks and not within one.

Lists, tables and quotations may be parted between their items; a paragraph never is.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence

from digest.render.tree import Element, Node

__all__ = ["beginning"]

PARTED = frozenset({"ul", "ol", "blockquote", "table"})
MORE = "[…]"


def beginning(nodes: Sequence[Node], fits: Callable[[tuple[Node, ...]], bool]) -> tuple[Node, ...]:
    """Give as many blocks as fit, and a sign that more would follow; empty where not even the first does."""
    end = Element("p", {"class": "m"}, [MORE])
    count = _most(len(nodes), lambda n: fits((*nodes[:n], end)))
    kept = list(nodes[:count])
    if count < len(nodes) and isinstance(part := nodes[count], Element) and part.tag in PARTED:
        inner = _most(len(part.children), lambda n: fits((*kept, _first(part, n), end)))
        if inner > (part.tag == "table"):  # a table of a head alone says nothing
            kept.append(_first(part, inner))
    while kept and _announces(kept[-1]):
        kept.pop()
    return (*kept, end) if kept else ()


def _most(limit: int, fits: Callable[[int], bool]) -> int:
    """The largest number that fits, where each smaller one does."""
    return max(0, bisect_right(range(limit + 1), False, key=lambda n: not fits(n)) - 1)


def _first(part: Element, count: int) -> Element:
    return Element(part.tag, part.attributes, part.children[:count])


def _announces(node: Node) -> bool:
    """A heading, or a rule: nothing without what follows it."""
    cell = node.find("td") if isinstance(node, Element) else None
    rule = cell is not None and cell.has_class("rule")
    return rule or (isinstance(node, Element) and node.tag in ("h3", "h4"))
