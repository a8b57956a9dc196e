"""A web server on loopback for the online rules: pages by path, and a list of what was asked."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

__all__ = ["Page", "Site", "serving"]


@dataclass(frozen=True)
class Page:
    """One answer. `length` False: the end of the connection is the end of the body; `drip`: seconds between octets."""

    status: int = 200
    body: bytes = b"x"
    kind: str = "text/html"
    to: str = ""
    length: bool = True
    drip: float = 0.0


@dataclass
class Site:
    """A running server: what it answers by `METHOD /path` or `/path`, and what it was asked."""

    port: int = 0
    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    @property
    def lines(self) -> list[str]:
        return [f"{method} {path}" for method, path, _, _ in self.asked]


@contextmanager
def serving(certificate: tuple[Path, Path] | None = None) -> Iterator[Site]:
    """Run a server for as long as the block lasts; with a certificate, over TLS."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            site.asked.append((self.command, self.path, dict(self.headers), body))
            page = site.pages.get(f"{self.command} {self.path}") or site.pages.get(self.path) or Page(404)
            if page.drip:
                self._drip(page)
                return
            self.send_response(page.status)
            self.send_header("Content-Type", page.kind)
            if page.to:
                self.send_header("Location", page.to)
            if page.length:
                self.send_header("Content-Length", str(len(page.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(page.body)

        def _drip(self, page: Page) -> None:
            try:
                for octet in b"HTTP/1.0 200 OK\r\n" + b"X: y\r\n" * 1000:
                    self.wfile.write(bytes((octet,)))
                    time.sleep(page.drip)
            except OSError:
                self.close_connection = True

        do_GET = do_HEAD = do_POST = _any  # noqa: N815 - the names are http.server's

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that does not trust us hangs up
    site.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
