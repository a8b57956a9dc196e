"""Excerpts: whole sentences, no half words, the first paragraph that says something."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import testing
from digest.render.excerpt import cut, excerpt_of, made

LONG = "The first sentence says what this is about and for whom it was written. "
MORE = "The second one goes on about it at some length, with a comma or two. "


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (f"{LONG}{MORE}", f"{LONG}{MORE}".strip()),
        (f"# Title\n\n![x](a.png)\n\n{LONG}", LONG.strip()),
        (f"Photo by [Ann](https://x.example) on Sky\n\n{LONG}", LONG.strip()),
        (f"Illustration: Ann / Example | Photo: Bea / Sky and more words to be long\n\n{LONG}", LONG.strip()),
        (f"November 7, 2025 by [A](b), and a long list of further people who wrote it\n\n{LONG}", LONG.strip()),
        (f"This article was originally published at Another Example Site, three days ago.\n\n{LONG}", LONG.strip()),
        (f"[Home](a) | [About](b) | [A long list of further links that say nothing](c)\n\n{LONG}", LONG.strip()),
        (f"Hi!\n\n{LONG}", LONG.strip()),
        (f"<div>\n\n> {MORE}\n\n- {MORE}\n\n{LONG}\n\n</div>", LONG.strip()),
        (f">be me>something that was scraped from elsewhere— A Person (@person) March 26, 2025\n\n{LONG}",
         LONG.strip()),
        (f"<p>too wonderful for words pic.twitter.com/abcdef and so on</p>\n\n{LONG}", LONG.strip()),
        (f"{LONG}<!-- more -->\n\n{MORE}", LONG.strip()),
        (f"<!-- more -->{LONG}", LONG.strip()),
        (f"It has *markup*, `code` and a note[^1] in its first sentence.<br>{LONG}\n\n[^1]: x",
         f"It has markup, code and a note in its first sentence. {LONG}".strip()),
        ("We released [the thing][1] after a long time of waiting for it.\n\n" + "x " * 5000 + "\n\n[1]: https://e.org",
         "We released the thing after a long time of waiting for it."),
        ("Short but real, and then.\n\nAnother one that goes on.",
         "Short but real, and then. Another one that goes on."),
        ("## Fixed\n\n- the first thing\n- the second thing", "the first thing; the second thing"),
        ("Photo by nobody", "Photo by nobody"),
        ("It stops in the middle of a sentence, as scraped text does, since 1",
         "It stops in the middle of a sentence, as scraped text does, since 1…"),
        ("It is written in three parts, and each of them is worth a look of its own, which are:\n\n- one\n- two",
         "It is written in three parts, and each of them is worth a look of its own, which are…"),
        ("日本語の文章はここから始まります。そして次の文が続きます。",
         "日本語の文章はここから始まります。そして次の文が続きます。"),
        ("<div>loose text in no paragraph at all, and long enough to be cut off</div>",
         "loose text in no paragraph at all, and long enough to be cut off…"),
        ("```\ncode alone\n```", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_what_is_made_of_a_body(body: str, says: str) -> None:
    """Each line: a body, and its excerpt."""
    assert made(body, "", 240) == says


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("One sentence that was written.", "One sentence that was written."),
        ("It calls for the giant to stop training...", "It calls for the giant to stop training…"),
        ("It was cut by a feed [&#8230;]", "It was cut by a feed…"),
        ("With *markup*, a [link](x) &amp; `code`", "With markup, a link & code"),
        ("<p>HTML <b>in</b> it.</p>\n\n<p>Two.</p>", "HTML in it. Two."),
        ("Some words… Continue reading →", "Some words…"),
    ],
)
def test_a_written_excerpt_wins(written: str, says: str) -> None:
    """What an author wrote is kept, without its markup."""
    assert excerpt_of(testing.post(excerpt=written, body=LONG), 240) == says


@pytest.mark.parametrize("written", ["", "  ", "About a", "About: a!"])
def test_an_excerpt_that_says_nothing_does_not_win(written: str) -> None:
    """Empty, or the title once more."""
    assert excerpt_of(testing.post(title="About a", excerpt=written, body=LONG), 240) == LONG.strip()


def test_long_texts_end_after_a_sentence_or_a_word() -> None:
    """Abbreviations and numbers end no sentence; a word is never cut; one endless word is."""
    text = LONG + MORE + "A third that is not needed at all, e.g. for its length. " * 3
    assert cut(text, 150) == (LONG + MORE).strip()
    assert cut("Dr. Ann met Mr. B. Lee at No. 5 with Prof. C. " + "and went on " * 30, 60).endswith("…")
    assert cut("word " * 60, 52) == ("word " * 10).strip() + "…"
    assert cut("x" * 300, 100) == "x" * 99 + "…"
    assert cut("日" * 300, 50) == "日" * 49 + "…"
    assert cut("e\u0301" * 100, 50)[-2] in "e\u0301"
    assert cut("👩\u200d💻" * 100, 51).rstrip("…")[-1] != "\u200d"
    assert cut("One. Two. " + "three " * 50, 100).endswith("three…")


@given(st.text(max_size=600), st.integers(20, 300))
def test_a_cut_is_short_and_says_what_was_said(text: str, limit: int) -> None:
    """No longer than the limit, and a beginning of the text."""
    short = cut(text, limit)
    assert len(short) <= limit
    assert text.startswith(short.removesuffix("…")) or short == text


def test_a_scraped_post_gets_a_fitting_excerpt(seed: Path) -> None:
    """The post of a user, with junk lines, a tweet and a cut-off end: its excerpt is its first sentence."""
    body = seed.read_text(encoding="utf-8").split("---\n", 2)[2]
    says = made(body, "", 300)
    assert says.startswith("A Japanese trade organization")
    assert says.endswith("without permission.")
    assert "be me" not in says


def test_real_posts_get_real_excerpts(corpus: Path) -> None:
    """Of the posts of real sites, nearly all get one; none holds markup or ends in half a word."""
    empty = 0
    posts = [p for p in sorted(corpus.rglob("*.md")) if "_feeds" not in p.parts and p.name != "SOURCES.md"][::4]
    for path in posts:
        text = path.read_text(encoding="utf-8", errors="replace")
        body = text.split("\n---\n", 1)[1] if text.startswith("---\n") and "\n---\n" in text else text
        says = made(body, "", 240)
        empty += not says
        assert len(says) <= 240
        assert "](" not in says
        assert "{%" not in says
        if len(says) > 100 and says.endswith("…"):
            said = says[:-1].split(" ")[-1]
            assert said[:1] in body
    assert empty <= len(posts) / 20
