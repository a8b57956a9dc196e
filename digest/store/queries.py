"""Finds the store's SQL by name. Lives here: reading .sql files, translating the schema's words. Not here: any SQL.

A file holds named queries: a line `-- name: x` opens one, and what follows up to the next is its text.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

__all__ = ["migrations", "query", "schema", "sqlite_words"]

FOLDER = Path(__file__).with_name("sql")
NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)

# The schema speaks PostgreSQL; SQLite says these things otherwise (STRICT: it checks types too, once asked).
SQLITE_WORDS = (
    ("BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "INTEGER PRIMARY KEY"),
    ("BIGINT", "INTEGER"),
    ("BYTEA", "BLOB"),
    ("\n); -- clustered", "\n) STRICT, WITHOUT ROWID;"),
    ("\n);", "\n) STRICT;"),
)


@cache
def _queries() -> dict[str, str]:
    found: dict[str, str] = {}
    for path in sorted(FOLDER.glob("*.sql")):
        parts = NAME.split(path.read_text(encoding="utf-8"))
        for name, text in zip(parts[1::2], parts[2::2], strict=True):
            found[name] = text.strip()
    return found


def query(name: str) -> str:
    """Give the text of the query of that name."""
    return _queries()[name]


def migrations() -> tuple[tuple[int, str, str], ...]:
    """List the migrations in order: number, name, text."""
    files = sorted((FOLDER / "migrations").glob("*.sql"))
    return tuple((int(p.stem[:4]), p.stem[5:], p.read_text(encoding="utf-8")) for p in files)


def schema() -> str:
    """Give the schema as it stands after every migration: for reading, and for the test that they agree."""
    return (FOLDER / "schema" / "schema.sql").read_text(encoding="utf-8")


def sqlite_words(ddl: str) -> str:
    """Say a schema in SQLite's words."""
    for word, meant in SQLITE_WORDS:
        ddl = ddl.replace(word, meant)
    return ddl
