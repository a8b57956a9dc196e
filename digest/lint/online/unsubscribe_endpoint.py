"""One click must work: a mail program sends a POST, without a cookie, and takes a redirect for a failure (RFC 8058)."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.letter import ways_out
from digest.lint.links import scheme
from digest.lint.network import Answer, Network, Request
from digest.lint.place import finding, in_config, short
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"
FORM = b"List-Unsubscribe=One-Click"


def check(proof: Proof, network: Network) -> Iterator[Finding]:
    """Ask as a person would (GET shows a page) and as a mail program would (POST). The proof's token is the inert one:
    it belongs to nobody, so that the POST takes nobody off a list."""
    for url in ways_out(proof):
        if scheme(url) not in ("http", "https"):
            continue
        shown, done = network.ask([Request(url=url), Request(url=url, method="POST", body=FORM)])
        if shown.private:
            return
        where = in_config(proof, "public.url")
        if not shown.good:
            yield finding(SEVERITY, f"the unsubscribe page {short(url)} {_fault(shown)}", where)
        if not done.good:
            hint = "a POST must be answered with 200, without a redirect and without a cookie"
            yield finding(SEVERITY, f"the one-click address {short(url)} {_fault(done)} to a POST", where, hint)


def _fault(answer: Answer) -> str:
    return answer.fault or f"answers {answer.status}"
