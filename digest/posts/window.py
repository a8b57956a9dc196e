"""Occasions of a newsletter: which send time is due or coming, the issue it stands for, and the window it covers. Pure.

What a cadence is stands in `cadence`, which posts fit a window in `select`. Instants are UTC; the newsletter's zone is
applied here, at the edges, because windows and IDs are about its wall clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import chain, count, islice, takewhile
from zoneinfo import ZoneInfo

from digest.errors import UsageError
from digest.posts.cadence import Cadence, parse_cadence, send_times, send_times_back
from digest.posts.local_time import instant, local, midnight
from digest.settings import Newsletter
from digest.standing import History, Occasion, Window

__all__ = [
    "Cadence",
    "deadline",
    "occasion",
    "occasion_now",
    "occasion_of",
    "parse_cadence",
    "parse_window",
    "send_times",
    "send_times_back",
]

MOST_MISSED = 1000  # more are not counted: the number is for a sentence
LONGEST = 3660  # days
MANUAL_BACK = timedelta(days=7)  # the first window of a newsletter that has no cadence


@lru_cache(maxsize=256)
def parse_window(text: str) -> int | None:
    """Parse what `window` says: a number of whole local days, None for "since-last"; ValueError says what may stand."""
    plain = " ".join(text.casefold().split())
    if plain in {"since-last", "since last"}:
        return None
    if plain == "week":
        return 7
    found = re.fullmatch(r"(\d{1,4}) ?(days?|weeks?)", plain)
    days = int(found[1]) * (7 if found[2].startswith("week") else 1) if found else 0
    if not 1 <= days <= LONGEST:
        raise ValueError(f'"{text}" is not a window; write "since-last", "week", or a number of days such as "10 days"')
    return days


def occasion(newsletter: Newsletter, history: History, now: datetime) -> Occasion:
    """Say the occasion that is due, else the coming one.

    Due is the latest send time that has passed, unless it is worked off; earlier ones that were missed are made up for
    by this one issue. A newsletter that never sent owes its last send time. A manual one is never due: coming is now.
    """
    cadence, zone = parse_cadence(newsletter.send), ZoneInfo(newsletter.timezone)
    if cadence.manual:
        return occasion_now(newsletter, history, now)
    done = history.last_send or history.last_end
    passed = send_times_back(cadence, zone, now)
    if done is None:
        open_times = list(islice(passed, 1))
    else:
        open_times = list(islice(takewhile(lambda when: when > done, passed), MOST_MISSED))
    if open_times:
        return _made(newsletter, history, open_times[0], due=True, missed=len(open_times) - 1)
    coming = next(send_times(cadence, zone, max(now, done) if done else now), None)
    if coming is None:
        raise UsageError(f"{newsletter.name} has no send time after {now:%Y-%m-%d}: the calendar ends there")
    return _made(newsletter, history, coming)


def occasion_now(newsletter: Newsletter, history: History, now: datetime, issue: str = "") -> Occasion:
    """Say the occasion of a person who sends now; the window ends now.

    `issue` keeps an ID that stands already: an editor's file that was drafted on an earlier day.
    """
    send_at = now.astimezone(UTC).replace(microsecond=0)
    if issue:
        _read_id(newsletter, issue)
        return _made(newsletter, history, send_at, issue=issue)
    return _made(newsletter, history, send_at)


def occasion_of(newsletter: Newsletter, history: History, issue_id: str, now: datetime | None = None) -> Occasion:
    """Say the occasion that an issue ID stands for; UsageError says which shape an ID has, or which are near.

    With `now`, the occasion that is due or coming is the very one that `occasion` gives, and a later one begins where
    the one before it will end.
    """
    day, clock = _read_id(newsletter, issue_id)
    if now is not None:
        current = occasion(newsletter, history, now)
        if current.issue == issue_id:
            return current
    send_at = _send_time_of(newsletter, history, issue_id, day, clock)
    done = history.last_send or history.last_end
    if done is not None and send_at <= done:  # worked off: where its window began, only the ledger knows
        return _made(newsletter, History(newsletter=newsletter.name), send_at, issue=issue_id)
    if now is not None and current.send_at < send_at and not parse_cadence(newsletter.send).manual:
        return _made(newsletter, _after(newsletter, history, send_at, current), send_at, issue=issue_id)
    return _made(newsletter, history, send_at, issue=issue_id)


def deadline(newsletter: Newsletter, occasion: Occasion, now: datetime) -> datetime:
    """Say until when deferred recipients are tried; an issue that begins late is tried as long as any other."""
    return max(occasion.send_at, now.astimezone(UTC)) + newsletter.deadline


# ------------------------------------------------------------------------------------------------ making one


def _made(
    newsletter: Newsletter, history: History, send_at: datetime, *, issue: str = "", due: bool = False, missed: int = 0
) -> Occasion:
    return Occasion(
        newsletter=newsletter.name,
        issue=issue or _new_id(newsletter, history, send_at),
        send_at=send_at,
        window=_window(newsletter, history, send_at),
        due=due,
        missed=missed,
    )


def _window(newsletter: Newsletter, history: History, send_at: datetime) -> Window:
    zone = ZoneInfo(newsletter.timezone)
    days = parse_window(newsletter.rules.window)
    if days is None:
        # Where every issue so far was cancelled and gave its posts back, the first window begins once more.
        start = history.last_end or history.first_start or _one_cadence_back(newsletter, send_at)
        return Window(start=min(start.astimezone(UTC), send_at), end=send_at, zone=newsletter.timezone)
    last = local(send_at, zone).date()
    return Window(start=midnight(last - timedelta(days=days), zone), end=midnight(last, zone), zone=newsletter.timezone)


def _one_cadence_back(newsletter: Newsletter, send_at: datetime) -> datetime:
    """The send time before this one; a time between two of them goes back as far as those two lie apart."""
    cadence, zone = parse_cadence(newsletter.send), ZoneInfo(newsletter.timezone)
    lately = [local(when, zone) for when in islice(send_times_back(cadence, zone, send_at), 2)]
    apart = lately[0] - lately[1] if len(lately) == 2 else MANUAL_BACK
    return instant(local(send_at, zone) - apart, zone)


def _after(newsletter: Newsletter, history: History, send_at: datetime, current: Occasion) -> History:
    """The history as it will stand when every send time before this one is worked off."""
    cadence, zone = parse_cadence(newsletter.send), ZoneInfo(newsletter.timezone)
    before = next(send_times_back(cadence, zone, send_at - timedelta(seconds=1)), current.send_at)
    return History(
        newsletter=newsletter.name, last_end=max(before, current.window.end), issues=history.issues, known=history.known
    )


# ------------------------------------------------------------------------------------------------ issue IDs


def _new_id(newsletter: Newsletter, history: History, send_at: datetime) -> str:
    """The plain day, or day and time where the cadence has several that day or the plain one is taken."""
    zone = ZoneInfo(newsletter.timezone)
    shown = local(send_at, zone)
    plain = f"{newsletter.name}-{shown:%Y-%m-%d}"
    wanted = chain(
        [plain] if len(_on_day(newsletter, shown.date())) < 2 else [],
        [f"{plain}T{shown:%H%M}"],
        (f"{plain}T{shown + timedelta(seconds=more):%H%M%S}" for more in count()),
    )
    return next(name for name in wanted if name not in history.issues)


def _on_day(newsletter: Newsletter, day: date) -> list[datetime]:
    """The send times on a local day, earliest first."""
    cadence, zone = parse_cadence(newsletter.send), ZoneInfo(newsletter.timezone)
    return list(takewhile(lambda when: local(when, zone).date() == day, _from(cadence, zone, day)))


def _from(cadence: Cadence, zone: ZoneInfo, day: date) -> Iterator[datetime]:
    return send_times(cadence, zone, midnight(day, zone) - timedelta(seconds=1))


def _read_id(newsletter: Newsletter, issue_id: str) -> tuple[date, time | None]:
    """Day and, where it has one, time of an ID."""
    prefix, clock = f"{newsletter.name}-", None
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)(?:T(\d\d)(\d\d)(\d\d)?)?", issue_id.removeprefix(prefix))
    if not found or not issue_id.startswith(prefix):
        raise _no_id(newsletter, issue_id)
    try:
        if found[2]:
            clock = time(int(found[2]), int(found[3]), int(found[4] or 0))
        return date.fromisoformat(found[1]), clock
    except ValueError:
        raise _no_id(newsletter, issue_id) from None


def _no_id(newsletter: Newsletter, issue_id: str) -> UsageError:
    shape = f"{newsletter.name}-2026-11-27"
    return UsageError(
        f'"{issue_id}" is not an issue of {newsletter.name}',
        hint=f"An ID looks like {shape}, or {shape}T1800 where a day has several.",
    )


def _send_time_of(newsletter: Newsletter, history: History, issue_id: str, day: date, clock: time | None) -> datetime:
    """When an ID's issue is or was to be sent: by the cadence, or off it where a person sends or sent."""
    zone = ZoneInfo(newsletter.timezone)
    regular = _on_day(newsletter, day)
    if clock is None and len(regular) == 1:
        return regular[0]
    off_cadence = issue_id in history.issues or parse_cadence(newsletter.send).manual
    named = instant(datetime.combine(day, clock or time(23, 59)), zone)
    if named in regular or off_cadence:
        return named
    raise UsageError(
        f"{newsletter.name} has no issue {issue_id}: it is sent {newsletter.send}",
        hint=f"Near it: {', '.join(_near(newsletter, history, day))}.",
    )


def _near(newsletter: Newsletter, history: History, day: date) -> list[str]:
    cadence, zone = parse_cadence(newsletter.send), ZoneInfo(newsletter.timezone)
    start = midnight(day, zone)
    around = [*islice(send_times_back(cadence, zone, start), 1), *islice(_from(cadence, zone, day), 1)]
    return [_new_id(newsletter, History(newsletter=history.newsletter), when) for when in around]
