"""A mail has a text part, and it comes first (RFC 2046 section 5.1.4): HTML alone costs points at every filter and
leaves watches, terminals and screen readers with nothing."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.letter import leaves
from digest.lint.place import finding, in_text
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"


def check(proof: Proof) -> Iterator[Finding]:
    """Look at the kinds of the parts, and at what is in the first."""
    kinds = [part.get_content_type() for part in leaves(proof.samples[0])]
    if "text/plain" not in kinds or not proof.text.strip():
        yield finding(SEVERITY, "the mail has no text part", in_text(proof), "give the theme a text template")
    elif kinds[0] != "text/plain":
        yield finding(SEVERITY, f"the text part comes after {kinds[0]}", in_text(proof), "text first, HTML last")
