"""Heads of posts in every form: what they say, at which line, and that nothing in them is obeyed."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.posts.front_matter import Front, read
from digest.posts.written import Written, from_yaml


def lines(front: Front) -> list[tuple[int | None, str]]:
    return [(p.line, p.severity) for p in front.problems]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Only text.\n",
        "---\n\nA rule opens this text.\n",
        "---\nmore text\n---\n"[:4] + "text under a rule\n",
        "***\n",
        "+++ is no fence\n",
        "{% include x %}\n",
        "{{ x }}\n",
        "Note: this is a sentence.\n\nText\n",
        "Title:\n\nText\n",
        "Dear reader:\nhow are you\n",
        "Note: a heading\n---\n\nText\n",
        "<p>a</p>\n",
        "A heading\n---\n\nText\n",
        "-- no\n",
        "<!-- a comment -->\ntext\n",
        "<!--\n-->\n",
        "{ a set }\n",
    ],
)
def test_a_text_without_a_head_is_all_body(text: str) -> None:
    """Rules, template tags, sentences with a colon and headings are no metadata."""
    assert read(text) == Front(body=text)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("---\ntitle: A\ndate: 2026-11-20\n---\nBody\n", "yaml"),
        ("---  \ntitle: A\ndate: 2026-11-20\n...\nBody\n", "yaml"),
        ("-----\ntitle: A\ndate: 2026-11-20\n-----\nBody\n", "yaml"),
        ("\n\n---\ntitle: A\ndate: 2026-11-20\n---\nBody\n", "yaml"),
        ('+++\ntitle = "A"\ndate = 2026-11-20\n+++\nBody\n', "toml"),
        ('{\n"title": "A",\n"date": "2026-11-20"\n}\nBody\n', "json"),
        ('{"title": "A", "date": "2026-11-20"}\nBody\n', "json"),
        (';;;\n"title": "A",\n"date": "2026-11-20"\n;;;\nBody\n', "json"),
        (';;;\n{"title": "A",\n"date": "2026-11-20"}\n;;;\nBody\n', "json"),
        ("title: A\ndate: 2026-11-20\n---\nBody\n", "yaml"),
        ("Title: A\nDate: 2026-11-20\n\nBody\n", "headers"),
        ("Title: A\nDate: 2026-11-20", "headers"),
        (".. title: A\n.. date: 2026-11-20\n\nBody\n", "nikola"),
        (".. title: A\n.. date: 2026-11-20", "nikola"),
        ("<!--\n.. title: A\n.. date: 2026-11-20\n-->\nBody\n", "nikola"),
    ],
)
def test_each_form_says_the_same(text: str, form: str) -> None:
    """Title, date as written, and the body with its line."""
    front = read(text)
    assert (front.form, front.values["title"], front.values["date"]) == (form, "A", "2026-11-20")
    assert not front.problems
    assert front.body.strip() == ("Body" if "Body" in text else "")
    if "Body" in text:
        above = front.body[: front.body.index("Body")].count("\n")
        assert text.split("\n")[front.body_line - 1 + above] == "Body"


@pytest.mark.parametrize(
    ("text", "kind", "form"),
    [
        ("A\n=\n\n:date: 2026-11-20\n:tags: x,\n   y\n\nBody\n", "rst", ""),
        ("Aa\n==\n\n:date: 2026-11-20\n:tags: x,\n   y\n\nBody\n", "rst", "rest"),
        ("==\nAa\n==\n\n:date: 2026-11-20\n\nBody\n", "rst", "rest"),
        (":title: Aa\n:date: 2026-11-20\n\nBody\n", "rst", "rest"),
        ("Aa\n==\n\nBody\n", "rst", "rest"),
        ("Body\n", "rst", ""),
        (
            '<meta name="title" content="Aa &amp; b">\n<meta name="date" content=\'2026-11-20\'>\n\nBody\n',
            "html",
            "meta",
        ),
        ("<p>Body</p>\n", "html", ""),
        ('<meta name="title" content="Aa">', "html", "meta"),
    ],
)
def test_forms_of_other_markups(text: str, kind: str, form: str) -> None:
    """reStructuredText's title and fields, HTML's meta tags."""
    front = read(text, kind=kind)
    assert front.form == form
    if form:
        assert str(front.values["title"]).startswith("Aa")
        assert front.body.strip() == ("Body" if "Body" in text else "")


def test_each_key_knows_its_line() -> None:
    """In every form, comments and block values between them notwithstanding."""
    yaml = read("---\n# note\ntitle: A\n\ntext: |\n  one\n  two\ndate: x\n---\n")
    toml = read('+++\n# note\ntitle = "A"\n\n[extra]\ndate = 1\n+++\n')
    json = read('{\n\n"title": "A",\n"date": 1\n}\n')
    assert dict(yaml.lines) == {"title": 3, "text": 5, "date": 8}
    assert dict(toml.lines) == {"title": 3, "extra": 5}
    assert dict(json.lines) == {"title": 3, "date": 4}
    assert yaml.line("nothing", "date") == 8
    assert yaml.line("nothing") == 1


@pytest.mark.parametrize(
    "value",
    ["2025", "1.0", "1.10", "on", "off", "no", "NO", "yes", "0x10", "017", "1_000", "12:30:45", "2025-11-03", "1e3",
     ".5", "2001-12-14t21:59:43.10-05:00", "=", "!x"],
)  # fmt: skip
def test_nothing_turns_into_something_else(value: str) -> None:
    """Norway stays Norway, 1.10 keeps its zero, sixty-based numbers do not happen, an offset is not lost."""
    front = (
        read(f"---\ntitle: {value}\ntags: [{value}, x]\n---\n") if value != "!x" else read("---\ntitle: '!x'\n---\n")
    )
    assert front.values["title"] == value


def test_toml_and_json_keep_what_is_written_too() -> None:
    """Numbers with their zeros, dates with their offsets, truths as words."""
    front = read(
        '+++\na = 1.10\nb = 2026-11-20T10:00:00-07:00\nc = true\nd = [1, 2.50]\ne = {f = "g"}\nh = 10:00:00\n+++\n'
    )
    assert front.values == {"a": "1.10", "b": "2026-11-20T10:00:00-07:00", "c": "true", "d": ["1", "2.50"],
                            "e": {"f": "g"}, "h": "10:00:00"}  # fmt: skip
    assert read('{"a": 1.10, "b": null, "c": false, "d": [12345678901234567890123]}\n').values == {
        "a": "1.10", "b": "", "c": "false", "d": ["12345678901234567890123"]}  # fmt: skip


def test_plain_and_quoted_are_told_apart() -> None:
    """A YAML timestamp is plain; the same in quotes is a text."""
    front = read("---\na: 2026-11-20 10:00:00\nb: '2026-11-20 10:00:00'\nc: ~\nd: '~'\n---\n")
    a, b = front.values["a"], front.values["b"]
    assert isinstance(a, Written)
    assert isinstance(b, Written)
    assert (a.plain, b.plain) == (True, False)
    assert (front.values["c"], front.values["d"]) == ("", "~")


def test_block_scalars_folded_and_kept() -> None:
    """`>-` folds, `|` keeps."""
    front = read("---\na: >-\n  one\n  two\nb: |\n  one\n  two\n---\n")
    assert (front.values["a"], front.values["b"]) == ("one two", "one\ntwo\n")


def test_a_key_written_twice_is_told() -> None:
    """The last one counts, as in most generators; nested keys may repeat in peace."""
    front = read("---\ntitle: A\nx: {a: 1, a: 2}\ntitle: B\n---\n")
    assert front.values["title"] == "B"
    assert lines(front) == [(4, "warning")]


def test_merge_keys_and_aliases_are_read() -> None:
    """Honest use of anchors is no bomb; own keys beat merged ones; odd keys are passed over."""
    front = read(
        "---\nbase: &b {x: 1, y: 2}\nown:\n  <<: *b\n  y: 3\nboth:\n  <<: [*b, {z: 4}]\n"
        "odd: {<<: text}\n? [a]\n: c\n---\n"
    )
    assert front.values["own"] == {"x": "1", "y": "3"}
    assert front.values["odd"] == {}
    assert front.values["both"] == {"x": "1", "y": "2", "z": "4"}
    assert not front.problems


BOMBS = {
    "laughs": "\n".join(f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9) if i else 'x'}]" for i in range(12)),
    "itself": "a: &a [*a]",
    "brackets": "a: " + "[" * 50_000,
    "dashes": "- " * 50_000 + "x",
    "questions": "? " * 50_000 + "x",
    "braces": "a: " + "{a: " * 20_000,
    "many": "\n".join(f"k{i}: v" for i in range(15_000)),
    "long": "a: " + "x" * 300_000,
    "unknown alias": "a: *b",
    "control": "a: \x07",
    "object": "a: !!python/object/apply:os.system ['touch /tmp/owned']",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_goes_off_at_once_and_costs_nothing(name: str) -> None:
    """Growth, depth and length are bounded, for YAML, TOML and JSON; tags make no objects. In a second, all of them."""
    began = time.monotonic()
    front = read(f"---\n{BOMBS[name]}\n---\nBody\n")
    assert time.monotonic() - began < 1
    assert front.body.strip() == "Body"
    if name == "object":
        assert front.values == {"a": ["touch /tmp/owned"]}
    else:
        assert [p.severity for p in front.problems] == ["error"]
        assert front.values == {}


@pytest.mark.parametrize("text", ["+++\na = " + "[" * 5000 + "]" * 5000 + "\n+++\n", '{"a": ' + "[" * 100_000 + "\n",
                                  "+++\na = " + "[" * 60 + "]" * 60 + "\n+++\n",
                                  ';;;\n"a": ' + "[" * 90_000 + "\n;;;\n",
                                  "{\"a\": 1" + " " * 300_000 + "\n"])  # fmt: skip
def test_depth_is_bounded_in_toml_and_json_too(text: str) -> None:
    """A recursion error is no way to learn of it."""
    assert [p.severity for p in read(text).problems] == ["error"]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("---\na: [1, 2\nb: 3\n---\n", 3, "broken"),
        ("---\na: @b\n---\n", 2, "quotes"),
        ("---\ntitle: A\n--- x\n---\n", 3, "second document"),
        ("+++\na = 1\na = 2\n+++\n", 3, "TOML"),
        ('+++\na = "x\n+++\n', 2, "TOML"),
        (";;;\n\"a\": 1,\n\"b\" 2\n;;;\n", 3, "JSON"),
        ('{"a": 1,\n"b" 2}\n}\nBody', 2, "JSON"),
        ("title: 'A\n---\nBody\n", 1, "quotation"),
        ("---\njust words\n---\n", 1, "`key: value`"),
        ("+++\na = 1\n\nText\n", 1, "never closed"),
        (";;;\n\"a\": 1\n\nText\n", 1, "never closed"),
    ],
)  # fmt: skip
def test_a_head_that_cannot_be_read_names_its_line(text: str, line: int, words: str) -> None:
    """One error, at the line to look at."""
    (problem,) = read(text).problems
    assert problem.severity == "error"
    assert words in problem.message
    assert problem.line == line


def test_blanks_before_the_fence_are_forgiven_and_told() -> None:
    """Jekyll sees no metadata there; blank lines alone are nothing to tell."""
    front = read(" ---\ntitle: A\n---\nBody\n")
    assert front.values["title"] == "A"
    assert lines(front) == [(1, "warning")]
    assert not read("\n---\ntitle: A\n---\nBody\n").problems


def test_strict_reading_admits_no_head_without_a_fence() -> None:
    """For files where every line may begin like a key."""
    assert read("Title: A\n\nBody\n", loose=False).form == ""


def test_rules_in_the_body_are_no_fences() -> None:
    """Only the second fence closes; whatever follows is text."""
    front = read("---\ntitle: A\n---\n---\nText\n---\nMore\n")
    assert front.body == "\n---\nText\n---\nMore\n" or front.body.startswith("---\nText")
    assert not front.problems


def test_an_empty_head_is_a_head() -> None:
    """It says nothing, and its text follows."""
    assert read("---\n---\nBody\n").form == "yaml"
    assert read("---\n# only a note\n---\nBody\n").values == {}
    assert from_yaml("") == ({}, [])
    assert from_yaml("~") == ({}, [])


def test_header_values_go_on_in_indented_lines() -> None:
    """MultiMarkdown folds them; a line that is neither ends the attempt."""
    assert read("Title: A\n    and b\nTags: x\n\nBody\n").values == {"title": "A and b", "tags": "x"}
    assert read("Title: A\nnot a header\n\nBody\n").form == ""


# ------------------------------------------------------------------------------------------------ Lektor


def test_lektor_fields_in_any_order() -> None:
    """Blocks, lines, an escaped rule, and the prose of flow blocks with its line."""
    text = (
        "title: A\n---\nbody:\n\n#### banner ####\nimage: x.jpg\n#### text-block ####\ntext:\n\nFirst.\n\n-----\n\n"
        "More.\n----\nclass: default\n#### text-block ####\ntext: Last.\n---\npub_date: 2026-11-20\n---\nsummary:"
        "\n\nOne\ntwo\n"
    )
    front = read(text, kind="lr")
    assert front.values == {"title": "A", "pub_date": "2026-11-20", "summary": "One\ntwo"}
    assert front.body == "First.\n\n----\n\nMore.\n\nLast.\n"
    assert front.lines["pub_date"] == 20
    assert text.split("\n")[front.body_line - 1 : front.body_line + 1] == ["", "First."]


def test_lektor_bodies_without_blocks_and_fields_without_keys() -> None:
    """A plain body is all text; a stray field is told with its line; an empty file has nothing."""
    front = read("title: A\n---\nstray\n---\nbody:\n\nText\n----\nend\n", kind="lr")
    assert front.body == "\nText\n---\nend\n"
    assert lines(front) == [(3, "error")]
    assert read("", kind="lr").values == {}


ROWS = ["---", "+++", ";;;", "{", "}", "title: A", "a: [", "- b", "\t- c", '"k": 1,', ".. title: x", "", "text", "<!--",
        "-->", "x = 1", "&a *a", ":k: v", "====", "k: 'v", "date: 2025-13-03", "|", "..."]  # fmt: skip


@settings(max_examples=200)
@given(
    st.lists(st.sampled_from(ROWS), max_size=12),
    st.sampled_from(["md", "rst", "html", "lr", "txt"]),
)  # fmt: skip
def test_any_head_is_read_or_told(rows: list[str], kind: str) -> None:
    """Whatever stands there: no exception, each problem with a line of the file, the body a part of it."""
    text = "\n".join(rows)
    front = read(text, kind=kind)
    count = len(rows) or 1
    assert all(p.line is not None and 1 <= p.line <= count + 1 for p in front.problems)
    assert 1 <= front.body_line <= count + 1
    assert kind == "lr" or text.endswith(front.body)
    assert all(1 <= n <= count for n in front.lines.values())


def test_definitions_of_franklin() -> None:
    """A text, a list, a day; the prose begins below them. A file that only names `@def` has none."""
    raw = '@def title = "A \\# b"\n@def tags = ["x", "y z"]\n@def rss_pubdate = Date(2025, 10, 1)\n@def n = 3\n\nText\n'
    front = read(raw)
    assert dict(front.values) == {"title": "A \\# b", "tags": ["x", "y z"], "rss_pubdate": "2025-10-01", "n": "3"}
    assert (front.form, front.lines["tags"], front.body) == ("franklin", 2, "\nText\n")
    assert read("Text with @def a = 1\n").form == ""
