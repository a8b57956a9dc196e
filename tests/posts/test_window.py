"""Occasions: which send time is due, the window it covers and its ID, in many zones and through every clock change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import UsageError
from digest.model import History, Occasion
from digest.posts.window import (
    deadline,
    occasion,
    occasion_now,
    occasion_of,
    parse_cadence,
    parse_window,
    send_times,
    send_times_back,
)
from digest.settings import Newsletter, Rules

NONE = History(newsletter="weekly")
VIENNA = "Europe/Vienna"
NEW_YORK = "America/New_York"
LORD_HOWE = "Australia/Lord_Howe"
KIRITIMATI = "Pacific/Kiritimati"
APIA = "Pacific/Apia"
CASABLANCA = "Africa/Casablanca"
CAIRO = "Africa/Cairo"
ZONES = (
    VIENNA,
    NEW_YORK,
    LORD_HOWE,
    KIRITIMATI,
    APIA,
    CASABLANCA,
    CAIRO,
    "Asia/Kathmandu",
    "America/St_Johns",
    "Pacific/Chatham",
    "UTC",
)


def weekly(send: str = "Friday 09:00", zone: str = VIENNA, window: str = "since-last") -> Newsletter:
    return Newsletter(name="weekly", send=send, timezone=zone, rules=Rules(window=window))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def worked_off(send: str, end: str | None = None, *issues: str) -> History:
    return History(newsletter="weekly", last_send=utc(send), last_end=utc(end or send), issues=issues)


def shown(found: Occasion) -> tuple[str, str, str]:
    """ID, start and end in the newsletter's wall time."""
    zone = ZoneInfo(found.window.zone)
    start, end = found.window.start.astimezone(zone), found.window.end.astimezone(zone)
    return found.issue.removeprefix("weekly-"), f"{start:%Y-%m-%d %H:%M}", f"{end:%Y-%m-%d %H:%M}"


# ------------------------------------------------------------------------------------------------ send times

WALL = [
    ("Vienna, an ordinary week", "Friday 09:00", VIENNA, "2026-11-24T08Z", "2026-11-27T09:00+01:00"),
    ("a send time that is now has come already", "Friday 09:00", "UTC", "2026-11-27T09:00Z", "2026-12-04T09:00Z"),
    ("one second before it is still to come", "Friday 09:00", "UTC", "2026-11-27T08:59:59Z", "2026-11-27T09:00Z"),
    ("summer time begins: 02:30 is skipped", "daily 02:30", VIENNA, "2026-03-28T12Z", "2026-03-29T03:00+02:00"),
    ("the day after it is 02:30 again", "daily 02:30", VIENNA, "2026-03-29T12Z", "2026-03-30T02:30+02:00"),
    ("summer time ends: the first of two 02:30", "daily 02:30", VIENNA, "2026-10-24T12Z", "2026-10-25T02:30+02:00"),
    ("and not the second", "daily 02:30", VIENNA, "2026-10-25T00:30Z", "2026-10-26T02:30+01:00"),
    ("09:00 stays 09:00 through the change", "Friday 09:00", VIENNA, "2026-03-27T12Z", "2026-04-03T09:00+02:00"),
    ("New York changes on another Sunday", "Sunday 02:15", NEW_YORK, "2026-03-07T12Z", "2026-03-08T03:00-04:00"),
    ("New York, the hour that comes twice", "Sunday 01:30", NEW_YORK, "2026-10-31T12Z", "2026-11-01T01:30-04:00"),
    ("Lord Howe turns by half an hour: skipped", "daily 02:10", LORD_HOWE, "2026-10-03T12Z", "2026-10-04T02:30+11:00"),
    ("Lord Howe, the half hour that comes twice", "daily 01:45", LORD_HOWE, "2026-04-04T12Z", "2026-04-05T01:45+11:00"),
    ("Kiritimati is fourteen hours ahead", "Friday 09:00", KIRITIMATI, "2026-11-24T08Z", "2026-11-27T09:00+14:00"),
    ("Apia left a whole Friday out", "Friday 09:00", APIA, "2011-12-28T12Z", "2011-12-31T00:00+14:00"),
    ("Apia, the Friday after", "Friday 09:00", APIA, "2011-12-31T12Z", "2012-01-06T09:00+14:00"),
    ("Casablanca goes back for Ramadan", "daily 02:30", CASABLANCA, "2026-02-14T12Z", "2026-02-15T02:30+01:00"),
    ("Casablanca comes out of Ramadan", "daily 02:30", CASABLANCA, "2026-03-21T12Z", "2026-03-22T03:00+01:00"),
    ("Cairo skips midnight itself", "daily 00:00", CAIRO, "2026-04-23T12Z", "2026-04-24T01:00+03:00"),
    ("Kathmandu has odd minutes", "Monday 00:05", "Asia/Kathmandu", "2026-11-24T08Z", "2026-11-30T00:05+05:45"),
    ("the turn of the year", "Friday 09:00", VIENNA, "2026-12-26T08Z", "2027-01-01T09:00+01:00"),
    ("the 29th of a common February is its last day", "29th 09:00", "UTC", "2027-02-01T00:00Z", "2027-02-28T09:00Z"),
    ("a leap day is a 29th", "29th 09:00", "UTC", "2028-02-01T00:00Z", "2028-02-29T09:00Z"),
    ("a leap day is a last day", "last day 09:00", "UTC", "2028-02-01T00:00Z", "2028-02-29T09:00Z"),
    ("the 31st of a short month", "31st 09:00", "UTC", "2026-11-01T00:00Z", "2026-11-30T09:00Z"),
    ("Mon,Thu: the Thursday", "Mon, Thu 08:00", "UTC", "2026-11-24T08Z", "2026-11-26T08:00Z"),
    ("weekdays skip Saturday", "weekdays 08:00", "UTC", "2026-11-27T08Z", "2026-11-30T08:00Z"),
    ("a span of days over the weekend", "Sat-Mon 08:00", "UTC", "2026-11-29T08Z", "2026-11-30T08:00Z"),
    ("several times a day", "daily 08:00,18:00", "UTC", "2026-11-24T08Z", "2026-11-24T18:00Z"),
    ("words that people write", "every Fridays at 9:00", "UTC", "2026-11-24T08Z", "2026-11-27T09:00Z"),
    ("1st", "1st 09:00", VIENNA, "2026-11-24T08Z", "2026-12-01T09:00+01:00"),
    ("cron by weekday", "0 9 * * 5", VIENNA, "2026-11-24T08Z", "2026-11-27T09:00+01:00"),
    ("cron, the first Friday of a month", "0 9 * * FRI#1", "UTC", "2026-11-24T08Z", "2026-12-04T09:00Z"),
    ("cron, every other hour", "0 */2 * * *", "UTC", "2026-11-24T08Z", "2026-11-24T10:00Z"),
    ("cron, 02:30 skipped", "30 2 * * *", VIENNA, "2026-03-28T12Z", "2026-03-29T03:00+02:00"),
]  # fmt: skip


@pytest.mark.parametrize(("send", "zone", "after", "expected"), [row[1:] for row in WALL], ids=[row[0] for row in WALL])
def test_the_next_send_time(send: str, zone: str, after: str, expected: str) -> None:
    """The next send time is right on the newsletter's wall clock, and going back from it finds it again."""
    cadence = parse_cadence(send)
    found = next(send_times(cadence, ZoneInfo(zone), utc(after)))
    assert found.astimezone(ZoneInfo(zone)).isoformat() == datetime.fromisoformat(expected).isoformat()
    assert next(send_times_back(cadence, ZoneInfo(zone), found)) == found
    earlier = next(send_times_back(cadence, ZoneInfo(zone), found - timedelta(seconds=1)))
    assert earlier <= utc(after) < found


def test_two_send_times_in_the_same_gap_are_one() -> None:
    """02:10 and 02:50 are both skipped in Vienna: one issue at 03:00, not two."""
    cadence, zone = parse_cadence("daily 02:10,02:50,03:00"), ZoneInfo(VIENNA)
    times = list(islice(send_times(cadence, zone, utc("2026-03-28T12:00Z")), 2))
    assert times == [utc("2026-03-29T03:00+02:00"), utc("2026-03-30T02:10+02:00")]
    back = list(islice(send_times_back(cadence, zone, utc("2026-03-29T12:00Z")), 2))
    assert back == [utc("2026-03-29T03:00+02:00"), utc("2026-03-28T03:00+01:00")]


@settings(max_examples=60, deadline=None)
@given(
    send=st.sampled_from(["Friday 09:00", "daily 02:30", "daily 00:00,12:15", "31st 00:30", "15 1-3 * * *"]),
    zone=st.sampled_from(ZONES),
    start=st.datetimes(datetime(2009, 1, 1), datetime(2030, 1, 1)),
)
def test_forward_and_back_agree(send: str, zone: str, start: datetime) -> None:
    """Send times ascend strictly, and walking back gives exactly the same ones."""
    after = start.replace(tzinfo=UTC)
    forward = list(islice(send_times(parse_cadence(send), ZoneInfo(zone), after), 12))
    assert all(a < b for a, b in pairwise(forward))
    assert list(islice(send_times_back(parse_cadence(send), ZoneInfo(zone), forward[-1]), 12)) == forward[::-1]


def test_a_calendar_that_ends_ends_the_send_times() -> None:
    """In the years 1 and 9999 the send times stop; nothing crashes, and an occasion says why there is none."""
    daily, zone = parse_cadence("daily 09:00"), ZoneInfo(VIENNA)
    assert len(list(send_times(daily, zone, datetime(9999, 12, 29, 12, tzinfo=UTC)))) == 2
    assert len(list(send_times_back(daily, zone, datetime(1, 1, 4, 12, tzinfo=UTC)))) == 4
    with pytest.raises(UsageError, match="calendar ends"):
        occasion(weekly(), worked_off("9999-12-31T08:00Z"), datetime(9999, 12, 31, 10, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Fryday 09:00", 'did you mean "Friday"'),
        ("manul", 'did you mean "manual"'),
        ("Friday", "is not a send time; write"),
        ("Friday 9am", "is not a send time; write"),
        ("daily 25:00", '"25:00" is not a time of day'),
        ("32nd 09:00", "no month has"),
        ("Mo 09:00", '"mo" is not a day'),
        ("0 9 * *", "is not a send time"),
        ("0 25 * * *", "bad hour"),
        ("0 9 31 2 *", "bad day-of-month"),
        ("0 9 * * MON#6", "bad day-of-week"),
        ("0 9 */30 2 MON#5", "never comes"),
        ("", "is not a send time"),
    ],
)
def test_a_wrong_send_time_is_explained(text: str, says: str) -> None:
    """What cannot be understood is refused with a sentence on what can."""
    with pytest.raises(ValueError, match=None) as caught:
        parse_cadence(text)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("text", "days"),
    [("since-last", None), ("Since Last", None), ("week", 7), ("10 days", 10), ("1 day", 1), ("2 weeks", 14)],
)
def test_windows_that_may_stand(text: str, days: int | None) -> None:
    """A window is since-last or a number of whole days."""
    assert parse_window(text) == days


@pytest.mark.parametrize("text", ["0 days", "month", "-3 days", "9999 weeks", "1.5 days", ""])
def test_a_wrong_window_is_explained(text: str) -> None:
    """Anything else is refused, with what may stand."""
    with pytest.raises(ValueError, match="write"):
        parse_window(text)


# ------------------------------------------------------------------------------------------------ occasions

FRIDAYS = worked_off("2026-11-20T09:00+01:00", None, "weekly-2026-11-20")
WEEKS = worked_off("2026-11-16T09:00+01:00", "2026-11-16T00:00+01:00")

OCCASIONS = [
    ("never sent: the last send time passed is due", weekly(), NONE, "2026-11-24T09:00+01:00",
     True, 0, "2026-11-20", "2026-11-13 09:00", "2026-11-20 09:00"),
    ("worked off: the coming one, not due", weekly(), FRIDAYS, "2026-11-24T09:00+01:00",
     False, 0, "2026-11-27", "2026-11-20 09:00", "2026-11-27 09:00"),
    ("due at the very second", weekly(), FRIDAYS, "2026-11-27T09:00+01:00",
     True, 0, "2026-11-27", "2026-11-20 09:00", "2026-11-27 09:00"),
    ("a second before it is not", weekly(), FRIDAYS, "2026-11-27T08:59:59+01:00",
     False, 0, "2026-11-27", "2026-11-20 09:00", "2026-11-27 09:00"),
    ("three weeks missed: one issue for the last, the window holds all", weekly(), FRIDAYS, "2026-12-12T09:00+01:00",
     True, 2, "2026-12-11", "2026-11-20 09:00", "2026-12-11 09:00"),
    ("a run late the same day keeps the send time", weekly(), FRIDAYS, "2026-11-27T23:00+01:00",
     True, 0, "2026-11-27", "2026-11-20 09:00", "2026-11-27 09:00"),
    ("a what-if clock before the last issue: the one after it", weekly(), FRIDAYS, "2026-11-01T09:00+01:00",
     False, 0, "2026-11-27", "2026-11-20 09:00", "2026-11-27 09:00"),
    ("sent by hand on Thursday: Friday's begins there", weekly(), worked_off("2026-11-26T15:00+01:00"),
     "2026-11-27T10:00+01:00", True, 0, "2026-11-27", "2026-11-26 15:00", "2026-11-27 09:00"),
    ("sent by hand on the day itself: Friday's has a time in its ID", weekly(),
     worked_off("2026-11-27T08:00+01:00", None, "weekly-2026-11-27"),
     "2026-11-27T10:00+01:00", True, 0, "2026-11-27T0900", "2026-11-27 08:00", "2026-11-27 09:00"),
    ("week: last Monday to Sunday", weekly("Monday 09:00", window="week"), WEEKS, "2026-11-23T09:00+01:00",
     True, 0, "2026-11-23", "2026-11-16 00:00", "2026-11-23 00:00"),
    ("week, sent at midnight: ends there", weekly("Monday 00:00", window="week"), NONE, "2026-11-23T09:00+01:00",
     True, 0, "2026-11-23", "2026-11-16 00:00", "2026-11-23 00:00"),
    ("week, missed: the last week alone (catch_up has the rest)", weekly("Monday 09:00", window="week"), WEEKS,
     "2026-12-08T09:00+01:00", True, 2, "2026-12-07", "2026-11-30 00:00", "2026-12-07 00:00"),
    ("week through the end of summer time is 169 hours", weekly("Monday 09:00", window="week"), NONE,
     "2026-10-26T09:00+01:00", True, 0, "2026-10-26", "2026-10-19 00:00", "2026-10-26 00:00"),
    ("10 days", weekly("Monday 09:00", window="10 days"), NONE, "2026-11-23T09:00+01:00",
     True, 0, "2026-11-23", "2026-11-13 00:00", "2026-11-23 00:00"),
    ("week over Apia's missing Friday begins with the first minute after", weekly(zone=APIA, window="week"),
     NONE, "2012-01-06T12:00+14:00", True, 0, "2012-01-06", "2011-12-31 00:00", "2012-01-06 00:00"),
    ("Apia's Friday issue of 2011-12-30 is Saturday's", weekly(zone=APIA), NONE, "2011-12-31T12:00+14:00",
     True, 0, "2011-12-31", "2011-12-23 09:00", "2011-12-31 00:00"),
    ("the turn of the year", weekly(), NONE, "2027-01-02T12:00+01:00",
     True, 0, "2027-01-01", "2026-12-25 09:00", "2027-01-01 09:00"),
    ("several a day have times in their IDs", weekly("daily 08:00,18:00"), NONE, "2026-11-24T09:00+01:00",
     True, 0, "2026-11-24T0800", "2026-11-23 18:00", "2026-11-24 08:00"),
    ("monthly: one cadence back is the month before", weekly("1st 09:00"), NONE, "2026-12-01T09:00+01:00",
     True, 0, "2026-12-01", "2026-11-01 09:00", "2026-12-01 09:00"),
    ("the local day names the issue: Kiritimati is ahead of UTC", weekly("Friday 09:00", KIRITIMATI), NONE,
     "2026-11-26T20:00Z", True, 0, "2026-11-27", "2026-11-20 09:00", "2026-11-27 09:00"),
    ("manual is never due: coming is now", weekly("manual"), NONE, "2026-11-24T09:30+01:00",
     False, 0, "2026-11-24", "2026-11-17 09:30", "2026-11-24 09:30"),
    ("manual goes on where the last one ended", weekly("manual"), FRIDAYS, "2026-11-24T09:30+01:00",
     False, 0, "2026-11-24", "2026-11-20 09:00", "2026-11-24 09:30"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("newsletter", "history", "now", "due", "missed", "issue", "start", "end"),
    [row[1:] for row in OCCASIONS],
    ids=[row[0] for row in OCCASIONS],
)
def test_the_occasion(
    newsletter: Newsletter, history: History, now: str, due: bool, missed: int, issue: str, start: str, end: str
) -> None:
    """What is due, what it makes up for, its ID and its window are as the case says."""
    found = occasion(newsletter, history, datetime.fromisoformat(now))
    assert (found.due, found.missed) == (due, missed)
    assert shown(found) == (issue, start, end)
    assert found.send_at.tzinfo is UTC
    assert found.window.zone == newsletter.timezone


def test_a_week_has_the_hours_it_has() -> None:
    """Seven local days are 167 hours when summer time begins and 169 when it ends."""
    for now, hours in (("2026-03-30T09:00+02:00", 167), ("2026-10-26T09:00+01:00", 169)):
        window = occasion(weekly("Monday 09:00", window="week"), NONE, utc(now)).window
        assert window.end - window.start == timedelta(hours=hours)


NOW = [
    ("on Thursday, never sent: as far back as a cadence is long", weekly(), NONE, "2026-11-26T15:00:00.9+01:00",
     "2026-11-26", "2026-11-19 15:00", "2026-11-26 15:00"),
    ("an hour after a send time, never sent: not one hour of posts", weekly(), NONE, "2026-11-27T10:00+01:00",
     "2026-11-27", "2026-11-20 10:00", "2026-11-27 10:00"),
    ("since the last issue", weekly(), FRIDAYS, "2026-11-24T10:00+01:00",
     "2026-11-24", "2026-11-20 09:00", "2026-11-24 10:00"),
    ("twice on one day", weekly(), worked_off("2026-11-24T10:00+01:00", None, "weekly-2026-11-24"),
     "2026-11-24T11:07+01:00", "2026-11-24T1107", "2026-11-24 10:00", "2026-11-24 11:07"),
    ("twice in one minute", weekly(),
     worked_off("2026-11-24T11:07:01+01:00", None, "weekly-2026-11-24", "weekly-2026-11-24T1107"),
     "2026-11-24T11:07:09+01:00", "2026-11-24T110709", "2026-11-24 11:07", "2026-11-24 11:07"),
    ("a clock behind the last window: an empty one, never one that ends before it begins", weekly(), FRIDAYS,
     "2026-11-18T10:00+01:00", "2026-11-18", "2026-11-18 10:00", "2026-11-18 10:00"),
    ("week: whole days, today waits", weekly(window="week"), FRIDAYS, "2026-11-24T10:00+01:00",
     "2026-11-24", "2026-11-17 00:00", "2026-11-24 00:00"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("newsletter", "history", "now", "issue", "start", "end"), [row[1:] for row in NOW], ids=[row[0] for row in NOW]
)
def test_the_occasion_of_a_person_who_sends_now(
    newsletter: Newsletter, history: History, now: str, issue: str, start: str, end: str
) -> None:
    """The window ends now, whatever the cadence says, and the ID is one that is not used."""
    found = occasion_now(newsletter, history, datetime.fromisoformat(now))
    assert shown(found) == (issue, start, end)
    assert not found.due
    assert found.send_at.microsecond == 0


def test_a_drafted_issue_keeps_its_id() -> None:
    """A manual issue that was drafted on Tuesday and is sent on Thursday is still Tuesday's file."""
    found = occasion_now(weekly("manual"), NONE, utc("2026-11-26T10:00+01:00"), "weekly-2026-11-24")
    assert (found.issue, found.send_at) == ("weekly-2026-11-24", utc("2026-11-26T10:00+01:00"))
    with pytest.raises(UsageError):
        occasion_now(weekly("manual"), NONE, utc("2026-11-26T10:00+01:00"), "other-2026-11-24")


TUESDAY = "2026-11-24T09:00+01:00"
BY_ID = [
    ("the coming one is the very one", weekly(), FRIDAYS, "2026-11-27", TUESDAY,
     "2026-11-20 09:00", "2026-11-27 09:00"),
    ("without a clock too", weekly(), FRIDAYS, "2026-11-27", None, "2026-11-20 09:00", "2026-11-27 09:00"),
    ("a later one begins where the one before it will end", weekly(), FRIDAYS, "2026-12-11", TUESDAY,
     "2026-12-04 09:00", "2026-12-11 09:00"),
    ("one worked off: one cadence", weekly(), FRIDAYS, "2026-11-20", TUESDAY, "2026-11-13 09:00", "2026-11-20 09:00"),
    ("one of long ago", weekly(), FRIDAYS, "2026-03-27", TUESDAY, "2026-03-20 09:00", "2026-03-27 09:00"),
    ("a time of several", weekly("daily 08:00,18:00"), NONE, "2026-11-23T1800", TUESDAY,
     "2026-11-23 08:00", "2026-11-23 18:00"),
    ("manual: the day named, to its end", weekly("manual"), NONE, "2026-11-26", TUESDAY,
     "2026-11-19 23:59", "2026-11-26 23:59"),
    ("one sent by hand, off the cadence", weekly(),
     worked_off("2026-11-20T09:00+01:00", None, "weekly-2026-11-18T103015"), "2026-11-18T103015", TUESDAY,
     "2026-11-11 10:30", "2026-11-18 10:30"),
    ("week: its own days", weekly(window="week"), FRIDAYS, "2026-12-04", TUESDAY,
     "2026-11-27 00:00", "2026-12-04 00:00"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("newsletter", "history", "issue", "now", "start", "end"), [row[1:] for row in BY_ID], ids=[row[0] for row in BY_ID]
)
def test_the_occasion_of_an_id(
    newsletter: Newsletter, history: History, issue: str, now: str | None, start: str, end: str
) -> None:
    """An ID stands for its send time and its window."""
    found = occasion_of(newsletter, history, f"weekly-{issue}", utc(now) if now else None)
    assert shown(found) == (issue, start, end)


def test_the_due_issue_by_its_id_is_due() -> None:
    """Naming the issue that is due gives the same occasion as naming none."""
    now = utc("2026-12-12T09:00+01:00")
    assert occasion_of(weekly(), FRIDAYS, "weekly-2026-12-11", now) == occasion(weekly(), FRIDAYS, now)


@pytest.mark.parametrize(
    "issue",
    ["weekly-27-11", "weekly", "other-2026-11-27", "weekly-2026-13-01", "weekly-2026-11-27T9", "2026-11-27",
     "weekly-2026-11-27T2561", "weekly-2026-11-27\n"],
)  # fmt: skip
def test_what_is_no_id_is_told_the_shape_of_one(issue: str) -> None:
    """A wrong ID is refused with the shape that an ID has."""
    with pytest.raises(UsageError) as caught:
        occasion_of(weekly(), NONE, issue)
    assert "weekly-2026-11-27T1800" in caught.value.hint


@pytest.mark.parametrize("issue", ["weekly-2026-11-26", "weekly-2026-11-27T1000"])
def test_a_day_without_a_send_time_names_its_neighbours(issue: str) -> None:
    """An ID off the cadence that nobody sent is refused, and the nearest are named."""
    with pytest.raises(UsageError, match="Friday 09:00") as caught:
        occasion_of(weekly(), FRIDAYS, issue)
    assert "weekly-2026-11-20" in caught.value.hint
    assert "weekly-2026-11-27" in caught.value.hint


def test_a_late_issue_has_its_full_deadline() -> None:
    """The deadline counts from the send time, or from now where that is over: a late run has all its time."""
    friday = occasion(weekly(), FRIDAYS, utc("2026-11-27T09:00+01:00"))
    assert deadline(weekly(), friday, friday.send_at) == friday.send_at + timedelta(days=3)
    late = friday.send_at + timedelta(days=5)
    assert deadline(weekly(), friday, late) == late + timedelta(days=3)


# ------------------------------------------------------------------------------------------------ a life of windows


@settings(max_examples=80, deadline=None)
@given(
    send=st.sampled_from(
        [
            "Friday 09:00",
            "Mon,Thu 08:00",
            "1st 09:00",
            "daily 02:30",
            "daily 00:00,12:15",
            "weekdays 23:45",
            "30 */7 * * *",
        ]
    ),
    zone=st.sampled_from(ZONES),
    start=st.datetimes(datetime(2011, 1, 1), datetime(2029, 1, 1)),
    gaps=st.lists(st.integers(min_value=1, max_value=60 * 24 * 20), min_size=1, max_size=25),
)
def test_windows_tile_time(send: str, zone: str, start: datetime, gaps: list[int]) -> None:
    """Whenever the job runs, however often it was missed: windows follow one another without gap or overlap, each send
    time is worked off once, and no ID comes twice."""
    newsletter, now = weekly(send, zone), start.replace(tzinfo=UTC)
    history, issues, covered = NONE, [], []
    cadence = parse_cadence(send)
    for gap in gaps:
        now += timedelta(minutes=gap)
        found = occasion(newsletter, history, now)
        if not found.due:
            assert found.send_at > now
            continue
        assert found.send_at <= now < next(send_times(cadence, ZoneInfo(zone), found.send_at))
        between = list(islice(send_times_back(cadence, ZoneInfo(zone), now), 200))
        if history.last_send:
            assert found.missed == len([t for t in between if t > history.last_send]) - 1
        issues.append(found.issue)
        covered.append(found.window)
        history = History(
            newsletter="weekly",
            first_start=covered[0].start,
            last_end=found.window.end,
            last_send=found.send_at,
            issues=tuple(issues),
        )
    assert len(set(issues)) == len(issues)
    assert all(one.end == two.start for one, two in pairwise(covered))
    assert all(one.start < one.end for one in covered)
