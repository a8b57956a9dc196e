"""Half the readers are in dark mode. A mail that prepares for it keeps its colours; one that does not is recoloured by
each client in its own way."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.place import finding, in_html, page
from digest.lint.styles import Rule, color, rules
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "warning"
METAS = ("color-scheme", "supported-color-schemes")


def check(proof: Proof) -> Iterator[Finding]:
    """Look for both metas, :root, the query, Outlook's twins in a block of their own, and a palette that survives."""
    for fault, hint in _faults(proof):
        yield finding(SEVERITY, fault, in_html(proof), hint)


def _faults(proof: Proof) -> Iterator[tuple[str, str]]:
    read = page(proof)
    names = {meta.get("name") for meta in read.all("meta") if "dark" in (meta.get("content") or "")}
    if missing := [name for name in METAS if name not in names]:
        yield f"the meta {' and '.join(missing)} is missing", 'content="light dark"'
    blocks = [rules(style) for style in read.styles]
    every = [rule for block in blocks for rule in block]
    if not any(r.selector == ":root" and any(d.name == "color-scheme" for d in r.declarations) for r in every):
        yield ":root says no color-scheme", ":root{color-scheme:light dark}"
    dark = [rule for rule in every if _is_dark(rule)]
    if not dark:
        yield "there is no dark palette", "@media (prefers-color-scheme:dark){…}"
    twins = [block for block in blocks if any(_is_twin(rule) for rule in block)]
    if not twins:
        yield "Outlook's [data-ogsc] and [data-ogsb] have no rules", "twins of the dark palette for Outlook"
    if any(_is_dark(rule) for block in twins for rule in block):
        yield "Outlook's rules share a block with the dark query: Gmail drops both", "a style block of their own"
    if _extreme(dark):
        yield "the dark palette pairs pure black and white", "clients that invert turn them around; use softer ones"


def _is_dark(rule: Rule) -> bool:
    return any("prefers-color-scheme" in at and "dark" in at for at in rule.around)


def _is_twin(rule: Rule) -> bool:
    return "data-ogsc" in rule.selector or "data-ogsb" in rule.selector


def _extreme(dark: list[Rule]) -> bool:
    held = {(d.name.startswith("background"), color(d.value)) for r in dark for d in r.declarations}
    return {(True, (0, 0, 0)), (False, (255, 255, 255))} <= held
