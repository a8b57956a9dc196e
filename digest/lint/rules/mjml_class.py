"""mrml passes over an mj-class that is defined nowhere: the element stays unstyled, and nobody is told."""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.lint.place import finding, in_html
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "warning"
DEFINED = re.compile(r"<mj-class\b[^>]*?\sname=\"([^\"]*)\"")
USED = re.compile(r"\smj-class=\"([^\"]*)\"")


def check(proof: Proof) -> Iterator[Finding]:
    """Compare what is used with what <mj-class name=…> defines."""
    mjml = proof.rendered.mjml
    defined = set(DEFINED.findall(mjml))
    for found in dict.fromkeys(match[0] for match in USED.finditer(mjml)):
        for name in sorted(set(found.split('"')[1].split()) - defined):
            message = f'mj-class="{name}" is not defined'
            yield finding(SEVERITY, message, in_html(proof, found), f'<mj-class name="{name}" … /> in mj-attributes')
