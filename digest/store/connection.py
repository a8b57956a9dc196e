"""The one way to the database: named queries in, rows out, foreign errors translated. Knows no table.

Rule for this file: nobody above it has heard of `sqlite3`. Another engine brings its own of this shape.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from digest.errors import Bug, DigestError, DiskFull, Locked, StateRefused
from digest.store.queries import query

__all__ = ["Database", "translated"]

# What SQLite says (primary result codes) and what it means to a person.
BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
SHUT = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}
BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
PRIMARY = 0xFF


class Database:
    """A connection that answers named queries of one site."""

    def __init__(self, connection: sqlite3.Connection, path: Path | None, site: str) -> None:
        self._connection, self._path, self.site = connection, path, site
        self._file = _identity(path)

    def all(self, name: str, /, **values: Any) -> list[tuple[Any, ...]]:
        """Every row of a query; `:site` is known to each."""
        values["site"] = self.site
        try:  # not `translated`: a batch asks a dozen times, and a generator each costs as much as the small queries do
            return self._connection.execute(query(name), values).fetchall()
        except sqlite3.Error as exc:
            raise _meaning(exc, self._path) from exc

    def one(self, name: str, /, **values: Any) -> tuple[Any, ...] | None:
        """The first row, or None."""
        values["site"] = self.site
        try:
            row: tuple[Any, ...] | None = self._connection.execute(query(name), values).fetchone()
        except sqlite3.Error as exc:
            raise _meaning(exc, self._path) from exc
        return row

    def run(self, name: str, /, **values: Any) -> int:
        """Change something; give how many rows it touched."""
        values["site"] = self.site
        try:
            return self._connection.execute(query(name), values).rowcount
        except sqlite3.Error as exc:
            raise _meaning(exc, self._path) from exc

    def many(self, name: str, rows: Iterable[Sequence[Any]]) -> int:
        """Change something once a row, by position; give how many rows it touched altogether."""
        try:
            return self._connection.executemany(query(name), rows).rowcount
        except sqlite3.Error as exc:
            raise _meaning(exc, self._path) from exc

    def script(self, text: str) -> None:
        """Run statements one after another, within the transaction that is open (executescript would commit it)."""
        with translated(self._path):
            for statement in _statements(text):
                self._connection.execute(statement)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, for writing; durable once it is left."""
        self._refuse_if_gone()
        try:
            self.run("begin")  # a Ctrl-C during it is told right behind it, and must find it undone
            yield
            self.run("commit")
        except BaseException:
            # SQLite itself has rolled back already where the disk was full.
            if self._connection.in_transaction:
                self.run("rollback")
            raise

    def _refuse_if_gone(self) -> None:
        """A file that was deleted or moved while it is open takes all that is written, and nobody reads it again."""
        if _identity(self._path) != self._file:
            raise StateRefused(
                f"the ledger {self._path} was taken away or replaced while it was in use",
                hint="Bring the state folder back before the next run: it knows who has had which issue.",
            )

    def close(self) -> None:
        """Let go. The last one to leave folds the WAL back into the database."""
        with translated(self._path):
            self._connection.close()


def _identity(path: Path | None) -> tuple[int, int] | None:
    try:
        found = None if path is None else path.stat()
    except OSError:
        return None
    return found and (found.st_dev, found.st_ino)


def _statements(text: str) -> Iterator[str]:
    statement = ""
    for line in text.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


@contextmanager
def translated(path: Path | None) -> Iterator[None]:
    """Say what SQLite says in the words of errors.py."""
    try:
        yield
    except sqlite3.Error as exc:
        raise _meaning(exc, path) from exc


def _meaning(exc: sqlite3.Error, path: Path | None) -> DigestError:
    code = getattr(exc, "sqlite_errorcode", 0) & PRIMARY
    if code in BUSY:
        return Locked(f"the ledger {path} is in use by another process", hint="Try again when that one has ended.")
    if code == sqlite3.SQLITE_FULL:
        return DiskFull(f"the disk is full: the ledger {path} could not be written", hint="Make room and run again.")
    if code == sqlite3.SQLITE_IOERR:
        return DiskFull(
            f"the ledger {path} could not be read or written ({exc}): the disk is full, over its quota, or failing",
            hint="Make room or look at the disk, then run again; what was recorded before still stands.",
        )
    if code in SHUT:
        return StateRefused(
            f"the ledger {path} cannot be opened or written ({exc})",
            hint=f"The user {os.geteuid()} must be able to write that file and its folder.",
        )
    if code in BROKEN:
        return StateRefused(
            f"{path} is no ledger, or a damaged one ({exc})",
            hint="Put a backup back in its place; do not delete it, it knows who has had which issue.",
        )
    return Bug(f"the ledger refused a query: {exc}")
