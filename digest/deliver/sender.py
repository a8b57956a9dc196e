"""Send one frozen issue over one transport: claim, hand out, settle, until there is nothing more to do now.

Deciding what a reply means is `outcome`'s, how fast is `pace`'s, rows and marks are `feed`'s. The issue's own state
(begin, finish, stop, pause) is moved by the caller, who also chooses the exit code and waits for what is due.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from digest.deliver import pace as pacing
from digest.deliver.feed import RunFeed
from digest.deliver.tally import Halt, Tally
from digest.errors import RelayRefused
from digest.interfaces import FrozenIssue, Ledger, Roster, Transport
from digest.model import Counts

__all__ = ["Result", "deliver"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a run ended, and what it did.

    why        done (nothing is left to try), waiting (`until` the next is due), stopped (the relay refused us, or a
               quota is used up: go on at `until`, where that is known), interrupted, paused
    reason     of stopped and paused: one sentence for a person
    exit_code  of stopped: 77 where somebody must change something, 75 where the next run goes on
    """

    why: str
    reason: str = ""
    until: datetime | None = None
    code: int = 0
    exit_code: int = 0
    sent: int = 0
    deferred: int = 0
    failed: int = 0
    uncertain: int = 0
    recovered: int = 0  # rows of runs that died, queued again or settled by their marks


def deliver(
    *,
    ledger: Ledger,
    roster: Roster,
    issue: FrozenIssue,
    transport: Transport,
    body: Callable[[int, str, str], bytes],
    mail_from: Callable[[str], bytes],
    clock: Callable[[], datetime],
    pace: pacing.Pace,
    stop: Callable[[], bool],
    progress: Callable[[Counts], None] | None = None,
    sent_last_day: int = 0,
    batch_size: int = pacing.LARGEST_BATCH,
) -> Result:
    """Send what can be sent now. Calling it again is harmless: rows are claimed, and answered, once.

    `body(variant, address, token)` stamps a message; `sent_last_day` is what the relay's daily quota has lost already.
    Raises RelayUnreachable where no connection can be had, and what the ledger raises; rows in hand are settled first.
    """
    key = issue.id, issue.revision
    recovered, doubtful = ledger.recover(*key, clock())
    ledger.expire(*key, clock())
    start = (ledger.issue(*key) or issue).counts
    feed = RunFeed(
        ledger=ledger,
        roster=roster,
        issue=issue,
        body=body,
        mail_from=mail_from,
        clock=clock,
        pace=pace,
        stop=stop,
        told=lambda tally: progress(_counts(start, tally)) if progress else None,
        allowance=None if pace.daily is None else max(0, pace.daily - sent_last_day),
        largest=batch_size,
    )
    halt = None
    try:
        if feed.has_work():
            transport.deliver(feed)
    except RelayRefused as refused:
        halt = Halt(why="stopped", reason=refused.message, exit_code=refused.exit_code)
    finally:
        feed.close()
    return _result(feed, halt or feed.halt or _rest(ledger, key, clock), recovered, doubtful)


def _rest(ledger: Ledger, key: tuple[str, int], clock: Callable[[], datetime]) -> Halt:
    """Nothing can be claimed now: is something due later, or the turn of a domain?"""
    ledger.expire(*key, clock())
    moments = (ledger.next_due(*key), ledger.next_turn(*key))
    due = min((moment for moment in moments if moment is not None), default=None)
    return Halt(why="done") if due is None else Halt(why="waiting", until=due)


def _result(feed: RunFeed, end: Halt, recovered: int, doubtful: int) -> Result:
    tally = feed.tally
    return Result(
        why=end.why,
        reason=end.reason,
        until=end.until,
        code=end.code,
        exit_code=end.exit_code,
        sent=tally.sent,
        deferred=tally.deferred,
        failed=tally.failed,
        uncertain=tally.uncertain + doubtful,
        recovered=recovered,
    )


def _counts(start: Counts, tally: Tally) -> Counts:
    """The issue's counts as they stand: the sums at the start and what this run has added."""
    done = tally.sent + tally.deferred + tally.failed + tally.uncertain
    fresh = min(done, start.queued)  # the rest were deferred ones that came due
    return replace(
        start,
        queued=start.queued - fresh,
        sent=start.sent + tally.sent,
        deferred=start.deferred + tally.deferred - (done - fresh),
        failed=start.failed + tally.failed,
        uncertain=start.uncertain + tally.uncertain,
    )
