"""An excerpt that stops in the middle of a word looks broken, an empty one gives no reason to read on."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.brought import plain
from digest.lint.place import Place, finding, short
from digest.model import Finding, Post, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "warning"


def check(proof: Proof) -> Iterator[Finding]:
    """Judge posts that are shown by an excerpt: cut is what goes on in the body with a letter."""
    if proof.issue.content != "excerpt":
        return
    for post in proof.issue.posts:
        if fault := _fault(post):
            message = f'the excerpt of "{short(post.title, 40)}" {fault}'
            yield finding(
                SEVERITY, message, Place(part="posts", file=post.path), "write an excerpt in its front matter"
            )


def _fault(post: Post) -> str:
    excerpt = plain(post.excerpt)
    if not excerpt:
        return "" if post.body.strip() else "is empty, and so is its body"
    body = plain(post.body)
    at = body.find(excerpt)
    after = body[at + len(excerpt) : at + len(excerpt) + 1] if at >= 0 else ""
    cut = len(excerpt) > 40 and excerpt[-1].isalnum() and after.isalnum() and " " in excerpt
    return "stops in the middle of a word" if cut and excerpt[-1].isascii() else ""
