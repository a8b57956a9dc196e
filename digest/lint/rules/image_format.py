"""SVG is not shown by Gmail; WebP and AVIF are not by classic Outlook: JPEG, PNG and GIF are shown everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from digest.lint.place import at, finding, page, short
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"
FORMATS = {"svg": SEVERITY, "svgz": SEVERITY, "webp": "warning", "avif": "warning", "heic": "warning", "jxl": "warning"}


def check(proof: Proof) -> Iterator[Finding]:
    """Judge the format by the end of the path: nothing is fetched."""
    for image in page(proof).all("img"):
        url = image.get("src") or ""
        ending = _path(url).rpartition(".")[2].lower()
        if ending in FORMATS:
            message = f"the picture {short(url)} is {ending.upper()}, which not all clients show"
            yield finding(FORMATS[ending], message, at(proof, image), "use JPEG or PNG in mails")


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""
