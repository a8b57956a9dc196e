"""One post's fields: what each key of each generator means, and where its link comes from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.model import Post, Query
from digest.posts.sources import markdown
from digest.settings import Site

One = Callable[..., Post]


@pytest.fixture
def one(tmp_path: Path) -> One:
    """Read one post: its metadata as YAML lines, its name, the files of its site, options of its source."""

    def read(
        head: str,
        body: str = "Text.\n",
        *,
        name: str = "posts/a.md",
        path: str = "",
        files: dict[str, str] | None = None,
        site: Site | None = None,
        raw: str = "",
        **options: Any,
    ) -> Post:
        for other, content in (files or {}).items():
            (tmp_path / other).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / other).write_text(content, encoding="utf-8")
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(raw or f"---\ntitle: A\ndate: 2026-11-20\n{head}\n---\n{body}", encoding="utf-8")
        source = markdown.open(
            markdown.Options(path=path or name.partition("/")[0], **options),
            name="blog",
            project=tmp_path,
            site=site or Site(url="https://example.org", timezone="Europe/Vienna"),
        )
        return next(p for p in source.posts(Query()) if p.path == name)

    return read


@pytest.mark.parametrize(
    ("head", "field", "value"),
    [
        ("draft: false", "draft", False),
        ("draft:", "draft", False),
        ("published: true", "draft", False),
        ("published: 2026-11-20", "draft", False),
        ("status: published", "draft", False),
        ("draft: true", "draft", True),
        ("draft: 'yes'", "draft", True),
        ("draft: in review", "draft", True),
        ("isDraft: true", "draft", True),
        ("published: false", "draft", True),
        ("status: draft", "draft", True),
        ("status: Private", "draft", True),
        ("permalink: false", "draft", True),
        ("build: {render: never}", "draft", True),
        ("unlisted: false", "unlisted", False),
        ("unlisted: true", "unlisted", True),
        ("hidden: true", "unlisted", True),
        ("status: hidden", "unlisted", True),
        ("_build: {list: never}", "unlisted", True),
        ("eleventyExcludeFromCollections: true", "unlisted", True),
        ("listed: false", "unlisted", True),
        ("featured: true\npinned: yes\ncomments: false\nfoo: 'true'\nextra: {hot: true}", "flags",
         ("featured", "foo", "hot", "pinned")),
        ("status: featured", "flags", ("featured",)),
        ("tags: [b, A, b]", "tags", ("b", "A")),
        ("tags: one, two words , three", "tags", ("one", "two words", "three")),
        ("tags: 2025", "tags", ("2025",)),
        ("tags: [on, 1.0, ~, '']", "tags", ("on", "1.0")),
        ("tags: []\nkeywords: [x]", "tags", ()),
        ("tag: x", "tags", ("x",)),
        ("keywords: x, y", "tags", ("x", "y")),
        ("tags: [{label: Nice tag, permalink: /nice}]", "tags", ("Nice tag",)),
        ("tags:\n- a\n- - b\n  - c", "tags", ("a", "b", "c")),
        ("taxonomies: {tags: [x], categories: [y]}", "tags", ("x",)),
        ("taxonomies: {tags: [x], categories: [y]}", "categories", ("y",)),
        ("category: One\ncategories: [Two, One]", "categories", ("One", "Two")),
        ("author: Ann", "author", "Ann"),
        ("author: {name: Ann, url: x}", "author", "Ann"),
        ("authors: [Ann, {name: Bob}, Ann, {x: y}]", "author", "Ann, Bob"),
        ("author: >-\n  Ann\n  Bee", "author", "Ann Bee"),
        ("authors: [[x]]", "author", ""),
        ("summary: S\ndescription: D", "excerpt", "S"),
        ("description: |\n  One\n  two `x`\n", "excerpt", "One two `x`"),
        ("excerpt: '<p>a &amp; b</p>'", "excerpt", "a & b"),
        ("excerpt: '1 < 2 &amp; 3'", "excerpt", "1 < 2 &amp; 3"),
        ("lang: de_AT", "lang", "de-AT"),
        ("locale: pt-br", "lang", "pt-br"),
        ("lang: this is no language at all", "lang", ""),
        ('title: "a\\uFDD0b\\0c\\nd"', "title", "abc d"),
        ('slug: "a\\nb"', "slug", "a b"),
        ('author: "a\\r\\nBcc: b"', "author", "a Bcc: b"),
        ('tags: ["a\\r\\nb", "\\x00"]', "tags", ("a b",)),
        ('guid: "a\\nb"', "id", "blog#a b"),
        ("source: https://example.net/x", "source_url", "https://example.net/x"),
        ("source: {name: x, url: https://example.net/x}", "source_url", "https://example.net/x"),
        ("source: javascript:alert(1)", "source_url", ""),
        ("source: the library", "source_url", ""),
        ("source: 'https://[x'", "source_url", ""),
        ("title: '`code` *and* **more**'", "title", "`code` *and* **more**"),
        ("title: >-\n  Two\n  lines", "title", "Two lines"),
        ("title: 2025", "title", "2025"),
        ("title: no", "title", "no"),
    ],
)  # fmt: skip
def test_a_key_means_what_its_generator_means(one: One, head: str, field: str, value: object) -> None:
    """In any spelling; what a value looks like never changes what it is."""
    text = (
        f"---\n{head}\n"
        + ("" if head.startswith("title") else "title: A\n")
        + ("" if "published: 2026" in head else "date: 2026-11-20\n")
    )
    assert getattr(one("", raw=f"{text}---\nText.\n"), field) == value


@pytest.mark.parametrize(
    ("head", "field", "value"),
    [
        ("lastmod: 2026-11-21", "updated", "2026-11-21T00:00:00+01:00"),
        ("last_modified_at: 2026-11-21 10:00", "updated", "2026-11-21T10:00:00+01:00"),
        ("updatedDate: Nov 21 2026", "updated", "2026-11-21T00:00:00+01:00"),
        ("last_update: {date: 2026-11-21, author: x}", "updated", "2026-11-21T00:00:00+01:00"),
        ("expiryDate: 2026-12-01", "expires", "2026-12-01T00:00:00+01:00"),
        ("unpublish: 2026-12-01T10:00:00Z", "expires", "2026-12-01T10:00:00+00:00"),
        ("publishDate: 2026-12-24", "date", "2026-12-24T00:00:00+01:00"),
        ("pub_date: 2019-01-01\npub-date: 2019-01-02", "date", "2026-11-20T00:00:00+01:00"),
        ("publishDate: 2026-01-01", "date", "2026-11-20T00:00:00+01:00"),
    ],
)
def test_other_dates(one: One, head: str, field: str, value: str) -> None:
    """Changed, expired, and a publication later than the date."""
    assert getattr(one(head), field).isoformat() == value


@pytest.mark.parametrize(
    ("head", "line", "severity", "words"),
    [
        ("tags: {a: b}", 4, "warning", "tags is a mapping"),
        ("tags: [{a: b}]", 4, "warning", "no text"),
        ("lastmod: soon", 4, "warning", 'lastmod "soon"'),
        ("x: 1\nexpires: never", 5, "warning", 'expires "never"'),
        ("publishDate: soon", 4, "error", 'publishDate "soon"'),
        ("draft: maybe", 4, "warning", "neither true nor false"),
        ("permalink: 'javascript:alert(1)'", 4, "warning", "no web address"),
        ("title: [a]", 4, "warning", "title is a list"),
        ("date: {x: y}", 4, "error", "no single date"),
        ("x: 1\nextra: {lastmod: soon}", 5, "warning", "lastmod"),
        ("y: 1\nparams:\n  tags: {a: b}", 1, "warning", "tags is a mapping"),
    ],
)
def test_what_cannot_be_taken_is_told_with_its_line(one: One, head: str, line: int, severity: str, words: str) -> None:
    """The key at fault, the line it stands in, and what to write."""
    found = [p for p in one(head, url="https://example.org/{slug}/").problems if words in p.message]
    assert [(p.line, p.severity) for p in found] == [(line, severity)]


def test_a_post_without_a_title_takes_its_heading_and_loses_it(one: One) -> None:
    """Else its file's name, with a warning; a heading that repeats the title goes too."""
    found = one("", raw="---\ndate: 2026-11-20\n---\n\n# The *title* {#x}\n\nText.\n")
    assert (found.title, found.body, found.body_line) == ("The *title*", "Text.\n", 7)
    found = one("", raw="---\ndate: 2026-11-20\n---\nText.\n", name="posts/my_first-post.md")
    assert found.title == "My first post"
    assert any(p.severity == "warning" and "title" in p.message for p in found.problems)
    assert one("", raw="---\nx: y\n---\nText.\n", name="_posts/2026-11-20-my-first-post.md").title == "My First Post"
    assert one("", "# A\n\nText.\n").body == "Text.\n"
    assert one("", "Intro\n\n# A\n\nText.\n").body == "Intro\n\n# A\n\nText.\n"


def test_an_undated_post_among_dated_ones_is_an_error(one: One) -> None:
    """It was meant to be one: its author hears of it. A draft needs no date yet."""
    other = {"posts/b.md": "---\ntitle: B\ndate: 2026-11-20\n---\nx\n"}
    found = one("", raw="---\ntags: x\ntitle: A\n---\nText.\n", files=other)
    assert [(p.line, p.severity) for p in found.problems if "no date" in p.message] == [(3, "error")]
    assert not one("", raw="---\ntitle: A\ndraft: true\n---\nText.\n", files=other).broken


def test_days_come_from_folders_and_paths_where_there_is_no_date(one: One) -> None:
    """Only those of the calendar; an undated draft has no address that names a day."""
    assert one("", raw="---\ntitle: A\n---\nx\n", name="posts/2026/11/20/a.md").bare_day
    assert one("", raw="---\ntitle: A\ndraft: true\n---\nx\n", name="posts/2026/13/20/a.md").date is None
    assert one("", raw="---\ntitle: A\ndraft: true\nurl: /2026/13/20/a/\n---\nx\n").date is None
    found = one("", raw="---\ntitle: A\nurl: /2026/11/20/a/\n---\nx\n")
    assert (found.date and found.date.day, found.url) == (20, "https://example.org/2026/11/20/a/")
    found = one("", raw="---\ntitle: A\ndraft: true\n---\nx\n", url="https://example.org/{year}/{slug}/")
    assert found.url_guessed


@pytest.mark.parametrize("folder", ["_drafts", "drafts", "draft"])
def test_a_folder_of_drafts(one: One, folder: str) -> None:
    """Its name says so, below the source's root or as its root."""
    assert one("", name=f"posts/{folder}/a.md").draft
    assert one("", name=f"{folder}/a.md").draft


# ------------------------------------------------------------------------------------------------ links


@pytest.mark.parametrize(
    ("head", "options", "url"),
    [
        ("url: https://example.org/x/", {}, "https://example.org/x/"),
        ("url: /x/", {}, "https://example.org/x/"),
        ("url: //example.org/x/", {}, "https://example.org/x/"),
        ("permalink: x/index.html", {}, "https://example.org/x/"),
        ("permalink: /über uns/", {}, ""),
        ("permalink: /über/", {}, "https://example.org/%C3%BCber/"),
        ("url: https://example.org/x/", {"url": "https://example.org/{slug}/"}, "https://example.org/x/"),
        ("canonical: https://www.example.org/c/", {"url": "https://example.org/{slug}/"}, "https://www.example.org/c/"),
        ("canonical: /c/", {"url": "https://example.org/{slug}/"}, "https://example.org/c/"),
        ("canonical: https://example.net/c/", {"url": "https://example.org/{slug}/"}, "https://example.org/a/"),
        ("canonical: https://example.net/c/", {}, "https://example.net/c/"),
        ("canonical: https://example.net/c/\nsource: https://example.com/s", {}, "https://example.net/c/"),
        ("source: https://example.com/s", {}, "https://example.com/s"),
        ("source: https://example.com/s", {"url": "https://example.org/{slug}/"}, "https://example.org/a/"),
        ("slug: my-slug", {"url": "https://example.org/{year}/{month}/{day}/{slug}/"}, "https://example.org/2026/11/20/my-slug/"),
        ("slug: my-slug\ncategory: Deep Work", {"url": "/{category}/{name}/{i_month}"}, "https://example.org/deep-work/a/11"),
        ("slug: a b", {"url": "https://example.org/{slug}/"}, "https://example.org/a%20b/"),
        ("external_url: https://example.com/s", {}, "https://example.com/s"),
        ("permalink: '/{{ page.fileSlug }}/'", {"url": "https://example.org/{slug}/"}, "https://example.org/a/"),
    ],
)  # fmt: skip
def test_where_a_reader_finds_a_post(one: One, head: str, options: dict[str, str], url: str) -> None:
    """What the post asks for, then [sources] url, then a canonical address elsewhere, then its source."""
    found = one(head, **options)
    if url:
        assert (found.url, found.url_guessed) == (url, False)
    else:
        assert found.url_guessed


def test_the_sign_before_a_tag_is_none_of_it(one: One) -> None:
    """Obsidian's `#tag`; a sign within, or alone, stays."""
    assert one("tags: ['#a/b', 'C#', '#', c]").tags == ("a/b", "C#", "#", "c")


def test_jekyll_splits_at_blanks_and_keeps_a_category_whole(one: One) -> None:
    """Everyone else splits at commas."""
    found = one("tags: a b, c\ncategory: Deep Work\ncategories: x y", name="_posts/2026-11-20-a.md")
    assert (found.tags, found.categories) == (("a", "b", "c"), ("Deep Work", "x", "y"))


def test_what_stands_for_its_folder(one: One) -> None:
    """Next's page.mdx, Lektor's translations; a folder's date is the post's."""
    assert one("", name="app/blog/a-b/page.mdx", path="app/blog", files={"next.config.js": ""}).slug == "a-b"
    raw = "title: A\n---\npub_date: 2026-11-20\n---\nbody: Text\n"
    found = one("", raw=raw, name="content/blog/x/contents+de.lr", path="content/blog", dialect="lektor")
    assert (found.slug, found.lang) == ("x", "de")
    assert one("", raw="---\ntitle: A\n---\nx\n", name="posts/2026-11-20-topic/a.md").bare_day


def test_a_post_without_text_leads_where_it_points(one: One) -> None:
    """A link post: `external_url` and nothing else."""
    found = one("external_url: https://example.com/s", " \n", url="https://example.org/{slug}/")
    assert (found.url, found.body) == ("https://example.com/s", "")


def test_a_guessed_link_is_told(one: One) -> None:
    """Site and slug, for want of better; without a site's address there is none at all."""
    found = one("")
    assert (found.url, found.url_guessed) == ("https://example.org/a/", True)
    assert [p.severity for p in found.problems] == ["warning"]
    assert "[sources.blog]" in found.problems[0].message
    assert one("", site=Site()).url == ""


SITES: dict[str, tuple[dict[str, str], str, str, str | None]] = {
    "jekyll": (
        {"_config.yml": "title: x"},
        "_posts/2026-11-20-My_Post v1.0.md",
        "categories: Deep Notes",
        "/deep/notes/2026/11/20/My_Post-v1.0.html",
    ),
    "jekyll pretty": (
        {"_config.yml": "permalink: pretty\nbaseurl: /blog"},
        "_posts/2026-11-20-a.md",
        "",
        "/blog/2026/11/20/a/",
    ),
    "jekyll own": ({"_config.yml": "permalink: /:year/:i_month/:title"}, "_posts/2026-11-05-a.md", "", "/2026/11/a"),
    "jekyll asked": ({"_config.yml": "x: y"}, "_posts/2026-11-20-a.md", "permalink: /:year/:title/", "/2026/a/"),
    "jekyll folder": ({"_config.yml": "x: y"}, "news/_posts/2026-11-20-a.md", "", "/news/2026/11/20/a.html"),
    "hugo": ({"hugo.toml": ""}, "content/posts/My Post.md", "", "/posts/my-post/"),
    "hugo dated": ({"hugo.toml": ""}, "content/posts/2026-11-20-a.md", "", "/posts/2026-11-20-a/"),
    "hugo filename": (
        {"hugo.toml": "[frontmatter]\ndate = [':filename', ':default']"},
        "content/posts/2026-11-20-a.md",
        "",
        "/posts/a/",
    ),
    "hugo bundle": ({"hugo.toml": ""}, "content/posts/My-Post/index.md", "", "/posts/my-post/"),
    "hugo slug": ({"hugo.toml": ""}, "content/posts/a.md", "slug: other", "/posts/other/"),
    "hugo url": ({"hugo.toml": ""}, "content/posts/a.md", "url: /else/", "/else/"),
    "hugo permalinks": (
        {"hugo.yaml": "permalinks:\n  posts: /:year/:month/:slug/"},
        "content/posts/a.md",
        "",
        "/2026/11/a/",
    ),
    "hugo permalinks page": (
        {"hugo.yaml": "permalinks:\n  page:\n    posts: /:section/:title/"},
        "content/posts/a.md",
        "",
        "/posts/a/",
    ),
    "hugo split": (
        {"config/_default/hugo.toml": "", "config/_default/permalinks.toml": "posts = '/x/:slug/'"},
        "content/posts/a.md",
        "",
        "/x/a/",
    ),
    "hugo language": ({"hugo.toml": ""}, "content/de/posts/a.md", "", "/de/posts/a/"),
    "hugo home language": ({"hugo.toml": ""}, "content/en/posts/a.md", "", "/posts/a/"),
    "hugo suffix": ({"hugo.toml": ""}, "content/posts/a.de.md", "", "/de/posts/a/"),
    "hugo base": ({"hugo.toml": "baseURL = 'https://example.org/sub/'"}, "content/posts/a.md", "", "/sub/posts/a/"),
    "zola": ({"config.toml": "base_url = 'x'"}, "content/blog/2026-11-20-Rust 1.0.md", "", "/blog/rust-1-0/"),
    "zola path": ({"config.toml": "base_url = 'x'"}, "content/blog/a.md", "path: 2026/11/20/x", "/2026/11/20/x/"),
    "eleventy": ({".eleventy.js": ""}, "src/blog/2026-11-20-a.md", "", "/blog/2026-11-20-a/"),
    "astro": ({"astro.config.mjs": ""}, "src/content/blog/My Post v1.0.md", "", "/blog/my-post-v10/"),
    "next": ({"next.config.js": ""}, "content/posts/a.mdx", "", "/posts/a"),
    "hexo": (
        {"_config.yml": "new_post_name: ':year-:month-:day-:title.md'\npermalink: ':year/:title/'"},
        "source/_posts/2026-11-20-a.md",
        "",
        "/2026/a/",
    ),
    "hexo default": (
        {"_config.yml": "new_post_name: ':title.md'"},
        "source/_posts/2026-11-20-a.md",
        "",
        "/2026/11/20/2026-11-20-a/",
    ),
    "docusaurus": ({"docusaurus.config.js": ""}, "blog/2026-11-20-a.md", "", "/blog/2026/11/20/a"),
    "docusaurus folder": ({"docusaurus.config.ts": ""}, "blog/2026/11/20/a.md", "", "/blog/2026/11/20/a"),
    "docusaurus slug": (
        {"docusaurus.config.js": "baseUrl: '/docs/'"},
        "blog/2026-11-20-a.md",
        "slug: my-a",
        "/docs/blog/my-a",
    ),
    "docusaurus rooted slug": ({"docusaurus.config.js": ""}, "blog/2026-11-20-a.md", "slug: /my/a", "/blog/my/a"),
    "docusaurus route": (
        {"docusaurus.config.js": "blog: { path: 'blog', routeBasePath: 'news' }"},
        "blog/2026-11-20-a.md",
        "slug: x",
        "/news/x",
    ),
    "docusaurus root": (
        {"docusaurus.config.js": "blog: { routeBasePath: '/' }"},
        "blog/2026-11-20-a.md",
        "slug: x",
        "/x",
    ),
    "material": (
        {"mkdocs.yml": "plugins:\n  - blog\nx: !!python/name:y.z"},
        "docs/blog/posts/a.md",
        "",
        "/blog/2026/11/20/a/",
    ),
    "material file": (
        {
            "mkdocs.yml": "plugins:\n  - blog:\n      blog_dir: news\n      post_url_format: '{date}/{file}'\n"
            "      post_url_date_format: yyyy/MM"
        },
        "docs/news/posts/x-y.md",
        "",
        "/news/2026/11/x-y/",
    ),
    "lektor": ({"x.lektorproject": ""}, "content/blog/my-post/contents.lr", "", "/blog/my-post/"),
    "pelican": ({"pelicanconf.py": "import os\nX = os.environ"}, "content/x.md", "", "/a.html"),
    "pelican own": (
        {"pelicanconf.py": "ARTICLE_URL = 'b/{date:%Y}/{date:%b}/{slug}/'\nSLUGIFY_SOURCE = 'basename'"},
        "content/x.md",
        "",
        "/b/2026/Nov/x/",
    ),
    "pelican unknown": ({"pelicanconf.py": "ARTICLE_URL = '{date:%U}/{slug}/'"}, "content/x.md", "", None),
    "pelican dates": (
        {"pelicanconf.py": "ARTICLE_URL = 'b/{date:%Y}/{date:%m}/{slug}/'\nSLUGIFY_SOURCE = 'basename'"},
        "content/x.md",
        "",
        "/b/2026/11/x/",
    ),
    "nikola": ({"conf.py": "BLOG_TITLE = 'x'"}, "posts/My post.md", "", "/posts/my-post/"),
    "nikola plain": ({"conf.py": "BLOG_TITLE = 'x'\nPRETTY_URLS = False"}, "posts/a.md", "", "/posts/a.html"),
}


@pytest.mark.parametrize("name", SITES)
def test_a_dialects_rule_gives_the_address(one: One, name: str) -> None:
    """With the site's own configuration where it says something; nothing of it is run."""
    files, path, head, url = SITES[name]
    raw = f"title: A\n---\npub_date: 2026-11-20\n---\nbody: Text\n{head}" if path.endswith(".lr") else ""
    top = path.rpartition("/")[0].partition("/2026")[0]
    top = top.rpartition("/")[0] if path.endswith(("index.md", "contents.lr")) else top
    top = path.partition("/")[0] if name == "jekyll folder" else top
    found = one(head, name=path, path=top, files=files, raw=raw, site=Site(url="https://example.org", language="en"))
    if url is None:
        assert found.url_guessed or found.url == "https://example.org/a/"
    else:
        assert found.url == f"https://example.org{url}"
        assert not found.url_guessed


def test_a_site_with_a_path_of_its_own_keeps_it(one: One) -> None:
    """[site] url = …/sub is below everything, and its generator's base is not added again."""
    found = one("", name="content/posts/a.md", path="content/posts", files={"hugo.toml": "baseURL = 'https://example.org/sub/'"},
                site=Site(url="https://example.org/sub"))  # fmt: skip
    assert found.url == "https://example.org/sub/posts/a/"


def test_categories_of_jekyll_come_from_folders_too(one: One) -> None:
    """The folders above _posts, where the site's root is known."""
    found = one("category: Two words", name="news/_posts/2026-11-20-a.md", files={"_config.yml": "x: y"})
    assert found.categories == ("news", "Two words")


def test_a_site_whose_posts_lie_elsewhere_has_addresses_all_the_same(one: One) -> None:
    """`collections_dir` and `contentDir` may name a place that these posts are not in."""
    files = {"_config.yml": "collections_dir: other"}
    assert one("", name="_posts/2026-11-20-a.md", files=files).url == "https://example.org/2026/11/20/a.html"


def test_the_folder_is_the_category_of_pelican(one: One) -> None:
    """Where the post names none."""
    files = {"pelicanconf.py": ""}
    assert one("", name="content/news/a.md", files=files).categories == ("news",)
    assert one("category: x", name="content/news/a.md", files=files).categories == ("x",)
    assert one("", name="content/a.md", files=files).categories == ("misc",)
    assert one("", name="content/a.md", files={"pelicanconf.py": "DEFAULT_CATEGORY = ''"}).categories == ()


def test_authors_are_looked_up(one: One) -> None:
    """Docusaurus and Material keep people in a file; who is not in it stands as written."""
    people = "ann:\n  name: Ann Example\n  url: x\nodd: text\n"
    found = one("authors: [ann, bob]", name="blog/2026-11-20-a.md", files={"blog/authors.yml": people})
    assert (found.author, found.dialect) == ("Ann Example, bob", "docusaurus")
    found = one("authors: [ann]", name="docs/blog/posts/a.md", path="docs/blog/posts",
                files={"docs/blog/.authors.yml": "authors:\n  ann:\n    name: Ann B.\n"})  # fmt: skip
    assert (found.author, found.dialect) == ("Ann B.", "mkdocs-material")


META = ".. title: Two\n.. date: 2026-11-20 10:00 UTC\n.. tags: x, y"


def test_nikola_keeps_metadata_in_a_second_file(one: One) -> None:
    """NAME.meta says all; the text is all text."""
    found = one(
        "",
        name="posts/a.md",
        raw="Text.\n\nMore\n",
        files={"posts/a.meta": ".. title: Two\n.. date: 2026-11-20 10:00 UTC\n.. tags: x, y"},
    )
    assert (found.dialect, found.title, found.tags, found.body) == ("nikola", "Two", ("x", "y"), "Text.\n\nMore\n")
    assert found.date is not None
    assert found.date.isoformat() == "2026-11-20T10:00:00+00:00"


def test_restructured_text_is_taken_with_a_warning(one: One) -> None:
    """Its metadata are good; its text is no Markdown."""
    found = one(
        "", name="content/a.rst", raw="Aa\n==\n\n:date: 2026-11-20\n\nText `x`_\n", files={"pelicanconf.py": ""}
    )
    assert (found.title, found.broken) == ("Aa", False)
    assert any("reStructuredText" in p.message for p in found.problems)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(raw=st.binary(max_size=120), front=st.booleans())
def test_any_bytes_are_a_post_or_none(tmp_path: Path, raw: bytes, front: bool) -> None:
    """Nothing that a file may hold raises; what comes can be printed and has an id."""
    (tmp_path / "p").mkdir(exist_ok=True)
    (tmp_path / "p" / "2026-11-20-a.md").write_bytes(
        (b"---\n" if front else b"") + raw + (b"\n---\n" if front else b"")
    )
    source = markdown.open(markdown.Options(path="p"), name="b", project=tmp_path, site=Site(url="https://example.org"))
    for post in source.posts(Query()):
        assert post.id
        assert post.title
        repr(post).encode("utf-8")
        assert all(p.message and p.severity in {"error", "warning"} for p in post.problems)
