"""What a rehearsal has to say: for a person, in a few lines, and for programs."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from digest.cli import output, words
from digest.cli.options import Desk

if TYPE_CHECKING:
    from digest.pipeline.rehearse import Rehearsed

__all__ = ["rehearse"]


def rehearse(desk: Desk, newsletter: str, *, faults: str, flat_out: bool, as_json: bool) -> int:
    """Rehearse and report."""
    from digest.cli import sending

    app = desk.open()
    with sending.progress(desk) as bar:
        done = app.rehearse(newsletter, faults=faults, flat_out=flat_out, progress=bar)
    for warning in done.warnings:
        output.warn(warning)
    if as_json:
        output.data(as_data(done))
    else:
        for line in lines(done):
            output.line(line)
    for finding in done.findings:
        output.warn(f"a run would stop here: {words.finding(finding)}")
    for note in done.report.notes:
        output.warn(note)
    return done.exit_code


def as_data(done: Rehearsed) -> dict[str, Any]:
    """The object of `rehearse --json`."""
    return done.report.as_json() | {
        "exit_code": done.exit_code,
        "people": done.people,
        "arrived": done.arrived,
        "twice": done.twice,
        "flat_out": done.flat_out,
        "seconds": done.seconds,
        "rate": round(done.rate, 1),
        "seconds_with_limits": done.takes.total_seconds(),
        "seconds_of_waiting": round(done.ahead.total_seconds()),
        "runs": done.runs,
        "in_vain": done.in_vain,
        "faults": dict(done.faults),
        "errors": [asdict(f) for f in done.findings],
    }


def lines(done: Rehearsed) -> list[str]:
    """What a person wants to know before the real one."""
    from digest.pipeline.allowance import lasting

    r = done.report
    twice = f"{words.people(done.twice)} TWICE" if done.twice else "nobody twice"
    said = [
        f"{r.issue}: {r.subject}",
        f"  rehearsed  {words.counts(r.counts)}",
        f"  arrived    {done.arrived:,} messages, {twice}",
        f"  rate       {done.rate:,.0f} a second here{', flat out' if done.flat_out else ''} ({done.seconds:.1f} s)",
        f"  it takes   {_takes(done)}",
    ]
    if done.ahead > timedelta(minutes=1):
        runs = f", in {done.runs} runs" if done.runs > 1 else ""
        said.append(f"  retries    the last of them {lasting(done.ahead)} later{runs}")
    if done.faults:
        said.append("  faults     " + ", ".join(f"{number:,} × {name}" for name, number in done.faults))
    if r.counts.failed:
        said.append(f"  failed     {words.people(r.counts.failed)} would not get it")
    if r.counts.uncertain:
        said.append(f"  in doubt   {words.people(r.counts.uncertain)} may or may not have it; a person would decide")
    if r.state != "done":
        why = "nothing got across in two runs; cron would go on, a person would look" if done.in_vain else r.reason
        said.append(f"  it ends    {r.state}" + (f": {why}" if why else ""))
    return [*said, "Nothing has left this machine, and nothing of it is kept."]


SPANS = {1.0: "a second", 60.0: "a minute", 3600.0: "an hour", 86400.0: "a day"}


def _limit(domain: str, messages: int, seconds: float) -> str:
    """What one domain may have: 20 a minute to gmail.com."""
    to = "any other domain" if domain == "*" else domain
    return f"{messages:,} {SPANS.get(seconds, f'in {seconds:g} s')} to {to}"


def _rate(a_second: float) -> str:
    """A rate in the span that makes it a whole number: 50 an hour."""
    numbers = ((round(a_second * seconds, 6), span) for seconds, span in SPANS.items())
    return next((f"{number:,g} {span}" for number, span in numbers if number.is_integer()), f"{a_second:g} a second")


def _takes(done: Rehearsed) -> str:
    from digest.pipeline.allowance import lasting

    pace = done.pace
    limits = [_rate(pace.rate)] if pace.rate else []
    limits += [f"{pace.daily:,} a day"] if pace.daily else []
    limits += [_limit(*limit) for limit in pace.domains[:3]]
    limits += ["…"] if len(pace.domains) > 3 else []
    if not done.takes:
        return f"as long as the relay does; {'its limits are no matter' if limits else 'no limit of it is configured'}"
    return f"about {lasting(done.takes)} with the relay's limits ({', '.join(limits) or 'warm-up'})"
