"""The text part: columns, wrapping, bodies as text, numbered links."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.language import language
from digest.render.markup import body
from digest.render.plain import Links, as_line, as_text, capitals, rule, settled, width, wrap


@pytest.mark.parametrize(
    ("text", "columns"), [("abc", 3), ("日本", 4), ("e\u0301", 1), ("👍", 2), ("\u200bx", 1), ("é", 1)]
)
def test_wide_characters_are_two(text: str, columns: int) -> None:
    """Combining and invisible characters take no column."""
    assert width(text) == columns


def test_lines_are_as_long_as_they_may_be() -> None:
    """Words stay whole, addresses too, no-break spaces hold and become blanks; zero columns do not wrap."""
    assert wrap("aa bb cc", 5) == "aa bb\ncc"
    assert wrap("aa  bb\ncc", 80) == "aa bb\ncc"
    assert wrap("aa b\xa0c", 4) == "aa\nb c"
    assert (
        wrap("see https://example.org/a/very/long/address now", 10).split("\n")[1].startswith("https://example.org/a/")
    )
    assert wrap("word " * 50, 0) == ("word " * 50).strip()
    assert wrap("aa bb", 4, first="- ", rest="  ") == "- aa\n  bb"
    assert wrap("", 72) == ""
    assert wrap("日本語の文章。（注）", 6) == "日本語\nの文\n章。\n（注）"
    assert wrap("unbrokenlatin", 4) == "unbrokenlatin"


@given(st.text(alphabet="ab c日本。\n", max_size=200), st.integers(4, 40))
def test_no_line_is_wider(text: str, columns: int) -> None:
    """But for words that cannot be broken; nothing is lost but blanks."""
    lines = wrap(text, columns).split("\n")
    assert "".join(lines).replace(" ", "") == text.replace(" ", "").replace("\n", "")
    longest = max((width(w) for w in text.replace("日", " ").replace("本", " ").split()), default=0)
    assert all(width(line) <= max(columns, longest + 4) for line in lines)


MARKDOWN = """\
Intro with [a link](https://example.org/a) and [the same](https://example.org/a), <https://example.org/b>.

## Heading

- one
- two has many words, so that it must be wrapped somewhere and hang under its text
  1. inner

> said

```
code stays  as it is, but a line that is longer than the mail is wide must be broken somewhere
```

| A | B |
|---|---|
| 1 | 日 |

| A | B |
|---|---|
| one cell that is very wide indeed, wider than half of it | another cell that is as wide as this |

![alt text](https://example.org/x.png) ![](https://example.org/y.png)
[![](https://example.org/z.png)](https://example.org/c)

- [x] done

line one<br>line two H~2~O[^1]

---

[^1]: A note.
"""

TEXT = """\
Intro with a link [1] and the same [1], [2].

Heading

- one
- two has many words, so that it must be wrapped somewhere and hang
  under its text
  1. inner

    said

    code stays  as it is, but a line that is longer than the mail is wid
    e must be broken somewhere

A  B
1  日

A: one cell that is very wide indeed, wider than half of it
B: another cell that is as wide as this

(alt text)

[3]

☑ done

line one
line two H~2~O¹

------------------------

¹ A note."""


def test_a_body_as_text() -> None:
    """Every form that Markdown has, without a Markdown sign."""
    links = Links()
    made = body(MARKDOWN, base="https://example.org/", language=language("en"))
    assert as_text(made.nodes, 72, links) == TEXT
    assert list(links.numbers) == ["https://example.org/a", "https://example.org/b", "https://example.org/c"]


def test_tables_without_heads_and_loose_lists() -> None:
    """Rows stand by themselves; paragraphs in items keep their distance."""
    wide = "x" * 50
    made = body(
        f"<table><tr><td>{wide}</td><td>{wide}</td></tr><tr><td>b</td></tr></table>\n\n- a\n\n  b\n- c",
        base="",
        language=language("en"),
    )
    assert as_text(made.nodes, 72, Links()) == f"{wide}\n{wide}\n\nb\n\n- a\n\n  b\n\n- c"
    assert as_text(made.nodes, 0, Links()).startswith(f"{wide}  {wide}")


def test_cells_of_several_lines_are_no_columns() -> None:
    """A line break in a cell: the row is listed."""
    made = body(
        "<table><tr><th>A</th><th>B</th></tr><tr><td>1<br>2</td><td>3</td></tr></table>",
        base="",
        language=language("en"),
    )
    assert as_text(made.nodes, 72, Links()) == "A: 1\n  2\nB: 3"


def test_films_and_words_of_links() -> None:
    """A film is its words and a number; a long text of a link may break before the number."""
    made = body(
        '<iframe src="https://www.youtube.com/embed/a"></iframe>\n\n[' + "word " * 12 + "](https://example.org/l)",
        base="",
        language=language("en"),
    )
    said = as_text(made.nodes, 72, Links())
    assert said.startswith("Watch on youtube.com [1]\n\nword")
    assert said.endswith("[2]")
    assert as_line(made.nodes).startswith("▶\ufe0e Watch on youtube.com word word")


def test_frames_of_the_text() -> None:
    """Rules are no longer than 72, labels in capitals keep their letters, ends are tidy."""
    assert (rule(72), rule(0), rule(40), len(rule(100))) == ("-" * 72, "-" * 72, "-" * 40, 72)
    assert capitals("Straße") == "STRAẞE"
    assert settled("\n\na  \n\n\n\n\n\nb\n-- \nc\n\n") == "a\n\n\nb\n-- \nc\n"


@pytest.mark.parametrize("columns", [0, 72])
def test_long_paragraphs_are_wrapped_once_through(columns: int) -> None:
    """Every word is there, in order, in whatever script, with lines or without."""
    for word in ("word", "wörter", "كلمة", "z\u0336a\u0335"):
        wrapped = wrap(f"{word} " * 5000, columns)
        assert wrapped.split() == [word] * 5000
        assert wrapped.count("\n") == 0 if not columns else all(width(line) <= 72 for line in wrapped.split("\n"))
