"""A newsletter carries no attachments: they are scanned, blocked and downloaded by every reader; link to the file."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.letter import leaves
from digest.lint.place import finding, in_headers
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "warning"
SHOWN = frozenset({"text/plain", "text/html"})


def check(proof: Proof) -> Iterator[Finding]:
    """Find parts that are neither text, HTML nor a picture that the HTML shows (cid)."""
    for part in leaves(proof.samples[0]):
        inline = part.get("Content-ID") and part.get_content_maintype() == "image"
        if part.get_content_disposition() == "attachment" or (part.get_content_type() not in SHOWN and not inline):
            name = part.get_filename() or part.get_content_type()
            yield finding(SEVERITY, f"the mail carries an attachment: {name}", in_headers(), "link to it instead")
