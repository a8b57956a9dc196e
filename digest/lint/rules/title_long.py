"""A title of more than 120 characters breaks every layout, and nobody reads it in an inbox row."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.place import Place, finding, short
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "warning"
LONGEST = 120


def check(proof: Proof) -> Iterator[Finding]:
    """Measure each post's title."""
    for post in proof.issue.posts:
        if len(post.title) > LONGEST:
            message = f'the title "{short(post.title, 40)}" has {len(post.title)} characters'
            yield finding(SEVERITY, message, Place(part="posts", file=post.path), "shorten it in the post")
