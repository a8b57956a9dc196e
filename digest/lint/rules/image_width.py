"""Outlook on Windows ignores CSS widths of pictures: without a width attribute it shows them in their full size."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.place import at, finding, page, short
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"


def check(proof: Proof) -> Iterator[Finding]:
    """Find pictures without a width attribute in pixels."""
    for image in page(proof).all("img"):
        if not (image.get("width") or "").strip().removesuffix("%").isdigit():
            message = f"the picture {short(image.get('src') or '')} has no width attribute"
            yield finding(SEVERITY, message, at(proof, image), 'width="600", the width that it is shown with')
