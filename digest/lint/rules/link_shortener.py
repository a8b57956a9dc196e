"""Shortened links hide where they lead; spammers used them up, and blocklists name the shorteners themselves."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.links import host
from digest.lint.place import at, finding, page, short
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "warning"
SHORTENERS_WORDS = (
    "bit.ly bitly.com buff.ly cutt.ly dlvr.it goo.gl is.gd j.mp lnkd.in ow.ly rb.gy rebrand.ly shorturl.at t.co "
    "t.ly tiny.cc tinyurl.com trib.al v.gd"
)
SHORTENERS = frozenset(SHORTENERS_WORDS.split())


def check(proof: Proof) -> Iterator[Finding]:
    """Find links through a shortener."""
    for link in page(proof).all("a"):
        href = link.get("href") or ""
        if host(href) in SHORTENERS:
            message = f"the link {short(href)} goes through a shortener"
            yield finding(SEVERITY, message, at(proof, link), "write the address that it leads to")
