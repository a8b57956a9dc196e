"""A web font tells a third party who opens the mail and when; few clients load it anyway."""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.lint.place import at, finding, in_html, page, short
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"
LOADS = re.compile(r"@import\b[^;]*|@font-face\b", re.IGNORECASE)


def check(proof: Proof) -> Iterator[Finding]:
    """Find style sheets that are linked or imported, and fonts that are loaded (in Outlook's comments too)."""
    for link in page(proof).all("link"):
        message = f"the mail loads {short(link.get('href') or '')}"
        yield finding(SEVERITY, message, at(proof, link), "use fonts that readers have")
    for sign in dict.fromkeys(found[0] for style in page(proof).styles for found in LOADS.finditer(style)):
        yield finding(SEVERITY, f"a style block has {short(sign)}", in_html(proof, sign), "use fonts that readers have")
