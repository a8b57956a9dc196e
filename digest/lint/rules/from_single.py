"""From holds exactly one address: Gmail refuses a mail with none or several (RFC 5322 section 3.6.2 allows them)."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.letter import addresses, headers
from digest.lint.place import finding, in_config
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"


def check(proof: Proof) -> Iterator[Finding]:
    """Count the addresses of From."""
    found = [a for value in headers(proof, "From") for a in addresses(value)]
    if len(found) != 1 or not (found[0].username and found[0].domain):
        message = f"From holds {len(found)} addresses, not one" if len(found) != 1 else "From holds no address"
        yield finding(SEVERITY, message, in_config(proof, "sender.from"), 'from = "Name <address@domain>"')
