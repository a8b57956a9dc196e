"""What the benchmarks send to: a discarding sink, Postfix's `smtp-sink`, and a proxy that adds a round-trip time.

Each is a context that gives a port. Servers run on the last core and senders on the first, where there are two, so that
neither takes the other's time.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

__all__ = [
    "ROOT",
    "Certificate",
    "certificate",
    "cores",
    "delayed",
    "discarding",
    "environment",
    "has_compiler",
    "has_postfix",
    "postfix",
    "round_trip",
    "smtp_sink",
]

HERE = Path(__file__).parent
ROOT = HERE.parent  # where `python -m bench.…` is understood
POSTFIX = "/usr/sbin"  # not on every user's PATH

Certificate = tuple[Path, Path, Path]
"""(the authority's certificate, the server's, its key)"""


def cores() -> list[int]:
    """The cores that this process may use."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]


def last_core() -> None:
    """Keep a server's process to the last core."""
    if len(cores()) > 1:
        os.sched_setaffinity(0, {cores()[-1]})


def environment() -> dict[str, str]:
    """The environment of a child: byte code is cached, as in an installed program."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@cache
def _built(tls: bool) -> Path | None:
    """The discarding sink as a program, or None where it cannot be built: no compiler, or no OpenSSL for TLS."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return None
    program = _workshop() / ("sink-tls" if tls else "sink")
    options = ["-DTLS"] if tls else []
    libraries = ["-lssl", "-lcrypto"] if tls else []
    command = [compiler, "-O2", *options, "-o", str(program), str(HERE / "sink.c"), *libraries]
    made = subprocess.run(command, capture_output=True, check=False)
    return program if made.returncode == 0 else None


@cache
def _workshop() -> Path:
    folder = tempfile.mkdtemp(prefix="digest-bench-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def has_compiler() -> bool:
    """True where the discarding sink runs as a program of its own; else it is Python, and rates are lower."""
    return _built(False) is not None


@contextmanager
def discarding(tls: Certificate | None = None) -> Iterator[int]:
    """The sink that only looks for the end of each message, in C where it can be built."""
    program = _built(tls is not None)
    command = [str(program)] if program else [sys.executable, "-m", "bench.discard"]
    with _server([*command, *(str(path) for path in (tls or ())[1:])]) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())


@contextmanager
def delayed(port: int, seconds: float) -> Iterator[int]:
    """A proxy before `port` that holds every octet back for half of `seconds`, in both directions."""
    with _server([sys.executable, "-m", "bench.delay", str(port), str(seconds / 2)]) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())


def round_trip(port: int, times: int = 10) -> float:
    """Seconds that a command and its answer take: what a proxy was told to add, and what it adds by itself."""
    with socket.create_connection(("127.0.0.1", port)) as line, line.makefile("rb") as answers:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        answers.readline()
        began = time.perf_counter()
        for _ in range(times):
            line.sendall(b"NOOP\r\n")
            answers.readline()
        return (time.perf_counter() - began) / times


def has_postfix() -> bool:
    """True where Postfix's programs for tests are there (Debian: the package `postfix`, which need not run)."""
    return all(postfix(name) for name in ("smtp-source", "smtp-sink"))


def postfix(name: str) -> str | None:
    """Where one of Postfix's programs is."""
    return shutil.which(name) or shutil.which(name, path=POSTFIX)


@contextmanager
def smtp_sink() -> Iterator[int]:
    """Postfix's own: it parses every line and throws it away."""
    program = postfix("smtp-sink")
    assert program is not None, "asked for after has_postfix"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    user = ["-u", "nobody"] if os.getuid() == 0 else []
    with _server([program, *user, f"inet:127.0.0.1:{port}", "256"]):
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.02)
        yield port


@contextmanager
def _server(command: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment(),
        cwd=ROOT,
        preexec_fn=last_core,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)


def certificate(folder: Path) -> Certificate:
    """Make an authority and a certificate for this machine's own address (P-256)."""
    from tests.smtp_server import Authority

    authority = Authority(folder)
    return authority.file, *authority.certificate("127.0.0.1")
