"""Running text needs air between its lines: 1.4 times the size and more (WCAG 2.2, 1.4.12 asks that 1.5 works)."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.place import at, finding, page, short
from digest.lint.sight import looks
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "warning"
LEAST, RUNNING = 1.4, 120
APART = frozenset(["h1", "h2", "h3", "h4", "h5", "h6", "pre", "code", "style", "title", "script"])


def check(proof: Proof) -> Iterator[Finding]:
    """Judge elements with more than a line of words of their own, where the template sets the line."""
    read, seen, told = page(proof), looks(proof.html), set()
    for element in read.all():
        words, look = read.own_text(element), seen[element.index]
        if len(words) < RUNNING or look.line is None or look.hidden:
            continue
        if APART & {element.tag, *(e.tag for e in read.around(element))}:
            continue
        if look.line < LEAST - 0.005 and look.line not in told:
            told.add(look.line)
            message = f'lines of {look.line:.2f} times the size: "{short(words, 40)}"'
            yield finding(SEVERITY, message, at(proof, element), "line-height 1.5 for running text")
