"""Nobody gets a post twice: one that an earlier issue of this newsletter carried is not sent again."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.place import Place, finding, short
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"


def check(proof: Proof) -> Iterator[Finding]:
    """Look each post up in the history (this issue itself, once frozen, is no earlier one)."""
    carried = {record.id: record.issue for record in proof.history.records if record.issue}
    for post in proof.issue.posts:
        issue = carried.get(post.id, "")
        if issue and issue != proof.issue.id:
            message = f'"{short(post.title, 40)}" was sent with {issue}'
            yield finding(SEVERITY, message, Place(part="posts", file=post.path), "take it out of the issue's file")
