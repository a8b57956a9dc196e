"""An https way out works with one click only if List-Unsubscribe-Post says exactly so (RFC 8058 section 3.1)."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.letter import headers, ways_out
from digest.lint.links import scheme
from digest.lint.place import finding, in_headers
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"
EXACT = "List-Unsubscribe=One-Click"


def check(proof: Proof) -> Iterator[Finding]:
    """Compare the two fields with each other."""
    said = [value.strip() for value in headers(proof, "List-Unsubscribe-Post")]
    web = any(scheme(way) in ("https", "http") for way in ways_out(proof))
    if web and said != [EXACT]:
        message = f"List-Unsubscribe-Post is {said[0] if said else 'missing'}, not {EXACT}"
        yield finding(SEVERITY, message, in_headers(), "both fields are needed, exactly so")
    if said and not web:
        message = "List-Unsubscribe-Post is there without an https address to post to"
        yield finding(SEVERITY, message, in_headers(), "set [public] url, or leave the field out")
