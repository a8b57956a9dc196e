"""A ledger in a folder of its own, opened as often as a test likes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from digest.settings import State
from digest.store import sqlite
from digest.store.ledger import Store

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)


@pytest.fixture
def open_store(tmp_path: Path) -> Iterator[Callable[..., Store]]:
    """Open the ledger of the project in tmp_path; every one is closed in the end."""
    opened: list[Store] = []

    def open_(options: State | None = None, **fields: Any) -> Store:
        about: dict[str, Any] = {
            "project": tmp_path,
            "site": "default",
            "secret_fingerprint": "f",
            "machine": "mill",
            "boot_id": "boot-1",
            "pid": 1000,
            "now": NOW,
        }
        opened.append(sqlite.open(options or State(), **(about | fields)))
        return opened[-1]

    yield open_
    for store in opened:
        store.close()
