"""A newsletter carries the sender's postal address, in both parts (15 USC 7704(a)(5), CASL s.6); a P.O. box will do."""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.lint.brought import config
from digest.lint.place import finding, in_config, in_html, in_text, page
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"


def check(proof: Proof) -> Iterator[Finding]:
    """Look for the configured address; a reason in its place is accepted."""
    sender, severity = config(proof).sender, SEVERITY if proof.to_list else "warning"
    if sender.postal_exempt:
        return
    if not sender.postal_address:
        hint = 'postal_address = "Name, Street, Town", or postal_address = false with a reason'
        yield finding(severity, "no postal address is configured", in_config(proof, "sender.postal_address"), hint)
        return
    parts = (("HTML", page(proof).text(), in_html(proof)), ("text", proof.text, in_text(proof)))
    for name, text, place in parts:
        if _words(sender.postal_address) not in _words(text):
            message = f"the postal address is missing in the {name} part"
            yield finding(severity, message, place, "show postal_address in the theme's footer")


def _words(text: str) -> str:
    found = " ".join(re.findall(r"[^\W_]+", text.casefold()))
    return f" {found} "
