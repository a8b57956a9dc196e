"""Gmail and others do not show a picture that is written into the HTML (data:), and it counts against the size."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.place import at, finding, page
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"


def check(proof: Proof) -> Iterator[Finding]:
    """Find them."""
    for image in page(proof).all("img"):
        if (image.get("src") or "").lstrip().lower().startswith("data:"):
            yield finding(
                SEVERITY, "a picture stands in the HTML itself (data:)", at(proof, image), "put it on the web"
            )
