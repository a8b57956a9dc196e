"""docs/preflight.md names every rule there is, with the highest severity it gives, and no other."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

from digest.lint import runner
from digest.render import draw, mjml

PAGE = Path(__file__).parents[2] / "docs" / "preflight.md"
ROW = re.compile(r"^\| `([a-z0-9-]+)` \| (error|warning|info) \| (.+) \|$", re.MULTILINE)
OTHERS = {"post": "warning", "frozen": "warning", "image-file": "warning", "spam-score": "warning"}


def severities(folder: str, names: tuple[str, ...]) -> dict[str, str]:
    """The highest severity of each rule, as its file says."""
    return {n: import_module(f"digest.lint.{folder}.{n.replace('-', '_')}").SEVERITY for n in names}


def test_every_rule_stands_there_and_no_other() -> None:
    """The rules of both folders, those of the MJML, and what else may stand before a finding."""
    rows = ROW.findall(PAGE.read_text(encoding="utf-8"))
    assert len({name for name, _, _ in rows}) == len(rows)
    of_mjml = set(re.findall(r'"(mjml-[a-z]+)"', Path(mjml.__file__).read_text(encoding="utf-8")))
    wanted = severities("online", runner.online_rules()) | severities("rules", runner.rules()) | OTHERS
    wanted |= dict.fromkeys(of_mjml, "error")
    assert {name: severity for name, severity, _ in rows} == wanted


def test_what_is_mended_has_a_row_too() -> None:
    """Whatever rendering tells of what it repaired is told under one of these names."""
    known = {name for name, _, _ in ROW.findall(PAGE.read_text(encoding="utf-8"))}
    assert set(draw.HINTS) <= known
