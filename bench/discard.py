"""The discarding sink in Python, for machines without a compiler: `python -m bench.discard [CERTIFICATE KEY]`.

It does what sink.c does, slower: where it runs, it is the sink that limits and not the sender.
"""

from __future__ import annotations

import contextlib
import selectors
import signal
import socket
import ssl
import sys

__all__ = ["Sink"]

END = b"\r\n.\r\n"
WANTING = (BlockingIOError, ssl.SSLWantReadError)
ANSWERS = {b"D": b"354 go on\r\n", b"A": b"235 2.7.0 welcome\r\n", b"Q": b"221 bye\r\n", b"S": b"220 go on\r\n"}
OFFERS = b"250-sink\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
MORE_OFFERS = b"250-AUTH PLAIN LOGIN\r\n250 ENHANCEDSTATUSCODES\r\n"


class Line:
    """A connection: what came and was not looked through yet."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.rest = b""
        self.in_data = False

    def look(self, data: bytes, starttls: bytes) -> tuple[bytes, bytes]:
        """Take octets; gives the answers, and the first letter of the last command."""
        data = self.rest + data
        out: list[bytes] = []
        letter = b""
        while data and letter not in (b"Q", b"S"):
            if self.in_data:
                at = data.find(END)
                if at < 0:
                    data = data[-len(END) :]
                    break
                self.in_data, data = False, data[at + len(END) :]
                out.append(b"250 2.0.0 taken\r\n")
                continue
            at = data.find(b"\n")
            if at < 0:
                break
            letter = data[:1].upper()
            self.in_data = letter == b"D"
            data = data[at - 1 if self.in_data else at + 1 :]  # its line end may begin the end of an empty message
            out.append(OFFERS + starttls + MORE_OFFERS if letter == b"E" else ANSWERS.get(letter, b"250 2.0.0 ok\r\n"))
        self.rest = data
        return b"".join(out), letter


class Sink:
    """One loop over all connections."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        self._context = context
        self._selector = selectors.DefaultSelector()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self.port: int = self._listener.getsockname()[1]

    def run(self) -> None:
        """Serve until the process is told to end."""
        while True:
            for key, _ in self._selector.select():
                if key.data is None:
                    sock, _ = self._listener.accept()
                    self._selector.register(sock, selectors.EVENT_READ, Line(sock))
                    sock.sendall(b"220 sink ESMTP\r\n")
                else:
                    self._serve(key.data)

    def _serve(self, line: Line) -> None:
        while True:
            try:
                data = line.sock.recv(1 << 18)
            except WANTING:
                return
            except OSError:
                data = b""
            secure = isinstance(line.sock, ssl.SSLSocket)
            starttls = b"250-STARTTLS\r\n" if self._context and not secure else b""
            answers, letter = line.look(data, starttls) if data else (b"", b"Q")
            with contextlib.suppress(OSError):
                line.sock.sendall(answers)
            if letter == b"Q":
                self._selector.unregister(line.sock)
                line.sock.close()
                return
            if letter == b"S" and self._context:
                self._selector.unregister(line.sock)
                line.sock = self._context.wrap_socket(line.sock, server_side=True)
                self._selector.register(line.sock, selectors.EVENT_READ, line)
                return
            if not (isinstance(line.sock, ssl.SSLSocket) and line.sock.pending()):
                return


def main() -> None:
    """Listen on a free port, say which, and run."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    context = None
    if len(sys.argv) == 3:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(sys.argv[1], sys.argv[2])
    sink = Sink(context)
    print(sink.port, flush=True)
    sink.run()


if __name__ == "__main__":
    main()
