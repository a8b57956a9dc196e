"""Headings are how a screen reader leafs through a mail: one h1, and no level left out (WCAG 2.2, 1.3.1)."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.brought import source_of
from digest.lint.place import Place, at, finding, page, short
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "warning"


def check(proof: Proof) -> Iterator[Finding]:
    """Walk through the headings in order."""
    read, before, first = page(proof), 0, True
    for heading in read.all("h1", "h2", "h3", "h4", "h5", "h6"):
        level, words = int(heading.tag[1]), short(read.text(heading), 40)
        if level == 1 and not first:
            yield finding(SEVERITY, f'a second h1: "{words}"', at(proof, heading), "one h1, the newsletter's name")
        if level > before + 1 and before:
            message = f'"{words}" is an h{level} after an h{before}'
            source = source_of(proof, read.text(heading))
            if source and source.line is not None:  # a heading in a post's text: its author's matter
                place = Place(part=source.part, file=source.file, line=source.line, brought=True)
                yield finding("info", message, place, f"make it an h{before + 1}")
            else:
                yield finding(SEVERITY, message, at(proof, heading), f"make it an h{before + 1}")
        before, first = level, first and level != 1
