"""Secrets: how a relay is signed in to, and the key that signs links. Looked up in a fixed order, never asked for.

Under cron there is nobody to answer: nothing here reads a terminal, and whatever might ask runs without one and with
a time limit. What is found is never shown, logged or put into a message.
"""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from digest.errors import SecretMissing, StateRefused
from digest.settings import Config, Smtp

__all__ = ["Credentials", "relay", "signing_secret", "weakness"]

USER, PASSWORD, SECRET = "DIGEST_SMTP_USER", "DIGEST_SMTP_PASSWORD", "DIGEST_SECRET"
ENV_FILE, SECRET_FILE = "secrets.env", "secret"
PATIENCE = 30.0  # seconds for a command
PATIENCE_OF_A_PERSON = 180.0  # seconds, where one may have to type into an agent's window
SHORT = 16  # octets; below it a secret can be guessed offline from one link


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """How to sign in; no user means not at all. `origin` says where the password is from."""

    user: str = ""
    password: str = field(default="", repr=False)
    origin: str = ""


def relay(config: Config, environment: Mapping[str, str], *, interactive: bool = False) -> Credentials:
    """Find the relay's user and password: environment, secrets.env, password_command, keyring, in this order.

    No user anywhere means no sign-in (a local relay). Raises SecretMissing where there is a user without a password,
    StateRefused where others can read secrets.env. `interactive` gives a command time for a person's answer.
    """
    options = config.transport.options if config.transport else None
    if not isinstance(options, Smtp):
        return Credentials(origin="no relay")
    user, password = environment.get(USER, ""), environment.get(PASSWORD, "")
    if user and password:
        return Credentials(user=user, password=password, origin=PASSWORD)
    kept = _secrets_env(config)
    user = user or kept.get(USER, "")
    if password:
        return _signed(user, password, PASSWORD)
    if kept.get(PASSWORD):
        return _signed(user, kept[PASSWORD], ENV_FILE)
    if not user:
        if options.password_command:
            raise SecretMissing("[smtp] password_command is set, but no user to sign in as", hint=f"set {USER} as well")
        return Credentials(origin="no user")
    if options.oauth2_file:
        return Credentials(user=user, origin="smtp.oauth2_file")
    if options.password_command:
        found = _command(options.password_command, config.root, environment, interactive=interactive)
        return Credentials(user=user, password=found, origin="smtp.password_command")
    if password := _keyring(user, config.root, environment):
        return Credentials(user=user, password=password, origin="keyring")
    raise SecretMissing(
        f"the relay's password is nowhere to be found, though {USER} is set",
        hint=f"set {PASSWORD}, or write it into {_shown(config, ENV_FILE)}, or set [smtp] password_command, "
        f"or store it with: keyring set digest {user}",
    )


def _signed(user: str, password: str, origin: str) -> Credentials:
    if not user:
        raise SecretMissing(f"{origin} has a password, but the relay's user is missing", hint=f"set {USER} as well")
    return Credentials(user=user, password=password, origin=origin)


# ------------------------------------------------------------------------------------------------ signing


def signing_secret(config: Config, environment: Mapping[str, str], *, create: bool) -> bytes | None:
    """Find the key that signs links: DIGEST_SECRET, secrets.env, else the state folder's file; None where none is.

    `create` makes one in the state folder then, and never gives None: only who may write there asks for it, because
    with another secret the links that are out already would die.
    """
    text = environment.get(SECRET, "").strip() or _secrets_env(config).get(SECRET, "")
    if text:
        return text.encode()
    file = _folder(config) / SECRET_FILE
    found = _private(file, config)
    if found is None and create:
        _make_secret(file, config)
        found = _private(file, config)
    if found is None:
        return None
    if not found.strip():
        raise StateRefused(f"{_shown(config, SECRET_FILE)} is empty", hint="restore it from a backup, or remove it")
    return found.strip()


def weakness(secret: bytes) -> str:
    """Say in one sentence why a secret is weak; nothing where it is not."""
    if len(secret) >= SHORT:
        return ""
    return (
        f"{SECRET} has {len(secret)} characters: use {SHORT} or more, as openssl rand -hex 32 prints them "
        "(a new one ends the links of mails already out)"
    )


def _make_secret(file: Path, config: Config) -> None:
    """Write a new secret whole or not at all; where another process was first, its secret stands."""
    draft = file.with_name(f"{file.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _new_private(draft) as stream:
            stream.write(os.urandom(32).hex().encode() + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
        with suppress(FileExistsError):
            file.hardlink_to(draft)  # unlike a rename, a link never takes the place of a file that is there
    except OSError as exc:
        raise StateRefused(
            f"{_shown(config, SECRET_FILE)} cannot be written: {exc.strerror}",
            hint="make the state folder writable, or name another in [state] path",
        ) from exc
    finally:
        with suppress(OSError):
            draft.unlink()


def _new_private(file: Path) -> BinaryIO:
    """A new file that only its owner may read, from its first moment on."""
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


# ------------------------------------------------------------------------------------------------ files


def _folder(config: Config) -> Path:
    return config.root / config.state.path


def _shown(config: Config, name: str) -> str:
    return str(config.state.path / name)


def _private(file: Path, config: Config) -> bytes | None:
    """Read a file that only its owner may read; None where there is none. Raises StateRefused."""
    shown = _shown(config, file.name)
    try:
        handle = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))  # a pipe in its place must not hang us
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as exc:
        raise StateRefused(f"{shown} cannot be read: {exc.strerror}", hint=f"look at its owner: {file}") from exc
    try:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode):
            raise StateRefused(f"{shown} is no file", hint="remove it")
        if os.name == "posix" and about.st_mode & 0o077:
            raise StateRefused(f"{shown} can be read by others", hint=f"chmod 600 {file}")
        with os.fdopen(handle, "rb", closefd=False) as stream:
            return stream.read()
    finally:
        os.close(handle)


def _secrets_env(config: Config) -> dict[str, str]:
    """The pairs of secrets.env: NAME=value lines, as a shell or systemd reads them."""
    content = _private(_folder(config) / ENV_FILE, config)
    pairs: dict[str, str] = {}
    for number, line in enumerate((content or b"").decode("utf-8-sig", "surrogateescape").splitlines(), 1):
        text = line.strip().removeprefix("export ").strip()
        if not text or text.startswith("#"):
            continue
        name, sign, value = text.partition("=")
        if not sign or not name.strip().isidentifier():
            raise StateRefused(  # the line itself is never shown: it may hold a password
                "is not a line NAME=value", hint=f"write {PASSWORD}=…", file=_shown(config, ENV_FILE), line=number
            )
        pairs[name.strip()] = _unquoted(value.strip())
    return pairs


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value


# ------------------------------------------------------------------------------------------------ programs


def _command(words: Sequence[str], root: Path, environment: Mapping[str, str], *, interactive: bool) -> str:
    """The first line that password_command prints. No shell; its own words are shown where it fails."""
    patience = PATIENCE_OF_A_PERSON if interactive else PATIENCE
    try:
        code, out, err = _run(words, root, environment, patience)
    except OSError as exc:
        raise SecretMissing(
            f'smtp.password_command: "{words[0]}" cannot be run: {exc.strerror}',
            hint="name a program and its arguments; it runs without a shell",
        ) from exc
    said = err.strip()[-500:]
    if code is None:
        raise SecretMissing(
            f'smtp.password_command: "{words[0]}" gave no answer in {patience:g} seconds'
            + (f": {said}" if said else ""),
            hint="it must not ask anything: there is nobody to answer",
        )
    password = out.splitlines()[0] if out.strip() else ""
    if code != 0 or not password:
        what = f"ended with exit code {code}" if code else "printed nothing"
        raise SecretMissing(
            f'smtp.password_command: "{words[0]}" {what}' + (f": {said}" if said else ""),
            hint="run it yourself: it must print the password on its first line",
        )
    return password


def _keyring(user: str, root: Path, environment: Mapping[str, str]) -> str:
    """What the keyring has under the service `digest`; nothing where it has none, is not installed, or would ask.

    It runs as a program of its own, without terminal and display, because a locked keyring prompts by itself.
    """
    program = shutil.which("keyring", path=environment.get("PATH", os.defpath))
    words = [program] if program else _keyring_module()
    if not words:
        return ""
    mute = {k: v for k, v in environment.items() if k not in {"DISPLAY", "WAYLAND_DISPLAY", "SSH_TTY"}}
    try:
        code, out, _ = _run([*words, "get", "digest", user], root, mute, PATIENCE)
    except OSError:
        return ""
    return out.rstrip("\r\n") if code == 0 else ""


def _keyring_module() -> list[str]:
    from importlib.util import find_spec

    return [sys.executable, "-m", "keyring"] if find_spec("keyring") else []


def _run(
    words: Sequence[str], root: Path, environment: Mapping[str, str], patience: float
) -> tuple[int | None, str, str]:
    """Run a program in a session of its own, so that it has no terminal to ask; exit code None: it took too long."""
    with subprocess.Popen(  # noqa: S603 - the words are the owner's configuration, and no shell reads them
        list(words),
        cwd=root,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            out, err = process.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # with whatever it started itself; not reaped yet, so it is there
            out, err = process.communicate()
            return None, out, err
        return process.returncode, out, err
