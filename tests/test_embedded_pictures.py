"""Pictures that go along, from a file of the project to the bytes that a server received, and back to the screen."""

from __future__ import annotations

import email
import email.policy
import re
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from digest.render import mime
from tests.golden.issues import ISSUE, THURSDAY, Golden, Received, app_of, make, post, received
from tests.render.pictures import drawing, encoded, photo

COVER = post(
    "harbour", "A harbour at dusk", THURSDAY, "One picture, seen from the mole.", image="harbour.webp", image_alt="Dusk"
)
MAP = post("map", "A map of it", THURSDAY, "And one that is drawn.", image="/img/map.png")
EMBED = Golden(name="embedded", posts=(COVER, MAP), newsletter='images = "embed"')
REMOTE = Golden(name="remote", posts=(COVER, MAP))


def with_files(root: Path) -> Path:
    """The files that the posts name: one beside them, one that the site serves; and one with a secret."""
    for name, data in {
        "posts/harbour.webp": encoded(photo(), "WEBP"),
        "static/img/map.png": encoded(drawing(300, 300), "PNG"),
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def parsed(data: bytes) -> EmailMessage:
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[Received, ...]]:
    """An issue with its pictures, sent over SMTP: the project as it stands afterwards, and what arrived."""
    root = with_files(tmp_path_factory.mktemp("embedded"))
    return root, received(EMBED, root)


def test_what_arrives_holds_its_pictures(project: tuple[Path, tuple[Received, ...]]) -> None:
    """No defect, every line within its limit; each picture is shown, small, of a type that clients know."""
    for got in project[1]:
        message = parsed(got.data)
        assert not [d for part in message.walk() for d in part.defects]
        assert got.data.isascii()
        assert max(map(len, got.data.partition(b"\r\n\r\n")[2].split(b"\r\n"))) <= 76
        pictures = mime.pictures(got.data)
        assert [p.kind for p in pictures] == ["image/jpeg", "image/png"]
        html = mime.read(got.data)[2]
        assert re.findall(r'src="cid:([^"]*)"', html) == [p.id for p in pictures]
        assert [Image.open(BytesIO(p.data)).width for p in pictures] == [1200, 264]
        assert "harbour.webp" not in html
        body = message.get_body(("html",))
        assert body is not None
        assert "cid:" in body.get_content()


def test_two_readers_have_the_same_pictures(project: tuple[Path, tuple[Received, ...]]) -> None:
    """Nothing of a reader is in a picture or its id: it could not tell who looks at it."""
    one, other = (mime.pictures(got.data) for got in project[1])
    assert one == other


def test_an_issue_that_is_sent_is_shown_from_its_own_bytes(
    project: tuple[Path, tuple[Received, ...]], tmp_path: Path
) -> None:
    """Even where the files are gone since: the built page and a preview of it have the pictures that were sent."""
    root, got = project
    sent = mime.pictures(got[0].data)
    gone = root / "posts" / "harbour.webp"
    kept = gone.read_bytes()
    gone.unlink()
    try:
        app = app_of(root)
        app.build("weekly", ISSUE, tmp_path / "out")
        with app.looker() as looker:
            chosen = looker.choose(app.newsletter("weekly"), ISSUE)
            preview = looker.edition(chosen, kind="preview").variants[0]
    finally:
        gone.write_bytes(kept)
    assert mime.pictures((tmp_path / "out" / "issue.eml").read_bytes()) == sent
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert "data:image/jpeg;base64," in page
    assert "cid:" not in page.partition("<pre")[0]
    assert preview.pictures == sent


def test_two_builds_are_the_same_bytes(tmp_path: Path) -> None:
    """The stencil does not change from build to build, in another process or another folder."""
    for name in ("one", "two"):
        app_of(make(EMBED, with_files(tmp_path / name))).build("weekly", ISSUE, tmp_path / name / "out")
    one, two = ((tmp_path / name / "out" / "issue.eml").read_bytes() for name in ("one", "two"))
    assert one == two


def test_the_preflight_has_nothing_against_them(tmp_path: Path) -> None:
    """Neither attachment, nor third party, nor too heavy a message: they have a budget of their own."""
    found = app_of(make(EMBED, with_files(tmp_path))).check("weekly").findings
    assert {f.rule for f in found} <= {"image-ratio", "preheader", "cover-missing"}, found


def test_on_the_web_only_their_sizes_are_known(tmp_path: Path) -> None:
    """Without the word in the settings nothing goes along; a WebP stays one, and is told by the preflight."""
    app = app_of(make(REMOTE, with_files(tmp_path)))
    app.build("weekly", ISSUE, tmp_path / "out")
    data = (tmp_path / "out" / "issue.eml").read_bytes()
    assert mime.pictures(data) == ()
    html = mime.read(data)[2]
    assert re.findall(r'src="(https:[^"]*)"[^>]*width="(\d+)" height="(\d+)"', html) == [
        ("https://example.org/blog/harbour/harbour.webp", "600", "300"),
        ("https://example.org/img/map.png", "96", "96"),
    ]
    assert "image-format" in {f.rule for f in app.check("weekly").findings}


@pytest.mark.parametrize("images", ["remote", "embed"])
def test_bad_pictures_cost_themselves_alone(tmp_path: Path, images: str) -> None:
    """Missing, of 100 MB, of the wrong kind, with a script, cut short, of 20,000 pixels, outside the project: each is
    told with its post, none is an error, and the issue can be sent."""
    bad = {
        "huge.png": b"\x89PNG\r\n\x1a\n",
        "text.png": b"<html>",
        "script.svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        "half.jpg": encoded(photo(), "JPEG")[:3000],
        "bomb.png": encoded(Image.new("1", (20_000, 20_000)), "PNG"),
        "../../secret.png": encoded(photo(), "PNG"),
    }
    posts = tuple(
        post(f"p{n}", f"Post {n}", THURSDAY, "A sentence of its own.", image=name)
        for n, name in enumerate([*bad, "missing.png"])
    )
    root = make(Golden(name="bad", posts=posts, newsletter=f'images = "{images}"'), tmp_path / "project")
    for name, data in bad.items():
        (root / "posts" / name).write_bytes(data)
    with (root / "posts" / "huge.png").open("r+b") as file:
        file.truncate(100_000_000)
    found = app_of(root).check("weekly").findings
    assert all(f.hint for f in found if f.rule in ("image-file", "image-format"))
    assert not [f for f in found if f.severity == "error"]
    told = {f.file: f"{f.rule}: {f.message}" for f in found if f.file.startswith("posts/p")}
    says = {
        "posts/p0.md": "image-file: the picture posts/huge.png has 100 MB, and more than 25 MB are not read",
        "posts/p1.md": "image-file: the picture posts/text.png is no picture that can be read",
        "posts/p2.md": "image-format: mail clients do not show the cover",
        "posts/p4.md": "image-file: the picture posts/bomb.png is too large to be read",
    }
    says["posts/p3.md"] = "image-file: the picture posts/half.jpg is damaged or cut short"
    if images == "embed":
        says["posts/p5.md"] = "image-file: the picture https://example.org/secret.png does not lie on this machine"
        says["posts/p6.md"] = "image-file: the picture https://example.org/blog/p6/missing.png"
    for name, words in says.items():
        assert told.get(name, "").startswith(words), (name, told.get(name))
    app_of(root).build("weekly", ISSUE, tmp_path / "out")
    assert (tmp_path / "out" / "issue.eml").stat().st_size < 200_000
