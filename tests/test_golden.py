"""Whole messages as they arrive: each byte as it was last read by a person, and what holds for every one of them.

The bytes are what an SMTP server received from the real pipeline (EMAIL: how tests verify sent bytes). A difference is
no failure of the code by itself: `make golden` writes the messages anew, and a person reads the diff.
"""

from __future__ import annotations

import difflib
import email
import email.policy
import re
import subprocess
from collections.abc import Iterator
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.etree import ElementTree

import html5lib
import pytest

from tests.golden.issues import FOLDER, GOLDENS, Received, app_of, make, received

NAMES = sorted(GOLDENS)
every = pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.xdist_group(f"golden {name}")) for name in NAMES],  # each is sent once
)
URL = re.compile(r"(?:https?://|mailto:)\S+")
SHOWN = {  # what may stand in the body of a mail: text, tables, pictures, links
    *("html", "head", "title", "meta", "style", "body", "div", "table", "tbody", "tr", "td", "th", "span", "a", "img"),
    *("h1", "h2", "h3", "h4", "p", "ul", "ol", "li", "strong", "em", "del", "u", "sub", "sup", "code", "pre"),
    *("blockquote", "br", "mark"),
}


@cache
def arrived(name: str) -> tuple[Received, ...]:
    """What a server received for the readers of an issue: sent once for all tests of this process."""
    with TemporaryDirectory(prefix="digest-golden-") as folder:
        return received(GOLDENS[name], Path(folder))


def kept(name: str) -> bytes:
    """The message as a person read it last."""
    path = FOLDER / f"{name}.eml"
    assert path.exists(), f"{path.name} is missing: make golden"
    return path.read_bytes()


def parsed(data: bytes) -> EmailMessage:
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def part(data: bytes, kind: str) -> str:
    found = parsed(data).get_body((kind,))
    assert found is not None
    content = found.get_content()
    assert isinstance(content, str)
    return content


def tree(html: str) -> ElementTree.Element:
    parser = html5lib.HTMLParser(html5lib.getTreeBuilder("etree"), namespaceHTMLElements=False)
    root = parser.parse(html)
    assert parser.errors == []
    return root  # type: ignore[no-any-return]


def told(before: bytes, after: bytes) -> str:
    """The first lines that differ, for the message of a failure."""
    lines = difflib.unified_diff(before.decode().splitlines(), after.decode().splitlines(), "kept", "now", n=1)
    return "\n".join(list(lines)[:40])


@every
def test_a_message_is_as_it_was_last_read(name: str) -> None:
    """Byte for byte; where the change is wanted, `make golden` writes it anew and the diff is read."""
    before, now = kept(name), arrived(name)[0].data
    assert before == now, f"{name}.eml differs from what is sent now: make golden, and read the diff\n" + told(
        before, now
    )


def test_no_message_is_left_over() -> None:
    """Each file stands for an issue."""
    assert sorted(p.stem for p in FOLDER.glob("*.eml")) == NAMES


@every
def test_the_bytes_are_fit_for_any_relay(name: str) -> None:
    """CRLF alone, ASCII alone; body lines of at most 76 octets, header lines of 78 unless there is no place to fold."""
    for message in arrived(name):
        data = message.data
        assert data.isascii()
        assert b"\n" not in data.replace(b"\r\n", b"")
        assert b"\r" not in data.replace(b"\r\n", b"")
        head, _, body = data.partition(b"\r\n\r\n")
        assert not [line for line in head.split(b"\r\n") if len(line) > 78 and b" " in line.partition(b" ")[2]]
        assert max(len(line) for line in head.split(b"\r\n")) <= 998
        assert max(len(line) for line in body.split(b"\r\n")) <= 76


@every
def test_a_parser_finds_no_defect(name: str) -> None:
    """No defect in the message, a part or a header value; each header once; one From, and To is the envelope's."""
    for got in arrived(name):
        message = parsed(got.data)
        for piece in message.walk():
            assert not piece.defects
            for field, value in piece.items():
                assert not value.defects, (field, value.defects)
        fields = [field.lower() for field in message]
        assert len(fields) == len(set(fields))
        assert [a.addr_spec for a in message["From"].addresses] == ["news@example.org"]
        assert [a.addr_spec for a in message["To"].addresses] == [got.rcpt_to]
        assert [p.get_content_type() for p in message.iter_parts()] == ["text/plain", "text/html"]


@every
def test_two_readers_differ_in_their_slots_alone(name: str) -> None:
    """Address, token, Message-ID and return path are one reader's own; every other byte is the same."""
    one, other = arrived(name)[:2]
    assert one.token != other.token
    assert one.mail_from != other.mail_from

    def without_reader(got: Received) -> bytes:
        identity = str(parsed(got.data)["Message-ID"]).strip("<>").partition("@")[0]
        data = got.data
        for own, sign in ((got.rcpt_to, b"ADDRESS"), (got.token, b"TOKEN"), (identity, b"IDENTITY")):
            assert own.encode() in data
            data = data.replace(own.encode(), sign)
        return data

    assert without_reader(one) == without_reader(other)
    for mine, other_data in ((one, other.data), (other, one.data)):
        assert mine.rcpt_to.encode() not in other_data
        assert mine.token.encode() not in other_data


@every
def test_both_parts_hold_the_same_links(name: str) -> None:
    """A reader of the text misses no link, and one of the page none that the text has."""
    data = arrived(name)[0].data
    root, text = tree(part(data, "html")), part(data, "plain")
    links = {a.get("href", "") for a in root.iter("a")}
    in_text = set(URL.findall(text))
    assert links - in_text == set()
    shown = "".join(t for t in root.itertext() if t)
    assert {url for url in in_text - links if url not in shown} == set()
    assert all(re.fullmatch(r"(https://|mailto:)\S+", link) for link in links), links


@every
def test_the_page_is_sound_html_of_known_elements(name: str) -> None:
    """A strict parser is content, and nothing is in it but what mail clients show."""
    html = part(arrived(name)[0].data, "html")
    assert not re.search(r'="[^"]*(\\u\{|\\")', html), "mrml wrote an attribute as a Rust literal"
    root = tree(html)
    elements = [e for e in root.iter() if isinstance(e.tag, str)]
    assert {e.tag for e in elements} <= SHOWN
    assert not [k for e in elements for k in e.attrib if k.startswith("on")]
    assert all(img.get("alt") is not None and img.get("width") for img in root.iter("img"))
    assert len(list(root.iter("h1"))) == 1


@every
def test_the_text_part_is_narrow_and_free_of_markup(name: str) -> None:
    """72 columns but for addresses and words that cannot be broken; no slot mark is left in either part."""
    data = arrived(name)[0].data
    text = part(data, "plain")
    if "text_width = 0" not in GOLDENS[name].newsletter:
        assert not [line for line in text.splitlines() if len(line) > 72 and " " in line.strip()]
    for content in (text, part(data, "html")):
        assert not re.search("[\ufdd0-\ufdef\ufffd]", content)
    assert not re.search(r"</?(p|div|table|td|a|strong)\b|&(amp|nbsp|#\d+);|\]\(", text)


@every
def test_the_preflight_finds_no_error(name: str, tmp_path: Path) -> None:
    """`digest check` has nothing grave to say of any of them, whatever their posts hold."""
    found = app_of(make(GOLDENS[name], tmp_path)).check("weekly").findings
    assert [f for f in found if f.severity == "error"] == []


def test_what_a_title_holds_is_text_and_runs_nowhere() -> None:
    """Markup, template code and encoded words in a title are shown as they were written, in both parts."""
    data = arrived("long-titles")[0].data
    title = 'Signs: <b>bold</b> & "quoted" {{ 7*7 }} {% raw %} </mj-text> =?utf-8?q?x?='
    shown = " ".join("".join(tree(part(data, "html")).itertext()).split())
    assert title in shown
    assert title in " ".join(part(data, "plain").split())
    assert "49" not in shown


def test_right_to_left_is_said_where_it_matters() -> None:
    """Language and direction of the page, and of a post that is written in another language."""
    root = tree(part(arrived("right-to-left")[0].data, "html"))
    assert (root.get("lang"), root.get("dir")) == ("ar", "rtl")
    spoken = {e.get("lang"): e.get("dir") for e in root.iter() if e.get("lang") in ("he", "en")}
    assert spoken == {"he": "rtl", "en": "ltr"}
    assert parsed(arrived("right-to-left")[0].data)["Content-Language"] == "ar"


def test_topics_leave_a_reader_their_posts_alone() -> None:
    """Who chose a topic gets its posts and no other; who chose none gets all; the subject follows."""
    maps, _, all_of_it = (m.data for m in arrived("topics"))
    assert "Drawing contours" in part(maps, "plain")
    assert "eleven years" not in part(maps, "plain")
    assert "eleven years" not in str(parsed(maps)["Subject"])
    assert "eleven years" in part(all_of_it, "plain")


def test_thirty_posts_stay_below_the_limit_where_mails_are_cut() -> None:
    """Gmail cuts at about 102 KB of HTML; 80 KB is the goal, the ways out included, and no post is lost."""
    html = part(arrived("thirty-posts")[0].data, "html")
    assert len(html.encode()) <= 80_000
    assert all(f"/post-{n:02}/" in html for n in range(30))


@pytest.mark.spamassassin
def test_no_filter_counts_a_point_against_them(spamassassin: str) -> None:
    """SpamAssassin gives no message more than 0 points."""
    box = b"".join(
        b"From news@example.org Fri Nov 27 09:00:00 2026\n" + arrived(name)[0].data.replace(b"\r\n", b"\n") + b"\n"
        for name in NAMES
    )
    done = subprocess.run([spamassassin, "-L", "-t", "--mbox"], input=box, capture_output=True, timeout=120, check=True)
    scores = re.findall(rb"(?m)^X-Spam-Status: \w+, score=(-?[\d.]+)\s[\s\S]*?tests=([\s\S]*?) autolearn", done.stdout)
    assert len(scores) == len(NAMES)
    assert [(name, *score) for name, score in zip(NAMES, scores, strict=True) if float(score[0]) > 0] == []


# ------------------------------------------------------------------------------------------------ in a browser

WIDTHS = (320, 375, 640, 1200)
STYLE = re.compile(r"<style\b.*?</style>", re.DOTALL)
PICTURE = (Path(__file__).parents[1] / "examples" / "posts" / "images" / "map.png").read_bytes()
TOO_WIDE = """() => {
  const wide = document.documentElement.scrollWidth, room = window.innerWidth;
  if (wide <= room) return null;
  const far = [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > room + 1
    || e.getBoundingClientRect().left < -1);
  return `${wide} > ${room}: ` + far.slice(-3).map(e => e.outerHTML.slice(0, 120)).join(' | ');
}"""
# A link that stands by itself (a button, a line of the footer) is a target of 44 px; one in running text is exempt.
SMALL = """() => [...document.querySelectorAll('a')].filter(a => {
  const around = [...a.parentElement.childNodes].filter(n => n !== a).map(n => n.textContent).join('').trim();
  const box = a.getBoundingClientRect();
  return !around && !a.closest('h1, h2, h3') && !a.querySelector('img') && box.height && Math.max(box.height,
    a.parentElement.getBoundingClientRect().height) < 44;
}).map(a => a.outerHTML.slice(0, 160))"""


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    """One browser for all tests of this module."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield launched
        launched.close()


def overflows(page: Any, html: str, schemes: tuple[str, ...] = ("light", "dark")) -> Iterator[str]:
    """Where the page must be moved sideways to be read, at each width, light and dark."""
    page.set_content(html, wait_until="load")
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            wrong = page.evaluate(TOO_WIDE)
            if wrong:
                yield f"{scheme} {width}: {wrong}"


@pytest.mark.browser
@every
def test_nothing_must_be_moved_sideways(browser: Any, name: str) -> None:
    """320 to 1200 px, light and dark, with pictures, without them, and with every <style> taken away; and nothing is
    asked for but the pictures that a post names."""
    html = part(arrived(name)[0].data, "html")
    asked: list[tuple[str, str]] = []
    with browser.new_context(java_script_enabled=True) as context:
        page = context.new_page()

        def answer(route: Any) -> None:
            asked.append((route.request.resource_type, route.request.url))
            route.fulfill(body=PICTURE, content_type="image/png")

        page.route(re.compile("^https?:"), answer)
        assert list(overflows(page, html)) == []
        assert list(overflows(page, STYLE.sub("", html), ("light",))) == []
        assert {kind for kind, _ in asked} <= {"image"}
        assert all(url.startswith("https://example.org/") for _, url in asked)
        page.unroute_all()
        page.route(re.compile("^https?:"), lambda route: route.abort())
        assert list(overflows(page, html, ("light",))) == []


@pytest.mark.browser
@every
def test_what_is_tapped_is_large_enough(browser: Any, name: str) -> None:
    """Buttons and the links of the footer are 44 px high on a telephone."""
    with browser.new_context(viewport={"width": 375, "height": 800}) as context:
        page = context.new_page()
        page.route(re.compile("^https?:"), lambda route: route.abort())
        page.set_content(part(arrived(name)[0].data, "html"), wait_until="load")
        assert page.evaluate(SMALL) == []
