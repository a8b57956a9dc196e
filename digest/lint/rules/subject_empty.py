"""A mail without a subject is taken for an accident or for spam."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.place import finding, in_config
from digest.lint.subject import subject
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"


def check(proof: Proof) -> Iterator[Finding]:
    """Look at what is left of the subject without blanks."""
    if not subject(proof).strip():
        place = in_config(proof, f"newsletters.{proof.issue.newsletter}.subject")
        yield finding(SEVERITY, "the subject is empty", place, "write one in the issue's file or in [newsletters.…]")
