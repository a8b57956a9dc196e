"""Whole issues drawn: sizes, links in both parts, languages, hostile posts, and every number of posts."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest import testing
from digest.errors import TemplateError
from digest.language import language
from digest.model import Group, Image, Post, Rendered
from digest.render import markup, slots
from digest.render.draw import BUDGET
from digest.render.markup import least_octets
from digest.render.theme import load, shipped
from digest.settings import Newsletter, Public, Sender, Site

Draw = Callable[..., Rendered]
TOKEN = slots.mark(slots.Slot.TOKEN)
COVER = Image(url="https://img.example.org/a.png", alt="A cover", width=1200, height=600)
SENTENCE = "What happened this week, in a sentence that says enough to decide whether to read on or not. "


def posts(count: int, **fields: Any) -> list[Post]:
    """So many posts, each with a picture, an author and a text of some length."""
    defaults: dict[str, Any] = {
        "image": COVER,
        "author": "The Example team",
        "body": SENTENCE * 80,
        "excerpt": SENTENCE * 2,
    }
    return [
        testing.post(f"posts/{n}.md", title=f"Post number {n} has a title", **(defaults | fields)) for n in range(count)
    ]


class Page(HTMLParser):
    """What a mail links, shows and says."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.pictures: list[dict[str, str]] = []
        self.tags: list[str] = []
        self.said: list[str] = []
        self.skip = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {k: v or "" for k, v in attrs}
        self.tags.append(tag)
        self.said += [] if tag in ("a", "em", "code", "span", "strong") else [" "]
        self.links += [found["href"]] if tag == "a" else []
        self.pictures += [found] if tag == "img" else []
        self.skip += tag in ("style", "title")

    def handle_endtag(self, tag: str) -> None:
        self.skip -= tag in ("style", "title")

    def handle_data(self, data: str) -> None:
        self.said += [] if self.skip else [data]

    @property
    def text(self) -> str:
        return " ".join("".join(self.said).split())


def page(rendered: Rendered) -> Page:
    return Page(rendered.html)


def text_links(rendered: Rendered) -> set[str]:
    """Addresses of the text part: each alone on its line."""
    return {line for line in rendered.text.split("\n") if re.match(r"(https?://|mailto:|tel:)", line)}


def valid(rendered: Rendered, *, prose: bool = False) -> None:
    """What holds for each and every mail; `prose`: its text may hold lines that look like links."""
    parser = html5lib.HTMLParser(strict=False)
    parser.parse(rendered.html.replace(TOKEN, "token"))
    assert not parser.errors, parser.errors
    seen = page(rendered)
    assert set(seen.links) <= text_links(rendered)
    assert prose or set(seen.links) == text_links(rendered)
    assert all(p["src"].startswith("https:") and "alt" in p and p["width"].isdigit() for p in seen.pictures)
    assert seen.tags.count("h1") == 1
    assert len(rendered.html.encode()) <= BUDGET
    assert not re.search("[\ufdd2-\ufdef]", rendered.html + rendered.text + rendered.mjml)
    assert not re.search(r"[ \t]$", rendered.text.replace("\n-- \n", "\n"), re.MULTILINE)
    for body in (rendered.html, rendered.text):
        slots.split(body)
    lines = rendered.mjml.split("\n")
    assert all(1 <= line <= len(lines) and there >= 1 for line, _, there in rendered.mjml_origin)
    assert [entry[0] for entry in rendered.mjml_origin] == sorted({entry[0] for entry in rendered.mjml_origin})


def test_an_issue_as_readers_see_it(drawn: Draw) -> None:
    """Three posts: name, number, date, titles, facts, ways out, address, in both parts."""
    lead, second, third = posts(3)
    lead = replace(lead, title="The `lead` & all", categories=("Field notes",), tags=("One", "Two"))
    made = drawn(testing.issue(lead, second, third, intro="Hello *reader*, see [this](https://example.org/this)."))
    valid(made)
    said = page(made).text
    for words in (
        "Example Weekly Issue 48 · 27\xa0November\xa02026 · Read on the web".replace("\xa0", " "),
        "Hello reader, see this.",
        "Field notes The lead & all 24 November · By The Example team · 7 min read",
        "One Two Read the article",
        "Post number 1 has a title 24 Nov · The Example team · 7 min read",
        "Read more",
        "You receive Example Weekly because you subscribed at example.org. It is sent every Friday.",
        "Unsubscribe Change what you get Web version",
        "Example Weekly, 1 Example Street, 1010 Vienna",
    ):
        assert words in said.replace("\xa0", " "), words
    assert made.subject == "The lead & all, and 2 more"
    assert (
        made.preheader
        == f"Post number 1 has a title · Post number 2 has a title · {SENTENCE.strip()}"[:139].rsplit(" ", 1)[0] + "…"
    )
    assert f"https://news.example.org/u/{TOKEN}" in made.html
    assert f"https://news.example.org/p/{TOKEN}" in made.text
    assert "https://news.example.org/weekly/weekly-2026-11-27/" in made.text
    assert "\n-- \n" in made.text
    assert "FIELD NOTES\n" + "-" * 72 + "\n\nThe lead & all\n" in made.text
    assert "Tags: One, Two" in made.text
    assert "[1]\nhttps://example.org/this\n" in made.text
    assert made.posts == (lead.id, second.id, third.id)
    assert made.warnings == ()
    assert (made.language, '<html lang="en"' in made.html) == ("en", True)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 13, 14, 20, 30, 60])
@pytest.mark.parametrize("equal", [True, False])
def test_any_number_of_posts(drawn: Draw, count: int, equal: bool) -> None:
    """None with an intro, one alone, many: every post is in both parts, and the mail is small."""
    all_posts = posts(count)
    lead = None if equal or not all_posts else all_posts[0]
    others = tuple(all_posts if equal else all_posts[1:])
    groups = (Group(label="", posts=others),) if others else ()
    made = drawn(testing.issue(lead=lead, groups=groups, intro="Hello."))
    valid(made)
    for post in all_posts:
        assert post.title in made.text
        assert post.url in page(made).links
    rest = len(all_posts) if equal else max(count - 1, 0)
    cards = rest if rest <= 13 else 12
    headings = (count > 0 and not equal) + cards + (cards < rest)  # the lead, the cards, "Also this week"
    assert sum(page(made).tags.count(h) for h in ("h2", "h3")) == headings
    if count == 20:
        assert len(made.html.encode()) < 60_000
    if not count:
        assert made.subject == "Example Weekly · Issue 48"
        assert 'class="card' not in made.html


def test_headings_go_down_by_one(drawn: Draw) -> None:
    """h1 the name, h2 lead and groups, h3 posts; posts of equal rank without groups are h2."""
    a, b, c = posts(3)
    for groups, lead, levels in (
        ((Group(label="G", posts=(b, c)),), a, "1 2 2 3 3"),
        ((Group(label="", posts=(b, c)),), a, "1 2 3 3"),
        ((Group(label="", posts=(a, b)),), None, "1 2 2"),
        ((Group(label="G", posts=(a, b)),), None, "1 2 3 3"),
    ):
        made = drawn(testing.issue(a, b, c, lead=lead, groups=groups))
        assert [t[1] for t in page(made).tags if re.fullmatch("h[1-6]", t)] == levels.split()


def test_lines_follow_the_cards_of_a_long_issue(drawn: Draw, tmp_path: Path) -> None:
    """After the cards, one line a post; its label fits the window, and a lone last post stays a card."""
    made = drawn(testing.issue(*posts(30)))
    assert "Also this week" in page(made).text
    assert made.text.index("ALSO THIS WEEK") < made.text.index("Post number 13 has")
    monthly = testing.window(start=testing.FRIDAY - timedelta(days=30))
    assert "Also in this issue" in page(drawn(testing.issue(*posts(30), window=monthly))).text
    assert "Also" not in page(drawn(testing.issue(*posts(14)))).text
    folder = tmp_path / "templates" / "default"
    folder.mkdir(parents=True)
    (folder / "theme.toml").write_text("[options]\ncards = 0\ntags = false\ncovers = false\n", encoding="utf-8")
    bare = drawn(testing.issue(*posts(4)), theme=load("default", tmp_path))
    assert page(bare).tags.count("h3") == 0
    assert page(bare).pictures == []
    assert "Notes" not in page(bare).text
    valid(bare)


def test_a_mail_that_would_be_too_long_is_shortened(drawn: Draw) -> None:
    """Texts that do not fit become excerpts, then cards become lines; Gmail would hide the way out."""
    long = "\n\n".join([SENTENCE * 5] * 40)
    made = drawn(testing.issue(*posts(8, body=long), content="full"))
    valid(made)
    assert [(w.rule, bool(w.file)) for w in made.warnings] == [("clip", True), ("clip", False)]
    assert "its beginning stands there" in made.warnings[0].message
    assert made.html.count(SENTENCE.strip()) > 300
    assert re.search(r": [456] of 8 stand as excerpts", made.warnings[1].message)
    assert len(made.html.encode()) > BUDGET - 4_000
    first, *rest = posts(4, body="A short text, but a whole one.")
    beside = drawn(testing.issue(replace(first, body=long * 10), *rest, content="full"))
    valid(beside)
    assert beside.html.count("A short text, but a whole one.") == 3
    huge = drawn(testing.issue(*posts(2, body=long * 10), content="full"))
    valid(huge)
    cards = drawn(testing.issue(*posts(41, excerpt=("A longer word " * 30)[:300] + ".")), theme=load("default", None))
    valid(cards)
    many = drawn(testing.issue(*posts(60, body="short", excerpt="x"), content="full"))
    valid(many)
    assert "Also this week" in page(many).text


def test_a_whole_text_stands_in_both_parts(drawn: Draw) -> None:
    """With content = "full" the post is the mail: headings, code, links, pictures, once each."""
    body = "# Post number 0 has a title\n\n## Part\n\nSee [one](../one/) and https://example.com/two.\n\n"
    body += "```\ncode {{ x }}\n```\n"
    made = drawn(testing.issue(*posts(2, body=body), content="full"))
    valid(made)
    assert page(made).text.count("code {{ x }}") == 2
    assert "https://example.org/blog/one/" in made.text
    assert "    code {{ x }}" in made.text
    assert page(made).text.count("Post number 0 has a title") == 2  # its title, and the body of the other post
    assert "style=" in made.html.split("code {{ x }}")[0].rsplit("<pre", 1)[1]


def test_titles_alone_say_no_more(drawn: Draw) -> None:
    """content = "title" has no excerpts."""
    made = drawn(testing.issue(*posts(3), content="title"))
    valid(made)
    assert SENTENCE.strip() not in made.text.replace("\n", " ")


def test_another_language(drawn: Draw) -> None:
    """German: frame, dates, plurals; the tag of the issue in html and in Rendered."""
    made = drawn(testing.issue(*posts(3), language="de-AT"))
    valid(made)
    said = page(made).text.replace("\xa0", " ")
    assert "Ausgabe 48 · 27. November 2026 · Im Browser lesen" in said
    assert "24. November · Von The Example team · 7 Min. Lesezeit" in said
    assert "Es erscheint jeden Freitag." in made.text.replace("\n", " ")
    assert made.subject == "Post number 0 has a title und 2 weitere Beiträge"
    assert '<html lang="de-AT"' in made.html


def test_right_to_left(drawn: Draw) -> None:
    """Arabic: every section and column turned, text at the right, sans headings without tracking, the arrow turned."""
    made = drawn(testing.issue(*posts(3), language="ar", title="النشرة"))
    valid(made)
    assert '<html lang="ar" dir="rtl"' in made.html
    assert "direction:ltr" not in made.html
    assert "←" in made.html
    assert "Georgia,Times" not in made.html
    assert "text-transform:uppercase" not in made.html
    assert "letter-spacing" not in made.html
    assert "text-align:right" in made.html


def test_a_post_in_another_language_says_so(drawn: Draw) -> None:
    """Its text has its own lang and dir; what we say of it keeps ours."""
    made = drawn(testing.issue(*posts(2, lang="ar")))
    valid(made)
    assert 'lang="ar" dir="rtl"' in made.html
    assert '<p class="m" lang="en" dir="ltr"' in made.html
    assert 'lang="ar"' not in drawn(testing.issue(*posts(2, lang="en-GB"))).html


def test_without_public_pages(drawn: Draw) -> None:
    """The way out is a mail to the address of the settings; there is nothing on the web to point to."""
    sender = Sender(address="news@example.org", unsubscribe="leave@news.example.org", unsubscribe_style="plus")
    made = drawn(
        testing.issue(*posts(2)), public=Public(), sender=sender, site=Site(), newsletter=Newsletter(name="weekly")
    )
    valid(made)
    assert f"mailto:leave+{TOKEN}@news.example.org?subject=unsubscribe" in text_links(made)
    for words in ("on the web", "Web version", "Change what you get", "It is sent"):
        assert words not in made.html
    assert "because you subscribed to it." in made.text.replace("\n", " ")


def test_a_description_says_what_it_is(drawn: Draw) -> None:
    """The newsletter's own sentence stands in the footer, in place of the cadence."""
    newsletter = Newsletter(name="weekly", send="Friday 09:00", description="What was new at {{ x }}.")
    text = drawn(testing.issue(), newsletter=newsletter).text.replace("\n", " ")
    assert "because you subscribed at example.org. What was new at {{ x }}." in text
    assert "It is sent" not in text


@pytest.mark.parametrize(
    ("send", "often"),
    [
        ("Mon 08:00", "every Monday."),
        ("wednesday 8:00", "every Wednesday."),
        ("daily 07:00", "every day."),
        ("1st 09:00", "every month."),
        ("Mon,Thu 08:00", None),
        ("0 9 * * 5", None),
        ("manual", None),
    ],
)
def test_how_often_is_said_where_words_are_plain(drawn: Draw, send: str, often: str | None) -> None:
    """A cadence that has no short words is left out."""
    text = drawn(testing.issue(), newsletter=Newsletter(name="weekly", send=send)).text.replace("\n", " ")
    assert (f"It is sent {often}" in text) if often else ("It is sent" not in text)


@pytest.mark.parametrize(
    ("subject", "says"),
    [
        ("{{ title }} {{ number }}: {{ lead.title }} ({{ count }})", "Example Weekly 48: {{ 7*7 }} {% x %} (3)"),
        ("An editor's {words} 100 %", "An editor's {words} 100 %"),
        (
            "{{ posts[1].title }}, {{ posts | length }}, {{ date }}",
            "Post number 1 has a title, 3, 27\xa0November\xa02026",
        ),
        ("{{ '' }}", "Example Weekly · Issue 48"),
        ("two\nlines", "two lines"),
    ],
)
def test_subjects(drawn: Draw, subject: str, says: str) -> None:
    """A template by the configuration or the editor; a title is a value in it, whatever braces it holds."""
    first, *rest = posts(3)
    made = drawn(testing.issue(replace(first, title="{{ 7*7 }} {% x %}"), *rest, subject=subject))
    valid(made)
    assert made.subject == says


def test_long_subjects_keep_their_end(drawn: Draw) -> None:
    """Cut within the title, so that what follows it stays; and told."""
    first, *rest = posts(3)
    made = drawn(testing.issue(replace(first, title="word " * 60), *rest))
    assert made.subject.endswith("…, and 2 more")
    assert len(made.subject) <= 150
    assert {w.rule for w in made.warnings} == {"subject-length", "title-long"}
    assert len(drawn(testing.issue(*rest, subject="x" * 300)).subject) <= 150


def test_a_wrong_subject_names_the_file_it_stands_in(drawn: Draw) -> None:
    """The editor's file where it is the editor's, else digest.toml."""
    with pytest.raises(TemplateError) as caught:
        drawn(testing.issue(subject="{{ led.title }}", intro_file="issues/weekly-2026-11-27.md"))
    assert caught.value.file == "issues/weekly-2026-11-27.md"
    assert "lead" in caught.value.hint
    with pytest.raises(TemplateError) as caught:
        drawn(testing.issue(subject="{{ led }}"), newsletter=Newsletter(name="weekly", subject="{{ led }}"))
    assert caught.value.file == "digest.toml"


def test_preheaders(drawn: Draw) -> None:
    """The editor's, else other titles, else what the mail says next; a short one is filled up without being seen."""
    assert drawn(testing.issue(*posts(3), preheader="{{ count }} posts")).preheader == "3 posts"
    alone = drawn(testing.issue(*posts(1, excerpt="Short.")))
    assert alone.preheader == "Short."
    assert alone.html.count("&#847;&zwnj;&nbsp;") == 140 - len("Short.")
    assert drawn(testing.issue(lead=None, groups=(), intro="Only *this*.")).preheader == "Only this."
    titles = [replace(p, title=f"{p.title} that goes on and on for quite a while") for p in posts(5)]
    long = drawn(testing.issue(*titles)).preheader
    assert 85 <= len(long) <= 140
    assert "&#847;" not in drawn(testing.issue(*titles)).html


def test_what_posts_bring_is_mended_and_told(drawn: Draw) -> None:
    """No https, pixels, formats nobody shows, endless titles, no address: warnings with the post's file."""
    bad = [
        replace(post, url=url, image=image, title=title)
        for post, url, image, title in zip(
            posts(5),
            ("", "javascript:alert(1)", "https://example.org/c/", "https://example.org/d/", "https://example.org/e/"),
            (
                Image(url="http://example.org/a.png"),
                Image(url="data:image/png;base64,AA"),
                Image(url="https://example.org/a.svg"),
                Image(url="https://example.org/p.png", width=1, height=1),
                Image(url=""),
            ),
            ("a", "b", "c", "x" * 500, ""),
            strict=True,
        )
    ]
    made = drawn(testing.issue(*bad))
    valid(made)
    assert [(w.file, w.rule) for w in made.warnings] == [
        ("posts/0.md", "url-missing"),
        ("posts/0.md", "image-scheme"),
        ("posts/1.md", "url-missing"),
        ("posts/1.md", "image-scheme"),
        ("posts/2.md", "image-format"),
        ("posts/3.md", "title-long"),
        ("posts/3.md", "tracking"),
    ]
    assert all(w.severity == "warning" and w.part == "posts" for w in made.warnings)
    assert page(made).pictures == []


def test_facts_that_are_not_there(drawn: Draw) -> None:
    """No date, no author, no picture, no excerpt, another year: nothing is said of what is not known."""
    bare = testing.post("x.md", date=None, excerpt="", body="", tags=(), image=None, categories=())
    old = testing.post(
        "y.md", date=datetime(2025, 1, 2, tzinfo=UTC), author="Ann <ann@example.org>", image=replace(COVER, width=None)
    )
    made = drawn(testing.issue(bare, old))
    valid(made)
    assert "2\xa0Jan\xa02025" in made.html
    assert "Ann" in made.text
    assert "ann@" not in made.html
    assert " height=" not in made.html.split('src="https://img')[1].split(">")[0]
    assert "About x\n\nhttps://example.org/blog/x/\n" in made.text
    assert "team" not in drawn(testing.issue(testing.post(author="a@b.example"))).text


def test_the_text_part_is_as_wide_as_the_settings_say(drawn: Draw) -> None:
    """72 columns, or none at all."""
    made = drawn(testing.issue(*posts(3), intro=SENTENCE * 3))
    assert max(len(line) for line in made.text.split("\n") if "://" not in line) <= 72
    wide = drawn(testing.issue(*posts(3), intro=SENTENCE * 3), newsletter=Newsletter(name="weekly", text_width=0))
    assert (SENTENCE * 3).strip() in wide.text


def test_the_same_issue_is_the_same_variant(drawn: Draw) -> None:
    """Equal input, equal output; another language, set of posts or theme is another variant."""
    one = testing.issue(*posts(3))
    assert drawn(one) == drawn(one)
    others = [replace(one, language="de"), testing.issue(*posts(2)), replace(one, subject="x")]
    assert len({drawn(i).variant for i in (one, *others)}) == 4


def project(folder: Path, name: str, text: str) -> Path:
    path = folder / "templates" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("name", "text", "line", "message"),
    [
        ("parts/lead.mjml.j2", "<tr>\n{{ lead.titel }}</tr>", 2, "titel"),
        ("parts/card.mjml.j2", "{# x #}\n<tr><td>\n<b>x</i></td></tr>", 3, "mjml-balance"),
        ("parts/head.mjml.j2", "<mj-title>x</mj-title>\n<mj-styl>a</mj-styl>", 2, "did you mean <mj-style>"),
        ("default/issue.txt.j2", "\n{{ nothing }}", 2, "nothing"),
        ("parts/body.css.j2", "{{ light.acent }}", 1, "acent"),
        ("default/issue.mjml.j2", "{% for p in groups %}", 1, "cannot be read"),
    ],
)
def test_a_project_changes_one_part_and_is_told_its_mistake(
    drawn: Draw, tmp_path: Path, name: str, text: str, line: int, message: str
) -> None:
    """A project's file wins over the shipped one; a mistake in it is told by its path and line."""
    theme = load("default", project(tmp_path, name, text))
    with pytest.raises(TemplateError, match=message) as caught:
        drawn(testing.issue(*posts(3)), theme=theme)
    assert (caught.value.file, caught.value.line) == (f"templates/{name}", line)


def test_a_part_of_ones_own_is_used(drawn: Draw, tmp_path: Path) -> None:
    """And only that part changes."""
    text = '<tr><td class="px">Written by {{ title }} for {{ say }}.</td></tr>'.replace(
        "{{ say }}", '{{ _("Unsubscribe") }}'
    )
    made = drawn(testing.issue(*posts(2)), theme=load("default", project(tmp_path, "parts/footer.mjml.j2", text)))
    assert "Written by Example Weekly for Unsubscribe." in page(made).text
    assert any(file == "templates/parts/footer.mjml.j2" for _, file, _ in made.mjml_origin)


HOSTILE = st.sampled_from(
    [
        "{{ 7*7 }}",
        "{% include 'x' %}",
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "' onclick='x",
        "</td></tr></table></mj-raw></mj-column>",
        "<mj-text>x</mj-text>",
        "&amp;lt;b&gt;",
        "\ufdd0token\ufdd1",
        "&#xFDD0;address&#xFDD1;",
        "\ufdd4 3@x\ufdd5",
        "\r\nBcc: a@b",
        "\x00\x1b\x85\u2028",
        "\u202eevil",
        "-->",
        "]]>",
        "\\u{41}\\",
        "{#x}",
        "٣ عربي",
        "日本語" * 20,
        "x" * 400,
        "=?utf-8?q?x?=",
        "None",
    ]
)
TEXTS = st.lists(HOSTILE | st.text(max_size=20), min_size=1, max_size=4).map(" ".join)


@settings(max_examples=40, deadline=None)
@given(
    title=TEXTS,
    excerpt=TEXTS,
    author=TEXTS,
    tag=TEXTS,
    alt=TEXTS,
    url=TEXTS,
    body=TEXTS,
    lang=st.sampled_from(["", "ar", '"x']),
)
def test_nothing_that_a_post_holds_becomes_markup_code_or_slot(
    drawn: Draw, title: str, excerpt: str, author: str, tag: str, alt: str, url: str, body: str, lang: str
) -> None:
    """Whatever stands in a post: the same elements, the same slots, and the words of the title to be read."""
    usual = replace(posts(1)[0], categories=("c",), tags=("t",))
    hostile = replace(
        usual, title=title, excerpt=excerpt, author=author, tags=(tag,), categories=(tag,), lang=lang,
        image=Image(url="https://example.org/a.png", alt=alt), body=body, url=f"https://example.org/{url}",
    )  # fmt: skip
    content = "full" if len(title) % 2 else "excerpt"
    made = drawn(testing.issue(hostile, content=content, title=title, intro=body))
    valid(made)
    assert made.html.count(TOKEN) == 2
    assert made.text.count(TOKEN) == 2
    assert slots.mark(slots.Slot.ADDRESS) not in made.html + made.text
    assert "\n" not in made.subject
    assert "49" not in made.subject or "49" in title
    assert not {"script", "iframe", "form", "mj-text"} & set(page(made).tags)
    assert not re.search(r"<[^>]*\son\w+=", re.sub(r'"[^"]*"', '""', made.html))


def test_a_whole_corpus_can_be_mailed(drawn: Draw, corpus: Path) -> None:
    """Posts of real sites in full: valid, within the budget, the same links in both parts."""
    paths = [p for p in sorted(corpus.rglob("*.md*")) if "_feeds" not in p.parts and p.name != "SOURCES.md"][::9]
    for path in paths:
        text = path.read_text(encoding="utf-8", errors="replace")
        body = text.split("\n---\n", 1)[1] if text.startswith("---\n") and "\n---\n" in text else text
        post = testing.post(path.name, body=body, title=path.stem)
        valid(drawn(testing.issue(post, testing.post(), content="full")), prose=True)


def test_a_scraped_post_can_be_mailed(drawn: Draw, seed: Path) -> None:
    """The post that a user has: in full and as an excerpt."""
    body = seed.read_text(encoding="utf-8").split("---\n", 2)[2]
    post = testing.post(title="Studio Ghibli and other publishers", excerpt="", body=body)
    for content in ("full", "excerpt"):
        made = drawn(testing.issue(post, content=content))
        valid(made)
        assert "A Japanese trade organization" in made.text


def test_a_text_that_has_no_room_is_not_read_at_all(drawn: Draw) -> None:
    """Of ten large posts one is begun, the others are excerpts: nothing is told of texts that nobody gets."""
    long = "![x](http://example.org/x.png)\n\n" + "\n\n".join([SENTENCE * 5] * 200)
    assert least_octets(long) > BUDGET
    made = drawn(testing.issue(*posts(10, body=long), content="full"))
    valid(made)
    assert [(w.rule, w.file) for w in made.warnings] == [
        ("image-scheme", "posts/0.md"),
        ("clip", "posts/0.md"),
        ("clip", ""),
    ]
    assert ": 9 of 10 stand as excerpts" in made.warnings[2].message
    first, *rest = posts(3, body=SENTENCE)
    beside = drawn(testing.issue(replace(first, body=long), *rest, content="full"))
    valid(beside)
    assert "[…]" in page(beside).text
    assert "[…]" in beside.text
    assert len(page(beside).text) > 30_000


@pytest.mark.parametrize(
    "block",
    [
        "- an item with [a link](https://example.org/{n}/of/some/length) and words\n",
        "| [cell](https://example.org/{n}/of/some/length) | two | three words |\n",
        "> a quoted line with [a link](https://example.org/{n}/of/some/length)\n>\n",
        "A paragraph with [a link](https://example.org/{n}/of/some/length) and words.\n\n",
        "## A heading of number {n}\n\n[A link](https://example.org/{n}/of/some/length)\n\n",
    ],
)
def test_what_is_begun_ends_between_blocks_and_keeps_its_links(drawn: Draw, block: str) -> None:
    """Lists, tables and quotations end between their items; both parts have the same links; no heading is last."""
    head = "| a | b | c |\n|---|---|---|\n" if block.startswith("|") else ""
    body = head + "".join(block.format(n=n) for n in range(3000))
    made = drawn(testing.issue(*posts(1, body=body), content="full"))
    valid(made)
    assert len(made.html.encode()) > BUDGET - 3_000
    assert "https://example.org/0/of/some/length" in text_links(made)
    assert not re.search(r"number \d+\n\n\[…\]", made.text)
    assert [w.rule for w in made.warnings] == ["clip"]


def test_a_text_that_cannot_be_parted_stays_an_excerpt(drawn: Draw) -> None:
    """One endless paragraph is no beginning; neither is a picture over it."""
    made = drawn(testing.issue(*posts(1, body="![x](https://example.org/x.png)\n\n" + SENTENCE * 900), content="full"))
    valid(made)
    assert "[…]" not in made.text
    assert [(w.rule, w.file) for w in made.warnings] == [("clip", "")]


@pytest.mark.parametrize(
    "body",
    [
        SENTENCE * 30,
        "<!-- " + SENTENCE * 300 + " -->\n\nA short text.",
        "{/* " + SENTENCE * 300 + " */}\n\nA short text.",
        "## A heading\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
        "<script>" + "var x = 1; " * 3000 + "</script>\n\nA short text.",
        "Ünïcödé 日本語の文章。 " * 200,
        "",
    ],
)
def test_the_least_that_a_text_takes_is_never_more_than_it_takes(drawn: Draw, body: str) -> None:
    """Or a text that fits would be left out unread."""
    made = markup.body(body, base="https://example.org/", language=language("en"))
    assert least_octets(body) <= len(markup.styled(made.nodes, "p { margin: 0 0 16px }").encode())


@pytest.mark.parametrize(
    ("hour", "day"), [(22, "27"), (23, "28")], ids=["before midnight in Vienna", "after midnight in Vienna"]
)
def test_the_date_is_the_readers(drawn: Draw, hour: int, day: str) -> None:
    """An issue that leaves at half past midnight local time is of that day, in the subject as on the page."""
    sent = datetime(2026, 11, 27, hour, 30, tzinfo=UTC)
    made = drawn(testing.issue(send_at=sent, subject="News of {{ date }}", preheader="On {{ date }}"))
    assert made.subject == f"News of {day}\xa0November\xa02026"
    assert made.preheader == f"On {day}\xa0November\xa02026"
    assert f"{day}\xa0November\xa02026" in made.html


@pytest.mark.parametrize(
    "title",
    [
        "A family \U0001f468\u200d\U0001f469\u200d\U0001f467 and a flag \U0001f3f3\ufe0f\u200d\U0001f308",
        r"What \u{1F600} means in Rust, and C:\temp",
        'Quotes "in" a title, and \u0627\u0644\u0639\u0631\u0628\u064a\u0629 \u200f',
        "Zalgo t\u0336\u0321e\u0334x\u0335\u0322t",
    ],
)
def test_any_title_and_any_text_comes_out_whole(drawn: Draw, title: str) -> None:
    """Joined emoji, what looks like a character of a programming language, other scripts: once mrml wrote codes."""
    body = 's = "\\u{1F600}" and `\\u{200d}` and &#64976; and ' + title
    made = drawn(
        testing.issue(
            *(replace(p, title=title) for p in posts(2, body=body)), content="full", subject="{{ lead.title }}"
        )
    )
    valid(made)
    assert title.strip("\u200f ") in made.subject
    assert title.strip("\u200f ") in made.text.replace("\n", " ")
    assert not re.search(r'="[^"]*\\u\{(?:200d|fe0f|1f)', made.html)
    tree = html5lib.parse(made.html, namespaceHTMLElements=False)
    assert tree.find("head/title").text == made.subject
    labels = [e.get("aria-label") for e in tree.iter() if e.get("role") == "article"]
    assert labels == [made.subject]


def test_lists_may_start_anywhere_that_is_a_number(drawn: Draw) -> None:
    """A raised two, five thousand digits, a negative: such a list starts at one, and nothing fails."""
    body = "".join(
        f'<ol start="{start}"><li>item of {n}</li></ol>' for n, start in enumerate(("²", "9" * 5000, "-3", "7", "٣"))
    )
    made = drawn(testing.issue(*posts(1, body=body), content="full"))
    valid(made)
    items = re.findall(r"^\S+ item of \d$", made.text, re.MULTILINE)
    assert items == ["1. item of 0", "1. item of 1", "1. item of 2", "7. item of 3", "1. item of 4"]
    cells = '<table><tr><th colspan="²">a</th><th rowspan="999999">b</th></tr><tr><td colspan="2">c</td></tr></table>'
    spans = drawn(testing.issue(*posts(1, body=cells), content="full")).html
    assert re.findall(r'(?:col|row)span="(\d+)"', spans) == ["2"]


def test_a_theme_that_makes_more_of_a_text_gets_less_of_it(drawn: Draw, tmp_path: Path) -> None:
    """What a theme puts around a text is not known before: the mail is drawn again without the last text."""
    parts = tmp_path / "templates" / "parts"
    parts.mkdir(parents=True)
    lead = (shipped() / "parts" / "lead.mjml.j2").read_text(encoding="utf-8")
    twice = lead.replace("{{ lead.body }}", "{{ lead.body }}{{ lead.body }}")
    assert twice != lead
    (parts / "lead.mjml.j2").write_text(twice, encoding="utf-8")
    body = SENTENCE * 4 + "\n\n" + "\n\n".join([SENTENCE * 5] * 90)
    made = drawn(testing.issue(*posts(1, body=body), content="full"), theme=load("default", tmp_path))
    assert len(made.html.encode()) <= BUDGET
    assert [(w.rule, w.file) for w in made.warnings] == [("clip", "")]


def test_no_line_of_the_text_ends_in_a_blank(drawn: Draw) -> None:
    """Neither of code that was written with tabs at its ends."""
    valid(drawn(testing.issue(*posts(1, body="```\na\t\n\t\nb \t\n```\n"), content="full")))


def test_a_card_with_its_whole_text_has_its_picture_above_it(drawn: Draw) -> None:
    """Where the text shows that picture too it stands there alone; a text that becomes an excerpt again keeps it."""
    first, second, third = posts(3, body=SENTENCE)
    wide = Image(url="https://img.example.org/wide.png?a=1&b=2", alt="A wide one", width=1200, height=600)
    shown = f"![A wide one]({wide.url})\n\n{SENTENCE}"
    made = drawn(
        testing.issue(first, replace(second, image=wide), replace(third, body=shown, image=wide), content="full")
    )
    valid(made)
    widths = [(p["src"], p["width"]) for p in page(made).pictures]
    assert widths == [(COVER.url, "600"), (wide.url, "536"), (wide.url, "536")]
    short = drawn(testing.issue(*posts(2, body=SENTENCE), replace(third, body=shown + SENTENCE * 900, image=wide)))
    assert [p["src"] for p in page(short).pictures][-1] == wide.url
