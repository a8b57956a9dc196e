"""Text runs as its language does: mrml writes `direction:ltr` into each section unless the template says otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.language import direction
from digest.lint.place import finding, in_html, page
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"
DIRECTION = re.compile(r"(?:^|;)\s*direction\s*:\s*(ltr|rtl)", re.IGNORECASE)


def check(proof: Proof) -> Iterator[Finding]:
    """Compare the page and its layout with the language; a post in another language says so itself (dir, lang)."""
    wanted, read = direction(proof.rendered.language), page(proof)
    root = next(read.all("html"), None)
    said = ((root.get("dir") or "") if root else "").lower()
    hint = 'dir="{{ dir }}" on <mjml>, direction="{{ dir }}" on mj-section and mj-column'
    if said not in (wanted, "") or (wanted == "rtl" and not said):
        yield finding(SEVERITY, f'the page has dir="{said}", its language runs {wanted}', in_html(proof), hint)
    wrong = 0
    for element in read.all("td", "div", "table"):
        found = DIRECTION.search(element.get("style") or "")
        own = any(e.get("lang") for e in (element, *read.around(element)) if e.tag not in ("html", "body", "div"))
        wrong += bool(found and found[1].lower() != wanted and not own)
    if wrong:
        message = f"{wrong} layout elements run against the language ({proof.rendered.language}: {wanted})"
        yield finding(SEVERITY, message, in_html(proof), hint)
