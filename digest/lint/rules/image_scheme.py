"""A picture over http is blocked by clients that show mails over https, and tells every network who reads it."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.links import host, is_here, scheme
from digest.lint.place import at, finding, page, short
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"


def check(proof: Proof) -> Iterator[Finding]:
    """Find pictures that are not absolute https (or sent along: cid); `data:` is another rule's."""
    for image in page(proof).all("img"):
        url = (image.get("src") or "").strip()
        kind = scheme(url)
        if kind not in ("https", "cid", "data") or (kind == "https" and is_here(host(url))):
            fault = "is reached on this machine alone" if kind == "https" else "is not an https address"
            message = f"the picture {short(url or '(no src)')} {fault}"
            yield finding(SEVERITY, message, at(proof, image), "serve it over https, and name the whole address")
