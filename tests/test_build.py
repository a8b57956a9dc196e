"""`digest build`: where it writes, and where it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest import cli
from tests.projects import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "site")


def test_a_page_of_somebody_else_is_left_alone(project: Project) -> None:
    """A site's own index.html is never written over, nor anything put beside it; a page of ours is made anew."""
    page = project.root / "index.html"
    page.write_text("<!doctype html><title>My site</title>", encoding="utf-8")
    before = sorted(p.name for p in project.root.iterdir())
    said = project.digest("build", "--out", ".")
    assert said.code == 64
    assert "index.html: is there and is not from digest build" in said.err
    assert "--out DIR" in said.err
    assert page.read_text(encoding="utf-8").endswith("My site</title>")
    assert sorted(p.name for p in project.root.iterdir()) == before
    for _ in range(2):
        assert project.digest("build", "--out", "out").code == 0


def test_a_folder_that_cannot_be_written_is_said(project: Project) -> None:
    """78 with the place and what to do, no bug of ours."""
    said = project.digest("build", "--out", "/proc/nothing/here")
    assert said.code == 78
    assert "/proc/nothing" in said.err
    assert "cannot be written" in said.err
    assert "take another folder" in said.err
    inside = project.root / "out"
    (inside / "issue.html").mkdir(parents=True)
    assert project.digest("build", "--out", "out").code == 78


def test_what_is_compared_is_what_is_built(project: Project) -> None:
    """Where the due issue holds nothing, build and diff show the coming one, both."""
    for path in (project.root / "posts").glob("*.md"):
        path.unlink()
    project.post("2026-11-29-coming", "For next week", "2026-11-29")
    now = "2026-11-29T12:00+01:00"
    built = project.digest("build", "--out", "out", now=now)
    assert built.code == 0, built.err
    different = project.digest("diff", "--json", now=now).json
    assert '"issue": "weekly-2026-12-04"' in (project.root / "out" / "issue.json").read_text(encoding="utf-8")
    assert different["issue"] == "weekly-2026-12-04"


def test_a_group_of_commands_shows_them(capsys: pytest.CaptureFixture[str]) -> None:
    """`digest theme` alone: 64, its commands, and no error above them."""
    assert cli.run(["theme"]) == 64
    said = capsys.readouterr().err
    assert said.startswith("Usage: digest theme")
    assert "new " in said
    assert "..." not in said.partition("Commands:")[2]
