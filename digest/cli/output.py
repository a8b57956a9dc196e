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
    """Print one line of an answer to stdout; on a terminal, one that is longer than it is folded."""
    text = _folded(text, 1) if sys.stdout.isatty() else text
    click.echo(click.style(text, **style) if style else text, color=colour())


def say(text: str) -> None:
    """Say something beside the data, on stderr."""
    click.echo(text, err=True, color=colour())


def warn(text: str) -> None:
    """Say a warning on stderr."""
    whole = f"digest: {text}"
    whole = _folded(whole, 2) if sys.stderr.isatty() else whole
    say(click.style("digest:", fg="yellow") + whole.removeprefix("digest:"))


def _folded(text: str, stream: int) -> str:
    """Break what is longer than the terminal at its blanks; it goes on below where the words of its label end."""
    columns = os.get_terminal_size(stream).columns or 80
    if all(len(part) <= columns for part in text.split("\n")):
        return text
    import re
    from textwrap import fill

    label = re.match(r" *\S+(?: \S+)? {2,}(?=\S)|digest: ", text)
    below = " " * (len(label[0]) if label else 2)
    parts = text.split("\n")
    return "\n".join(
        fill(p, columns, subsequent_indent=below, break_long_words=False, break_on_hyphens=False) for p in parts
    )


def error(wrong: DigestError) -> None:
    """Say what is wrong with which thing, and what to do; every mistake where there are several."""
    for mistake in getattr(wrong, "mistakes", ()) or (wrong,):
        say(f"{click.style('digest:', fg='red')} {mistake}")
        if mistake.hint:
            say(f"        {mistake.hint}")
    if getattr(wrong, "mistakes", ()) and wrong.hint:
        say(wrong.hint)


def usage(wrong: click.ClickException) -> None:
    """Say how a command is used; who names none of a group's commands is shown them."""
    if isinstance(wrong, click.exceptions.NoArgsIsHelpError):
        say(wrong.format_message())
        return
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
