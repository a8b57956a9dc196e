"""Sites of generators through the command line: what init finds, what posts, select and build say of their posts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects import Project

JEKYLL = """
url: https://example.org
baseurl: /sub
timezone: America/New_York
permalink: /:categories/:year/:month/:title/
defaults:
  - scope: {path: "", type: posts}
    values: {author: The Desk, image: /all.png}
"""
BODY = "* TOC\n{:toc}\n\nSee [[Other Page|the other page]].\n\n*[HTML]: Hyper Text\n"


@pytest.fixture
def site(tmp_path: Path) -> Project:
    """A Jekyll site that a project stands in."""
    project = Project(tmp_path / "site")
    for name, text in {
        "_config.yml": JEKYLL,
        "_posts/2026-11-24-Late.md": f"---\ntitle: Late\ndate: 2026-11-24 23:30:00 -0800\n---\n{BODY}",
        "_posts/2026-11-31-no-day.md": "---\ntitle: No day\ndate: 2026-11-25\ncategories: News\n---\nText.\n",
    }.items():
        path = project.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    written = (project.root / "digest.toml").read_text(encoding="utf-8")
    project.configure(written.replace('path = "posts"', 'path = "_posts"'))
    return project


def test_posts_and_select_say_what_the_generator_says(site: Project) -> None:
    """Address by its permalink and in its zone, author by its defaults, and no post passed over."""
    said = site.inside("posts", "--json")
    assert said.code == 0
    found = {p["title"]: p for p in said.json}
    assert found["Late"]["url"] == "https://example.org/sub/2026/11/Late/"
    assert found["No day"]["url"] == "https://example.org/sub/news/2026/11/no-day/"
    assert {p["author"] for p in said.json} == {"The Desk"}
    selected = site.inside("select", "--json").json
    assert [p["title"] for p in selected["posts"]] == ["Late", "No day"]


def test_the_mail_has_none_of_its_signs(site: Project) -> None:
    """The text of both parts is the author's."""
    written = (site.root / "digest.toml").read_text(encoding="utf-8")
    site.configure(written + 'content = "full"\n')
    built = site.inside("build", "--out", str(site.root.parent / "built"))
    assert built.code == 0
    text = next((site.root.parent / "built").rglob("*.txt")).read_text(encoding="utf-8")
    assert "See the other page." in " ".join(text.split())
    for sign in ("TOC", "toc", "[[", "HTML", "{:"):
        assert sign not in text


@pytest.mark.parametrize(
    ("files", "path", "dialect"),
    [
        ({"_quarto.yml": "project: x", "posts/a/index.qmd": ""}, "posts", "quarto"),
        ({"docs/.vitepress/config.ts": "", "docs/posts/a.md": ""}, "docs/posts", "vitepress"),
        ({"hugo.toml": "", "content/post/a/index.Rmd": ""}, "content/post", "hugo"),
    ],
)
def test_init_finds_them(tmp_path: Path, files: dict[str, str], path: str, dialect: str) -> None:
    """The folder and the dialect, without a word of its owner's."""
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text or "---\ntitle: A\ndate: 2026-11-25\n---\nText.\n", encoding="utf-8")
    project = Project(tmp_path / "elsewhere")
    said = project.digest("init", str(tmp_path), now="")
    assert said.code == 0
    assert f'path = "{path}"' in (tmp_path / "digest.toml").read_text(encoding="utf-8")
    assert f"in {path}, written for {dialect}" in said.out + said.err
