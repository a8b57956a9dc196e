"""The front door: parse, call one function of `app`, print through `output`.

Here stands how a command ends: each error's exit code, and no traceback for a person. Commands are in their groups:
every_week, now_and_then, when_wrong.
"""

from __future__ import annotations

import errno
import gc
import os
import sys

gc.set_threshold(100_000, 20, 20)  # loading makes many objects and no garbage; to look for some took 5 % of `status`

import click  # noqa: E402

from digest.cli import every_week, now_and_then, output, when_wrong  # noqa: E402
from digest.errors import Bug, DigestError, DiskFull  # noqa: E402

GROUPS = (
    ("Every week", every_week.COMMANDS),
    ("Now and then", now_and_then.COMMANDS),
    ("When something is wrong", when_wrong.COMMANDS),
)


class Grouped(click.Group):
    """The command, with its help in three groups."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, commands in GROUPS:
            with formatter.section(title):
                formatter.write_dl([(c.name or "", c.get_short_help_str(66)) for c in commands])


@click.group(cls=Grouped, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="digest-mailer", prog_name="digest")
def digest() -> None:
    """Pick the week's posts, make one beautiful e-mail of them, and get it to every subscriber once.

    Start with `digest demo` (needs no account), then `digest init` in the folder of your site.
    """


for _, _commands in GROUPS:
    for _command in _commands:
        digest.add_command(_command)


def main(arguments: list[str] | None = None) -> None:
    """Entry point of the command: run it and end with its exit code."""
    code = run(arguments)
    gc.freeze()  # or the interpreter, when it leaves, walks all that was loaded: a tenth of `status`
    sys.exit(code)


def run(arguments: list[str] | None = None) -> int:
    """Run one command line and give its exit code; whatever went wrong has been said on stderr."""
    try:
        width = output.help_width()
        code = digest.main(args=arguments, prog_name="digest", standalone_mode=False, terminal_width=width)
        sys.stdout.flush()
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.exceptions.Abort:
        output.say("Stopped.")
        return 130
    except click.ClickException as wrong:
        output.usage(wrong)
        return 64
    except DigestError as error:
        output.error(error)
        return error.exit_code
    except KeyboardInterrupt:
        output.say("Stopped.")
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 - the last door: no traceback may reach a person
        return _unforeseen(error)
    return code if isinstance(code, int) else 0


def _unforeseen(error: Exception) -> int:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        output.error(DiskFull("the disk is full", hint="make room and run again; nothing is lost"))
        return DiskFull.exit_code
    if isinstance(error, PermissionError):
        where = str(error.filename or "a file")
        output.error(DigestError("may not be read or written", file=where, hint="give this user the right to it"))
        return 78
    if os.environ.get("DIGEST_DEBUG"):
        raise error
    kind = type(error).__name__
    output.error(
        Bug(
            f"something that should not happen did: {kind}: {error}", hint="run again with DIGEST_DEBUG=1 and report it"
        )
    )
    return Bug.exit_code
