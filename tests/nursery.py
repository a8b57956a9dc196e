"""Real `digest` processes without the half second that loading takes: one Python that has loaded all forks for each.

Run as a program it reads a wish a line from stdin (JSON) and answers each with a line. A child is a process of its own:
it has its own folder, environment and streams, can be killed like any other, and ends with the command's exit code.
`doom` kills it from inside: {"statements": n} at the n-th SQL statement, {"events": n} at the n-th time that it makes,
opens, renames or locks a file or opens a connection. `Nursery` is the side of the test.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import io
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
EVENTS = {"open", "os.mkdir", "os.rename", "os.remove", "os.link", "fcntl.flock", "socket.connect", "sqlite3.connect"}

__all__ = ["Child", "Nursery", "shared"]


# ------------------------------------------------------------------------------------------------ the child's side


def doomed(points: int) -> Any:
    """Something to call: it kills this process at that call."""
    left = points

    def step(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return step


def condemn(doom: dict[str, int]) -> None:
    """Let this process die at its point."""
    if "statements" in doom:
        import sqlite3

        step, connect = doomed(doom["statements"]), sqlite3.connect

        def traced(*args: Any, **options: Any) -> Any:
            connection = connect(*args, **options)
            connection.set_trace_callback(step)
            return connection

        sqlite3.connect = traced
    if "events" in doom:
        happened = doomed(doom["events"])
        sys.addaudithook(lambda event, _: happened() if event in EVENTS else None)


def live(wish: dict[str, Any]) -> None:
    """Be the command, to its end."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = [str(ROOT / "digest" / "__main__.py"), *wish["words"]]
    os.chdir(wish["folder"])
    os.environ.clear()
    os.environ.update(wish["environment"])
    for number, path, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, wish["out"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
        (2, wish["err"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
    ):
        os.dup2(os.open(path, flags, 0o600), number)
    from digest import cli

    if wish["disk"]:
        disk = wish["disk"]
        ctypes.CDLL(disk["library"]).arm(disk["after"], disk["error"], disk["stays"], disk["place"].encode())
    condemn(wish["doom"])
    code = 70
    try:
        code = cli.run(wish["words"])
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError):
                stream.flush()
        os._exit(code)


def load() -> None:
    """Load what a run needs, and draw something, so that a child has nothing left to load."""
    import importlib
    import pkgutil

    import digest
    import digest.deliver.transports.smtp as smtp

    for found in pkgutil.walk_packages(digest.__path__, "digest."):
        if not found.name.startswith(("digest.web", "digest.__main__")):
            importlib.import_module(found.name)
    smtp._client_class()
    smtp._full_name()
    from digest import cli
    from tests.projects import Project

    with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        assert cli.run(Project(Path(folder)).command("check")[3:]) == 0


def main() -> None:
    """Answer wishes until there are no more."""
    sys.path.insert(0, str(ROOT))
    load()
    print(json.dumps({"ready": os.getpid()}), flush=True)
    for line in sys.stdin:
        wish = json.loads(line)
        if "wait" in wish:
            _, status = os.waitpid(wish["wait"], 0)
            answer = {"code": os.waitstatus_to_exitcode(status)}
        else:
            child = os.fork()
            if child == 0:
                live(wish)
            answer = {"pid": child}
        print(json.dumps(answer), flush=True)


# ------------------------------------------------------------------------------------------------ the test's side


@dataclass
class Child:
    """A command at work, or ended."""

    nursery: Nursery
    pid: int
    out: Path
    err: Path
    code: int | None = None

    def signal(self, number: int) -> None:
        """Send it a signal; until it is waited for its number is nobody else's."""
        if self.code is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.signal(signal.SIGKILL)

    @property
    def dead(self) -> bool:
        """True once nothing of it runs any more: its sockets are closed, its locks are free."""
        try:
            stat = Path(f"/proc/{self.pid}/stat").read_text()
        except FileNotFoundError:
            return True
        return stat.rpartition(")")[2].split()[0] in "ZX"

    def ended(self, seconds: float = 60) -> int:
        """Wait for its end; gives the exit code, or minus the signal."""
        if self.code is None:
            watched = os.pidfd_open(self.pid)
            try:
                over, _, _ = select.select([watched], [], [], seconds)
            finally:
                os.close(watched)
            if not over:
                self.kill()
            self.code = self.nursery.ask({"wait": self.pid})["code"]
            assert over, f"it was still at work after {seconds} seconds: {self.said}"
        return self.code

    @property
    def said(self) -> str:
        """What it said on stderr; nothing, if it died before it could."""
        return self.err.read_text() if self.err.exists() else ""

    @property
    def json(self) -> Any:
        """What it printed for programs."""
        return json.loads(self.out.read_text())


class Nursery:
    """The forking parent, started once; `start` gives a child that runs one command."""

    def __init__(self, scratch: Path, environment: dict[str, str] | None = None) -> None:
        self._scratch, self._count = scratch, 0
        self._parent = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
        )
        self._answer()

    def start(
        self,
        command: list[str],
        *,
        folder: Path,
        environment: dict[str, str],
        doom: dict[str, int] | None = None,
        disk: dict[str, Any] | None = None,
    ) -> Child:
        """Start the command: [python, -m, digest, words …] as `Project.command` gives it."""
        self._count += 1
        out, err = (self._scratch / f"{self._count}.{name}" for name in ("out", "err"))
        pid = self.ask(
            {
                "words": command[3:],
                "folder": str(folder),
                "environment": environment,
                "out": str(out),
                "err": str(err),
                "doom": doom or {},
                "disk": disk or {},
            }
        )["pid"]
        return Child(self, pid, out, err)

    def ask(self, wish: dict[str, Any]) -> dict[str, Any]:
        """One wish, one answer."""
        assert self._parent.stdin
        self._parent.stdin.write(json.dumps(wish) + "\n")
        self._parent.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._parent.stdout
        line = self._parent.stdout.readline()
        assert line, "the parent of all commands has died"
        found: dict[str, Any] = json.loads(line)
        return found

    def close(self) -> None:
        """Let it go."""
        assert self._parent.stdin
        assert self._parent.stdout
        self._parent.stdin.close()
        self._parent.wait(10)
        self._parent.stdout.close()


@cache
def shared() -> Nursery:
    """The one that serves all tests of this process, until it ends."""
    scratch = tempfile.TemporaryDirectory(prefix="nursery-")
    nursery = Nursery(Path(scratch.name))
    atexit.register(scratch.cleanup)
    atexit.register(nursery.close)
    return nursery


if __name__ == "__main__":
    main()
