"""Written dates: every way generators and people write them, and every one that is none."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.posts import dates

VIENNA = ZoneInfo("Europe/Vienna")


@pytest.mark.parametrize(
    "text",
    ["", "soon", "2025-13-03", "2025-02-29", "2025-00-10", "2025", "20251303", "25-01-03", "1700000000",
     "1700000000000", "2025-01-01 25:00", "2025-01-01 10:61", "2025-01-01 10:00 +99:00", "2025-01-01 10:00 XYZ",
     "2025-01/01",
     "2025-01-01T10:00 Mars/Olympus", "01/02/2025", "31 Feb 2025", "Foo 1 2025", "2025-01-01 13:00 PM",
     "0000-01-01", "2025-01-01 0:00 AM", "2025-01-01-2", "{{ date }}", "2025-01-01 10", "9" * 5000],
)  # fmt: skip
def test_what_is_no_date_is_refused(text: str) -> None:
    """No guess is made: a wrong guess sends a post in the wrong week."""
    with pytest.raises(dates.NotADate):
        dates.read(text, VIENNA)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-20", "2026-11-20T00:00:00+01:00"),
        ("2026-7-3", "2026-07-03T00:00:00+02:00"),
        ("2026/11/20", "2026-11-20T00:00:00+01:00"),
        ("2026.11.20", "2026-11-20T00:00:00+01:00"),
        ("20261120", "2026-11-20T00:00:00+01:00"),
        ("20261120T101500Z", "2026-11-20T10:15:00+00:00"),
        ("2026-11-20 10:15", "2026-11-20T10:15:00+01:00"),
        ("2026-11-20T10:15:30.25", "2026-11-20T10:15:30.250000+01:00"),
        ("2026-11-20T10:15:30Z", "2026-11-20T10:15:30+00:00"),
        ("2026-11-20 10:15:30 -0800", "2026-11-20T10:15:30-08:00"),
        ("2026-11-20 10:15:30 +05:30", "2026-11-20T10:15:30+05:30"),
        ("2026-11-20 10:15:30 UTC-03:00", "2026-11-20T10:15:30-03:00"),
        ("2026-11-20 10:15:30 UTC", "2026-11-20T10:15:30+00:00"),
        ("2026-11-20 10:15 EST", "2026-11-20T10:15:00-05:00"),
        ("2026-11-20 10:15 America/New_York", "2026-11-20T10:15:00-05:00"),
        ("2026-11-20T10:15:00+01:00[Europe/Vienna]", None),
        ("2026-11-20 10:15 PM", "2026-11-20T22:15:00+01:00"),
        ("2026-11-20 12:05 am", "2026-11-20T00:05:00+01:00"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59+00:00"),
        ("Nov 20 2026", "2026-11-20T00:00:00+01:00"),
        ("November 20th, 2026", "2026-11-20T00:00:00+01:00"),
        ("20 November 2026", "2026-11-20T00:00:00+01:00"),
        ("20-Nov-2026", "2026-11-20T00:00:00+01:00"),
        ("Fri, 20 Nov 2026 10:15:00 GMT", "2026-11-20T10:15:00+00:00"),
        ("Fri Nov 20 2026 10:15:00 GMT+0100 (CET)", "2026-11-20T10:15:00+01:00"),
        ("  2026-11-20  ", "2026-11-20T00:00:00+01:00"),
    ],
)
def test_a_date_keeps_its_offset(text: str, instant: str | None) -> None:
    """What is written is kept; what is not written is the zone's. Two zones in one date are one too many."""
    if instant is None:
        with pytest.raises(dates.NotADate):
            dates.read(text, VIENNA)
        return
    found = dates.read(text, VIENNA)
    assert found.at.isoformat() == instant
    assert found.bare == (":" not in text and "T" not in text)


def test_only_javascript_reads_month_first() -> None:
    """8/9/2026 is September in most of the world."""
    with pytest.raises(dates.NotADate):
        dates.read("8/9/2026", UTC)
    assert dates.read("8/9/2026", UTC, american=True).at.date() == date(2026, 8, 9)


@pytest.mark.parametrize(
    ("text", "stamp", "day", "instant"),
    [
        ("2026-11-20 10:15:00", True, False, "2026-11-20T10:15:00+00:00"),
        ("2026-11-20 10:15", True, False, "2026-11-20T10:15:00+01:00"),
        ("2026-11-20", True, False, "2026-11-20T00:00:00+01:00"),
        ("2026-11-20", False, True, "2026-11-20T00:00:00+00:00"),
        ("2026-11-20 10:15:00 -0100", True, True, "2026-11-20T10:15:00-01:00"),
    ],
)
def test_a_yaml_timestamp_may_be_utc(text: str, stamp: bool, day: bool, instant: str) -> None:
    """Only with seconds is it one; an offset that is written always wins."""
    assert dates.read(text, VIENNA, utc_stamp=stamp, utc_day=day).at.isoformat() == instant


def test_times_that_do_not_exist_or_exist_twice_are_taken_once() -> None:
    """As zoneinfo does (fold 0), and without an error."""
    assert dates.read("2026-03-29 02:30", VIENNA).at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert dates.read("2026-10-25 02:30", VIENNA).at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "day", "rest"),
    [
        ("2024-State-Of-Rust", None, "2024-State-Of-Rust"),
        ("2025-13-01-x", None, "2025-13-01-x"),
        ("v2025-01-01", None, "v2025-01-01"),
        ("2025-01-011", None, "2025-01-011"),
        ("2025-01-02-a-b", date(2025, 1, 2), "a-b"),
        ("2025-1-2-a", date(2025, 1, 2), "a"),
        ("2025-01-02", date(2025, 1, 2), "2025-01-02"),
        ("2018-12-01-2018-12-01-x", date(2018, 12, 1), "2018-12-01-x"),
    ],
)
def test_a_name_may_begin_with_a_date(name: str, day: date | None, rest: str) -> None:
    """Once, whole, and of the calendar."""
    assert dates.day_in_name(name) == (day, rest)


@given(st.text(max_size=60))
def test_any_text_is_a_date_or_refused(text: str) -> None:
    """Nothing else can happen, and a date is aware."""
    try:
        found = dates.read(text, VIENNA, american=True)
    except dates.NotADate:
        return
    assert found.at.utcoffset() is not None


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_an_iso_date_is_read_as_it_was_written(at: datetime) -> None:
    """What isoformat writes comes back."""
    assert dates.read(at.isoformat(), VIENNA).at == at


def test_a_zone_that_is_none() -> None:
    """Names of zones are never paths."""
    assert dates.zone_named("Nowhere/Land") is None
    assert dates.zone_named("../etc/passwd") is None
    assert dates.zone_named("") is None
    assert dates.zone_named("Europe/Vienna") == VIENNA
