"""Invisible marks that turn the direction of text can make a line read as something else (UTS 39); unbalanced ones
turn all that follows."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.letter import header
from digest.lint.place import finding, in_headers, in_html, in_text, page, short
from digest.lint.subject import subject
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "warning"
OPEN = {"\u202a": "\u202c", "\u202b": "\u202c", "\u202d": "\u202c", "\u202e": "\u202c"}
OPEN |= {"\u2066": "\u2069", "\u2067": "\u2069", "\u2068": "\u2069"}
CLOSE = frozenset(OPEN.values())


def check(proof: Proof) -> Iterator[Finding]:
    """None may stand in subject, sender or title; in the text they must be in pairs, block by block."""
    read = page(proof)
    title = next((read.text(e) for e in read.all("title")), "")
    for name, value, place in (
        ("the subject", subject(proof), in_headers()),
        ("From", header(proof, "From"), in_headers()),
        ("the title", title, in_html(proof, title)),
    ):
        if any(char in OPEN or char in CLOSE for char in value):
            yield finding(SEVERITY, f"{name} holds a direction control", place, "remove the invisible character")
    for block in (read.text(e) for e in read.all("p", "li", "h1", "h2", "h3", "h4", "td") if read.own_text(e)):
        if not _balanced(block):
            message = f'a direction control is not closed in "{short(block, 40)}"'
            yield finding(SEVERITY, message, in_html(proof, block), "close it (U+202C, U+2069) or remove it")
    for number, line in enumerate(proof.text.split("\n\n")):
        if not _balanced(line):
            place = in_text(proof, _offset(proof.text, number))
            yield finding(SEVERITY, "a direction control is not closed", place, "remove it")


def _balanced(text: str) -> bool:
    waiting: list[str] = []
    for char in text:
        if char in OPEN:
            waiting.append(OPEN[char])
        elif char in CLOSE and (not waiting or waiting.pop() != char):
            return False
    return not waiting


def _offset(text: str, paragraph: int) -> int:
    return sum(len(part) + 2 for part in text.split("\n\n")[:paragraph])
