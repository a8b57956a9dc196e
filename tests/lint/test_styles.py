"""CSS as mails have it, read into values; and how an element looks by it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.lint import styles
from digest.lint.page import read
from digest.lint.sight import Look, looks


def test_declarations_are_taken_apart() -> None:
    """At semicolons that end one, not at those in a URL or a string; what is none is passed over."""
    found = styles.declarations(
        "Color : RED;/* x:y; */ background:url(data:a;b) ; font-family:'A;B', C ; ;novalue:; nothing ;"
        "margin:0!important;padding:0 ! IMPORTANT;content:'!'"
    )
    assert [(d.name, d.value, d.important) for d in found] == [
        ("color", "RED", False),
        ("background", "url(data:a;b)", False),
        ("font-family", "'A;B', C", False),
        ("margin", "0", True),
        ("padding", "0", True),
        ("content", "'!'", False),
    ]


def test_rules_know_what_is_around_them() -> None:
    """Queries in queries, lists of selectors, at-rules with and without braces, and a sheet that never ends."""
    sheet = (
        "@import url(x); junk; a, b > c{color:red}/* { */@media  screen{d{e:f}@supports (g:h){i{j:k}}}"
        "@font-face{src:url(l)} m{n:o"
    )
    assert [(r.around, r.selector) for r in styles.rules(sheet)] == [
        (("@import url(x)",), ""),
        ((), "a"),
        ((), "b > c"),
        (("@media screen",), "d"),
        (("@media screen", "@supports (g:h)"), "i"),
        (("@font-face",), ""),
        ((), "m"),
    ]
    assert styles.rules("a{b:c}  trailing words") == styles.rules("a{b:c}")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("#fff", (255, 255, 255)),
        (" #0B6b5D ", (11, 107, 93)),
        ("White", (255, 255, 255)),
        ("rgb(1, 2, 300)", (1, 2, 255)),
        ("rgba(0,0,0,.5)", None),
        ("transparent", None),
        ("var(--x)", None),
        ("#ffff", None),
    ],
)
def test_colours(value: str, expected: styles.Color | None) -> None:
    """Opaque ones are read; what only a browser knows is None."""
    assert styles.color(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("14px", 14), ("9pt", 12), ("1.5em", 30), ("75%", 15), ("1rem", 16), ("1.4", 28), (".5em", 10), ("normal", None)],
)
def test_lengths(value: str, expected: float | None) -> None:
    """In pixels, of a whole of 20; words have none."""
    assert styles.length(value, 20) == (None if expected is None else pytest.approx(expected))


COLOR = st.tuples(*[st.integers(0, 255)] * 3)


@given(COLOR, COLOR)
def test_contrast_is_a_ratio(one: styles.Color, other: styles.Color) -> None:
    """From 1 to 21, the same both ways."""
    ratio = styles.contrast(one, other)
    assert 1 <= ratio <= 21.01
    assert ratio == styles.contrast(other, one)


def test_contrast_by_known_values() -> None:
    """Black on white is 21; the house's muted ink on its page is what the palette says."""
    assert styles.contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert styles.contrast((0x5F, 0x65, 0x70), (0xF4, 0xF2, 0xED)) == pytest.approx(5.2, abs=0.05)


def look(html: str, css: str = "", *, dark: bool = False) -> Look:
    """The look of the element `x` of a page."""
    page = f"<html><head><style>{css}</style></head><body class=page>{html}</body></html>"
    element = next(e for e in read(page).elements if e.get("id") == "x")
    return looks(page, dark=dark)[element.index]


@pytest.mark.parametrize(
    ("html", "css", "field", "expected"),
    [
        ('<p style="color:#111111"><b id=x>', "", "color", (17, 17, 17)),
        ('<p id=x class="a b">', ".b{color:#222222}", "color", (34, 34, 34)),
        ('<p id=x style="color:#111111">', "p{color:#222222}", "color", (17, 17, 17)),
        ('<p id=x style="color:#111111">', "p{color:#222222 !important}", "color", (34, 34, 34)),
        ('<p id=x style="color:#111111 !important">', "p{color:#222222 !important}", "color", (17, 17, 17)),
        ("<p id=x class=a>", ".a{color:#222222} p{color:#333333}", "color", (34, 34, 34)),
        ("<p id=x>", "p{color:#222222} p{color:#333333}", "color", (51, 51, 51)),
        ("<div class=a><p><b id=x>", ".a b{color:#222222}", "color", (34, 34, 34)),
        ("<div class=a><p><b id=x>", ".a>b{color:#222222}", "color", (0, 0, 0)),
        ("<div class=a><b id=x>", ".a > b{color:#222222}", "color", (34, 34, 34)),
        ("<p id=x>", "#x{color:#222222}", "color", (34, 34, 34)),
        ("<p id=x dir=rtl>", '[dir="rtl"]{color:#222222}', "color", (34, 34, 34)),
        ("<p id=x dir=rtl>", "[dir]{color:#222222}", "color", (34, 34, 34)),
        ("<p id=x>", "[dir]{color:#222222}", "color", (0, 0, 0)),
        ("<p id=x>", ":root{color:#222222}", "color", (34, 34, 34)),
        ("<p id=x>", "p:hover{color:#222222}", "color", (0, 0, 0)),
        ("<p id=x>", "> p{color:#222222}", "color", (34, 34, 34)),
        ("<p id=x>", "html > p{color:#222222}", "color", (0, 0, 0)),
        ("<p id=x>", "a > html > body{color:#222222}", "color", (0, 0, 0)),
        ("<p id=x>", "@media print{p{color:#222222}}", "color", (0, 0, 0)),
        ("<p id=x>", "@media screen{p{color:#222222}}", "color", (34, 34, 34)),
        ("<p id=x>", "@media (min-width:480px){p{color:#222222}}", "color", (0, 0, 0)),
        ("<p id=x>", "@media (hover){p{color:#222222}}", "color", (0, 0, 0)),
        ("<p id=x>", "@supports (x:y){p{color:#222222}}", "color", (0, 0, 0)),
        ("<p id=x>", "@media (prefers-color-scheme:light){p{color:#222222}}", "color", (34, 34, 34)),
        ('<p style="color:#222222"><a id=x style="color:inherit" href=y>', "", "color", (34, 34, 34)),
        ("<p><a id=x href=y>", "", "link", True),
        ('<p><a id=x href=y style="color:red">', "", "link", False),
        ("<p><a id=x name=y>", "", "link", False),
        ('<td bgcolor="#eeeeee"><b id=x>', "", "ground", (238, 238, 238)),
        ('<td bgcolor="#eeeeee" id=x>', "td{background:#dddddd}", "ground", (221, 221, 221)),
        ('<td bgcolor="#eeeeee"><b id=x style="background:transparent">', "", "ground", (238, 238, 238)),
        ('<td bgcolor="#eeeeee"><b id=x style="background-image:none">', "", "ground", (238, 238, 238)),
        ('<td bgcolor="#eeeeee"><b id=x style="background:url(y) #fff">', "", "ground", None),
        ('<td bgcolor="#eeeeee"><b id=x style="background-image:url(y)">', "", "ground", None),
        ("<h1 id=x>", "", "size", 32.0),
        ("<h1 id=x>", "", "bold", True),
        ('<h1 id=x style="font-weight:400">', "", "bold", False),
        ('<p id=x style="font:700 20px/26px Georgia">', "", "bold", True),
        ('<p id=x style="font:italic 20px/26px Georgia">', "", "line", 1.3),
        ('<p id=x style="font:20px Georgia">', "", "line", None),
        ('<p id=x style="font:caption">', "", "size", 16.0),
        ('<p style="font-size:20px"><b id=x style="font-size:50%">', "", "size", 10.0),
        ('<p style="font-size:20px"><b id=x style="font-size:larger">', "", "size", 20.0),
        ('<p id=x style="font-size:20px;line-height:30px">', "", "line", 1.5),
        ('<p id=x style="font-size:0;line-height:30px">', "", "line", None),
        ('<p id=x style="line-height:normal">', "", "line", None),
        ('<p style="opacity:0"><b id=x>', "", "hidden", "opacity:0"),
        ('<p id=x style="display:block">', "", "hidden", ""),
    ],
)
def test_the_cascade(html: str, css: str, field: str, expected: object) -> None:
    """What is said nearest and strongest wins; what only a browser can tell does not apply."""
    found = getattr(look(html, css), field)
    assert found == (pytest.approx(expected) if isinstance(expected, float) else expected)


def test_the_dark_palette_is_another_look() -> None:
    """The query's rules apply in the dark alone, those of the light query in the light alone."""
    css = (
        "@media (prefers-color-scheme:dark){p{color:#eeeeee !important}}"
        "@media (prefers-color-scheme:light){p{color:#111111}}"
    )
    assert look("<p id=x>", css).color == (17, 17, 17)
    assert look("<p id=x>", css, dark=True).color == (238, 238, 238)
