"""Claims: which rows are in whose hand, and by which journal it is known how far each came. Functions on a Database.

A claim stands from the moment it is taken until each of its rows has a result; one that is left over tells of a run
that died. Rule for this file: no row of a delivery is changed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from digest.store.connection import Database
from digest.store.spans import from_spans, to_spans

__all__ = ["Claim", "Hand", "Process", "drop", "hands", "in_hand", "narrow", "open_claims", "record"]


class Process(NamedTuple):
    """Who claims: noted with each batch, so that another run can tell whether its journal proves anything."""

    machine: str
    boot_id: str
    pid: int


class Hand(NamedTuple):
    """Who of a batch has no result yet, by the row in it; and how many rows it has."""

    persons: dict[int, int]
    rows: int


class Claim(NamedTuple):
    """A batch in hand, as the ledger records it: each row has its octet in the journal."""

    mark: str
    process: Process
    journal: str
    hand: Hand


def record(
    database: Database, issue: int, process: Process, mark: str, journal: str, persons: Sequence[int], now: int
) -> None:
    """Write a batch down: durable once the transaction is."""
    database.run(
        "claim_make",
        issue=issue,
        mark=mark,
        machine=process.machine,
        boot_id=process.boot_id,
        pid=process.pid,
        journal=journal,
        persons=to_spans(persons),
        rows=len(persons),
        now=now,
    )


def narrow(database: Database, mark: str, persons: Iterable[tuple[int, int]]) -> None:
    """Keep those alone who have no result yet, as (row, person)."""
    rows, left = zip(*persons, strict=True)
    database.run("claim_left", mark=mark, persons=to_spans(left, rows))


def drop(database: Database, mark: str) -> None:
    """End a claim."""
    database.run("claim_drop", mark=mark)


def hands(database: Database, issue: int) -> dict[str, Hand]:
    """Everybody in hand, by the marks of their batches."""
    return {mark: Hand(from_spans(persons), rows) for mark, persons, rows in database.all("hands_of", issue=issue)}


def in_hand(database: Database, mark: str) -> bool:
    """Say whether a batch has rows without a result."""
    return database.one("claim_persons", mark=mark) is not None


def open_claims(database: Database, issue: int) -> tuple[Claim, ...]:
    """List the batches of an issue that were never settled."""
    return tuple(
        Claim(mark, Process(machine, boot_id, pid), journal, Hand(from_spans(persons), rows))
        for mark, machine, boot_id, pid, journal, persons, rows in database.all("claims_of", issue=issue)
    )
