"""The way out is a visible, worded link in each part: Gmail and Yahoo ask for it beside the header, and so does the
law of most readers."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.letter import ways_out
from digest.lint.place import finding, in_html, in_text, page
from digest.lint.sight import looks
from digest.lint.wording import label
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"
HINT = "show unsubscribe_url in the theme's footer, in the HTML and in the text"


def check(proof: Proof) -> Iterator[Finding]:
    """Look for a link to one of the ways of List-Unsubscribe, or to one that carries the reader's token."""
    read, seen = page(proof), looks(proof.html)
    links = [a for a in read.all("a") if _leads_out(proof, a.get("href") or "")]
    if not any(not seen[a.index].hidden and any(c.isalpha() for c in label(read, a)) for a in links):
        yield finding(SEVERITY, "the HTML part has no visible link to unsubscribe", in_html(proof), HINT)
    words = proof.text.split()
    if not any(_leads_out(proof, word.strip("<>()[]")) for word in words):
        yield finding(SEVERITY, "the text part has no address to unsubscribe", in_text(proof), HINT)


def _leads_out(proof: Proof, url: str) -> bool:
    ways, token = ways_out(proof), proof.samples[0].token
    if url in ways:
        return True
    by_mail = url.startswith("mailto:") and any(_mailbox(url) == _mailbox(w) for w in ways)
    return by_mail or bool(token and f"/u/{token}" in url)


def _mailbox(url: str) -> str:
    address = url.removeprefix("mailto:").partition("?")[0]
    local, _, domain = address.partition("@")
    return f"{local.partition('+')[0]}@{domain}" if url.startswith("mailto:") else url
