"""Files that change while the preview page is open: watched in threads, told to every page that waits.

Folders are watched with all that is in them. A single file is watched through its folder, because editors replace a
file rather than write into it. What the preview itself writes must not be among the paths.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from watchfiles import Change, DefaultFilter, watch

__all__ = ["Changes", "Watch"]

STEP, DEBOUNCE = 20, 60  # milliseconds: a save is told about a twelfth of a second after its last write
IGNORED = frozenset({".digest"})


class Changes:
    """A number that rises with each change, for any number of threads to wait on."""

    def __init__(self) -> None:
        self._number = 0
        self._changed = threading.Condition()
        self._closed = False

    @property
    def number(self) -> int:
        """How many changes there have been."""
        return self._number

    @property
    def closed(self) -> bool:
        """True when nothing more will come."""
        return self._closed

    def tell(self) -> None:
        """Tell one change."""
        with self._changed:
            self._number += 1
            self._changed.notify_all()

    def close(self) -> None:
        """Let everyone who waits go."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def wait(self, known: int, seconds: float) -> int:
        """Wait until the number is no longer `known`, at most so long; give the number."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._number != known, seconds)
            return self._number


class Watch:
    """Watches what `paths` names and calls `changed`; asks again after each change, for paths may come and go."""

    def __init__(self, paths: Callable[[], Iterable[Path]], changed: Callable[[], None]) -> None:
        self._paths, self._changed = paths, changed
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="digest-watch", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def close(self) -> None:
        """Stop, and wait until the thread has gone."""
        self._stop.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stop.is_set():
            plan, again = self._plan(), threading.Event()  # `again`: other places are wanted, both threads begin anew
            folders = {place for place, only in plan if only is None}
            files = {only for _, only in plan if only is not None}
            around = {place for place, only in plan if only is not None}
            jobs = ((folders, None), (around, files))
            threads = [threading.Thread(target=self._watch, args=(*job, plan, again), daemon=True) for job in jobs]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

    def _plan(self) -> frozenset[tuple[Path, Path | None]]:
        """(folder to watch, None: with all in it, or the one name in it that matters)."""
        return frozenset(_place(path.absolute()) for path in self._paths())

    def _watch(
        self,
        where: set[Path],
        only: set[Path] | None,
        plan: frozenset[tuple[Path, Path | None]],
        again: threading.Event,
    ) -> None:
        stop = _Either(self._stop, again)
        if not where:
            stop.wait()
            return
        for polling in (None, True):  # no inotify, or no watches left: looking again and again still works
            try:
                for _ in _changes(where, only, stop, polling):
                    self._changed()
                    if self._plan() != plan:
                        again.set()
            except (OSError, RuntimeError):  # watchfiles' own error is a RuntimeError
                continue
            return


def _changes(
    where: set[Path], only: set[Path] | None, stop: _Either, polling: bool | None
) -> Iterator[set[tuple[Change, str]]]:
    return watch(
        *sorted(where),
        watch_filter=_Filter(only),
        debounce=DEBOUNCE,
        step=STEP,
        stop_event=stop,
        rust_timeout=250,
        raise_interrupt=False,
        force_polling=polling,
        recursive=only is None,
        ignore_permission_denied=True,
    )


def _place(path: Path) -> tuple[Path, Path | None]:
    """How a path is watched; one that is not there yet through the nearest folder that is."""
    if path.is_dir():
        return path, None
    below = path
    while not below.parent.is_dir():
        below = below.parent
    return below.parent, below


class _Filter(DefaultFilter):
    def __init__(self, only: set[Path] | None) -> None:
        super().__init__(ignore_dirs=(*DefaultFilter.ignore_dirs, *IGNORED))
        self._only = None if only is None else {str(path) for path in only}

    def __call__(self, change: Change, path: str) -> bool:
        return path in self._only if self._only is not None else super().__call__(change, path)


class _Either:
    """Set as soon as one of two events is: what `watch` asks of its stop event."""

    def __init__(self, one: threading.Event, other: threading.Event) -> None:
        self._events = one, other

    def is_set(self) -> bool:
        return any(event.is_set() for event in self._events)

    def wait(self) -> None:
        while not self.is_set():
            self._events[0].wait(0.25)
