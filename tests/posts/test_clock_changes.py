"""From the date in a file to the issue that a post goes in, through the clock changes of many zones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from digest.model import History, Query
from digest.posts.select import select
from digest.posts.sources import markdown
from digest.posts.window import occasion
from digest.settings import Newsletter, Rules, Site

# zone, a week around the change, what a day's posts say of the hours that are skipped or come twice
CHANGES = [
    ("America/Santiago", "2026-09-01"),  # spring: Sunday has no midnight
    ("America/Santiago", "2026-03-31"),  # autumn: Saturday's last hour comes twice
    ("Australia/Lord_Howe", "2026-09-29"),  # half an hour
    ("Australia/Lord_Howe", "2026-03-31"),
    ("Africa/Casablanca", "2026-02-10"),  # Ramadan: summer time pauses
    ("Africa/Casablanca", "2026-03-17"),
    ("Pacific/Apia", "2011-12-26"),  # there was no 30 December
    ("Asia/Kathmandu", "2026-11-24"),  # no change, and an odd offset
    ("Europe/Vienna", "2026-10-20"),
    ("America/New_York", "2026-03-03"),
    ("Africa/Cairo", "2026-04-21"),  # Friday has no midnight
]
WEEKS = 3


@pytest.mark.parametrize(("zone", "first"), CHANGES)
@pytest.mark.parametrize(
    "rules", [("Friday 00:00", "since-last"), ("Sunday 02:15", "week"), ("daily 00:00", "since-last")]
)
def test_each_day_and_hour_around_a_change_goes_once(
    tmp_path: Path, zone: str, first: str, rules: tuple[str, str]
) -> None:
    """A bare day, half hours of the clock on the wall and hours with an offset: each in one window, none in two."""
    start = datetime.fromisoformat(first)
    hours = [start + timedelta(minutes=210 * i) for i in range(48)]
    written = [f"{at:%Y-%m-%d}" for at in hours[::7]] + [f"{at:%Y-%m-%d %H:%M}" for at in hours]
    written += [f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in hours] + [f"{at:%Y-%m-%dT%H:%M:%S}-09:30" for at in hours]
    (tmp_path / "posts").mkdir()
    for number, date in enumerate(written):
        (tmp_path / f"posts/{number:03}.md").write_text(f"---\ntitle: N{number}\ndate: {date}\n---\n{number}\n")
    site = Site(url="https://example.org", timezone=zone)
    source = markdown.open(markdown.Options(path="posts"), name="blog", project=tmp_path, site=site)
    posts = tuple(source.posts(Query()))
    assert [p.title for p in posts if p.date is None] == []
    newsletter = Newsletter(name="weekly", send=rules[0], timezone=zone, rules=Rules(window=rules[1], limit=0))
    now = start.replace(tzinfo=ZoneInfo(zone)) - timedelta(days=3)
    found: dict[str, int] = {}
    history = History(newsletter="weekly")
    for _ in range((WEEKS * 7 + 3) if "daily" in rules[0] else WEEKS + 1):
        when = occasion(newsletter, history, now)
        for post in posts:
            assert post.date is not None
            if when.window.start <= post.date < when.window.end:
                found[post.title] = found.get(post.title, 0) + 1
        history = History(newsletter="weekly", last_send=when.send_at, last_end=when.window.end, issues=(when.issue,))
        now = when.send_at + timedelta(hours=26 if "daily" in rules[0] else 24 * 7 + 2)
    assert sorted(found) == sorted(p.title for p in posts)
    assert set(found.values()) == {1}


@pytest.mark.parametrize(
    ("zone", "date", "instant"),
    [
        ("America/Santiago", "2026-09-06", "2026-09-06T04:00Z"),  # the day's first moment is one o'clock
        ("America/Santiago", "2026-09-06 00:30", "2026-09-06T04:30Z"),
        ("America/Santiago", "2026-04-04 23:30", "2026-04-05T02:30Z"),  # the first of the two
        ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03T15:45Z"),
        ("Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04T14:45Z"),
        ("Africa/Casablanca", "2026-02-14", "2026-02-13T23:00Z"),
        ("Africa/Casablanca", "2026-02-16", "2026-02-16T00:00Z"),
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00Z"),  # the moment that 31 December began
        ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00Z"),
        ("Asia/Kathmandu", "2026-11-24", "2026-11-23T18:15Z"),
        ("Asia/Kathmandu", "2026-11-24T00:00:00Z", "2026-11-24T00:00Z"),
        ("Africa/Cairo", "2026-04-24", "2026-04-23T22:00Z"),
    ],
)
def test_the_moment_of_a_day(tmp_path: Path, zone: str, date: str, instant: str) -> None:
    """Where midnight is skipped the day begins after it; where an hour comes twice the first one counts."""
    (tmp_path / "a.md").write_text(f"---\ntitle: A\ndate: {date}\n---\nText\n")
    site = Site(url="https://example.org", timezone=zone)
    source = markdown.open(markdown.Options(path="."), name="blog", project=tmp_path, site=site)
    (post,) = source.posts(Query())
    assert post.date is not None
    assert post.date.astimezone(UTC) == datetime.fromisoformat(instant)


def test_midnight_in_utc_is_the_evening_before_in_the_west(tmp_path: Path) -> None:
    """A stamp is a moment: one of Saturday's first moment in UTC was Friday evening in New York, and is in time."""
    (tmp_path / "a.md").write_text("---\ntitle: A\ndate: 2026-11-28T00:00:00Z\n---\nText\n")
    (tmp_path / "b.md").write_text("---\ntitle: B\ndate: 2026-11-28\n---\nOther\n")
    zone = "America/New_York"
    source = markdown.open(markdown.Options(path="."), name="blog", project=tmp_path, site=Site(timezone=zone))
    newsletter = Newsletter(name="weekly", send="Friday 20:00", timezone=zone)
    now = datetime(2026, 11, 27, 20, 5, tzinfo=ZoneInfo(zone))
    history = History(newsletter="weekly", last_send=now - timedelta(days=7, minutes=5),
                      last_end=now - timedelta(days=7, minutes=5), issues=("weekly-2026-11-20",))  # fmt: skip
    found = select(tuple(source.posts(Query())), newsletter, history, occasion(newsletter, history, now), now)
    assert [x.post.title for x in found.picked] == ["A"]
