"""A few ready messages, and what was answered to each: the preview send."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from digest.deliver import handful
from digest.deliver.transports import smtp
from digest.settings import Smtp
from tests.smtp_server import Drop, Moment, Say, SmtpServer

MESSAGE = b"Subject: x\r\n\r\nhello\r\n"


def test_each_answer_is_told_in_order() -> None:
    """Accepted, refused, in doubt: by address, with the server's words or ours; nobody is tried twice."""

    def script(moment: Moment) -> Any:
        if moment.step == "rcpt" and "r1@" in moment.address:
            return Say(550, "5.1.1 unknown")
        return Drop() if moment.step == "dot" and "r2@" in moment.address else None

    with SmtpServer(script=script) as server:
        options = Smtp(host="127.0.0.1", port=server.port, tls="none", timeout=3)
        with closing(smtp.open(options)) as transport:
            told = handful.send(transport, [("a@example.org", f"r{i}@example.net", MESSAGE) for i in range(3)])
    assert told[0] == ("r0@example.net", 250, "2.0.0 kept")
    assert told[1] == ("r1@example.net", 550, "5.1.1 unknown")
    assert told[2][:2] == ("r2@example.net", 0)
    assert told[2][2]
    assert len(server.messages) == 2
