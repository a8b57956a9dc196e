"""A post's own table of contents, left out: in a mail its links lead nowhere, and a phone shows a page of them."""

from __future__ import annotations

import re

from digest.render.tree import Element, Node, text_of

__all__ = ["without_contents"]

TITLE = re.compile(
    r"(?:table of )?contents|toc|(?:on|in) this (?:page|post|article)|jump to|inhalt(?:sverzeichnis)?|sommaire"
    r"|table des matières|índice|contenidos?|indice|المحتويات|目录|目次",
    re.IGNORECASE,
)
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "p", "strong"})
LEAST = 3  # links; fewer are no table


def without_contents(children: list[Node]) -> list[Node]:
    """Leave out a list of links into the same page, with the title before it, where it opens the text or has one."""
    kept: list[Node] = []
    for child in children:
        if not (isinstance(child, Element) and _leads_inside(child)):
            kept.append(child)
            continue
        said = [n for n in kept if not isinstance(n, str) or n.strip()]
        if said and not _is_title(said[-1]):
            kept.append(child)
        elif said:
            del kept[kept.index(said[-1]) :]
    return kept


def _leads_inside(node: Element) -> bool:
    """Whether it is a list of nothing but links to places of its own page."""
    links = [e for e in node.walk() if e.tag == "a"]
    if len(links) < LEAST or not all(a.attributes.get("href", "").startswith("#") for a in links):
        return False
    words = _letters(text_of(node))
    return node.find("li") is not None and words == "".join(_letters(text_of(a)) for a in links)


def _is_title(node: Node) -> bool:
    return (
        isinstance(node, Element) and node.tag in HEADINGS and TITLE.fullmatch(text_of(node).strip(" :\n")) is not None
    )


def _letters(text: str) -> str:
    return re.sub(r"\W+", "", text)
