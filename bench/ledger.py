"""The ledger alone: claiming and settling, beside a file that is appended to and synced twice a batch.

The file is the least that "the intent before the act, the result after it" costs where each is written by itself. A
run settles what was answered together with its next claim, so that it waits for the disk once.
"""

from __future__ import annotations

import os
import tempfile
from functools import partial
from pathlib import Path
from time import perf_counter

from bench import campaign
from bench.table import Row
from bench.turns import in_turn, rows, several
from digest.deliver.pace import LARGEST_BATCH
from digest.lifecycle import Event

__all__ = ["run"]

FILE = "a file, appended to and synced twice a batch"
GOAL = ">= 0.45"


def run(scale: float = 1.0, full: bool = False) -> list[Row]:
    """Measure with batches of the size that a fast run has; each round works on an issue of its own."""
    from digest import cli  # noqa: F401  # the command sets how often garbage is looked for

    count = several(50_000, scale)
    words = [f"2.0.0 queued as {row:012x}" for row in range(LARGEST_BATCH)]  # the relay makes them, not we

    def file() -> float:
        with tempfile.TemporaryDirectory(prefix="digest-bench-") as folder, Path(folder, "log").open("wb") as log:
            began = perf_counter()
            for first in range(0, count, LARGEST_BATCH):
                for mark in (b"?", b"!"):
                    log.write(b"".join([b"%d%b\n" % (row, mark) for row in range(first, first + LARGEST_BATCH)]))
                    log.flush()
                    os.fdatasync(log.fileno())
            return (perf_counter() - began) / count

    def ledger() -> float:
        with tempfile.TemporaryDirectory(prefix="digest-bench-") as folder:
            campaign.prepare(Path(folder), count, 1_000)
            store = campaign.opened(Path(folder))
            try:
                store.move(campaign.ISSUE_ID, 1, Event.BEGIN, campaign.NOW)
                began = perf_counter()
                claim = partial(store.claim, campaign.ISSUE_ID, 1, LARGEST_BATCH, campaign.NOW)
                batch = claim()
                while batch is not None:
                    results = [(row, Event.ACCEPTED, 250, words[row], None) for row in range(len(batch.entries))]
                    batch = claim(answered=[(batch, results)])
                return (perf_counter() - began) / count
            finally:
                store.close()

    found = in_turn({FILE: file, "claim and settle": ledger}, several(5, scale), warm_up=False)
    return rows("ledger", found, FILE, {"claim and settle": GOAL})
