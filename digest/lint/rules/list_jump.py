"""A list that is half or twice what it was is the wrong list, or a file that was cut off."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.place import finding, in_config
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"
FEW = 50


def check(proof: Proof) -> Iterator[Finding]:
    """Compare with the last issue: by more than half of it, and by more than 50 people."""
    now, before = proof.recipients, proof.last_recipients
    if now is None or before is None:
        return
    if abs(now - before) > max(FEW, before / 2):
        message = f"{now:,} people would get this issue, {before:,} got the last one"
        place = in_config(proof, f"newsletters.{proof.issue.newsletter}.lists")
        hint = "look at the list; if it is right, lower the rule list-jump for once, with the reason"
        yield finding(SEVERITY, message, place, hint)
