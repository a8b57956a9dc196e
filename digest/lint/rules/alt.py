"""Every picture needs an alt attribute: many readers block pictures first, some never see them (WCAG 2.2, 1.1.1)."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.place import at, finding, page, short
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"
HINT = 'write alt="…" with what the picture says; alt="" where it only decorates'


def check(proof: Proof) -> Iterator[Finding]:
    """Find pictures without the attribute; an empty one is an answer."""
    for image in page(proof).all("img"):
        if image.get("alt") is None:
            message = f"the picture {short(image.get('src') or '(no src)')} has no alt attribute"
            yield finding(SEVERITY, message, at(proof, image), HINT)
