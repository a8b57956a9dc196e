"""A link whose text is an address on another host than it opens is what phishing looks like, to filters and people."""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.lint.links import host, related, scheme
from digest.lint.place import at, finding, page, short
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"
# A bare name counts only with a path or www.: "Node.js" and "ASP.NET" are no hosts.
ADDRESS = re.compile(r"(https?://)?((?:[\w-]+\.)+[a-z]{2,})(:\d+)?([/?#]\S*)?", re.IGNORECASE)


def check(proof: Proof) -> Iterator[Finding]:
    """Compare the host that the text names with the one that the link opens."""
    read = page(proof)
    for link in read.all("a"):
        href, named = link.get("href") or "", _named(read.text(link))
        opened = host(href)
        if named and scheme(href) in ("http", "https") and not related(named, opened):
            message = f"the link says {short(read.text(link))} and opens {opened or short(href)}"
            yield finding(SEVERITY, message, at(proof, link), "let the text name the place that it opens")


def _named(text: str) -> str:
    found = ADDRESS.fullmatch(text)
    if not found or not (found[1] or found[4] or found[2].lower().startswith("www.")):
        return ""
    return host(f"https://{found[2]}")
