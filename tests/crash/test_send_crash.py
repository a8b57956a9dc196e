"""kill -9 at each step of a conversation, then run again: nobody twice, nobody forgotten, the doubtful by name."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from digest.deliver.transports import smtp
from digest.interfaces import FrozenIssue
from digest.settings import Smtp
from tests.deliver.issue_at_hand import ISSUE, counts, frozen, only, opened, readers, send
from tests.smtp_server import PIPELINING, Moment, Say, SmtpServer

pytestmark = pytest.mark.crash

PEOPLE = 90
SENDER = Path(__file__).with_name("send_issue.py")


class Killer:
    """A script of the server that kills the sender at one moment, and then says whatever it would have said."""

    def __init__(self, step: str, after: int) -> None:
        self.step, self.after, self.seen = step, after, 0
        self.process: subprocess.Popen[str] | None = None
        self.lock, self.started = threading.Lock(), threading.Event()

    def __call__(self, moment: Moment) -> Say | None:
        if moment.step != self.step:
            return None
        with self.lock:
            self.seen += 1
            if self.seen == self.after and self.started.wait(20) and self.process is not None:
                self.process.kill()
                self.process.wait()
        return None

    def start(self, folder: Path, port: int, connections: int) -> None:
        arguments = [sys.executable, str(SENDER), str(folder), str(port), str(connections), "boot"]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as self.process:
            self.started.set()
            self.process.wait(60)
        self.process = None


def made(folder: Path) -> None:
    with closing(opened(folder)) as store:
        frozen(store, readers(PEOPLE))


def again(folder: Path, port: int, boot: str = "boot") -> tuple[int, int, tuple[str, ...]]:
    """Run in this process to the end; gives (sent, uncertain, their names)."""
    with closing(opened(folder, boot=boot)) as store:
        issue = store.issue(ISSUE)
        assert isinstance(issue, FrozenIssue)
        with closing(smtp.open(Smtp(host="127.0.0.1", port=port, tls="none", timeout=5))) as transport:
            assert send(store, issue, transport).why == "done"
        sums = counts(store)
        assert sums == only(sent=sums.sent, uncertain=sums.uncertain)
        return sums.sent, sums.uncertain, store.uncertain(ISSUE, 1)


STEPS = ("greeting", "ehlo", "mail", "rcpt", "data", "body", "dot", "quit")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    ("features", "connections"), [(PIPELINING, 1), (PIPELINING, 3), ((), 1)], ids=["pipelined", "lanes", "one-by-one"]
)
def test_killed_at_a_step(tmp_path: Path, step: str, features: tuple[str, ...], connections: int) -> None:
    """Whatever the moment: at most one message a connection is in doubt, and only such as were on the wire."""
    made(tmp_path)
    late = 1 if step in ("greeting", "ehlo", "quit") else 40
    killer = Killer(step, late)
    with SmtpServer(script=killer, features=features) as server:
        killer.start(tmp_path, server.port, connections)
        assert killer.seen >= late, "the sender came to that moment"
        first = Counter(server.addresses())
        server.script = lambda _: None
        sent, doubt, names = again(tmp_path, server.port)
    got = Counter(server.addresses())
    assert max(got.values()) == 1, "nobody twice"
    assert sent + doubt == PEOPLE
    assert set(readers(PEOPLE)) - set(got) <= set(names), "nobody forgotten: who has nothing is named"
    assert doubt <= connections
    if step in ("greeting", "ehlo", "quit"):
        assert doubt == 0
    assert set(first) <= set(got)


def test_killed_after_a_reboot_the_whole_batch_is_in_doubt(tmp_path: Path) -> None:
    """Another boot: the marks prove nothing. Those in hand are named, the others get theirs, nobody twice."""
    made(tmp_path)
    killer = Killer("dot", 40)
    with SmtpServer(script=killer) as server:
        killer.start(tmp_path, server.port, 1)
        server.script = lambda _: None
        sent, doubt, names = again(tmp_path, server.port, boot="another")
    got = Counter(server.addresses())
    assert max(got.values()) == 1
    assert sent + doubt == PEOPLE
    assert 1 <= doubt <= 64, "no more than the batches in hand"
    assert set(readers(PEOPLE)) - set(got) <= set(names)


def test_killed_again_and_again(tmp_path: Path) -> None:
    """Every run dies after a few messages: it comes to an end all the same, and nobody gets two."""
    made(tmp_path)
    with SmtpServer() as server:
        for _ in range(5):
            killer = Killer("dot", 12)
            server.script = killer
            killer.start(tmp_path, server.port, 2)
        server.script = lambda _: None
        sent, doubt, _ = again(tmp_path, server.port)
    assert sent + doubt == PEOPLE
    assert 1 <= doubt <= 10
    assert max(Counter(server.addresses()).values()) == 1


def test_two_at_a_time_are_harmless(tmp_path: Path) -> None:
    """Two senders on one ledger, as two crons without the lock would be: rows are claimed once."""
    made(tmp_path)
    with SmtpServer() as server:
        killers = [Killer("never", 1) for _ in range(2)]
        run: Callable[[Killer], threading.Thread] = lambda k: threading.Thread(  # noqa: E731
            target=k.start, args=(tmp_path, server.port, 2)
        )
        threads = [run(k) for k in killers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    with closing(opened(tmp_path)) as store:
        assert counts(store) == only(sent=PEOPLE)
    assert Counter(server.addresses()) == Counter(readers(PEOPLE))
