"""CSS that a client with many readers ignores, by the tables of Can I email; each finding says when that was tested."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.clients import Feature, feature
from digest.lint.place import at, finding, in_html, page
from digest.lint.styles import Declaration, declarations, rules
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "warning"
# What may be missing without harm: the mail only looks plainer, or the words around it hold (EMAIL: CSS in mails).
GRACEFUL_WORDS = (
    "background border-collapse border-radius border-spacing box-shadow box-sizing clear color-scheme cursor "
    "font-kerning hyphens letter-spacing list-style-position max-height max-width min-width min-height opacity "
    "outline overflow overflow-wrap supported-color-schemes tab-size table-layout text-decoration "
    "text-decoration-color text-overflow text-transform text-underline-offset text-wrap transition user-select "
    "white-space word-break word-spacing word-wrap width height"
)
GRACEFUL = frozenset(GRACEFUL_WORDS.split())


def check(proof: Proof) -> Iterator[Finding]:
    """Judge declarations outside media queries: what stands in a query is meant for those who know it."""
    told: set[str] = set()
    for element in page(proof).all():
        for said in declarations(element.get("style") or ""):
            for found in _unsupported(said, told):
                yield finding(SEVERITY, _message(found), at(proof, element), "say it in another way, or as a fallback")
    for style in page(proof).styles:
        for rule in rules(style):
            for said in () if any("@media" in a for a in rule.around) else rule.declarations:
                for found in _unsupported(said, told):
                    yield finding(SEVERITY, _message(found), in_html(proof, rule.selector), "put it into a media query")


def _unsupported(said: Declaration, told: set[str]) -> Iterator[Feature]:
    if said.name in GRACEFUL and not any(sign in said.value for sign in ("(", "rem", "vw", "vh")):
        return
    for found in feature(said.name, said.value):
        if found.slug not in told and found.without and found.slug.removeprefix("css-") not in GRACEFUL:
            told.add(found.slug)
            yield found


def _message(found: Feature) -> str:
    return f"{found.title} is ignored by {', '.join(found.without)} (tested {found.tested})"
