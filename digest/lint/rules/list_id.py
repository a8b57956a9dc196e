"""Readers' filters hang on List-Id: well formed, in a domain of ours, and the same for ever (RFC 2919)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.lint.brought import config
from digest.lint.letter import header
from digest.lint.links import host, related
from digest.lint.place import finding, in_config
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"
FORM = re.compile(r"[^<>]*<([a-z0-9][\w.+-]*\.[a-z0-9-]+)>", re.IGNORECASE)
LONGEST = 255


def check(proof: Proof) -> Iterator[Finding]:
    """Judge form, length and domain, and compare with the last issue's, where it is known."""
    value = header(proof, "List-Id")
    if fault := _fault(proof, value):
        place = in_config(proof, f"newsletters.{proof.issue.newsletter}.list_id")
        yield finding(SEVERITY, f"List-Id {fault}", place, 'list_id = "name.your-domain", once and for ever')


def _fault(proof: Proof, value: str) -> str:
    if not value:
        return "is missing"
    found = FORM.fullmatch(value)
    if not found:
        return f"{value} is not of the form Name <name.domain>"
    name = found[1].lower()
    if len(name) > LONGEST:
        return f"has {len(name)} octets, over {LONGEST}"
    settings = config(proof)
    ours = (settings.sender.domain, host(settings.public.url), host(settings.site.url))
    if not any(related(name, domain) for domain in ours):
        return f"{name} is in no domain of yours"
    last = FORM.fullmatch(proof.last_list_id.strip())
    if last and last[1].lower() != name:
        return f"{name} was {last[1]} in the last issue: readers' filters no longer know it"
    return ""
