"""An address with letters beyond ASCII before its @ is reached only through relays that offer SMTPUTF8 (RFC 6531)."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.brought import config
from digest.lint.place import finding, in_config, in_headers
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "warning"


def check(proof: Proof) -> Iterator[Finding]:
    """Look at the sample readers and at the sender's own addresses; nobody is named."""
    sender = config(proof).sender
    own = {
        "sender.from": sender.address,
        "sender.reply_to": sender.reply_to.rpartition("<")[2],
        "sender.unsubscribe": sender.unsubscribe,
        "sender.bounces": sender.bounces,
    }
    hint = "the relay must offer SMTPUTF8 for it, and so must the server behind it"
    for key, address in own.items():
        if not address.partition("@")[0].isascii():
            message = f"the address {address} needs SMTPUTF8"
            yield finding(SEVERITY, message, in_config(proof, key), hint)
    if any(not sample.rcpt_to.partition("@")[0].isascii() for sample in proof.samples):
        yield finding(SEVERITY, "readers' addresses on the list need SMTPUTF8", in_headers(), hint)
