"""Local wall time and calendar days as instants in UTC, right through every change of the clock. Nothing of cadences.

A local time that a clock change skips means the next minute that exists; one that comes twice means the first.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from digest.model import Post

__all__ = ["instant", "local", "midnight", "moment"]

MINUTE = timedelta(minutes=1)


def instant(naive: datetime, zone: ZoneInfo) -> datetime:
    """Say when the clocks of `zone` first show this naive local time, or the next minute that they do show."""
    while True:  # at most a day of minutes: Samoa left a whole Friday out (2011-12-30)
        found = naive.replace(tzinfo=zone, fold=0).astimezone(UTC)
        if local(found, zone) == naive:
            return found
        naive += MINUTE


def local(when: datetime, zone: ZoneInfo) -> datetime:
    """Say what the clocks of `zone` show at an aware time, as a naive one."""
    return when.astimezone(zone).replace(tzinfo=None, fold=0)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Say when a calendar day begins; where its midnight is skipped, at the first minute it has."""
    return instant(datetime.combine(day, time()), zone)


def moment(post: Post, zone: ZoneInfo) -> datetime | None:
    """Say at which instant a post stands in the newsletter's calendar; None where it has no date.

    A bare day is midnight of that day in the newsletter's zone, so that it is the same day whatever zone the site has.
    """
    if post.date is None:
        return None
    return midnight(post.date.date(), zone) if post.bare_day else post.date.astimezone(UTC)
