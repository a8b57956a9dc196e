"""Outlook.com ignores a declaration whose `!important` has no blank before it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.lint.place import finding, in_html, page, short
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "warning"
CLOSE = re.compile(r"[\w-]+\s*:\s*[^;{}\s][^;{}]*?(?<=\S)!\s*important", re.IGNORECASE)


def check(proof: Proof) -> Iterator[Finding]:
    """Find them in style blocks and style attributes."""
    read = page(proof)
    texts = [*read.styles, *(e.get("style") or "" for e in read.all())]
    for sign in dict.fromkeys(found[0] for text in texts for found in CLOSE.finditer(text)):
        message = f"no blank before !important: {short(sign)}"
        yield finding(SEVERITY, message, in_html(proof, sign), "write value !important")
