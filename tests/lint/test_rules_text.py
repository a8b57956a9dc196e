"""The text part, unfilled slots, and what is never blamed: content that looks like a template's slip."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.model import Finding, Proof
from digest.testing import post

Seeded = Callable[..., Proof]
Found = Callable[[str, Proof], list[Finding]]
END = "</td></tr></table></div></body></html>"
TEMPLATES = (
    "In Jinja you write `{{ user.name }}` and `{% for x in y %}`, in JavaScript you get [object Object], undefined\n"
    "or NaN; in Python None. A lone {{ as well. Lorem ipsum dolor. HTML: `<b>bold</b>`, `&nbsp;`, <mj-text>, "
    "[a link](https://example.com/a).\n"
)


def added(html: str) -> dict[str, Any]:
    return {"html": [(END, html + END)]}


def content(words: str, **defect: Any) -> dict[str, Any]:
    """A post that holds these words, which both parts show."""
    posts = (post("posts/folders.md", url="https://example.org/blog/folders/", title=words[:20], body=words),)
    shown = words.replace("&", "&amp;").replace("<", "&lt;").replace("`", "")
    return {"posts": posts, **added(f"<p>{shown}</p>"), "text": [("$", words)], **defect}


QUIET = [
    ("slot-unfilled", content(TEMPLATES)),
    ("slot-unfilled", content("By None, undefined.", **added("<p>By None</p>"))),
    ("slot-unfilled", added("<p>None of this is null and void</p>")),
    ("slot-unfilled", {"sender": {"name": "{{ Braces }}"}, "headers": {"Subject": "{{ Braces }} and more"}}),
    ("slot-unfilled", {"newsletter": {"title": "undefined"}, **added("<p>undefined</p>")}),
    ("slot-unfilled", added("<style>{{ x }}</style>")),
    ("text-markup", content(TEMPLATES)),
    ("text-markup", {"text": [("$", "<https://example.org/> a < b > c & d; [1] (x)")]}),
    ("text-markup", {"issue": {"intro": "See <b>this</b>"}, "text": [("$", "See <b>this</b>")]}),
    ("text-width", {"text": [("$", f"https://example.org/{'x' * 90} \n{'word ' * 15}\n")]}),
    ("text-width", {"newsletter": {"text_width": 0}, "text": [("$", "word " * 40)]}),
    ("text-width", {"newsletter": {"text_width": 100}, "text": [("$", "word " * 19)]}),
    ("text-width", content("a line of code that is wide, " * 4)),
    ("parts-disagree", added("<p>a few other short bits of it</p>")),
    (
        "parts-disagree",
        {
            "html": [("https://example.org/blog/maps/", "https://example.org/blog/maps/?a=1&amp;b=2")],
            "text": [("https://example.org/blog/maps/", "https://example.org/blog/maps/?a=1&b=2")],
        },
    ),
    ("parts-disagree", {"text": [("order and", "https://news.example.org/u/ order and")]}),
    ("control-character", {"text": [("$", "tab\there\n")]}),
]

DEFECTS = [
    ("slot-unfilled", added("<p>Hello {{ name }}</p>"), "error", "{{ name }}"),
    ("slot-unfilled", added('<p title="{% if x %}">x</p>'), "error", "{% if x %}"),
    ("slot-unfilled", added("<p>By None</p>"), "error", "None"),
    ("slot-unfilled", added("<p>20 Nov · None · 5 min</p>"), "error", "None"),
    ("slot-unfilled", added("<p>Hello undefined, welcome</p>"), "error", "undefined"),
    ("slot-unfilled", added('<img alt="[object Object]" src="x">'), "error", "[object Object]"),
    ("slot-unfilled", added("<p>Lorem ipsum dolor sit amet</p>"), "error", "Lorem ipsum"),
    ("slot-unfilled", added("<p>\ufdd0token\ufdd1</p>"), "error", "\N{WHITE SQUARE}"),
    ("slot-unfilled", {"headers": {"Subject": "{{ lead.title }}"}}, "error", "{{ lead.title }}"),
    ("slot-unfilled", {"text": [("$", "{{ half")]}, "error", "{{"),
    ("slot-unfilled", content(TEMPLATES, **added("<p>Hello {{ name }}</p>")), "error", "{{ name }}"),
    ("text-markup", {"text": [("$", 'see <td class="x"> here')]}, "error", '<td class="x">'),
    ("text-markup", {"text": [("$", "a&nbsp;b")]}, "error", "&nbsp;"),
    ("text-markup", {"text": [("$", "a&nbsp;b&nbsp;c")]}, "error", "&nbsp;"),
    ("text-markup", {"text": [("$", "[x](https://example.org/)")]}, "error", "[x](https://example.org/)"),
    ("text-markup", {"text": [("$", "</mj-text>")]}, "error", "</mj-text>"),
    ("text-markup", content(TEMPLATES, text=[("$", "<i>x</i>")]), "error", "<i>"),
    ("text-width", {"text": [("$", "word " * 16)]}, "warning", "80 columns"),
    ("text-width", {"text": [("$", "漢字 " * 16)]}, "warning", "80 columns"),
    (
        "parts-disagree",
        added('<a href="https://example.org/alone/">x</a>'),
        "error",
        "https://example.org/alone/ is in the HTML part alone",
    ),
    (
        "parts-disagree",
        {"text": [("$", "https://example.org/alone/.")]},
        "error",
        "https://example.org/alone/ is in the text part alone",
    ),
    (
        "parts-disagree",
        added("<p>" + " ".join(f"word{c}word" for c in "abcdefghijklmnop") + "</p>"),
        "warning",
        "words",
    ),
    ("control-character", {"text": [("$", "bell \x07 here")]}, "error", "U+0007 stands in the text"),
    ("control-character", added("<p>next \x85 line</p>"), "error", "U+0085 stands in the HTML"),
    ("control-character", {"headers": {"Subject": "a \ufffd b"}}, "error", "U+FFFD stands in the subject"),
]


@pytest.mark.parametrize(("rule", "defect"), QUIET)
def test_what_is_right_is_not_blamed(rule: str, defect: dict[str, Any], seeded: Seeded, found: Found) -> None:
    """Near misses: blogs about templates, HTML and code are mailed as they are."""
    assert found(rule, seeded(**defect)) == []


@pytest.mark.parametrize(("rule", "defect", "severity", "words"), DEFECTS)
def test_a_defect_is_found(
    rule: str, defect: dict[str, Any], severity: str, words: str, seeded: Seeded, found: Found
) -> None:
    """With its severity, naming the thing; once, though a tag may be closed by another."""
    told = found(rule, seeded(**defect))
    assert len(told) in (1, 2)
    assert told[0].severity == severity
    assert words in told[0].message


def test_a_link_of_a_post_in_one_part_alone_is_a_warning(seeded: Seeded, found: Found) -> None:
    """How a post's text became two parts is no fault of the editor's template."""
    posts = (post("posts/folders.md", url="https://example.org/blog/folders/", body="[x](https://example.com/alone)"),)
    for defect in (
        added('<a href="https://example.com/alone">x</a>'),
        {"text": [("$", "https://example.com/alone")]},
    ):
        assert [f.severity for f in found("parts-disagree", seeded(posts=posts, **defect))] == ["warning"]


def test_a_post_that_is_linked_in_one_part_alone_is_an_error(seeded: Seeded, found: Found) -> None:
    """The posts' own links are the template's: it must show them in both parts."""
    proof = seeded(text=[("https://example.org/blog/folders/\n", "\n")])
    assert [f.severity for f in found("parts-disagree", proof)] == ["error"]


def test_a_letter_that_was_lost_is_the_posts(seeded: Seeded, found: Found) -> None:
    """U+FFFD in a post was read in the wrong encoding there."""
    posts = (post("posts/folders.md", url="https://example.org/blog/folders/", body="caf\ufffd", body_line=3),)
    (finding,) = found("control-character", seeded(posts=posts, text=[("$", "caf\ufffd")]))
    assert (finding.severity, finding.file, finding.line) == ("warning", "posts/folders.md", 3)


def test_a_line_of_the_text_is_named(seeded: Seeded, found: Found) -> None:
    """The preview page leads to it."""
    (finding,) = found("text-markup", seeded(text=[("Drawing contour maps", "Drawing &amp; maps")]))
    assert (finding.part, finding.line) == ("text", 15)


@settings(max_examples=40, deadline=None)
@given(
    words=st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co")), min_size=1, max_size=80)
)
def test_whatever_a_post_says_is_mailed(words: str, seeded: Seeded, found: Found) -> None:
    """No text of a post makes a rule about the template's own words speak up."""
    posts = (
        post("posts/folders.md", url="https://example.org/blog/folders/", title=words, body=f"{words}\n{TEMPLATES}"),
    )
    shown = words.replace("&", "&amp;").replace("<", "&lt;")
    proof = seeded(posts=posts, **added(f"<p>{shown}</p>"), text=[("$", f"\n{words}\n")])
    assert found("slot-unfilled", proof) == []
    assert found("text-markup", proof) == []
