"""Lines over 78 columns are wrapped again by clients and terminals, badly (RFC 5322 section 2.1.1 has the number)."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.brought import newsletter, source_of
from digest.lint.place import Place, finding, short
from digest.lint.wording import columns
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "warning"
WIDEST = 78


def check(proof: Proof) -> Iterator[Finding]:
    """Find lines that could have been wrapped: no address or single long word, no line of a post's code."""
    wide = newsletter(proof).text_width
    limit = max(WIDEST, wide)
    for number, line in enumerate(proof.text.splitlines(), 1):
        words = line.split()
        if not wide or columns(line) <= limit or max(map(columns, words), default=0) > limit - 12:
            continue
        if source_of(proof, line.strip()) is None:
            message = f"a line of {columns(line)} columns in the text part: {short(line, 40)}"
            yield finding(SEVERITY, message, Place(part="text", line=number), "wrap it in the text template")
