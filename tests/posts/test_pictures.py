"""Cover pictures: which key, which address, which file; and no way out of the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.errors import DataError
from digest.interfaces import PictureSource
from digest.model import Image, Query
from digest.posts.pictures import lies_at, picture
from digest.posts.sources import markdown
from digest.posts.written import Written, from_yaml
from digest.settings import Site
from digest.testing import post


def find(tmp_path: Path, yaml: str, *, url: str = "https://example.org/blog/a/", rooted: bool = False) -> Image | None:
    """The picture of a post content/a.md of a small site."""
    for name in ("content/beside.jpg", "static/img/served.png", "public/deep/x.webp", "content/b.d/c.gif"):
        (tmp_path / "site" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "site" / name).write_bytes(b"x")
    (tmp_path / "secret.png").write_bytes(b"x")
    values = {k.lower().replace("_", ""): v for k, v in from_yaml(yaml)[0].items()}
    site = tmp_path / "site"
    return picture(
        values, file=site / "content/a.md", url=url, base="https://example.org", tops=(site.resolve(),), rooted=rooted
    )


@pytest.mark.parametrize(
    "yaml",
    [
        "title: x",
        "cover: true",
        "cover:",
        "banner: blue",
        "featured: true",
        "image: 'data:image/png;base64,AAAA'",
        "image: 'javascript:alert(1)'",
        "image: 'file:///etc/passwd.png'",
        "image: '{{ site.cover }}/x.png'",
        "image: '\"><script>.png'",
        "cover: {color: red}",
        "images: []",
        "image: [[[[[a.png]]]]]",
    ],
)
def test_what_names_no_picture(tmp_path: Path, yaml: str) -> None:
    """Truths, colours, other schemes, template tags and markup are none."""
    assert find(tmp_path, yaml) is None


@pytest.mark.parametrize(
    ("yaml", "url", "alt", "file"),
    [
        ("coverImage: https://example.net/x?w=4", "https://example.net/x?w=4", "", ""),
        ("cover: //example.net/x.png", "https://example.net/x.png", "", ""),
        ("heroImage: /img/served.png", "https://example.org/img/served.png", "", "static/img/served.png"),
        ("image: img/served.png", "https://example.org/img/served.png", "", "static/img/served.png"),
        ("image: /deep/x.webp", "https://example.org/deep/x.webp", "", "public/deep/x.webp"),
        ("image: ./beside.jpg", "https://example.org/blog/a/beside.jpg", "", "content/beside.jpg"),
        ("image: beside.jpg", "https://example.org/blog/a/beside.jpg", "", "content/beside.jpg"),
        ("image: b.d/c.gif", "https://example.org/blog/a/b.d/c.gif", "", "content/b.d/c.gif"),
        ("image: not/here.png", "https://example.org/blog/a/not/here.png", "", ""),
        ("image: /not here.png", "https://example.org/not%20here.png", "", ""),
        ("cover: {image: /x.png, alt: 'A  b', relative: false}", "https://example.org/x.png", "A b", ""),
        ("hero: {src: /x.png, caption: C}", "https://example.org/x.png", "C", ""),
        ("header: {teaser: /t.png, image_alt: T}", "https://example.org/t.png", "T", ""),
        ("ogImage: {url: /o.png}\ncover: /c.png", "https://example.org/c.png", "", ""),
        ("images: [/1.png, /2.png]", "https://example.org/1.png", "", ""),
        ("featured: true\nfeatured_image: /f.jpg\nfeatured_image_alt: F", "https://example.org/f.jpg", "F", ""),
        ("image: {path: {src: /p.png}}", "https://example.org/p.png", "", ""),
    ],
)
def test_where_a_picture_is(tmp_path: Path, yaml: str, url: str, alt: str, file: str) -> None:
    """Beside the post, below the folders a site serves, or elsewhere; with what describes it."""
    found = find(tmp_path, yaml)
    assert found == Image(url=url, alt=alt, file=str((tmp_path / "site").resolve() / file) if file else "")


@pytest.mark.parametrize("path", ["../../secret.png", "/../secret.png", "../../../../../../etc/passwd.png",
                                  "a/\x00.png", "x" * 5000 + "/a.png", "a/" * 600 + "b.png"])  # fmt: skip
def test_no_path_leads_out_of_the_site(tmp_path: Path, path: str) -> None:
    """A file outside is never named, whatever the address becomes."""
    find(tmp_path, "x: y")
    site = tmp_path / "site"
    found = picture({"image": Written(path)}, file=site / "content/a.md", url="", base="https://example.org",
                    tops=(site.resolve(),))  # fmt: skip
    assert found is None or not found.file


def test_a_link_that_leads_out_is_not_followed(tmp_path: Path) -> None:
    """Even where its own place is inside."""
    find(tmp_path, "x: y")
    (tmp_path / "site/content/link.png").symlink_to(tmp_path / "secret.png")
    found = find(tmp_path, "image: link.png")
    assert found is not None
    assert not found.file


def test_docusaurus_counts_from_the_site(tmp_path: Path) -> None:
    """`img/x.png` is the site's; `./x.png` the post's. Without any address there is a file or nothing."""
    found = find(tmp_path, "image: img/not-here.png", rooted=True)
    assert found is not None
    assert found.url == "https://example.org/img/not-here.png"
    beside = find(tmp_path, "image: ./beside.jpg", url="")
    assert beside is not None
    assert (beside.url, beside.file != "") == ("", True)
    assert find(tmp_path, "image: ./not/here.jpg", url="") is None


@pytest.mark.parametrize(
    ("named", "file"),
    [
        ("beside.jpg", "content/beside.jpg"),
        ("./beside.jpg?v=2#x", "content/beside.jpg"),
        ("own.png", "content/a/own.png"),
        ("/img/served.png", "static/img/served.png"),
        ("img/served.png", "static/img/served.png"),
        ("https://example.org/img/served.png", "static/img/served.png"),
        ("with%20blank.png", "content/with blank.png"),
        ("../../secret.png", ""),
        ("/../../secret.png", ""),
        ("link.png", ""),
        ("nowhere.png", ""),
        ("", ""),
        ("folder", ""),
        ("https://example.net/beside.jpg", ""),
        ("//example.net/beside.jpg", ""),
        ("data:image/png;base64,AAAA", ""),
        ("file:///etc/passwd", ""),
        ("http://[broken/x.png", ""),
        ("/http://[broken", ""),
        ("/\t/[broken/x.png", ""),
        ("x" * 2000 + ".png", ""),
        ("a\0b.png", ""),
    ],
)
def test_where_a_picture_of_the_text_lies(tmp_path: Path, named: str, file: str) -> None:
    """Beside the post, in its own folder, or where the site serves files from; never outside, never of the web."""
    site = tmp_path / "site"
    for name in ("content/beside.jpg", "content/a/own.png", "static/img/served.png", "content/with blank.png"):
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_bytes(b"x")
    (site / "content/folder").mkdir()
    (tmp_path / "secret.png").write_bytes(b"x")
    (site / "content/link.png").symlink_to(tmp_path / "secret.png")
    found = lies_at(named, file=site / "content/a.md", base="https://example.org", tops=(site.resolve(),))
    assert found == (str(site.resolve() / file) if file else "")


def test_a_source_finds_and_reads_the_pictures_of_its_posts(tmp_path: Path) -> None:
    """Those inside project and site alone; what cannot be read is said as the end of a sentence."""
    (tmp_path / "p" / "posts").mkdir(parents=True)
    (tmp_path / "p" / "posts" / "a.md").write_text("---\ntitle: A\ndate: 2026-11-20\n---\nText\n", encoding="utf-8")
    (tmp_path / "p" / "posts" / "a.png").write_bytes(b"octets")
    (tmp_path / "secret.png").write_bytes(b"not yours")
    options = markdown.Options(path="posts", url="https://example.org/{slug}/")
    source = markdown.open(options, name="blog", project=tmp_path / "p", site=Site(url="https://example.org"))
    assert isinstance(source, PictureSource)
    assert source.find_picture(post("posts/a.md"), "a.png") == ""  # nothing was read yet
    with pytest.raises(DataError, match=r"^is no file inside the project or the site, and is not read$"):
        source.read_picture(str(tmp_path / "p" / "posts" / "a.png"))
    (read,) = source.posts(Query())
    found = source.find_picture(read, "a.png")
    assert found == str((tmp_path / "p" / "posts" / "a.png").resolve())
    assert source.read_picture(found) == b"octets"
    huge = tmp_path / "p" / "posts" / "huge.png"
    with huge.open("wb") as file:
        file.truncate(100_000_000)
    for path, says in (
        (tmp_path / "secret.png", "is no file inside the project"),
        (tmp_path / "p" / "posts" / ".." / ".." / "secret.png", "is no file inside the project"),
        (tmp_path / "p" / "posts", "is no file inside the project"),
        (tmp_path / "p" / "posts" / "gone.png", "is not there"),
        (huge, "has 100 MB, and more than 25 MB are not read"),
        (tmp_path / ("n" * 300), "cannot be read"),
    ):
        with pytest.raises(DataError, match=f"^{says}"):
            source.read_picture(str(path))
