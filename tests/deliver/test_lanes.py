"""The loop over connections, at its edges: what breaks in the middle of a large message."""

from __future__ import annotations

import time
from contextlib import closing

from digest.deliver.transports import smtp
from digest.settings import Smtp
from digest.testing import ListFeed
from tests.smtp_server import Action, Drop, Moment, SmtpServer

LARGE = b"Subject: x\r\n\r\n" + b"all work and no play\r\n" * 400_000  # more than any socket takes at once


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
