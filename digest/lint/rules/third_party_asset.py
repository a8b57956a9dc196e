"""A picture on a stranger's host tells the stranger who reads: icons of networks, badges, counters."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.brought import config, hosts
from digest.lint.links import host, is_here, related, scheme
from digest.lint.place import at, finding, page, short
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"


def check(proof: Proof) -> Iterator[Finding]:
    """Find pictures on hosts that neither the site nor a post names."""
    settings, named, told = config(proof), hosts(proof), set()
    ours = (host(settings.site.url), host(settings.public.url), settings.sender.domain)
    for image in page(proof).all("img"):
        name = host(image.get("src") or "")
        known = name in named or any(related(name, own) for own in ours)
        if scheme(image.get("src") or "") in ("http", "https") and not known and not is_here(name) and name not in told:
            told.add(name)
            message = f"the picture {short(image.get('src') or '')} is on {name}, a third party's host"
            yield finding(SEVERITY, message, at(proof, image), "serve it from your own site")
