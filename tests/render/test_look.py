"""The page to look at and to keep: all of the mail is in it, nothing in it runs, a simulation is called one."""

from __future__ import annotations

import hashlib
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import html5lib
import pytest

from digest import testing
from digest.model import Finding, Issue
from digest.render.look import LARGEST, Kept, page, with_local_pictures

HTML = (
    '<!doctype html><html lang="en"><head><meta name="color-scheme" content="light dark">'
    '<meta name="supported-color-schemes" content="light dark"><style>:root{color-scheme:light dark;'
    "supported-color-schemes:light dark}@media (prefers-color-scheme:dark){p{color:#fff}}"
    "@media ( prefers-color-scheme : light ){p{color:#000}}</style></head><body><h1>Example Weekly</h1>"
    '<img src="https://example.org/a.png?x=1&amp;y=2" alt="A hill"><p>Words.</p></body></html>'
)
HEADERS = (
    ("From", "Example Weekly <news@example.org>"),
    ("Reply-To", "editors@example.org"),
    ("List-Id", "Example Weekly <weekly.example.org>"),
    ("List-Unsubscribe", "<https://news.example.org/u/t>, <mailto:out@example.org?subject=unsubscribe%20t>"),
    ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    ("Content-Language", "en"),
)
FINDING = Finding(
    rule="alt-poor",
    severity="warning",
    message="the alt <b> is odd",
    file="posts/a.md",
    line=4,
    hint="say what it shows",
)


def kept(**fields: Any) -> Kept:
    defaults: dict[str, Any] = {
        "html": HTML,
        "text": "EXAMPLE WEEKLY\n\n<Words> & more.\n",
        "headers": HEADERS,
        "data": b"Subject: x\r\n\r\nx",
        "findings": (FINDING,),
        "postal_address": "Example Weekly, 1 Example Street",
    }
    return Kept(**(defaults | fields))


def shown(issue: Issue | None = None, variant: dict[str, Any] | None = None, **fields: Any) -> str:
    return page(issue or testing.issue(), testing.rendered(**(variant or {})), kept(**fields))


def words(html: str) -> str:
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    return " ".join("".join(tree.itertext()).split())


def frames(html: str) -> list[str]:
    """What stands in the frames, in order."""
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    return [frame.get("srcdoc") for frame in tree.iter("iframe")]


def test_nothing_in_it_runs_or_is_someone_else_s_markup() -> None:
    """No script, no handler, no address that is a script; a title is text, whatever it holds."""
    evil = testing.post(
        "posts/evil.md", title="</title><script>x()</script>", url="javascript:alert(1)", author='"><img onerror=x>'
    )
    html = shown(
        testing.issue(evil), {"subject": "<script>s()</script>", "preheader": "<i>p</i>"}, text="</pre><script>t()"
    )
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree = parser.parse(html)
    assert parser.errors == []
    assert not list(tree.iter("script"))
    assert not [k for e in tree.iter() if isinstance(e.tag, str) for k in e.attrib if k.startswith("on")]
    assert all(a.get("href").startswith("https://") for a in tree.iter("a"))
    assert "<script>x()</script>" in words(html)
    assert {f.get("sandbox") for f in tree.iter("iframe")} == {
        "allow-same-origin allow-popups allow-popups-to-escape-sandbox"
    }
    assert "default-src 'none'" in html


def test_all_that_a_lawyer_asks_is_in_it() -> None:
    """Who sends, how to leave, what was in it, what was found, which file it was."""
    data = b"Subject: x\r\n\r\nthe very bytes"
    told = words(shown(variant={"preheader": "About b"}, data=data))
    for wanted in (
        "About a, and 2 more",
        "About b",
        "Example Weekly <news@example.org>",
        "editors@example.org",
        "<https://news.example.org/u/t>, <mailto:out@example.org?subject=unsubscribe%20t>",
        "List-Unsubscribe=One-Click",
        "Example Weekly, 1 Example Street",
        hashlib.sha256(data).hexdigest(),
        "https://example.org/blog/b/",
        "posts/c.md",
        "the alt <b> is odd",
        "alt-poor · posts/a.md:4",
        "say what it shows",
        "<Words> & more.",
        f"{len(HTML.encode()):,} octets",
        "number 48",
    ):
        assert wanted in told, wanted


def test_dark_is_a_rewritten_copy_and_called_a_simulation() -> None:
    """Two frames light, two dark, whatever the reader's system says; the mail itself is not changed."""
    html = shown()
    light, light_too, dark, dark_too = frames(html)
    assert (light, dark) == (light_too, dark_too)
    for frame, scheme, other in ((light, "light", "dark"), (dark, "dark", "light")):
        assert "prefers-color-scheme" not in frame
        assert f'name="color-scheme" content="{scheme}"' in frame
        assert f"color-scheme:{scheme};" in frame
        assert f"supported-color-schemes:{scheme}}}" in frame
        assert other not in frame.replace(f"{scheme}", "")
        assert '<base target="_blank">' in frame
    assert "@media (min-width:0px){p{color:#fff}}" in dark
    assert "@media (max-width:0px){p{color:#fff}}" in light
    assert "This is a simulation" in words(html)


def test_headings_lead_through_it() -> None:
    """One h1, each section named by its h2, no level left out, each frame with a title of its own."""
    tree = html5lib.parse(shown(), namespaceHTMLElements=False)
    levels = [int(e.tag[1]) for e in tree.iter() if isinstance(e.tag, str) and re.fullmatch("h[1-6]", e.tag)]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = {e.get("id") for e in tree.iter("h2")}
    assert {s.get("aria-labelledby") for s in tree.iter("section")} == ids
    titles = [f.get("title") for f in tree.iter("iframe")]
    assert len(set(titles)) == 4


def test_an_issue_without_posts_findings_or_address_says_so() -> None:
    """Nothing is left blank."""
    told = words(shown(testing.issue(lead=None, groups=(), revision=2), findings=(), postal_address=""))
    assert "There is none: the mail is the editor's text." in told
    assert "Nothing: it is fit to send." in told
    assert "Postal addressnone" in told.replace(" none", "none")
    assert "revision 2" in told


def test_pictures_of_this_machine_are_in_it(tmp_path: Path) -> None:
    """As data, where they lie here; others keep their address, and so do those that are too heavy."""
    picture = tmp_path / "a.png"
    picture.write_bytes(b"picture")
    address = "https://example.org/a.png?x=1&y=2"
    assert 'src="data:image/png;base64,cGljdHVyZQ=="' in with_local_pictures(HTML, {address: str(picture)})
    assert with_local_pictures(HTML, {address: str(tmp_path / "gone.png")}) == HTML
    assert with_local_pictures(HTML, {}) == HTML
    picture.write_bytes(b"x" * (LARGEST + 1))
    assert with_local_pictures(HTML, {address: str(picture)}) == HTML


def test_all_pictures_together_have_a_limit(tmp_path: Path) -> None:
    """The page stays a page that can be mailed."""
    html, local = "", {}
    for n in range(8):
        (tmp_path / f"{n}.bin").write_bytes(b"x" * LARGEST)
        local[f"https://example.org/{n}"] = str(tmp_path / f"{n}.bin")
        html += f'<img src="https://example.org/{n}">'
    made = with_local_pictures(html, local)
    assert made.count("data:application/octet-stream") == 4
    assert made.count("https://example.org/") == 4


@pytest.mark.parametrize(("language", "lang"), [("ar", "ar"), ("de-AT", "de-AT")])
def test_the_mail_s_own_words_carry_its_language(language: str, lang: str) -> None:
    """The page is English; subject, titles and text are the mail's."""
    tree = html5lib.parse(shown(variant={"language": language}), namespaceHTMLElements=False)
    assert tree.get("lang") == "en"
    assert {tree.find(".//h1").get("lang"), tree.find(".//pre").get("lang")} == {lang}
    assert tree.find(".//h1").get("dir") == "auto"
