"""A host that mixes scripts (a Cyrillic letter in a Latin name) is made to be mistaken (UTS 39)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from digest.lint.links import host
from digest.lint.place import at, finding, page
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "warning"
LOOKALIKE = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN"})


def check(proof: Proof) -> Iterator[Finding]:
    """Find labels of a host that hold letters of two scripts that look alike."""
    for link in page(proof).all("a"):
        name = _readable(host(link.get("href") or ""))
        if any(len(_scripts(label)) > 1 for label in name.split(".")):
            message = f"the host {name} mixes letters of scripts that look alike"
            yield finding(SEVERITY, message, at(proof, link), "check that it is the site that you mean")


def _readable(name: str) -> str:
    try:
        return name.encode("ascii").decode("idna")
    except UnicodeError:
        return name


def _scripts(label: str) -> set[str]:
    return {unicodedata.name(char, "").partition(" ")[0] for char in label if char.isalpha()} & LOOKALIKE
