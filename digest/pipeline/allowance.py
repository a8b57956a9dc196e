"""How much may leave now, and how long an issue takes: rate, daily quota, warm-up and quiet hours as arithmetic.

The quota counts what the ledger has of the last 24 hours, over all newsletters, processes and restarts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from digest.deliver import quiet, turns
from digest.interfaces import Ledger
from digest.settings import Config, Newsletter, Smtp

__all__ = ["Allowance", "allowance", "lasting", "relay_of", "time_for_domains", "time_needed"]

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
LONGEST = 3660  # days: an issue that takes longer never ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What the relay may be given in 24 hours, what of it is used, and whose figure that is. None: no limit."""

    limit: int | None
    used: int = 0
    because: str = ""
    free_at: datetime | None = None  # when some of it is free again; None while some is


def relay_of(config: Config) -> Smtp | None:
    """Give the relay's settings, where mail leaves by one."""
    options = config.transport.options if config.transport else None
    return options if isinstance(options, Smtp) else None


def allowance(config: Config, ledger: Ledger, now: datetime) -> Allowance:
    """Say what may still leave today."""
    smtp = relay_of(config)
    if smtp is None or (smtp.daily is None and not smtp.warm_up):
        return Allowance(limit=None)
    begun = _begun(smtp, config.site.timezone, ledger.first_sent(), now)
    limit, because = _limit(smtp, begun, now)
    if limit is None:
        return Allowance(limit=None)
    used = ledger.sent_since(now - DAY)
    free_at = None if used < limit else _free_at(smtp, ledger, begun, now)
    return Allowance(limit=limit, used=used, because=because, free_at=free_at)


def _begun(smtp: Smtp, zone: str, first: datetime | None, now: datetime) -> datetime:
    """When the warm-up began; it begins with the next message where nothing was ever sent."""
    if smtp.warm_up_from:
        return datetime.combine(date.fromisoformat(smtp.warm_up_from), time(), ZoneInfo(zone))
    return first or now


def _limit(smtp: Smtp, begun: datetime, at: datetime) -> tuple[int | None, str]:
    day = max(0, (at - begun) // DAY)
    if day >= len(smtp.warm_up):
        return smtp.daily, "today's quota ([smtp] daily) is used up"
    step = smtp.warm_up[day]
    if smtp.daily is not None and smtp.daily <= step:
        return smtp.daily, "today's quota ([smtp] daily) is used up"
    return step, f"today's share of the warm-up ([smtp] warm_up, day {day + 1}: {step:,}) is used up"


def _free_at(smtp: Smtp, ledger: Ledger, begun: datetime, now: datetime) -> datetime:
    """The first minute from now at which something may leave again: found by halves, as room only grows."""
    low, high = 0, int(DAY / MINUTE)
    while high - low > 1:
        middle = (low + high) // 2
        at = now + middle * MINUTE
        limit, _ = _limit(smtp, begun, at)
        if limit is None or ledger.sent_since(at - DAY) < limit:
            high = middle
        else:
            low = middle
    return now + high * MINUTE


def time_needed(
    people: int, smtp: Smtp | None, newsletter: Newsletter, zone: str, first: datetime | None, now: datetime
) -> timedelta:
    """Say how long the relay's limits make an issue for so many people last; nothing where there are none."""
    if smtp is None or not people:
        return timedelta(0)
    begun = _begun(smtp, zone, first, now)
    a_second = smtp.rate or 0.0
    open_seconds = quiet.hours_a_day(newsletter.quiet) * 3600
    left = float(people)
    for day in range(LONGEST):
        limit, _ = _limit(smtp, begun, now + day * DAY)
        room = min(limit if limit is not None else left, a_second * open_seconds if a_second else left)
        if left <= room:
            return day * DAY + timedelta(seconds=left / a_second if a_second else 0.0)
        left -= room
    return LONGEST * DAY


def time_for_domains(people: Iterable[tuple[str, int]], smtp: Smtp | None, newsletter: Newsletter) -> timedelta:
    """Say how long the paces of recipient domains make an issue last, given how many people are at each."""
    limits = {domain: (messages, seconds) for domain, messages, seconds in smtp.domains} if smtp else {}
    longest = 0.0
    for domain, number in people:
        limit = limits.get(domain) or limits.get(turns.ANY)
        if limit is not None:
            longest = max(longest, turns.lasts(number, *limit))
    days, rest = divmod(longest, quiet.hours_a_day(newsletter.quiet) * 3600)
    return min(days * DAY + timedelta(seconds=round(rest)), LONGEST * DAY)


def lasting(time: timedelta) -> str:
    """A span of time in words: 40 s, 12 minutes, 3.5 hours, 2 days."""
    seconds = time.total_seconds()
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.1f}".removesuffix(".0") + f" {unit}"
    return f"{max(1, round(seconds))} s"
