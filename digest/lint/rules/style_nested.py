"""An at-rule inside an at-rule makes Gmail drop the whole style block (email-bugs 90)."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.place import finding, in_html, page
from digest.lint.styles import rules
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"


def check(proof: Proof) -> Iterator[Finding]:
    """Find rules with two at-rules around them."""
    nested = {rule.around for style in page(proof).styles for rule in rules(style) if len(rule.around) > 1}
    for around in sorted(nested):
        message = f"{around[-1]} stands inside {around[0]}"
        yield finding(SEVERITY, message, in_html(proof, around[-1]), "write it beside the other, not in it")
