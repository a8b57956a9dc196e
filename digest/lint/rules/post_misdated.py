"""A post that is new here but dated a year back is left out by its date: perhaps the year is a slip."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from digest.lint.place import Place, finding, short
from digest.model import Finding, PostRecord, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "warning"
OLD, SETTLED = timedelta(days=365), timedelta(days=1)
MANY = 5


def check(proof: Proof) -> Iterator[Finding]:
    """Find records first seen in this window with an old date; many at once are an archive that was added."""
    found = sorted(_misdated(proof), key=lambda record: record.path)
    if len(found) > MANY:
        return
    for record in found:
        message = f'"{short(record.title, 40)}" is new here but dated {record.day}, so that it is in no issue'
        place = Place(part="posts", file=record.path)
        yield finding(SEVERITY, message, place, "correct its date, or put it into the issue's file")


def _misdated(proof: Proof) -> Iterator[PostRecord]:
    records = proof.history.records
    if not records:
        return
    begun = min(record.first_seen for record in records) + SETTLED  # the first look at the source sees all as new
    carried = {post.id for post in proof.issue.posts}
    for record in records:
        new = record.first_seen >= max(proof.issue.window.start, begun)
        old = record.day is not None and record.first_seen.date() - record.day >= OLD
        if new and old and not record.issue and record.id not in carried:
            yield record
