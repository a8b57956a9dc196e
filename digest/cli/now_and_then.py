"""Commands of now and then: init, theme, config, schedule, rehearse, demo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from digest.cli import options, output
from digest.cli.options import Desk

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["COMMANDS"]


@click.command()
@click.argument("folder", type=options.folder, default=".")
@click.option("--theme", "name", default="", metavar="NAME", help="How mails look (see: digest theme list).")
def init(folder: Path, name: str) -> None:
    """Make a project here: digest.toml, subscribers/, .gitignore."""
    from digest.app import make_project
    from digest.cli import views

    views.made(make_project(folder, theme=name))


@click.group()
def theme() -> None:
    """How mails look: the themes there are, and one of your own."""


@theme.command("list")
@options.project
@options.as_json
def theme_list(desk: Desk, as_json: bool) -> None:
    """List the themes that can be used here.

    Outside a project these are the ones that come with digest.
    """
    from dataclasses import asdict

    from digest import theming

    rows = theming.listed(desk.root_if_any())
    if as_json:
        output.data([asdict(row) for row in rows])
    else:
        output.table(("theme", "from", "about"), [(r.name, r.origin, r.about) for r in rows], flexible=2)


@theme.command("new")
@click.argument("name")
@click.option("--from", "base", default="default", show_default=True, metavar="NAME", help="The theme to start from.")
@options.project
def theme_new(desk: Desk, name: str, base: str) -> None:
    """Begin a theme of your own in templates/NAME.

    It holds colours and sizes to change, and how a page is arranged.
    """
    from digest import theming
    from digest.cli import views

    views.made(theming.start(desk.root(), name, base))


@click.command()
@options.project
@options.as_json
def config(desk: Desk, as_json: bool) -> None:
    """Show the values in force and where each comes from."""
    from digest.cli import views

    app = desk.open()
    rows = app.config.origins
    if as_json:
        output.data([{"key": k, "value": v, "from": origin} for k, v, origin in rows])
    else:
        output.table(("key", "value", "from"), rows, flexible=1)
    for text in (*app.config.warnings, *app.weaknesses()):
        output.warn(text)
    views.missing(app.missing())


@click.command()
@options.newsletter
@options.project
@click.option(
    "--format",
    "form",
    type=click.Choice(["cron", "systemd", "github", "github-send"]),
    default="cron",
    show_default=True,
    help="What to print.",
)
def schedule(desk: Desk, newsletter: str, form: str) -> None:
    """Print a crontab line, a systemd timer or a CI workflow."""
    output.line(desk.open().schedule(newsletter, form).rstrip("\n"))


@click.command()
@click.option("--dir", "folder", type=options.folder, help="Where to (a new folder).")
def demo(folder: Path | None) -> int:
    """See it work: example posts by real SMTP to a local inbox."""
    from digest.cli import views
    from digest.demo import play

    return views.demo(play(folder))


@click.command()
@options.newsletter
@options.project
@click.option("--faults", default="", metavar="SCRIPT", help='What fails on purpose: "450@rcpt:5% drop@dot:1%".')
@click.option("--flat-out", is_flag=True, help="As fast as it goes, not at the pace of the relay.")
@options.as_json
def rehearse(desk: Desk, newsletter: str, faults: str, flat_out: bool, as_json: bool) -> int:
    """Send the real issue to the real list into a sink on this machine.

    Nothing leaves this machine, and nothing is kept. What fails on purpose is a list of CODE, drop or stall, a step
    (mail, rcpt, data, dot) and a share.
    """
    from digest.cli import rehearsing

    return rehearsing.rehearse(desk, newsletter, faults=faults, flat_out=flat_out, as_json=as_json)


COMMANDS: tuple[click.Command, ...] = (init, theme, config, schedule, rehearse, demo)
