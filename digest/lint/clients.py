"""What mail clients support, from the tables of Can I email (data/caniemail.json; its licence stands beside it)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["MAJOR", "Feature", "feature", "support"]

DATA = Path(__file__).parent / "data" / "caniemail.json"
# The clients that most readers have; the others are close to one of them.
MAJOR = {
    "gmail.desktop-webmail": "Gmail",
    "gmail.android": "Gmail on Android",
    "gmail.ios": "Gmail on iOS",
    "apple-mail.ios": "Apple Mail on iOS",
    "apple-mail.macos": "Apple Mail on macOS",
    "outlook.windows": "Outlook on Windows",
    "outlook.outlook-com": "Outlook.com",
    "yahoo.desktop-webmail": "Yahoo",
}
# Values that have a table of their own, by a sign in them.
VALUES = {
    r"^flex|inline-flex": "css-display-flex",
    r"^(inline-)?grid$": "css-display-grid",
    r"\bcalc\(": "css-unit-calc",
    r"\bvar\(": "css-variables",
    r"\bclamp\(": "css-function-clamp",
    r"\bmin\(": "css-function-min",
    r"\bmax\(": "css-function-max",
    r"linear-gradient\(": "css-linear-gradient",
    r"radial-gradient\(": "css-radial-gradient",
    r"conic-gradient\(": "css-conic-gradient",
    r"\b(ok)?(lch|lab)\(": "css-modern-color",
    r"\blight-dark\(": "css-function-light-dark",
    r"[\d.]rem\b": "css-unit-rem",
    r"[\d.]vw\b": "css-unit-vw",
    r"[\d.]vh\b": "css-unit-vh",
}
# Properties whose table has another name.
TABLES = {
    "align-items": "css-align-items",
    "gap": "css-gap",
    "row-gap": "css-gap",
    "column-gap": "css-gap",
    "top": "css-left-right-top-bottom",
    "left": "css-left-right-top-bottom",
    "right": "css-left-right-top-bottom",
    "bottom": "css-left-right-top-bottom",
    "grid-template-columns": "css-grid-template",
    "grid-template-rows": "css-grid-template",
    "grid-template-areas": "css-grid-template",
    "mask": "css-mask-image",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One row of the tables: which of the major clients do not know it, and when that was tested."""

    slug: str
    title: str
    tested: str
    without: tuple[str, ...]


def feature(name: str, value: str) -> Iterator[Feature]:
    """The rows that judge a declaration: its property's, and those of what stands in its value."""
    if name == "display" and value == "none":
        return
    slugs = [TABLES.get(name, f"css-{name}")]
    slugs += (slug for sign, slug in VALUES.items() if re.search(sign, value.lower()))
    yield from (found for found in map(support, slugs) if found)


@cache
def support(slug: str) -> Feature | None:
    """One row, or None where the tables have none."""
    row = _tables()["features"].get(slug)
    if row is None:
        return None
    words = dict(zip(_tables()["clients"], row["support"].split(), strict=True))
    without = tuple(name for client, name in MAJOR.items() if words[client].partition("#")[0] == "n")
    return Feature(slug=slug, title=row["title"], tested=row["tested"], without=without)


@cache
def _tables() -> dict[str, Any]:
    tables: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8"))
    return tables
