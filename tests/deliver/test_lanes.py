"""The loop over connections, at its edges: what breaks in the middle of a large message."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from digest.deliver import lanes as lines
from digest.deliver.lanes import Lanes, Line
from digest.deliver.transports import smtp
from digest.errors import RelayUnreachable
from digest.settings import Smtp
from digest.testing import ListFeed
from tests.smtp_server import Action, Authority, Drop, Moment, Say, SmtpServer, Stall

LARGE = b"Subject: x\r\n\r\n" + b"all work and no play\r\n" * 400_000  # more than any socket takes at once


def plain(server: SmtpServer, **options: Any) -> smtp.Relay:
    return smtp.open(Smtp(**({"host": "localhost", "port": server.port, "tls": "none"} | options)))


def messages(count: int, body: bytes) -> list[tuple[str, str, bytes]]:
    return [("news@example.org", f"r{i}@example.net", body) for i in range(count)]


def test_a_line_that_breaks_in_the_middle_of_a_message_takes_no_other_with_it() -> None:
    """Nothing of its end has left: it goes again on another line, and those beside it are served."""

    def script(moment: Moment) -> Action:
        if (moment.step, moment.connection, moment.transaction) != ("body", 0, 1):
            return None
        time.sleep(0.3)  # the client's socket is full by then, and it waits to write
        return Drop(reset=True)

    with SmtpServer(script=script, features=("PIPELINING",)) as server:
        options = Smtp(host="localhost", port=server.port, tls="none", timeout=3, connections=2)
        with closing(smtp.open(options)) as transport:
            feed = ListFeed(messages(4, LARGE))
            transport.deliver(feed)
    ends = [reply[1] for reply in feed.replies]
    assert ends.count("released") >= 1
    assert ends.count("dot") + ends.count("released") == 4
    assert "lost" not in ends


# ------------------------------------------------------------------------------------------------ coming and going


@pytest.fixture
def late() -> Iterator[Callable[[], Line]]:
    """A relay that lets nobody in before the test is over; then it is too late."""
    over = threading.Event()

    def connect() -> Line:
        over.wait(10)
        raise RelayUnreachable("nobody is at home", hint="")

    yield connect
    over.set()


def test_a_wish_to_stop_is_heard_while_nobody_lets_us_in(late: Callable[[], Line]) -> None:
    """What waited for the line goes back, and the rest is not taken up."""
    feed = ListFeed(messages(3, b"Subject: x\r\n\r\n"))
    with closing(Lanes(late, unit=0.2, stop=lambda: True)) as lanes:
        lanes.deliver(feed)
    assert [reply[:2] for reply in feed.replies] == [(0, "released"), (1, "released"), (2, "released")]


def test_a_sign_in_that_never_ends_is_given_up(late: Callable[[], Line]) -> None:
    """Each step of it may be within its time, a relay that drips through them is not."""
    feed = ListFeed(messages(1, b"Subject: x\r\n\r\n"))
    with closing(Lanes(late, unit=0.02)) as lanes, pytest.raises(RelayUnreachable, match=r"within 0\.2 seconds"):
        lanes.deliver(feed)
    assert [reply[:2] for reply in feed.replies] == [(0, "released")]


def test_a_second_line_that_carries_nothing_is_not_counted_against_the_first() -> None:
    """It breaks before its first message, or at it: the other line carries all."""

    def script(moment: Moment) -> Action:
        return Drop() if moment.connection and moment.step == "mail" else None

    with SmtpServer(script=script) as server:
        options = Smtp(host="localhost", port=server.port, tls="none", timeout=3, connections=2)
        with closing(smtp.open(options)) as transport:
            feed = Again(messages(300, b"Subject: x\r\n\r\n"))
            transport.deliver(feed)
    assert len(server.messages) == 300
    assert server.connections > 1


class Again(ListFeed):
    """What was released goes again, as in a run."""

    def settle(self, replies: Any) -> None:
        self._waiting += [reply[0] for reply in replies if reply[1] == "released"]
        super().settle([reply for reply in replies if reply[1] != "released"])


def test_an_idle_line_that_is_closed_is_let_go() -> None:
    """It signed in when all that was left had been taken, after another line had carried and died: nothing failed."""
    ours, theirs = socket.socketpair()
    opened = 0

    def script(moment: Moment) -> Action:
        if (moment.step, moment.connection, moment.transaction) == ("mail", 0, 1):
            return Drop()
        if moment.step == "dot" and moment.address == "r9@example.net":
            time.sleep(0.4)
        return None

    with SmtpServer(script=script) as server, ours, theirs:
        relay = smtp.open(Smtp(host="localhost", port=server.port, tls="none", timeout=3, connections=2))

        def connect() -> Line:
            nonlocal opened
            opened += 1
            if opened < 3:
                return relay._sign_in()
            time.sleep(0.1)
            threading.Timer(0.1, theirs.shutdown, [socket.SHUT_RDWR]).start()
            return Line(sock=ours, features={"pipelining": ""})

        feed = Again(messages(10, b"Subject: x\r\n\r\n"))
        with closing(relay), closing(Lanes(connect, most=2, unit=1)) as lanes:
            lanes.deliver(feed)
    assert [reply[1] for reply in feed.replies] == ["dot"] * 10
    assert opened == 3


def test_closing_waits_for_a_goodbye_and_not_for_long() -> None:
    """A relay that does not answer QUIT is left after a moment."""

    def script(moment: Moment) -> Action:
        return Stall() if moment.step == "quit" else None

    with SmtpServer(script=script) as server:
        options = Smtp(host="localhost", port=server.port, tls="none", timeout=1, per_connection=1)
        transport = smtp.open(options)
        feed = ListFeed(messages(1, b"Subject: x\r\n\r\n"))
        transport.deliver(feed)
        began = time.monotonic()
        transport.close()
        assert time.monotonic() - began < 2
    assert [reply[1] for reply in feed.replies] == ["dot"]


class Deaf(socket.socket):
    """A socket that takes nothing more, and says nothing of why."""

    def send(self, *_: Any) -> int:  # type: ignore[override]
        raise BrokenPipeError(32, "Broken pipe")

    def sendmsg(self, *_: Any) -> int:  # type: ignore[override]
        raise BrokenPipeError(32, "Broken pipe")


def test_a_line_that_takes_nothing_and_gives_no_last_words() -> None:
    """The reason is then the socket's own."""
    feed = ListFeed(messages(1, b"Subject: x\r\n\r\n"))

    def connect() -> Line:
        ours, theirs = socket.socketpair()
        held.append(theirs)
        return Line(sock=Deaf(fileno=ours.detach()), features={"pipelining": ""})

    held: list[socket.socket] = []
    with closing(Lanes(connect)) as lanes:
        lanes.deliver(feed)
    for sock in held:
        sock.close()
    assert feed.replies == [(0, "released", 0, "the connection broke (Broken pipe)")]


@pytest.mark.parametrize("cork", [lines.CORK, None], ids=["corked", "elsewhere"])
def test_answers_and_messages_of_many_tls_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cork: int | None
) -> None:
    """An answer of 15 KB is read to its end at once: no select tells of what TLS has read already."""
    monkeypatch.setattr(lines, "CORK", cork)
    authority = Authority(tmp_path)

    def script(moment: Moment) -> Action:
        return Say(250, "\n".join(["2.0.0 " + "so be it " * 16] * 100)) if moment.step == "dot" else None

    with SmtpServer(script=script, tls="starttls", certificate=authority.certificate("localhost")) as server:
        options = Smtp(
            host="localhost", port=server.port, tls="starttls", ca_file=str(authority.file), timeout=3, connections=2
        )
        with closing(smtp.open(options)) as transport:
            feed = ListFeed(messages(20, b"Subject: x\r\n\r\n" + b"all work and no play\r\n" * 2_000))
            transport.deliver(feed)
    assert [reply[1] for reply in feed.replies] == ["dot"] * 20


class Stopped:
    """A selector in a process that is stopped once, while it waits, for longer than any answer may take."""

    def __init__(self, selector: Any, at: int, seconds: float) -> None:
        self._selector, self._left, self._seconds = selector, at, seconds

    def __getattr__(self, name: str) -> Any:
        return getattr(self._selector, name)

    def select(self, wait: float) -> Any:
        self._left -= 1
        if self._left == 0:
            time.sleep(self._seconds)
            return []  # as after SIGCONT: the time is up
        return self._selector.select(wait)


@pytest.mark.parametrize("at", [5, 8, 11])
def test_answers_that_came_while_we_were_stopped_count(at: int) -> None:
    """Who has waited too long is asked once more, before anybody is in doubt."""
    with SmtpServer() as server:
        transport = smtp.open(Smtp(host="localhost", port=server.port, tls="none", timeout=0.05, connections=2))
        transport._lanes._selector = Stopped(transport._lanes._selector, at, 1.0)
        feed = ListFeed(messages(30, b"Subject: x\r\n\r\n"))
        with closing(transport):
            transport.deliver(feed)
    assert [reply[1] for reply in feed.replies] == ["dot"] * 30


class Doubtful(ListFeed):
    """How many are in doubt at most if all ends while the feed is asked or told: then it may write to a disk."""

    most = 0

    def take(self, now: float) -> Any:
        self._look()
        return super().take(now)

    def settle(self, replies: Any) -> None:
        super().settle(replies)
        self._look()

    def _look(self) -> None:
        self.most = max(self.most, len(self.asked) - len(self.replies))


def test_no_more_are_in_doubt_than_there_are_lines() -> None:
    """A message is marked when it leaves: behind whatever the answers to others make us write."""
    feed = Doubtful(messages(600, b"Subject: x\r\n\r\n"))
    with SmtpServer() as server, closing(plain(server, connections=8)) as transport:
        transport.deliver(feed)
    assert 1 < feed.most <= 8


@pytest.mark.parametrize("early", ["flush", "flush-dot"])
def test_a_relay_that_throws_away_what_comes_early(early: str) -> None:
    """It never hears of what was said ahead: after one silence all is said one by one."""
    feed = Again(messages(12, b"Subject: x\r\n\r\n"))
    with SmtpServer(early=early) as server, closing(plain(server, timeout=0.05)) as transport:
        transport.deliver(feed)
    assert [reply[1] for reply in feed.replies] == ["dot"] * 12
    assert server.connections == 2


def test_a_line_that_has_said_quit_counts_until_it_is_closed() -> None:
    """A relay that allows two connections counts sockets, and not goodbyes."""
    lock, most, now = threading.Lock(), 0, 0

    def script(moment: Moment) -> Action:
        nonlocal most, now
        if moment.step == "quit":
            time.sleep(0.1)
        if moment.step in ("greeting", "quit"):
            with lock:
                now += 1 if moment.step == "greeting" else -1
                most = max(most, now)
        return None

    feed = Again(messages(16, b"Subject: x\r\n\r\n"))
    with SmtpServer(script=script) as server, closing(plain(server, connections=2, per_connection=2)) as transport:
        transport.deliver(feed)
    assert [reply[1] for reply in feed.replies] == ["dot"] * 16
    assert most == 2
