"""A phone shows about 40 to 60 characters of a subject; what stands behind them is not read."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.place import finding, in_headers
from digest.lint.subject import subject
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"
SHOWN, SENSIBLE = 60, 200


def check(proof: Proof) -> Iterator[Finding]:
    """Warn over 60 characters; over 200 something is wrong with the template."""
    size = len(subject(proof))
    if size > SHOWN:
        severity = SEVERITY if size > SENSIBLE else "warning"
        message = f"the subject has {size} characters; phones show about {SHOWN}"
        yield finding(severity, message, in_headers(), "put what matters first, or write a subject for this issue")
