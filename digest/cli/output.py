"""What a person or a program reads: data to stdout, everything else to stderr, whole at 80 columns."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from digest.errors import DigestError

__all__ = ["data", "error", "help_width", "line", "say", "table", "terminal", "usage", "warn"]


def terminal() -> bool:
    """True where a person watches."""
    return sys.stderr.isatty() and sys.stdout.isatty()


def colour() -> bool | None:
    """False where colours are not wanted (NO_COLOR); None: click decides."""
    return False if os.environ.get("NO_COLOR") else None


def data(value: Any) -> None:
    """Print JSON, one document."""
    import json

    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def line(text: str = "", **style: Any) -> None:
    """Print one line of an answer to stdout."""
    click.echo(click.style(text, **style) if style else text, color=colour())


def say(text: str) -> None:
    """Say something beside the data, on stderr."""
    click.echo(text, err=True, color=colour())


def warn(text: str) -> None:
    """Say a warning on stderr."""
    say(f"{click.style('digest:', fg='yellow')} {text}")


def error(wrong: DigestError) -> None:
    """Say what is wrong with which thing, and what to do; every mistake where there are several."""
    for mistake in getattr(wrong, "mistakes", ()) or (wrong,):
        say(f"{click.style('digest:', fg='red')} {mistake}")
        if mistake.hint:
            say(f"        {mistake.hint}")
    if getattr(wrong, "mistakes", ()) and wrong.hint:
        say(wrong.hint)


def usage(wrong: click.ClickException) -> None:
    """Say how a command is used."""
    context = getattr(wrong, "ctx", None)
    say(f"{click.style('digest:', fg='red')} {wrong.format_message()}")
    if context is not None:
        say(f"        see: {context.command_path} --help")


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, flexible: int = -1) -> None:
    """Print an aligned table that is whole at the terminal's width: the `flexible` column gives way."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console(no_color=colour() is False or None, highlight=False, soft_wrap=False, width=_width())
    drawn = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    for i, title in enumerate(head):
        wide = i == flexible % len(head)
        drawn.add_column(title, overflow="fold", no_wrap=not wide, ratio=1 if wide else None)
    for row in rows:
        drawn.add_row(*(_plain(cell) for cell in row))
    console.print(drawn)


def _plain(cell: str) -> str:
    from rich.markup import escape

    return escape("".join(c if c.isprintable() else " " for c in cell))


def help_width() -> int:
    """Columns for help: what click would take, without loading what it loads to know (a tenth of `digest --help`)."""
    named = os.environ.get("COLUMNS", "")
    columns = int(named) if named.isdecimal() else 0
    if not columns:
        with suppress(OSError):  # no terminal
            columns = os.get_terminal_size(1).columns
    return max(min(columns or 80, 100) - 2, 50)


def _width() -> int:
    import shutil

    return max(60, min(shutil.get_terminal_size((80, 24)).columns, 120))
