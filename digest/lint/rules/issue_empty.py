"""An issue with neither a post nor an editor's note is a mail that says nothing."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.place import finding, in_config
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"


def check(proof: Proof) -> Iterator[Finding]:
    """Count posts, and look for an intro."""
    if not proof.issue.posts and not proof.issue.intro.strip():
        place = in_config(proof, f"newsletters.{proof.issue.newsletter}")
        yield finding(SEVERITY, "the issue holds neither post nor intro", place, "digest select --explain says why")
