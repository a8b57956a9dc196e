"""Two issues with one subject are folded into one conversation, and the second looks read already."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.place import finding, in_headers
from digest.lint.subject import subject
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "info"


def check(proof: Proof) -> Iterator[Finding]:
    """Compare with the last issue's subject, where it is known."""
    now = subject(proof).casefold()
    if now and now == proof.last_subject.strip().casefold():
        message = "the subject is the same as the last issue's: clients fold the two into one conversation"
        yield finding(SEVERITY, message, in_headers(), "name the lead, the date or the number in it")
