"""Working an issue off: begin, deliver, wait for what is due soon, and say how it ended.

Everything that touches the outside is handed in (`Hands`); what a delivery may become stands in lifecycle.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from digest.audience import tokens
from digest.deliver import pace as pacing
from digest.deliver import sender
from digest.interfaces import FrozenIssue, Ledger, Roster, Transport
from digest.lifecycle import Event, IssueState
from digest.model import Counts
from digest.pipeline import edition, report
from digest.render import mime
from digest.settings import Config, Newsletter

__all__ = ["Hands", "unfinished", "work_off"]

OPEN = (IssueState.FROZEN, IssueState.SENDING, IssueState.STOPPED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """What a run works with, opened by `app`: the ledger, the way out, the clock, the secret, and who is told."""

    config: Config
    ledger: Ledger
    roster: Roster
    transport: Callable[[], Transport]
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    stop: Callable[[], bool]
    keys: tokens.Keys
    pace: pacing.Pace
    wait: timedelta = timedelta(seconds=10)
    progress: Callable[[Counts], None] | None = None


def unfinished(ledger: Ledger, newsletter: str) -> tuple[FrozenIssue, ...]:
    """Issues that a run goes on with, oldest first."""
    return tuple(i for i in ledger.issues(newsletter) if i.state in OPEN)


def work_off(hands: Hands, newsletter: Newsletter, issue: FrozenIssue) -> report.Report:
    """Send what can be sent, wait for what is due within `hands.wait`, and report."""
    hands.ledger.recover(issue.id, issue.revision, hands.clock())
    hands.ledger.move(issue.id, issue.revision, Event.BEGIN, hands.clock())
    body = stamper(hands, issue)
    until = hands.clock() + hands.wait
    while True:
        ended = _deliver(hands, issue, body)
        if ended.why != "waiting" or ended.until is None or ended.until > until:
            break
        hands.sleep(max(0.0, (ended.until - hands.clock()).total_seconds()))
        if hands.stop():
            break
    return _close(hands, newsletter, issue, ended)


def stamper(hands: Hands, issue: FrozenIssue) -> Callable[[int, str, str], bytes]:
    """Make the function that gives one reader's bytes; each variant's are checked once before the first leaves."""
    variants = hands.ledger.variants(issue.id, issue.revision)
    key = hands.keys.messages
    for variant in variants:
        edition.sample(hands.config, variant, to="reader@example.net", token=tokens.INERT, message_id="0" * 32)
    stamps = [edition.stencil_for(v).stamp for v in variants]

    def body(variant: int, address: str, token: str) -> bytes:
        identity = tokens.message_id(key, issue.id, issue.revision, address.lower())
        return stamps[variant](to=address, token=token, message_id=identity)

    return body


def _deliver(hands: Hands, issue: FrozenIssue, body: Callable[[int, str, str], bytes]) -> sender.Result:
    transport = hands.transport()
    try:
        return sender.deliver(
            ledger=hands.ledger,
            roster=hands.roster,
            issue=issue,
            transport=transport,
            body=body,
            mail_from=lambda token: mime.mail_from(hands.config.sender, token).encode(),
            clock=hands.clock,
            pace=hands.pace,
            stop=hands.stop,
            progress=hands.progress,
        )
    finally:
        transport.close()


def _close(hands: Hands, newsletter: Newsletter, issue: FrozenIssue, ended: sender.Result) -> report.Report:
    now = hands.clock()
    key = (issue.id, issue.revision)
    codes = {"done": 0, "waiting": 75, "interrupted": 130, "paused": 75, "stopped": ended.exit_code}
    if ended.why == "done":
        after = hands.ledger.move(*key, Event.FINISH, now)
    elif ended.why == "stopped":
        after = hands.ledger.move(*key, Event.STOP, now, reason=ended.reason, go_on_at=ended.until)
    elif ended.why == "paused":
        after = hands.ledger.move(*key, Event.PAUSE, now, reason=ended.reason)
    else:
        after = hands.ledger.issue(*key) or issue
    return replace(
        report.of_issue(
            after,
            zone=newsletter.timezone,
            uncertain=hands.ledger.uncertain(*key),
            failures=hands.ledger.failures(*key),
        ),
        retry_at=ended.until,
        reason=ended.reason or after.reason,
        exit_code=codes[ended.why],
    )
