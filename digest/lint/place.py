"""Where a finding stands and how it is said: every rule makes its findings here. The runner writes the rule's name in.

A finding in the HTML is led back through the MJML to the template's file and line; one that a post brought carries the
post's path, and is never an error: a post is repaired and told, it does not stop an issue.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass

from digest.lint.brought import Source, config, source_of, source_of_url
from digest.lint.page import Element, Page, read
from digest.model import Finding, Proof

__all__ = ["Place", "at", "finding", "in_config", "in_headers", "in_html", "in_text", "page", "short"]

TOKEN, ADDRESS = "\ufdd0token\ufdd1", "\ufdd0address\ufdd1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """File and line, where they are known, and the part of the mail; `brought` where a post or a name brought it."""

    part: str
    file: str = ""
    line: int | None = None
    brought: bool = False


def finding(severity: str, message: str, place: Place, hint: str = "") -> Finding:
    """Say what is wrong, in one sentence that names the thing, and in `hint` what to do."""
    if place.brought and severity == "error":
        severity = "warning"
    return Finding(
        rule="", severity=severity, message=message, file=place.file, line=place.line, hint=hint, part=place.part
    )


def page(proof: Proof) -> Page:
    """The HTML of the first sample, read."""
    return read(proof.html)


def in_headers() -> Place:
    """Something in the headers that no single line of a file explains."""
    return Place(part="headers")


def in_config(proof: Proof, key: str) -> Place:
    """A key of digest.toml: its line where it is written, the file alone where it is a default."""
    for name, _, origin in config(proof).origins:
        file, colon, line = origin.rpartition(":")
        if name == key and colon and line.isdigit():
            return Place(part="config", file=file, line=int(line))
    return Place(part="config", file=config(proof).file.name)


def in_html(proof: Proof, words: str = "") -> Place:
    """The template as a whole, or the text that brought these words."""
    source = source_of(proof, words) if words else None
    return _of_source(source) if source else _template(proof, words)


def in_text(proof: Proof, offset: int = 0) -> Place:
    """The line of the text part at which something stands."""
    return Place(part="text", line=proof.text.count("\n", 0, max(offset, 0)) + 1)


def at(proof: Proof, element: Element) -> Place:
    """An element: the post that brought its address, else the template's line that wrote it."""
    for name in ("src", "href"):
        url = element.get(name)
        if url and url.startswith("cid:"):  # pictures that go along are posts' alone
            brought = (p.brought for p in proof.rendered.pictures if p.id == url[4:])
            return Place(part="posts", file=next(brought, ""), brought=True)
        source = source_of_url(proof, url) if url and not url.startswith("#") else None
        if source and not _is_post_link(proof, url or ""):
            return _of_source(source)
    return _template(proof, element.start, same=_occurrence(page(proof), element))


def short(words: str, limit: int = 60) -> str:
    """Words as a message shows them: one line, cut where it is long."""
    words = " ".join(words.split())
    return words if len(words) <= limit else f"{words[: limit - 1]}…"


def _is_post_link(proof: Proof, url: str) -> bool:
    """True for the address of a post itself: the template draws that link."""
    return any(url in (post.url, post.source_url) for post in proof.issue.posts)


def _of_source(source: Source) -> Place:
    return Place(part=source.part, file=source.file, line=source.line, brought=True)


def _occurrence(read_page: Page, element: Element) -> int:
    """How many elements before this one begin with the same start tag."""
    return sum(other.start == element.start for other in read_page.elements[: element.index])


def _template(proof: Proof, written: str, same: int = 0) -> Place:
    """The line of the template from which the MJML with these words came (the n-th of equal ones)."""
    if not written:
        return Place(part="html")
    sample, mjml = proof.samples[0], proof.rendered.mjml
    for value, mark in ((sample.token, TOKEN), (sample.rcpt_to, ADDRESS)):
        written = written.replace(value, mark) if value else written
    position = -1
    for _ in range(same + 1):
        found = mjml.find(written, position + 1)
        if found < 0:
            break
        position = found
    if position < 0:
        return Place(part="html")
    return _origin(proof, mjml.count("\n", 0, position) + 1)


def _origin(proof: Proof, line: int) -> Place:
    """The template's file and line behind a line of the MJML."""
    entries = proof.rendered.mjml_origin
    index = bisect.bisect_right(entries, line, key=lambda entry: entry[0]) - 1
    if index < 0:
        return Place(part="html")
    _, file, origin = entries[index]
    return Place(part="mjml", file=file, line=origin)
