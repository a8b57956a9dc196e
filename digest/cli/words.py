"""Values as sentences for a terminal: times in the newsletter's zone, counts, ends of runs, findings."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from digest.model import Counts, Finding, Problem
    from digest.pipeline.report import Report

__all__ = ["WARNINGS", "choices", "counts", "ended", "finding", "people", "problem", "resent", "status", "when"]

HAVE_OR_NOT = (
    "{people} may or may not have it: the line broke while the server answered. "
    "Leave it (default), or resend (a second copy is possible): digest resend {issue}"
)


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
    if r.retry_at:
        lines.append(f"  goes on    {when(r.retry_at, r.zone)} (digest run)")
    if r.next_due:
        lines.append(f"  next due   {when(r.next_due, r.zone)}")
    if r.counts.uncertain:
        lines.append("  in doubt   " + HAVE_OR_NOT.format(people=people(r.counts.uncertain), issue=r.issue))
    return lines


def ended(r: Report) -> list[str]:
    """What a run has to say when something is wrong: one line a problem, the last says what to do."""
    lines = list(r.notes)
    if r.counts.failed and r.failures:
        lines.append(f"{r.issue}: {people(r.counts.failed)} could not be reached; see: digest status {r.issue}")
    if r.counts.uncertain:
        lines.append(f"{r.issue}: " + HAVE_OR_NOT.format(people=people(r.counts.uncertain), issue=r.issue))
    if r.exit_code == 75 and r.counts.deferred:
        lines.append(
            f"{r.issue}: {people(r.counts.deferred)} wait because the server said later; "
            f"the next digest run goes on (due {when(r.retry_at, r.zone)})"
        )
    if r.state in ("stopped", "paused") and r.reason:
        lines.append(f"{r.issue} {r.state}: {r.reason}")
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
            HAVE_OR_NOT.format(people=people(r.counts.uncertain), issue=r.issue),
            f"  digest resend {r.issue} --uncertain     send again; the Message-ID is the same, so that a second",
            "                                          copy can be recognised where the relay keeps it",
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
