"""`digest theme` and `digest init --theme`: which themes there are, one of one's own, and what is refused."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from digest import theming
from digest.errors import ConfigError, DataError, TemplateError, UsageError
from digest.project import Answers, make
from digest.render.theme import known, load
from tests.projects import Project


def words(text: str) -> str:
    return " ".join(text.split())


def test_the_themes_of_a_project_are_listed(tmp_path: Path) -> None:
    """Those that come with digest, those of the project, and those that it changes; also for programs."""
    project = Project(tmp_path / "project")
    said = project.digest("theme", "list")
    assert said.code == 0
    assert [re.match(r"\w+", line)[0] for line in said.out.splitlines()[2:] if line[:1].isalpha()] == [*known(None)]
    (project.root / "templates" / "letter").mkdir(parents=True)
    (project.root / "templates" / "mine").mkdir()
    (project.root / "templates" / "mine" / "theme.toml").write_text(
        'base = "links"\nabout = "Ours."\n', encoding="utf-8"
    )
    rows = {row["name"]: row for row in project.digest("theme", "list", "--json").json}
    assert rows["mine"] == {"name": "mine", "origin": "this project", "base": "links", "about": "Ours."}
    assert rows["letter"]["origin"] == "digest, changed here"
    assert rows["default"]["base"] == ""
    assert all(row["about"] for row in rows.values())


def test_outside_a_project_there_are_those_that_come_with_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Listing them needs no project; beginning one does, and a folder that was named must be one."""
    project = Project(tmp_path / "project")
    monkeypatch.chdir(tmp_path)
    (project.root / "digest.toml").unlink()
    assert project.digest("theme", "list").code == 78, "--project names it"
    assert theming.listed(None) == theming.listed(tmp_path)
    assert project.digest("theme", "new", "mine").code == 78


@pytest.mark.parametrize("base", known(None))
def test_a_new_theme_looks_like_its_base(tmp_path: Path, base: str) -> None:
    """It draws the same issue, names every value of its base behind a #, and can be let loose line by line."""
    project = Project(tmp_path / "project", newsletter=f'theme = "{base}"')
    before = built(project)
    said = project.digest("theme", "new", "mine", "--from", base)
    assert said.code == 0
    assert said.out.split() == ["wrote", "templates/mine/theme.toml", "wrote", "templates/mine/issue.mjml.j2"]
    assert 'theme = "mine"' in said.err
    project.newsletter = 'theme = "mine"'
    project.configure()
    assert built(project) == before
    file = project.root / "templates" / "mine" / "theme.toml"
    loose = re.sub(r"(?m)^#(?=\w+ = )", "", file.read_text(encoding="utf-8"))
    given = tomllib.loads(loose)
    assert set(given) == {"base", "about", "light", "dark", "fonts", "sizes", "space", "options"}
    file.write_text(loose, encoding="utf-8")
    mine, theirs = load("mine", project.root), load(base, None)
    for part in ("light", "dark", "fonts", "sizes", "wide", "space", "options"):
        assert dict(getattr(mine, part)) == dict(getattr(theirs, part))


def built(project: Project) -> tuple[str, str]:
    assert project.digest("build").code == 0
    out = project.root / "out"
    return (out / "issue.html").read_text(encoding="utf-8"), (out / "issue.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "base", "kind", "said"),
    [
        ("Mine", "default", UsageError, "cannot be the name"),
        ("../mine", "default", UsageError, "cannot be the name"),
        ("parts", "default", UsageError, "cannot be the name"),
        ("shipped", "default", UsageError, "cannot be the name"),
        ("letter", "default", UsageError, "comes with digest"),
        ("mine", "lettre", UsageError, "no theme"),
        ("there", "default", DataError, "is there already"),
    ],
)
def test_what_cannot_begin(tmp_path: Path, name: str, base: str, kind: type[Exception], said: str) -> None:
    """Names that are none or taken, a base that is not there; nothing is written."""
    (tmp_path / "templates" / "there").mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(kind, match=said) as caught:
        theming.start(tmp_path, name, base)
    assert caught.value.hint  # type: ignore[attr-defined]  # every error of ours has one
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """No traceback: the path and why."""
    (tmp_path / "templates").write_text("a file", encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be written"):
        theming.start(tmp_path, "mine")


def test_a_broken_theme_is_told_by_the_list(tmp_path: Path) -> None:
    """File and line, and no list that leaves it out."""
    project = Project(tmp_path / "project")
    file = project.root / "templates" / "mine" / "theme.toml"
    file.parent.mkdir(parents=True)
    file.write_text('[light]\naccent = "teal"\n', encoding="utf-8")
    with pytest.raises(TemplateError, match="no colour"):
        theming.listed(project.root)
    said = project.digest("theme", "list")
    assert said.code == 65
    assert "templates/mine/theme.toml:2" in said.err


def test_a_project_begins_with_a_theme(tmp_path: Path) -> None:
    """The line stands in digest.toml and counts; every other line is as without."""
    made = make(tmp_path / "a", Answers(theme="letter"), environment={})
    make(tmp_path / "b", environment={})
    assert "digest.toml" in made.written
    with_one, without = ((tmp_path / x / "digest.toml").read_text(encoding="utf-8").splitlines() for x in "ab")
    changed = [(x, y) for x, y in zip(with_one, without, strict=True) if x != y]
    assert [(x.split("  ")[0], y.split("  ")[0]) for x, y in changed] == [('theme = "letter"', '#theme = "default"')]
    assert tomllib.loads("\n".join(with_one))["newsletters"]["weekly"]["theme"] == "letter"


def test_a_theme_that_is_not_there_makes_no_project(tmp_path: Path) -> None:
    """The nearest word is told, and nothing is written; a theme of the folder's own is one."""
    with pytest.raises(UsageError, match="no theme") as caught:
        make(tmp_path / "a", Answers(theme="lettre"), environment={})
    assert caught.value.hint == "Did you mean letter?"
    assert not (tmp_path / "a").exists()
    (tmp_path / "b" / "templates" / "mine").mkdir(parents=True)
    assert "digest.toml" in make(tmp_path / "b", Answers(theme="mine"), environment={}).written


def test_a_project_that_is_there_keeps_its_theme(tmp_path: Path) -> None:
    """digest.toml is never written over: what to do by hand is said."""
    make(tmp_path, environment={})
    before = (tmp_path / "digest.toml").read_bytes()
    made = make(tmp_path, Answers(theme="links"), environment={})
    assert (tmp_path / "digest.toml").read_bytes() == before
    assert 'theme = "links"' in words(" ".join(made.found))


def test_the_program_does_it_too(tmp_path: Path) -> None:
    """`digest init --theme`: right and wrong, by exit code."""
    project = Project(tmp_path / "project")
    wrong = project.digest("init", str(tmp_path / "new"), "--theme", "leter")
    assert (wrong.code, "Did you mean letter?" in wrong.err) == (64, True)
    assert project.digest("init", str(tmp_path / "new"), "--theme", "letter").code == 0
    written = tomllib.loads((tmp_path / "new" / "digest.toml").read_text(encoding="utf-8"))
    assert written["newsletters"]["weekly"]["theme"] == "letter"
