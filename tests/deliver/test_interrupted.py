"""The second Ctrl-C comes between any two instructions: nobody gets it twice, nobody is forgotten, none is invented.

Python runs a signal's handler between two instructions. Here a trace function plays the handler: it raises
KeyboardInterrupt at one instruction of the sender, the transport or the store, and the next point is some further on.
"""

from __future__ import annotations

import gc
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from digest.deliver.transports import smtp
from digest.settings import Smtp
from tests.deliver.issue_at_hand import ISSUE, counts, frozen, only, opened, readers, send
from tests.smtp_server import Moment, Say, SmtpServer

PEOPLE = readers(9)
GONE = PEOPLE[4]
PLACES = ("/digest/deliver/", "/digest/store/")


class Handler:
    """Raise KeyboardInterrupt at one instruction of our own code; `passed` says how many there were."""

    def __init__(self, point: int) -> None:
        self.point, self.passed = point, 0
        self.place = ""

    def __call__(self, frame: FrameType, event: str, _: object) -> Any:
        if not any(place in frame.f_code.co_filename for place in PLACES):
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            self.passed += 1
            if self.passed == self.point:
                self.place = f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno} {frame.f_code.co_name}"
                raise KeyboardInterrupt
        return self


def script(moment: Moment) -> Say | None:
    return Say(550, "5.1.1 no such user") if (moment.step, moment.address) == ("rcpt", GONE) else None


def interrupted(folder: Path, port: int, point: int, connections: int) -> Handler:
    """Send until that instruction."""
    handler = Handler(point)
    with closing(opened(folder)) as store:
        store._database.script("PRAGMA synchronous = OFF;")  # no power is cut here
        issue = frozen(store, PEOPLE)
        options = Smtp(host="127.0.0.1", port=port, tls="none", timeout=5, connections=connections)
        with closing(smtp.open(options)) as transport, suppress(KeyboardInterrupt):
            sys.settrace(handler)
            try:
                send(store, issue, transport, batch_size=4)
            finally:
                sys.settrace(None)
    return handler


def finished(folder: Path, server: SmtpServer, handler: Handler) -> None:
    """Let a later run do the rest, and compare what arrived with the list."""
    with closing(opened(folder)) as store:
        issue = store.issue(ISSUE)
        assert issue is not None
        with closing(smtp.open(Smtp(host="127.0.0.1", port=server.port, tls="none", timeout=5))) as transport:
            assert send(store, issue, transport).why == "done"
        sums, doubt = counts(store), set(store.uncertain(ISSUE, 1))
    got = Counter(server.addresses())
    # Who is gone is suppressed first; interrupted behind it, the row finds the door shut when it is taken again.
    assert sums.failed + sums.suppressed == 1, handler.place
    assert sums == only(sent=sums.sent, uncertain=sums.uncertain, failed=sums.failed, suppressed=sums.suppressed)
    assert max(got.values()) == 1, f"twice, after {handler.place}"
    assert set(PEOPLE) - {GONE} - set(got) <= doubt, f"forgotten, after {handler.place}"
    assert sums.sent <= len(got), f"invented, after {handler.place}"


def sweep(tmp_path: Path, connections: int, points: Callable[[int], range]) -> int:
    """Interrupt at these points, of as many as a run that is left alone has; gives how many were tried."""
    with SmtpServer(script=script) as server:
        whole = interrupted(tmp_path / "whole", server.port, 0, connections)
        assert len(server.messages) == len(PEOPLE) - 1
        for point in points(whole.passed):
            server.messages.clear()
            folder = tmp_path / str(point)
            finished(folder, server, interrupted(folder, server.port, point, connections))
    return len(points(whole.passed))


# Between the two instructions that open a socket and keep it, an interrupt leaves the socket to the collector.
LEFT_OPEN = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")


@LEFT_OPEN
@pytest.mark.crash
@pytest.mark.parametrize("connections", [1, 3])
def test_at_instructions_all_over_the_run(tmp_path: Path, connections: int) -> None:
    """A sample of them, spread evenly."""
    assert sweep(tmp_path, connections, lambda all_: range(1 + connections, all_, max(1, all_ // 40))) > 30
    gc.collect()


@LEFT_OPEN
@pytest.mark.soak
def test_at_every_few_instructions(tmp_path: Path) -> None:
    """Thousands of them."""
    sweep(tmp_path, 1, lambda all_: range(1, all_, 3))
    gc.collect()
