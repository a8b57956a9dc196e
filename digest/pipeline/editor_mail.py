"""The report an editor gets by mail when an issue has gone out, or has stopped: small, plain, without addresses."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import datetime
from zoneinfo import ZoneInfo

from digest.audience import tokens
from digest.deliver import handful
from digest.errors import DigestError
from digest.pipeline.events import masked
from digest.pipeline.report import Report
from digest.pipeline.work import Hands
from digest.render.letter import letter

__all__ = ["body", "send", "subject"]

ENHANCED = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
NAMED = 10  # failures that are listed


def send(hands: Hands, report: Report) -> str:
    """Send the report of an issue by the way the issue went; gives a warning where that failed, else nothing."""
    config, to = hands.config, hands.config.sender.report_to
    now = hands.clock()
    try:
        message = letter(
            sender=config.sender,
            name=config.site.name,
            to=to,
            subject=subject(report),
            text=body(report),
            date=now.astimezone(ZoneInfo(report.zone)).replace(microsecond=0),
            message_id=tokens.message_id(hands.keys.messages, f"report {report.issue}", report.revision, str(now)),
        )
        transport = hands.transport()
        try:
            ((_, code, text),) = handful.send(transport, [(config.sender.address, to, message)])
        finally:
            transport.close()
    except DigestError as error:
        return f"the report could not be mailed: {error}"
    if 200 <= code < 300:
        return ""
    return masked(f"the report could not be mailed: the server said {code or ''} {text}".rstrip())


def subject(r: Report) -> str:
    """The subject: which issue, how it ended, how many have it."""
    doubt = f", {r.counts.uncertain:,} in doubt" if r.counts.uncertain else ""
    return f"[{r.newsletter}] {r.issue} {r.state}: {r.counts.sent:,} of {r.counts.list:,} sent{doubt}"


def body(r: Report) -> str:
    """The text: the sums, when, what is in doubt, why people could not be reached, what to do."""
    lines = [f"{r.issue} ({r.newsletter}) is {r.state}" + (f": {masked(r.reason)}" if r.reason else ".")]
    lines += [f"Subject: {r.subject}", "", *_sums(r), ""]
    for word, moment in (("started", r.started), ("finished", r.finished), ("goes on", r.retry_at)):
        if moment:
            lines.append(f"{word:<9} {_when(moment, r.zone)}")
    if r.counts.failed:
        lines += ["", "Not reached (the first ones):" if r.counts.failed > NAMED else "Not reached:"]
        lines += [f"  {_failure(*failure)}" for failure in r.failures[:NAMED]]
    if r.counts.uncertain:
        lines += [
            "",
            f"{r.counts.uncertain:,} may or may not have it: the line broke while the server answered. They are not",
            f"sent it again unasked. To decide: digest resend {r.issue}",
        ]
    if r.state == "paused":
        lines += ["", f"Look into it; then: digest resume {r.issue}, or: digest cancel {r.issue}"]
    lines += ["", *(masked(note) for note in r.notes), f"All of it: digest status {r.issue}"]
    return "\n".join(lines) + "\n"


def _sums(r: Report) -> list[str]:
    counts = asdict(r.counts)
    width = len(f"{r.counts.list:,}")
    shown = [(name, people) for name, people in counts.items() if people and name != "list"]
    return [f"{r.counts.list:>{width},} on the list", *(f"{people:>{width},} {name}" for name, people in shown)]


def _failure(address: str, code: int, text: str) -> str:
    found = ENHANCED.search(text)
    said = f"{code} {found[0] if found else ''}".strip() if code else masked(text)
    return f"{masked(address)}  {said}"


def _when(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M} {zone}"
