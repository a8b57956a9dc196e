"""The run lock: one run at a time in a project. The kernel lets go of it with the process; there is no lease.

The file stays where it is: deleting it would let two runs hold two files of one name.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from digest.errors import Locked
from digest.store.disk import make_folder, translate_os_error

__all__ = ["RunLock", "holder"]

NAME = "run.lock"
# `holder` has to take the lock for an instant to see whether it can; a run that starts in that instant asks again.
TRIES, PAUSE = 5, 0.02


class RunLock:
    """Hold the lock of a state folder, from `with` to its end; raise Locked, naming the holder, where another does.

    `moved_from`: the machine of the run before, where that was another one: the folder has been moved, or copied. A
    machine is another one where both its name and its boot are: a reboot keeps the name, a container started anew the
    boot.
    """

    moved_from = ""

    def __init__(self, folder: Path, *, machine: str, boot_id: str, pid: int, now: datetime) -> None:
        self._path = folder / NAME
        self._note = {"pid": pid, "machine": machine, "boot_id": boot_id, "started": now.isoformat(timespec="seconds")}
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        make_folder(self._path.parent)
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as exc:
            raise translate_os_error(exc, f"the lock {self._path}") from exc
        file = os.fdopen(descriptor, "r+b", buffering=0)
        try:
            _take(file)
            self.moved_from = _elsewhere(_noted(self._path), self._note)
            file.truncate()
            file.write(json.dumps(self._note).encode() + b"\n")
        except BlockingIOError as exc:
            file.close()
            raise Locked(
                f"another run is at work: {_said(self._path) or 'it has not said who it is'}",
                hint="Nothing was done. `digest status --follow` shows how far it is.",
            ) from exc
        except OSError as exc:
            file.close()
            raise translate_os_error(exc, f"the lock {self._path}") from exc
        self._file = file
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _take(file: IO[bytes]) -> None:
    for _ in range(TRIES - 1):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(PAUSE)
        else:
            return
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def holder(folder: Path) -> str | None:
    """Say who holds the lock of a state folder, in words; None where nobody does. Makes and takes nothing."""
    path = folder / NAME
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _said(path) or "another run"
    except OSError:
        return None
    return None


def _noted(path: Path) -> dict[str, Any]:
    """What the last holder has written, which stays there after its end; nothing where that cannot be read."""
    try:
        note = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}


def _elsewhere(before: Mapping[str, Any], here: Mapping[str, Any]) -> str:
    """The machine of an earlier note, where that is another one; a boot that is not known is no boot in common."""
    machine, boot = before.get("machine", here["machine"]), before.get("boot_id")
    return "" if machine == here["machine"] or (boot and boot == here["boot_id"]) else str(machine)


def _said(path: Path) -> str:
    note = _noted(path)
    if not {"pid", "machine", "started"} <= note.keys():
        return ""
    return f"process {note['pid']} on {note['machine']}, since {note['started']}"
