"""Markup in the text part is a template that forgot which part it writes: `<b>` and `&nbsp;` are read as such."""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.lint.brought import source_of
from digest.lint.place import finding, in_text, short
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"
# What HTML, an entity, a Markdown link and an MJML tag look like; `<https://…>` and `a < b` are none of them.
MARKUP = re.compile(
    r"</?(?:a|b|i|p|br|td|tr|th|em|h[1-6]|hr|li|ol|ul|div|img|pre|code|span|table|strong|mj-[a-z-]+)(?:\s[^<>]*)?/?>"
    r"|&(?:[a-z]{2,8}|#\d{2,6}|#x[\da-f]{2,6});"
    r"|!?\[[^\[\]]*\]\([^()\s]+\)",
    re.IGNORECASE,
)


def check(proof: Proof) -> Iterator[Finding]:
    """Find markup that stands in no post, name or setting: blogs about markup are mailed as they are."""
    told = set()
    for found in MARKUP.finditer(proof.text):
        sign = found[0]
        if sign in told or source_of(proof, sign) is not None:
            continue
        told.add(sign)
        place = in_text(proof, found.start())
        message = f"markup in the text part: {short(sign, 40)}"
        yield finding(SEVERITY, message, place, "the text template writes plain words")
