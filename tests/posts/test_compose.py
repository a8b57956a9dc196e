"""From a selection to an issue: number, lead, groups, words, and what a reader with topics gets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from digest.model import Group, History, Issue, Picked, Post, Selection
from digest.posts.compose import compose, for_topics
from digest.posts.editor import Editor
from digest.settings import Newsletter, Rules
from digest.testing import issue, occasion, post

A, B, C = post("posts/a.md"), post("posts/b.md"), post("posts/c.md")
HISTORY = History(newsletter="weekly", sent_count=47)


def weekly(**fields: Any) -> Newsletter:
    return Newsletter(**({"name": "weekly", "title": "The Example Weekly", "language": "de"} | fields))


def chosen(*posts: Post, reason: str = "window", pinned: bool = False) -> Selection:
    picked = tuple(Picked(post=p, reason=reason, pinned=pinned) for p in posts)
    return Selection(occasion=occasion(), picked=picked, left_out=())


def of(selection: Selection, **fields: Any) -> Issue:
    return compose(selection, weekly(**fields), HISTORY)


def grouped(made: Issue | None) -> list[tuple[str, str]]:
    assert made
    return [(group.label, " ".join(p.slug for p in group.posts)) for group in made.groups]


def test_an_issue() -> None:
    """What the configuration says stands in it; the first post leads, the rest follow."""
    made = of(chosen(A, B, C), preheader="Read on")
    assert made == Issue(
        newsletter="weekly",
        id="weekly-2026-11-27",
        number=48,
        revision=1,
        send_at=occasion().send_at,
        window=occasion().window,
        title="The Example Weekly",
        subject="{{ lead.title }}{{ and_more }}",
        preheader="Read on",
        intro="",
        lead=A,
        groups=(Group(label="", posts=(B, C)),),
        language="de",
        content="excerpt",
    )
    assert made.posts == (A, B, C)
    assert of(chosen(A), title="").title == "weekly"


def test_the_number_counts_from_the_first() -> None:
    """Issues sent so far, from first_number; the editor may say another, zero too."""
    assert of(chosen(A), first_number=100).number == 147
    assert compose(chosen(A), weekly(), HISTORY, Editor(file="x", number=0)).number == 0


def test_the_editor_comes_before_the_configuration() -> None:
    """Subject, preheader, number and intro of the editor, and where the intro stands."""
    editor = Editor(file="issues/x.md", subject="S", preheader="P", number=7, intro="Hi", intro_line=9)
    made = compose(chosen(A), weekly(), HISTORY, editor)
    assert (made.subject, made.preheader, made.number, made.intro) == ("S", "P", 7, "Hi")
    assert (made.intro_file, made.intro_line) == ("issues/x.md", 9)
    silent = compose(chosen(A), weekly(), HISTORY, Editor(file="issues/x.md"))
    assert (silent.subject, silent.number) == ("{{ lead.title }}{{ and_more }}", 48)


@pytest.mark.parametrize(
    ("selection", "fields", "lead"),
    [
        (chosen(), {}, None),
        (chosen(A), {}, A),
        (chosen(A, B), {"content": "full"}, A),
        (chosen(A, B), {"content": "title"}, None),
        (chosen(A, B, pinned=True), {"content": "title"}, None),
        (chosen(A, B), {"rules": Rules(order="title")}, None),
        (chosen(A), {"rules": Rules(order="title")}, A),
        (chosen(A, B, pinned=True), {"rules": Rules(order="title")}, A),
        (chosen(A, B, reason="editor"), {"rules": Rules(order="title")}, A),
        (chosen(A, B), {"rules": Rules(order="oldest", group="category")}, A),
    ],
)
def test_which_post_leads(selection: Selection, fields: dict[str, Any], lead: Post | None) -> None:
    """The first; none where all are equal in rank: titles alone, or the order of the alphabet that nobody changed."""
    made = of(selection, **fields)
    assert made.lead == lead
    assert made.posts == tuple(x.post for x in selection.picked)


def tagged(name: str, *tags: str, **fields: Any) -> Post:
    return post(f"posts/{name}.md", tags=tags, **fields)


def test_groups() -> None:
    """The configured order first, then as they come, the unlabelled last; labels by meaning, spelled as configured."""
    posts = (
        tagged("lead", "News"),
        tagged("a", "Talk"),
        tagged("b"),
        tagged("c", "how to", "Talk"),
        tagged("d", "how-to"),
        tagged("e", "x", "NEWS"),
        tagged("f", "talks", "x"),
        tagged("g", "#"),
    )
    rules = Rules(group="tag", group_order=("News", "How-To", "Never"), tag_aliases=(("talks", "Talk"),))
    assert grouped(of(chosen(*posts), rules=rules)) == [("News", "e"), ("How-To", "c d"), ("Talk", "a f"), ("", "b g")]
    assert grouped(of(chosen(*posts[:2]), rules=rules)) == [("Talk", "a")]
    assert grouped(of(chosen(posts[0]), rules=rules)) == []


def test_groups_by_category() -> None:
    """A category is a post's first one, unless the configuration puts another first."""
    posts = (A, post("posts/b.md", categories=("X", "Y")), post("posts/c.md", categories=("Y",)))
    assert grouped(of(chosen(*posts), rules=Rules(group="category"))) == [("X", "b"), ("Y", "c")]
    assert grouped(of(chosen(*posts), rules=Rules(group="category", group_order=("Y",)))) == [("Y", "b c")]


# ------------------------------------------------------------------------------------------------ topics

GO, PY, RUST = tagged("go", "Go"), tagged("py", "x", categories=("Machine Learning",)), tagged("rust", "rust")


def test_no_topics_leave_all() -> None:
    """Who chose nothing, or nothing that means something, gets everything: the very same issue."""
    made = issue(GO, PY, RUST)
    assert for_topics(made, ()) is made
    assert for_topics(made, ("#", " ")) is made


def test_topics_match_tags_and_categories_by_meaning() -> None:
    """Only matching posts stay; the lead stays if it matches, else the next one leads."""
    made = replace(issue(GO, PY, RUST), groups=(Group(label="x", posts=(PY,)), Group(label="y", posts=(RUST,))))
    assert for_topics(made, ("go", "#RUST")) == replace(made, groups=(Group(label="y", posts=(RUST,)),))
    assert for_topics(made, ("machine-learning", "rust")) == replace(
        made, lead=PY, groups=(Group(label="y", posts=(RUST,)),)
    )
    assert for_topics(made, ("rust",)) == replace(made, lead=RUST, groups=())
    assert for_topics(made, ("go",)) == replace(made, groups=())
    assert for_topics(made, ("ml",), aliases=(("ml", "machine learning"),)) == replace(made, lead=PY, groups=())


def test_equal_rank_stays_equal() -> None:
    """Where no post led, none leads what is left."""
    made = replace(issue(GO, PY), lead=None, groups=(Group(label="", posts=(GO, PY)),))
    assert for_topics(made, ("go",)) == replace(made, groups=(Group(label="", posts=(GO,)),))


def test_nothing_left_is_no_issue() -> None:
    """An intro does not keep an issue that lost all its posts; one that never had any is for everybody."""
    made = replace(issue(GO), intro="Hello.")
    assert for_topics(made, ("cooking",)) is None
    alone = replace(made, lead=None, groups=())
    assert for_topics(alone, ("cooking",)) is alone
