"""The life of a newsletter, simulated: whatever happens, no post goes twice and none that may go is lost."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.model import History, Occasion, Post, PostRecord, Selection
from digest.posts.editor import draft_text, parse
from digest.posts.known import settled
from digest.posts.local_time import moment
from digest.posts.select import held, must_read_all, reach, select
from digest.posts.window import occasion
from digest.settings import Newsletter, Rules
from digest.testing import post

START = datetime(2026, 10, 2, 12, tzinfo=UTC)
HOURS = 24 * 70  # the span of time in which posts and runs lie


@dataclass
class Site:
    """A site and its ledger, as far as the selector can tell: the store's rules in a dozen lines."""

    newsletter: Newsletter
    files: dict[str, tuple[datetime, Post]]  # by path: since when it is there, and what it holds
    records: dict[str, PostRecord] = field(default_factory=dict)
    carried: dict[str, str] = field(default_factory=dict)
    held: tuple[str, ...] = ()
    history: History = field(default_factory=lambda: History(newsletter="weekly"))
    sent: list[tuple[str, ...]] = field(default_factory=list)  # words of the posts, issue by issue
    may_go: dict[str, bool] = field(
        default_factory=dict
    )  # by words: was it in time when its window, or a later one, closed

    def known(self) -> History:
        records = (
            replace(record, issue=self.carried.get(id_, ""), held=id_ in self.held)
            for id_, record in self.records.items()
        )
        return replace(self.history, records=tuple(records))

    def read(self, now: datetime) -> tuple[Post, ...]:
        return tuple(post for since, post in self.files.values() if since <= now)

    def run(self, now: datetime, cancel: bool = False) -> Selection | None:
        """What `digest run` does: select and freeze, or skip, if something is due."""
        history = self.known()
        when = occasion(self.newsletter, history, now)
        if not when.due:
            return None
        query = reach(self.newsletter, history, when)
        everything = self.read(now)
        posts = tuple(p for p in everything if query.since is None or p.date is None or p.date >= query.since)
        if must_read_all(posts, history, query):
            posts = everything
        found = select(posts, self.newsletter, history, when, now)
        assert select(tuple(reversed(posts)), self.newsletter, history, when, now) == found
        assert select(everything, self.newsletter, history, when, now).picked == found.picked  # the query lost nothing
        self.judge(everything, history, when)
        self.note(settled(posts, history), now)
        self.held = held(found)
        if cancel:
            self.held += tuple(x.post.id for x in found.picked)
        else:
            self.carried |= {x.post.id: when.issue for x in found.picked}
            self.sent.append(tuple(x.post.body for x in found.picked))
        self.history = replace(
            history,
            first_start=min(filter(None, (history.first_start, when.window.start))),
            last_end=when.window.end,
            last_send=when.send_at,
            issues=(*history.issues, when.issue),
        )
        return found

    def judge(self, posts: tuple[Post, ...], history: History, when: Occasion) -> None:
        """The oracle: a post may go if it is not too old at the first issue whose window has not to end before it."""
        zone = ZoneInfo(self.newsletter.timezone)
        start = when.window.start.astimezone(zone).replace(tzinfo=None) - self.newsletter.rules.catch_up
        begin = max(start.replace(tzinfo=zone), history.first_start or when.window.start)
        for one in posts:
            dated = moment(one, zone)
            if dated and dated < when.window.end:
                self.may_go.setdefault(one.body, dated >= min(begin, when.window.start))

    def note(self, posts: tuple[Post, ...], now: datetime) -> None:
        for seen in posts:
            old = self.records.get(seen.id)
            fields: dict[str, Any] = {
                name: getattr(seen, name) for name in ("id", "source", "path", "canonical", "url", "title", "body_hash")
            }
            day = seen.date.date() if seen.date else None
            first = old.first_seen if old else now
            self.records[seen.id] = PostRecord(**fields, day=day, fingerprint=seen.fingerprint, first_seen=first)


def made(number: int, when: datetime, bare: bool = False, **fields: Any) -> Post:
    body = f"Words {number}."
    return post(
        f"posts/{number}.md",
        date=when,
        bare_day=bare,
        title=f"T{number}",
        body=body,
        body_hash=body,
        fingerprint=f"T{body}",
        **fields,
    )


hours = st.integers(min_value=0, max_value=HOURS)
arrivals = st.lists(
    st.tuples(hours, st.integers(-24 * 20, 24 * 10), st.booleans(), st.booleans()), min_size=1, max_size=24
)
newsletters = st.builds(
    lambda send, zone, window, **rules: Newsletter(
        name="weekly", send=send, timezone=zone, rules=Rules(window=window, **rules)
    ),
    st.sampled_from(["Friday 09:00", "Mon,Thu 02:30", "daily 07:00", "1st 09:00"]),
    st.sampled_from(["Europe/Vienna", "America/New_York", "Pacific/Kiritimati", "Australia/Lord_Howe"]),
    st.sampled_from(["since-last", "week"]),
    limit=st.sampled_from([None, 1, 2, 5]),
    min_posts=st.sampled_from([0, 1, 3]),
    order=st.sampled_from(["newest", "oldest", "title"]),
    catch_up=st.sampled_from([timedelta(0), timedelta(weeks=1), timedelta(weeks=4)]),
)


def life(newsletter: Newsletter, posts: list[tuple[int, int, bool, bool]]) -> Site:
    """Posts that come at some hour, dated some hours before or after that."""
    files = {}
    for number, (hour, shift, bare, pinned) in enumerate(posts):
        since = START + timedelta(hours=hour)
        flags = ("featured",) if pinned else ()
        one = made(number, since + timedelta(hours=shift), bare, flags=flags)
        files[one.path] = (since, one)
    return Site(newsletter, files)


@settings(max_examples=50, deadline=None)
@given(
    newsletter=newsletters,
    posts=arrivals,
    runs=st.lists(st.tuples(hours, st.integers(0, 9)), min_size=1, max_size=20),
    moves=st.dictionaries(st.integers(0, 23), hours, max_size=4),
)
def test_no_post_goes_twice_and_none_is_lost(
    newsletter: Newsletter,
    posts: list[tuple[int, int, bool, bool]],
    runs: list[tuple[int, int]],
    moves: dict[int, int],
) -> None:
    """Random posts, late ones, moved ones, random runs, missed send times, cancelled issues, limits, too few: each post
    goes at most once; in the end each has gone, is held back, or a rule that was told kept it out."""
    site = life(newsletter, posts)
    for hour, luck in sorted(runs):
        now = START + timedelta(hours=hour)
        for number, when in moves.items():
            if when <= hour and f"posts/{number}.md" in site.files:
                since, old = site.files.pop(f"posts/{number}.md")
                path = f"moved/{number}.md"
                site.files[path] = (since, replace(old, path=path, id=f"blog:{path}"))
        site.run(now, cancel=luck == 0)
    gone = [words for issue in site.sent for words in issue]
    assert len(gone) == len(set(gone))
    _nothing_is_lost(site)


def _nothing_is_lost(site: Site) -> None:
    """Let it live on, with a free rein for limits and numbers, until all that may go has gone, and nothing else has."""
    site.newsletter = replace(site.newsletter, rules=replace(site.newsletter.rules, limit=None, min_posts=0))
    end = START + timedelta(hours=HOURS + 24 * 12)
    while (now := occasion(site.newsletter, site.known(), START).send_at) < end:
        site.run(max(now, START + timedelta(hours=HOURS)))
    site.run(end + timedelta(days=32))
    site.run(end + timedelta(days=64))
    went = [words for issue in site.sent for words in issue]
    assert len(went) == len(set(went))
    assert set(went) == {words for words, may in site.may_go.items() if may}
    assert len(site.may_go) == len(site.files)


@settings(max_examples=60, deadline=None)
@given(newsletter=newsletters, posts=arrivals, seed=st.randoms(use_true_random=False), hour=hours)
def test_select_is_deterministic(
    newsletter: Newsletter, posts: list[tuple[int, int, bool, bool]], seed: Any, hour: int
) -> None:
    """The same posts in any order give the same selection, every post has one place in it, and the limit holds."""
    site = life(newsletter, posts)
    now = START + timedelta(hours=hour)
    site.run(now - timedelta(days=20))
    history = site.known()
    when = occasion(newsletter, history, now)
    every = list(site.read(START + timedelta(hours=HOURS)))
    first = select(every, newsletter, history, when, now)
    seed.shuffle(every)
    assert select(every, newsletter, history, when, now) == first
    places = sorted([x.post.path for x in first.picked] + [x.path for x in first.left_out])
    assert places == sorted(p.path for p in every)
    assert newsletter.rules.limit is None or len(first.picked) <= newsletter.rules.limit
    assert set(held(first)) == {x.id for x in first.left_out if x.reason in {"limit", "too-few"}}


@settings(max_examples=40, deadline=None)
@given(newsletter=newsletters, posts=arrivals, hour=hours, more=arrivals)
def test_an_untouched_draft_changes_nothing(
    newsletter: Newsletter,
    posts: list[tuple[int, int, bool, bool]],
    hour: int,
    more: list[tuple[int, int, bool, bool]],
) -> None:
    """The editor's file as `draft` writes it picks the same posts in the same order."""
    site, now = life(newsletter, posts), START + timedelta(hours=hour)
    when = occasion(newsletter, site.known(), now)
    every = site.read(START + timedelta(hours=HOURS))
    first = select(every, newsletter, site.known(), when, now)
    editor = parse(draft_text(first, newsletter), "issues/x.md")
    assert (editor.subject, editor.intro, editor.number) == ("", "", None)
    again = select(every, newsletter, site.known(), when, now, editor)
    assert [x.post for x in again.picked] == [x.post for x in first.picked]
    assert again.skip == first.skip
    assert again.left_out == first.left_out
