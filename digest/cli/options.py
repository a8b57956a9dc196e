"""Options that many commands share, and the desk they are put on: which project, which clock, how loud."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from pathlib import Path

    from digest.app import App

__all__ = ["Desk", "as_json", "folder", "issue_id", "newsletter", "project", "strict", "yes"]

F = TypeVar("F", bound=Callable[..., Any])


class Folder(click.Path):
    """A folder, as a Path. pathlib is loaded when one is named, and not for every --help."""

    def __init__(self) -> None:
        super().__init__(file_okay=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Check what was named, and make a Path of it."""
        from pathlib import Path

        return Path(os.fsdecode(super().convert(value, param, ctx)))


folder = Folder()


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What every command is given: where the project is, what the time is, how much to say."""

    project: Path | None
    now: str
    verbose: int
    quiet: bool

    def open(self) -> App:
        """Open the project; everything slow is loaded here and not before."""
        from digest.app import App

        return App.open(self.project, what_if=self.now, verbose=self.verbose)

    def root(self) -> Path:
        """The project's folder; its configuration is not read, and may be wrong."""
        from pathlib import Path

        from digest import config

        return config.find(self.project if self.project is not None else Path.cwd())

    def root_if_any(self) -> Path | None:
        """The project's folder; None where no project was named and none is around."""
        from digest.errors import ConfigError

        try:
            return self.root()
        except ConfigError:
            if self.project is not None:
                raise
            return None


def project(command: F) -> Callable[..., Any]:
    """Add --project, --now, -v, -q and --no-color, and hand the command a `desk`."""

    def call(*args: Any, project: Path | None, now: str, verbose: int, quiet: bool, no_color: bool, **kw: Any) -> Any:
        if no_color:
            os.environ["NO_COLOR"] = "1"  # for all that prints, and after the command has ended too
        return command(*args, desk=Desk(project=project, now=now, verbose=verbose, quiet=quiet), **kw)

    call.__name__, call.__doc__ = command.__name__, command.__doc__
    if hasattr(command, "__click_params__"):
        call.__click_params__ = command.__click_params__  # type: ignore[attr-defined]  # click keeps options there
    for add in (
        click.option("--no-color", is_flag=True, help="No colours (also: NO_COLOR)."),
        click.option("-q", "--quiet", is_flag=True, help="Say only what is wrong."),
        click.option("-v", "--verbose", count=True, help="Say more."),
        click.option("--now", default="", metavar="TIME", help="Decide as if it were this time (ISO 8601)."),
        click.option(
            "--project",
            type=folder,
            metavar="DIR",
            help="The project's folder (default: the nearest one upwards with a digest.toml).",
        ),
    ):
        call = add(call)
    return call


def newsletter(command: F) -> F:
    """Add the NEWSLETTER argument, which may be left out."""
    return click.argument("newsletter", default="")(command)


as_json = click.option("--json", "as_json", is_flag=True, help="Print data for programs.")
yes = click.option("--yes", is_flag=True, help="Do not ask.")
strict = click.option("--strict", is_flag=True, help="End with 65 if a post is broken.")
issue_id = click.option(
    "--issue", "issue_id", default="", metavar="ID", help="Another issue than the due or coming one."
)
