"""A link in a mail must be a whole https address: relative ones open nothing, http is marked as unsafe, and script,
file or local addresses get a mail thrown away."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.brought import config
from digest.lint.links import host, is_here, loopback, scheme
from digest.lint.place import at, finding, page, short
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"
FINE = frozenset({"https", "mailto", "tel", "sms"})


def check(proof: Proof) -> Iterator[Finding]:
    """Find links that no reader should get; http in a post or on the site's own host is kept and told."""
    for link in page(proof).all("a", "area"):
        href = (link.get("href") or "").strip()
        if href and (fault := _fault(href)):
            message = f"the link {short(href)} {fault}"
            yield finding(_severity(proof, href), message, at(proof, link), "write the whole https address")


def _fault(href: str) -> str:
    kind, name = scheme(href), host(href)
    if href.startswith("#"):
        return "points into the mail itself: many clients open nothing"
    if not kind:
        return "is relative: in a mail it opens nothing"
    if name and is_here(name):
        return "opens only on this machine or network"
    if kind == "http":
        return "is http: clients and filters mark it as unsafe"
    return "" if kind in FINE else f"has the scheme {kind}:, which mail clients refuse"


def _severity(proof: Proof, href: str) -> str:
    site, public = config(proof).site.url, config(proof).public.url
    if scheme(href) == "http" and not is_here(host(href)):
        own = any(href == url for p in proof.issue.posts for url in (p.url, p.source_url, p.canonical))
        return "warning" if own or host(href) == host(site) else SEVERITY
    rehearsal = loopback(host(public)) or loopback(host(site))
    return "warning" if rehearsal and loopback(host(href)) else SEVERITY
