"""What every transport must do, whatever its kind: a plug's author adds one line to `KINDS` and runs this."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, is_dataclass
from importlib import import_module
from pathlib import Path

import pytest

import digest.deliver.transports
from digest.interfaces import Job, Transport
from digest.settings import Smtp
from digest.testing import ListFeed
from tests.smtp_server import PIPELINING, SmtpServer

KINDS = ("smtp", "smtp-one-by-one", "smtp-lanes", "eml", "maildir", "console")


@dataclass
class Way:
    """A transport under test, and how to see what came out."""

    transport: Transport
    arrived: Callable[[], list[bytes]] | None  # None: it keeps nothing


@pytest.fixture(params=KINDS)
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Way]:
    kind: str = request.param
    if kind.startswith("smtp"):
        features = () if kind == "smtp-one-by-one" else PIPELINING
        with SmtpServer(features=features) as server:
            connections = 4 if kind == "smtp-lanes" else 1
            options = Smtp(host="127.0.0.1", port=server.port, tls="none", connections=connections, timeout=5)
            with closing(module("smtp").open(options, user=None, password=None)) as transport:
                yield Way(transport, lambda: [kept.data for kept in server.messages])
    elif kind == "console":
        with closing(module("console").open(module("console").Options(), project=tmp_path)) as transport:
            yield Way(transport, None)
    else:
        options = module("file").Options(path=Path("out"), format=kind)
        folder = tmp_path / "out" / ("new" if kind == "maildir" else "")
        with closing(module("file").open(options, project=tmp_path)) as transport:
            yield Way(transport, lambda: [p.read_bytes() for p in folder.iterdir()] if folder.is_dir() else [])


def module(kind: str):  # type: ignore[no-untyped-def]
    return import_module(f"digest.deliver.transports.{kind}")


def letter(i: int, body: str = "hello") -> tuple[str, str, bytes]:
    head = f"To: <r{i}@example.net>\r\nMessage-ID: <id{i}@example.org>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
    return "a@example.org", f"r{i}@example.net", f"{head}\r\n{body}\r\n".encode()


def test_every_plug_has_its_shape() -> None:
    """A docstring, a frozen Options whose values have defaults, and `open`."""
    folder = Path(digest.deliver.transports.__path__[0])
    kinds = [p.stem for p in folder.glob("*.py") if p.stem != "__init__"]
    assert {"smtp", "file", "console"} <= set(kinds)
    for kind in kinds:
        plug = module(kind)
        assert plug.__doc__
        assert is_dataclass(plug.Options)
        assert plug.Options.__dataclass_params__.frozen  # type: ignore[attr-defined]
        plug.Options()
        assert callable(plug.open)


def test_every_job_has_exactly_one_reply_and_arrives_as_it_was(way: Way) -> None:
    """Each taken job is answered once, each body asked for once, and the octets are those that were handed over."""
    letters = [letter(i, f"line\r\n{'x' * 70}\r\n" * (i % 5)) for i in range(40)]
    feed = ListFeed(letters)
    way.transport.deliver(feed)
    assert sorted(r[0] for r in feed.replies) == list(range(40))
    assert all(step == "dot" and 200 <= code < 300 and text for _, step, code, text in feed.replies)
    assert sorted(feed.asked) == list(range(40))
    if way.arrived is not None:
        assert sorted(way.arrived()) == sorted(data for _, _, data in letters)


def test_nothing_to_send_is_nothing_sent(way: Way) -> None:
    """An empty feed ends at once."""
    feed = ListFeed([])
    way.transport.deliver(feed)
    assert feed.replies == []
    assert way.arrived is None or way.arrived() == []


def test_it_can_be_used_again_and_closed_twice(way: Way) -> None:
    """A second delivery over the same transport; close is idempotent."""
    for i in (0, 1):
        feed = ListFeed([letter(i)])
        way.transport.deliver(feed)
        assert [r[1] for r in feed.replies] == ["dot"]
    way.transport.close()
    way.transport.close()


class Waiting(ListFeed):
    """A feed that says "wait" before each job."""

    def __init__(self, count: int, seconds: float) -> None:
        super().__init__([letter(i) for i in range(count)])
        self.seconds, self.said, self.early = seconds, -1.0, 0

    def take(self, now: float) -> Job | float | None:
        if self.said < 0:
            self.said = now
            return self.seconds
        if now < self.said + self.seconds - 0.001:
            self.early += 1
            return self.said + self.seconds - now
        self.said = -1.0
        return super().take(now)


def test_a_wait_is_kept_and_is_no_busy_loop(way: Way) -> None:
    """Seconds to wait are waited, not asked away."""
    feed = Waiting(4, 0.03)
    way.transport.deliver(feed)
    assert len(feed.replies) == 4
    assert feed.early <= 8


def test_an_error_of_the_feed_comes_out_with_every_job_answered(way: Way) -> None:
    """The feed raises in the middle: the error is seen, and what was taken has had its reply."""

    class Broken(ListFeed):
        def body(self, row: int) -> bytes:
            if row == 5:
                raise ZeroDivisionError
            return super().body(row)

    feed = Broken([letter(i) for i in range(20)])
    with pytest.raises(ZeroDivisionError):
        way.transport.deliver(feed)
    taken = 20 - len(feed._waiting)
    assert sorted(r[0] for r in feed.replies) == list(range(taken))
    assert (5, "released") in [r[:2] for r in feed.replies]


def test_the_feed_is_asked_in_one_thread(way: Way) -> None:
    """A ledger belongs to the thread that opened it."""
    threads: set[int] = set()

    class Watched(ListFeed):
        def take(self, now: float) -> Job | float | None:
            threads.add(threading.get_ident())
            return super().take(now)

        def body(self, row: int) -> bytes:
            threads.add(threading.get_ident())
            return super().body(row)

    way.transport.deliver(Watched([letter(i) for i in range(30)]))
    assert threads == {threading.get_ident()}
