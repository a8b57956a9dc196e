"""An issue's own state, changed by a run and by persons at the same time: who comes late takes what stands.

Every change is one compare-and-set of the ledger by lifecycle.ISSUE. No lock is needed for it, so that `pause` and
`cancel` work while a run is sending; the run sees them when it next claims or looks (`watch`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.errors import Bug, UsageError
from digest.lifecycle import ISSUE, Event, IssueState

if TYPE_CHECKING:
    from datetime import datetime

    from digest.interfaces import FrozenIssue, Ledger
    from digest.settings import Config

__all__ = ["by_person", "decide", "named", "step"]

ALREADY = {
    Event.PAUSE: (IssueState.PAUSED,),
    Event.RESUME: (IssueState.FROZEN, IssueState.SENDING, IssueState.STOPPED),
    Event.CANCEL: (IssueState.CANCELLED,),
}
DONE_BY = {Event.PAUSE: "paused", Event.RESUME: "resumed", Event.CANCEL: "cancelled"}


def step(
    ledger: Ledger,
    key: tuple[str, int],
    event: Event,
    now: datetime,
    *,
    reason: str = "",
    go_on_at: datetime | None = None,
) -> FrozenIssue:
    """Move an issue where its state allows it; else, or where somebody was faster, give it as it stands."""
    while True:
        stands = _stands(ledger, key)
        if (stands.state, event) not in ISSUE:
            return stands
        try:
            return ledger.move(*key, event, now, reason=reason, go_on_at=go_on_at)
        except Bug:
            if _stands(ledger, key).state is stands.state:
                raise  # nobody came in between: it is what it says


def _stands(ledger: Ledger, key: tuple[str, int]) -> FrozenIssue:
    found = ledger.issue(*key)
    if found is None:
        raise Bug(f"{key[0]} is no longer in the ledger")
    return found


def named(ledger: Ledger | None, issue: str) -> FrozenIssue:
    """Give the issue of that ID, its latest revision. Raises UsageError where there is none."""
    found = ledger.issue(issue) if ledger is not None else None
    if found is None:
        raise UsageError(f"no issue {issue} is in the ledger", hint="digest status lists what there is")
    return found


def by_person(ledger: Ledger, config: Config, issue: str, event: Event, now: datetime) -> tuple[FrozenIssue, bool]:
    """Carry out a person's pause, resume or cancel, also while a run is at work; says whether it changed anything.

    Raises UsageError where the issue can no longer be moved so. What a run that died left in hand is brought in, so
    that the counts are true.
    """
    before = named(ledger, issue)
    key = before.id, before.revision
    moved = step(ledger, key, event, now)
    changed = (before.state, event) in ISSUE and moved.state is ISSUE[before.state, event]
    if not changed and moved.state not in ALREADY[event]:
        raise UsageError(
            f"{issue} is {moved.state}: it can no longer be {DONE_BY[event]}", hint=f"digest status {issue} shows it"
        )
    if event is not Event.RESUME:
        ledger.recover(*key, now)
        moved = _stands(ledger, key)
    elif changed:
        _give_time(ledger, config, moved, now)
    return moved, changed


def decide(ledger: Ledger, config: Config, issue: str, which: str, now: datetime) -> int:
    """Carry out a person's decision about those in doubt, or refused; gives how many it changed. Under the run lock.

    What a run that died left in hand is brought in first: they may be in doubt.
    """
    found = named(ledger, issue)
    key = found.id, found.revision
    if any(ledger.recover(*key, now)):
        found = _stands(ledger, key)
    if not (found.counts.failed if which == "failed" else found.counts.uncertain):
        return 0
    if which != "assume-sent":
        if found.state is IssueState.DONE:
            ledger.move(*key, Event.REOPEN, now)
        _give_time(ledger, config, found, now)
    return ledger.decide(*key, which, now)


def _give_time(ledger: Ledger, config: Config, issue: FrozenIssue, now: datetime) -> None:
    """The deadline ends our own retries, and not what a person asks for after it."""
    span = next((n.deadline for n in config.newsletters if n.name == issue.newsletter), None)
    if span is not None:
        ledger.extend(issue.id, issue.revision, now + span)
