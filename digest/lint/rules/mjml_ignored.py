"""What mjml-python does not do as MJML says: it leaves it out, or does it harmfully (mj-preview hides 1px text)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.lint.place import finding, in_html
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"
IGNORED = {
    r"<mj-style\b[^>]*\binline=[^>]*>": ("mj-style inline stays a style block", "write style attributes"),
    r"<mj-html-attributes\b": ("mj-html-attributes is not known", "write the attributes in mj-raw"),
    r"<mj-include\b": ("mj-include is not followed", "use {% include %}"),
    r"<mj-preview\b": ("mj-preview hides white text of 1px, which filters punish", "a hidden div of your own"),
    r"<mj-font\b": ("mj-font loads a font from elsewhere", "use fonts that readers have"),
}


def check(proof: Proof) -> Iterator[Finding]:
    """Find such elements in the MJML."""
    for pattern, (fault, hint) in IGNORED.items():
        if found := re.search(pattern, proof.rendered.mjml):
            yield finding(SEVERITY, fault, in_html(proof, found[0]), hint)
