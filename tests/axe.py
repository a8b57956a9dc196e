"""Accessibility by axe-core in Chromium. The script comes with a package of the tests; it is no part of the project."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from typing import Any

from tests.conftest import need

__all__ = ["PACKAGE", "violations"]

PACKAGE = "axe_playwright_python"
OPTIONS = "{iframes: false, resultTypes: ['violations'], rules: {%s}}"
TOLD = (
    "r => r.violations.flatMap(v => v.nodes.map(n => `${v.id}: ${n.target} ${n.failureSummary.split('\\n')[1] ?? ''}`))"
)


@cache
def _script() -> str:
    need(find_spec(PACKAGE), "axe-core (Python package axe-playwright-python)")
    return (files(PACKAGE) / "axe.min.js").read_text(encoding="utf-8")


def violations(page: Any, *, off: tuple[str, ...] = ()) -> list[str]:
    """Everything that axe-core has against the page as it is now shown, one line a place; what stands in its frames
    is another page. `off` are rules that do not apply."""
    if not page.evaluate("() => typeof window.axe === 'object'"):
        page.evaluate(_script())
    options = OPTIONS % ", ".join(f"'{name}': {{enabled: false}}" for name in off)
    found: list[str] = page.evaluate(f"() => axe.run(document, {options}).then({TOLD})")
    return found
