"""The Markdown source over real folders: what is left out, what is told, what a broken file costs."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.errors import ConfigError, DataError
from digest.model import Post, Query
from digest.posts.peek import Glance, glance
from digest.posts.sources import markdown
from digest.posts.walk import walk
from digest.settings import Site

HEAD = "---\ntitle: A\ndate: 2026-11-20\n---\n"
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file below the project, text or bytes."""

    def put(path: str, content: str | bytes = HEAD + "Text.\n") -> Path:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    return put


def read(
    project: Path, path: str = "posts", query: Query | None = None, site: Site | None = None, **options: object
) -> list[Post]:
    options = {"url": "https://example.org/{slug}/", **options}
    source = markdown.open(
        markdown.Options(path=path, **options),  # type: ignore[arg-type] - any option by name
        name="blog",
        project=project,
        site=site or Site(url="https://example.org", timezone="Europe/Vienna"),
    )
    return list(source.posts(query or Query()))


def told(post: Post) -> list[tuple[int | None, str]]:
    return [(p.line, p.message) for p in post.problems if p.severity == "error"]


def test_a_missing_folder_is_told_with_the_nearest_that_is_there(tmp_path: Path, write: Write) -> None:
    """The key is named, and the nearest folder above; a file in its place is no folder."""
    write("content/a.md")
    with pytest.raises(DataError) as caught:
        read(tmp_path, "content/posts/x")
    assert '[sources.blog] path "content/posts/x" does not exist' in str(caught.value)
    assert str(tmp_path / "content") in caught.value.hint
    with pytest.raises(DataError, match="is a file"):
        read(tmp_path, "content/a.md")


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"dialect": "jekkyl"}, 'dialect "jekkyl"'),
        ({"timezone": "Mars/Olympus"}, 'timezone "Mars/Olympus"'),
        ({"timezone": "../../etc/passwd"}, "timezone"),
        ({"url": "https://example.org/{slugg}/"}, "{slugg}"),
    ],
)
def test_an_option_that_means_nothing_is_refused_before_anything_is_read(
    tmp_path: Path, options: dict[str, str], word: str
) -> None:
    """A typing mistake in digest.toml is told at once, with what may stand there."""
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, "nowhere", **options)
    assert word in str(caught.value)
    assert caught.value.hint


def test_what_is_no_post_is_passed_over(tmp_path: Path, write: Write) -> None:
    """READMEs, hidden files, node_modules, partials, other endings, section pages and pages without a date."""
    for path in ("README.md", ".hidden.md", ".git/a.md", "node_modules/x/a.md", "_part.md", "_parts/a.md", "a.txt",
                 "picture.png", "CHANGELOG.md"):  # fmt: skip
        write(f"posts/{path}")
    write("posts/index.md", "---\ntitle: Blog\n---\nAll posts.\n")
    write("posts/empty.md", "---\nlayout: x\n---\n")
    write("posts/folder/index.md", "# Only a heading\n")
    write("posts/about/me.md", "---\ntitle: About\n---\nMe.\n")
    write("posts/archive.md", "---\ntitle: Archive\nlayout: archive\n---\n")
    write("posts/good.md")
    assert [p.path for p in read(tmp_path)] == ["posts/good.md"]


def test_what_exclude_names_is_passed_over(tmp_path: Path, write: Write) -> None:
    """Globs on a path below the folder, on a name, on a folder."""
    for name in ("a.md", "old/b.md", "old/c.md", "x/d.md", "e.mdx"):
        write(f"posts/{name}")
    found = read(tmp_path, exclude=("old", "x/*.md", "*.mdx"))
    assert [p.path for p in found] == ["posts/a.md"]


def test_the_projects_own_folders_hold_no_posts(tmp_path: Path, write: Write) -> None:
    """Where the project is the folder of posts, the editor's files and the lists are none."""
    write("a.md")
    write("issues/weekly-2026-11-27.md")
    write("subscribers/README.md")
    assert [p.path for p in read(tmp_path, ".")] == ["a.md"]


def test_posts_come_by_path_however_the_disk_lists_them(tmp_path: Path, write: Write) -> None:
    """The order is that of the paths shown, and twice the same."""
    for name in ("b.md", "a/z.md", "a.md", "B.md", "a-b.md"):
        write(f"posts/{name}")
    first = [p.path for p in read(tmp_path)]
    assert first == sorted(first)
    assert len(first) == 5
    assert first == [p.path for p in read(tmp_path)]


BROKEN = {
    "empty": (b"", None, "empty"),
    "blank": (b" \n\t\n", None, "empty"),
    "binary": (b"\x89PNG\0\0\0", None, "no text"),
    "utf-16": ("\ufeff---\ntitle: A\n".encode("utf-16"), 1, "UTF-16"),
    "windows-1252": (b"---\ntitle: A\ndate: 2026-11-20\n---\n\nIt\x92s\n", 6, "byte 0x92"),
    "undefined in windows-1252": (b"---\ntitle: A\ndate: 2026-11-20\n---\n\x81\n", 5, "byte 0x81"),
    "thirteenth month": (b"---\ntitle: A\ndate: 2025-13-03\n---\nx\n", 3,
                         'date "2025-13-03" is not a date; write YYYY-MM-DD'),
    "date is a number": (b"---\ntitle: A\ndate: 2025\n---\nx\n", 3, 'date "2025" is not a date'),
    "date is a list": (b"---\ntitle: A\ndate: [2025-01-01]\n---\nx\n", 3, "no single date"),
    "date of the build": (b"---\ntitle: A\ndate: git Last Modified\n---\nx\n", 3, "the day on which the site is made"),
    "date of the day": (b'---\ntitle: A\ndate: "`r Sys.Date()`"\n---\nx\n', 3, "the day on which the site is made"),
    "pubDate is odd": (b"---\ntitle: A\npubDate: soon\n---\nx\n", 3, 'pubDate "soon" is not a date'),
    "tab": (b"---\ntitle: A\ntags:\n\t- b\n---\nx\n", 4, "tab"),
    "colon": (b"---\ntitle: A: b\ndate: 2026-11-20\n---\nx\n", 2, "put the value in quotes"),
    "quote": (b"---\ntitle: 'A\ndate: 2026-11-20\n---\nx\n", 2, "quotation mark"),
    "never closed": (b"---\ntitle: A\ndate: 2026-11-20\n\nText\n", 1, "never closed"),
    "one line of TOML": (b'+++ title = "A" +++\nText\n', 1, "one line"),
    "TOML": (b'+++\ntitle = "A"\ndate = \n+++\nText\n', 3, "TOML is broken"),
    "JSON": (b'{\n"title": "A",\n"date" "2026-11-20"\n}\nText\n', 3, "JSON is broken"),
    "bomb": (
        b"---\na: &a [x,x,x,x,x,x,x,x,x,x]\n"
        + b"".join(b"%c: &%c [%s]\n" % (c + 1, c + 1, b",".join([b"*%c" % c] * 10)) for c in range(97, 105))
        + b"---\nx\n", None, "grows"),
    "no metadata": (b"Only text.\n", 1, "no metadata"),
    "a list": (b"---\n- a\n- b\n---\nx\n", 1, "`key: value`"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_costs_itself_alone(tmp_path: Path, write: Write, name: str) -> None:
    """It comes as a post with an error that names the line; its neighbour is as it was; nothing is raised."""
    content, line, words = BROKEN[name]
    write("posts/bad.md", content)
    write("posts/good.md")
    bad, good = read(tmp_path)
    assert not good.problems
    assert bad.broken
    assert bad.path == "posts/bad.md"
    assert words in told(bad)[0][1]
    if line is not None:
        assert told(bad)[0][0] == line
    assert "\ufffd" not in bad.title + bad.body


def test_a_file_of_fifty_megabytes_is_not_read(tmp_path: Path, write: Write) -> None:
    """It is told; at most five of them pass through memory (the file here is sparse)."""
    big = write("posts/2026-11-20-big.md", HEAD)
    os.truncate(big, 50_000_000)
    (post,) = read(tmp_path)
    assert "5 MB" in told(post)[0][1]
    assert post.date is not None


def test_a_file_that_is_gone_when_it_is_read_is_told(tmp_path: Path, write: Write) -> None:
    """A file may vanish, or its rights, between the listing and the reading: that costs it alone."""
    write("posts/a.md")
    write("posts/b.md")
    reading = markdown.open(
        markdown.Options(path="posts"), name="blog", project=tmp_path, site=Site(url="https://example.org")
    ).posts(Query())
    assert not next(reading).broken
    (tmp_path / "posts/b.md").unlink()
    assert "cannot be read" in told(next(reading))[0][1]


def test_a_file_or_folder_without_permission_is_told(tmp_path: Path, write: Write) -> None:
    """The rest is read (root may read everything, so there this says nothing)."""
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    closed = write("posts/a.md")
    write("posts/dir/b.md").parent.chmod(0)
    closed.chmod(0)
    found = read(tmp_path)
    (tmp_path / "posts/dir").chmod(0o700)
    assert all("cannot be read" in told(p)[0][1] for p in found)
    assert len(found) == 2


def test_links_lead_neither_out_nor_round(tmp_path: Path, write: Write) -> None:
    """A link out of the project is told once and not followed; circles end; another folder of ours is read, once."""
    project = tmp_path / "project"
    secret = write("elsewhere/secret.md", "---\ntitle: Secret\ndate: 2026-11-20\n---\nHidden\n")
    write("project/posts/a.md")
    write("project/drafts-of-ann/b.md")
    posts = project / "posts"
    (posts / "round").symlink_to(posts, target_is_directory=True)
    (posts / "up").symlink_to(project, target_is_directory=True)
    (posts / "out.md").symlink_to(secret)
    (posts / "zout").symlink_to(secret.parent, target_is_directory=True)
    (posts / "ann").symlink_to(project / "drafts-of-ann", target_is_directory=True)
    (posts / "same.md").symlink_to(posts / "a.md")
    (posts / "nothing.md").symlink_to(posts / "gone.md")
    (posts / "self.md").symlink_to(posts / "self.md")
    found = read(project)
    assert {p.path for p in found if not p.broken} == {"posts/a.md", "posts/ann/b.md"}
    (out,) = [p for p in found if p.broken]
    assert out.path == "posts/out.md"
    assert "1 more" in told(out)[0][1]
    assert all("Hidden" not in p.body and "Secret" not in p.title for p in found)


def test_a_thicket_of_links_and_a_deep_well_are_walked_in_no_time(tmp_path: Path, write: Write) -> None:
    """Folders that all link to one another, and folders in folders to the limit of a path."""
    write("project/posts/a.md")
    project = tmp_path / "project"
    for one in range(9):
        write(f"project/thicket/{one}/p{one}.md")
        (project / "posts" / f"l{one}").symlink_to(project / f"thicket/{one}", target_is_directory=True)
        for other in range(9):
            (project / f"thicket/{one}/to{other}").symlink_to(project / f"thicket/{other}", target_is_directory=True)
    well = project / "posts"
    for _ in range(1200):
        well /= "d"
        well.mkdir()
    try:
        found = read(project)
    finally:  # what clears temporary folders away goes no deeper than Python's stack
        while well.name == "d":
            well.rmdir()
            well = well.parent
    assert sorted(p.path.rpartition("/")[2] for p in found) == ["a.md", *(f"p{n}.md" for n in range(9))]


def test_a_source_that_is_a_link_is_read_and_keeps_its_name(tmp_path: Path, write: Write) -> None:
    """Whoever configures a link means where it leads; its dialect is that of the place it leads to."""
    write("site/_posts/2026-11-20-a.md")
    project = tmp_path / "project"
    project.mkdir()
    (project / "posts").symlink_to(tmp_path / "site/_posts", target_is_directory=True)
    assert [(p.path, p.dialect) for p in read(project)] == [("posts/2026-11-20-a.md", "jekyll")]


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    """Between two looks a folder may vanish: that costs it alone, and its files tell nothing."""
    assert [path for path, _ in walk(tmp_path / "gone", [".md"]).troubles] == ["."]
    assert glance("a.md", str(tmp_path / "gone.md")) == glance("a.md", str(tmp_path)) == Glance()


def test_devices_are_not_opened(tmp_path: Path, write: Write) -> None:
    """A pipe or a socket with a post's name would wait for ever."""
    write("posts/a.md")
    os.mkfifo(tmp_path / "posts" / "pipe.md")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "posts" / "s.md"))
        assert [p.path for p in read(tmp_path)] == ["posts/a.md"]


def test_a_name_that_is_no_unicode_is_told(tmp_path: Path, write: Write) -> None:
    """The path of such a post can still be printed."""
    write("posts/a.md")
    try:
        (tmp_path / "posts" / os.fsdecode(b"b\xff.md")).write_text(HEAD, encoding="utf-8")
    except OSError:
        pytest.skip("this file system takes no such name")
    post = next(p for p in read(tmp_path) if p.broken)
    post.path.encode("utf-8")
    assert "name" in told(post)[0][1]


def test_a_name_with_a_line_end_is_told_on_one_line(tmp_path: Path, write: Write) -> None:
    """No file name writes a second line of a report."""
    write("posts/a\nerror: b.md")
    (post,) = read(tmp_path)
    assert post.path == "posts/a?error: b.md"


def test_a_source_outside_the_project_shows_paths_from_its_root(tmp_path: Path, write: Write) -> None:
    """UX 2: `path` is relative to the project, or to the source's root where that lies outside."""
    write("site/content/posts/a.md")
    project = tmp_path / "newsletter"
    project.mkdir()
    assert [p.path for p in read(project, str(tmp_path / "site/content/posts"))] == ["a.md"]
    assert [p.path for p in read(project, "../site/content/posts")] == ["a.md"]


# ------------------------------------------------------------------------------------------------ identity


def test_identity_is_the_guid_then_the_canonical_address_then_the_path(tmp_path: Path, write: Write) -> None:
    """Never a slug or an address that was derived."""
    write("posts/a.md", "---\ntitle: A\ndate: 2026-11-20\nguid: 77\nslug: x\n---\nText\n")
    write("posts/b.md", "---\ntitle: B\ndate: 2026-11-20\ncanonical_url: https://example.org/b/\n---\nText\n")
    write("posts/c.md", "---\ntitle: C\ndate: 2026-11-20\nurl: /elsewhere/\n---\nText\n")
    assert [p.id for p in read(tmp_path)] == ["blog#77", "https://example.org/b/", "blog:posts/c.md"]


@pytest.mark.parametrize("key", ["id: same", "canonical: https://example.org/same/"])
def test_a_copied_id_makes_no_two_posts_one(tmp_path: Path, write: Write, key: str) -> None:
    """The oldest keeps it, so that what was sent stays known; the copy goes by its path and is told. In any reach."""
    write("posts/a-copy.md", f"---\ntitle: New\ndate: 2026-11-20\n{key}\n---\nNew\n")
    write("posts/index.md", f"---\ntitle: All posts\n{key}\n---\nOld\n")
    write("posts/other.md", "---\ntitle: Other\ndate: 2019-01-01\n---\nOther\n")
    write("posts/z-first.md", f"---\ntitle: Old\ndate: 2020-01-01\n{key}\n---\nOld\n")
    copy, _, first = read(tmp_path)
    assert copy.id == "blog:posts/a-copy.md"
    assert first.id != f"blog:{first.path}"
    assert [p.severity for p in copy.problems] == ["warning"]
    assert read(tmp_path, query=Query(since=datetime(2026, 11, 1, tzinfo=UTC))) == [copy]


def test_a_moved_file_has_its_old_fingerprint(tmp_path: Path, write: Write) -> None:
    """Title and body make it, white space aside; another body makes another."""
    write("posts/a.md", HEAD + "Some text.\n")
    write("posts/b.md", HEAD + "\n\nSome  text.")
    write("posts/c.md", HEAD + "Some text!\n")
    a, b, c = read(tmp_path)
    assert (a.fingerprint, a.body_hash) == (b.fingerprint, b.body_hash)
    assert a.fingerprint != c.fingerprint


# ------------------------------------------------------------------------------------------------ the query


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.md", "---\ntitle: A\ndate: 2026-11-20\n---\nx\n"),
        ("a.md", "---\ntitle: A\nDate: '2026/11/20'\n---\nx\n"),
        ("a.md", "\ufeff---\ntitle: A\nid:\ndate: 2026-11-20\n---\nx\n"),
        ("a.md", "---\ntitle: A\ndate: 2019-01-01\npublishDate: 2026-11-20\n---\nx\n"),
        ("a.md", "---\ntitle: A\npublish-date: Nov 20 2026\n---\nx\n"),
        ("a.md", "---\ntitle: A\ndate: 2019-01-01\ndate: 2026-11-20\n---\nx\n"),
        ("a.md", "---\ntitle: A\nevent:\n  date: 2019-01-01\ndate: 2026-11-20\n---\nx\n"),
        ("a.md", "---\ntitle: A\ndate:\n  created: 2026-11-20\n  updated: 2026-11-21\n---\nx\n"),
        ("a.md", "---\ndate: >-\n  2026-11-20\ntitle: A\n---\nx\n"),
        ("a.md", "---\n" + "".join(f"# {'x' * 100}\n" for _ in range(60)) + "date: 2026-11-20\ntitle: A\n---\nx\n"),
        ("a.md", "---\r\ntitle: A\r\ndate: 2026-11-20\r\n---\r\nx\r\n"),
        ("a.md", '{"title": "A", "date": "2026-11-20"}\nx\n'),
        ("a.md", '+++\ntitle = "A"\ndate = 2026-11-20T00:00:00Z\n+++\nx\n'),
        ("2026-11-20-a.md", "---\ntitle: A\n---\nx\n"),
        ("2026/11/20/a.md", "---\ntitle: A\n---\nx\n"),
        ("2026-11-20-a/index.md", "---\ntitle: A\n---\nx\n"),
        ("2019-01-01-a.md", "---\ntitle: A\ndate: 2026-11-20\n---\nx\n"),
        ("a.md", "Title: A\nDate: 2026-11-20\n\nx\n"),
    ],
)
def test_no_way_to_write_a_date_is_lost_to_the_quick_look(tmp_path: Path, write: Write, name: str, text: str) -> None:
    """A post of this month comes however its date is written."""
    write(f"posts/{name}", text)
    (post,) = read(tmp_path, query=Query(since=datetime(2026, 11, 19, tzinfo=UTC)))
    assert post.date is not None
    assert post.date.date().isoformat() == "2026-11-20"


def test_an_old_post_is_not_even_parsed(tmp_path: Path, write: Write) -> None:
    """The quick look leaves out what is surely older; that these two would be errors shows that nobody read them."""
    write("posts/a.md", "---\ntitle: 'A\ndate: 2019-01-01\n---\nx\n")
    write("posts/2019-01-01-b.md", "---\ntitle: 'B\n---\nx\n")
    assert read(tmp_path, query=Query(since=datetime(2026, 11, 1, tzinfo=UTC))) == []
    assert len(read(tmp_path)) == 2


def test_a_post_of_the_edge_comes_in_any_zone(tmp_path: Path, write: Write) -> None:
    """A day in Kiritimati is over while it has not begun in Pago Pago: the quick look leaves room for both."""
    write("posts/a.md", "---\ntitle: A\ndate: 2026-11-19T23:30:00-11:00\n---\nx\n")
    assert len(read(tmp_path, query=Query(since=datetime(2026, 11, 20, 10, tzinfo=UTC)))) == 1


# ------------------------------------------------------------------------------------------------ zones


@pytest.mark.parametrize(
    ("files", "path", "text", "instant"),
    [
        ({}, "posts", "date: 2026-11-20 10:00", "2026-11-20T10:00:00+01:00"),
        ({}, "posts", "date: 2026-11-20 10:00:00", "2026-11-20T10:00:00+01:00"),
        ({}, "posts", "date: 2026-11-20T10:00:00-05:00", "2026-11-20T10:00:00-05:00"),
        ({"_config.yml": "title: x\n"}, "_posts", "date: 2026-11-20 10:00", "2026-11-20T10:00:00+01:00"),
        ({"_config.yml": "title: x\n"}, "_posts", "date: 2026-11-20 10:00:00", "2026-11-20T10:00:00+00:00"),
        ({"_config.yml": "title: x\n"}, "_posts", "date: '2026-11-20 10:00:00'", "2026-11-20T10:00:00+01:00"),
        ({"_config.yml": "timezone: Asia/Tokyo\n"}, "_posts", "date: 2026-11-20 10:00", "2026-11-20T10:00:00+09:00"),
        ({"hugo.toml": "baseURL = 'x'\n"}, "content/posts", "date: 2026-11-20 10:00:00", "2026-11-20T10:00:00+00:00"),
        ({"hugo.yaml": "timeZone: Asia/Tokyo\n"}, "content/posts", "date: 2026-11-20", "2026-11-20T00:00:00+09:00"),
        ({"_config.yml": "new_post_name: ':title.md'\ntimezone: Asia/Tokyo\n"}, "source/_posts",
         "date: 2026-11-20 10:00:00", "2026-11-20T10:00:00+09:00"),
        ({".eleventy.js": ""}, "posts", "date: 2026-11-20", "2026-11-20T00:00:00+00:00"),
        ({"astro.config.mjs": ""}, "src/content/blog", "pubDate: 2026-11-20", "2026-11-20T00:00:00+00:00"),
        ({"astro.config.mjs": ""}, "src/content/blog", "pubDate: 'Nov 20 2026'", "2026-11-20T00:00:00+01:00"),
        ({"pelicanconf.py": "TIMEZONE = 'Asia/Tokyo'\n"}, "content", "date: 2026-11-20 10:00",
         "2026-11-20T10:00:00+09:00"),
        ({"pelicanconf.py": "SITENAME = 'x'\n"}, "content", "date: 2026-11-20 10:00", "2026-11-20T10:00:00+00:00"),
        ({"conf.py": "BLOG_TITLE = 'x'\nTIMEZONE = 'Asia/Tokyo'\n"}, "posts", "date: 2026-11-20 10:00",
         "2026-11-20T10:00:00+09:00"),
        ({}, "posts", "date: 2026-03-29 02:30", "2026-03-29T02:30:00+01:00"),
        ({}, "posts", "date: 2026-10-25 02:30", "2026-10-25T02:30:00+02:00"),
    ],
)  # fmt: skip
def test_an_instant_is_what_the_generator_makes_of_it(
    tmp_path: Path, write: Write, files: dict[str, str], path: str, text: str, instant: str
) -> None:
    """The dialect's rule and the site's own file decide; a skipped or doubled time is resolved without an error."""
    for name, content in files.items():
        write(name, content)
    write(f"{path}/2026-11-20-a.md", f"---\ntitle: A\n{text}\n---\nx\n")
    (post,) = read(tmp_path, path)
    assert post.date is not None
    assert not post.broken
    assert post.date.isoformat() == instant


def test_a_zone_in_sources_beats_all(tmp_path: Path, write: Write) -> None:
    """[sources.X] timezone is the last word for times without an offset."""
    write("_config.yml", "timezone: Asia/Tokyo\n")
    write("_posts/2026-11-20-a.md", "---\ntitle: A\ndate: 2026-11-20 10:00:00\n---\nx\n")
    (post,) = read(tmp_path, "_posts", timezone="America/New_York")
    assert post.date is not None
    assert post.date.isoformat() == "2026-11-20T10:00:00-05:00"
