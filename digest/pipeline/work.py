"""Working an issue off: begin, deliver, wait for what is due soon, and say how it ended.

Everything that touches the outside is handed in (`Hands`); what a delivery may become stands in lifecycle.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic
from unicodedata import normalize

from digest.audience import tokens
from digest.deliver import pace as pacing
from digest.deliver import quiet, sender
from digest.errors import DigestError, RelayUnreachable, Unfinished
from digest.interfaces import FrozenIssue, Ledger, Roster, Transport
from digest.lifecycle import Event, IssueState
from digest.model import Counts
from digest.pipeline import control, edition, report, status
from digest.pipeline.allowance import allowance, relay_of, time_for_domains
from digest.pipeline.watch import Watch
from digest.render import mime
from digest.settings import Config, Newsletter, Sender

__all__ = ["Hands", "unfinished", "work_off"]

OPEN = (IssueState.FROZEN, IssueState.SENDING, IssueState.STOPPED)


def _tell_nobody(event: str, **keys: object) -> None:
    """The log of a run that keeps none."""


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
    log: Callable[..., None] = _tell_nobody
    moved_from: str = ""  # the machine of the run before, where that was another one


def unfinished(ledger: Ledger, newsletter: str) -> tuple[FrozenIssue, ...]:
    """Issues that are not over, oldest first: a run goes on with them, or says that they are paused."""
    return tuple(i for i in ledger.issues(newsletter) if i.state in OPEN or _is_held(i))


def _is_held(issue: FrozenIssue) -> bool:
    return issue.state is IssueState.PAUSED and issue.counts.queued + issue.counts.deferred > 0


def work_off(hands: Hands, newsletter: Newsletter, issue: FrozenIssue) -> report.Report:
    """Send what can be sent, wait for what is due within `hands.wait`, and report."""
    began = monotonic()
    key = issue.id, issue.revision
    now = hands.clock()
    if ends := quiet.until(newsletter.quiet, newsletter.timezone, now):
        return _not_now(hands, newsletter, issue, ends)
    hands.ledger.recover(*key, now)
    control.step(hands.ledger, key, Event.BEGIN, now)
    issue = _in_time(hands, newsletter, issue)
    hands.log("issue.begin", newsletter=newsletter.name, issue=issue.id, revision=issue.revision)
    watch = _watch(hands, newsletter, issue)
    try:
        made = _close(hands, newsletter, issue, _until_it_ends(hands, newsletter, issue, watch))
    except KeyboardInterrupt:  # the second Ctrl-C: the sender has settled what was in hand
        made = _close(hands, newsletter, issue, sender.Result(why="interrupted"))
    except RelayUnreachable as error:  # written down, so that `status` says why nothing goes
        stands = control.step(hands.ledger, key, Event.STOP, hands.clock(), reason=error.message)
        made = _broken_off(_told(hands, newsletter, stands), error)
    except Unfinished as error:
        made = _broken_off(_told(hands, newsletter, hands.ledger.issue(*key) or issue), error)
    made = replace(made, seconds=round(monotonic() - began, 3), news=_is_news(issue, made))
    hands.log("issue.end", **report.facts(status.finished(hands.config, hands.ledger, made, hands.clock())))
    return made


def _broken_off(made: report.Report, error: DigestError) -> report.Report:
    return replace(
        made, reason=made.reason or error.message, notes=(report.sentence(error),), exit_code=error.exit_code
    )


def _in_time(hands: Hands, newsletter: Newsletter, issue: FrozenIssue) -> FrozenIssue:
    """Give an issue as much longer as the paces of domains need: nobody fails for having had to wait."""
    smtp = relay_of(hands.config)
    if smtp is None or not smtp.domains or issue.frozen_at is None:
        return issue
    key = issue.id, issue.revision
    needed = time_for_domains(hands.ledger.people_by_domain(*key), smtp, newsletter)
    hands.ledger.extend(*key, issue.frozen_at + newsletter.deadline + needed)
    return replace(issue, deadline=max(issue.deadline, issue.frozen_at + newsletter.deadline + needed))


def _watch(hands: Hands, newsletter: Newsletter, issue: FrozenIssue) -> Watch:
    return Watch(
        ledger=hands.ledger,
        issue=issue,
        newsletter=newsletter,
        stop=hands.stop,
        sleep=hands.sleep,
        clock=hands.clock,
    )


def _until_it_ends(hands: Hands, newsletter: Newsletter, issue: FrozenIssue, watch: Watch) -> sender.Result:
    """Deliver, and deliver again what comes due within the time to wait (by a clock that nobody sets)."""
    key = issue.id, issue.revision
    body = stamper(hands, issue)
    patience = monotonic() + hands.wait.total_seconds()
    while True:
        ended = _deliver(hands, issue, body, watch)
        stands = hands.ledger.issue(*key)
        if stands is not None and stands.state is IssueState.FROZEN:  # paused and resumed since: it goes on
            control.step(hands.ledger, key, Event.BEGIN, hands.clock())
            watch = _watch(hands, newsletter, issue)
            continue
        if ended.why == "interrupted" and watch.why != "interrupted":
            return _by_watch(watch)
        if ended.why != "waiting" or ended.until is None:
            return ended
        if monotonic() + (ended.until - hands.clock()).total_seconds() > patience:
            return ended
        watch.sleep_until(ended.until)
        if watch.why == "interrupted":
            return sender.Result(why="interrupted", until=ended.until)
        if watch.why and watch.why != "moved":
            return _by_watch(watch)


def _by_watch(watch: Watch) -> sender.Result:
    """The end that the watch saw a reason for."""
    if watch.why == "quiet":
        return sender.Result(why="stopped", reason=watch.reason, until=watch.until, exit_code=75)
    return sender.Result(why="paused", reason=watch.reason)


def stamper(hands: Hands, issue: FrozenIssue) -> Callable[[int, str, str], bytes]:
    """Make the function that gives one reader's bytes; each variant's are checked once before the first leaves."""
    variants = hands.ledger.variants(issue.id, issue.revision)
    identity = tokens.message_ids(hands.keys.messages, issue.id, issue.revision)
    for variant in variants:
        edition.sample(hands.config, variant, to="reader@example.net", token=tokens.INERT, message_id="0" * 32)
    stamps = [edition.stencil_for(v).stamp for v in variants]

    def body(variant: int, address: str, token: str) -> bytes:
        return stamps[variant](to=address, token=token, message_id=identity(normalize("NFC", address.lower())))

    return body


def _return_path(sender: Sender) -> Callable[[str], bytes]:
    """The MAIL FROM of a token: the same for all, unless bounces tell who they were for."""
    if sender.bounces:
        return lambda token: mime.mail_from(sender, token).encode()
    same = mime.mail_from(sender, "").encode()
    return lambda token: same


def _deliver(
    hands: Hands, issue: FrozenIssue, body: Callable[[int, str, str], bytes], stop: Callable[[], bool]
) -> sender.Result:
    today = allowance(hands.config, hands.ledger, hands.clock())
    transport = hands.transport()
    try:
        ended = sender.deliver(
            ledger=hands.ledger,
            roster=hands.roster,
            issue=issue,
            transport=transport,
            body=body,
            mail_from=_return_path(hands.config.sender),
            clock=hands.clock,
            pace=replace(hands.pace, daily=today.limit),
            stop=stop,
            progress=hands.progress,
            sent_last_day=today.used,
        )
    finally:
        transport.close()
    if ended.why == "stopped" and today.limit is not None and not ended.code:
        after = allowance(hands.config, hands.ledger, hands.clock())
        if after.free_at is not None:  # it was our own limit
            return replace(ended, reason=after.because, until=after.free_at)
    return ended


# ------------------------------------------------------------------------------------------------ how it ended


def _close(hands: Hands, newsletter: Newsletter, issue: FrozenIssue, ended: sender.Result) -> report.Report:
    """Move the issue to where the run has brought it, unless a person has moved it meanwhile, and report."""
    now = hands.clock()
    key = issue.id, issue.revision
    code = {"done": 0, "waiting": 75, "interrupted": 130, "paused": 75, "stopped": ended.exit_code}[ended.why]
    stands = hands.ledger.issue(*key) or issue
    if ended.why == "done":
        stands = control.step(hands.ledger, key, Event.FINISH, now)
    elif ended.why == "stopped":
        stands = control.step(hands.ledger, key, Event.STOP, now, reason=ended.reason, go_on_at=ended.until)
    elif ended.why == "paused" and ended.reason:
        stands = control.step(hands.ledger, key, Event.PAUSE, now, reason=ended.reason)
    if stands.state is IssueState.CANCELLED:
        code = 0
    elif stands.state is IssueState.PAUSED and code != 130:
        code = 75
    made = _told(hands, newsletter, stands)
    return replace(made, retry_at=made.retry_at or ended.until, exit_code=code)


def _told(hands: Hands, newsletter: Newsletter, issue: FrozenIssue) -> report.Report:
    key = issue.id, issue.revision
    made = report.of_issue(
        issue,
        zone=newsletter.timezone,
        uncertain=hands.ledger.uncertain(*key),
        failures=hands.ledger.failures(*key),
    )
    return report.with_turns(made, hands.ledger.waiting(*key, hands.clock())) if issue.counts.queued else made


def _not_now(hands: Hands, newsletter: Newsletter, issue: FrozenIssue, ends: datetime) -> report.Report:
    """In quiet hours nothing begins; the issue stays as it is."""
    hands.log("issue.quiet", newsletter=newsletter.name, issue=issue.id, until=ends)
    made = _told(hands, newsletter, issue)
    return replace(made, reason=f"quiet hours ({newsletter.quiet})", retry_at=ends, exit_code=75, waiting=True)


def _is_news(before: FrozenIssue, made: report.Report) -> bool:
    """Whether an editor wants to hear of it: the end, the first run, and each new reason that keeps it from going on.

    The same again is no news: a quota that is still used up. A pause without a reason is a person's, who knows of it.
    """
    if made.exit_code == 130:
        return False
    same = made.state == before.state and _alike(made.reason) == _alike(before.reason)
    stopped = made.state in ("stopped", "paused") and bool(made.reason) and not same
    return before.state is IssueState.FROZEN or stopped or made.state == "done"


def _alike(reason: str) -> list[str]:
    """A reason without numbers and what servers make up anew for each answer: queue ids, moments, counters."""
    return [word for word in reason.split() if not any(c.isdigit() for c in word)]
