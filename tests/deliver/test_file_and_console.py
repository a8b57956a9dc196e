"""Transports without a network: files that are whole or not there, and lines for a terminal."""

from __future__ import annotations

import errno
import mailbox
import os
from contextlib import closing
from pathlib import Path

import pytest

from digest.deliver.transports import console, file
from digest.errors import ConfigError, DiskFull
from digest.testing import ListFeed


def letter(identity: str, body: str = "hello") -> tuple[str, str, bytes]:
    head = f"From: a@example.org\r\nMessage-ID: <{identity}>\r\nSubject: x\r\n"
    return "a@example.org", "reader@example.net", f"{head}\r\n{body}\r\n".encode()


def put(folder: Path, *letters: tuple[str, str, bytes], format_: str = "eml") -> ListFeed:
    feed = ListFeed(letters)
    with closing(file.open(file.Options(path=folder, format=format_))) as transport:
        transport.deliver(feed)
    return feed


def test_names_come_from_the_message_id(tmp_path: Path) -> None:
    """The same message again replaces its file; another one stands beside it."""
    put(tmp_path, letter("one@example.org"), letter("two@example.org"))
    put(tmp_path, letter("one@example.org", "again"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["one@example.org.eml", "two@example.org.eml"]
    assert b"again" in (tmp_path / "one@example.org.eml").read_bytes()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"Message-ID: <../../etc/passwd@x>\r\n\r\n", "_.._etc_passwd@x"),
        (b"message-id:\r\n <folded@x>\r\n\r\n", "folded@x"),
        (b"Message-ID: <...>\r\n\r\n", None),
        (b"Message-ID: <" + b"a" * 900 + b">\r\n\r\n", "a" * 150),
        (b"Subject: x\r\n\r\nMessage-ID: <in-the-body@x>\r\n", None),
        (b"Message-ID: <no-body@x>\r\n", "no-body@x"),
        ("Message-ID: <ü@x>\r\n\r\n".encode(), "__@x"),
    ],
)
def test_names_stay_in_their_folder(data: bytes, name: str | None) -> None:
    """A Message-ID is no path; without a usable one the name is a hash of the octets."""
    found = file.name_of(data)
    assert found == name if name else (len(found) == 32 and found.isalnum())


def test_a_maildir_is_one(tmp_path: Path) -> None:
    """Python's own reader finds the messages; nothing is left in tmp."""
    put(tmp_path / "box", letter("one@x"), letter("two@x"), format_="maildir")
    box = mailbox.Maildir(tmp_path / "box", create=False)
    assert {m["Message-ID"] for m in box} == {"<one@x>", "<two@x>"}
    assert not list((tmp_path / "box" / "tmp").iterdir())
    box.close()


def test_a_full_disk_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DiskFull, exit code 75: the job in hand is released, and no piece of it stays."""

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(file.os, "fsync", full)
    feed = ListFeed([letter("one@x"), letter("two@x")])
    with closing(file.open(file.Options(path=tmp_path))) as transport, pytest.raises(DiskFull) as told:
        transport.deliver(feed)
    assert told.value.exit_code == 75
    assert not list(tmp_path.iterdir())
    assert [r[:2] for r in feed.replies] == [(0, "released")]


def test_a_folder_that_is_a_file_is_a_wrong_configuration(tmp_path: Path) -> None:
    """78, and the words name the place."""
    (tmp_path / "out").write_text("")
    with pytest.raises(ConfigError, match="out"):
        put(tmp_path / "out", letter("one@x"))


def test_an_unknown_format_is_told() -> None:
    """Before anything is written."""
    with pytest.raises(ConfigError, match="mbox"):
        file.open(file.Options(format="mbox"))


@pytest.mark.parametrize("addresses", [False, True])
def test_the_console_tells_one_line_a_message(addresses: bool, capsys: pytest.CaptureFixture[str]) -> None:
    """Subject decoded, address masked unless asked for, nothing a terminal would obey."""
    data = b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe_=1B[2J?=\r\n\r\nx\r\n"
    letters = [("a@example.org", "reader@example.net", data), ("a@example.org", "x@example.net", b"A: b\r\n\r\n")]
    with closing(console.open(console.Options(addresses=addresses))) as transport:
        transport.deliver(ListFeed(letters))
    first, second = capsys.readouterr().out.splitlines()
    assert ("reader@example.net" in first) is addresses
    assert "Grüße ?[2J" in first
    assert f"{len(data)} octets" in first
    assert second.endswith("(no subject)")
