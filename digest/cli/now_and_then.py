"""Commands of now and then: init, config, schedule, demo."""

from __future__ import annotations

from pathlib import Path

import click

from digest.cli import options, output
from digest.cli.options import Desk

__all__ = ["COMMANDS"]


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
def init(folder: Path) -> None:
    """Make a project here: digest.toml, subscribers/, .gitignore."""
    from digest.app import make_project
    from digest.cli import views

    views.made(make_project(folder))


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
@click.option("--dir", "folder", type=click.Path(path_type=Path, file_okay=False), help="Where to (a new folder).")
def demo(folder: Path | None) -> int:
    """See it work: example posts by real SMTP to a local inbox."""
    from digest.cli import views
    from digest.demo import play

    return views.demo(play(folder))


COMMANDS: tuple[click.Command, ...] = (init, config, schedule, demo)
