"""A post without a link is a dead end: readers can go nowhere from its title."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.place import Place, finding, short
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"


def check(proof: Proof) -> Iterator[Finding]:
    """Find posts that have no address: neither written nor by the source's rule."""
    for post in proof.issue.posts:
        if not post.url:
            message = f'"{short(post.title, 40)}" has no link'
            hint = "set [site] url, [sources.…] url, or url in its front matter"
            yield finding(SEVERITY, message, Place(part="posts", file=post.path), hint)
