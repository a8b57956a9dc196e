"""Asking web servers for the online rules: many at once, briefly, and never on this machine or network.

Addresses come from posts, so this is where a request forged by one would go out. The host is looked up once, every
address it has must be public, and the connection goes to the address that was looked at: a name that changes its mind
in between (DNS rebinding) is not asked again. The same holds for each redirect. No cookie, no sign-in, no proxy.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPException, HTTPResponse
from threading import Event, Timer
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from digest.lint import names
from digest.lint.network import Answer, Network, Request

__all__ = ["Fetcher", "internet"]

REDIRECTS = {301, 302, 303, 307, 308}
HOPS = 5
HEADERS = {"User-Agent": "digest-mailer (checks links)", "Accept": "*/*"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
WRITTEN = "/%:?#[]@!$&'()*+,;=~"  # what stays as it is in a path or query


class _Fault(Exception):
    """Why a server was not asked, or gave no answer; `private` and `final` as in Answer."""

    def __init__(self, words: str, *, private: bool = False, final: bool = False) -> None:
        super().__init__(words)
        self.words, self.private, self.final = words, private, final


class _Straight(HTTPConnection):
    """A connection to addresses that were looked at, under the name that was asked for."""

    def __init__(self, name: str, port: int, addresses: Sequence[str], timeout: float, tls: bool) -> None:
        super().__init__(name, port, timeout=timeout)
        self._addresses, self._seconds, self._tls = addresses, timeout, tls

    def connect(self) -> None:
        """Connect to the first address that lets us; with TLS, the certificate must be the name's."""
        self.sock = self._first()
        self.sock.settimeout(self._seconds)
        if self._tls:
            context = ssl.create_default_context()
            # Kept before the handshake: whoever ends this connection must find the socket that waits.
            self.sock = wrapped = context.wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )
            wrapped.do_handshake()

    def _first(self) -> socket.socket:
        *others, last = self._addresses
        for address in others:
            with suppress(OSError):
                return socket.create_connection((address, self.port), self._seconds / len(self._addresses))
        return socket.create_connection((last, self.port), self._seconds / len(self._addresses))


@dataclass(frozen=True, kw_only=True)
class Fetcher:
    """Asks web servers. `allow_loopback` is for tests and rehearsals on this machine alone."""

    timeout: float = 10.0  # seconds for one request, redirects not counted
    at_once: int = 8
    allow_loopback: bool = False

    def ask(self, requests: Sequence[Request]) -> tuple[Answer, ...]:
        """Ask all of them, `at_once` at a time; the answers come in the order of the questions."""
        if not requests:
            return ()
        with ThreadPoolExecutor(max_workers=self.at_once, thread_name_prefix="digest-check") as pool:
            return tuple(pool.map(self._answer, requests))

    def _answer(self, request: Request) -> Answer:
        url = request.url
        try:
            for _ in range(HOPS + 1):
                answer, onward = self._asked_once(replace(request, url=url))
                if not onward or request.method == "POST":
                    return answer
                url = urljoin(url, onward)
        except _Fault as fault:
            return Answer(url=url, fault=fault.words, private=fault.private, final=fault.final)
        return Answer(url=url, fault=f"is redirected more than {HOPS} times", final=True)

    def _asked_once(self, request: Request) -> tuple[Answer, str]:
        """One question and its answer, with where a redirect leads."""
        parts, name = _parted(request.url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        with _told(self.timeout):
            addresses = self._addresses(name, port)
            connection = _Straight(name, port, addresses, self.timeout, parts.scheme == "https")
            with _ended(connection, self.timeout):
                connection.request(request.method, _target(parts), request.body or None, _headers(request))
                response = connection.getresponse()
                onward = response.getheader("Location", "") if response.status in REDIRECTS else ""
                octets = None if onward else _length(response, request)
                kind = response.headers.get_content_type()
        return Answer(url=request.url, status=response.status, kind=kind, octets=octets), onward

    def _addresses(self, name: str, port: int) -> list[str]:
        """The addresses of a name: every one of them must be public."""
        found = [str(entry[4][0]) for entry in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)]
        if not all(_public(a) or (self.allow_loopback and ipaddress.ip_address(a).is_loopback) for a in found):
            raise _Fault("leads to this machine or network, and was not asked", private=True, final=True)
        return found


def _public(address: str) -> bool:
    """True for an address of the internet; one that wraps another is what it wraps."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    inner = (ip.ipv4_mapped or ip.sixtofour) if isinstance(ip, ipaddress.IPv6Address) else None
    return _public(str(inner)) if inner else ip.is_global and not ip.is_multicast


def _parted(url: str) -> tuple[SplitResult, str]:
    """The parts of an address, and its host in ASCII."""
    try:
        parts = urlsplit(url)
        name = (parts.hostname or "").encode("idna").decode("ascii") if not (parts.hostname or "").isascii() else ""
        _ = parts.port
    except ValueError as wrong:
        raise _Fault("is no web address", final=True) from wrong
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _Fault("is no web address", final=True)
    return parts, name or parts.hostname


def _target(parts: SplitResult) -> str:
    path = quote(parts.path or "/", safe=WRITTEN)
    return f"{path}?{quote(parts.query, safe=WRITTEN)}" if parts.query else path


def _headers(request: Request) -> dict[str, str]:
    return HEADERS | FORM if request.method == "POST" else HEADERS


def _length(response: HTTPResponse, request: Request) -> int | None:
    """How long the body is: as the server says, else as it comes, as far as was asked for."""
    said = response.getheader("Content-Length", "")
    if said.isascii() and said.isdigit():
        return int(said)
    return len(response.read(request.most + 1)) if request.most else None


@contextmanager
def _ended(connection: HTTPConnection, seconds: float) -> Iterator[None]:
    """Close the connection in the end, and after so many seconds in any case: a server may drip for hours."""
    late = Event()

    def end() -> None:
        late.set()
        if connection.sock is not None:
            with suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    timer = Timer(seconds, end)
    timer.start()
    try:
        yield
    except (OSError, HTTPException) as exc:
        if late.is_set():
            raise TimeoutError from exc
        raise
    finally:
        timer.cancel()
        connection.close()


@contextmanager
def _told(seconds: float) -> Iterator[None]:
    """Say in words why no answer came."""
    try:
        yield
    except socket.gaierror as exc:
        raise _Fault("has a host that is not known", final=True) from exc
    except ssl.SSLCertVerificationError as exc:
        raise _Fault(f"has no valid certificate ({exc.verify_message})", final=True) from exc
    except TimeoutError as exc:
        raise _Fault(f"gave no answer within {seconds:g} seconds") from exc
    except ConnectionRefusedError as exc:
        raise _Fault("refuses connections") from exc
    except (OSError, HTTPException, UnicodeError, ValueError) as exc:
        raise _Fault(f"gave no proper answer ({type(exc).__name__})") from exc


def internet() -> Network:
    """The network as `digest check --online` asks it: web servers of the internet, and the DNS of this machine."""
    return Network(ask=Fetcher().ask, records=names.Names().records if names.available() else None)
