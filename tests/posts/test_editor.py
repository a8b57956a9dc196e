"""The editor's file: what it may say, every mistake with its line, references, and the draft that is written."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import FrontMatterError
from digest.model import LeftOut, Picked, Post, Selection
from digest.posts.editor import Editor, Hand, draft_text, file_name, parse, resolve, unresolved
from digest.settings import Newsletter
from digest.testing import occasion, post

FILE = "issues/weekly-2026-11-27.md"
WHOLE = """\
---
# a comment
subject: "Friday: all of it"
Pre-header: What we did
number: 48
order:
  - posts/a.md   # the lead
  - b
pins: [posts/c.md]
left out:
  - https://example.org/blog/d/
---

Hello, *readers*.

Second paragraph.
"""


def test_a_whole_file() -> None:
    """Every key is read, with its line and that of each reference; keys may be spelled as people spell them."""
    editor = parse(WHOLE, FILE)
    assert editor == Editor(
        file=FILE,
        subject="Friday: all of it",
        preheader="What we did",
        number=48,
        order=("posts/a.md", "b"),
        pins=("posts/c.md",),
        left_out=("https://example.org/blog/d/",),
        intro="Hello, *readers*.\n\nSecond paragraph.",
        intro_line=14,
        lines=editor.lines,
    )
    wanted = {"subject": 3, "number": 5, "posts/a.md": 7, "b": 8, "posts/c.md": 9, "https://example.org/blog/d/": 11}
    assert {name: editor.line(name) for name in wanted} == wanted
    assert editor.line("nothing") is None


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("", {}),
        ("Just an intro.", {"intro": "Just an intro."}),
        ("\ufeffA mark at the start.\r\nTwo lines.", {"intro": "A mark at the start.\nTwo lines."}),
        ("\n\nIntro on line 3.", {"intro": "Intro on line 3.", "intro_line": 3}),
        ("---\n---\nIntro", {"intro": "Intro", "intro_line": 3}),
        ("---\n# only a comment\n---\n", {"intro_line": 4}),
        ("---\nsubject:\nnumber: ~\norder: null\npins:\n---", {"intro_line": 6}),
        ("---\nsubject: No\n...\n", {"subject": "No", "intro_line": 4}),
        (
            "---\nsubject: 2026-11-27\npreheader: 12:30\n---\n",
            {"subject": "2026-11-27", "preheader": "12:30", "intro_line": 5},
        ),
        ("---\nsubject: |\n  one\n  two\n---\n", {"subject": "one two", "intro_line": 6}),
        ('---\nsubject: "a\\r\\nBcc: x@example.org"\n---\n', {"subject": "a Bcc: x@example.org", "intro_line": 4}),
        ("---\norder: posts/a.md\n---\n", {"order": ("posts/a.md",), "intro_line": 4}),
        ("---\norder: [a, a, , b]\n---\n", None),
        ("---\norder: [a, a, ~, b]\n---\n", {"order": ("a", "b"), "intro_line": 4}),
        ("---\nsubject: \ufdd0token\ufdd1 x\n---\n", {"subject": "token x", "intro_line": 4}),
        ('---\nsubject: "\\ufdd0token\\ufdd1\\0\\ud800\\e x"\n---\n', {"subject": "token x", "intro_line": 4}),
        ("In\x00tro \ufdd0token\ufdd1\x7f", {"intro": "Intro token"}),
        ("A rule below\n\n---\n\nis no front matter.", {"intro": "A rule below\n\n---\n\nis no front matter."}),
    ],
)
def test_what_may_stand(text: str, fields: dict[str, Any] | None) -> None:
    """Values are the text that stands there; a header has one line; what is empty is not said."""
    if fields is None:
        with pytest.raises(FrontMatterError):
            parse(text, FILE)
        return
    editor = parse(text, FILE)
    assert editor == Editor(file=FILE, lines=editor.lines, **fields)


DEEP = "[" * 5_000
BOMB = "a: &a [x, x]\nb: &b [*a, *a]\n"


@pytest.mark.parametrize(
    ("front", "line", "says"),
    [
        ("subjct: x", 2, "did you mean subject?"),
        ("# c\nwords: x", 3, '"words" is no key'),
        ("subject: a\nsubject: b", 3, "subject stands here twice"),
        ("left_out: a\nleft-out: b", 3, "left_out stands here twice"),
        ("subject: [a, b]", 2, "subject is one value"),
        ("number: 4.5", 2, 'number "4.5" is not a whole number'),
        ("number: -1", 2, "not a whole number"),
        ("number: ٤", 2, "not a whole number"),
        ("order:\n  - a: b", 3, "a text is expected"),
        ("order: {a: b}", 2, "a text is expected"),
        ("? [a]\n: b", 2, "a text is expected"),
        ("- a\n- b", 2, "keys with values are expected"),
        ("just words", 2, "keys with values are expected"),
        ("*a", 2, "keys with values are expected"),
        ("subject: &a x\npreheader: *a", 2, "a text is expected"),
        (BOMB, 2, "no key"),
        ("order: " + DEEP, 2, "a text is expected"),
        (DEEP, 2, "keys with values are expected"),
        ("subject: 'open", 3, "this is not YAML"),
        ("subject: a: b", 2, "this is not YAML"),
        ("subject: \x07", 1, "this is not YAML"),
        ("\tsubject: a", 2, "this is not YAML"),
        ("subject: " + "x" * 70_000, 1, "over 65536 characters"),
    ],
)
def test_a_mistake_has_its_line(front: str, line: int, says: str) -> None:
    """Whatever is wrong is told with file and line, at once, and no nesting or alias does harm."""
    with pytest.raises(FrontMatterError) as caught:
        parse(f"---\n{front}\n---\nIntro\n", FILE)
    assert (caught.value.file, caught.value.line) == (FILE, line)
    assert says in caught.value.message


def test_a_front_matter_without_end() -> None:
    """A forgotten closing line is not an intro full of keys."""
    with pytest.raises(FrontMatterError, match="has no end"):
        parse("---\nsubject: x\n\nIntro\n", FILE)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.sampled_from("-\n :[]{}#&*!|>'\"%@`,?ab\t\r0\\\ufdd0\u2028"), max_size=40))
def test_no_file_crashes(text: str) -> None:
    """Whatever the file holds, it is read or refused with a line."""
    for whole in (text, f"---\n{text}\n---\n"):
        try:
            assert parse(whole, FILE).file == FILE
        except FrontMatterError as exc:
            assert exc.line is not None  # noqa: PT017 - both ends are good


# ------------------------------------------------------------------------------------------------ references

A = post("posts/a.md", canonical="https://example.com/original")
B = post("posts/b.md", id="blog#7")
SAME = post("notes/a.md")


@pytest.mark.parametrize(
    "ref",
    ["posts/a.md", "./posts/a.md", "posts\\a.md", "blog:posts/a.md", "https://example.org/blog/a/",
     "https://example.org/blog/a", "https://example.com/original"],
)  # fmt: skip
def test_a_post_is_named_by_path_id_or_url(ref: str) -> None:
    """Each of its names finds a post, and the path is surest."""
    assert resolve(Editor(file=FILE, order=(ref,)), (A, B)).order == (("blog", A.id),)


def test_the_hand() -> None:
    """References become keys; two names of one post are one; nothing said is an empty hand."""
    editor = Editor(file=FILE, order=("a", "posts/a.md", "blog#7"), pins=("b",))
    hand = resolve(editor, (A, B))
    assert hand == Hand(order=(("blog", A.id), ("blog", B.id)), pins=(("blog", B.id),))
    assert hand.named == (("blog", B.id), ("blog", A.id))
    assert resolve(None, (A, B)) == Hand()


@pytest.mark.parametrize(
    ("fields", "says", "hint"),
    [
        ({"order": ("posts/aa.md",)}, 'no post is called "posts/aa.md"', 'Did you mean "posts/a.md"?'),
        ({"pins": ("zzzzzz",)}, 'no post is called "zzzzzz"', "digest posts lists them"),
        ({"left_out": ("a",)}, '"a" is the name of several posts', "blog:notes/a.md, blog:posts/a.md"),
        ({"order": ("b",), "left_out": ("posts/b.md",)}, '"posts/b.md" is both put in and left out', "Keep one"),
        ({"pins": ("b",), "left_out": ("b",)}, '"b" is both put in and left out', "Keep one"),
    ],
)
def test_a_reference_that_cannot_be(fields: dict[str, Any], says: str, hint: str) -> None:
    """A name that no post has, or several, is told with its line and what to write instead."""
    editor = Editor(file=FILE, lines=tuple((ref, 9) for refs in fields.values() for ref in refs), **fields)
    with pytest.raises(FrontMatterError) as caught:
        resolve(editor, (A, B, SAME))
    assert (caught.value.message, caught.value.line) == (says, 9)
    assert hint in caught.value.hint


def test_what_is_unresolved() -> None:
    """References that none of the posts read answers to; where nothing is said there are none."""
    editor = Editor(file=FILE, order=("a",), pins=("old",), left_out=("older",))
    assert unresolved(editor, (A, B)) == ("old", "older")
    assert unresolved(None, (A, B)) == ()


# ------------------------------------------------------------------------------------------------ the draft


def chosen(*posts: Post, left_out: tuple[LeftOut, ...] = ()) -> Selection:
    return Selection(
        occasion=occasion(), picked=tuple(Picked(post=p, reason="window") for p in posts), left_out=left_out
    )


def left(path: str, reason: str = "limit") -> LeftOut:
    return LeftOut(path=path, id=f"feed:{path}", title=f"About {path}", reason=reason)


def test_the_draft() -> None:
    """It says what can be done, names the posts as they stand, and offers those that an editor could put in."""
    text = draft_text(
        chosen(A, B, left_out=(left("posts/old.md", "before-window"), left("x.md"), left("posts/d.md", "draft"))),
        Newsletter(name="weekly", title="The Example\nWeekly", timezone="Europe/Vienna"),
    )
    assert "# Issue weekly-2026-11-27 of The Example Weekly, to be sent 2026-11-27 09:00 (Europe/Vienna).\n" in text
    assert "order:\n  - posts/a.md  # 2026-11-24 About a\n  - posts/b.md  # 2026-11-24 About b\n" in text
    assert '#  - "x.md"  # limit: About x.md\n#  - posts/old.md  # before-window: About posts/old.md\n' in text
    assert "posts/d.md" not in text
    assert text.endswith("---\n\n")
    assert max(map(len, text.splitlines())) <= 120


def test_the_draft_of_nothing_and_of_much() -> None:
    """An empty selection gives a file that can be read; a long list of others ends with the command that has all."""
    nothing = draft_text(chosen(), Newsletter(name="weekly"))
    assert parse(nothing, file_name("weekly-2026-11-27")) == replace(parse(nothing, FILE), file=FILE)
    many = draft_text(chosen(left_out=tuple(left(f"posts/{n}.md") for n in range(45))), Newsletter(name="weekly"))
    assert "# … and 5 more: digest select --explain\n" in many


def test_the_draft_names_by_id_where_two_sources_share_a_path() -> None:
    """A path that two sources have names no post; the id does."""
    twin = post("posts/a.md", source="feed", id="feed:posts/a.md", date=None)
    text = draft_text(chosen(A, twin, left_out=(left("posts/a.md"),)), Newsletter(name="weekly"))
    assert parse(text, FILE).order == ("blog:posts/a.md", "feed:posts/a.md")
    assert '#  - "feed:posts/a.md"' in text


NASTY = st.text(
    st.characters(codec=None, exclude_characters="\ufdd0\ufdd1", max_codepoint=0x1FFFF), min_size=1, max_size=12
)


@settings(max_examples=150, deadline=None)
@given(path=NASTY, title=NASTY)
def test_a_draft_can_always_be_read(path: str, title: str) -> None:
    """Whatever stands in paths and titles, the draft is front matter that names the post, and the intro is empty."""
    odd = post("posts/a.md", title=title)
    odd = replace(odd, path=f"posts/{path}.md")
    editor = parse(draft_text(chosen(odd), Newsletter(name="weekly", subject=title, title=title)), FILE)
    assert (editor.subject, editor.preheader, editor.intro, editor.number) == ("", "", "", None)
    assert editor.order == (odd.path,)


def test_the_days_of_a_draft_are_the_posts_own() -> None:
    """A date is shown as it was written."""
    late = post("posts/a.md", date=datetime(2026, 11, 24, 23, 30, tzinfo=UTC))
    assert "# 2026-11-24 About a" in draft_text(chosen(late), Newsletter(name="weekly", timezone="Europe/Vienna"))
