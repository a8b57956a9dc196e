"""Gmail shows about 102 KB of the HTML and hides the rest, footer and unsubscribe link with it."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.place import finding, in_html
from digest.model import Finding, Proof

__all__ = ["LIMIT", "SEVERITY", "TARGET", "check", "stamped_size"]

SEVERITY = "error"
TARGET, LIMIT = 80_000, 100_000
LONGEST_ADDRESS = 254


def check(proof: Proof) -> Iterator[Finding]:
    """Weigh the HTML as the reader with the longest address gets it."""
    size = stamped_size(proof)
    if size > TARGET:
        severity = SEVERITY if size > LIMIT else "warning"
        message = f"the HTML part has {size:,} octets; Gmail hides what comes after about 102,000"
        yield finding(severity, message, in_html(proof), 'fewer posts (limit), shorter ones (content = "excerpt")')


def stamped_size(proof: Proof) -> int:
    """Octets of the HTML, decoded, with the longest values in its slots."""
    address = proof.samples[0].rcpt_to
    shown = proof.html.count(address) if address else 0
    return len(proof.html.encode("utf-8", "replace")) + shown * (LONGEST_ADDRESS - len(address))
