"""Crossed or unclosed elements are mended by each client in its own way, and Gmail refuses an id that comes twice.

An own small reading, not a validator: that our output passes one is a test.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from digest.lint.place import at, finding, in_html, page
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"


def check(proof: Proof) -> Iterator[Finding]:
    """Tell what the reading had to mend, and ids that come twice."""
    read = page(proof)
    for _, fault in dict.fromkeys(read.faults):
        yield finding(SEVERITY, fault, in_html(proof), "close each element where it was opened")
    ids = Counter(value for e in read.all() for name, value in e.attributes if name == "id")
    for element in read.all():
        name = element.get("id")
        if name is not None and ids.pop(name, 1) > 1:
            yield finding(SEVERITY, f'the id "{name}" comes twice', at(proof, element), "an id is there once")
