"""The local inbox: real SMTP, kept whole, on loopback only."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from digest.deliver import sink as sinks
from digest.deliver.faults import Faults, parse
from digest.deliver.sink import Sink
from digest.deliver.transports import smtp
from digest.errors import ConfigError, UsageError
from digest.settings import Smtp
from digest.testing import ListFeed

DATA = b"Subject: x\r\n\r\n.starts with a dot\r\n"


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Sink]:
    with Sink(tmp_path) as found:
        yield found


def talk(inbox: Sink, *lines: bytes) -> list[bytes]:
    """Send everything in one flight; give the lines of the answers until it closes."""
    with socket.create_connection((inbox.host, inbox.port)) as sock:
        sock.sendall(b"".join(lines))
        with sock.makefile("rb") as file:
            return file.read().splitlines()


def codes(answers: list[bytes]) -> list[bytes]:
    return [line[:3] for line in answers if line[3:4] != b"-"]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.org", "::", ""])
def test_it_binds_to_loopback_only(tmp_path: Path, host: str) -> None:
    """Anything else is refused before a socket is opened."""
    with pytest.raises(UsageError, match="not on this machine"):
        Sink(tmp_path, host=host)


def test_a_port_in_use_is_told(inbox: Sink, tmp_path: Path) -> None:
    """In words, not as a traceback."""
    with pytest.raises(ConfigError, match=str(inbox.port)):
        Sink(tmp_path, port=inbox.port)


def test_our_own_transport_delivers_into_it(inbox: Sink) -> None:
    """All of it over four pipelined lines; each message as it was, with its envelope on top."""
    feed = ListFeed([("a@example.org", f"r{i}@example.net", b"Subject: %d\r\n\r\nhi\r\n" % i) for i in range(50)])
    with closing(smtp.open(Smtp(host="127.0.0.1", port=inbox.port, tls="none", connections=4))) as transport:
        transport.deliver(feed)
    assert len(inbox.messages()) == 50
    found = {p.read_bytes() for p in inbox.messages()}
    assert b"Return-Path: <a@example.org>\r\nDelivered-To: r7@example.net\r\nSubject: 7\r\n\r\nhi\r\n" in found


def test_another_client_delivers_into_it(inbox: Sink) -> None:
    """smtplib with SMTPUTF8, two recipients, and dots."""
    with smtplib.SMTP(inbox.host, inbox.port) as client:
        client.sendmail("a@example.org", ["grüße@example.net", "b@example.net"], DATA, ["SMTPUTF8", "BODY=8BITMIME"])
    bodies = [p.read_bytes() for p in inbox.messages()]
    assert len(bodies) == 2
    assert all(b.endswith(DATA) for b in bodies)
    assert any("Delivered-To: grüße@example.net".encode() in b for b in bodies)


def test_it_offers_what_it_does(inbox: Sink) -> None:
    """PIPELINING, 8BITMIME, SMTPUTF8, SIZE."""
    answer = b"\n".join(talk(inbox, b"EHLO x\r\n", b"QUIT\r\n"))
    for word in (b"PIPELINING", b"8BITMIME", b"SMTPUTF8", b"SIZE"):
        assert word in answer


def test_commands_out_of_order_are_refused(inbox: Sink) -> None:
    """503 and 501, in a conversation that goes on; a message in it is kept."""
    said = (
        "HELO x|RCPT TO:<a@b>|DATA|MAIL TO:<a@b>|MAIL FROM:<a@b>|MAIL FROM:<a@b>|DATA|RCPT TO:<>|RCPT FROM:<a@b>|"
        "RCPT TO:<a@b>|RSET|VRFY x|NOOP|MAIL FROM:<>|RCPT TO:<a@b>|DATA|x: y||.|QUIT|"
    )
    answers = talk(inbox, said.replace("|", "\r\n").encode())
    assert codes(answers) == (b"220 250 503 503 501 250 503 503 501 501 250 250 502 250 250 250 354 250 221".split())
    assert [p.read_bytes() for p in inbox.messages()] == [b"Return-Path: <>\r\nDelivered-To: a@b\r\nx: y\r\n\r\n"]


def test_what_is_too_large_is_refused(inbox: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the size announced, and by the size that comes."""
    monkeypatch.setattr(sinks, "LARGEST", 20)
    answers = talk(
        inbox, b"EHLO x\r\n", b"MAIL FROM:<a@b> SIZE=21\r\n", b"MAIL FROM:<a@b>\r\n", b"RCPT TO:<a@b>\r\n", b"DATA\r\n",
        b"x" * 30 + b"\r\n.\r\n", b"QUIT\r\n",
    )  # fmt: skip
    assert codes(answers) == b"220 250 552 250 250 354 552 221".split()
    assert inbox.messages() == ()


def test_an_endless_line_and_a_client_that_leaves(inbox: Sink) -> None:
    """Neither keeps anything, nor breaks the server."""
    assert codes(talk(inbox, b"x" * 5000 + b"\r\n")) == [b"220", b"500"]
    with socket.create_connection((inbox.host, inbox.port)) as sock:
        sock.sendall(b"HELO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\nhalf a mess")
    assert codes(talk(inbox, b"QUIT\r\n")) == [b"220", b"221"]
    assert inbox.messages() == ()


def test_a_full_disk_is_told(inbox: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    """452: come back later."""

    def full(_: int) -> None:
        raise OSError(28, "full")

    monkeypatch.setattr(sinks.os, "fsync", full)
    answers = talk(
        inbox, b"HELO x\r\n", b"MAIL FROM:<a@b>\r\n", b"RCPT TO:<a@b>\r\n", b"DATA\r\n", b"x\r\n.\r\n", b"QUIT\r\n"
    )
    assert codes(answers)[-2:] == [b"452", b"221"]


def test_faults_of_a_rehearsal(tmp_path: Path) -> None:
    """A refusal at DATA leaves the conversation going; a line that stalls hears what comes and answers nothing."""
    begin = b"HELO x\r\n", b"MAIL FROM:<a@b>\r\n", b"RCPT TO:<a@b>\r\n", b"DATA\r\n"
    with Sink(tmp_path / "one", faults=Faults(parse("450@data:100%"))) as inbox:
        assert codes(talk(inbox, *begin, b"QUIT\r\n")) == [b"220", b"250", b"250", b"250", b"450", b"221"]
    stalling = Sink(tmp_path / "two", faults=Faults(parse("stall@rcpt:100%")))
    with stalling, socket.create_connection((stalling.host, stalling.port)) as sock, sock.makefile("rb") as file:
        sock.sendall(b"".join(begin))
        sock.shutdown(socket.SHUT_WR)
        assert codes(file.read().splitlines()) == [b"220", b"250", b"250"]


def test_a_client_that_leaves_in_the_middle_of_its_message(inbox: Sink) -> None:
    """What has no end was never sent."""
    with socket.create_connection((inbox.host, inbox.port)) as sock, sock.makefile("rb") as file:
        sock.sendall(b"HELO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\nSubject: x\r\n\r\nhalf")
        sock.shutdown(socket.SHUT_WR)
        assert codes(file.read().splitlines())[-1] == b"354"
    assert inbox.messages() == ()


def test_it_goes_on_in_a_folder_that_has_messages(tmp_path: Path) -> None:
    """Names go on counting; the order is that of arrival."""
    for i in range(2):
        with Sink(tmp_path, host="::1") as inbox:
            talk(inbox, b"HELO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\n%d\r\n.\r\nQUIT\r\n" % i)
            assert [p.read_bytes()[-3:-2] for p in inbox.messages()] == [b"%d" % n for n in range(i + 1)]
