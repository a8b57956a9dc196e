"""Pixels and per-reader addresses measure people; that needs their consent (EDPB Guidelines 2/2023), so a newsletter
of ours has none."""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.lint.letter import ways_out
from digest.lint.page import Element
from digest.lint.place import at, finding, page, short
from digest.lint.sight import looks
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"
TINY = 2


def check(proof: Proof) -> Iterator[Finding]:
    """Find tiny or hidden pictures, and the reader's token or address in other links than the ways out."""
    read, seen = page(proof), looks(proof.html)
    for image in read.all("img"):
        url = short(image.get("src") or "")
        if _tiny(image) or seen[image.index].hidden:
            yield finding(
                SEVERITY, f"the picture {url} cannot be seen: a tracking pixel", at(proof, image), "leave it out"
            )
        elif _names_reader(proof, image.get("src") or ""):
            yield finding(
                SEVERITY, f"the picture {url} tells who opens the mail", at(proof, image), "one address for all"
            )
    for link in read.all("a"):
        url = link.get("href") or ""
        if _names_reader(proof, url) and not _way_out(proof, url):
            message = f"the link {short(url)} tells who follows it"
            yield finding(SEVERITY, message, at(proof, link), "the same address for every reader")


def _tiny(image: Element) -> bool:
    sizes = [image.get("width") or "", image.get("height") or ""]
    style = re.sub(r"\s", "", image.get("style") or "")
    sizes += re.findall(r"(?:^|;)(?:max-)?(?:width|height):([\d.]+)px", style)
    return any(re.fullmatch(r"[\d.]+", size) and float(size) <= TINY for size in sizes)


def _names_reader(proof: Proof, url: str) -> bool:
    sample = proof.samples[0]
    return any(value and value.lower() in url.lower() for value in (sample.token, sample.rcpt_to))


def _way_out(proof: Proof, url: str) -> bool:
    token = proof.samples[0].token
    return url in ways_out(proof) or url.startswith("mailto:") or f"/u/{token}" in url or f"/p/{token}" in url
