"""An alt text that is a file name, or only says "image", tells nothing; a whole paragraph belongs in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.lint.place import at, finding, page, short
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "warning"
LONGEST = 150
FILE_NAME = re.compile(r"\S+\.(png|jpe?g|gif|webp|avif|svg|bmp|tiff?|heic)", re.IGNORECASE)
SAYING_NOTHING = (
    "image img photo picture pic graphic icon screenshot untitled alt bild foto grafik imagen imagem immagine"
)
EMPTY_WORDS = frozenset(SAYING_NOTHING.split())


def check(proof: Proof) -> Iterator[Finding]:
    """Find alt texts that say nothing, or too much."""
    for image in page(proof).all("img"):
        alt = (image.get("alt") or "").strip()
        if fault := _fault(alt):
            yield finding(SEVERITY, f'the alt text "{short(alt)}" {fault}', at(proof, image), "say what it shows")


def _fault(alt: str) -> str:
    if FILE_NAME.fullmatch(alt):
        return "is a file name"
    if alt.casefold().strip(" .:#0123456789") in EMPTY_WORDS:
        return "says nothing about the picture"
    return f"is over {LONGEST} characters" if len(alt) > LONGEST else ""
