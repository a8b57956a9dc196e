"""A pace for each recipient domain: whether it may have a message now, and else when to look again. Arithmetic alone.

`20/min` means: no more than 20 in any minute, whoever counts and from wherever. A domain without a pace of its own has
that of `*`, where there is one; it waits too where a receiver asked for it (`hold`). Nothing here sleeps or reads a
clock; times are monotonic seconds, and all memory of a domain is ten numbers, for as long as they matter.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable

__all__ = ["ANY", "Limit", "Turns", "domain_of", "lasts", "means"]

ANY = "*"
PARTS = 10  # a span is counted in so many parts: one leaves as a whole when its last message does
MANY = 4096  # domains remembered before those that may have mail at once are forgotten
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds, after a receiver said "too fast" and named no time
HAIR = 0.001  # seconds: sums of floating numbers are that near
CALM = 10  # times its pause without a complaint: then the next pause is the first again

Limit = tuple[str, int, float]
"""(domain, messages, seconds): no more than so many messages in any span of so many seconds."""


def domain_of(address: str) -> str:
    """The domain of an address, which is in A-labels already; in lower case."""
    return address.rpartition("@")[2].lower()


def lasts(people: int, messages: int, seconds: float) -> float:
    """How many seconds so many people of one domain take: the first messages go at once."""
    return max(0, people - messages) * seconds / messages


def means(words: str, domain: str) -> bool:
    """Say whether a refusal speaks of the recipient's domain, or of a host in it.

    That it repeats the recipient's address says nothing: many servers put it before whatever they have to say.
    """
    return re.search(rf"(?i)(?<![\w.@-])(?:[\w-]+\.)*{re.escape(domain)}(?![\w-]|\.\w)", words) is not None


class _Domain:
    """One domain: what it had lately in parts (time of the last message, how many), and the turns given out."""

    __slots__ = ("given", "held", "parts", "pause", "slot")

    def __init__(self) -> None:
        self.parts: deque[tuple[float, int]] = deque()
        self.held = self.slot = self.pause = 0.0
        self.given = 0


class Turns:
    """The paces of one run. Ask `wait`, then tell what `went`; a row that has to wait goes back until its `turn`."""

    __slots__ = ("_domains", "_limits", "_most")

    def __init__(self, limits: Iterable[Limit] = ()) -> None:
        self._limits = {domain: (messages, seconds) for domain, messages, seconds in limits}
        self._domains: dict[str, _Domain] = {}
        self._most = MANY

    @property
    def longest(self) -> float:
        """Seconds that a message counts at most."""
        return max((seconds for _, seconds in self._limits.values()), default=0.0)

    def _limit(self, domain: str) -> tuple[int, float] | None:
        return self._limits.get(domain) or self._limits.get(ANY)

    def wait(self, domain: str, now: float) -> float:
        """Seconds until this domain may have a message; 0: now."""
        known = self._domains.get(domain)
        if known is None:
            return 0.0
        free = known.held
        limit = self._limit(domain)
        if limit is not None:
            messages, seconds = limit
            parts = known.parts
            while parts and parts[0][0] + seconds <= now:
                parts.popleft()
            if parts and sum(number for _, number in parts) >= messages:
                free = max(free, parts[0][0] + seconds)
        return max(0.0, free - now)

    def went(self, domain: str, at: float, number: int = 1) -> None:
        """Count what goes, or went before this run began: in the order of time."""
        limit = self._limit(domain)
        if limit is None:
            return
        parts = self._known(domain, at).parts
        if parts and parts[-1][1] + number <= -(-limit[0] // PARTS):
            parts[-1] = at, parts[-1][1] + number
        else:
            parts.append((at, number))

    def turn(self, domain: str, now: float) -> float:
        """When a row that has to wait should be looked at again; each part of a span is given out once."""
        known, limit = self._known(domain, now), self._limit(domain)
        soonest = now + self.wait(domain, now)
        if known.slot < soonest - HAIR:
            known.slot, known.given = soonest, 0
        elif limit is not None:
            messages, seconds = limit
            part = -(-messages // PARTS)
            if known.given >= part:
                known.slot, known.given = known.slot + seconds * part / messages, 0
        known.given += 1
        return known.slot

    def hold(self, domain: str, now: float, seconds: float = 0.0) -> None:
        """Let this domain have nothing for a while, as its receiver asked: growing pauses where it names no time."""
        known = self._known(domain, now)
        calm = now - known.held > CALM * known.pause
        known.pause = FIRST_PAUSE if calm else min(LONGEST_PAUSE, 2 * known.pause)
        known.held = max(known.held, now + (seconds or known.pause))

    def _known(self, domain: str, now: float) -> _Domain:
        known = self._domains.get(domain)
        if known is None:
            if len(self._domains) >= self._most:
                self._forget(now)
            known = self._domains[domain] = _Domain()
        return known

    def _forget(self, now: float) -> None:
        """Drop the domains of which nothing matters any more."""
        for domain, known in list(self._domains.items()):
            limit = self._limit(domain)
            span = limit[1] if limit else 0.0
            over = not known.parts or known.parts[-1][0] + span <= now
            if over and max(known.held, known.slot) <= now:
                del self._domains[domain]
        self._most = max(MANY, 2 * len(self._domains))
