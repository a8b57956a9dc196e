"""What a run has done so far, and why it ends before its work does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

__all__ = ["Halt", "Tally"]


@dataclass(slots=True)
class Tally:
    """What this run has done so far."""

    sent: int = 0
    deferred: int = 0
    failed: int = 0
    uncertain: int = 0
    gone: int = 0  # of the failed: no such user


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """Why a run ends before its work does. `why`: interrupted, paused, stopped or waiting."""

    why: str
    reason: str = ""
    code: int = 0
    exit_code: int = 0
    until: datetime | None = None
