"""Pictures of this machine in whole mails: their sizes, which go along, and what becomes of those that cannot."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Drawing

from digest import testing
from digest.errors import DataError
from digest.model import Image, Post, Rendered
from digest.render.album import Local, inlined
from digest.render.images import TOGETHER
from digest.render.theme import load
from digest.settings import Newsletter, Sender
from tests.render.pictures import animation, drawing, encoded, noise, photo

Draw = Callable[..., Rendered]
EMBED = Newsletter(name="weekly", title="Example Weekly", send="Friday 09:00", images="embed")
FULL = "https://example.org/blog/a/"


@dataclass
class Disk:
    """Pictures by the name a post gives them, as a source would find and read them."""

    files: dict[str, bytes] = field(default_factory=dict)
    read_of: list[str] = field(default_factory=list)

    def find(self, _post: Post, named: str) -> str:
        return f"/site/{named}" if named in self.files else ""

    def read(self, _post: Post, file: str) -> bytes:
        self.read_of.append(file)
        if file.removeprefix("/site/") not in self.files:
            raise DataError("is not there")
        return self.files[file.removeprefix("/site/")]

    @property
    def local(self) -> Local:
        return Local(find=self.find, read=self.read)


DISK = {
    "photo.jpg": encoded(photo(), "JPEG"),
    "tall.jpg": encoded(photo(600, 1200), "JPEG"),
    "strip.jpg": encoded(photo(300, 1800), "JPEG"),
    "small.png": encoded(drawing(80, 40), "PNG"),
    "modern.avif": encoded(photo(800, 400), "AVIF"),
    "modern.webp": encoded(photo(800, 400), "WEBP"),
    "vector.svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "text.png": b"no picture at all",
    "half.jpg": encoded(photo(), "JPEG")[:2000],
    "dot.gif": animation(1, 1, 1),
    "moves.gif": animation(),
}


def tags(rendered: Rendered) -> list[dict[str, str]]:
    """The pictures of a mail by their attributes."""
    return [dict(re.findall(r'(\w+)="([^"]*)"', tag)) for tag in re.findall(r"<img\b[^>]*>", rendered.html)]


def post(body: str = "", cover: str = "", **fields: Any) -> Post:
    image = Image(url=f"{FULL}{cover}", alt="The cover", file=f"/site/{cover}") if cover else None
    return testing.post("posts/a.md", **({"body": body, "image": image} | fields))


def told(rendered: Rendered) -> list[tuple[str, str]]:
    return [(w.rule, w.message) for w in rendered.warnings]


# ------------------------------------------------------------------------------------------------ on the web


def test_on_the_web_pictures_keep_their_address_and_get_their_size(drawn: Draw) -> None:
    """`remote`: width and height from the file, so that nothing jumps and Outlook knows; nothing goes along."""
    body = "![Wide](photo.jpg)\n\n![Upright](tall.jpg)\n\n![Strip](strip.jpg)\n\n![Small](small.png)\n\n![Away](https://e.org/x.png)"
    made = drawn(testing.issue(post(body, "modern.webp"), content="full"), local=Disk(DISK).local)
    cover, wide, upright, strip, small, away = tags(made)
    assert (cover["src"], cover["width"], cover["height"]) == (f"{FULL}modern.webp", "600", "300")
    assert (wide["src"], wide["width"], wide["height"]) == (f"{FULL}photo.jpg", "536", "268")
    assert (upright["width"], upright["height"]) == ("320", "640")
    assert "max-width: 320px" in upright["style"].replace("max-width:320px", "max-width: 320px")
    assert (strip["width"], strip["height"]) == ("300", "1800")
    assert (small["width"], small["height"]) == ("80", "40")
    assert (away["width"], "height" in away) == ("536", False)
    assert made.pictures == ()
    assert told(made) == []


def test_a_file_of_the_project_is_named_from_there(drawn: Draw, tmp_path: Path) -> None:
    """As a person knows it, and not by the name alone that many files may have."""
    file = tmp_path / "posts" / "text.png"
    disk = Disk({str(file): b"no picture at all"})
    local = Local(find=lambda _post, _named: str(file), read=disk.read)
    made = drawn(testing.issue(post("![x](text.png)"), content="full"), local=local, theme=load("default", tmp_path))
    assert [message.partition(" is no ")[0] for _, message in told(made)] == ["the picture posts/text.png"]


def test_what_a_post_asks_for_is_shown_in_the_picture_s_own_ratio(drawn: Draw) -> None:
    """A width, a height or both: the width wins, and nothing is squashed."""
    sizes = ('width="200"', 'height="100"', 'width="200" height="200"', 'style="width: 50px"')
    body = "\n\n".join(f'<img src="photo.jpg" alt="" {size}>' for size in sizes)
    made = drawn(testing.issue(post(body), content="full"), local=Disk(DISK).local)
    assert [(t["width"], t["height"]) for t in tags(made)] == [
        ("200", "100"),
        ("200", "100"),
        ("200", "100"),
        ("50", "25"),
    ]


def test_without_files_or_without_a_reader_nothing_is_known_and_nothing_told(drawn: Draw) -> None:
    """The most usual case: pictures lie on the web alone."""
    body = "![A](photo.jpg)"
    there = testing.issue(post(cover="photo.jpg"))
    assert told(drawn(there, newsletter=EMBED)) == []
    assert [("height" in t, t["src"]) for t in tags(drawn(there))] == [(False, f"{FULL}photo.jpg")]
    for settings in ({}, {"local": Disk().local}):
        made = drawn(testing.issue(post(body), content="full"), **settings)
        assert [("height" in t, t["src"]) for t in tags(made)] == [(False, f"{FULL}photo.jpg")]
        assert told(made) == []


BAD = {
    "gone.jpg": "the picture gone.jpg is not there",
    "text.png": "the picture text.png is no picture that can be read (JPEG, PNG, GIF, WebP, AVIF, TIFF and BMP can)",
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("images", ["remote", "embed"])
def test_a_bad_cover_is_told_and_stays_on_the_web(drawn: Draw, name: str, images: str) -> None:
    """One warning that names post and file; the mail is drawn all the same."""
    made = drawn(testing.issue(post(cover=name)), local=Disk(DISK).local, newsletter=replace(EMBED, images=images))
    assert told(made) == [("image-file", BAD[name])]
    assert made.warnings[0].file == "posts/a.md"
    assert made.warnings[0].severity == "warning"
    assert [t["src"] for t in tags(made)] == [f"{FULL}{name}"]


# ------------------------------------------------------------------------------------------------ inside the message


def test_embedded_pictures_go_along_as_large_as_they_are_shown(drawn: Draw) -> None:
    """Twice the shown width, at most 200 KB, in formats that clients show; the same picture once."""
    body = "![Wide](photo.jpg)\n\n![](modern.avif)\n\n![](modern.webp)\n\n![](moves.gif)\n\n![Again](photo.jpg)\n\n![Away](https://e.org/x.png)"
    disk = Disk(DISK)
    made = drawn(testing.issue(post(body, "tall.jpg"), content="full"), local=disk.local, newsletter=EMBED)
    cover, wide, avif, webp, moves, again, away = tags(made)
    kinds = {p.id: p.kind for p in made.pictures}
    for tag, kind in ((cover, "jpeg"), (wide, "jpeg"), (avif, "jpeg"), (webp, "jpeg"), (moves, "gif")):
        assert kinds[tag["src"].removeprefix("cid:")] == f"image/{kind}"
        assert tag["height"]
    assert again["src"] == wide["src"] != cover["src"]
    assert away["src"] == "https://e.org/x.png"
    assert len(made.pictures) == 5
    assert all(p.id.endswith("@example.org") and len(p.data) <= 200_000 for p in made.pictures)
    assert told(made) == []
    assert "modern" not in made.html


def test_the_same_issue_has_the_same_ids(drawn: Draw) -> None:
    """An id is made of the octets: two builds are the same message, another picture is another id."""
    issue = testing.issue(post(cover="photo.jpg"))
    first, again = (drawn(issue, local=Disk(DISK).local, newsletter=EMBED) for _ in range(2))
    assert first == again
    other = drawn(issue, local=Disk(DISK | {"photo.jpg": DISK["tall.jpg"]}).local, newsletter=EMBED)
    assert other.pictures[0].id != first.pictures[0].id
    assert other.variant != first.variant


def test_a_picture_that_has_no_address_on_the_web_can_go_along(drawn: Draw) -> None:
    """Before the site is published, or where its address is not known; on the web it would be left out."""
    lost = post(image=Image(url="", alt="The cover", file="/site/photo.jpg"))
    assert drawn(testing.issue(lost), local=Disk(DISK).local, newsletter=EMBED).pictures
    away = drawn(testing.issue(lost), local=Disk(DISK).local)
    assert tags(away) == []
    assert told(away) == [("image-scheme", "the cover has no https address (photo.jpg) and was left out")]
    body = drawn(
        testing.issue(post("![x](photo.jpg)", url=""), content="full"), local=Disk(DISK).local, newsletter=EMBED
    )
    assert [t["src"][:4] for t in tags(body)] == ["cid:"]


def test_what_cannot_go_along_is_told_with_its_file(drawn: Draw) -> None:
    """Half a picture and a name that is nowhere stay on the web; a drawing by program has its words; a dot goes."""
    body = "![half](half.jpg) ![nowhere](none.jpg) ![vector](vector.svg) ![dot](dot.gif) ![text](text.png)"
    made = drawn(testing.issue(post(body), content="full"), local=Disk(DISK).local, newsletter=EMBED)
    assert [t["src"] for t in tags(made)] == [f"{FULL}half.jpg", f"{FULL}none.jpg", f"{FULL}text.png"]
    assert "vector" in made.html
    assert made.pictures == ()
    said = dict.fromkeys(told(made))
    assert ("image-file", "the picture half.jpg is damaged or cut short") in said
    assert ("image-file", "the picture none.jpg does not lie on this machine; it stays on the web") in said
    assert ("image-format", "mail clients do not show vector.svg; its alternative text stands instead") in said
    assert ("tracking", "a picture of 1×1 pixels (dot.gif) was dropped") in said
    assert ("image-file", BAD["text.png"]) in said
    assert len(said) == len(made.warnings) == 5


def test_what_breaks_only_when_it_is_made_is_told_too(drawn: Draw) -> None:
    """Octets inside that make no sense, behind a head and before an end that do."""
    whole = bytearray(encoded(noise(300, 200), "PNG"))
    whole[400:900] = bytes(500)
    made = drawn(
        testing.issue(post("![x](a.png)"), content="full"), local=Disk({"a.png": bytes(whole)}).local, newsletter=EMBED
    )
    assert [t["src"] for t in tags(made)] == [f"{FULL}a.png"]
    assert told(made) == [("image-file", "the picture a.png is damaged or cut short; it stays on the web")]


def test_an_animation_that_must_stand_still_is_told(drawn: Draw) -> None:
    """Once, though it is shown twice; one that is small enough moves on and is not told."""
    shots = [noise(300, 200, "L", seed=n).convert("P") for n in range(6)]
    large = encoded(shots[0], "GIF", save_all=True, append_images=shots[1:], duration=80, loop=0)
    disk = Disk({"large.gif": large, "small.gif": animation()})
    body = "![a](large.gif)\n\n![b](small.gif)\n\n![c](large.gif)"
    made = drawn(testing.issue(post(body), content="full"), local=disk.local, newsletter=EMBED)
    assert told(made) == [
        ("image-weight", "the picture large.gif moves and is too large for that; it goes along still")
    ]
    assert made.warnings[0].hint == "save it smaller"
    assert {p.brought for p in made.pictures} == {"posts/a.md"}


@pytest.mark.parametrize("images", ["remote", "embed"])
def test_a_cover_that_is_a_strip_is_left_out(drawn: Draw, images: str) -> None:
    """As a card's picture it would be a line, and taken for a pixel that counts readers; a high one is cropped."""
    disk = Disk(
        {
            "wide.png": encoded(Drawing.new("1", (2600, 200)), "PNG"),
            "high.png": encoded(Drawing.new("1", (100, 2000)), "PNG"),
        }
    )
    made = drawn(testing.issue(post(cover="wide.png")), local=disk.local, newsletter=replace(EMBED, images=images))
    assert tags(made) == []
    ((rule, message),) = told(made)
    assert (rule, "a strip of 2600 × 200 pixels" in message) == ("image-file", True)
    assert told(drawn(testing.issue(post(cover="high.png")), local=disk.local)) == []


def test_past_the_budget_pictures_stay_on_the_web(drawn: Draw) -> None:
    """1 MB together, in the order of the mail: what comes too late is told; without an address its words stand."""
    heavy = {f"{n}.png": encoded(noise(500, 420, seed=n), "PNG") for n in range(9)}
    body = "\n\n".join(f"![picture {n}]({n}.png)" for n in range(9))
    made = drawn(testing.issue(post(body), content="full"), local=Disk(heavy).local, newsletter=EMBED)
    inside = [t["src"].startswith("cid:") for t in tags(made)]
    assert len(inside) == 9
    assert inside[0]
    assert not inside[-1]
    assert sum(len(p.data) for p in made.pictures) <= TOGETHER
    assert len(made.pictures) == sum(inside)
    assert [rule for rule, _ in told(made)] == ["image-weight"] * inside.count(False)
    assert told(made)[0][1].endswith("does not fit any more: 1 MB of pictures go along at most; it stays on the web")
    lost = drawn(testing.issue(post(body, url=""), content="full"), local=Disk(heavy).local, newsletter=EMBED)
    assert len(tags(lost)) == len(lost.pictures) == sum(inside)
    assert ">picture 8<" in lost.html
    assert told(lost)[-1][1].endswith("its alternative text stands instead")


def test_a_file_is_read_no_more_often_than_it_must_be(drawn: Draw) -> None:
    """Once to measure it; once more for each width in which it goes along."""
    disk = Disk(DISK)
    drawn(testing.issue(post("![](photo.jpg)\n\n![](photo.jpg)", "photo.jpg"), content="full"), local=disk.local)
    assert disk.read_of == ["/site/photo.jpg"]


def test_an_editor_s_note_has_pictures_of_the_web_alone(drawn: Draw) -> None:
    """No post, and so no folder that a picture could lie in."""
    made = drawn(testing.issue(post(), intro="![a](photo.jpg)"), local=Disk(DISK).local, newsletter=EMBED)
    assert [t["src"] for t in tags(made)] == ["https://example.org/photo.jpg"]
    assert told(made) == []


@pytest.mark.parametrize(
    ("address", "domain"),
    [("news@example.org", "example.org"), (f"news@{'long.' * 8}example.org", "digest.invalid"), ("", "digest.invalid")],
)
def test_an_id_fits_on_its_line(drawn: Draw, address: str, domain: str) -> None:
    """The sender's domain where there is room for it: header lines of a part are lines of the body, of at most 76."""
    sender = Sender(address=address, unsubscribe="out@example.org")
    made = drawn(testing.issue(post(cover="photo.jpg")), local=Disk(DISK).local, newsletter=EMBED, sender=sender)
    assert made.pictures[0].id.endswith(f"@{domain}")


def test_a_browser_gets_the_pictures_in_the_page(drawn: Draw) -> None:
    """What is looked at here shows what goes along; what is on the web stays there."""
    made = drawn(
        testing.issue(post("![](https://e.org/x.png)", "photo.jpg"), content="full"),
        local=Disk(DISK).local,
        newsletter=EMBED,
    )
    html = inlined(made.html, made.pictures)
    assert "cid:" in made.html
    assert "cid:" not in html
    assert 'src="data:image/jpeg;base64,' in html
    assert 'src="https://e.org/x.png"' in html
