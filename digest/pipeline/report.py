"""What is said of an issue: one value for `run`, `send` and `status`, and the JSON whose names are a contract."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from digest.errors import DigestError
from digest.lifecycle import IssueState
from digest.standing import Counts, FrozenIssue, Occasion, Waiting

__all__ = ["Report", "exit_code", "facts", "of_issue", "of_occasion", "sentence", "with_turns"]

UNFINISHED = 75


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The state of one issue. `notes` are sentences for a person; `exit_code` is what the command ends with."""

    newsletter: str
    issue: str
    revision: int = 1
    state: str = "nothing-due"  # nothing-due coming held frozen sending paused stopped done skipped cancelled
    subject: str = ""
    counts: Counts = field(default_factory=Counts)
    started: datetime | None = None
    finished: datetime | None = None
    next_due: datetime | None = None
    retry_at: datetime | None = None  # when a deferred recipient is due, or a stopped issue may go on
    reason: str = ""
    uncertain: tuple[str, ...] = ()
    failures: tuple[tuple[str, int, str], ...] = ()
    notes: tuple[str, ...] = ()
    exit_code: int = 0
    zone: str = "UTC"
    seconds: float = 0.0  # how long this run has worked on it
    news: bool = False  # an editor who asked for reports gets one
    same_id: bool = True  # the relay keeps our Message-ID: a second copy can be recognised
    waiting: bool = False  # nothing was tried: it is not time yet, and that was told before
    turns: Waiting = field(default_factory=Waiting)  # who waits for the turn of their domain

    def as_json(self, *, show_addresses: bool = False) -> dict[str, Any]:
        """The object of `status --json`; addresses only where they are asked for."""
        shown: dict[str, Any] = {
            "newsletter": self.newsletter,
            "issue": self.issue,
            "revision": self.revision,
            "state": self.state,
            "counts": asdict(self.counts),
            "started": _iso(self.started),
            "finished": _iso(self.finished),
            "next_due": _iso(self.next_due),
        }
        if show_addresses:
            shown["uncertain"] = list(self.uncertain)
        return shown

    def of_run(self) -> dict[str, Any]:
        """What `run --json` and the log add: how this run ended. No address is in it."""
        from digest.pipeline.events import masked

        return {
            "reason": masked(self.reason),
            "retry_at": _iso(self.retry_at),
            "seconds": self.seconds,
            "exit_code": self.exit_code,
        }


def sentence(error: DigestError) -> str:
    """What went wrong, with what to do, as one note."""
    return str(error) + (f"\n        {error.hint}" if error.hint else "")


def facts(r: Report) -> dict[str, Any]:
    """What programs and logs are told of a run's work on an issue: counts and moments, nothing about a person."""
    return r.as_json() | r.of_run()


def exit_code(reports: Iterable[Report]) -> int:
    """What a run ends with: what somebody has to look into comes before what the next run goes on with."""
    codes = sorted((r.exit_code for r in reports if r.exit_code), key=lambda code: code == UNFINISHED)
    return codes[0] if codes else 0


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


def of_issue(issue: FrozenIssue, **more: Any) -> Report:
    """The report of an issue in the ledger."""
    state = str(issue.state)
    if issue.state is IssueState.SENDING and not issue.started_at:
        state = "frozen"
    fields: dict[str, Any] = {
        "newsletter": issue.newsletter,
        "issue": issue.id,
        "revision": issue.revision,
        "state": state,
        "subject": issue.subject,
        "counts": issue.counts,
        "started": issue.started_at,
        "finished": issue.finished_at,
        "reason": issue.reason,
        "retry_at": issue.go_on_at,
    }
    return Report(**(fields | more))


def with_turns(made: Report, turns: Waiting) -> Report:
    """Add who waits for the turn of their domain; where nobody else is left, the issue goes on with the first."""
    if turns.first is None:
        return made
    at = made.retry_at
    if made.state != "stopped" and turns.people == made.counts.queued:
        at = min(at or turns.first, turns.first)
    return replace(made, turns=turns, retry_at=at)


def of_occasion(occasion: Occasion, **more: Any) -> Report:
    """The report of an issue that is not in the ledger: due, or coming."""
    fields: dict[str, Any] = {
        "newsletter": occasion.newsletter,
        "issue": occasion.issue,
        "state": "coming",
        "next_due": occasion.send_at,
        "zone": occasion.window.zone,
    }
    return Report(**(fields | more))
