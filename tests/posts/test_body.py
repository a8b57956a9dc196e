"""Bodies: thinned, never changed where it matters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.posts.body import clean, fingerprint, first_heading, tidy, without_heading

CODE = "a\n\n```py\nx\n\n\n\t\ny\n```\n\nb\n"


@pytest.mark.parametrize(
    "body",
    [
        CODE,
        "a\n\n~~~\n\n\n```\n\n\n~~~\nb\n",
        "a\n\n<pre>\nx\n\n\ny\n</pre>\nb\n",
        "a\n\n    x\n\n\n    y\n\nb\n",
        "```\nnever closed\n\n\nx\n",
        "````\n```\n\n\n```\n````\n",
    ],
)
def test_code_keeps_its_lines(body: str) -> None:
    """Between fences of any kind, in <pre>, in an indented block, nothing is thinned."""
    assert tidy(body, 1) == (body, 1)


@pytest.mark.parametrize(
    ("body", "thinned", "line"),
    [
        ("", "", 5),
        (" \n\t\n", "", 5),
        ("a", "a\n", 5),
        ("\n\na\n", "a\n", 7),
        ("a\n\n\n\t\n\t\t\n\nb\n\n\n", "a\n\nb\n", 5),
        ("\n \na\n \nb", "a\n\nb\n", 7),
        ("    x\n\n\n\nb\n", "    x\n\nb\n", 5),
        ("`` ` ``\n\n\nb\n", "`` ` ``\n\nb\n", 5),
        ("``` a`b\n\n\nb\n", "``` a`b\n\nb\n", 5),
        ("<pre>x</pre>\n\n\nb\n", "<pre>x</pre>\n\nb\n", 5),
    ],
)
def test_blank_lines_are_thinned_and_the_first_line_is_known(body: str, thinned: str, line: int) -> None:
    """Runs of blank and tab-only lines become one; those at the ends go; the line is that of the first that stays."""
    assert tidy(body, 5) == (thinned, line)


@given(st.lists(st.sampled_from(["a", "", "\t", " ", "```", "~~~~", "    c", "<pre>", "</pre>", "# h", "x ` y"])))
def test_no_word_is_lost_and_twice_is_once(rows: list[str]) -> None:
    """Thinning takes nothing but blank lines away, and thinning again takes nothing."""
    body = "\n".join(rows)
    once, line = tidy(body, 1)
    assert [r for r in once.split("\n") if r.strip()] == [r for r in rows if r.strip()]
    assert tidy(once, line) == (once, line)
    if once:
        assert rows[line - 1] == once.split("\n")[0]


@pytest.mark.parametrize(
    ("body", "heading"),
    [
        ("## Two\n", None),
        ("#no blank\n", None),
        ("```\n# code\n```\n", None),
        ("text\nmore\n===\n", None),
        ("===\n", None),
        ("text\n\n# One #\n", "One"),
        ("# One {#one .x}\n", "One"),
        ("One\n===\n\ntext\n", "One"),
        ("text\n\nOne *two*\n=====\n", "One *two*"),
        ("```\n# code\n```\n# Real\n", "Real"),
    ],
)
def test_the_first_heading_is_the_title(body: str, heading: str | None) -> None:
    """Of level 1, outside code; its attributes are no part of it."""
    found = first_heading(body)
    assert (found[0] if found else None) == heading


def test_the_body_loses_its_heading() -> None:
    """And the line where it begins is still right."""
    assert without_heading("# One\n\ntext\n", 4, 0, 1) == ("text\n", 6)
    assert without_heading("intro\n\n# One\n\ntext\n", 4, 2, 3) == ("intro\n\ntext\n", 4)


def test_what_no_text_may_hold_is_taken_out() -> None:
    """Control characters, noncharacters (they mark slots), lone surrogates; line ends become one kind."""
    assert clean("a\r\nb\rc\x00\x1b\ufdd0\ufdef\uffff\ud800\t\n") == "a\nb\nc\t\n"


def test_a_fingerprint_hangs_on_words_alone() -> None:
    """White space and the case of the title do not count; title and body cannot flow into one another."""
    assert fingerprint("A  b", "x y")[0] == fingerprint("a B", "x\n\ny\n")[0]
    assert fingerprint("a", "b c")[0] != fingerprint("a b", "c")[0]
    assert fingerprint("a", "x")[1] == fingerprint("b", "x")[1]
