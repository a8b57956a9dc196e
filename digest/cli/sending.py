"""What sending looks like on a terminal and under cron: confirmations, the progress bar, the last lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from digest.cli import output, words
from digest.cli.options import Desk
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.app import App
    from digest.model import Counts
    from digest.pipeline.report import Report

__all__ = ["now", "preview", "run", "status"]

SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|min|h|d)?\Z")
SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, None: 1}
ASK_FIRST = (
    "There is no history of {newsletter} here: this would be its first issue. If it was ever sent from another "
    "machine, people would get posts twice. Send it as the first issue?"
)


def span(text: str) -> timedelta:
    """10s, 5m, 6h as a span of time."""
    found = SPAN.match(text.strip())
    if not found:
        raise UsageError(f'"{text}" is no span of time', hint="write for example --wait 10s, 5m or 6h")
    return timedelta(seconds=float(found[1]) * SECONDS[found[2]])


def preview(desk: Desk, newsletter: str, to: tuple[str, ...], issue: str, *, exact: bool) -> int:
    """Send the issue to these addresses only, and print the findings; they refuse nothing."""
    from digest.cli import views

    shown = desk.open().send_preview(newsletter, issue, to, exact=exact)
    views.findings(shown.findings, "text", quiet=True, to_stderr=True)
    for address, code, text in shown.answers:
        done = "sent" if 200 <= code < 300 else "not sent"
        output.line(f"{address}  {done}" + ("" if done == "sent" else f": {code or ''} {text}".rstrip()))
    return 0 if all(200 <= code < 300 for _, code, _ in shown.answers) else 75


def now(desk: Desk, newsletter: str, *, first_issue: bool, force: str, yes: bool, as_json: bool) -> int:
    """Send the issue now, after its name was typed."""
    app = desk.open()
    planned = app.plan(newsletter)
    for text in planned.lines:
        output.say(text)
    if not yes:
        if not output.terminal():
            raise UsageError("sending to lists needs a person or --yes", hint=f"digest send {planned.name} --yes")
        typed = click.prompt(f"Type {planned.name} to send it now", default="", show_default=False, err=True)
        if typed.strip() != planned.name:
            output.say("Nothing was sent.")
            return 64
    first = first_issue or _ask_first(app, planned.name)
    with progress(desk) as bar:
        report = app.send_now(planned.name, first_issue=first, force=force, progress=bar)
    return _tell([replace(report, waiting=False)], as_json=as_json)


def run(desk: Desk, newsletter: str, *, dry_run: bool, wait: str, first_issue: bool, force: str, as_json: bool) -> int:
    """The weekly job: silent when all is well."""
    app = desk.open()
    if not dry_run and not first_issue:
        first_issue = _ask_first(app, newsletter)
    with progress(desk) as bar:
        reports = app.run(
            newsletter, dry_run=dry_run, wait=span(wait), first_issue=first_issue, force=force, progress=bar
        )
    return _tell(reports, as_json=as_json, always=dry_run)


def _ask_first(app: App, newsletter: str) -> bool:
    """Ask a person. Where nobody watches nothing is opened: what is wrong with the state is the run's to tell."""
    if not output.terminal() or not app.needs_first_word(newsletter):
        return False
    return click.confirm(ASK_FIRST.format(newsletter=newsletter or "this newsletter"), default=False, err=True)


def _tell(reports: list[Report], *, as_json: bool, always: bool = False) -> int:
    from digest.pipeline.report import exit_code

    if as_json:
        shown = [r.as_json() | r.of_run() for r in reports]
        output.data(shown[0] if len(shown) == 1 else shown)
    for report in reports:
        for text in words.ended(report):
            output.warn(text)
        if not as_json and (always or output.terminal()):
            for text in words.status(report):
                output.line(text)
    return exit_code(reports)


def status(desk: Desk, issue: str, *, show_addresses: bool, follow: bool, as_json: bool) -> int:
    """Print what happened and what will; with `follow`, how a run in another process goes, until it has ended."""
    app = desk.open()
    if follow:
        from digest.cli import following

        following.follow(app, issue, as_json=as_json)
        if as_json:
            return 0
    reports = app.status(issue)
    if as_json:
        shown = [r.as_json(show_addresses=show_addresses) for r in reports]
        output.data(shown[0] if len(shown) == 1 else shown)
    else:
        _print_status(reports, show_addresses=show_addresses)
    return 0


def _print_status(reports: list[Report], *, show_addresses: bool) -> None:
    for report in reports:
        for text in words.status(report):
            output.line(text)
        if show_addresses:
            for address in report.uncertain:
                output.line(f"    in doubt   {address}")
            for address, code, text in report.failures:
                output.line(f"    failed     {address}: {code or ''} {text}".rstrip())


@contextmanager
def progress(desk: Desk) -> Iterator[Callable[[Counts], None] | None]:
    """One bar on a terminal: sent, deferred, failed, rate, time left. Nothing under cron."""
    if desk.quiet or not output.terminal():
        yield None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        TextColumn("{task.completed:,.0f}/{task.total:,.0f}"),
        TextColumn("{task.fields[rest]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, transient=True) as drawn:
        task = drawn.add_task("sending", total=None, start=True, visible=False, rest="")

        def update(c: Counts) -> None:
            rest = " ".join(f"{n} {name}" for name, n in (("deferred", c.deferred), ("failed", c.failed)) if n)
            done = c.list - c.queued - c.deferred
            drawn.update(task, total=c.list, completed=done, visible=True, rest=rest)

        yield update
