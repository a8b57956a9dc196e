"""Selection: what goes into an issue and why the rest does not, case by case: Vienna, Fridays, unless it says else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import permutations
from typing import Any

import pytest

from digest.errors import FrontMatterError
from digest.model import History, LeftOut, Occasion, Post, PostRecord, Problem, Query, Selection, Window
from digest.posts.editor import Editor
from digest.posts.known import settled
from digest.posts.select import held, must_read_all, reach, select
from digest.posts.window import occasion
from digest.settings import Newsletter, Rules
from digest.testing import post

NOW = datetime.fromisoformat("2026-11-27T09:10+01:00")  # ten minutes after the send time
LAST = datetime.fromisoformat("2026-11-20T09:00+01:00")
NONE = History(newsletter="weekly")


def weekly(zone: str = "Europe/Vienna", send: str = "Friday 09:00", **rules: Any) -> Newsletter:
    return Newsletter(name="weekly", send=send, timezone=zone, rules=Rules(**rules))


def at(text: str) -> datetime:
    """A time of Vienna's winter, or as it is written."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=timezone(timedelta(hours=1)))


def p(name: str, when: str = "2026-11-24T12:00", **fields: Any) -> Post:
    """A post; a day alone is a bare day; fingerprints follow title and body."""
    made = post(
        f"posts/{name}.md", date=at(when if "T" in when else f"{when}T00:00Z"), bare_day="T" not in when, **fields
    )
    return replace(made, fingerprint=f"{made.title}|{made.body}", body_hash=f"#{made.body}")


def rec(seen: Post, issue: str = "", **fields: Any) -> PostRecord:
    """What the ledger knows of a post."""
    known: dict[str, Any] = {
        "id": seen.id,
        "source": seen.source,
        "path": seen.path,
        "canonical": seen.canonical,
        "url": seen.url,
        "title": seen.title,
        "day": seen.date.date() if seen.date else None,
        "fingerprint": seen.fingerprint,
        "body_hash": seen.body_hash,
        "first_seen": LAST - timedelta(days=3),
        "issue": issue,
    }
    return PostRecord(**(known | fields))


def past(*records: PostRecord, **fields: Any) -> History:
    """A newsletter that has sent for ten weeks, the last time on Friday the 20th."""
    known: dict[str, Any] = {
        "first_start": LAST - timedelta(weeks=10),
        "last_end": LAST,
        "last_send": LAST,
        "issues": ("weekly-2026-11-20",),
        "sent_count": 10,
        "records": records,
    }
    return History(newsletter="weekly", **(known | fields))


HISTORY, WEEKLY = past(), weekly()


@dataclass(frozen=True, kw_only=True)
class Case:
    """Posts and a past, and what must come of them: picked as `name reason`, left out as `name reason`."""

    says: str
    posts: tuple[Post, ...]
    picked: str = ""
    out: str = ""
    history: History = HISTORY
    newsletter: Newsletter = WEEKLY
    now: datetime = NOW
    skip: str = ""
    waiting: str = ""


def name_of(path: str) -> str:
    return path.removeprefix("posts/").removesuffix(".md")


def brief(found: Selection) -> dict[str, str]:
    return {
        "picked": ", ".join(f"{name_of(x.post.path)} {x.reason}" for x in found.picked),
        "out": ", ".join(f"{name_of(x.path)} {x.reason}" for x in found.left_out),
        "skip": found.skip,
        "waiting": ", ".join(map(name_of, found.waiting)),
    }


OLD = p("old", "2026-11-17T12:00")
SENT = rec(OLD, "weekly-2026-11-20")
WEEK = {"send": "Monday 09:00", "window": "week"}
MONDAY = at("2026-11-30T09:05")
MONDAYS = past(last_end=at("2026-11-23T00:00"), last_send=at("2026-11-23T09:00"))
ERROR = (Problem(line=4, message="date is not a date"),)

CASES = [
    # -- the window and its edges
    Case(says="a post of the week goes", posts=(p("a"),), picked="a window"),
    Case(says="nothing at all is nothing new", posts=(), skip="nothing-new"),
    Case(says="the window's start is in", posts=(p("a", "2026-11-20T09:00"),), picked="a window"),
    Case(says="the window's end is out", posts=(p("a", "2026-11-27T09:00"), p("b")), picked="b window",
         out="a after-window", waiting="a"),
    Case(says="one second before its end is in", posts=(p("a", "2026-11-27T08:59:59"),), picked="a window"),
    Case(says="dated this very second is published", posts=(p("a", "2026-11-27T09:10"),), out="a after-window",
         waiting="a", skip="nothing-new"),
    Case(says="dated after now is future", posts=(p("a", "2026-11-27T10:00"),), out="a future", waiting="a",
         skip="nothing-new"),
    Case(says="future, and of another day, does not wait today", posts=(p("a", "2026-11-28T10:00"),), out="a future",
         skip="nothing-new"),
    Case(says="the coming issue shows what is scheduled within its window", posts=(p("a", "2026-11-26T12:00"),),
         picked="a window", now=at("2026-11-24T09:00")),
    Case(says="a time in another zone is the instant it is", posts=(p("a", "2026-11-27T02:30-05:00"), p("b")),
         picked="a window, b window"),
    Case(says="and on the hour it is too late", posts=(p("a", "2026-11-27T03:00-05:00"), p("b")),
         picked="b window", out="a after-window", waiting="a"),
    Case(says="a post without a date has no window", posts=(replace(p("a"), date=None),), out="a before-window",
         skip="nothing-new"),
    # -- bare days
    Case(says="a bare day of the send day is its midnight: in", posts=(p("a", "2026-11-27"),), picked="a window"),
    Case(says="a bare day of the next day is future", posts=(p("a", "2026-11-28"), ), out="a future",
         skip="nothing-new"),
    Case(says="the first issue leaves the bare day on which its window begins", posts=(p("a", "2026-11-20"),
         p("b", "2026-11-21")), picked="b window", out="a before-window", history=NONE),
    Case(says="a later issue catches that day up", posts=(p("a", "2026-11-20"),), picked="a catch-up"),
    Case(says="a bare day is the same in Kiritimati, fourteen hours ahead", posts=(p("a", "2026-11-27"), p("b",
         "2026-11-28")), picked="a window", out="b future", newsletter=weekly("Pacific/Kiritimati"), history=NONE,
         now=datetime.fromisoformat("2026-11-27T09:10+14:00")),
    Case(says="and in New York", posts=(p("a", "2026-11-27"), p("b", "2026-11-28")), picked="a window", out="b future",
         newsletter=weekly("America/New_York"), history=NONE, now=datetime.fromisoformat("2026-11-27T09:10-05:00")),
    Case(says="Apia's missing Friday: a post of that bare day goes with Saturday's first minute", posts=(p("a",
         "2011-12-30"), ), picked="a window", newsletter=weekly("Pacific/Apia", "daily 07:00"), history=NONE,
         now=datetime.fromisoformat("2011-12-31T08:00+14:00")),
    Case(says="week: Monday to Sunday whole, bare or not, Monday waits", posts=(p("mon", "2026-11-23"), p("sun",
         "2026-11-29T23:59:59"), p("today", "2026-11-30"), p("now", "2026-11-30T08:00")),
         picked="sun window, mon window", out="now after-window, today after-window", waiting="today, now",
         newsletter=weekly(**WEEK), history=MONDAYS, now=MONDAY),
    Case(says="what waits must fit the rules", posts=(p("today", "2026-11-30", tags=("Internal", )), p("x",
         "2026-11-24")), picked="x window", out="today after-window", newsletter=weekly(**WEEK, tags_none=("internal",
         )), history=MONDAYS, now=MONDAY),
    Case(says="the hour that comes twice: both are in the week that ends with it",
         posts=(p("a", "2026-10-25T02:30+02:00"), p("b", "2026-10-25T02:30+01:00")), picked="b window, a window",
         newsletter=weekly(**WEEK), history=NONE, now=at("2026-10-26T09:05")),
    Case(says="the turn of the year", posts=(p("a", "2026-12-31T23:59"), p("b", "2027-01-01")),
         picked="b window, a window", history=past(last_end=at("2026-12-25T09:00"), last_send=at("2026-12-25T09:00")),
         now=at("2027-01-01T09:00")),
    # -- the ledger beats the calendar
    Case(says="merged on Friday with Tuesday's date: goes next week", posts=(p("a", "2026-11-17T12:00"), ),
         picked="a catch-up"),
    Case(says="what was sent does not go again", posts=(OLD, ), out="old already-sent", history=past(SENT),
         skip="nothing-new"),
    Case(says="re-dated into this week: not again", posts=(p("old"),), out="old already-sent", history=past(SENT),
         skip="nothing-new"),
    Case(says="re-dated and retitled: not again", posts=(p("old", title="New words"),), out="old already-sent",
         history=past(SENT), skip="nothing-new"),
    Case(says="edited in place: not again", posts=(p("old", body="Other words."), ), out="old already-sent",
         history=past(SENT), skip="nothing-new"),
    Case(says="a path whose title, day and body have all changed is another post",
         posts=(p("old", title="Quite another", body="Other words."),), picked="old window", history=past(SENT)),
    Case(says="moved: known by title and body when its old path is gone", posts=(p("new", "2026-11-17T12:00",
         title="About old"), ), out="new already-sent", history=past(SENT), skip="nothing-new"),
    Case(says="moved and re-dated: still known", posts=(p("new", title="About old"),), out="new already-sent",
         history=past(SENT), skip="nothing-new"),
    Case(says="moved and edited: known by title and day", posts=(p("new", "2026-11-17T08:00", title="About  OLD",
         body="Edited."), ), out="new already-sent", history=past(SENT), skip="nothing-new"),
    Case(says="moved and retitled: known by body and day", posts=(p("new", "2026-11-17T12:00",
         title="A better title"), ), out="new already-sent", history=past(SENT), skip="nothing-new"),
    Case(says="moved, re-dated and edited at once: another post", posts=(p("new", title="About old", body="Edited."),),
         picked="new window", history=past(SENT)),
    Case(says="a copy beside the old file is another post", posts=(OLD, p("copy", title="About old")),
         picked="copy window", out="old already-sent", history=past(SENT)),
    Case(says="two copies of a file that is gone: one is it, one is new",
         posts=(p("c1", title="About old"), p("c2", title="About old")), picked="c2 window", out="c1 already-sent",
         history=past(SENT)),
    Case(says="of two that may be the one moved, the one that kept title and text is it",
         posts=(p("c1", "2026-11-17T12:00", title="About old", body="Edited."), p("c2", title="About old")),
         picked="c1 catch-up", out="c2 already-sent", history=past(SENT)),
    Case(says="of two that are gone, the one that was sent is it",
         posts=(p("new", "2026-11-17T12:00", title="About old"),), out="new already-sent", skip="nothing-new",
         history=past(rec(p("aaa", "2026-11-17T12:00", title="About old")), SENT)),
    Case(says="a title alone makes no move where there is no text", posts=(p("new", title="About old", body=""),),
         picked="new window", history=past(rec(p("old", "2026-11-17T12:00", body=""), "weekly-2026-11-20"))),
    Case(says="two files that swapped their names are still themselves",
         posts=(p("a", "2026-11-17T12:00", title="B", body="bb"), p("b", "2026-11-16T12:00", title="A", body="aa")),
         out="a already-sent, b already-sent", skip="nothing-new",
         history=past(rec(p("a", "2026-11-16T12:00", title="A", body="aa"), "weekly-2026-11-20"),
                      rec(p("b", "2026-11-17T12:00", title="B", body="bb"), "weekly-2026-11-20"))),
    Case(says="posts without a text are not one for that", posts=(p("new", "2026-11-17T12:00", title="Another",
         body=""), ), picked="new catch-up", history=past(rec(p("old", "2026-11-17T12:00", body=""),
         "weekly-2026-11-20"))),
    Case(says="an id written in the file stays through a move, a new date and new words",
         posts=(p("new", id="blog#7", title="X", body="Y"),), out="new already-sent", skip="nothing-new",
         history=past(rec(replace(OLD, id="blog#7"), "weekly-2026-11-20"))),
    Case(says="an id that was copied along: two files are two posts", posts=(replace(OLD, id="blog#7"), p("copy",
         id="blog#7")), picked="copy window", out="old already-sent", history=past(rec(replace(OLD, id="blog#7"),
         "weekly-2026-11-20"))),
    Case(says="the copy is known by its own name next time", posts=(replace(OLD, id="blog#7"), p("copy",
         id="blog#7")), out="copy already-sent, old already-sent", skip="nothing-new", history=past(rec(replace(OLD,
         id="blog#7"), "weekly-2026-11-20"), rec(p("copy", id="blog#7#posts/copy.md"), "weekly-2026-11-20"))),
    Case(says="an id written in later is not another post", posts=(replace(OLD, id="blog#7"),), out="old already-sent",
         history=past(SENT), skip="nothing-new"),
    Case(says="a missed week is caught up", posts=(p("a", "2026-11-18T12:00"), p("b")), picked="b window, a window",
         history=past(last_end=LAST - timedelta(weeks=1), last_send=LAST - timedelta(weeks=1))),
    Case(says="week: a missed week is caught up by the ledger", posts=(p("a", "2026-11-19"), p("b")),
         picked="b window, a catch-up", newsletter=weekly(**WEEK), now=MONDAY,
         history=past(last_end=at("2026-11-16T00:00"), last_send=at("2026-11-16T09:00"))),
    Case(says="a skipped week's posts that nobody held are caught up", posts=(p("a", "2026-11-17T12:00"), ),
         picked="a catch-up", history=past(rec(p("a", "2026-11-17T12:00")))),
    Case(says="a cancelled issue's posts go with the next", posts=(OLD,), picked="old catch-up",
         history=past(replace(SENT, issue=""))),
    Case(says="catch_up has an end", posts=(p("in", "2026-10-23T09:00+02:00"), p("out", "2026-10-23T08:59+02:00")),
         picked="in catch-up", out="out before-window"),
    Case(says="catch_up by the wall clock: its bare day is whole", posts=(p("in", "2026-10-24"), p("out",
         "2026-10-23")), picked="in catch-up", out="out before-window"),
    Case(says="no catch_up at all", posts=(p("a", "2026-11-20T08:59"),), out="a before-window", skip="nothing-new",
         newsletter=weekly(catch_up=timedelta(0))),
    Case(says="a catch_up beyond every calendar", posts=(p("a", "2026-09-20T08:59"), p("b", "1970-01-01")),
         picked="a catch-up", out="b before-window", newsletter=weekly(catch_up=timedelta(days=999_999))),
    Case(says="the first issue does not mail the back catalogue", posts=(p("a"), p("b", "2026-11-19"), p("c",
         "2025-01-01")), picked="a window", out="b before-window, c before-window", history=NONE),
    Case(says="nor does the second", posts=(p("a"), p("b", "2026-11-12")), picked="a window", out="b before-window",
         history=past(first_start=LAST - timedelta(weeks=1))),
    Case(says="without a ledger the window alone counts", posts=(p("a"), OLD), picked="a window",
         out="old before-window", history=History(newsletter="weekly", known=False), now=NOW),
    # -- a post's own word
    Case(says="broken", posts=(p("a", problems=ERROR), p("b")), picked="b window", out="a broken"),
    Case(says="a warning breaks nothing", posts=(p("a", problems=(Problem(line=1, message="w", severity="warning"),)),),
         picked="a window"),
    Case(says="draft, unlisted", posts=(p("a", draft=True), p("b", unlisted=True), p("c")), picked="c window",
         out="a draft, b unlisted"),
    Case(says="expired before now", posts=(p("a", expires=at("2026-11-27T09:05")), p("b",
         expires=at("2026-11-27T09:11"))), picked="b window", out="a expired"),
    Case(says="what will be expired when the coming issue goes", posts=(p("a", expires=at("2026-11-27T08:00")),
         ), out="a expired", now=at("2026-11-24T09:00"), skip="nothing-new"),
    Case(says="the first reason that fits: broken before draft before unlisted",
         posts=(p("a", draft=True, unlisted=True, problems=ERROR), p("b", draft=True, unlisted=True, tags=("x",))),
         out="a broken, b draft", skip="nothing-new"),
    Case(says="already-sent before future, future before tags",
         posts=(p("old", "2026-12-24"), p("b", "2026-12-24", tags=("internal",))), out="b future, old already-sent",
         newsletter=weekly(tags_none=("internal",)), history=past(SENT), skip="nothing-new"),
    Case(says="before-window before category", posts=(p("a", "2025-01-01", categories=("Secret", )), ),
         out="a before-window", newsletter=weekly(categories_none=("secret", )), skip="nothing-new"),
    # -- across sources
    Case(says="same canonical URL in two sources is one post", posts=(p("a", canonical="https://example.org/a/"),
         p("b", source="feed", canonical="http://EXAMPLE.org/a#top")), picked="a window", out="b duplicate"),
    Case(says="same title and day in two sources is one post", posts=(p("a", title="One  Title"), p("b",
         "2026-11-24T18:00", source="feed", title="one title")), picked="a window", out="b duplicate"),
    Case(says="a bare day here and its midnight in UTC there are one", posts=(p("a", "2026-11-24", title="T"),
         p("b", "2026-11-23T23:00:00Z", source="feed", title="T")), picked="a window", out="b duplicate"),
    Case(says="same title on another day is another post",
         posts=(p("a", title="T"), p("b", "2026-11-25T12:00", source="feed", title="T")), picked="b window, a window"),
    Case(says="within one source two files are two posts, whatever they hold", posts=(p("a", title="T",
         canonical="https://example.org/a"), p("b", title="T", canonical="https://example.org/a")),
         picked="a window, b window"),
    Case(says="a draft here does not stand in the way of the published post there",
         posts=(p("a", title="T", draft=True), p("b", source="feed", title="T")), picked="b window", out="a draft"),
    Case(says="sent from the first source, gone there: not again from the second", posts=(p("b",
         "2026-11-17T18:00", source="feed", title="About old"), ), out="b already-sent", history=past(SENT),
         skip="nothing-new"),
    Case(says="one canonical URL is one id: sent from one source is sent for both", skip="nothing-new",
         posts=(p("b", source="feed", id="https://example.org/x", canonical="https://example.org/x", title="Y"), ),
         out="b already-sent", history=past(rec(replace(OLD, id="https://example.org/x",
         canonical="https://example.org/x"), "weekly-2026-11-20"))),
    Case(says="sources that this newsletter does not take are passed over", posts=(p("a"), p("b", source="news")),
         picked="a window", newsletter=weekly(sources=("blog",))),
    Case(says="its own order of sources decides where none else is known",
         posts=(p("a", title="T"), p("b", source="feed", title="T")), picked="b window", out="a duplicate",
         newsletter=weekly(sources=("feed", "blog"))),
    # -- tags and categories
    Case(says="tags none, by meaning", posts=(p("a", tags=("#Machine_Learning",)), p("b")), picked="b window",
         out="a tag-excluded", newsletter=weekly(tags_none=("machine learning",))),
    Case(says="tags any", posts=(p("a", tags=("X", "Y")), p("b", tags=("Z",))), picked="a window", out="b tag-missing",
         newsletter=weekly(tags_any=("y", "w"))),
    Case(says="tags all", posts=(p("a", tags=("X", "Y")), p("b", tags=("X",))), picked="a window", out="b tag-missing",
         newsletter=weekly(tags_all=("y", "x"))),
    Case(says="excluded goes before missing", posts=(p("a", tags=("z",)),), out="a tag-excluded",
         newsletter=weekly(tags_none=("z",), tags_any=("y",)), skip="nothing-new"),
    Case(says="aliases, in posts and in rules", posts=(p("a", tags=("ML", )), p("b", tags=("ai", ))),
         picked="a window", out="b tag-missing", newsletter=weekly(tags_any=("Machine-Learning", ),
         tag_aliases=(("ml", "machine learning"), ))),
    Case(says="categories any and none", posts=(p("a", categories=("News", )), p("b", categories=("News",
         "Ads")), p("c")), picked="a window", out="b category, c category", newsletter=weekly(categories_any=("news",
         ), categories_none=("ADS", ))),
    Case(says="a rule of signs alone means nothing", posts=(p("a"), ), picked="a window",
         newsletter=weekly(tags_none=("#", ""))),
    # -- order, pins, limit, number
    Case(says="newest first", posts=(p("a", "2026-11-23T12:00"), p("b", "2026-11-25T12:00")),
         picked="b window, a window"),
    Case(says="oldest first", posts=(p("a", "2026-11-23T12:00"), p("b", "2026-11-25T12:00")),
         picked="a window, b window", newsletter=weekly(order="oldest")),
    Case(says="by title, case apart", posts=(p("a", title="zebra"), p("b", title="Apple"), p("c", title="ähre")),
         picked="b window, a window, c window", newsletter=weekly(order="title")),
    Case(says="a pin is first", posts=(p("a", "2026-11-23T12:00", flags=("Featured", )), p("b")),
         picked="a pinned, b window"),
    Case(says="another key pins; none pins nothing", posts=(p("a", "2026-11-23T12:00", flags=("featured",)), p("b")),
         picked="b window, a window", newsletter=weekly(pin="")),
    Case(says="the limit holds the older back", posts=(p("a", "2026-11-23T12:00"), p("b", "2026-11-25T12:00")),
         picked="b window", out="a limit", newsletter=weekly(limit=1)),
    Case(says="pins count, and win", posts=(p("a", "2026-11-23T12:00", flags=("featured", )), p("b",
         "2026-11-25T12:00")), picked="a pinned", out="b limit", newsletter=weekly(limit=1)),
    Case(says="more pins than places", posts=(p("a", "2026-11-23T12:00", flags=("featured", )), p("b",
         flags=("featured", ))), picked="b pinned", out="a limit", newsletter=weekly(limit=1)),
    Case(says="held back: first next time, oldest first, before this week's",
         posts=(p("a", "2026-11-17T12:00"), p("b", "2026-11-16T12:00"), p("c")), picked="b held-back, a held-back",
         out="c limit", newsletter=weekly(limit=2),
         history=past(rec(p("a", "2026-11-17T12:00"), held=True), rec(p("b", "2026-11-16T12:00"), held=True))),
    Case(says="a pin comes before what was held back",
         posts=(p("a", "2026-11-17T12:00"), p("b", flags=("featured",)), p("c")),
         picked="b pinned, a held-back, c window", history=past(rec(p("a", "2026-11-17T12:00"), held=True))),
    Case(says="held back for longer than catch_up still goes", posts=(p("a", "2026-09-20T12:00"), ),
         picked="a held-back", history=past(rec(p("a", "2026-09-20T12:00"), held=True))),
    Case(says="held back, and by now excluded: the rule", posts=(p("a", "2026-11-17T12:00", tags=("internal",)),),
         out="a tag-excluded", history=past(rec(p("a", "2026-11-17T12:00"), held=True)),
         newsletter=weekly(tags_none=("internal",)), skip="nothing-new"),
    Case(says="too few: no issue, and all are held", posts=(p("a"), p("b", draft=True)), out="a too-few, b draft",
         newsletter=weekly(min_posts=2), skip="too-few"),
    Case(says="enough with last week's", posts=(p("a"), p("b", "2026-11-17T12:00")), picked="b held-back, a window",
         newsletter=weekly(min_posts=2), history=past(rec(p("b", "2026-11-17T12:00"), held=True))),
    Case(says="no post is never too few, but nothing new", posts=(p("b", draft=True),), out="b draft",
         newsletter=weekly(min_posts=2), skip="nothing-new"),
]  # fmt: skip


def run(case: Case, posts: tuple[Post, ...] | None = None) -> Selection:
    when = occasion(case.newsletter, case.history, case.now)
    return select(case.posts if posts is None else posts, case.newsletter, case.history, when, case.now)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
def test_the_case(case: Case) -> None:
    """What is picked, in order and why, and what is left out and why, is as the case says."""
    assert brief(run(case)) == {"picked": case.picked, "out": case.out, "skip": case.skip, "waiting": case.waiting}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
def test_the_order_of_reading_does_not_matter(case: Case) -> None:
    """Every order of the posts of a source gives the same; every post read has one place; the settled are settled."""
    expected = run(case)
    by_source = {post.source for post in case.posts}
    for posts in permutations(case.posts):
        if len(by_source) == 1:
            assert run(case, posts) == expected
    places = [x.post.path for x in expected.picked] + [x.path for x in expected.left_out]
    taken = case.newsletter.rules.sources
    assert sorted(places) == sorted(post.path for post in case.posts if not taken or post.source in taken)
    once = settled(case.posts, case.history)
    assert settled(once, case.history) == once
    assert brief(run(case, once))["picked"] == case.picked


def test_no_ledger_is_said() -> None:
    """A selection without a history says so."""
    friday = occasion(weekly(), NONE, NOW)
    assert select((), weekly(), NONE, friday, NOW).history_known
    assert not select((), weekly(), replace(NONE, known=False), friday, NOW).history_known


def test_details_say_something() -> None:
    """Every reason has a detail that names what it is about."""
    details: dict[str, set[str]] = {}
    for case in CASES:
        for left in run(case).left_out:
            details.setdefault(left.reason, set()).add(left.detail)
    assert all(all(words) for words in details.values())
    assert details["broken"] == {"line 4: date is not a date"}
    assert "the same post as posts/a.md of blog" in details["duplicate"]
    assert details["already-sent"] == {"it went with weekly-2026-11-20"}
    assert details["limit"] == {f"{n} is the limit of an issue; it comes first next time" for n in (1, 2)}
    assert details["too-few"] == {"1 of at least 2 posts; it comes first next time"}
    assert details["category"] == {'in "Ads"', 'in none of "news"'}
    assert details["tag-missing"] == {'has none of "y", "w"', 'lacks "y"', 'has none of "Machine-Learning"'}
    assert "dated 2026-11-27 09:00, and the window ends 2026-11-27 09:00" in details["after-window"]
    assert {"dated 2026-11-27 10:00", "dated 2026-11-28"} <= details["future"]


def test_a_new_post_with_an_old_date_is_told() -> None:
    """A post that was never seen before but is dated too long ago says what to do; one seen long ago does not."""
    new, known = p("new", "2025-11-24"), p("known", "2025-11-24")
    history = past(rec(known, first_seen=LAST - timedelta(days=300)))
    found = run(Case(says="", posts=(new, known), history=history))
    details = {name_of(x.path): x.detail for x in found.left_out}
    assert "it is new here: give it a newer date" in details["new"]
    assert "new here" not in details["known"]
    assert "this issue reaches back to 2026-10-23 09:00" in details["known"]
    first = run(Case(says="", posts=(known,), history=past(first_start=LAST - timedelta(weeks=1))))
    assert "the first issue begins 2026-11-13 09:00" in first.left_out[0].detail


def test_what_is_noted_as_held() -> None:
    """Posts over the limit and those of a skipped issue are noted, nothing else."""
    posts = (p("a", "2026-11-25T12:00"), p("b"), p("c", draft=True))
    assert held(run(Case(says="", posts=posts, newsletter=weekly(limit=1)))) == ("blog:posts/b.md",)
    few = run(Case(says="", posts=posts, newsletter=weekly(min_posts=5)))
    assert held(few) == ("blog:posts/a.md", "blog:posts/b.md")
    assert held(run(Case(says="", posts=posts))) == ()


def test_a_replaced_path_gets_an_id_of_its_own_and_keeps_it() -> None:
    """The new post at an old path is told from the old one by its id, now and in the next run; so is a third."""
    second = p("old", title="Quite another", body="Other words.")
    (named,) = settled((second,), past(SENT))
    assert named.id.startswith("blog:posts/old.md#")
    noted = past(SENT, rec(named, "weekly-2026-11-27", first_seen=NOW))
    assert settled((second,), noted) == (named,)
    assert settled((replace(second, title="Mended"),), noted)[0].id == named.id
    third = p("old", "2026-11-26T12:00", title="A third", body="More.")
    assert settled((third,), noted)[0].id not in {named.id, SENT.id}
    assert settled((OLD,), noted)[0].id == SENT.id


def test_a_moved_post_keeps_its_id() -> None:
    """The ledger notes the new path under the old id; from then on it is simply known."""
    moved = p("new", "2026-11-17T12:00", title="About old")
    (found,) = settled((moved,), past(SENT))
    assert (found.id, found.path) == (SENT.id, "posts/new.md")
    assert settled((moved,), past(rec(found, "weekly-2026-11-20"))) == (found,)


def test_one_canonical_url_is_one_id_in_every_source() -> None:
    """Where two sources have a post by its canonical URL, both keep that as their id, whichever the ledger noted."""
    url = "https://example.org/x"
    here, there = p("a", id=url, canonical=url), p("b", id=url, canonical=url, source="feed")
    for noted in (here, there):
        assert settled((here, there), past(rec(noted))) == (here, there)


def test_a_broken_file_keeps_its_place() -> None:
    """A sent post whose file cannot be read for a day is not taken for gone, and nothing else for it."""
    broken = replace(p("old"), id="", title="", date=None, problems=ERROR)
    copy = p("copy", title="About old")
    found = run(Case(says="", posts=(broken, copy), history=past(SENT)))
    assert brief(found)["picked"] == "copy window"
    assert found.left_out == (
        LeftOut(path="posts/old.md", id=SENT.id, title="", reason="broken", detail="line 4: date is not a date"),
    )
    unknown = run(Case(says="", posts=(replace(broken, problems=(Problem(line=None, message="gone"),)),)))
    assert (unknown.left_out[0].id, unknown.left_out[0].detail) == (None, "gone")


def test_a_file_found_twice_is_one() -> None:
    """Two patterns of a source that find the same file give one post."""
    assert brief(run(Case(says="", posts=(p("a"), p("a")))))["picked"] == "a window"


def test_the_order_of_the_configuration_decides_duplicates() -> None:
    """Whichever source is read first, the one that stands first in the configuration has the post."""
    here, there = p("a", title="T"), p("b", source="feed", title="T")
    friday = occasion(weekly(), past(), NOW)
    for posts in ((here, there), (there, here)):
        found = select(posts, weekly(), past(), friday, NOW, sources=("feed", "blog"))
        assert brief(found)["picked"] == "b window"
        found = select(posts, weekly(), past(), friday, NOW, sources=("blog", "feed"))
        assert brief(found)["picked"] == "a window"


# ------------------------------------------------------------------------------------------------ what must be read


def test_the_reach_of_a_query() -> None:
    """Nothing that could go may be skipped: catch_up with two days for zones, further for posts held back."""
    friday = occasion(weekly(), past(), NOW)
    four_weeks = datetime(2026, 10, 23, 7, tzinfo=UTC)
    assert reach(weekly(), past(), friday) == Query(since=four_weeks - timedelta(days=2))
    assert reach(weekly(), NONE, friday) == Query(since=LAST.astimezone(UTC) - timedelta(days=2))
    waits = rec(p("a", "2026-09-20T12:00"), held=True)
    assert reach(weekly(), past(waits), friday).since == datetime(2026, 9, 17, 22, tzinfo=UTC)
    assert reach(weekly(), past(replace(waits, issue="weekly-2026-11-20")), friday).since == four_weeks - timedelta(
        days=2
    )


def test_when_all_must_be_read() -> None:
    """A new file that may be an old one moved, or an editor who names an old post: all; otherwise not."""
    friday = occasion(weekly(), past(), NOW)
    query = reach(weekly(), past(), friday)
    long_ago = rec(p("old", "2026-03-17T12:00"), "weekly-2026-03-20")
    moved = p("new", title="About old")
    assert not must_read_all((p("a"),), past(long_ago), query)
    assert not must_read_all((p("new", "2026-11-17T12:00", title="About old"),), past(SENT), query)
    assert must_read_all((moved,), past(long_ago), query)
    assert must_read_all((p("new", id="blog#7"),), past(replace(long_ago, id="blog#7")), query)
    assert not must_read_all((moved,), past(long_ago), Query())
    assert query.since is not None
    assert must_read_all((moved,), past(replace(long_ago, day=query.since.date())), query)
    assert not must_read_all((moved,), past(replace(long_ago, day=query.since.date() + timedelta(days=2))), query)
    names_old = Editor(file="issues/x.md", order=("posts/old.md",))
    assert must_read_all((p("a"),), past(), query, names_old)
    assert not must_read_all((p("old"),), past(), query, names_old)
    # and what reading all then tells: the old file stands there, so the new one is another post
    assert brief(run(Case(says="", posts=(moved, p("old", "2026-03-17T12:00")), history=past(long_ago)))) == {
        "picked": "new window", "out": "old already-sent", "skip": "", "waiting": "",
    }  # fmt: skip


# ------------------------------------------------------------------------------------------------ the editor's hand


def edited(posts: tuple[Post, ...], newsletter: Newsletter | None = None, **fields: Any) -> Selection:
    newsletter, history = newsletter or weekly(), past(SENT)
    editor = Editor(file="issues/weekly-2026-11-27.md", **fields)
    return select(posts, newsletter, history, occasion(newsletter, history, NOW), NOW, editor)


A, B, C = p("a", "2026-11-23T12:00"), p("b"), p("c", "2026-11-25T12:00")
HAND = [
    ("order puts in order, the rest follows by the rules", (A, B, C), {"order": ("a", "posts/b.md")}, {},
     "a editor, b editor, c window", ""),
    ("pins come before order, and before flags", (A, replace(B, flags=("featured", )), C), {"pins": ("a", ),
     "order": ("c", "a")}, {}, "a editor, c editor, b pinned", ""),
    ("left out", (A, B), {"left_out": ("a",)}, {}, "b window", "a editor"),
    ("tags and categories are overruled", (replace(A, tags=("internal",)), replace(B, categories=("x",))),
     {"order": ("a", "b")}, {"tags_none": ("internal",), "categories_none": ("x",)}, "a editor, b editor", ""),
    ("the window is overruled, both ways", (p("a", "2020-01-01"), p("b", "2026-11-27T09:05")), {"order": ("a",
     "b")}, {}, "a editor, b editor", ""),
    ("a post without a date can be put in", (replace(A, date=None), B), {"order": ("a", )}, {},
     "a editor, b window", ""),
    ("the limit is overruled, and what is named counts", (A, B, C), {"order": ("a", "b")}, {"limit": 1},
     "a editor, b editor", "c limit"),
    ("the post's own word is not", (replace(A, draft=True), replace(B, unlisted=True), p("x", "2026-12-01")),
     {"order": ("a", "b", "x")}, {}, "", "a draft, b unlisted, x future"),
    ("nothing that was sent goes again", (OLD, A), {"pins": ("old",)}, {}, "a window", "old already-sent"),
    ("naming the copy in the second source takes that one", (replace(A, title="T"), replace(A, path="posts/z.md",
     id="z", slug="z", source="feed", title="T")), {"order": ("z", )}, {}, "z editor", "a duplicate"),
    ("min_posts is not overruled by naming", (A,), {"order": ("a",)}, {"min_posts": 2}, "", "a too-few"),
    ("but by an intro", (A,), {"intro": "Hello."}, {"min_posts": 2}, "a window", ""),
    ("an intro alone makes an issue", (), {"intro": "Hello."}, {}, "", ""),
]  # fmt: skip


@pytest.mark.parametrize(("posts", "hand", "rules", "picked", "out"), [r[1:] for r in HAND], ids=[r[0] for r in HAND])
def test_the_editors_hand(
    posts: tuple[Post, ...], hand: dict[str, Any], rules: dict[str, Any], picked: str, out: str
) -> None:
    """The editor wins over the rules, not over the posts' own word or the ledger, and the reasons say so."""
    found = edited(posts, weekly(**rules), **hand)
    assert (brief(found)["picked"], brief(found)["out"]) == (picked, out)
    if "intro" in hand:
        assert found.skip == ""


def test_the_editor_is_told_what_he_cannot_do() -> None:
    """A named post that stays out says why naming it does not help; one over its count does not."""
    found = edited((replace(A, draft=True), B), weekly(min_posts=3), order=("a", "b"))
    details = {name_of(x.path): x.detail for x in found.left_out}
    assert details["a"] == "it is marked as a draft; issues/weekly-2026-11-27.md names it, but cannot overrule that"
    assert details["b"] == "1 of at least 3 posts; it comes first next time"


def test_a_pin_of_the_editor_is_pinned() -> None:
    """Themes may show what is pinned, whoever pinned it."""
    found = edited((A, replace(B, flags=("featured",)), C), pins=("c",))
    assert [(name_of(x.post.path), x.pinned) for x in found.picked] == [("c", True), ("b", True), ("a", False)]


def test_an_unknown_reference_is_an_error() -> None:
    """A slip in the editor's file is not passed over in silence."""
    with pytest.raises(FrontMatterError, match="no post is called"):
        edited((A, B), order=("posts/aa.md",))


def test_the_window_of_a_selection_is_its_occasions() -> None:
    """A selection carries the occasion it was made for; an empty window has no posts."""
    empty = Occasion(newsletter="weekly", issue="weekly-x", send_at=LAST, due=False,
                     window=Window(start=LAST, end=LAST, zone="Europe/Vienna"))  # fmt: skip
    found = select((p("a", "2026-11-20T09:00"),), weekly(), NONE, empty, NOW)
    assert found.occasion is empty
    assert brief(found)["out"] == "a after-window"
