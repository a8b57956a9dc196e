"""What a post writes under a picture: in small type or italics, it is the picture's caption."""

from __future__ import annotations

from digest.render.tree import Element, Node, text_of

__all__ = ["CAPTION", "has_picture", "small_print", "under_picture"]

CAPTION = "m caption"  # the classes of its paragraph


def has_picture(node: Node) -> bool:
    """Say whether a block, as it is mailed, is a picture."""
    return isinstance(node, Element) and node.has_class("picture")


def small_print(node: Element) -> bool:
    """Say whether a paragraph is in small type alone: behind a picture it says who made it."""
    said = _said(node)
    return node.tag == "p" and len(said) == 1 and isinstance(said[0], Element) and said[0].tag == "small"


def under_picture(node: Element) -> Element | None:
    """Give what a paragraph says in small type or italics under the picture that it is otherwise."""
    said = _said(node)
    first, words = said if len(said) == 2 else (None, None)
    if not isinstance(first, Element) or not isinstance(words, Element) or words.tag not in ("small", "em", "i"):
        return None
    picture = first.tag == "img" or (first.tag == "a" and [e.tag for e in first.walk()][1:] == ["img"])
    return words if picture and not words.find("img") and text_of(words).strip() else None


def _said(node: Element) -> list[Node]:
    """What a paragraph holds but for blanks and line breaks."""
    return [c for c in node.children if (c.tag != "br" if isinstance(c, Element) else c.strip())]
