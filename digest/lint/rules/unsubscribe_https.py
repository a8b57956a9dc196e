"""One click leaves: Gmail and Yahoo ask bulk senders for an https way out in List-Unsubscribe (RFC 8058 section 3.1).
By mail alone is a supported way for small lists."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.brought import config
from digest.lint.letter import ways_out
from digest.lint.links import host, loopback, scheme
from digest.lint.place import finding, in_config
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"
BULK = 5000


def check(proof: Proof) -> Iterator[Finding]:
    """Count the https addresses of List-Unsubscribe: there must be one, not two."""
    ways = ways_out(proof)
    count = sum(scheme(way) == "https" for way in ways)
    if count == 1 or any(loopback(host(way)) for way in ways):
        return
    severity = SEVERITY if (proof.recipients or 0) >= BULK else "warning"
    if count:
        message = f"List-Unsubscribe holds {count} https addresses, not one"
    elif ways:
        message = "readers can leave by mail alone: one click needs an https address"
    else:
        message = "the mail has no List-Unsubscribe"
    hint = "" if config(proof).public.url else "set [public] url to where your unsubscribe page answers"
    yield finding(severity, message, in_config(proof, "public.url"), hint)
