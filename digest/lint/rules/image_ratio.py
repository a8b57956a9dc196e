"""Pictures with few words are what spam looks like to a filter; and with pictures blocked the mail is empty."""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.lint.place import finding, in_html, page
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "warning"
WORDS = 40


def check(proof: Proof) -> Iterator[Finding]:
    """Count words a picture; writing without blanks counts by the letter."""
    read = page(proof)
    pictures = sum(1 for _ in read.all("img"))
    text = read.text()
    count = len(text.split()) + len(re.findall("[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]", text)) // 2
    if pictures and count < WORDS * pictures:
        message = f"{count} words stand beside {pictures} pictures, fewer than {WORDS} each"
        yield finding(SEVERITY, message, in_html(proof), "show excerpts, or fewer covers")
