"""A frozen issue in a real ledger, for tests of sending: made small, or with thousands of readers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from digest.deliver import sender
from digest.deliver.pace import Pace
from digest.interfaces import Freeze, FrozenIssue, FrozenVariant, Transport
from digest.lifecycle import Event
from digest.model import Counts
from digest.settings import State
from digest.store import sqlite
from digest.store.ledger import Store
from digest.testing import occasion, post, subscriber

NOW = datetime(2026, 11, 27, 8, 1, tzinfo=UTC)
ISSUE = "weekly-2026-11-27"


def readers(count: int) -> list[str]:
    return [f"r{i}@example.net" for i in range(count)]


def opened(folder: Path, *, boot: str = "boot", now: datetime = NOW) -> Store:
    return sqlite.open(
        State(),
        project=folder,
        site="default",
        secret_fingerprint=None,
        machine="test",
        boot_id=boot,
        pid=1,
        now=now,
    )


def frozen(store: Store, addresses: Iterable[str], *, deadline: timedelta = timedelta(days=3)) -> FrozenIssue:
    """Freeze one issue for these people and begin it."""
    rows = [subscriber(a, line=i) for i, a in enumerate(addresses, start=2)]
    store.replace_list("readers", rows, "digest", NOW)
    store.enroll("weekly", ("readers",), lambda key: f"token-{key}", NOW)
    variant = FrozenVariant(
        variant="v", language="en", subject="S", html="", text="", mjml="", stencil=b"", posts=("blog:posts/a.md",)
    )
    store.freeze(
        Freeze(
            occasion=occasion(),
            number=1,
            revision=1,
            subject="S",
            title="Example Weekly",
            deadline=NOW + deadline,
            posts=(post(),),
            variants=(variant,),
            lists=("readers",),
            assign={((), ""): 0},
        ),
        NOW,
    )
    return store.move(ISSUE, 1, Event.BEGIN, NOW)


def stamp(variant: int, address: str, token: str) -> bytes:
    """What a reader gets: small, and different for each."""
    return (
        f"From: news@example.org\r\nTo: <{address}>\r\nMessage-ID: <{token}@example.org>\r\n"
        f"Subject: The week\r\n\r\nHello {address}.\r\n"
    ).encode()


def send(
    store: Store,
    issue: FrozenIssue,
    transport: Transport,
    *,
    now: datetime | Callable[[], datetime] = NOW,
    pace: Pace | None = None,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[Counts], None] | None = None,
    body: Callable[[int, str, str], bytes] = stamp,
    **more: int,
) -> sender.Result:
    """Deliver with the usual arguments."""
    return sender.deliver(
        ledger=store,
        roster=store,
        issue=issue,
        transport=transport,
        body=body,
        mail_from=lambda token: b"news@example.org",
        clock=now if callable(now) else lambda: now,
        pace=pace or Pace(),
        stop=stop,
        progress=progress,
        **more,
    )


def counts(store: Store) -> Counts:
    found = store.issue(ISSUE)
    assert found is not None
    sums = found.counts
    assert sums.list == sum(getattr(sums, f) for f in Counts.__slots__ if f != "list"), "sums add up"
    return sums


def only(**sums: int) -> Counts:
    """Counts with nothing else in them."""
    return replace(Counts(**sums), list=sum(sums.values()))
