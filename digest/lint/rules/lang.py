"""Screen readers speak in the language that the page names, and translation offers hang on it (WCAG 2.2, 3.1.1)."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.letter import header
from digest.lint.place import finding, in_html, page
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"


def check(proof: Proof) -> Iterator[Finding]:
    """Compare the page's language with Content-Language; `und` says nothing."""
    root = next(page(proof).all("html"), None)
    said, meant = ((root.get("lang") or "") if root else ""), header(proof, "Content-Language")
    place, hint = in_html(proof), '<mjml lang="{{ lang }}"> in the template'
    if not said or said.lower() == "und":
        yield finding(SEVERITY, "the page does not say its language", place, hint)
    elif meant and said.lower() != meant.lower():
        yield finding(SEVERITY, f"the page says {said}, Content-Language {meant}", place, hint)
