"""Values as sentences for a terminal: times in the newsletter's zone, counts, ends of runs, findings."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from digest.model import Counts, Finding, Problem
    from digest.pipeline.report import Report

__all__ = [
    "WARNINGS",
    "cancelled",
    "choices",
    "counts",
    "ended",
    "finding",
    "paused",
    "people",
    "problem",
    "progress",
    "resent",
    "resumed",
    "status",
    "when",
]

HAVE_OR_NOT = (
    "{people} may or may not have it: the line broke while the server answered. "
    "Leave it (default), or resend (a second copy is possible): digest resend {issue}"
)
SAME_ID = "the Message-ID is the same, so that a receiver can recognise a second copy"
OTHER_ID = "this relay replaces the Message-ID, so that a second copy cannot be recognised"


def when(moment: datetime | None, zone: str) -> str:
    """A time in the newsletter's zone, with the zone's name."""
    if moment is None:
        return "—"
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local:%a %Y-%m-%d %H:%M} {zone}"


def people(number: int) -> str:
    """1 person, 2 people."""
    return "1 person" if number == 1 else f"{number:,} people"


def counts(c: Counts) -> str:
    """The sums, those that are not zero; they add up to the list."""
    names = ("sent", "queued", "deferred", "failed", "uncertain", "suppressed", "unsubscribed", "filtered", "cancelled")
    parts = [f"{getattr(c, n):,} {n}" for n in names if getattr(c, n)]
    return f"{c.list:,} on the list" + (": " + ", ".join(parts) if parts else "")


def finding(f: Finding) -> str:
    """file:line rule severity message, as editors and CI read it."""
    place = f"{f.file}:{f.line}" if f.file and f.line else f.file or f.part or "-"
    return f"{place} {f.rule} {f.severity} {f.message}"


def problem(path: str, p: Problem) -> str:
    """file:line: what is wrong."""
    return f"{path}:{p.line}: {p.message}" if p.line else f"{path}: {p.message}"


def status(r: Report) -> list[str]:
    """The lines of `digest status` for one newsletter."""
    lines = [f"{r.newsletter}  {r.issue or '(no issue yet)'}  {r.state}" + (f": {r.reason}" if r.reason else "")]
    if r.subject:
        lines.append(f"  subject    {r.subject}")
    if r.counts.list:
        lines.append(f"  people     {counts(r.counts)}")
    if r.started:
        lines.append(f"  started    {when(r.started, r.zone)}")
    if r.finished:
        lines.append(f"  finished   {when(r.finished, r.zone)}")
    if r.turns.people:
        lines.append(f"  waits      {turns(r)}")
    if r.state == "paused":
        lines.append(f"  goes on    after: digest resume {r.issue}")
    elif r.retry_at:
        lines.append(f"  goes on    {when(r.retry_at, r.zone)} (digest run)")
    elif r.state == "stopped":
        lines.append("  goes on    at the next: digest run")
    if r.next_due:
        lines.append(f"  next due   {when(r.next_due, r.zone)}")
    if r.counts.uncertain:
        lines.append("  in doubt   " + in_doubt(r))
    return lines


def turns(r: Report) -> str:
    """Who waits for the pace of their domain, and how long the last of them."""
    names = r.turns.domains
    at = f"{', '.join(names[:2])} and others" if len(names) > 2 else " and ".join(names)
    last = when(r.turns.last, r.zone)
    return f"{people(r.turns.people)} at {at}, for the pace of their domain; the last until {last}"


def in_doubt(r: Report) -> str:
    """What uncertain means, and what can be done."""
    text = HAVE_OR_NOT.format(people=people(r.counts.uncertain), issue=r.issue)
    return text if r.same_id else f"{text}. {OTHER_ID[0].upper()}{OTHER_ID[1:]}"


def progress(r: Report, rate: float) -> str:
    """One line on a run in another process."""
    c = r.counts
    left = c.queued + c.deferred
    parts = [f"{c.sent:,} of {c.list:,} sent"]
    parts += [
        f"{n:,} {name}" for name, n in (("deferred", c.deferred), ("failed", c.failed), ("in doubt", c.uncertain)) if n
    ]
    if rate > 0 and r.state == "sending":
        parts.append(f"{rate:,.1f} a second")
        parts.append(f"{_duration(left / rate)} left")
    elif left:
        parts.append(f"{left:,} left")
    return f"{r.issue}  {r.state}  {', '.join(parts)}"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def paused(r: Report, *, changed: bool, at_work: str) -> list[str]:
    """What a pause did."""
    lines = [f"{r.issue} {'is' if changed else 'was already'} paused: {left_over(r)}"]
    if changed and at_work:
        lines.append(f"The run that is at work ({at_work}) ends at its next message.")
    return [*lines, f"Go on with: digest resume {r.issue}"]


def resumed(r: Report, *, changed: bool, at_work: str) -> list[str]:
    """What a resume did."""
    if not changed:
        return [f"{r.issue} is not paused, it is {r.state}: the next digest run goes on."]
    if at_work:
        return [f"{r.issue} goes on: {at_work} is at work; if that run has ended, at the next: digest run"]
    return [f"{r.issue} goes on at the next: digest run ({left_over(r)})"]


def cancelled(r: Report, *, changed: bool, at_work: str) -> list[str]:
    """What a cancel did."""
    word = "is" if changed else "was already"
    lines = [f"{r.issue} {word} cancelled: {r.counts.cancelled:,} will not get it, {r.counts.sent:,} have it."]
    if changed and at_work and r.counts.queued:
        lines.append(f"A run is at work: of {people(r.counts.queued)} in its hands some may still get it.")
    return lines


def left_over(r: Report) -> str:
    """Who is still to go."""
    return f"{people(r.counts.queued + r.counts.deferred)} still to go"


def ended(r: Report) -> list[str]:
    """What a run has to say when something is wrong: one line a problem, the last says what to do."""
    lines = list(r.notes)
    if r.waiting:
        return lines  # it was told when it began to wait
    if r.counts.failed and r.failures:
        lines.append(f"{r.issue}: {people(r.counts.failed)} could not be reached; see: digest status {r.issue}")
    if r.counts.uncertain:
        lines.append(f"{r.issue}: " + in_doubt(r))
    if r.exit_code == 130:
        lines.append(f"{r.issue} was interrupted: {left_over(r)}; the next digest run goes on")
        return lines
    if r.state == "cancelled":
        lines.append(f"{r.issue} was cancelled: {r.counts.cancelled:,} will not get it, {r.counts.sent:,} have it")
        return lines
    if r.state == "paused":
        why = f" ({r.reason})" if r.reason else ""
        lines.append(
            f"{r.issue} is paused{why}: {left_over(r)}; go on with digest resume {r.issue}, or digest cancel it"
        )
        return lines
    if r.exit_code == 75 and r.turns.people:
        lines.append(f"{r.issue} waits: {turns(r)}")
        if not r.reason and not r.counts.deferred and r.retry_at:
            lines.append(f"{r.issue}: digest run goes on after {when(r.retry_at, r.zone)}")
    if r.exit_code == 75 and r.counts.deferred:
        wait = "waits" if r.counts.deferred == 1 else "wait"
        lines.append(
            f"{r.issue}: {people(r.counts.deferred)} {wait} because the server said later; "
            f"the next digest run goes on (due {when(r.retry_at, r.zone)})"
        )
    told = any(r.reason in note for note in r.notes)  # an error has its own sentence, with what to do
    if r.reason and not told and (r.state == "stopped" or r.exit_code == 75):
        lines.append(f"{r.issue} {'stopped' if r.state == 'stopped' else 'waits'}: {r.reason}")
        if r.retry_at:
            lines.append(f"{r.issue}: digest run goes on after {when(r.retry_at, r.zone)}")
    return lines


WARNINGS = {
    "uncertain": "People in doubt about {issue} may get a second copy. Send it to them again?",
    "failed": "Try those again that the server refused for {issue}?",
    "assume-sent": "Take {issue} as sent to those in doubt? They will not be tried again.",
}


def choices(r: Report) -> list[str]:
    """What a person can decide about an issue, with what each choice means."""
    lines = [f"{r.issue}: {counts(r.counts)}"]
    if r.counts.uncertain:
        lines += [
            in_doubt(r),
            f"  digest resend {r.issue} --uncertain     send again: " + (SAME_ID if r.same_id else OTHER_ID),
            f"  digest resend {r.issue} --assume-sent   take them as sent",
            f"  digest status {r.issue} --show-addresses  names them",
        ]
    if r.counts.failed:
        lines.append(
            f"  digest resend {r.issue} --failed        try again those that were refused ({r.counts.failed:,})"
        )
    if not (r.counts.uncertain or r.counts.failed):
        lines.append("Nobody is in doubt and nobody was refused: there is nothing to decide.")
    return lines


def resent(which: str, changed: int) -> str:
    """What a decision changed."""
    if not changed:
        return "Nobody: there is nothing to change."
    done = "taken as sent" if which == "assume-sent" else "queued again; now: digest run"
    return f"{people(changed)} {done}."
