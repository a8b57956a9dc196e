"""The line that an inbox shows after the subject: without one it shows "Read on the web"; words that the body lacks
are hidden content in Gmail's eyes."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.brought import newsletter
from digest.lint.hidden import preheader
from digest.lint.place import finding, in_html, page
from digest.lint.subject import subject
from digest.lint.wording import PADDING, words
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "warning"
SHORTEST, LONGEST = 40, 200


def check(proof: Proof) -> Iterator[Finding]:
    """Judge the hidden line at the top of the page."""
    place = in_html(proof)
    hidden = preheader(proof.html)
    line = PADDING.sub(" ", page(proof).text(hidden)).strip() if hidden else ""
    if not line:
        hint = "set preheader in the issue's file or in [newsletters.…], and show it in the template"
        yield finding(SEVERITY, "there is no preheader", place, hint)
        return
    for fault in _faults(proof, line):
        yield finding(SEVERITY, f"the preheader {fault}", place, "one sentence of 85 to 140 characters fills the row")


def _faults(proof: Proof, line: str) -> Iterator[str]:
    written = bool(newsletter(proof).preheader or proof.issue.preheader)
    if len(line) < SHORTEST and (written or len(proof.rendered.posts) > 1):
        yield f"has only {len(line)} characters: the inbox fills the row with what comes next"
    if len(line) > LONGEST:
        yield f"has {len(line)} characters; no inbox shows more than about 140"
    if line.casefold() == subject(proof).casefold():
        yield "repeats the subject"
    said, shown = words(line.rpartition(" ")[0] if line.endswith(("…", "...")) else line), words(_shown(proof))
    if said and len(said - shown) > len(said) / 4:
        yield f"says what the body does not show ({', '.join(sorted(said - shown)[:3])})"


def _shown(proof: Proof) -> str:
    """The body's words, and those of its posts: an excerpt is not shown where the text stands in full."""
    read, hidden = page(proof), preheader(proof.html)
    body = (text for at, text in read.pieces if hidden is None or not hidden.index <= at < hidden.end)
    return " ".join((*body, *(f"{post.title} {post.excerpt}" for post in proof.issue.posts)))
