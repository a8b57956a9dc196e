"""Brings a database up to date, by number, and refuses one that is newer or not ours. Holds no table of its own."""

from __future__ import annotations

from pathlib import Path

from digest.errors import StateRefused
from digest.store.connection import Database
from digest.store.queries import migrations, sqlite_words

__all__ = ["bring_up_to_date", "check_age"]


def bring_up_to_date(database: Database, path: Path | None, now: int) -> None:
    """Apply what is missing, all in one transaction; two processes that try at once do it once."""
    if check_age(database, path):
        return
    with database.transaction():
        database.run("migration_table")
        done = _last(database)
        for number, name, text in [step for step in migrations() if step[0] > done]:
            database.script(sqlite_words(text))
            database.run("migration_add", number=number, name=name, now=now)


def check_age(database: Database, path: Path | None) -> bool:
    """Say whether the database is up to date; refuse a newer one, and a database that is no ledger."""
    tables = [name for (name,) in database.all("tables")]
    if "migration" not in tables:
        if tables:
            raise StateRefused(
                f"{path} is a database, but not one of digest",
                hint="Set [state] path to a folder of digest's own.",
            )
        return False
    newest = max(number for number, _, _ in migrations())
    if _last(database) > newest:
        raise StateRefused(
            f"{path} was written by a newer version of digest (schema {_last(database)}, this one knows {newest})",
            hint="Run that version, or a newer one.",
        )
    return _last(database) == newest


def _last(database: Database) -> int:
    row = database.one("migration_last")
    return row[0] if row else 0
