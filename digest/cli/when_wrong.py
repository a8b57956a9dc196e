"""Commands for when something is wrong: resend, pause, resume, cancel."""

from __future__ import annotations

import click

from digest.cli import options, output
from digest.cli.options import Desk

__all__ = ["COMMANDS"]


@click.command()
@click.argument("issue")
@options.project
@click.option("--uncertain", is_flag=True, help="Send again to those who may have it.")
@click.option("--failed", is_flag=True, help="Try again those that were refused.")
@click.option("--assume-sent", is_flag=True, help="Take the uncertain ones as sent.")
@options.yes
def resend(desk: Desk, issue: str, uncertain: bool, failed: bool, assume_sent: bool, yes: bool) -> None:
    """Decide about people who may not have an issue: one decision at a time."""
    from digest.cli import words

    wishes = {"uncertain": uncertain, "failed": failed, "assume-sent": assume_sent}
    wanted = [wish for wish, said in wishes.items() if said]
    if len(wanted) > 1:
        raise click.UsageError(f"--{' and --'.join(wanted)} are two decisions: one at a time")
    app = desk.open()
    if not wanted:
        for text in words.choices(app.status(issue)[0]):
            output.line(text)
        return
    which = wanted[0]
    if not yes and not output.terminal():
        raise click.UsageError(
            f"a decision about people needs a person or --yes: digest resend {issue} --{which} --yes"
        )
    if not yes:
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
