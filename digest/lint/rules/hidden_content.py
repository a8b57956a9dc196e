"""Text that readers cannot see is what spam does; Gmail and the filters look for it. The preheader alone may hide."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.hidden import hidden
from digest.lint.place import at, finding, page, short
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"


def check(proof: Proof) -> Iterator[Finding]:
    """Find words under display:none and its like, of no size, or in the colour of their ground."""
    for element, way in hidden(proof.html):
        words = page(proof).own_text(element)
        yield finding(
            SEVERITY, f'"{short(words, 40)}" is hidden ({way})', at(proof, element), "show it or leave it out"
        )
