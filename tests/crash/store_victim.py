"""Kills a sending process at every statement and every mark, and lets an heir go on. Run by test_store_crash.py.

For each point a child is forked that sends until it reaches the point and kills itself with SIGKILL; then the heir
opens the ledger, brings in what was left, and sends the rest. What really went out is in a file that each send appends
to: the truth that no ledger can be asked for. Prints one JSON list of what went wrong.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from digest.interfaces import Freeze, FrozenVariant
from digest.lifecycle import Event, IssueState
from digest.settings import State
from digest.store import sqlite
from digest.testing import occasion, post, subscriber

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
ISSUE = "weekly-2026-11-27"
PEOPLE = [f"reader{n}@example.org" for n in range(5)]


class Doom:
    """Counts the points a process passes, and ends it at the one that is its own."""

    def __init__(self, point: int | None) -> None:
        self.passed, self.point = 0, point

    def step(self, *_: object) -> None:
        self.passed += 1
        if self.passed == self.point:
            os.kill(os.getpid(), signal.SIGKILL)


def run(project: Path, doom: Doom, boot_id: str) -> Any:
    """One run, as the pipeline makes it: list, freeze, recover, begin, claim, send, settle, finish."""
    store = sqlite.open(
        State(),
        project=project,
        site="default",
        secret_fingerprint="f",
        machine="mill",
        boot_id=boot_id,
        pid=os.getpid(),
        now=NOW,
    )
    store._database._connection.set_trace_callback(doom.step)
    if store.list_digest("readers") is None:
        store.replace_list("readers", [subscriber(a, line=n) for n, a in enumerate(PEOPLE, 2)], "d", NOW)
    store.enroll("weekly", ["readers"], str, NOW)
    variant = FrozenVariant(
        variant="v", language="en", subject="s", html="", text="", mjml="", stencil=b"x", posts=("blog:posts/a.md",)
    )
    frozen = store.freeze(
        Freeze(
            occasion=occasion(),
            number=1,
            revision=1,
            subject="s",
            title="t",
            deadline=NOW + timedelta(days=3),
            posts=(post(),),
            variants=(variant,),
            lists=("readers",),
            assign={((), ""): 0},
        ),
        NOW,
    )
    store.recover(ISSUE, 1, NOW)
    if frozen.state is not IssueState.DONE:
        store.move(ISSUE, 1, Event.BEGIN, NOW)
        while (batch := store.claim(ISSUE, 1, 2, NOW)) is not None:
            results = []
            for row, entry in enumerate(batch.entries):
                doom.step()
                batch.marks[row] = 1
                doom.step()
                with (project / "wire").open("a") as wire:
                    wire.write(entry[1] + "\n")
                doom.step()
                batch.marks[row] = 2
                doom.step()
                results.append((row, "accepted", 250, "queued", None))
            store.settle(batch, results, NOW)
        store.move(ISSUE, 1, Event.FINISH, NOW)
    return store


def one_death(project: Path, point: int, boot_id: str) -> tuple[bool, list[str]]:
    """Die at a point, go on as the heir; say whether the point was reached, and what is wrong."""
    shutil.rmtree(project, ignore_errors=True)
    project.mkdir(parents=True)
    child = os.fork()
    if child == 0:
        run(project, Doom(point), "boot-1")
        os._exit(0)
    died = os.WIFSIGNALED(os.waitpid(child, 0)[1])
    store = run(project, Doom(None), boot_id)
    issue = store.issue(ISSUE)
    doubt = set(store.uncertain(ISSUE, 1))
    store.close()
    leftovers = list((project / ".digest").glob("marks-*"))
    wire = Counter((project / "wire").read_text().split()) if (project / "wire").exists() else Counter()
    wrong = [f"{address} got it {times} times" for address, times in wire.items() if times > 1]
    if set(PEOPLE) - set(wire) - doubt:
        wrong.append("somebody is forgotten")
    if issue.counts.list != len(PEOPLE) or issue.counts.sent + issue.counts.uncertain != len(PEOPLE):
        wrong.append(f"the sums are wrong: {issue.counts}")
    # At most the one on the wire, unless a reboot took the proof.
    if len(doubt) > (1 if boot_id == "boot-1" else 2):
        wrong.append(f"more doubt than there is cause for: {len(doubt)}")
    if issue.state is not IssueState.DONE:
        wrong.append(f"the issue is {issue.state}")
    if leftovers:
        wrong.append("a journal was left behind")
    return died, [f"point {point}, {boot_id}: {what}" for what in wrong]


def main(project: Path, boot_id: str, step: int) -> None:
    """Try every `step`-th point, until a child lives through."""
    wrong: list[str] = []
    point, died = 1, True
    while died:
        died, found = one_death(project, point, boot_id)
        wrong += found
        point += step
    print(json.dumps({"points": point - step, "wrong": wrong}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
