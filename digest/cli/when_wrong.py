"""Commands for when something is wrong: resend, pause, resume, cancel."""

from __future__ import annotations

import click

from digest.cli import options, output
from digest.cli.options import Desk

__all__ = ["COMMANDS"]


@click.command()
@click.argument("issue")
@options.project
@click.option("--uncertain", "which", flag_value="uncertain", help="Send again to those who may have it.")
@click.option("--failed", "which", flag_value="failed", help="Try again those that were refused.")
@click.option("--assume-sent", "which", flag_value="assume-sent", help="Take the uncertain ones as sent.")
@options.yes
def resend(desk: Desk, issue: str, which: str | None, yes: bool) -> None:
    """Decide about people who may not have an issue."""
    from digest.cli import words

    app = desk.open()
    if which is None:
        for text in words.choices(app.status(issue)[0]):
            output.line(text)
        return
    if not yes and output.terminal():
        click.confirm(words.WARNINGS[which].format(issue=issue), abort=True, err=True)
    changed = app.resend(issue, which)
    output.line(words.resent(which, changed))


@click.command()
@click.argument("issue")
@options.project
def pause(desk: Desk, issue: str) -> None:
    """Stop an issue at the next message; nothing is lost."""
    from digest.cli import words

    app = desk.open()
    report, changed = app.move(issue, "pause")
    for text in words.paused(report, changed=changed, at_work=app.run_at_work()):
        output.line(text)


@click.command()
@click.argument("issue")
@options.project
def resume(desk: Desk, issue: str) -> None:
    """Let a paused issue go on at the next digest run."""
    from digest.cli import words

    app = desk.open()
    report, changed = app.move(issue, "resume")
    for text in words.resumed(report, changed=changed, at_work=app.run_at_work()):
        output.line(text)


@click.command()
@click.argument("issue")
@options.project
@options.yes
def cancel(desk: Desk, issue: str, yes: bool) -> None:
    """Stop an issue for good.

    Before its first message it gives its posts back to the next one.
    """
    from digest.cli import words

    app = desk.open()
    if not yes and output.terminal():
        click.confirm(f"Cancel {issue}? People who do not have it yet will not get it.", abort=True, err=True)
    report, changed = app.move(issue, "cancel")
    for text in words.cancelled(report, changed=changed, at_work=app.run_at_work()):
        output.line(text)


COMMANDS: tuple[click.Command, ...] = (resend, pause, resume, cancel)
