"""What an issue was drawn from, and which of it was changed since: a frozen issue goes out as it was frozen.

A digest of each post and of the editor's file goes into the ledger with the freeze, so that it can be said later which
came too late. Values in, values out.
"""

from __future__ import annotations

from hashlib import sha256

from digest.interfaces import Drawn
from digest.model import Post, Selection
from digest.posts.editor import Editor, file_name

__all__ = ["changed", "drawn_from"]


def drawn_from(selection: Selection, editor: Editor | None) -> Drawn:
    """Give the files of an issue, each with a digest of what stands in it; no editor's file is empty."""
    by_hand = (file_name(selection.occasion.issue), _digest(_said_by_editor(editor)) if editor else "")
    return (by_hand, *((picked.post.path, _digest(_said_by_post(picked.post))) for picked in selection.picked))


def changed(before: Drawn, now: Drawn) -> tuple[str, ...]:
    """Which of these files say something else now, or are gone; nothing where it is not known what they said."""
    stands = dict(now)
    return tuple(file for file, digest in before if stands.get(file) != digest)


def _digest(said: object) -> str:
    return sha256(repr(said).encode("utf-8", "surrogatepass")).hexdigest()


def _said_by_editor(editor: Editor) -> object:
    return editor.subject, editor.preheader, editor.number, editor.order, editor.pins, editor.left_out, editor.intro


def _said_by_post(post: Post) -> object:
    picture = post.image and (post.image.url, post.image.alt)
    return post.title, post.date, post.excerpt, picture, post.url, post.author, post.categories, post.lang, post.body
