"""Answers must reach a person: Microsoft asks that From or Reply-To takes replies, and readers do answer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.lint.letter import addresses, header
from digest.lint.place import finding, in_config
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "warning"
NOBODY = re.compile(
    r"(no|dont|donot|do-not|never)[-_.]?(reply|answer|respond)|nobody|devnull|mailer-daemon", re.IGNORECASE
)


def check(proof: Proof) -> Iterator[Finding]:
    """Look at Reply-To, and at From where there is none."""
    key = "sender.reply_to" if header(proof, "Reply-To") else "sender.from"
    for sender in addresses(header(proof, "Reply-To") or header(proof, "From")):
        if NOBODY.search(sender.username):
            message = f"answers go to {sender.addr_spec}, which nobody reads"
            yield finding(SEVERITY, message, in_config(proof, key), "set reply_to to an address that a person reads")
