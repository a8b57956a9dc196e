"""Text stands out from its ground by 4.5:1, large text by 3:1, in both palettes (WCAG 2.2, 1.4.3)."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.place import at, finding, page, short
from digest.lint.sight import Look, looks
from digest.lint.styles import contrast
from digest.lint.wording import PADDING
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"
TEXT, LARGE = 4.5, 3.0


def check(proof: Proof) -> Iterator[Finding]:
    """Compare the colours of each element's own words, once a pair; what cannot be known is not judged."""
    read, told = page(proof), set()
    for palette in ("light", "dark"):
        seen = looks(proof.html, dark=palette == "dark")
        for element in read.all():
            words, look = PADDING.sub(" ", read.own_text(element)).strip(), seen[element.index]
            if not words or element.tag in ("style", "title", "script"):
                continue
            ratio, pair = _ratio(look), (look.color, look.ground)
            if ratio is not None and ratio < (LARGE if _large(look) else TEXT) and pair not in told:
                told.add(pair)
                message = f'"{short(words, 40)}" has a contrast of {ratio:.1f}:1 in the {palette} palette'
                yield finding(SEVERITY, message, at(proof, element), "4.5:1, or 3:1 for large text")


def _ratio(look: Look) -> float | None:
    if look.hidden or look.link or look.size <= 1 or look.color is None or look.ground is None:
        return None
    return contrast(look.color, look.ground) if look.color != look.ground else None  # hidden-content's


def _large(look: Look) -> bool:
    return look.size >= 24 or (look.bold and look.size >= 18.66)
