"""Finding a site's posts and their dialect: by its files, by the shape of its posts, for `digest init`."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.posts import recognise
from digest.posts.detect import Found, detect, survey
from digest.posts.dialects import TABLE, dialect
from digest.posts.site_files import SiteFile, mapping
from digest.posts.site_files import read as read_site

POST = "---\ntitle: A\ndate: 2026-11-20\n---\nText.\n"


def lay(tmp_path: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({"_config.yml": "title: x"}, "jekyll"),
        ({"_config.yml": "title: x\nnew_post_name: :title.md"}, "hexo"),
        ({"hugo.toml": ""}, "hugo"),
        ({"config.toml": "baseURL = 'https://example.org'\ntitle = 'x'"}, "hugo"),
        ({"config.yaml": "baseURL: https://example.org"}, "hugo"),
        ({"config.toml": "base_url = 'https://example.org'"}, "zola"),
        ({".eleventy.js": ""}, "eleventy"),
        ({"eleventy.config.mjs": ""}, "eleventy"),
        ({"astro.config.ts": ""}, "astro"),
        ({"gatsby-config.js": ""}, "gatsby"),
        ({"next.config.mjs": ""}, "next"),
        ({"docusaurus.config.ts": ""}, "docusaurus"),
        ({"mkdocs.yml": "plugins:\n  - search\n  - blog:\n      blog_dir: x"}, "mkdocs-material"),
        ({"site.lektorproject": ""}, "lektor"),
        ({"pelicanconf.py": ""}, "pelican"),
        ({"conf.py": "BLOG_TITLE = 'x'"}, "nikola"),
        ({"_quarto.yml": "project:\n  type: website"}, "quarto"),
        ({".vitepress/config.mts": ""}, "vitepress"),
        ({".vuepress/config.js": ""}, "vitepress"),
        ({"conf.py": "project = 'Sphinx'"}, "plain"),
        ({"mkdocs.yml": "site_name: only documentation"}, "plain"),
        ({"config.yaml": "something: else"}, "plain"),
        ({"package.json": "{}"}, "plain"),
    ],
)
def test_a_site_is_known_by_its_file(tmp_path: Path, files: dict[str, str], name: str) -> None:
    """A name that many programs use must hold what this one writes."""
    lay(tmp_path, {**files, "x/posts/a.md": POST})
    assert survey(tmp_path / "x/posts", tmp_path)[1].name == name


def test_the_nearest_site_wins_and_nothing_above_the_project_counts(tmp_path: Path) -> None:
    """Nor is anything above a repository's root asked for a source outside the project."""
    lay(tmp_path, {"hugo.toml": "", "project/_config.yml": "x: y", "project/sub/_posts/2026-11-20-a.md": POST})
    lay(tmp_path, {"project/sub/posts/a.md": POST, "repo/.git/HEAD": "", "repo/posts/a.md": POST})
    project = tmp_path / "project"
    assert survey(project / "sub/_posts", project)[1].name == "jekyll"
    (project / "_config.yml").unlink()
    assert survey(project / "sub/posts", project)[1].name == "plain"
    assert survey(tmp_path / "repo/posts", project)[1].name == "plain"
    (tmp_path / "repo/.git/HEAD").unlink()
    (tmp_path / "repo/.git").rmdir()
    assert survey(tmp_path / "repo/posts", project)[1].name == "hugo"


@pytest.mark.parametrize(
    ("files", "root", "name"),
    [
        ({"posts/a.md": POST}, "posts", "plain"),
        ({"posts/2026-11-20-a.md": POST}, "posts", "plain"),
        ({"content/posts/a.md": POST}, "content/posts", "plain"),
        ({"_posts/2026-11-20-a.md": POST}, "_posts", "jekyll"),
        ({"_posts/a.md": POST}, "_posts", "next"),
        ({"source/_posts/a.md": POST}, "source/_posts", "hexo"),
        ({"_posts/2026-11-20-a.md": POST + "{% asset_img x.png %}"}, "_posts", "hexo"),
        ({"content/a.md": '+++\ntitle = "A"\ndate = 2026-11-20\n+++\n'}, "content", "hugo"),
        ({"content/a.md": '+++\ntitle = "A"\ndate = 2026-11-20\n[taxonomies]\ntags = ["x"]\n+++\n'}, "content", "zola"),
        ({"content/a.md": POST, "content/_index.md": "---\ntitle: Blog\n---\n"}, "content", "hugo"),
        ({"src/content/de/a.md": POST}, "src/content/de", "astro"),
        ({"src/content/blog/2026/11/20/a.md": POST}, "src/content/blog", "next"),
        ({"content/posts/a.md": "---\ntitle: A\ndate: 2026-11-20T10:00:00Z\n---\n"}, "content/posts", "plain"),
        (
            {"content/posts/a.md": "---\ntitle: A\ndate: 2026-11-20T10:00:00Z\ndraft: true\n---\n"},
            "content/posts",
            "hugo",
        ),
        ({"content/posts/a.md": "---\ndraft: true\ndate: 2026-11-20\n---\n"}, "content/posts", "plain"),
        ({"content/posts/a.md": "---\ntitle: A\nlastmod: 2026-11-20\n---\n"}, "content/posts", "hugo"),
        ({"posts/a.md": "---\ntitle: A\nlastmod: 2026-11-20\n---\n"}, "posts", "plain"),
        ({"docs/blog/posts/a.md": POST}, "docs/blog/posts", "mkdocs-material"),
        ({"blog/2026-11-20-a.md": "---\ntitle: A\nauthors: [x]\n---\n"}, "blog", "docusaurus"),
        ({"content/blog/2026-11-20-a.md": "---\ntitle: A\nauthors: [x]\n---\n"}, "content/blog", "plain"),
        ({"content/a.md": POST + "{{< figure >}}"}, "content", "hugo"),
        ({"content/de/a.md": POST}, "content/de", "hugo"),
        ({"blog/2026-11-20-a.md": POST, "blog/authors.yml": "x: {name: X}"}, "blog", "docusaurus"),
        ({"blog/2026-11-20-a.md": POST + "<!-- truncate -->"}, "blog", "docusaurus"),
        ({"blog/posts/a.md": "---\ntitle: A\ndate:\n  created: 2026-11-20\n---\n"}, "blog/posts", "mkdocs-material"),
        ({"blog/posts/a.md": POST, "blog/.authors.yml": ""}, "blog/posts", "mkdocs-material"),
        ({"src/blog/a.md": POST, "src/blog/blog.json": "{}"}, "src/blog", "eleventy"),
        ({"src/content/blog/a.md": "---\ntitle: A\npubDate: Nov 20 2026\n---\n"}, "src/content/blog", "astro"),
        ({"src/content/blog/a.md": POST}, "src/content/blog", "astro"),
        ({"content/blog/a/contents.lr": "title: A\n---\npub_date: 2026-11-20\n"}, "content/blog", "lektor"),
        ({"content/a.md": "Title: A\nDate: 2026-11-20\n\nText\n"}, "content", "pelican"),
        ({"content/a.rst": "Aa\n==\n\n:date: 2026-11-20\n\nText\n"}, "content", "pelican"),
        ({"posts/a.md": ".. title: A\n.. date: 2026-11-20\n\nText\n"}, "posts", "nikola"),
        ({"posts/a.md": "Text\n", "posts/a.meta": ".. title: A\n.. date: 2026-11-20\n"}, "posts", "nikola"),
    ],
)
def test_posts_alone_tell_their_dialect(tmp_path: Path, files: dict[str, str], root: str, name: str) -> None:
    """By place and shape; where they tell nothing, nothing is assumed."""
    lay(tmp_path, files)
    tree, rule, file = survey(tmp_path / root, tmp_path)
    assert (rule.name, file, len(tree.files) >= 1) == (name, None, True)


def test_a_dialect_that_is_named_is_obeyed(tmp_path: Path) -> None:
    """With its own site file, where there is one; nicknames are known."""
    lay(tmp_path, {"a/gatsby-config.js": "", "_config.yml": "timezone: Asia/Tokyo", "a/posts/a.md": POST})
    _, rule, file = survey(tmp_path / "a/posts", tmp_path, "jekyll")
    assert (rule.name, file) == ("jekyll", tmp_path / "_config.yml")
    assert survey(tmp_path / "a/posts", tmp_path, "plain")[2] is None
    assert dialect("11ty") is dialect("Eleventy") is not None
    assert dialect("nothing") is None


def test_posts_have_a_home_in_some_dialects(tmp_path: Path) -> None:
    """_posts, Material's posts/, and never Pelican's pages/; names without a date are none in Jekyll's _posts."""
    lay(tmp_path, {"_config.yml": "x: y", "about.md": POST, "_posts/2026-11-20-a.md": POST, "_posts/template.md": POST,
                   "_drafts/b.md": POST, "docs/x.md": POST})  # fmt: skip
    assert [f.rel for f in survey(tmp_path, tmp_path)[0].files] == ["_drafts/b.md", "_posts/2026-11-20-a.md"]
    lay(tmp_path, {"m/mkdocs.yml": "plugins:\n  - blog", "m/docs/blog/index.md": "# x", "m/docs/blog/posts/a.md": POST})
    assert [f.rel for f in survey(tmp_path / "m/docs/blog", tmp_path)[0].files] == ["posts/a.md"]
    lay(tmp_path, {"p/pelicanconf.py": "", "p/content/pages/x.md": POST, "p/content/a.md": POST})
    assert [f.rel for f in survey(tmp_path / "p/content", tmp_path)[0].files] == ["a.md"]


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({}, None),
        ({"README.md": "x", "docs.txt": "x"}, None),
        ({"content/blog/a.md": POST, "content/about.md": POST}, Found(path="content/blog", dialect="plain", posts=1)),
        ({"hugo.toml": "", "content/posts/a.md": POST}, Found(path="content/posts", dialect="hugo", posts=1)),
        ({"_config.yml": "x: y", "_posts/2026-11-20-a.md": POST}, Found(path="_posts", dialect="jekyll", posts=1)),
        ({"blog/a.md": POST, "posts/a.md": POST, "posts/b.md": POST}, Found(path="posts", dialect="plain", posts=2)),
        ({"a.md": POST, "issues/weekly.md": POST, "templates/x.md": POST}, Found(path=".", dialect="plain", posts=1)),
    ],
)
def test_init_finds_the_posts_of_the_site_it_stands_in(
    tmp_path: Path, files: dict[str, str], found: Found | None
) -> None:
    """The best-known place that holds most; the narrower one; else the folder itself."""
    assert detect(lay(tmp_path, files)) == found


def test_every_rule_of_the_table_is_whole() -> None:
    """Names are told apart, addresses name what can be filled, recognition knows each."""
    from digest.posts.links import WORDS
    from digest.posts.permalinks import PLACEHOLDER

    assert len({d.name for d in TABLE}) == len(TABLE)
    for rule in TABLE:
        assert rule.zone in {"site", "config", "utc"}
        assert set(PLACEHOLDER.findall(rule.address + rule.leaf)) <= {*WORDS, "stem"}
        assert rule.files or rule.name == "plain"


def test_a_configuration_that_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    """Broken, huge, gone or hostile: the posts are read all the same, and nothing is run."""
    lay(tmp_path, {"_config.yml": "a: [", "hugo.toml": "a = ", "conf.py": "x = (", "config.json": "{",
                   "big.yml": "x: y\n" * 200_000,
                   "pelicanconf.py": "TIMEZONE = __import__('os').system('touch owned')\nARTICLE_URL = 7\n"
                                     "a, b = 1, 2\nX = " + "(" * 500})  # fmt: skip
    for name in ("_config.yml", "hugo.toml", "config.json", "big.yml", "gone.yml"):
        assert mapping(tmp_path / name) == {}
    (tmp_path / "config.json").write_text("[1]", encoding="utf-8")
    assert mapping(tmp_path / "config.json") == {}
    assert read_site("jekyll", tmp_path / "_config.yml") == SiteFile(root=tmp_path)
    assert read_site("nikola", tmp_path / "conf.py") == SiteFile(root=tmp_path)
    assert read_site("pelican", tmp_path / "pelicanconf.py").timezone == ""
    assert read_site("astro", tmp_path / "x") == SiteFile(root=tmp_path)
    assert read_site("hugo", None) == SiteFile()
    assert not (tmp_path / "owned").exists()
    lay(
        tmp_path,
        {"pelicanconf.py": "TIMEZONE = __import__('os').system('touch owned')\nARTICLE_URL = 7\na, b = 1, 2\n"},
    )
    assert read_site("pelican", tmp_path / "pelicanconf.py") == SiteFile(
        root=tmp_path, category="misc", language="en", translated="/{slug}-{lang}.html"
    )
    assert recognise.by_shape(tmp_path, [], []) == "plain"
    assert recognise.by_site(tmp_path / "a/b", Path("/nowhere"), "next") is None
    lay(tmp_path, {"mkdocs.yml": "plugins: search", "config.yaml": "permalinks: {posts: [a]}"})
    assert read_site("mkdocs-material", tmp_path / "mkdocs.yml").base == "blog"
    assert read_site("hugo", tmp_path / "config.yaml").addresses == ()
    lay(tmp_path, {"mkdocs.yml": "plugins: [{search: {lang: en}}]"})
    assert read_site("mkdocs-material", tmp_path / "mkdocs.yml").base == "blog"


def test_a_head_that_is_gone_tells_nothing(tmp_path: Path) -> None:
    """A file may vanish between the listing and the look."""
    assert recognise.dialect_of(tmp_path, tmp_path, ["gone.md"]) == ("plain", None)
