"""The page: structure, styles, colours, words that are hidden. Near misses, and each rule's defect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from digest.model import Finding, Proof
from digest.testing import post

Seeded = Callable[..., Proof]
Found = Callable[[str, Proof], list[Finding]]
END = "</td></tr></table></div></body></html>"
PREHEADER = "Drawing contour maps · Eleven years of posts moved into a folder"
UNSHOWN = "Something that stands in the excerpt of the post alone"
LONG = "words that go on and on " * 8
DARK = "@media (prefers-color-scheme:dark){"
FAINT = '<td bgcolor="#eeeeee"><b style="font-size:16px;color:rgb(150,150,150)">faint</b></td>'
RTL = {"rendered": {"language": "ar"}}


def added(html: str) -> dict[str, Any]:
    return {"html": [(END, html + END)]}


def style(css: str) -> dict[str, Any]:
    return {"html": [("</head>", f"<style>{css}</style></head>")]}


def preheader(words: str) -> dict[str, Any]:
    return {"html": [(PREHEADER, words)]}


def imported(sheet: str) -> dict[str, Any]:
    return {"html": [("</head>", f'<style media="screen">@import "{sheet}";</style></head>')]}


def table_of(cells: str) -> dict[str, Any]:
    return {
        "posts": (post("posts/folders.md", body="number one, number two"),),
        **added(f"<table><tr>{cells}</tr></table>"),
    }


QUIET = [
    ("preheader", preheader(f"{PREHEADER}&#847;&zwnj;&nbsp;")),
    ("preheader", {"rendered": {"posts": ("a",)}, **preheader("Drawing contour maps")}),
    ("preheader", preheader("Eleven years of posts moved into a folder of plain te…")),
    ("preheader", {"posts": (post("a.md", excerpt=UNSHOWN),), **preheader(UNSHOWN)}),
    ("clip", added("x" * 1000)),
    ("style-size", style("/* x */" * 100)),
    ("style-nested", style("@media screen{p{margin:0}}@media print{p{margin:0}}")),
    ("important-space", style("p{margin:0 !important;color:red}")),
    ("hidden-content", added('<p style="font-size:0;line-height:0">&nbsp; &#8203;</p>')),
    ("hidden-content", added('<div style="display:none"><p style="margin:0"> </p></div>')),
    ("hidden-content", added('<p style="color:#ffffff;background:url(x.png)">on a picture</p>')),
    ("html-invalid", added("<ul><li>one<li>two</ul><p>one<p>two<br/>")),
    ("html-invalid", added("<!--[if mso]><table><tr><td><![endif]-->x<!--[if mso]></td></tr></table><![endif]-->")),
    ("lang", {"html": [('lang="en"', 'lang="EN"')]}),
    ("lang", {"headers": {"Content-Language": None}}),
    (
        "direction",
        added('<table role="presentation" lang="ar" dir="rtl"><tr><td style="direction:rtl">x</td></tr></table>'),
    ),
    ("direction", {**RTL, "html": [('dir="ltr"', 'dir="rtl"'), ("direction:ltr", "direction:rtl")]}),
    ("direction", {"html": [(' dir="ltr"', "")]}),
    ("heading-order", added("<h4>deeper</h4><h2>up again</h2>")),
    ("heading-order", {"html": [("<h1", "<h3"), ("</h1>", "</h3>"), ("<h2", "<h4"), ("</h2>", "</h4>")]}),
    ("table-role", added("<table><tr><th scope=col>a</th></tr><tr><td>1</td></tr></table>")),
    ("table-role", added("<table><caption>sums</caption><tr><td>1</td></tr></table>")),
    ("table-role", added('<table role="none"><tr><td><table><tr><th>a</th></tr></table></td></tr></table>')),
    ("table-role", table_of("<td>number one</td><td>number two</td>")),
    ("font-small", added('<p style="font-size:13px">FIELD NOTES</p>')),
    ("font-small", added('<p style="font-size:16px">x<sup style="font-size:9px">2</sup></p>')),
    ("font-small", added('<p style="font-size:small">words</p>')),
    ("font-small", added('<p style="font-size:1em">words <span style="font:13px Georgia">label</span></p>')),
    ("line-tight", added(f'<h3 style="line-height:1.1">{LONG}</h3>')),
    ("line-tight", added(f'<pre style="line-height:1.2">{LONG}</pre>')),
    ("line-tight", added('<p style="font:16px/18px Georgia">short</p>')),
    ("line-tight", added(f'<p style="line-height:normal">{LONG}</p>')),
    ("contrast", added('<p style="color:var(--x)">unknown</p>')),
    ("contrast", added('<p style="color:#999;background-color:rgba(0,0,0,.5)">unknown</p>')),
    ("contrast", added('<p style="color:#8a8a8a;font:700 19px Georgia;background-color:#ffffff">large</p>')),
    ("contrast", added('<p style="color:#777777;background-image:url(x)">on a picture</p>')),
    (
        "contrast",
        added('<p style="background-color:#0b6b5d;color:inherit"><a href="https://example.org/">client</a></p>'),
    ),
    ("dark-mode", style("@media (prefers-color-scheme:dark){.x{background:#000000 !important}}")),
    ("remote-font", style("p{font-family:Georgia}")),
    ("css-support", added('<p style="display:none;white-space:nowrap;border-radius:4px;max-height:9px"></p>')),
    ("css-support", style("@media screen{p{display:grid;gap:4px;position:absolute}}")),
    ("css-support", added('<p style="mso-line-height-rule:exactly;unheard-of:1">x</p>')),
    ("bidi-control", added("<p>a \u2067\u202b b\u202c\u2069 c</p>")),
    ("slot-unknown", {"rendered": {"html": "\ufdd0token\ufdd1 \ufdd0address\ufdd1"}}),
]

DEFECTS = [
    ("preheader", {"html": [(PREHEADER, "")]}, "warning", "there is no preheader"),
    ("preheader", {"html": [("display:none;max-height:0;", ""), ("mso-hide:all;", "")]}, "warning", "no preheader"),
    ("preheader", preheader("Contour maps"), "warning", "only 12 characters"),
    ("preheader", preheader(f"{PREHEADER} " * 4), "warning", "no inbox shows more"),
    (
        "preheader",
        {**preheader("Drawing contour maps"), "issue": {"preheader": "Drawing contour maps"}},
        "warning",
        "20",
    ),
    ("preheader", preheader("Secret bargains that nobody mentions anywhere below"), "warning", "does not show (any"),
    (
        "preheader",
        {**preheader("About plain folders, and one more"), "issue": {"preheader": "x"}, "headers": {"Subject": "x y"}},
        "warning",
        "only 33",
    ),
    (
        "preheader",
        {
            **preheader("Eleven years of posts moved into a folder"),
            "headers": {"Subject": "Eleven years of posts moved into a folder"},
        },
        "warning",
        "repeats the subject",
    ),
    ("clip", added("x" * 80_000), "warning", "Gmail hides"),
    ("clip", added("x" * 100_000), "error", "Gmail hides"),
    ("clip", added("x" * 75_500 + "reader@example.net" * 10), "warning", "Gmail hides"),
    ("style-size", style("p{margin:0}" * 1150), "warning", "Gmail drops them over 16,384"),
    ("style-size", style("p{margin:0}" * 1500), "error", "Gmail drops them"),
    ("style-nested", style("@media screen{@supports (x:y){p{margin:0}}}"), "error", "@supports (x:y) stands inside"),
    ("style-nested", style("@media screen{@font-face{src:url(x)}}"), "error", "@font-face stands inside @media screen"),
    (
        "style-nested",
        imported("x"),
        "error",
        '@import "x"',
    ),
    ("important-space", style("p{margin:0!important}"), "warning", "margin:0!important"),
    ("important-space", added('<p style="margin:0! important">x</p>'), "warning", "no blank before"),
    ("hidden-content", added('<p style="display:none">secret words</p>'), "error", "secret words"),
    ("hidden-content", added('<div style="max-height:0px"><b>secret words</b></div>'), "error", "max-height"),
    ("hidden-content", added('<p style="font-size:1px">secret words</p>'), "error", "font-size:1px"),
    ("hidden-content", added('<p style="color:#F4F2ED">secret words</p>'), "error", "the colour of its ground"),
    ("hidden-content", {"html": [("p{margin:0}", "p{margin:0}h3{visibility:hidden}")]}, "error", "visibility"),
    ("html-invalid", added("<b>x</i></b>"), "error", "</i> closes nothing"),
    ("html-invalid", added("<div><b>x</div>"), "error", "<b> is still open where </div> comes"),
    ("html-invalid", {"html": [("</html>", "</html><div>")]}, "error", "<div> is never closed"),
    ("html-invalid", added('<p id="a">x</p><p id="a">y</p>'), "error", 'the id "a" comes twice'),
    ("lang", {"html": [('lang="en"', 'lang="und"')]}, "error", "does not say its language"),
    ("lang", {"html": [('<html lang="en"', "<html")]}, "error", "does not say its language"),
    ("lang", {"html": [('lang="en"', 'lang="de"')]}, "error", "the page says de, Content-Language en"),
    ("direction", {"html": [('dir="ltr"', 'dir="auto"')]}, "error", 'dir="auto"'),
    ("direction", {**RTL, "html": [(' dir="ltr"', ""), ("direction:ltr;", "")]}, "error", 'dir=""'),
    ("direction", {**RTL, "html": [('dir="ltr"', 'dir="rtl"')]}, "error", "1 layout elements run against"),
    ("title", {"html": [("<title>About plain folders, and one more</title>", "")]}, "error", "no title"),
    ("title", {"html": [("<title>About plain folders, and one more", "<title> ")]}, "error", "no title"),
    ("heading-order", added("<h1>Another</h1>"), "warning", 'a second h1: "Another"'),
    ("heading-order", added("<h2>x</h2><h4>Deep</h4>"), "warning", '"Deep" is an h4 after an h2'),
    ("table-role", added("<table><tr><td>x</td></tr></table>"), "error", "a layout table has no role"),
    ("table-role", added("<table></table>"), "error", "a layout table has no role"),
    ("table-role", added('<table role="presentation"><tr><th>a</th></tr></table>'), "error", "a data table"),
    ("font-small", added('<p style="font-size:12px">label</p>'), "warning", "text of 12px"),
    ("font-small", added(f'<p style="font:13px/20px Georgia">{LONG}</p>'), "warning", "text of 13px"),
    (
        "font-small",
        added('<p style="font-size:16px"><small style="font-size:75%">label</small></p>'),
        "warning",
        "12px",
    ),
    ("font-small", added('<p style="font-size:9pt">label</p><p style="font-size:12px">x</p>'), "warning", "12px"),
    ("line-tight", added(f'<p style="font:16px/20px Georgia">{LONG}</p>'), "warning", "1.25 times"),
    ("line-tight", added(f'<p style="font-size:20px;line-height:1.2">{LONG}</p>' * 2), "warning", "1.20 times"),
    ("contrast", added('<p style="color:#999">faint</p>'), "error", '"faint" has a contrast of 2.5:1 in the light'),
    (
        "contrast",
        added(FAINT),
        "error",
        "light",
    ),
    ("contrast", {"html": [(".i{color:#f2f0eb", ".i{color:#333333")]}, "error", "in the dark palette"),
    (
        "dark-mode",
        {"html": [('name="color-scheme" content="light dark"', 'name="color-scheme" content="light"')]},
        "warning",
        "the meta color-scheme is missing",
    ),
    ("dark-mode", {"html": [(":root{color-scheme:light dark;", ":root{")]}, "warning", ":root says no color-scheme"),
    ("dark-mode", {"html": [("(prefers-color-scheme:dark)", "print")]}, "warning", "no dark palette"),
    ("dark-mode", {"html": [("data-ogs", "data-x")]}, "warning", "[data-ogsc] and [data-ogsb] have no rules"),
    ("dark-mode", style(f"{DARK}p{{color:#eee}}}}[data-ogsc] p{{color:#eee}}"), "warning", "share a block"),
    ("dark-mode", style(f"{DARK}body{{background:#000}}p{{color:white}}}}"), "warning", "pure black and white"),
    ("remote-font", added('<link href="https://fonts.test/x" rel="stylesheet">'), "error", "https://fonts.test/x"),
    ("remote-font", style("@import url(https://fonts.test/x);"), "error", "@import url(https://fonts.test/x)"),
    ("remote-font", style("@font-face{src:url(x)}"), "error", "@font-face"),
    (
        "css-support",
        added('<p style="position:absolute">x</p><p style="position:static">y</p>'),
        "warning",
        "(tested 20",
    ),
    ("css-support", added('<p style="display:inline-flex">x</p>'), "warning", "display:flex is ignored by Outlook"),
    ("css-support", added('<p style="width:calc(100% - 4px)">x</p>'), "warning", "calc()"),
    ("css-support", style(".x{z-index:2}"), "warning", "z-index"),
    ("bidi-control", added("<p>a \u202e b</p>"), "warning", "is not closed"),
    ("bidi-control", added("<p>a \u202c b</p>"), "warning", "is not closed"),
    ("bidi-control", {"headers": {"Subject": "a \u2067b\u2069"}}, "warning", "the subject holds"),
    ("bidi-control", {"html": [("<title>", "<title>\u202a")]}, "warning", "the title holds"),
    ("bidi-control", {"text": [("A map", "A \u202emap")]}, "warning", "is not closed"),
    ("slot-unknown", {"rendered": {"html": "x \ufdd0name\ufdd1 y"}}, "error", 'no slot "name"'),
    ("slot-unknown", {"rendered": {"text": "x \ufdd0half"}}, "error", 'no slot "half"'),
]


@pytest.mark.parametrize(("rule", "defect"), QUIET)
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
