"""The store on SQLite: opens it, brings it up to date, refuses what cannot be trusted. No query lives here.

WAL on a local disk, synchronous FULL: what a method returned from is on the disk. A network file system is refused.
`read_only` never makes a file: where there is no database, history is unknown and everything else is empty.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from digest.errors import StateRefused
from digest.settings import State
from digest.store.connection import Database, translated
from digest.store.disk import can_write, make_folder, refuse_network
from digest.store.ledger import Process, Store
from digest.store.migrations import bring_up_to_date, check_age
from digest.store.moments import to_moment
from digest.store.queries import query

__all__ = ["FILE", "open"]

FILE = "digest.sqlite3"
PATIENCE = 10.0  # seconds to wait for another process's transaction: the longest, a freeze of a million, takes a few


def open(  # noqa: A001 - the plugs' contract: every engine has an `open`
    options: State,
    *,
    project: Path,
    site: str,
    secret_fingerprint: str | None,
    machine: str,
    boot_id: str,
    pid: int,
    now: datetime,
    read_only: bool = False,
    patience: float = PATIENCE,
) -> Store:
    """Open the ledger of a project; raise StateRefused where it cannot be trusted, Locked where another is writing.

    `secret_fingerprint` None: the secret is not at hand, and nothing is checked against it.
    """
    if options.database:
        raise StateRefused(
            "[state] database names PostgreSQL, and this version keeps its ledger in SQLite alone",
            hint="Take the line out of digest.toml (or DIGEST_STATE_DATABASE out of the environment).",
        )
    folder = project / options.path
    path = folder / FILE
    process = Process(machine=machine, boot_id=boot_id, pid=pid)
    known = True
    if read_only:
        connection, known = _look(path, patience)
    else:
        connection = _connect(path, patience)
    database = Database(connection, path, site)
    try:
        if read_only and known:
            known = _check_readable(database, path)
        if not known:
            connection.close()
            database = Database(_empty(), None, site)
            bring_up_to_date(database, None, to_moment(now))
        elif not read_only:
            database.script(query("settings"))
            bring_up_to_date(database, path, to_moment(now))
        _check_secret(database, secret_fingerprint, to_moment(now), write=not read_only)
    except BaseException:
        database.close()
        raise
    return Store(database, folder, process, known=known)


def _connect(path: Path, patience: float) -> sqlite3.Connection:
    make_folder(path.parent)
    refuse_network(path.parent)
    made = not path.exists()
    if not made and not can_write(path):
        raise StateRefused(
            f"the ledger {path} cannot be written", hint="Give the user that runs digest the right to write it."
        )
    with translated(path):
        connection = sqlite3.connect(path, timeout=patience, isolation_level=None)
    if made:
        path.chmod(0o600)
    return connection


def _look(path: Path, patience: float) -> tuple[sqlite3.Connection, bool]:
    if not path.exists():
        return _empty(), False
    refuse_network(path.parent)
    name = str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")  # urllib.parse loads too much for this
    address = f"file:{name}?mode=ro"
    with translated(path):
        connection = sqlite3.connect(address, uri=True, timeout=patience, isolation_level=None)
        try:
            connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError as exc:
            connection.close()
            if exc.sqlite_errorcode == sqlite3.SQLITE_READONLY_ROLLBACK and can_write(path):
                _roll_back(path, patience)
                return _look(path, patience)
            # Without the right to make the WAL's index, a database can only be read as it lies; that is the truth
            # as long as no writer has left a WAL beside it.
            if _wal_size(path) or can_write(path.parent):
                raise
            connection = sqlite3.connect(f"{address}&immutable=1", uri=True, isolation_level=None)
        except sqlite3.DatabaseError:
            connection.close()
            raise
    return connection, True


def _roll_back(path: Path, patience: float) -> None:
    """A process died in the middle of its first writing: whoever may write and comes next takes that back."""
    with closing(sqlite3.connect(path, timeout=patience, isolation_level=None)) as connection:
        connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()


def _wal_size(path: Path) -> int:
    with suppress(FileNotFoundError):
        return path.with_name(path.name + "-wal").stat().st_size
    return 0


def _empty() -> sqlite3.Connection:
    return sqlite3.connect(":memory:", isolation_level=None)


def _check_readable(database: Database, path: Path) -> bool:
    """Say whether there is a history to read; refuse one that would have to be changed first."""
    if not database.all("tables"):
        return False
    if not check_age(database, path):
        raise StateRefused(
            f"{path} was written by an older version of digest and has to be brought up to date",
            hint="Any command that may write does it: `digest run`.",
        )
    return True


def _check_secret(database: Database, fingerprint: str | None, now: int, *, write: bool) -> None:
    if write and database.one("site_fingerprint") is None:
        database.run("site_make", now=now)
    found = database.one("site_fingerprint")
    stands = found[0] if found else None
    if fingerprint is None or stands == fingerprint:
        return
    if stands is not None:
        raise StateRefused(
            "DIGEST_SECRET is not the one this ledger was made with: every link already out would die",
            hint="Give digest the old secret again (DIGEST_SECRET, or the file in the state folder).",
        )
    if write:
        database.run("site_sign", fingerprint=fingerprint)
