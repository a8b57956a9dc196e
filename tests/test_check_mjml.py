"""Mistakes of the MJML in `digest check`: findings of their own rules, with the template's file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects import Project

PART = Path(__file__).parents[1] / "templates" / "parts" / "footer.mjml.j2"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project whose footer has two mistakes, and whose first post has one."""
    made = Project(tmp_path)
    own = tmp_path / "templates" / "parts" / "footer.mjml.j2"
    own.parent.mkdir(parents=True)
    page = PART.read_text(encoding="utf-8") + "<mj-txt></mj-txt>\n<tr><td align=left>x</td></tr>\n"
    own.write_text(page, encoding="utf-8")
    made.post("2026-11-23-third", "A third post", "2026-11-23", more="author: 7\nimage: [a, b]\n")
    return made


def test_each_is_told_under_its_rule_beside_what_posts_brought(project: Project) -> None:
    """Exit 1 as with any error; every mistake, in its place; what is wrong with posts stands there as well."""
    said = project.digest("check", "--json")
    lines = PART.read_text(encoding="utf-8").count("\n")
    assert said.code == 1, said.err
    mjml = [(f["rule"], f["severity"], f["line"]) for f in said.json if f["rule"].startswith("mjml-")]
    assert mjml == [("mjml-tag", "error", lines + 1), ("mjml-value", "error", lines + 2)]
    assert {f["file"] for f in said.json if f["rule"].startswith("mjml-")} == {"templates/parts/footer.mjml.j2"}
    assert {f["rule"] for f in said.json} > {"mjml-tag", "mjml-value"}


def test_a_pull_request_is_annotated_at_the_line(project: Project) -> None:
    """`--format github` shows them where they stand."""
    said = project.digest("check", "--format", "github")
    assert said.code == 1
    assert "::error file=templates/parts/footer.mjml.j2,line=" in said.out
    assert "mjml-tag" in said.out


def test_a_template_that_cannot_be_drawn_is_annotated_too(project: Project) -> None:
    """65 as ever, and a note at its line with what to do, in one line; nothing of the kind without the format."""
    own = project.root / "templates" / "parts" / "footer.mjml.j2"
    own.write_text("{# x #}\n{{ titel }}\n", encoding="utf-8")
    said = project.digest("check", "--format", "github")
    assert said.code == 65
    (line,) = said.out.splitlines()
    assert line.startswith("::error file=templates/parts/footer.mjml.j2,line=2,title=template::'titel' is undefined%0A")
    assert "Did you mean title?" in line
    plain = project.digest("check")
    assert (plain.code, plain.out) == (65, "")
