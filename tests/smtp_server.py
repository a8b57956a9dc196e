"""A scripted SMTP server on loopback: real sockets and TLS, and it can do at each step whatever servers do.

It records before it replies: what stands in `messages` was taken, whatever the client was told. A script is a function
from a `Moment` to an action, or None for the usual answer; actions are `Say`, `Raw`, `Drop`, `Stall` or a tuple.
"""

from __future__ import annotations

import base64
import contextlib
import datetime
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

__all__ = ["INJECTED", "Authority", "Drop", "Kept", "Moment", "Raw", "Say", "SmtpServer", "Stall"]

INJECTED = b"220 go on\r\n250-injected\r\n250 AUTH PLAIN\r\n"
PIPELINING = ("PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 10000000", "ENHANCEDSTATUSCODES")


@dataclass(frozen=True)
class Moment:
    """Where a connection stands. Steps: greeting ehlo helo starttls auth mail rcpt data body dot rset quit other."""

    step: str
    connection: int  # from 0
    transaction: int  # on this connection, from 0
    sender: str = ""
    address: str = ""
    line: str = ""


@dataclass(frozen=True)
class Say:
    """A reply of one or more lines."""

    code: int
    text: str = "scripted"

    def octets(self) -> bytes:
        lines = self.text.split("\n")
        return b"".join(
            f"{self.code}{'-' if i < len(lines) - 1 else ' '}{line}\r\n".encode() for i, line in enumerate(lines)
        )


@dataclass(frozen=True)
class Raw:
    """Any octets; with a gap, one after the other."""

    data: bytes
    gap: float = 0.0


@dataclass(frozen=True)
class Drop:
    """Close the connection; with reset, as a machine that dies does."""

    reset: bool = False


@dataclass(frozen=True)
class Stall:
    """Say nothing until the client leaves or the server stops."""


Action = Say | Raw | Drop | Stall | tuple["Say | Raw | Drop | Stall", ...] | None
Script = Callable[[Moment], Action]


@dataclass(frozen=True)
class Kept:
    """A message that was taken."""

    sender: str
    recipients: tuple[str, ...]
    data: bytes
    connection: int
    options: str = ""


class _GoneError(Exception):
    """The connection is over."""


@dataclass
class SmtpServer:
    """`with SmtpServer(...) as server:`; tls: none, starttls, tls."""

    script: Script = lambda _: None
    features: tuple[str, ...] = PIPELINING
    tls: str = "none"
    certificate: tuple[Path, Path] | None = None
    users: dict[str, str] | None = None  # None: AUTH is not offered
    mechanisms: str = "PLAIN LOGIN XOAUTH2"
    challenge: str = base64.b64encode(b'{"status":"401"}').decode()  # under 334, before XOAUTH2 is refused
    before_reading: Callable[[], None] = lambda: None
    keep: bool = True
    early: str = ""  # with commands ahead of the answer: "" takes them, "flush", "close", "refuse", "flush-dot" (at it)
    messages: list[Kept] = field(default_factory=list)
    lines: list[tuple[int, str]] = field(default_factory=list)
    signed_in: list[str] = field(default_factory=list)
    taken: int = 0
    connections: int = 0

    def __enter__(self) -> SmtpServer:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._socks: list[socket.socket] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop at once: also in the middle of a conversation."""
        self.stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join()
        with self.lock:
            for sock in self._socks:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def addresses(self) -> list[str]:
        """Who got something, in order."""
        return [address for kept in self.messages for address in kept.recipients]

    def said(self, verb: str) -> list[str]:
        """The lines that began with this verb."""
        return [line for _, line in self.lines if line.upper().startswith(verb)]

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                number, self.connections = self.connections, self.connections + 1
                self._socks.append(sock)
            thread = threading.Thread(target=_Session(self, sock, number).run, daemon=True)
            self._threads.append(thread)
            thread.start()


class _Session:
    def __init__(self, server: SmtpServer, sock: socket.socket, number: int) -> None:
        self.server, self.sock, self.number = server, sock, number
        self.buffer = bytearray()
        self.transaction = -1
        self.sender, self.options = "", ""
        self.recipients: list[str] = []
        self.reset = False

    def run(self) -> None:
        try:
            with contextlib.suppress(_GoneError, OSError, ssl.SSLError):
                if self.server.tls == "tls":
                    self._secure()
                self._answer("greeting", Say(220, "test server"))
                while True:
                    self._command(self._line())
        finally:
            with contextlib.suppress(OSError):
                if not self.reset:
                    self.sock.shutdown(socket.SHUT_RDWR)
            self.sock.close()

    # -- octets

    def _secure(self) -> None:
        assert self.server.certificate
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.server.certificate)
        plain, self.sock = self.sock, context.wrap_socket(self.sock, server_side=True)
        with self.server.lock:
            self.server._socks[self.server._socks.index(plain)] = self.sock

    def _more(self) -> None:
        self.server.before_reading()
        data = self.sock.recv(1 << 16)
        if not data:
            raise _GoneError
        self.buffer += data

    def _line(self) -> str:
        while b"\r\n" not in self.buffer:
            self._more()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        text = line.decode("utf-8", "replace")
        self.server.lines.append((self.number, text))
        return text

    def _do(self, action: Say | Raw | Drop | Stall) -> None:
        if isinstance(action, Say):
            self.sock.sendall(action.octets())
        elif isinstance(action, Raw) and action.gap:
            for octet in action.data:
                if self.server.stopping.wait(action.gap):
                    raise _GoneError
                self.sock.sendall(bytes([octet]))
        elif isinstance(action, Raw):
            self.sock.sendall(action.data)
        elif isinstance(action, Drop):
            self.reset = action.reset
            if action.reset:
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            raise _GoneError
        else:
            self.sock.settimeout(0.05)
            while not self.server.stopping.is_set():
                with contextlib.suppress(TimeoutError):
                    if not self.sock.recv(1 << 16):
                        break
            raise _GoneError

    def _answer(self, step: str, usual: Say, address: str = "", line: str = "") -> int:
        """Say what the script says, else the usual; gives the code of a plain reply, else 0."""
        moment = Moment(step, self.number, self.transaction, self.sender, address or ",".join(self.recipients), line)
        action = self.server.script(moment)
        actions = action if isinstance(action, tuple) else (action or usual,)
        code = 0
        for one in actions:
            code = one.code if isinstance(one, Say) else 220 if one == Raw(INJECTED) else code
            self._do(one)
        return code

    # -- commands

    def _command(self, line: str) -> None:
        verb, _, rest = line.partition(" ")
        if (
            self.server.early not in ("", "flush-dot")
            and self.buffer
            and verb.upper() in ("MAIL", "RCPT", "DATA", "RSET")
        ):
            self._too_early()
        {
            "EHLO": self._ehlo, "HELO": self._helo, "STARTTLS": self._starttls, "AUTH": self._auth, "MAIL": self._mail,
            "RCPT": self._rcpt, "DATA": self._data, "RSET": self._rset, "QUIT": self._quit,
        }.get(verb.upper(), self._other)(rest)  # fmt: skip

    def _too_early(self) -> None:
        if self.server.early == "close":
            raise _GoneError
        if self.server.early == "refuse":
            self._do(Say(554, "SMTP synchronization error"))
            raise _GoneError
        self.buffer.clear()

    def _ehlo(self, rest: str) -> None:
        offered = list(self.server.features)
        if self.server.tls == "starttls" and not isinstance(self.sock, ssl.SSLSocket):
            offered.append("STARTTLS")
        elif self.server.users is not None:
            offered.append("AUTH " + self.server.mechanisms)
        self._answer("ehlo", Say(250, "\n".join(["test", *offered])), line=rest)

    def _helo(self, rest: str) -> None:
        self._answer("helo", Say(250, "test"), line=rest)

    def _starttls(self, rest: str) -> None:
        if self._answer("starttls", Say(220, "go on")) == 220:
            self.buffer.clear()
            self._secure()

    def _auth(self, rest: str) -> None:
        mechanism, _, initial = rest.partition(" ")
        if mechanism.upper() == "LOGIN":
            user = base64.b64decode(initial) if initial else self._asked(b"Username:")
            password = self._asked(b"Password:")
        elif mechanism.upper() == "XOAUTH2":
            user, _, bearer = base64.b64decode(initial).partition(b"\1")
            user, password = user.removeprefix(b"user="), bearer.removeprefix(b"auth=Bearer ").rstrip(b"\1")
        else:
            _, user, password = base64.b64decode(initial or self._asked_raw(b"")).split(b"\0")
        good = (self.server.users or {}).get(user.decode()) == password.decode()
        if good:
            self.server.signed_in.append(user.decode())
        elif mechanism.upper() == "XOAUTH2":
            self._do(Say(334, self.server.challenge))
            self._line()
        self._answer("auth", Say(235, "welcome") if good else Say(535, "5.7.8 wrong user or password"), user.decode())

    def _asked(self, prompt: bytes) -> bytes:
        return base64.b64decode(self._asked_raw(prompt))

    def _asked_raw(self, prompt: bytes) -> bytes:
        self._do(Say(334, base64.b64encode(prompt).decode()))
        return self._line().encode()

    def _mail(self, rest: str) -> None:
        if self.sender:
            self._do(Say(503, "5.5.1 nested MAIL command"))
            return
        path, _, options = rest.removeprefix("FROM:").partition(" ")
        self.transaction += 1
        if self._answer("mail", Say(250, "2.1.0 ok"), line=rest) // 100 == 2:
            self.sender, self.options = path.strip("<>"), options

    def _rcpt(self, rest: str) -> None:
        address = rest.removeprefix("TO:").partition(" ")[0].strip("<>")
        if not self.sender:
            self._do(Say(503, "5.5.1 need MAIL command"))
        elif self._answer("rcpt", Say(250, "2.1.5 ok"), address) // 100 == 2:
            self.recipients.append(address)

    def _data(self, rest: str) -> None:
        scripted = self.server.script(
            Moment("data", self.number, self.transaction, self.sender, ",".join(self.recipients))
        )
        if scripted is None and not self.recipients:
            self._do(Say(554, "5.5.1 no valid recipients") if self.sender else Say(503, "5.5.1 need RCPT command"))
            return
        code = 0
        for action in scripted if isinstance(scripted, tuple) else (scripted or Say(354, "go on"),):
            code = action.code if isinstance(action, Say) else code
            self._do(action)
        if code == 354:
            self._body()

    def _body(self) -> None:
        self._answer_quietly("body")
        if not self.buffer.startswith(b".\r\n"):
            seen = 0
            while (end := self.buffer.find(b"\r\n.\r\n", seen)) < 0:
                seen = max(0, len(self.buffer) - 4)
                self._more()
        else:
            end = -2
        data, self.buffer = bytes(self.buffer[: end + 2]), self.buffer[end + 5 :]
        kept = Kept(self.sender, tuple(self.recipients), undotted(data), self.number, self.options)
        sender, recipients = self.sender, tuple(self.recipients)
        self.sender, self.recipients = "", []
        moment = Moment("dot", self.number, self.transaction, sender, ",".join(recipients))
        action = self.server.script(moment)
        actions = action if isinstance(action, tuple) else (action or Say(250, "2.0.0 kept"),)
        if not (isinstance(actions[0], Say) and actions[0].code >= 400):
            with self.server.lock:
                self.server.taken += 1
                if self.server.keep:
                    self.server.messages.append(kept)
        if self.server.early == "flush-dot":
            self.buffer.clear()
        for one in actions:
            self._do(one)

    def _answer_quietly(self, step: str) -> None:
        action = self.server.script(Moment(step, self.number, self.transaction, self.sender, ",".join(self.recipients)))
        for one in action if isinstance(action, tuple) else (action,) if action else ():
            self._do(one)

    def _rset(self, rest: str) -> None:
        self.sender, self.recipients = "", []
        self._answer("rset", Say(250, "2.0.0 ok"))

    def _quit(self, rest: str) -> None:
        self._answer("quit", Say(221, "2.0.0 bye"))
        raise _GoneError

    def _other(self, rest: str) -> None:
        self._answer("other", Say(500, "5.5.2 not known"))


def undotted(data: bytes) -> bytes:
    """Undo dot-stuffing (RFC 5321 4.5.2)."""
    return b"\r\n".join(line[1:] if line.startswith(b".") else line for line in data.split(b"\r\n"))


class Authority:
    """A certificate authority for one test run: `certificate("localhost")` gives (certificate file, key file)."""

    def __init__(self, folder: Path) -> None:
        from cryptography import x509
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.x509.oid import NameOID

        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test Authority")])
        self._certificate = self._signed(self._name, self._key.public_key(), authority=True, names=())
        self.file = folder / "authority.pem"
        self.file.write_bytes(_pem(self._certificate))

    def certificate(self, *names: str, days: int = 10) -> tuple[Path, Path]:
        from cryptography import x509
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.x509.oid import NameOID

        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        certificate = self._signed(subject, key.public_key(), authority=False, names=names, days=days)
        stem = f"{names[0]}-{days}"
        files = self.folder / f"{stem}.pem", self.folder / f"{stem}.key"
        files[0].write_bytes(_pem(certificate))
        files[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return files

    def _signed(self, subject: object, public: object, *, authority: bool, names: tuple[str, ...], days: int = 10):  # type: ignore[no-untyped-def]
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes

        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=20))
            .not_valid_after(now + datetime.timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        if names:
            alternatives = [_alternative(name) for name in names]
            builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        return builder.sign(self._key, hashes.SHA256())


def _alternative(name: str):  # type: ignore[no-untyped-def]
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(certificate) -> bytes:  # type: ignore[no-untyped-def]
    from cryptography.hazmat.primitives import serialization

    octets: bytes = certificate.public_bytes(serialization.Encoding.PEM)
    return octets


def wait_until(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Wait for something that another thread is about to do."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.005)
    return True
