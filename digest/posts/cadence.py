"""When a newsletter goes out: `send` of the configuration, parsed, and the send times of it. No windows, no ledger.

A cadence speaks of wall clocks, so it is worked out in naive local times and only then made instants: a send time that
a clock change skips is the next minute that exists, and one that comes twice is the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from digest.posts.local_time import instant, local

__all__ = ["Cadence", "parse_cadence", "send_times", "send_times_back"]

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ACCEPTED = (
    'write "Friday 09:00", "Mon,Thu 08:00", "weekdays 08:00", "daily 07:00", "1st 09:00", "last day 09:00", '
    'a cron expression such as "0 9 * * FRI#1", or "manual"'
)
LAST_DAY = -1
DAY = timedelta(days=1)
MARGIN = timedelta(days=2)  # no clock was ever turned by more than a day
SPEC = re.compile(r"(?:every )?(.+?)(?: at)? (\d{1,2}:\d\d(?:,\d{1,2}:\d\d)*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """A parsed `send`: days and times of day, or a cron expression, or none of them (manual)."""

    text: str
    weekdays: tuple[int, ...] = ()  # 0 is Monday
    monthdays: tuple[int, ...] = ()  # LAST_DAY is the last; a shorter month sends on its last day
    times: tuple[time, ...] = ()
    cron: str = ""

    @property
    def manual(self) -> bool:
        """True where nothing but a person sends it."""
        return not (self.times or self.cron)

    def has(self, day: date) -> bool:
        """Say whether it sends on this calendar day (for days and times; cron has its own calendar)."""
        if day.weekday() in self.weekdays:
            return True
        if (day + DAY).day == 1:
            return any(wanted == LAST_DAY or wanted >= day.day for wanted in self.monthdays)
        return day.day in self.monthdays


@lru_cache(maxsize=256)
def parse_cadence(text: str) -> Cadence:
    """Parse what `send` says; ValueError with a sentence on what is accepted.

    A "31st" in a shorter month is its last day: no month goes without its issue.
    """
    plain = re.sub(r"\s*,\s*", ",", " ".join(text.casefold().split()))
    if plain == "manual":
        return Cadence(text=text)
    if len(plain.split(" ")) == 5 and ":" not in plain:
        return _cron(text, plain)
    found = SPEC.fullmatch(plain)
    if not found:
        raise ValueError(f'"{text}" is not a send time{_nearest(plain)}; {ACCEPTED}')
    times = tuple(sorted({_time(word) for word in found[2].split(",")}))
    weekdays, monthdays = _days(found[1])
    return Cadence(text=text, weekdays=weekdays, monthdays=monthdays, times=times)


def send_times(cadence: Cadence, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Give the send times after an instant, earliest first; they never end, unless the cadence is manual."""
    last = after
    with suppress(OverflowError):  # where the calendar of `datetime` ends
        for naive in _walk(cadence, local(after, zone) - MARGIN, back=False):
            when = instant(naive, zone)
            if when > last:  # two local times that a clock change skips are one instant
                last = when
                yield when


def send_times_back(cadence: Cadence, zone: ZoneInfo, until: datetime) -> Iterator[datetime]:
    """Give the send times at or before an instant, latest first."""
    last: datetime | None = None
    with suppress(OverflowError):
        for naive in _walk(cadence, local(until, zone) + MARGIN, back=True):
            when = instant(naive, zone)
            if when <= until and when != last:
                last = when
                yield when


# ------------------------------------------------------------------------------------------------ naive local times


def _walk(cadence: Cadence, start: datetime, *, back: bool) -> Iterator[datetime]:
    """Local times of the cadence from `start` on, or back from it."""
    if cadence.cron:
        from cronsim import CronSim

        yield from CronSim(cadence.cron, start, reverse=back)
    day, times = start.date(), cadence.times[::-1] if back else cadence.times
    while times:
        if cadence.has(day):
            yield from (datetime.combine(day, clock) for clock in times)
        day = day - DAY if back else day + DAY


# ------------------------------------------------------------------------------------------------ parsing


def _cron(text: str, plain: str) -> Cadence:
    from cronsim import CronSim, CronSimError

    try:
        if next(CronSim(plain, datetime.combine(date(2000, 1, 1), time())), None) is not None:
            return Cadence(text=text, cron=plain)
    except CronSimError as exc:
        reason = str(exc)
        raise ValueError(f'"{text}" is not a cron expression ({reason[:1].lower()}{reason[1:]}); {ACCEPTED}') from exc
    raise ValueError(f'the cron expression "{text}" names a day that never comes; {ACCEPTED}')


def _time(word: str) -> time:
    hour, minute = (int(part) for part in word.split(":"))
    try:
        return time(hour, minute)
    except ValueError:
        raise ValueError(f'"{word}" is not a time of day; write 00:00 to 23:59') from None


def _days(words: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Weekdays and days of the month that the words name."""
    weekdays: set[int] = set()
    monthdays: set[int] = set()
    for word in words.split(","):
        if word in {"daily", "day", "everyday"}:
            weekdays.update(range(7))
        elif word in {"weekdays", "weekday"}:
            weekdays.update(range(5))
        elif word in {"last", "last day"}:
            monthdays.add(LAST_DAY)
        elif ordinal := re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)", word):
            monthdays.add(_monthday(int(ordinal[1]), word))
        else:
            weekdays.update(_weekdays(word))
    return tuple(sorted(weekdays)), tuple(sorted(monthdays))


def _monthday(number: int, word: str) -> int:
    if 1 <= number <= 31:
        return number
    raise ValueError(f'no month has a "{word}"; write 1st to 31st, or "last day"')


def _weekdays(word: str) -> tuple[int, ...]:
    """One weekday, or a span of them that may run over the end of the week (Sat-Mon)."""
    first, dash, last = word.partition("-")
    start = _weekday(first)
    if not dash:
        return (start,)
    length = (_weekday(last) - start) % 7 + 1
    return tuple((start + step) % 7 for step in range(length))


def _weekday(word: str) -> int:
    stem = word.strip().removesuffix("s")
    for number, name in enumerate(WEEKDAYS):
        if len(stem) >= 3 and name.startswith(stem):
            return number
    raise ValueError(f'"{word}" is not a day{_nearest(word)}; {ACCEPTED}')


def _nearest(word: str) -> str:
    from difflib import get_close_matches

    names, first = [*WEEKDAYS, "daily", "weekdays", "manual", "last day"], word.partition(" ")[0]
    close = [] if first in names else get_close_matches(first, names, n=1)
    return f', did you mean "{close[0].capitalize() if close[0] in WEEKDAYS else close[0]}"?' if close else ""
