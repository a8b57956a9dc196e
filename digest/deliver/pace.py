"""How fast, how much, and when again: arithmetic alone. Nothing here sleeps or reads a clock.

Without a preset and without a rate nothing is throttled.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b

from digest.settings import Smtp

__all__ = ["Gate", "Pace", "asked_to_wait", "backoff", "batch_size"]

FIRST_WAIT = timedelta(minutes=5)  # greylisting asks for as much, and Postfix waits so itself
LONGEST_WAIT = timedelta(hours=4)
SHORTEST_WAIT = timedelta(seconds=5)
LARGEST_BATCH = 256
FIRST_BATCH = 64
SLACK = 0.05  # seconds a rate may be made up for after the loop came late

ASKED = re.compile(
    r"(?:try again|retry|come back|wait|greylisted\D*|deferred)(?: later)? (?:in|after|for)? ?"
    r"(\d{1,5}) ?(s|sec|secs|second|seconds|m|min|mins|minute|minutes|h|hour|hours)\b",
    re.IGNORECASE,
)
SECONDS = {"s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What a relay allows: messages a second, a day, a connection, and connections at a time. None: no limit.

    `domains`: what recipient domains are given, as (domain, messages, seconds).
    """

    rate: float | None = None
    daily: int | None = None
    per_connection: int | None = None
    connections: int = 1
    domains: tuple[tuple[str, int, float], ...] = ()

    @classmethod
    def of(cls, options: Smtp | None) -> Pace:
        """The pace of a relay as configured (the configuration has filled in its preset), or no limit."""
        if options is None:
            return cls()
        return cls(
            rate=options.rate,
            daily=options.daily,
            per_connection=options.per_connection,
            connections=options.connections,
            domains=options.domains,
        )


class Gate:
    """Keep a rate: one message each 1/rate seconds, with no burst beyond what 50 ms make up for."""

    __slots__ = ("_gap", "_next")

    def __init__(self, rate: float | None) -> None:
        self._gap = 1.0 / rate if rate else 0.0
        self._next = 0.0

    @property
    def free(self) -> bool:
        """True where nothing is kept and nothing need be counted: no rate, and no pause so far."""
        return not self._gap

    def wait(self, now: float) -> float:
        """Seconds until the next message may go; 0: now."""
        return max(0.0, self._next - now) if self._gap else 0.0

    def went(self, now: float) -> None:
        """Count a message that goes now."""
        if self._gap:
            self._next = max(self._next, now - SLACK) + self._gap

    def hold(self, now: float, seconds: float) -> None:
        """Let nothing go for a while: the relay asked to slow down."""
        self._gap = self._gap or 1e-9
        self._next = max(self._next, now + seconds)


def backoff(attempt: int, key: str) -> timedelta:
    """How long to wait after this many attempts (from 1): 5 minutes, doubling up to 4 hours, ±20 % by `key`.

    The jitter is a hash, so that a run which died and one which did not come to the same time.
    """
    octets = blake2b(f"{attempt}:{key}".encode(), digest_size=4).digest()
    jitter = 0.8 + 0.4 * int.from_bytes(octets) / 0xFFFFFFFF
    doubled: int = 2 ** min(attempt - 1, 12)
    return min(FIRST_WAIT * doubled, LONGEST_WAIT) * jitter


def asked_to_wait(text: str) -> timedelta | None:
    """How long a refusal asks us to wait, where it names a time ("try again in 300 seconds")."""
    found = ASKED.search(text)
    if found is None:
        return None
    wait = timedelta(seconds=int(found[1]) * SECONDS[found[2][0].lower()])
    return min(max(wait, SHORTEST_WAIT), LONGEST_WAIT)


def batch_size(rate: float | None, seen: float | None) -> int:
    """How many rows to claim: what goes out in about a second, by the rate allowed and the rate seen so far."""
    known = [r for r in (rate, seen) if r is not None]
    wanted = min(known) if known else FIRST_BATCH
    return max(1, min(LARGEST_BATCH, round(wanted + 0.5)))
