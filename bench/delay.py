"""A proxy that adds a round-trip time: `python -m bench.delay PORT SECONDS` holds each octet back that long, both ways.

It ends TCP on both sides, so slow start and loss are not in what is measured with it; only the wait for answers is.
"""

from __future__ import annotations

import contextlib
import heapq
import selectors
import signal
import socket
import sys
from itertools import count
from time import monotonic

__all__ = ["Proxy"]

AT_ONCE = 1 << 18


class Proxy:
    """One loop over all pairs of connections."""

    def __init__(self, port: int, seconds: float) -> None:
        self._port, self._seconds = port, seconds
        self._selector = selectors.DefaultSelector()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._late: list[tuple[float, int, socket.socket, bytes]] = []  # due, order, where to, what (empty: the end)
        self._order = count()
        self._stuck: dict[socket.socket, bytearray] = {}  # what the kernel did not take yet
        self.port: int = self._listener.getsockname()[1]

    def run(self) -> None:
        """Carry octets until the process is told to end."""
        while True:
            # Kernels wait whole milliseconds, and round up: the last one is spent asking.
            wait = max(0.0, self._late[0][0] - monotonic() - 0.001) if self._late else None
            for key, events in self._selector.select(wait):
                if key.fileobj is self._listener:
                    self._admit()
                    continue
                sock = key.fileobj
                assert isinstance(sock, socket.socket)
                if events & selectors.EVENT_WRITE:
                    self._write(sock, b"")
                if events & selectors.EVENT_READ:
                    self._read(sock, key.data)
            now = monotonic()
            while self._late and self._late[0][0] <= now:
                _, _, sock, data = heapq.heappop(self._late)
                if data:
                    self._write(sock, data)
                else:
                    with contextlib.suppress(OSError):
                        sock.shutdown(socket.SHUT_WR)

    def _admit(self) -> None:
        near, _ = self._listener.accept()
        far = socket.create_connection(("127.0.0.1", self._port))
        for sock, other in ((near, far), (far, near)):
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(sock, selectors.EVENT_READ, other)

    def _read(self, sock: socket.socket, other: socket.socket) -> None:
        try:
            data = sock.recv(AT_ONCE)
        except OSError:
            data = b""
        if not data:
            self._selector.unregister(sock)
        heapq.heappush(self._late, (monotonic() + self._seconds, next(self._order), other, data))

    def _write(self, sock: socket.socket, data: bytes) -> None:
        held = self._stuck.pop(sock, bytearray())
        held += data
        try:
            sent = sock.send(held)
        except BlockingIOError:
            sent = 0
        except OSError:
            return
        if sent < len(held):
            self._stuck[sock] = held[sent:]
        with contextlib.suppress(KeyError, ValueError):
            key = self._selector.get_key(sock)
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if sock in self._stuck else 0)
            if key.events != wanted:
                self._selector.modify(sock, wanted, key.data)


def main() -> None:
    """Listen on a free port, say which, and run."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    proxy = Proxy(int(sys.argv[1]), float(sys.argv[2]))
    print(proxy.port, flush=True)
    proxy.run()


if __name__ == "__main__":
    main()
