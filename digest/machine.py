"""The machine a run is on: its name, its boot, and how it asks us to stop."""

from __future__ import annotations

import platform
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

__all__ = ["Interrupt", "boot_id", "interruptible", "name"]


def name() -> str:
    """What tells this machine from another: its machine-id where there is one, else its host name (in a container)."""
    for path in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        try:
            found = Path(path).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            continue
        if found:
            return found
    return platform.node() or "unknown"


def boot_id() -> str:
    """What tells this boot of a kernel from another, the same in all its containers; empty where nobody says.

    Then a crash leaves more in doubt.
    """
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


class Interrupt:
    """Whether somebody asked us to stop. Calling it tells; `sleep` ends early when it comes."""

    def __init__(self) -> None:
        self._asked = threading.Event()

    def __call__(self) -> bool:
        """True once somebody asked."""
        return self._asked.is_set()

    def ask(self, number: int = 0, frame: FrameType | None = None) -> None:
        """Ask to stop at the next message boundary; the second Ctrl-C stops at once."""
        from signal import SIGINT

        if self._asked.is_set() and number == SIGINT:
            raise KeyboardInterrupt
        self._asked.set()

    def sleep(self, seconds: float) -> None:
        """Sleep, or less."""
        self._asked.wait(seconds)


@contextmanager
def interruptible() -> Iterator[Interrupt]:
    """Turn SIGINT, SIGTERM and SIGHUP into a question that is asked between two messages."""
    import signal

    interrupt = Interrupt()
    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return
    numbers = [signal.SIGINT, signal.SIGTERM] + ([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])
    before = {n: signal.signal(n, interrupt.ask) for n in numbers}
    try:
        yield interrupt
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
