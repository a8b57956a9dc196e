"""Addresses as the generators themselves make them: each line was built by the generator named, and its answer kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.model import Post, Query
from digest.posts import permalinks, slugs
from digest.posts.sources import markdown
from digest.settings import Site

BASE = "https://example.org/sub"


def lay(top: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(content, encoding="utf-8")


def posts(top: Path, path: str, url: str = BASE, zone: str = "UTC", template: str = "") -> dict[str, Post]:
    source = markdown.open(markdown.Options(path=path, url=template), name="blog", project=top,
                           site=Site(url=url, timezone=zone))  # fmt: skip
    return {p.path.removeprefix(path + "/"): p for p in source.posts(Query())}


def head(**values: str) -> str:
    lines = {"title": "A", "date": "2026-11-17", **values}
    return "---\n" + "".join(f"{key}: {value}\n" for key, value in lines.items()) + "---\nText.\n"


# ------------------------------------------------------------------------------------------------ Hugo

HUGO = """
baseURL = "https://example.org/sub/"
timeZone = "America/Santiago"
[permalinks.page]
posts = "/:year/:month/:slug/"
blog = "/b/:year/:yearday/:contentbasename"
news = "/:sections/:day-:month-:year/:title/"
days = "/:monthname/:weekdayname/:weekday/:slugorcontentbasename/x.html"
"""


@pytest.mark.parametrize(
    ("path", "values", "address"),
    [
        ("posts/x.md", {"title": '"Toml local: date"'}, "/2026/11/toml-local-date/"),
        ("posts/x.md", {"slug": "My Own Slug"}, "/2026/11/my-own-slug/"),
        ("posts/x.md", {"slug": "x"}, "/2026/11/x/"),
        ("posts/deep/er/index.md", {"title": "Deep bundle"}, "/2026/11/deep-bundle/"),
        ("posts/x.md", {"url": "/custom/place"}, "/custom/place/"),
        ("posts/x.md", {"url": "/old/thing.html"}, "/old/thing.html"),
        ("posts/x.md", {"url": "/t/:year/:slug/", "title": "Url tokens"}, "/t/2026/url-tokens/"),
        ("blog/Name-X.md", {"slug": "other", "date": "2026-02-07"}, "/b/2026/38/name-x/"),
        ("news/item.md", {"title": '"Ein Büro & Straße: C++!"', "date": "2026-02-07"},
         "/news/07-02-2026/ein-b%C3%BCro-stra%C3%9Fe-c/"),
        ("news/world/item.md", {"title": "B"}, "/news/17-11-2026/b/"),
        ("news/old/item.md", {"title": "B"}, "/news/old/17-11-2026/b/"),
        ("days/x.md", {"date": "2026-02-08"}, "/february/sunday/0/x/x.html"),
        ("days/x.md", {"date": "2026-02-07", "slug": "Y z"}, "/february/saturday/6/y-z/x.html"),
        ("posts/x.md", {"date": "2026-11-30T23:30:00-08:00", "slug": "q"}, "/2026/11/q/"),
        ("docs/Sub/Page_Two.md", {}, "/docs/sub/page_two/"),
        ("docs/sub/leaf/index.md", {}, "/docs/sub/leaf/"),
    ],
)  # fmt: skip
def test_hugo(tmp_path: Path, path: str, values: dict[str, str], address: str) -> None:
    """`:slug` is the slug, else the title; a folder is a section where it has a page of its own, or is the first."""
    lay(
        tmp_path,
        {"hugo.toml": HUGO, f"content/{path}": head(**values), "content/news/old/_index.md": "---\ntitle: O\n---\n"},
    )
    assert posts(tmp_path, "content")[path].url == f"{BASE}{address}"


@pytest.mark.parametrize(
    ("text", "file", "words"),
    [
        ("C++ and C# rock!", "c++-and-c#-rock", "c-and-c#-rock"),
        ("testing & more", "testing--more", "testing-more"),
        ("foo.bar v1.2.3", "foo.bar-v1.2.3", "foo.bar-v1.2.3"),
        ("a_b - c -- d", "a_b---c----d", "a_b-c--d"),
        ("Crème brûlée @home ~ 50%", "crème-brûlée-@home-~-50", "crème-brûlée-@home-~-50"),
        ("日本語 タイトル", "日本語-タイトル", "日本語-タイトル"),
        ("हिन्दी शब्द", "हिन्दी-शब्द", "हिन्दी-शब्द"),
        ('"quoted" (paren) [br] {x}', "quoted-paren-br-x", "quoted-paren-br-x"),
        (" lead  double", "-lead--double", "lead-double"),
        ("Emoji 🎉 party", "emoji--party", "emoji-party"),
        ("Don’t — em, dash", "dont--em-dash", "dont-em-dash"),
    ],
)
def test_a_name_and_a_title_are_not_made_alike(text: str, file: str, words: str) -> None:
    """Hugo keeps each blank of a file's name; of a title or a slug it makes words."""
    assert (slugs.made("hugo", text), slugs.made("hugo-words", text)) == (file, words)
    assert slugs.made("hugo-title", "A/B") == "a-b"
    assert slugs.made("hugo-words", "A/B") == "a/b"


# ------------------------------------------------------------------------------------------------ Jekyll

JEKYLL = "baseurl: /sub\ntimezone: Australia/Lord_Howe\npermalink: "


@pytest.mark.parametrize(
    ("style", "address"),
    [
        ("date", "/cat/dog/2026/11/19/My-Post_v1.0.html"),
        ("pretty", "/cat/dog/2026/11/19/My-Post_v1.0/"),
        ("ordinal", "/cat/dog/2026/323/My-Post_v1.0.html"),
        ("weekdate", "/cat/dog/2026/W47/Thu/My-Post_v1.0.html"),
        ("none", "/cat/dog/My-Post_v1.0.html"),
        ("/a/:short_year/:y_day/:title:output_ext", "/a/26/323/My-Post_v1.0.html"),
        ("/blog/:year/:i_month/:i_day/:slug", "/blog/2026/11/19/my-post-v1-0"),
        ("/:collection/:name/", "/posts/2026-11-16-my-post-v1-0/"),
        ("/:slugified_categories/:title/", "/cat/dog/My-Post_v1.0/"),
        ("/:long_month-:short_month/:title/", "/November-Nov/My-Post_v1.0/"),
        ("/:year/:unheard_of/:title/", ""),
    ],
)
def test_jekyll(tmp_path: Path, style: str, address: str) -> None:
    """Every word of a permalink; the day is that of the site's zone, whatever offset the post was written with."""
    post = head(date="2026-11-18 23:00:00 -0800", categories="Cat Dog")
    lay(tmp_path, {"_config.yml": JEKYLL + f'"{style}"', "_posts/2026-11-16-My Post_v1.0.md": post})
    found = posts(tmp_path, "_posts")["2026-11-16-My Post_v1.0.md"]
    assert found.url_guessed == (not address)
    assert not address or found.url == BASE + address


def test_a_permalink_without_its_categories_is_no_other_host(tmp_path: Path) -> None:
    """`/:categories/…` of a post that has none begins with two slashes, and `//2026/…` would be a host."""
    lay(tmp_path, {"_config.yml": "x: y", "_posts/2026-11-16-a.md": head(permalink="/:categories/:year/:title/")})
    assert posts(tmp_path, "_posts")["2026-11-16-a.md"].url == f"{BASE}/2026/a/"


def test_a_slug_is_made_smooth_where_its_generator_does_so(tmp_path: Path) -> None:
    """Jekyll keeps case and underscore, and has no blanks."""
    lay(tmp_path, {"_config.yml": "x: y", "_posts/2026-11-16-a.md": head(slug="Own Slug_x")})
    found = posts(tmp_path, "_posts")["2026-11-16-a.md"]
    assert (found.slug, found.url) == ("Own-Slug_x", f"{BASE}/2026/11/17/Own-Slug_x.html")


def test_a_day_that_no_calendar_knows_is_not_passed_over(tmp_path: Path) -> None:
    """Jekyll publishes `2026-11-31-a.md` where its metadata name a day; without one we tell what is missing."""
    undated = "---\ntitle: B\n---\nx\n"
    lay(tmp_path, {"_config.yml": "x: y", "_posts/2026-11-31-a.md": head(), "_posts/2026-11-31-b.md": undated,
                   "_posts/notes.md": head()})  # fmt: skip
    found = posts(tmp_path, "_posts")
    assert sorted(found) == ["2026-11-31-a.md", "2026-11-31-b.md"]
    assert not found["2026-11-31-a.md"].problems or found["2026-11-31-a.md"].url_guessed
    assert "has no date" in found["2026-11-31-b.md"].problems[0].message


def test_the_folder_that_a_site_is_kept_in_is_no_category(tmp_path: Path) -> None:
    """`source: source`, as Octopress has it."""
    lay(tmp_path, {"_config.yml": "source: source", "source/_posts/2026-11-16-a.md": head(),
                   "source/news/_posts/2026-11-16-b.md": head()})  # fmt: skip
    found = posts(tmp_path, "source")
    assert found["_posts/2026-11-16-a.md"].categories == ()
    assert found["news/_posts/2026-11-16-b.md"].categories == ("news",)


# ------------------------------------------------------------------------------------------------ Hexo

HEXO = "root: /sub/\ntimezone: Africa/Casablanca\nnew_post_name: ':year-:month-:day-:title.md'\npermalink: '{}'"


@pytest.mark.parametrize(
    ("permalink", "name", "values", "address"),
    [
        (":year/:month/:day/:title/", "2026-11-17-In-Name.md", {}, "/2026/11/17/In-Name/"),
        (":year/:month/:day/:title/", "With Spaces ä.md", {}, "/2026/11/17/With-Spaces-a/"),
        (":year/:month/:day/:title/", "sub/Deep.md", {}, "/2026/11/17/sub-Deep/"),
        (":year/:month/:day/:title/", "x.md", {"slug": "own-slug"}, "/2026/11/17/x/"),
        (":year/:month/:day/:title/", "x.md", {"date": "2026-11-17T23:30:00-08:00"}, "/2026/11/18/x/"),
        (":year/:month/:day/:title/", "x.md", {"permalink": "fixed/place.html"}, "/fixed/place.html"),
        (":category/:name/", "x.md", {}, "/uncategorized/x/"),
        (":category/:name/", "sub/Deep.md", {}, "/uncategorized/sub-Deep/"),
        (":category/:name/", "x.md", {"categories": "[[X, Y], [X, Z]]"}, "/X/Z/x/"),
        (":category/:name/", "x.md", {"categories": "[A b, B]"}, "/A-b/B/x/"),
        (":post_title/:i_day/", "x.md", {"title": "Spaces Ö"}, "/spaces-o/17/"),
    ],
)
def test_hexo(tmp_path: Path, permalink: str, name: str, values: dict[str, str], address: str) -> None:
    """A slug in the metadata says nothing; categories are a path; names that the pattern does not know lose signs."""
    lay(tmp_path, {"_config.yml": HEXO.format(permalink), f"source/_posts/{name}": head(**values)})
    assert posts(tmp_path, "source")[f"_posts/{name}"].url == f"{BASE}{address}"


def test_hexo_keeps_a_name_that_its_pattern_knows(tmp_path: Path) -> None:
    """`new_post_name: :title.md` is met by any path."""
    lay(tmp_path, {"_config.yml": "new_post_name: ':title.md'", "source/_posts/sub/Deep One.md": head()})
    assert posts(tmp_path, "source")["_posts/sub/Deep One.md"].url == f"{BASE}/2026/11/17/sub/Deep%20One/"


# ------------------------------------------------------------------------------------------------ Eleventy and others


@pytest.mark.parametrize(
    ("permalink", "pattern"),
    [
        ("/own/{{ title | slug }}/index.html", "/own/{title_slug}/"),
        ("/own/{{ title | slugify }}/", "/own/{title_slug}/"),
        ("blog/{{page.fileSlug}}/", "/blog/{name}/"),
        ("{{ page.filePathStem }}.html", "/{place_stem}.html"),
        ("/{{ slug }}/", "/{slug}/"),
        ("/{{ title }}/", ""),
        ("/{{ date | year }}/{{ title | slug }}/", ""),
        ("/{% if x %}a{% endif %}/", ""),
    ],
)
def test_a_permalink_that_names_a_slug_is_understood_and_a_program_is_not_run(permalink: str, pattern: str) -> None:
    """Eleventy's templates: what only the site can make is no address."""
    assert permalinks.template(permalink) == pattern


def test_an_address_that_only_the_site_can_make_is_guessed_and_told(tmp_path: Path) -> None:
    """Not taken for the rule's; with [sources] url that counts."""
    lay(tmp_path, {".eleventy.js": "", "src/blog/a.md": head(permalink='"/{{ date | year }}/"')})
    found = posts(tmp_path, "src")["blog/a.md"]
    assert (found.url, found.url_guessed) == (f"{BASE}/blog/a/", True)
    assert "permalink is a program" in found.problems[0].message
    assert not posts(tmp_path, "src", template="/x/{slug}/")["blog/a.md"].url_guessed


@pytest.mark.parametrize(
    ("files", "name", "address"),
    [
        ({"_quarto.yml": "website:\n  site-url: https://example.org/sub"}, "posts/2026-a/index.qmd", "/posts/2026-a/"),
        ({"_quarto.yml": "project: x"}, "posts/a.qmd", "/posts/a.html"),
        ({"docs/.vitepress/config.ts": "base: '/sub/'"}, "docs/posts/a.md", "/posts/a.html"),
        ({"docs/.vitepress/config.ts": "cleanUrls: true"}, "docs/posts/a.md", "/posts/a"),
        ({".vitepress/config.ts": "srcDir: './src'"}, "src/posts/a.md", "/posts/a.html"),
        ({"hugo.toml": ""}, "content/post/a/index.Rmd", "/post/a/"),
        ({"pelicanconf.py": ""}, "content/a.md", "/a.html"),
    ],
)  # fmt: skip
def test_other_generators(tmp_path: Path, files: dict[str, str], name: str, address: str) -> None:
    """A page that stands for its folder has the folder's address."""
    lay(tmp_path, {**files, name: head()})
    top, _, rest = name.partition("/")
    assert posts(tmp_path, top)[rest].url == f"{BASE}{address}"


def test_another_language_of_pelican_has_an_address_of_its_own(tmp_path: Path) -> None:
    """`Lang: de` where the site's is English."""
    lay(tmp_path, {"pelicanconf.py": "", "content/a.md": head(lang="de"), "content/b.md": head(lang="en", title="B")})
    found = posts(tmp_path, "content")
    assert (found["a.md"].url, found["b.md"].url) == (f"{BASE}/a-de.html", f"{BASE}/b.html")
    lay(tmp_path, {"pelicanconf.py": "ARTICLE_URL = 'p/{slug}/'\nARTICLE_LANG_URL = '{lang}/{slug}/'"})
    found = posts(tmp_path, "content")
    assert (found["a.md"].url, found["b.md"].url) == (f"{BASE}/de/a/", f"{BASE}/p/b/")


def test_what_was_made_of_a_text_with_programs_is_its_post(tmp_path: Path) -> None:
    """R Markdown beside the page that it was knitted into is one post, not two."""
    names = ("a/index.Rmd", "a/index.md", "b.Rmarkdown", "b.markdown", "c.Rmd")
    lay(tmp_path, {"hugo.toml": "", **{f"content/{name}": head() for name in names}})
    assert sorted(posts(tmp_path, "content")) == ["a/index.md", "b.markdown", "c.Rmd"]


def test_an_ending_before_the_ending_is_no_part_of_a_name(tmp_path: Path) -> None:
    """Middleman's `name.html.markdown`."""
    lay(tmp_path, {"source/2026-11-17-a-b.html.markdown": head()})
    assert posts(tmp_path, "source")["2026-11-17-a-b.html.markdown"].slug == "a-b"
