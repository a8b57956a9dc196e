"""Quiet hours: a span of a newsletter's local time in which nothing leaves. Pure: `now` is an argument."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

__all__ = ["hours_a_day", "parse", "until"]

SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d) ?[-–] ?([01]\d|2[0-3]):([0-5]\d)")


def parse(text: str) -> tuple[time, time]:
    """Read `22:00-07:00`: start and end, over midnight where the end is the earlier. Raises ValueError in words."""
    found = SPAN.fullmatch(text)
    if not found or found.group(1, 2) == found.group(3, 4):
        raise ValueError(f'"{text}" are no quiet hours; write a start and an end, as "22:00-07:00"')
    return time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))


def until(text: str, zone: str, now: datetime) -> datetime | None:
    """Give the end of the quiet hours that `now` lies in, in UTC; None outside, or where there are none."""
    if not text:
        return None
    start, end = parse(text)
    local = now.astimezone(ZoneInfo(zone))
    at = local.time()
    over_midnight = start > end
    inside = at >= start or at < end if over_midnight else start <= at < end
    if not inside:
        return None
    day = local.date() + timedelta(days=1 if over_midnight and at >= start else 0)
    ends = datetime.combine(day, end, tzinfo=local.tzinfo)
    first = ends.astimezone(UTC)
    return first if first > now else ends.replace(fold=1).astimezone(UTC)  # the hour that comes twice in autumn


def hours_a_day(text: str) -> float:
    """Say how many hours of an ordinary day are not quiet."""
    if not text:
        return 24.0
    start, end = parse(text)
    minutes = (end.hour - start.hour) * 60 + end.minute - start.minute
    return 24.0 - minutes % (24 * 60) / 60
