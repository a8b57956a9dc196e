"""A frozen issue in a real ledger and its sending, as the benchmarks measure them: the whole way of a run.

`prepare` makes a project's state with as many readers as wanted; `send` works it off as `digest run` does, from
beginning the issue to its report. What is not in the time: starting Python, importing libraries, freezing.
"""

from __future__ import annotations

import contextlib
import resource
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time, sleep
from typing import Any, cast

from bench import stamp
from digest.app import Clock
from digest.audience import tokens
from digest.deliver.pace import Pace
from digest.deliver.transports import smtp
from digest.interfaces import Batch, Entry, Freeze, FrozenIssue, FrozenVariant, Ledger, Roster, Settled
from digest.lifecycle import Event
from digest.model import Counts, Subscriber
from digest.pipeline import work
from digest.settings import Config, Newsletter, Plug, Sender, Smtp, State
from digest.store import sqlite
from digest.store.ledger import Store
from digest.testing import occasion, post

__all__ = [
    "ISSUE_ID",
    "NEWSLETTER",
    "NOW",
    "SECRET",
    "Forgetful",
    "Relay",
    "Sent",
    "freeze",
    "opened",
    "peak",
    "people",
    "prepare",
    "send",
]

NOW = datetime(2026, 11, 27, 8, 1, tzinfo=UTC)
NEWSLETTER = Newsletter(name="weekly", title="Example Weekly", lists=("readers",))
ISSUE_ID = "weekly-2026-11-27"
SECRET = "a secret of the benchmarks alone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """Where to send: a port of this machine."""

    port: int
    connections: int = 10
    tls: str = "none"
    ca_file: str = ""
    user: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What a run took. `peak` is the process's memory at its highest, in octets."""

    messages: int
    seconds: float
    cpu: float
    peak: int


def opened(folder: Path) -> Store:
    """Open the ledger of the project in `folder`, as `app` does."""
    return sqlite.open(
        State(),
        project=folder,
        site="default",
        secret_fingerprint=tokens.fingerprint(SECRET),
        machine="bench",
        boot_id="bench",
        pid=1,
        now=NOW,
    )


def people(count: int) -> Iterator[Subscriber]:
    """Make readers as the list reader gives them, one after the other."""
    for i in range(count):
        address = f"reader.{i}@example.net"
        yield Subscriber(address=address, key=address, line=i + 2)


def freeze(store: Store, stencil: bytes) -> FrozenIssue:
    """Freeze the issue for everyone on the list."""
    variant = FrozenVariant(
        variant="v", language="en", subject="S", html="", text="", mjml="", stencil=stencil, posts=("blog:posts/a.md",)
    )
    return store.freeze(
        Freeze(
            occasion=occasion(),
            number=1,
            revision=1,
            subject="S",
            title="Example Weekly",
            deadline=NOW + timedelta(days=3),
            posts=(post(),),
            variants=(variant,),
            lists=("readers",),
            assign={((), ""): 0},
        ),
        NOW,
    )


def prepare(folder: Path, count: int, size: int = stamp.SIZE) -> None:
    """Make the ledger of a project with an issue of about `size` octets, frozen for `count` readers."""
    store = opened(folder)
    try:
        store.replace_list("readers", people(count), "digest", NOW)
        key = tokens.keys(SECRET).links
        store.enroll("weekly", ("readers",), lambda reader: tokens.token(key, "weekly", reader), NOW)
        freeze(store, stamp.stencil(stamp.issue(size)).to_bytes())
    finally:
        store.close()


def send(folder: Path, relay: Relay, *, ledger: Store | Forgetful | None = None) -> Sent:
    """Work the issue off, and take the time from its beginning to its report."""
    import yagmail  # noqa: F401  # ahead of the clock, like the interpreter's own start

    from digest import cli  # noqa: F401  # the command sets how often garbage is looked for

    options = Smtp(
        host="127.0.0.1",
        port=relay.port,
        tls=relay.tls,
        ca_file=relay.ca_file,
        connections=relay.connections,
    )
    sender = Sender(name="Example Weekly", address="weekly@news.example.org", unsubscribe="u@news.example.org")
    config = Config(
        root=folder,
        file=folder / "digest.toml",
        sender=sender,
        transport=Plug(name="smtp", kind="smtp", options=options),
        newsletters=(NEWSLETTER,),
    )
    store = ledger or opened(folder)
    hands = work.Hands(
        config=config,
        ledger=cast("Ledger", store),  # Forgetful has what a run asks for
        roster=cast("Roster", store),
        transport=lambda: smtp.open(options, user=relay.user or None, password="secret" if relay.user else None),
        clock=Clock(NOW),
        sleep=sleep,
        stop=lambda: False,
        keys=tokens.keys(SECRET),
        pace=Pace.of(options),
    )
    try:
        issue = store.issue(ISSUE_ID)
        assert issue is not None, "prepare has frozen it"
        began, used = perf_counter(), process_time()
        report = work.work_off(hands, NEWSLETTER, issue)
        seconds, cpu = perf_counter() - began, process_time() - used
        if report.state != "done":
            raise SystemExit(f"the run ended {report.state}: {report.reason} {report.notes}")
    finally:
        store.close()
    return Sent(messages=report.counts.sent, seconds=seconds, cpu=cpu, peak=peak())


def peak() -> int:
    """This process's memory at its highest, in octets.

    Linux's own figure where it is to be had: ru_maxrss of a child begins at what its parent had.
    """
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


class InMemory:
    """A batch of `Forgetful`."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = entries
        self.marks = bytearray(len(entries))


class Forgetful:
    """A ledger that writes no delivery down: what sending costs without one. It serves one issue of `count` readers.

    All that a run asks besides is answered by a real ledger, in which nobody stands.
    """

    def __init__(self, count: int, size: int = stamp.SIZE) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="digest-bench-")
        prepare(Path(self._folder.name), 0, size)
        self._store = opened(Path(self._folder.name))
        key = tokens.keys(SECRET).links
        self._rows = [
            (person.line, person.address, tokens.token(key, "weekly", person.key), 0, 0) for person in people(count)
        ]
        self._claimed = self._sent = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def _counted(self, issue: FrozenIssue) -> FrozenIssue:
        count = len(self._rows)
        return replace(issue, counts=Counts(list=count, queued=count - self._sent, sent=self._sent))

    def issue(self, issue: str, revision: int | None = None) -> FrozenIssue:
        found = self._store.issue(issue, revision)
        assert found is not None
        return self._counted(found)

    def move(self, issue: str, revision: int, event: Event, now: datetime, **more: Any) -> FrozenIssue:
        return self._counted(self._store.move(issue, revision, event, now, **more))

    def claim(
        self,
        issue: str,
        revision: int,
        limit: int,
        now: datetime,
        *,
        answered: Sequence[tuple[Batch, Sequence[Settled]]] = (),
    ) -> InMemory | None:
        self._sent += sum(len(results) for _, results in answered)
        entries = self._rows[self._claimed : self._claimed + limit]
        self._claimed += len(entries)
        return InMemory(entries) if entries else None

    def settle(self, batch: Batch, results: Sequence[Settled], now: datetime) -> None:
        self._sent += len(results)

    def close(self) -> None:
        self._store.close()
        self._folder.cleanup()
