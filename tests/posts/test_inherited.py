"""What a post has from its site: Jekyll's defaults, the data of Eleventy's folders, Hugo's cascade, a site's author."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.model import Post, Query
from digest.posts.script import data, exported, literal
from digest.posts.sources import markdown
from digest.settings import Site

HEAD = "---\ntitle: A\ndate: 2026-11-17\n---\nText.\n"


def posts(top: Path, path: str, files: dict[str, str]) -> dict[str, Post]:
    for name, content in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(content, encoding="utf-8")
    source = markdown.open(markdown.Options(path=path), name="blog", project=top, site=Site(url="https://example.org"))
    return {p.path.removeprefix(path + "/"): p for p in source.posts(Query())}


DEFAULTS = """
defaults:
  - scope: {path: "_posts/news", type: posts}
    values: {author: Desk, published: false}
  - scope: {path: "", type: posts}
    values: {author: Everyone, image: /all.png, permalink: "/n/:title/"}
  - scope: {path: "", type: pages}
    values: {author: Nobody}
  - scope: {path: ""}
    values: {author: Less, tags: [given]}
  - scope: {path: "_posts/20*"}
    values: {lang: de}
  - scope: broken
  - only text
"""


def test_the_narrowest_default_of_jekyll_counts_and_what_a_post_says_before_all(tmp_path: Path) -> None:
    """By path, then by type; those of pages are none of a post's."""
    said = HEAD.replace("title: A", "title: A\nauthor: Me\ntags: own")
    files = {"2026-11-17-a.md": HEAD, "2026-11-17-b.md": said, "news/2026-11-17-c.md": HEAD}
    found = posts(tmp_path, "_posts", {"_config.yml": DEFAULTS, **{f"_posts/{n}": text for n, text in files.items()}})
    a, b, c = (found[name] for name in ("2026-11-17-a.md", "2026-11-17-b.md", "news/2026-11-17-c.md"))
    assert (a.author, a.tags, a.lang, a.draft) == ("Everyone", ("given",), "de", False)
    assert a.url == "https://example.org/n/a/"
    assert a.image is not None
    assert (b.author, b.tags) == ("Me", ("own",))
    assert (c.author, c.draft) == ("Desk", True)


def test_defaults_are_counted_from_the_folder_of_the_collections(tmp_path: Path) -> None:
    """And from the site's own."""
    config = 'collections_dir: stuff\ndefaults:\n  - {scope: {path: "_posts"}, values: {author: Short}}'
    found = posts(tmp_path, "stuff/_posts", {"_config.yml": config, "stuff/_posts/2026-11-17-a.md": HEAD})
    assert found["2026-11-17-a.md"].author == "Short"
    found = posts(tmp_path, "stuff/_posts", {"_config.yml": config.replace("_posts", "stuff/_posts")})
    assert found["2026-11-17-a.md"].author == "Short"


def test_eleventys_folders_hand_down_and_their_tags_add_up(tmp_path: Path) -> None:
    """JSON, and JavaScript that is a plain object; the post's own file comes last, the post before all."""
    files = {
        "eleventy.config.js": "",
        "src/src.json": '{"tags": "all", "author": "Top"}',
        "src/blog/blog.json": '{"tags": ["posts"], "permalink": "/b/{{ page.fileSlug }}/"}',
        "src/blog/blog.11tydata.js": "export default { author: 'Folder', layout: `x.njk` };",
        "src/blog/a.11tydata.json": '{"author": "File", "draft": true, "tags": ["file"]}',
        "src/blog/a.md": HEAD.replace("title: A", "title: A\ntags: one, two"),
        "src/blog/b.md": HEAD,
        "src/c.md": HEAD.replace("title: A", "title: A\nauthor: Own\ntags: [x]"),
    }
    found = posts(tmp_path, "src", files)
    a, b, c = found["blog/a.md"], found["blog/b.md"], found["c.md"]
    assert (a.author, a.draft, a.tags) == ("File", True, ("all", "posts", "file", "one", "two"))
    assert (b.author, b.draft, b.tags) == ("Folder", False, ("all", "posts"))
    assert (b.url, b.url_guessed) == ("https://example.org/b/b/", False)
    assert (c.author, c.tags) == ("Own", ("all", "x"))


def test_a_data_file_that_is_a_program_or_broken_gives_nothing(tmp_path: Path) -> None:
    """Nothing is run, nothing stops."""
    files = {
        "eleventy.config.js": "",
        "src/blog/blog.json": "{",
        "src/blog/blog.11tydata.js": "module.exports = { author: (() => { throw 1 })() };",
        "src/blog/b.11tydata.js": "module.exports = function () { return {author: 'x'}; };",
        "src/blog/b.md": HEAD,
    }
    assert posts(tmp_path, "src", files)["blog/b.md"].author == ""


def test_hugos_sections_hand_down_their_cascade(tmp_path: Path) -> None:
    """To all below, the nearer before the farther; a cascade that is bound to some pages is left alone."""
    files = {
        "hugo.toml": "",
        "content/posts/_index.md": "---\ncascade:\n  author: Section\n  draft: true\n---\n",
        "content/posts/in/_index.md": "+++\n[[cascade]]\ndraft = false\n[[cascade]]\nauthor = 'No'\n"
        "[cascade.target]\npath = '/x'\n+++\n",
        "content/posts/a.md": HEAD,
        "content/posts/in/b.md": HEAD,
        "content/c.md": HEAD,
    }
    found = posts(tmp_path, "content", files)
    assert [(p.author, p.draft) for p in (found["posts/a.md"], found["posts/in/b.md"], found["c.md"])] == [
        ("Section", True),
        ("Section", False),
        ("", False),
    ]


@pytest.mark.parametrize(
    ("files", "name", "author"),
    [
        ({"pelicanconf.py": "AUTHOR = 'Ann Example'"}, "content/a.md", "Ann Example"),
        ({"pelicanconf.py": "AUTHOR = None"}, "content/a.md", ""),
        ({"conf.py": "BLOG_TITLE = 'x'\nBLOG_AUTHOR = 'Bea Example'"}, "posts/a.md", "Bea Example"),
        ({"_config.yml": "author: Theme"}, "_posts/2026-11-17-a.md", ""),
    ],
)
def test_the_author_of_a_site_is_that_of_its_posts(
    tmp_path: Path, files: dict[str, str], name: str, author: str
) -> None:
    """Where the generator says so, and not the theme."""
    top, _, rest = name.partition("/")
    assert posts(tmp_path, top, {**files, name: HEAD})[rest].author == author


@pytest.mark.parametrize(
    ("given", "said", "field", "value"),
    [
        ("author: Site", "authors: [Ann]", "author", "Ann"),
        ("excerpt: Site", "description: Own", "excerpt", "Own"),
        ("excerpt: Site", "", "excerpt", "Site"),
    ],
)
def test_what_a_post_says_under_another_key_counts_before_all(
    tmp_path: Path, given: str, said: str, field: str, value: str
) -> None:
    """`authors` is no other thing than `author`, nor is a description than an excerpt."""
    config = f"defaults:\n  - scope: {{path: ''}}\n    values: {{{given}}}\n"
    text = HEAD.replace("title: A", f"title: A\n{said}")
    found = posts(tmp_path, "_posts", {"_config.yml": config, "_posts/2026-11-17-a.md": text})["2026-11-17-a.md"]
    assert getattr(found, field) == value


def test_authors_between_semicolons_are_several(tmp_path: Path) -> None:
    """Pelican's way to have commas in names."""
    text = "Title: A\nDate: 2026-11-17\nAuthors: Ann Example; Example, Bea\n\nText\n"
    assert posts(tmp_path, "content", {"pelicanconf.py": "AUTHOR = 'x'", "content/a.md": text})["a.md"].author == (
        "Ann Example, Example, Bea"
    )


# ------------------------------------------------------------------------------------------------ JavaScript, not run

META = """
import Image from '../x.js'
// a note
export const meta = {
  title: 'It\\'s {here}: "now"', // said
  date: new Date("2026-11-17"),
  tags: ["a", `b`,],
  author: { name: 'Ann' },
  n: 1, /* two */
  draft: false,
};

Text with `export const meta = {}`.
"""


def test_mdx_may_export_its_metadata(tmp_path: Path) -> None:
    """The object is read and the prose begins behind it; the code in the prose stays."""
    found = posts(tmp_path, "posts", {"posts/a.mdx": META})["a.mdx"]
    assert (found.title, found.tags, found.author, found.draft) == ('It\'s {here}: "now"', ("a", "b"), "Ann", False)
    assert found.date is not None
    assert found.date.day == 17
    assert found.body == "Text with `export const meta = {}`.\n"
    assert found.body_line == 13


@pytest.mark.parametrize(
    "text",
    [
        "Text\n\nexport const meta = { title: 'x' }\n",
        "export const meta = makeMeta({ title: 'x' })\n",
        "export const meta = { title: `${x}` }\n",
        "export const meta = { title: 'x'\n",
        "export const other = { title: 'x' }\n",
        "export const meta = { title: x => { return 1 } }\n",
    ],
)
def test_what_is_no_plain_object_above_the_prose_is_no_metadata(text: str) -> None:
    """A program, an object that is never closed, one in the text."""
    assert exported(text) is None


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("module.exports = { a: 1, 'b-c': [true, \"x\"] }", {"a": "1", "b-c": ["true", "x"]}),
        ("export default {\n  a: 'l\\u00e4\\n',\n}", {"a": "lä\n"}),
        ("const x = 1;", {}),
        ("module.exports = { a: [1, }", {}),
    ],
)
def test_the_object_of_a_data_file_is_read(text: str, values: dict[str, object]) -> None:
    """Texts, numbers, truths and lists; keys with and without quotes."""
    assert data(text) == values


def test_a_literal_says_where_it_ends_and_how_its_lines_run() -> None:
    """Lines are those of the file, whatever notes stand between."""
    text = "x {\n  // note\n  a: 'b',\n  c: 'd' } rest"
    read = literal(text, 2, 1)
    assert read is not None
    assert text[read[1] :] == " rest"
    assert [key.line for key in read[0] if hasattr(key, "line")] == [3, 4]


@pytest.mark.parametrize(
    ("raw", "title", "line"),
    [
        ('---json\n{"title": "J", "date": "2026-11-17"}\n---\nText\n', "J", 4),
        ("---toml\ntitle = 'T'\ndate = 2026-11-17\n---\nText\n", "T", 5),
        ("--- yaml\ntitle: Y\ndate: 2026-11-17\n---\nText\n", "Y", 5),
        ("---js\n{\n  title: 'S', date: '2026-11-17',\n}\n---\n\nText\n", "S", 7),
    ],
)
def test_a_fence_may_name_its_language(tmp_path: Path, raw: str, title: str, line: int) -> None:
    """As the generators of the JavaScript world read it."""
    found = posts(tmp_path, "posts", {"posts/a.md": raw})["a.md"]
    assert (found.title, found.body, found.body_line) == (title, "Text\n", line)
    assert found.date is not None


@pytest.mark.parametrize(
    ("raw", "line", "words"),
    [
        ("---js\nmodule.exports = 1\n---\nText\n", 1, "programs are not run"),
        ("---js\n{ title: f(x => {}) }\n---\nText\n", 1, "programs are not run"),
        ("---toml\ntitle = 'T'\ndate = \n---\nText\n", 3, "TOML is broken"),
        ("---yaml\ntitle: A: b\n---\nText\n", 2, "put the value in quotes"),
    ],
)
def test_a_named_fence_that_cannot_be_read_is_told(tmp_path: Path, raw: str, line: int, words: str) -> None:
    """With its line; and the text behind it is the text."""
    found = posts(tmp_path, "posts", {"posts/a.md": raw})["a.md"]
    assert (found.problems[0].line, found.body) == (line, "Text\n")
    assert words in found.problems[0].message


def test_a_named_fence_that_is_never_closed_is_text(tmp_path: Path) -> None:
    """Nothing in it can be told from the prose."""
    found = posts(tmp_path, "posts", {"posts/2026-11-17-a.md": "---json\n{}\n\nText\n"})["2026-11-17-a.md"]
    assert "---json" in found.body
