"""A slot is filled for each reader; one of a name that nobody knows would go out as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.lint.place import Place, finding, in_html
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"
SLOT = re.compile("\ufdd0(.*?)(?:\ufdd1|$)", re.DOTALL)
KNOWN = frozenset({"token", "address"})


def check(proof: Proof) -> Iterator[Finding]:
    """Look at the rendered parts, before any reader is stamped in."""
    for text, place in ((proof.rendered.html, in_html(proof)), (proof.rendered.text, Place(part="text"))):
        for name in sorted({found[1][:40] for found in SLOT.finditer(text)} - KNOWN):
            message = f'there is no slot "{name}"'
            yield finding(SEVERITY, message, place, f"known are {' and '.join(sorted(KNOWN))}")
