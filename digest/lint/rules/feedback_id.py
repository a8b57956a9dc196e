"""Gmail's feedback loop reads four fields from Feedback-ID: the last is the sender's, 5 to 15 characters, always the
same; none is repeated, none is a reader's own."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.letter import header
from digest.lint.place import finding, in_headers
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "warning"


def check(proof: Proof) -> Iterator[Finding]:
    """Judge the field, where it is there."""
    if value := header(proof, "Feedback-ID"):
        yield from (
            finding(SEVERITY, f"Feedback-ID {fault}", in_headers(), "issue:newsletter:kind:senderid")
            for fault in _faults(value, proof.samples[0].token)
        )


def _faults(value: str, token: str) -> Iterator[str]:
    fields = [field.strip() for field in value.split(":")]
    if len(fields) != 4:
        yield f"has {len(fields)} fields, not four"
    if not 5 <= len(fields[-1]) <= 15:
        yield f'ends in "{fields[-1]}", which is not of 5 to 15 characters'
    filled = [field.casefold() for field in fields if field]
    if len(set(filled)) < len(filled):
        yield "repeats a value"
    if token and token.casefold() in value.casefold():
        yield "is different for each reader"
