"""The journal of marks: one octet a row of a batch, in a file that outlives the process. Knows no table.

Rule for this file: an octet means something only to the claim whose mark stands in the header, on the boot that wrote
it, and once the writer is gone. The writer holds a lock on its file (flock); the kernel lets go of it with the
process, so that no lease and no clock decides who is dead.

A file is allocated in full and synced before the claim that names it commits: no full disk can take a mark away. It is
then used again, batch after batch, until its process closes the store.
"""

from __future__ import annotations

import fcntl
import mmap
import os
from collections.abc import MutableSequence
from pathlib import Path
from typing import cast

from digest.store.disk import translate_os_error

__all__ = ["MARK_LENGTH", "Journal", "is_held", "read_marks", "sweep"]

MARK_LENGTH = 16  # octets of ASCII in the header: the mark of the claim
PATTERN = "marks-*"


class Journal:
    """A file of marks that this process writes."""

    def __init__(self, folder: Path, name: str, rows: int) -> None:
        self.name, self.rows = name, rows
        path = folder / name
        try:
            self._file = path.open("x+b", buffering=0)
        except OSError as exc:
            raise translate_os_error(exc, f"the journal {path}") from exc
        try:
            size = MARK_LENGTH + rows
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.posix_fallocate(self._file.fileno(), 0, size)
            os.fsync(self._file.fileno())
            _sync_folder(folder)
            self._map = mmap.mmap(self._file.fileno(), size)
        except OSError as exc:
            self._file.close()
            path.unlink()
            raise translate_os_error(exc, f"the journal {path}") from exc
        self._path = path
        self._view: memoryview | None = None

    def begin(self, mark: str, rows: int) -> MutableSequence[int]:
        """Start a batch: every octet untouched, then the mark."""
        self._map[:] = mark.encode("ascii") + bytes(self.rows)
        self._view = memoryview(self._map)[MARK_LENGTH : MARK_LENGTH + rows]
        return cast("MutableSequence[int]", self._view)

    def end(self) -> None:
        """End the batch: whoever still holds its marks can write them no more."""
        if self._view is not None:
            self._view.release()
            self._view = None

    def remove(self) -> None:
        """Let go of the file and delete it; no claim names it any more."""
        self.abandon()
        self._path.unlink(missing_ok=True)

    def abandon(self) -> None:
        """Let go of the file and leave it: a claim still names it."""
        self.end()
        self._map.close()
        self._file.close()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Say whether the process that writes a journal is alive."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def read_marks(path: Path, mark: str, rows: int) -> bytes | None:
    """Read the octets that a dead process left; None where the file is missing, short or another claim's."""
    try:
        found = path.read_bytes()
    except OSError:
        return None
    if len(found) < MARK_LENGTH + rows or found[:MARK_LENGTH] != mark.encode("ascii"):
        return None
    return found[MARK_LENGTH : MARK_LENGTH + rows]


def sweep(folder: Path, named: set[str]) -> None:
    """Delete journals of dead processes that no claim names."""
    for path in folder.glob(PATTERN):
        if path.name not in named and not is_held(path):
            path.unlink(missing_ok=True)
