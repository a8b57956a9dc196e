"""Control characters and noncharacters make Gmail clip even tiny mails; U+FFFD is what is left of a letter that was
read in the wrong encoding."""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.lint.brought import source_of
from digest.lint.place import Place, finding, in_headers, in_html, in_text, short
from digest.lint.subject import subject
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"
# Slot marks are noncharacters too; an unfilled one is slot-unfilled's.
CONTROL = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd\ufdd2-\ufdef\ufffe\uffff]")


def check(proof: Proof) -> Iterator[Finding]:
    """Look through subject, HTML and text; one finding a character and part."""
    for part, text in (("subject", subject(proof)), ("HTML", proof.html), ("text", proof.text)):
        for char in dict.fromkeys(CONTROL.findall(text)):
            at = text.index(char)
            around = " ".join(re.sub(CONTROL, "\N{WHITE SQUARE}", text[max(0, at - 20) : at + 20]).split())
            message = f'U+{ord(char):04X} stands in the {part}: "{short(around, 40)}"'
            yield finding(SEVERITY, message, _place(proof, part, char), "remove it where it comes from")


def _place(proof: Proof, part: str, char: str) -> Place:
    if source_of(proof, char) is not None:
        return in_html(proof, char)
    return in_headers() if part == "subject" else in_html(proof) if part == "HTML" else in_text(proof)
