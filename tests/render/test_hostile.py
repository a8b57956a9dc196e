"""Bodies that somebody wrote to hurt: time grows with the length, nesting ends, and nothing but text comes out.

No wall clock is looked at, and no bound is tight: the processor time of 100 KB is held against that of 25 KB of the
same. What reads a text again and again needs sixteen times as long, and here even ten are allowed.
"""

from __future__ import annotations

from collections.abc import Callable
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.language import language
from digest.render import excerpt, links, markup, plain
from digest.render.dialect import plain_markdown

ENGLISH = language("en")
SIGNS = (
    *("{{ ", "{{a(", "{{< a ", "{% a ", "{%raw%}", "{% comment %}", "{#", "{:", "{/*", "{a=", "{", "{{<", "]({static}"),
    *("<A ", "<a {", "<A b='", "<b>", "<!--", "<svg ", "<table><tr><td>", "<div>", "<details>", "<img src=x>", "<"),
    *("`a``b", "` ", "```a\n", "~~~a\n", ":::a\n", "!!! a\n", "!!! note      x", "    !!! a\n", "===! \"a\"\n"),
    *("[", "[a](", "![", "](", "[^1]", "[^1]: a\n", "*a ", "**a", "_a_", "~~a", "> ", "- ", "- [ ] ", "  - a\n", "|a",),
    *("a\n", "\n", "a\n: b\n", "=\n", "&#", "&amp;", "\\", "https://a.b/)", ")", "\"", "'", "> [!a]\n", "<br>"),
    *("é", "a\u0301\u0302", "中", "import a from\n", "import 'a'          x", "export {\n", " ", "\t", "☐ é "),
)  # fmt: skip
WORST = ("{{ ", "{{< a ", "{a=", "{", "<A ", "<a {", ":::a\n", "!!! note      x", "`a``b", "```a\n", "- [ ] ", "☐ é ")


def whole(body: str) -> None:
    """All that is done with a body: measured, counted, excerpted, and written for both parts."""
    markup.least_octets(body)
    markup.words(body)
    excerpt.made(body, "jekyll", 240)
    made = markup.body(body, base="https://example.org/", language=ENGLISH, dialect="jekyll")
    markup.styled(made.nodes, "p { margin: 0 }")
    plain.as_text(made.nodes, 0, plain.Links())
    plain.as_text(made.nodes, 72, plain.Links())


def grows_with_its_length(work: Callable[[str], object], sign: str, size: int = 25_000) -> bool:
    """Whether four times the text takes less than ten times the time (what is over in a blink is fine)."""
    for _ in range(3):
        spent = []
        for length in (size, 4 * size):
            body = (sign * (length // len(sign) + 1))[:length]
            before = process_time()
            work(body)
            spent.append(process_time() - before)
        if spent[1] < 10 * spent[0] + 0.5:
            return True
    return False


@pytest.mark.parametrize("sign", WORST)
def test_time_grows_with_the_text(sign: str) -> None:
    """What once took minutes for one post."""
    assert grows_with_its_length(whole, sign)


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("dialect", ["", "jekyll"])
def test_signs_of_generators_are_read_once(sign: str, dialect: str) -> None:
    """Whatever sign is repeated, and whether the generator knows it or not."""
    assert grows_with_its_length(lambda body: plain_markdown(body, dialect), sign, 12_500)


@pytest.mark.soak
@pytest.mark.parametrize("sign", SIGNS)
def test_time_grows_with_the_text_whatever_it_is(sign: str) -> None:
    """The same for every sign, through all that is done with a body."""
    assert grows_with_its_length(whole, sign)


@pytest.mark.soak
@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(SIGNS), min_size=2, max_size=4))
def test_time_grows_with_any_mixture(signs: list[str]) -> None:
    """Signs one after the other, again and again."""
    assert grows_with_its_length(whole, "".join(signs))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(SIGNS), min_size=1, max_size=40), st.sampled_from(["", "jekyll", "zola", "html"]))
def test_any_mixture_is_drawn(signs: list[str], dialect: str) -> None:
    """No exception, and nothing in the HTML but what we wrote."""
    body = "".join(signs)
    made = markup.body(body, base="https://example.org/", language=ENGLISH, dialect=dialect)
    html = markup.styled(made.nodes, "p { margin: 0 }")
    assert "<script" not in html
    assert "javascript:" not in html
    assert plain.as_text(made.nodes, 72, plain.Links()) is not None


NOT_READ_DEEPER = ("> ", "- ")  # Markdown of thousands of levels


@pytest.mark.parametrize(
    "sign", [":::note\n", "!!! note\n", "> ", "<div>", "<b>", "<table><tr><td>", "- ", "{{< a >}}", "**", "["]
)
def test_nesting_has_an_end(sign: str) -> None:
    """Ten thousand boxes in one another end no program; the words in the innermost are still there."""
    made = markup.body(sign * 10_000 + "the words", base="", language=ENGLISH, dialect="hugo")
    assert "the words" in markup.plain(made.nodes) or sign in NOT_READ_DEEPER


@pytest.mark.parametrize("sign", ["> ", "- ", "1. ", "  * a\n", "<div>", "<blockquote>", "<ul><li>", "<table><tr><td>"])
def test_fifty_levels_are_read(sign: str) -> None:
    """Nobody writes so many, but what stands in the innermost is somebody's text."""
    made = markup.body(sign * 50 + "the words", base="", language=ENGLISH)
    assert "the words" in markup.plain(made.nodes)


def test_boxes_within_boxes_are_boxes_as_deep_as_people_write_them() -> None:
    """Three levels of notes are three quotations."""
    body = "::: note One\n::: tip Two\n::: warning Three\ntext\n:::\n:::\n:::"
    assert plain_markdown(body).count("> > > text") == 1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("(see https://example.org/a_(b)) and", ["https://example.org/a_(b)"]),
        ("https://example.org/)))))", ["https://example.org/"]),
        ("https://example.org/a).b),", ["https://example.org/a).b"]),
        ("https://example.org/(a).", ["https://example.org/(a)"]),
        ("https://example.org/" + ")" * 100_000, ["https://example.org/"]),
    ],
)
def test_brackets_around_an_address_are_not_its_own(text: str, found: list[str]) -> None:
    """Closing ones that the address did not open are the sentence's, however many there are."""
    assert [text[start:end] for start, end in links.bare(text)] == found
