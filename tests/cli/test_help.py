"""The help names what is there and nothing else; completion works in the three shells."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import click
import pytest

from digest import cli

COMMANDS = sorted(cli.digest.commands)
LATER = {  # of issues to come: nothing may speak of them before they are there
    *("why", "approve", "skip", "correct", "backup", "restore", "subscribers", "unsubscribe", "bounces", "serve"),
    "doctor",
}


def help_of(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "digest", *words, "--help"], capture_output=True, text=True, timeout=30, check=True
    )
    return done.stdout


def test_three_groups_with_every_command_once() -> None:
    """Every week, Now and then, When something is wrong; each command stands in one of them."""
    text = help_of()
    at = [text.index(title) for title in ("Every week:", "Now and then:", "When something is wrong:")]
    assert at == sorted(at)
    assert sorted(re.findall(r"(?m)^  ([a-z]+) {2,}", text[at[0] :])) == COMMANDS
    assert not LATER & set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_a_help_that_fits(name: str) -> None:
    """A sentence, every option with words, no command that is not there, whole at 80 columns."""
    command = cli.digest.commands[name]
    with click.Context(command, info_name=f"digest {name}", max_content_width=80) as context:
        text = command.get_help(context)
        options = [p for p in command.get_params(context) if isinstance(p, click.Option)]
    assert text.startswith(f"Usage: digest {name}")
    assert all(option.help for option in options), [o.name for o in options if not o.help]
    assert [line for line in text.splitlines() if len(line) > 80] == []
    assert set(re.findall(r"`?digest ([a-z]+)\b", text)) <= set(COMMANDS)


@pytest.mark.parametrize("name", [c for c in COMMANDS if c not in ("init", "demo")])
def test_a_command_of_a_project_takes_what_all_take(name: str) -> None:
    """--project, --now, -v, -q, --no-color; and what asks takes --yes. Of a group, each of its commands."""
    command = cli.digest.commands[name]
    members = list(command.commands.values()) if isinstance(command, click.Group) else [command]
    flags = set.intersection(*({flag for p in member.params for flag in p.opts} for member in members))
    assert {"--project", "--now", "-v", "-q", "--no-color"} <= flags
    if name in ("send", "resend", "cancel"):
        assert "--yes" in flags


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell: str) -> None:
    """Each shell gets a script, and names of commands are completed."""

    def asked(**more: str) -> str:
        environment = os.environ | more
        done = subprocess.run(
            [sys.executable, "-c", "import sys; from digest.cli import main; sys.argv = ['digest']; main()"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        return done.stdout

    assert "_DIGEST_COMPLETE" in asked(_DIGEST_COMPLETE=f"{shell}_source")
    words = {"COMP_WORDS": "digest sta", "COMP_CWORD": "sta" if shell == "fish" else "1"}
    assert "status" in asked(_DIGEST_COMPLETE=f"{shell}_complete", **words)
