"""Stamping as the sending loop does it: many readers, one stencil from frozen bytes, and what comes of it."""

from __future__ import annotations

from threading import Thread

from bench.stamp import SIZE, issue, stencil
from digest.render import mime
from digest.render.slots import Stencil

PEOPLE = [(f"reader.{i}@example.net", f"t{i:025d}", f"{i:032x}") for i in range(300)]


def test_no_reader_sees_another() -> None:
    """Of many messages of one stencil, each holds its own token and address and nobody else's."""
    ready = stencil(issue(8_000))
    for to, token, identity in PEOPLE:
        data = ready.stamp(to=to, token=token, message_id=identity)
        mime.check(data, mail_from="weekly@news.example.org", rcpt_to=to)
        assert data.count(token.encode()) == 6
        assert data.count(b"@example.net") == data.count(to.encode()) == 3


def test_threads_may_stamp_one_stencil() -> None:
    """A stencil keeps nothing of its readers, so that connections may share it."""
    ready = stencil(issue(8_000))
    alone = [ready.stamp(to=to, token=token, message_id=identity) for to, token, identity in PEOPLE]
    found: list[list[bytes]] = []

    def work() -> None:
        found.append([ready.stamp(to=to, token=token, message_id=identity) for to, token, identity in PEOPLE])

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [alone] * 4


def test_what_was_frozen_stamps_the_same() -> None:
    """From the ledger's bytes come the bytes that were looked at."""
    ready = stencil(issue())
    again = Stencil.from_bytes(ready.to_bytes())
    to, token, identity = PEOPLE[7]
    data = ready.stamp(to=to, token=token, message_id=identity)
    assert again.stamp(to=to, token=token, message_id=identity) == data
    assert abs(len(data) - SIZE) < 1_000
