"""A link without words cannot be found with a screen reader, and nobody knows what it opens (WCAG 2.2, 2.4.4)."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.place import at, finding, page, short
from digest.lint.wording import label
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"


def check(proof: Proof) -> Iterator[Finding]:
    """Find links without text, alt text or label; one that is hidden from screen readers has a twin that speaks."""
    read = page(proof)
    for link in read.all("a"):
        href = link.get("href")
        if href is None or link.get("aria-hidden") == "true" or label(read, link):
            continue
        message = f"the link to {short(href or '(nothing)')} has no words"
        yield finding(SEVERITY, message, at(proof, link), "put text into it, or an alt text on its picture")
