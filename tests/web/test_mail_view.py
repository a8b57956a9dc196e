"""The mail as one client would show it: only the copy on the page is changed, and only in what the client does."""

from __future__ import annotations

import pytest

from digest.web import mail_view

DARK = (
    "<style>:root{color-scheme:light dark;supported-color-schemes:light dark}"
    "@media ( prefers-color-scheme : dark ){p{color:#fff}}</style>"
)
PAGE = f'<html><head><meta name="color-scheme" content="light dark" />{DARK}</head><body><p>words</p></body></html>'


def test_words_about_dark_mode_are_words() -> None:
    """A post about the query is shown as it is: style blocks alone are rewritten."""
    words = "<p>Use @media (prefers-color-scheme: dark) and color-scheme: light dark;</p>"
    assert words in mail_view.shown_as(f"<html><head></head><body>{words}</body></html>", "dark")


@pytest.mark.parametrize(
    ("scheme", "query", "told"),
    [
        ("light", "(max-width:0px)", "light"),
        ("dark", "(min-width:0px)", "dark"),
        ("inverted", "(max-width:0px)", "light"),
    ],
)
def test_the_scheme_does_not_depend_on_the_browser(scheme: str, query: str, told: str) -> None:
    """The query is answered in the style itself, and the canvas follows; a client that inverts drops the query."""
    shown = mail_view.shown_as(PAGE, scheme)
    assert f"@media {query}{{p{{" in shown
    assert f'content="{told}"' in shown
    assert f":root{{color-scheme:{told};supported-color-schemes:{told}}}" in shown
    assert ("invert(1)" in shown) is (scheme == "inverted")
    assert '<base target="_blank">' in shown


def test_a_page_without_a_head_is_shown() -> None:
    """Nothing is taken for granted of a half-written template."""
    assert mail_view.shown_as("<p>words</p>", "light").endswith("<p>words</p>")


def test_images_off_keeps_everything_else() -> None:
    """Without its src a picture shows its alt text in its own size."""
    html = '<p>src="x"</p><img class="m" src="https://example.org/a.png" alt="A"><IMG SRC="b.png">'
    shown = mail_view.shown_as(html, "light", images=False)
    assert '<p>src="x"</p><img class="m" data-src="https://example.org/a.png" alt="A"><IMG data-src="b.png">' in shown


def test_pictures_are_taken_from_elsewhere() -> None:
    """Only those that are named, whatever their address holds."""
    html = '<img src="https://e.org/a.png?x=1&amp;y=2"><img src="https://e.org/b.png">'
    shown = mail_view.with_pictures(html, {"https://e.org/a.png?x=1&y=2": "/picture?n=0&k=1"})
    assert shown == '<img src="/picture?n=0&amp;k=1"><img src="https://e.org/b.png">'


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", None),
        ("nowhere", None),
        ("title only", None),
        ("bold & brave", '<b><span id="digest-here">bold &amp; brave</span></b>'),
        ("https://e.org/?a=1&b=2", '<a id="digest-here" href="https://e.org/?a=1&amp;b=2">'),
        ("closing", None),
    ],
)
def test_a_place_is_marked(words: str, expected: str | None) -> None:
    """Words in the body get a mark around them, an address the element that has it; the head is not searched."""
    html = (
        "<head><title>title only</title></head><body><p><b>bold &amp; brave</b></p>"
        '<a href="https://e.org/?a=1&amp;b=2">x</a><!closing></body>'
    )
    marked = mail_view.with_mark(html, words)
    assert (marked == html) if expected is None else (expected in marked)
