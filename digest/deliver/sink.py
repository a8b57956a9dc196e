"""A small SMTP server for this machine alone, that keeps what it gets in a folder: a local inbox for `demo`.

It offers PIPELINING, 8BITMIME, SMTPUTF8 and SIZE, takes mail for anybody, relays none, and binds to loopback only. A
message is answered 250 once it lies whole on the disk, in a Maildir that mail programs can open. Each carries
Return-Path and Delivered-To, as a mailbox's server would add them. Without a folder it only counts (`rehearse`), and
may be told to fail on purpose (`faults`).
"""

from __future__ import annotations

import contextlib
import os
import re
import socketserver
import threading
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType

from digest.deliver.faults import Fault, Faults, share
from digest.errors import ConfigError, UsageError

__all__ = ["LARGEST", "Sink"]

LARGEST = 50 * 1024 * 1024  # octets of a message
LINE = 4_096  # octets of a command
PATH = re.compile(rb"(?:FROM|TO):\s*<([^<>]*)>((?:\s+\S+)*)\s*$", re.IGNORECASE)


class Sink:
    """The server as a context: `with Sink(folder) as sink: … sink.port`. Port 0 takes any that is free.

    `taken` counts messages, `twice` those whose recipient had one already (counted only without a folder).
    """

    def __init__(
        self, folder: Path | None, *, host: str = "127.0.0.1", port: int = 0, faults: Faults | None = None
    ) -> None:
        if not _loopback(host):
            raise UsageError(f"{host} is not on this machine", hint="the local inbox binds to 127.0.0.1 or ::1 only")
        self.folder, self.faults = folder, faults
        if folder is not None:
            for name in ("tmp", "new", "cur"):
                (folder / name).mkdir(parents=True, exist_ok=True)
        self.taken = self.twice = self.begun = 0
        self._seen: set[int] = set()
        self._lock = threading.Lock()
        self._count = len(self.messages())
        try:
            self._server = _Server((host, port), self)
        except OSError as error:
            raise ConfigError(f"port {port} cannot be used: {error.strerror}", hint="choose another, or 0") from error
        self.host, self.port = self._server.server_address[0], int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True, name="sink")

    def __enter__(self) -> Sink:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def messages(self) -> tuple[Path, ...]:
        """The files of what has come so far, in order of arrival."""
        return tuple(sorted((self.folder / "new").iterdir())) if self.folder else ()

    def keep(self, recipient: bytes, data: bytes) -> str:
        """Write one message, whole or not at all; gives its name. Without a folder it is counted."""
        with self._lock:
            self._count += 1
            self.taken += 1
            name = f"{self._count:08d}.{os.getpid()}.sink"
            if self.folder is None:
                self.twice += hash(recipient) in self._seen
                self._seen.add(hash(recipient))
                return name
        beside = self.folder / "tmp" / name
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.folder / "new" / name)
        return name

    def fault(self, step: str, recipient: bytes) -> Fault | None:
        """What this message meets here on purpose, if anything. At MAIL nobody is named yet: they are numbered."""
        if self.faults is None:
            return None
        with self._lock:
            self.begun += step == "mail"
            return self.faults.at(step, b"%d" % self.begun if step == "mail" else recipient)


class _GoneError(Exception):
    """The line is over, on purpose."""


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], sink: Sink) -> None:
        self.sink = sink
        if ":" in address[0]:
            import socket

            self.address_family = socket.AF_INET6
        super().__init__(address, _Session)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no event."""


class _Session(socketserver.StreamRequestHandler):
    server: _Server
    timeout = 300
    disable_nagle_algorithm = True

    def handle(self) -> None:
        self._forget()
        self._say(b"220 localhost digest sink")
        with contextlib.suppress(OSError, _GoneError):
            while (line := self.rfile.readline(LINE + 1)) and self._command(line):
                pass

    def _say(self, *lines: bytes) -> None:
        self.wfile.write(b"".join(line + b"\r\n" for line in lines))

    def _fails(self, step: str, recipient: bytes = b"") -> bool:
        """Fail on purpose where the script says so; True where a refusal was said."""
        fault = self.server.sink.fault(step, recipient)
        if fault is None:
            return False
        if fault.what == "stall":
            while self.rfile.read(1 << 16):
                """The client's patience is at stake, not ours."""
        if fault.what in ("stall", "drop"):
            raise _GoneError
        self._say(fault.reply)
        return True

    def _forget(self) -> None:
        self._sender: bytes | None = None
        self._recipients: list[bytes] = []

    def _command(self, line: bytes) -> bool:
        verb, _, rest = line.strip().partition(b" ")
        verb = verb.upper()
        if len(line) > LINE:
            self._say(b"500 5.5.2 line too long")
            return False
        if verb == b"QUIT":
            self._say(b"221 2.0.0 bye")
            return False
        if verb == b"DATA":
            return self._data()
        answers = {b"EHLO": self._ehlo, b"HELO": self._helo, b"MAIL": self._mail, b"RCPT": self._rcpt}
        if verb in answers:
            answers[verb](rest)
        elif verb in (b"RSET", b"NOOP"):
            self._forget()
            self._say(b"250 2.0.0 ok")
        else:
            self._say(b"502 5.5.1 not known here")
        return True

    def _ehlo(self, rest: bytes) -> None:
        self._forget()
        size = b"250-SIZE %d" % LARGEST
        self._say(
            b"250-localhost", b"250-PIPELINING", b"250-8BITMIME", b"250-SMTPUTF8", size, b"250 ENHANCEDSTATUSCODES"
        )

    def _helo(self, rest: bytes) -> None:
        self._forget()
        self._say(b"250 localhost")

    def _mail(self, rest: bytes) -> None:
        found = PATH.match(rest)
        size = re.search(rb"\bSIZE=(\d+)", found[2], re.IGNORECASE) if found else None
        if found is None or not rest.upper().startswith(b"FROM"):
            self._say(b"501 5.5.4 say MAIL FROM:<address>")
        elif self._sender is not None:
            self._say(b"503 5.5.1 one at a time")
        elif size and int(size[1]) > LARGEST:
            self._say(b"552 5.3.4 message too large")
        elif not self._fails("mail"):
            self._sender = found[1]
            self._say(b"250 2.1.0 ok")

    def _rcpt(self, rest: bytes) -> None:
        found = PATH.match(rest)
        if self._sender is None:
            self._say(b"503 5.5.1 MAIL first")
        elif found is None or not found[1] or not rest.upper().startswith(b"TO"):
            self._say(b"501 5.5.4 say RCPT TO:<address>")
        elif not self._fails("rcpt", found[1]):
            self._recipients.append(found[1])
            self._say(b"250 2.1.5 ok")

    def _data(self) -> bool:
        if not self._recipients:
            self._say(b"503 5.5.1 RCPT first")
            return True
        if self._fails("data", self._recipients[0]):
            return True
        self._say(b"354 go on")
        lines, size = [], 0
        while (line := self.rfile.readline(65_536)) != b".\r\n":
            if not line:
                return False
            size += len(line)
            if size <= LARGEST:
                lines.append(line[1:] if line.startswith(b".") else line)
        if size > LARGEST:
            self._say(b"552 5.3.4 message too large")
        else:
            self._end(b"".join(lines))
        self._forget()
        return True

    def _end(self, data: bytes) -> None:
        """After the final dot. A line that breaks here leaves the message behind as often as not, as outside."""
        try:
            refused = self._fails("dot", self._recipients[0])
        except _GoneError:
            if share(b"taken\0" + self._recipients[0]) < 0.5:
                self._kept(data)
            raise
        if not refused:
            self._say(self._kept(data))

    def _kept(self, data: bytes) -> bytes:
        head = b"Return-Path: <%b>\r\n" % (self._sender or b"")
        try:
            names = [self.server.sink.keep(to, head + b"Delivered-To: %b\r\n" % to + data) for to in self._recipients]
        except OSError:
            return b"452 4.3.1 the disk is full"
        return b"250 2.0.0 kept as " + names[-1].encode()


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
