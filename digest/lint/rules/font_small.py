"""Text under 14 pixels is not read on a phone, and iOS blows it up out of its layout; short labels may have 13."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.place import at, finding, page, short
from digest.lint.sight import looks
from digest.lint.wording import PADDING
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "warning"
TEXT, LABEL, LABEL_LENGTH = 14, 13, 40


def check(proof: Proof) -> Iterator[Finding]:
    """Judge the size of every element's own words; marks above and below the line are small by nature."""
    read, seen, told = page(proof), looks(proof.html), set()
    for element in read.all():
        words, look = PADDING.sub(" ", read.own_text(element)).strip(), seen[element.index]
        raised = any(e.tag in ("sup", "sub") for e in (element, *read.around(element)))
        if not words or look.hidden or raised or look.size <= 1 or element.tag in ("style", "title", "script"):
            continue
        least = LABEL if len(words) <= LABEL_LENGTH else TEXT
        if look.size < least - 0.01 and look.size not in told:
            told.add(look.size)
            message = f'text of {look.size:g}px: "{short(words, 40)}"'
            yield finding(SEVERITY, message, at(proof, element), "14px and more; 13px for short labels")
