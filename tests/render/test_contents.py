"""Tables of contents: what is one, and what only looks like it."""

from __future__ import annotations

import pytest

from digest.language import language
from digest.render.markup import body
from digest.render.tree import text_of

LIST = "- [One](#one)\n- [Two](#two)\n  - [Three & more](#three)\n"
TEXT = "The text begins here.\n\n## One\n\nIt goes on.\n"


def left(markdown: str) -> str:
    made = body(markdown, base="https://example.org/a/", language=language("en"))
    return " ".join(text_of(n) if not isinstance(n, str) else n for n in made.nodes)


@pytest.mark.parametrize(
    "before",
    ["", "## Table of Contents\n\n", "# Title\n\n## Contents\n\n", "**Inhalt:**\n\n", "Words.\n\n### 目次\n\n"],
)
def test_a_table_of_contents_goes_with_its_title(before: str) -> None:
    """At the beginning, or under a title that says what it is."""
    said = left(f"{before}{LIST}\n{TEXT}")
    assert "Two" not in said
    assert "ontents" not in said
    assert "nhalt" not in said
    assert "The text begins here." in said
    assert ("Words." in said) == ("Words." in before)


@pytest.mark.parametrize(
    "markdown",
    [
        f"What is new, in short:\n\n{LIST}",
        f"## What is new\n\n{LIST}",
        "- [One](#one)\n- [Two](#two)\n",
        LIST.replace("(#two)", "(https://e.org/two)"),
        LIST.replace("[Two](#two)", "[Two](#two), of which nobody knew"),
        "## Contents\n\nTwo boxes and a rope.",
        "[One](#one) [Two](#two) [Three](#three)",
    ],
)
def test_what_says_something_stays(markdown: str) -> None:
    """A list under words that need it, of few or other links, with words of its own; a heading without a list."""
    assert "Two" in left(f"{markdown}\n\n{TEXT}")
