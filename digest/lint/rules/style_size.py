"""Gmail drops all `<style>` of a mail whose style blocks are over 16 KB together."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.place import finding, in_html, page
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"
TARGET, LIMIT = 12 * 1024, 16 * 1024


def check(proof: Proof) -> Iterator[Finding]:
    """Add up the style blocks."""
    size = sum(len(style.encode()) for style in page(proof).styles)
    if size > TARGET:
        severity = SEVERITY if size > LIMIT else "warning"
        message = f"the style blocks have {size:,} octets together; Gmail drops them over {LIMIT:,}"
        yield finding(severity, message, in_html(proof), "put what is used once into style attributes")
