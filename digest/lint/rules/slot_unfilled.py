"""What a template forgot to fill: `{{ name }}`, None, undefined, lorem ipsum. Only the template's own words are judged,
so that a blog about templates can be mailed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.lint.brought import source_of
from digest.lint.place import Place, finding, in_headers, in_html, page, short
from digest.lint.subject import subject
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"
HINT = "fill it in the template; StrictUndefined tells which name is missing"
MARKS = re.compile("[\ufdd0\ufdd1]")
SIGNS = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|\{\{|\{%|\[object \w+\]|lorem ipsum", re.IGNORECASE | re.DOTALL)
# A value that was printed without being there: alone, or set off as values are.
NOTHING = re.compile(r"(?:^|(?<=[·:,(\u00a0]\s)|(?<=[\s(]))(?:None|undefined|NaN|null)(?=$|\s*[·,;)\n])")


def check(proof: Proof) -> Iterator[Finding]:
    """Look through subject, page (words and attributes) and text."""
    read = page(proof)
    words = [read.own_text(e) for e in read.all() if e.tag not in ("style", "script")]
    values = [value for e in read.all() for name, value in e.attributes if name not in ("style", "class")]
    told: set[str] = set()
    for place, texts in (
        (in_headers(), [subject(proof)]),
        (in_html(proof), words + values),
        (Place(part="text"), proof.text.splitlines()),
    ):
        for text in texts:
            for sign in _signs(text):
                if sign not in told and _is_ours(proof, text, sign):
                    told.add(sign)
                    where = in_html(proof, sign) if place.part == "html" else place
                    yield finding(SEVERITY, f'not filled in: {_shown(sign)} in "{_shown(short(text))}"', where, HINT)


def _signs(text: str) -> Iterator[str]:
    yield from (found[0] for found in MARKS.finditer(text))
    yield from (found[0] for found in SIGNS.finditer(text))
    yield from (found[0] for found in NOTHING.finditer(text.strip()))


def _is_ours(proof: Proof, text: str, sign: str) -> bool:
    """True where no post, name or setting holds it; a word as usual as None is compared with what is around it."""
    if MARKS.match(sign):
        return True
    return source_of(proof, sign) is None and source_of(proof, text) is None


def _shown(text: str) -> str:
    return MARKS.sub("\N{WHITE SQUARE}", text)
