"""Saves are noticed at once, however an editor writes them, and nothing else is."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from digest.web import watching
from digest.web.watching import Changes, Watch


@contextmanager
def watched(*paths: Path) -> Iterator[tuple[Changes, list[Path]]]:
    """A watch over these paths, and the list of them to change under way."""
    wanted, changes = list(paths), Changes()
    watch = Watch(lambda: tuple(wanted), changes.tell)
    watch.start()
    time.sleep(0.3)  # until the watches stand
    try:
        yield changes, wanted
    finally:
        watch.close()
        assert not watch._thread.is_alive()


def test_what_nobody_wrote_is_not_told(tmp_path: Path) -> None:
    """Neither reading, nor our own state folder, nor an editor's swap file is a save."""
    (tmp_path / "a.md").write_text("one", encoding="utf-8")
    (tmp_path / ".digest").mkdir()
    with watched(tmp_path) as (changes, _):
        (tmp_path / "a.md").read_text(encoding="utf-8")
        (tmp_path / ".digest" / "ledger.db").write_bytes(b"x")
        (tmp_path / ".a.md.swp").write_bytes(b"x")
        assert changes.wait(0, 0.4) == 0


def test_a_save_is_told_within_half_a_second(tmp_path: Path) -> None:
    """Also in a folder that is made under way."""
    with watched(tmp_path) as (changes, _):
        begun = time.monotonic()
        (tmp_path / "new").mkdir()
        number = changes.wait(0, 2)
        assert number > 0
        time.sleep(0.2)
        number = changes.number
        begun = time.monotonic()
        (tmp_path / "new" / "a.md").write_text("one", encoding="utf-8")
        assert changes.wait(number, 2) > number
        assert time.monotonic() - begun < 0.5


def test_a_file_that_is_replaced_stays_watched(tmp_path: Path) -> None:
    """Editors write beside the file and rename; its neighbours are no concern of ours."""
    config = tmp_path / "digest.toml"
    config.write_text("one", encoding="utf-8")
    with watched(config) as (changes, _):
        (tmp_path / "other.txt").write_text("x", encoding="utf-8")
        assert changes.wait(0, 0.3) == 0
        for n in (1, 2):
            before = changes.number
            new = tmp_path / f"digest.toml.{n}"
            new.write_text(str(n), encoding="utf-8")
            new.replace(config)
            assert changes.wait(before, 2) > before
            time.sleep(0.3)


def test_a_path_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    """The editor's file of an issue lies in a folder that the first one makes."""
    with watched(tmp_path / "issues" / "weekly.md") as (changes, _):
        (tmp_path / "issues").mkdir()
        assert changes.wait(0, 2) > 0
        time.sleep(0.6)  # the watch begins anew, now in the folder
        before = changes.number
        (tmp_path / "issues" / "weekly.md").write_text("intro", encoding="utf-8")
        assert changes.wait(before, 2) > before


def test_other_paths_are_watched_after_a_change(tmp_path: Path) -> None:
    """A new configuration may name another folder of posts."""
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    with watched(one) as (changes, wanted):
        wanted[:] = [two]
        (one / "a.md").write_text("x", encoding="utf-8")
        assert changes.wait(0, 2) > 0
        time.sleep(0.6)
        before = changes.number
        (two / "b.md").write_text("x", encoding="utf-8")
        assert changes.wait(before, 2) > before


def test_without_inotify_it_polls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has no watches left is looked at again and again instead."""
    real, asked = watching.watch, []

    def short(*paths: Path, force_polling: bool | None, **more: Any) -> Any:
        asked.append(force_polling)
        if not force_polling:
            raise OSError(28, "No space left on device (inotify watches)")
        return real(*paths, force_polling=True, poll_delay_ms=50, **more)

    monkeypatch.setattr(watching, "watch", short)
    with watched(tmp_path) as (changes, _):
        (tmp_path / "a.md").write_text("one", encoding="utf-8")
        assert changes.wait(0, 3) > 0
    assert asked == [None, True]


def test_where_nothing_can_be_watched_the_page_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither inotify nor looking again works: nothing is told, and the end comes as ever."""
    asked = []

    def never(*_: Path, force_polling: bool | None, **__: Any) -> Any:
        asked.append(force_polling)
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(watching, "watch", never)
    changes = Changes()
    watch = Watch(lambda: [tmp_path], changes.tell)
    watch._watch({tmp_path}, None, watch._plan(), threading.Event())
    assert (asked, changes.number) == ([None, True], 0)


def test_waiting_ends_with_the_server() -> None:
    """Every page that listens is let go; a number that is old already is told at once."""
    changes, ended = Changes(), threading.Event()
    thread = threading.Thread(target=lambda: (changes.wait(0, 30), ended.set()))
    thread.start()
    changes.close()
    assert ended.wait(2)
    thread.join()
    assert changes.closed
    assert changes.wait(5, 30) == 0
