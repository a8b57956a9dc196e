"""What is refused before anything is sent: a what-if clock near a real relay, and a past that nobody knows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from digest.errors import NoHistory, UsageError
from digest.settings import Config, Newsletter, Smtp

__all__ = ["no_history", "unknown_past", "what_if"]

LOOPBACK = ("localhost", "127.", "::1", "[::1]")


def what_if(config: Config, *, far_off: bool) -> None:
    """Refuse a clock that is over an hour off where it could reach a relay that is not on this machine."""
    options = config.transport.options if config.transport else None
    if far_off and isinstance(options, Smtp) and not options.host.startswith(LOOPBACK):
        raise UsageError(
            "that is a what-if clock: add --dry-run", hint=f"--now is far off, and {options.host} is a real relay"
        )


def unknown_past(config: Config, environment: Mapping[str, str], state_folder: Path, ledger: str) -> bool:
    """True where nothing speaks for a first issue: a CI runner, [state] required, a state folder that nobody made."""
    if config.state.required or environment.get("CI", "") not in ("", "0", "false"):
        return True
    return not (state_folder / ledger).exists() and not (state_folder / "secret").exists()


def no_history(newsletter: Newsletter, state_folder: Path) -> NoHistory:
    """Say that a newsletter's past is unknown, and what to do."""
    return NoHistory(
        f"there is no history of {newsletter.name} here, and it may have been sent before: nothing was sent",
        file=str(state_folder),
        hint="bring the state folder back (a backup, the other machine), or say --first-issue if it never was",
    )
