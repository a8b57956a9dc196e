"""The page has a title: tabs, screen readers and the web version show it (WCAG 2.2, 2.4.2)."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.place import finding, in_html, page
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"


def check(proof: Proof) -> Iterator[Finding]:
    """Look at the first title element."""
    read = page(proof)
    title = next(read.all("title"), None)
    if title is None or not read.text(title):
        yield finding(SEVERITY, "the page has no title", in_html(proof), "<mj-title>{{ subject }}</mj-title>")
