"""Instants as the ledger keeps them: microseconds since 1970 in UTC. Nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

__all__ = ["from_moment", "maybe_from_moment", "to_moment"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def to_moment(instant: datetime) -> int:
    """Write an aware instant down; exact."""
    return (instant - EPOCH) // MICROSECOND


def from_moment(moment: int) -> datetime:
    """Read an instant back, in UTC."""
    return EPOCH + timedelta(microseconds=moment)


def maybe_from_moment(moment: int | None) -> datetime | None:
    """Read an instant back where there is one."""
    return None if moment is None else from_moment(moment)
