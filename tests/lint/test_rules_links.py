"""Links and pictures: what each rule leaves alone, and the defect that it is there for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from digest.model import Finding, Image, Picture, Proof
from digest.settings import Public, Site
from digest.testing import post

Seeded = Callable[..., Proof]
Found = Callable[[str, Proof], list[Finding]]
END = "</td></tr></table></div></body></html>"
COVER = '<img src="https://example.org/covers/folders.png" alt="A hill in the sun" width="600" height="300"'


def added(html: str) -> dict[str, Any]:
    """A defect that stands at the end of the page."""
    return {"html": [(END, html + END)]}


def link(href: str, words: str = "a good page about it") -> dict[str, Any]:
    return added(f'<p><a href="{href}" style="color:#1c1d1f">{words}</a></p>')


def image(more: str) -> dict[str, Any]:
    return {"html": [(COVER, f"<img {more}")]}


BODY = {"posts": (post("posts/folders.md", url="https://example.org/blog/folders/", body_line=7),)}


def brought(text: str, **defect: Any) -> dict[str, Any]:
    """A defect that a post brings: its text holds it on the third line of its body."""
    posts = (post("posts/folders.md", url="https://example.org/blog/folders/", body=f"One.\n\n{text}\n", body_line=7),)
    return {"posts": posts, **defect}


QUIET = [
    ("alt", image('src="https://example.org/a.png" alt="" width="600"')),
    ("alt-poor", image('src="https://example.org/a.png" alt="" width="600"')),
    ("alt-poor", image('src="https://example.org/a.png" alt="How image.png came to be" width="600"')),
    ("alt-poor", image('src="https://example.org/a.png" alt="Version 2.0 of it" width="600"')),
    ("link-empty", added('<a name="top"></a>')),
    ("link-empty", added('<a href="https://example.org/" aria-hidden="true" tabindex="-1"><img src="x" alt=""></a>')),
    ("link-empty", added('<a href="https://example.org/" aria-label="Home"></a>')),
    ("link-empty", added('<a href="https://example.org/"><img src="x" alt="Home"></a>')),
    ("link-empty", added('<a href="https://example.org/" title="Home">&nbsp;</a>')),
    ("link-vague", added('<a href="https://example.org/" aria-label="Read more: About maps">Read more</a>')),
    ("link-vague", link("https://example.org/", "here and there")),
    ("link-mismatch", link("https://example.org/blog/", "https://www.example.org/")),
    ("link-mismatch", link("https://example.org/blog/", "blog.example.org/x")),
    ("link-mismatch", link("https://example.com/", "Node.js")),
    ("link-mismatch", link("https://example.com/", "see https://example.org/ for it")),
    ("link-mismatch", link("mailto:me@example.com", "https://example.org/")),
    ("link-mismatch", link("https://bbc.co.uk/", "news.bbc.co.uk/x")),
    ("link-scheme", link("tel:+431234567")),
    ("link-scheme", link("")),
    ("link-shortener", link("https://not-bit.ly/x")),
    ("link-homograph", link("https://xn--bcher-kva.example/")),
    ("link-homograph", link("https://пример.example/")),
    ("link-homograph", link("https://xn--zzzzzz-9999999.example/")),
    ("image-scheme", image('src="cid:logo@example.org" alt="" width="60"')),
    ("image-scheme", image('src="data:image/png;base64,AAAA" alt="" width="60"')),
    ("image-width", image('src="https://example.org/a.png" alt="" width="100%"')),
    ("image-format", image('src="https://example.org/a.png?as=a.svg" alt="" width="60"')),
    ("image-format", image('src="https://[half/a.svg" alt="" width="60"')),
    ("image-ratio", {"html": [(f"{COVER}", '<p class="x" style=""><i ')]}),
    ("tracking", image('src="https://example.org/a.png" alt="" width="3" style="width:100%;height:auto"')),
    ("tracking", link("mailto:editors@example.org?body=reader@example.net")),
    ("third-party-asset", image('src="https://cdn.example.org/a.png" alt="" width="60"')),
    ("third-party-asset", image('src="https://tools.example.com/a.png" alt="" width="60"')),
    ("third-party-asset", image('src="data:image/png;base64,AAAA" alt="" width="60"')),
    ("element-unsafe", added("<p>&lt;script&gt; and onclick=x</p>")),
]

DEFECTS = [
    ("alt", image('src="https://example.org/a.png" width="600"'), "error", "https://example.org/a.png has no alt"),
    ("alt", image('width="600"'), "error", "the picture (no src) has no alt"),
    ("alt-poor", image('src="x" alt="IMG_2041.JPG" width="600"'), "warning", "is a file name"),
    ("alt-poor", image('src="x" alt="Image 3" width="600"'), "warning", "says nothing"),
    ("alt-poor", image(f'src="x" alt="{"long " * 31}" width="600"'), "warning", "over 150 characters"),
    ("link-empty", added('<a href="https://example.org/x"> </a>'), "error", "https://example.org/x has no words"),
    ("link-empty", added('<a href="">&#8203;</a>'), "error", "(nothing) has no words"),
    ("link-empty", added('<a href="https://example.org/x"><img src="x" alt=""></a>'), "error", "has no words"),
    ("link-vague", link("https://example.org/x", "Read more →"), "warning", "https://example.org/x"),
    ("link-vague", link("https://example.org/x", "hier klicken"), "warning", "hier klicken"),
    ("link-mismatch", link("https://evil.test/", "https://example.org/login"), "error", "opens evil.test"),
    ("link-mismatch", link("https://evil.test/", "www.example.org"), "error", "says www.example.org"),
    ("link-mismatch", link("https://evil.test/", "example.org/login"), "error", "opens evil.test"),
    ("link-scheme", link("/about/"), "error", "relative"),
    ("link-scheme", link("#top"), "error", "points into the mail itself"),
    ("link-scheme", link("http://other.example/"), "error", "is http"),
    ("link-scheme", link("http://example.org/old/"), "warning", "is http"),
    ("link-scheme", link("javascript:alert(1)"), "error", "has the scheme javascript:"),
    ("link-scheme", link("https://localhost:1313/x/"), "error", "opens only on this machine"),
    ("link-scheme", link("http://192.168.0.7/x"), "error", "opens only on this machine"),
    ("link-scheme", link("https://build.internal/x"), "error", "opens only on this machine"),
    ("link-scheme", link("https://[half"), "error", "relative"),
    ("link-shortener", link("https://bit.ly/3abc"), "warning", "https://bit.ly/3abc"),
    ("link-homograph", link("https://pаypal.example/"), "warning", "mixes letters"),
    ("link-homograph", link("https://xn--pypal-4ve.example/"), "warning", "mixes letters"),
    ("image-scheme", image('src="http://example.org/a.png" alt="" width="60"'), "error", "is not an https address"),
    ("image-scheme", image('src="/a.png" alt="" width="60"'), "error", "is not an https address"),
    ("image-scheme", image('alt="" width="60"'), "error", "(no src)"),
    ("image-scheme", image('src="https://127.0.0.1/a.png" alt=""'), "error", "on this machine alone"),
    ("image-width", image('src="https://example.org/a.png" alt="" style="width:60px"'), "error", "no width attribute"),
    ("image-data", image('src=" data:image/png;base64,AAAA" alt="" width="60"'), "error", "(data:)"),
    ("image-format", image('src="https://example.org/a.svg?x" alt="" width="60"'), "error", "is SVG"),
    ("image-format", image('src="https://example.org/a.WEBP" alt="" width="60"'), "warning", "is WEBP"),
    ("image-ratio", added('<img src="https://example.org/b.png" alt="" width="9">' * 2), "warning", "3 pictures"),
    ("tracking", image('src="https://example.org/o.gif" alt="" width="1" height="1"'), "error", "a tracking pixel"),
    ("tracking", image('src="https://example.org/o.gif" alt="" style="width:2px;height:40px"'), "error", "pixel"),
    ("tracking", image('src="https://example.org/o.gif" alt="" style="display:none"'), "error", "pixel"),
    (
        "tracking",
        image('src="https://example.org/o.gif?r=READER@example.net" alt="" width="60"'),
        "error",
        "tells who opens",
    ),
    ("tracking", link("https://example.org/?r=wbzstfr2u6hn5y3jufd5bcxe4y"), "error", "tells who follows"),
    ("third-party-asset", image('src="https://img.example.net/f.png" alt="" width="9"'), "error", "img.example.net"),
    ("element-unsafe", added("<form action=x>go</form>"), "error", "<form> has no place"),
    ("element-unsafe", added('<p onclick="x()">go</p>'), "error", "<p onclick=…> would run a script"),
]

BROUGHT = [
    (
        "alt-poor",
        "![photo](https://example.org/p.png)",
        image('src="https://example.org/p.png" alt="photo"'),
        "warning",
    ),
    ("link-vague", "[here](https://example.com/x)", link("https://example.com/x", "here"), "info"),
    ("link-empty", "[](https://example.com/x)", link("https://example.com/x", ""), "warning"),
    ("link-mismatch", "<https://evil.test/>", link("https://evil.test/", "https://example.org/"), "warning"),
    ("link-scheme", "[old](http://example.com/x)", link("http://example.com/x"), "warning"),
    ("link-scheme", "See http://old.example.net.", link("http://old.example.net/"), "warning"),
    ("link-scheme", "See old.example.net.", link("http://old.example.net/"), "warning"),
    ("link-scheme", "[x](http://e.example/größe)", link("http://e.example/gr%C3%B6%C3%9Fe"), "warning"),
    ("heading-order", "#### Deep", added("<h2>x</h2><h4>Deep</h4>"), "info"),
    ("link-scheme", "[mine](http://192.168.0.7/x)", link("http://192.168.0.7/x"), "warning"),
    ("image-format", "![](img/flow.svg)", image('src="https://example.org/blog/img/flow.svg" alt=""'), "warning"),
    ("third-party-asset", "![](https://img.example.net/f.png)", image('src="https://img.example.net/f.png"'), None),
]


@pytest.mark.parametrize(("rule", "defect"), QUIET, ids=lambda v: v if isinstance(v, str) else "")
def test_what_is_right_is_not_blamed(rule: str, defect: dict[str, Any], seeded: Seeded, found: Found) -> None:
    """Near misses: what looks like the defect and is none."""
    assert found(rule, seeded(**defect)) == []


@pytest.mark.parametrize(("rule", "defect", "severity", "words"), DEFECTS)
def test_a_defect_is_found(
    rule: str, defect: dict[str, Any], severity: str, words: str, seeded: Seeded, found: Found
) -> None:
    """Once, with its severity, naming the thing."""
    (finding,) = found(rule, seeded(**defect))
    assert finding.severity == severity
    assert words in finding.message


@pytest.mark.parametrize(("rule", "text", "defect", "severity"), BROUGHT)
def test_what_a_post_brings_is_no_error(
    rule: str, text: str, defect: dict[str, Any], severity: str | None, seeded: Seeded, found: Found
) -> None:
    """It is told with the post's path and line, and stops nothing."""
    told = found(rule, seeded(**brought(text, **defect)))
    assert [(f.severity, f.file, f.line, f.part) for f in told] == (
        [(severity, "posts/folders.md", 9, "posts")] if severity else []
    )


def test_the_editors_note_is_blamed_by_its_file(seeded: Seeded, found: Found) -> None:
    """The intro's own file and line, where a link of it is meant."""
    issue = {"intro": "Hello.\n\n[old](http://example.com/x)", "intro_file": "issues/w.md", "intro_line": 6}
    (finding,) = found("link-scheme", seeded(issue=issue, **link("http://example.com/x")))
    assert (finding.severity, finding.file, finding.line) == ("warning", "issues/w.md", 8)


def test_a_template_is_blamed_by_file_and_line(seeded: Seeded, found: Found) -> None:
    """Through the MJML and its map: the n-th of equal tags is the n-th in the template."""
    proof = seeded(html=[(COVER, '<img width="600"'), ('<h3 class="i"', '<img width="600"><h3 class="i"')])
    told = found("alt", proof)
    assert [(f.file, f.line, f.part) for f in told] == [
        ("default/parts/lead.j2", 3, "mjml"),
        ("default/parts/lead.j2", 3, "mjml"),
    ]
    first = seeded(html=[("<body", '<img width="600"><body')])
    assert [(f.file, f.line) for f in found("alt", first)] == [("default/issue.mjml.j2", 1)]


def test_a_frozen_issue_has_no_map(seeded: Seeded, found: Found) -> None:
    """Without the map a finding names the part alone; so does an element that MJML itself made."""
    proof = seeded(html=[(COVER, '<img width="600"')], rendered={"mjml_origin": ()})
    assert [(f.file, f.line, f.part) for f in found("alt", proof)] == [("", None, "html")]
    proof = seeded(html=[(COVER, '<img width="600"')], rendered={"mjml": "<mjml></mjml>"})
    assert [(f.file, f.line, f.part) for f in found("alt", proof)] == [("", None, "html")]


def test_a_rehearsal_on_loopback_is_warned_of(seeded: Seeded, found: Found) -> None:
    """A demo's public pages on this machine are told, not refused; the mailbox's reader cannot open them."""
    proof = seeded(config={"public": Public(url="http://127.0.0.1:8000")}, **link("http://127.0.0.1:8000/u/x"))
    assert [f.severity for f in found("link-scheme", proof)] == ["warning"]
    proof = seeded(config={"site": Site(url="http://localhost:1313")}, **link("http://localhost:1313/x"))
    assert [f.severity for f in found("link-scheme", proof)] == ["warning"]


def test_a_picture_of_a_post_may_be_anywhere(seeded: Seeded, found: Found) -> None:
    """A cover from another host is the post's own choice."""
    posts = (post("posts/folders.md", image=Image(url="https://pictures.example.net/x.webp")),)
    proof = seeded(posts=posts, **image('src="https://pictures.example.net/x.webp" alt="" width="60"'))
    assert found("third-party-asset", proof) == []
    assert [(f.severity, f.file) for f in found("image-format", proof)] == [("warning", "posts/folders.md")]


def test_a_picture_that_goes_along_is_its_post_s(seeded: Seeded, found: Found) -> None:
    """Whatever a rule has against it is told of the post that brought it, and is no error."""
    shown = image('src="cid:ab@example.org" alt="" width="2"')
    pictures = (Picture(id="ab@example.org", kind="image/png", data=b"", brought="posts/maps.md"),)
    for known, file in ((pictures, "posts/maps.md"), ((), "")):
        (finding,) = found("tracking", seeded(**{**shown, "rendered": {"pictures": known}}))
        assert (finding.severity, finding.file, finding.part) == ("warning", file, "posts")


def test_a_way_out_of_another_look_is_no_tracking(seeded: Seeded, found: Found) -> None:
    """Unsubscribe and preferences carry the token by right; a preview's own has none."""
    assert found("tracking", seeded(token="")) == []
