"""Text and HTML tell the same: filters compare them, and a reader of the one must not miss a link of the other."""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.lint.brought import source_of_url
from digest.lint.hidden import preheader
from digest.lint.links import urls_in
from digest.lint.place import at, finding, in_text, page, short
from digest.lint.wording import words
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"
FEW = 25  # words: below it, the template's own weigh too much to compare
SHARE = 0.25
URL = re.compile(r"(?:https?://|mailto:)\S+", re.IGNORECASE)


def check(proof: Proof) -> Iterator[Finding]:
    """Compare the sets of links both ways, then the words."""
    yield from _links_missing(proof)
    yield from _links_added(proof)
    yield from _words_differ(proof)


def _links_missing(proof: Proof) -> Iterator[Finding]:
    told = set()
    for link in page(proof).all("a"):
        href = (link.get("href") or "").strip()
        if href.lower().startswith(("http:", "https:", "mailto:")) and href not in proof.text and href not in told:
            told.add(href)
            place = at(proof, link)
            brought = place.brought or (source_of_url(proof, href) is not None and not _is_post(proof, href))
            yield finding("warning" if brought else SEVERITY, f"{short(href)} is in the HTML part alone", place)


def _links_added(proof: Proof) -> Iterator[Finding]:
    linked = {value for e in page(proof).all() for name, value in e.attributes if name in ("href", "src")}
    shown = page(proof).text()
    for url in dict.fromkeys(urls_in(proof.text)):
        if url in linked or url in shown or any(value.startswith(url) for value in linked):
            continue
        source = source_of_url(proof, url)
        place = in_text(proof, proof.text.find(url))
        brought = source is not None and not _is_post(proof, url)
        yield finding("warning" if brought else SEVERITY, f"{short(url)} is in the text part alone", place)


def _words_differ(proof: Proof) -> Iterator[Finding]:
    hidden, read = preheader(proof.html), page(proof)
    apart = {e.index for e in read.all("style", "title", "script")}
    apart |= set(range(hidden.index, hidden.end)) if hidden else set()
    body = "".join(text for index, text in read.pieces if index not in apart)
    html, text = words(URL.sub(" ", body)), words(URL.sub(" ", proof.text))
    every = html | text
    if len(every) >= FEW and len(html ^ text) > SHARE * len(every):
        alone = ", ".join(sorted(html ^ text)[:5])
        message = f"{len(html ^ text)} of {len(every)} words are in one part alone: {alone} …"
        yield finding("warning", message, in_text(proof), "write both parts from the same data")


def _is_post(proof: Proof, url: str) -> bool:
    return any(url == post.url for post in proof.issue.posts)
