"""MJML: what mrml lets pass in silence is told by file and line, and what it breaks comes out whole."""

from __future__ import annotations

import re
from html import unescape

import pytest

from digest.errors import TemplateError
from digest.render import slots
from digest.render.mjml import _translated, check, compiled, place


def page(body: str, head: str = "") -> str:
    """A whole document; `body` begins on line 2."""
    return f'<mjml lang="en" dir="ltr"><mj-head>{head}</mj-head><mj-body>\n{body}\n</mj-body></mjml>'


def column(inner: str) -> str:
    """The same with `inner` in a column, from line 2."""
    return page(f"<mj-section><mj-column>{inner}</mj-column></mj-section>")


GOOD = [
    column('<mj-text color="#123456" padding="0 4px" align="left">a <b>b</b><br>c &amp; d</mj-text>'),
    column('<mj-raw><tr><td style="a:b;c:d" hidden="">x<img src="y" alt="">z</td></tr></mj-raw>'),
    column('<mj-image src="https://e.org/a.png" alt="" width="100px" href="https://e.org/" />'),
    column('<mj-button href="mailto:a@b" background-color="rgba(1, 2, 3, 0.5)">x</mj-button><mj-divider />'),
    page("<mj-wrapper><mj-section><mj-group><mj-column /></mj-group></mj-section></mj-wrapper>"
         "<mj-raw><p>x</p></mj-raw>"),
    page('<mj-section mj-class="a b" css-class="c" />', '<mj-attributes><mj-class name="a" color="red" />'
         '<mj-class name="b" padding="0" /><mj-all font-family="A" /><mj-text color="blue" /></mj-attributes>'),
    page("", "<mj-title>a &lt; b</mj-title><mj-style>a>b{c:d}@media x{e{f:g}}</mj-style>"
         "<mj-breakpoint width=\"480px\" />"),
    page("<!-- a comment -->", "<mj-raw><!--[if mso]><style>a{b:c}</style><![endif]--><meta name=\"a\" /></mj-raw>"),
]  # fmt: skip


@pytest.mark.parametrize("source", GOOD)
def test_good_mjml_passes(source: str) -> None:
    """No false alarm, and it compiles."""
    assert check(source) == []
    assert compiled(source).startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("source", "line", "rule", "message"),
    [
        (column("\n<mj-txt>a</mj-txt>"), 3, "mjml-tag", "did you mean <mj-text>"),
        (column("<mj-zzzzzz />"), 2, "mjml-tag", "no <mj-zzzzzz>"),
        (
            page("<mj-section>\n<mj-text>a</mj-text></mj-section>"),
            3,
            "mjml-nesting",
            "stands in <mj-column>, <mj-hero>",
        ),
        (page("<mj-column />"), 2, "mjml-nesting", "no place in <mj-body>"),
        ("<mj-body></mj-body>", 1, "mjml-nesting", "no place in <nothing>"),
        (page("\nstray text"), 3, "mjml-nesting", 'text "stray text" has no place in <mj-body>'),
        ("before" + page(""), 1, "mjml-nesting", "outside <mjml>"),
        (column("<p>x</p>"), 2, "mjml-nesting", "put it into mj-raw or mj-text"),
        (column('<mj-text colour="red">a</mj-text>'), 2, "mjml-attribute", "no attribute colour; did you mean color?"),
        (page('<mj-section zzz="1" />'), 2, "mjml-attribute", "no attribute zzz"),
        (column('<mj-text color="#12">a</mj-text>'), 2, "mjml-value", "no colour"),
        (column('<mj-text color="red;position:fixed">a</mj-text>'), 2, "mjml-value", "holds a semicolon"),
        (column('<mj-text color="&#34;">a</mj-text>'), 2, "mjml-value", "holds a quote"),
        (column('<mj-text padding="a b">a</mj-text>'), 2, "mjml-value", "no list of lengths"),
        (column('<mj-button href="javascript:x">a</mj-button>'), 2, "mjml-value", "no address"),
        (column("<mj-text color='red'>a</mj-text>"), 2, "mjml-value", "single quotes"),
        (column("<mj-text color=red>a</mj-text>"), 2, "mjml-value", "no quoted value"),
        (column("<mj-text><a href='x'>a</a></mj-text>"), 2, "mjml-value", "single quotes"),
        (column("<mj-text><a title='a\"b'>a</a></mj-text>"), 2, "mjml-value", "holds a quote; mrml breaks it"),
        (column("<mj-text>\n<b>x</i></mj-text>"), 3, "mjml-balance", "</i> closes nothing"),
        (column("<mj-text>x</b></mj-text>"), 2, "mjml-balance", "</b> closes nothing"),
        (column("<mj-text><b>x</mj-text>"), 2, "mjml-balance", "<b> is not closed before </mj-text>"),
        (column("<mj-text><a href=x>a</a></mj-text>"), 2, "mjml-value", "href of <a> has no quoted value"),
        (column('<mj-text><a "x">a</a></mj-text>'), 2, "mjml-value", "no quoted value"),
        (column("<mj-text><a =x>a</a></mj-text>"), 2, "mjml-value", "no quoted value"),
        (column("<mj-social><mj-raw>x</mj-raw></mj-social>"), 2, "mjml-nesting", "no place in <mj-social>"),
        (page("", "<mj-title><b>x</b></mj-title>"), 1, "mjml-nesting", "<b> has no place in <mj-title>"),
        (page("", "<mj-raw><!doctype html></mj-raw>"), 1, "mjml-ignored", "declaration"),
        (page("") + "<mjml></mjml>", 3, "mjml-nesting", "a second <mjml>"),
        (column("<mj-text>a < b</mj-text>"), 2, "mjml-balance", "write &lt;"),
        (column("<mj-text><!-- a -- b --></mj-text>"), 2, "mjml-balance", "comment"),
        ("<mjml><mj-body>", 1, "mjml-balance", "<mj-body> is never closed"),
        (page('<mj-section mj-class="gone" />'), 2, "mjml-class", '"gone" is defined nowhere'),
        (page("", "<mj-preview>x</mj-preview>"), 1, "mjml-ignored", "mj-preview"),
        (page("", '<mj-include path="x" />'), 1, "mjml-ignored", "mj-include"),
        (
            page("", '<mj-html-attributes><mj-selector path="x" /></mj-html-attributes>'),
            1,
            "mjml-ignored",
            "not understood",
        ),
        (page("", '<mj-style inline="inline">a{}</mj-style>'), 1, "mjml-ignored", "not inlined"),
        (column("<mj-text><![CDATA[x]]></mj-text>"), 2, "mjml-ignored", "CDATA"),
    ],
)
def test_what_mrml_is_silent_about(source: str, line: int, rule: str, message: str) -> None:
    """Each line: a mistake, where, the lint rule, and what is said."""
    found = [p for p in check(source) if p[1] == rule]
    assert found, check(source)
    assert found[0][0] == line
    assert message in found[0][2]


def test_a_mistake_is_told_where_it_was_written() -> None:
    """The line of the MJML leads to the template's file and line; the number of further ones is named."""
    source = column("\n<mj-txt>a</mj-txt>\n<mj-txt>b</mj-txt>")
    origin = ((1, "a.j2", 1), (3, "b.j2", 7), (5, "a.j2", 2))
    with pytest.raises(TemplateError, match=r"^b\.j2:7: mjml-tag: .* \(and 1 more\)") as caught:
        compiled(source, origin)
    assert caught.value.line == 7
    assert place((), 3) == (None, None)
    assert place(origin, 4) == ("b.j2", 7)


@pytest.mark.parametrize(
    ("said", "line"), [("position 17:35", 7), ("at 9..10", 6), ("position 0:5", 5), ("nothing", None)]
)
def test_what_mrml_says_in_octets_becomes_a_line(said: str, line: int | None) -> None:
    """Its offsets count octets, not characters: should it find what we do not, the place is told all the same."""
    source = "<mjml>\n<é>\n<mj-body>\n</mj-body>\n</mjml>"
    error = _translated(source, f"unexpected element {said}", ((1, "a.j2", 5), (2, "a.j2", 6), (3, "a.j2", 7)))
    assert (error.file, error.line) == ("a.j2", line)
    assert "cannot be compiled" in error.message


def test_what_mrml_alone_finds_is_told_too() -> None:
    """A control character stops it, and it does not say where."""
    with pytest.raises(TemplateError, match="cannot be compiled") as caught:
        compiled(column("<mj-text>\x00</mj-text>"), ((1, "a.j2", 1),))
    assert caught.value.file == "a.j2"


def test_the_title_comes_out_whole_as_a_label() -> None:
    """mrml repeats the title as an attribute and would write its combining marks and backslashes as a literal."""
    said = "عامًا \\ é"
    html = compiled(page("", head=f"<mj-title>{said}</mj-title>"))
    shown = re.findall(r'<title>(.*?)</title>|aria-label="([^"]*)"', html)
    assert [unescape("".join(x)) for x in shown] == [said, said]


def test_characters_come_out_whole() -> None:
    """Backslashes, no-break spaces, joiners, Arabic and slot marks in attributes, which mrml writes as a literal."""
    token = slots.mark(slots.Slot.TOKEN)
    said = "C:\\temp \xa0 a\u200db é عربي 日本"
    html = compiled(
        column(f'<mj-raw><tr><td title="{said}"><a href="https://e.org/u/{token}">{token} \\</a></td></tr></mj-raw>')
    )
    assert f'href="https://e.org/u/{token}"' in html
    assert f">{token} \\<" in html
    assert "\\u{" not in html
    from html import unescape

    assert f'title="{said}"' in unescape(html)


def test_no_font_is_fetched_from_anybody() -> None:
    """Not even where a list of fonts names one that MJML would load."""
    html = compiled(page("", '<mj-attributes><mj-all font-family="Roboto, Ubuntu, sans-serif" /></mj-attributes>'))
    assert "fonts.googleapis" not in html
    assert "@import" not in html
