"""What a pace for each domain asks of the ledger: what each has had lately, who waits for a turn, how many there are.

Functions on a Database; they change nothing. The domain of a row is that of its person's key.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from digest.lifecycle import DeliveryState
from digest.standing import Waiting
from digest.store.connection import Database
from digest.store.moments import from_moment, maybe_from_moment, to_moment

__all__ = ["next_turn", "people_by_domain", "sent_to", "waiting"]

NAMED = 3  # domains that are told by name


def next_turn(database: Database, issue: int) -> datetime | None:
    """Say when the first row that was given back may be claimed again; in the past where it may be now."""
    found = database.one("turn_next", issue=issue, state=DeliveryState.QUEUED)
    return maybe_from_moment(found[0]) if found else None


def waiting(database: Database, issue: int, now: datetime) -> Waiting:
    """Say who was given back until a time that is still to come."""
    about = {"issue": issue, "state": DeliveryState.QUEUED, "now": to_moment(now)}
    people, first, last = database.one("turn_all", **about) or (0, None, None)
    if not people:
        return Waiting()
    domains = tuple(domain for domain, _ in database.all("turn_domains", **about, size=NAMED))
    return Waiting(people, maybe_from_moment(first), maybe_from_moment(last), domains)


def sent_to(database: Database, since: datetime) -> Iterator[tuple[str, datetime, int]]:
    """List what domains were sent since then, or may have been, oldest first."""
    about = {"state": DeliveryState.SENT, "doubtful": DeliveryState.UNCERTAIN}
    for domain, at, number in database.all("turn_sent", since=to_moment(since), **about):
        yield domain, from_moment(at), number


def people_by_domain(database: Database, issue: int) -> Iterator[tuple[str, int]]:
    """Count the people that an issue can go to, by domain, largest first."""
    yield from database.all("turn_people", issue=issue)
