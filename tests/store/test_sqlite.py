"""Opening the ledger: what is made, what is refused and with which exit code, what a reader without rights sees."""

from __future__ import annotations

import json
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from digest.errors import DigestError, DiskFull, Locked, StateRefused
from digest.settings import State
from digest.store.ledger import Store
from digest.testing import occasion, post, subscriber

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
FILE = Path(".digest") / "digest.sqlite3"
Open = Callable[..., Store]

# Runs as somebody without rights: root would be let in everywhere, so it becomes nobody once all is loaded.
READER = """
import json, os, sys
from datetime import UTC, datetime
from pathlib import Path
from digest.errors import DigestError
from digest.settings import State
from digest.store import queries, sqlite
queries.query("begin")
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
try:
    store = sqlite.open(State(), project=Path(sys.argv[1]), site="default", secret_fingerprint=None, machine="m",
                        boot_id="b", pid=1, now=datetime(2026, 11, 27, tzinfo=UTC), read_only=sys.argv[2] == "read")
    print(json.dumps({"issues": [i.id for i in store.issues()], "known": store.history("weekly").known}))
    store.close()
except DigestError as exc:
    print(json.dumps({"exit": exc.exit_code, "message": str(exc), "hint": exc.hint}))
"""


def refused(exc_type: type[DigestError], words: str, code: int, action: Callable[[], object]) -> DigestError:
    """Hold an error to what a user is owed: a sentence, something to do, an exit code."""
    with pytest.raises(exc_type, match=words) as caught:
        action()
    assert caught.value.exit_code == code
    assert caught.value.hint
    return caught.value


def without_rights(project: Path, how: str) -> dict[str, Any]:
    """Open the ledger in another process that has no right to write it."""
    done = subprocess.run(
        [sys.executable, "-c", READER, str(project), how],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


@pytest.fixture
def shut_project(tmp_path: Path, open_store: Open) -> Any:
    """A project with one skipped issue, whose state folder may be read and not written."""
    store = open_store()
    store.skip(occasion(), "nothing-new", NOW)
    store.close()
    folder = tmp_path / ".digest"
    (folder / "digest.sqlite3").chmod(0o444)
    folder.chmod(0o555)
    # pytest's own folders are closed to others.
    for parent in tmp_path.parents:
        if parent.owner() == tmp_path.owner() and "pytest" in parent.name:
            parent.chmod(0o755)
    tmp_path.chmod(0o755)
    yield tmp_path
    folder.chmod(0o755)


# ---------------------------------------------------------------------------------------------------- what is made


def test_the_state_folder_is_for_its_owner_alone(tmp_path: Path, open_store: Open) -> None:
    """It holds addresses; nothing but the database is left in it after closing."""
    store = open_store()
    assert stat.S_IMODE((tmp_path / ".digest").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    store.close()
    assert [path.name for path in (tmp_path / ".digest").iterdir()] == ["digest.sqlite3"]


def test_a_commit_is_on_the_disk(tmp_path: Path, open_store: Open) -> None:
    """WAL, FULL, foreign keys: a power cut takes no row that a method returned from."""
    store = open_store()
    for pragma, value in [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)]:
        found = store._database._connection.execute(f"PRAGMA {pragma}").fetchone()
        assert found == (value,)


def test_the_folder_is_where_the_configuration_says(tmp_path: Path, open_store: Open) -> None:
    """Relative to the project, or absolute."""
    open_store(State(path=Path("var/state")))
    open_store(State(path=tmp_path / "elsewhere"))
    assert (tmp_path / "var/state/digest.sqlite3").exists()
    assert (tmp_path / "elsewhere/digest.sqlite3").exists()


# ---------------------------------------------------------------------------------------------------- what is refused


def test_a_newer_ledger_is_refused(tmp_path: Path, open_store: Open) -> None:
    """Writing into a shape that one does not know would break it."""
    open_store().close()
    with closing(sqlite3.connect(tmp_path / FILE)) as raw:
        raw.execute("INSERT INTO migration VALUES (999, 'of the future', 0)")
        raw.commit()
    for read_only in (False, True):
        refused(StateRefused, "newer version", 78, lambda read_only=read_only: open_store(read_only=read_only))


def test_an_older_ledger_cannot_be_read_without_the_right_to_change_it(tmp_path: Path, open_store: Open) -> None:
    """Its queries would miss columns; the reader is told what to run."""
    open_store().close()
    with closing(sqlite3.connect(tmp_path / FILE)) as raw:
        raw.execute("DELETE FROM migration")
        raw.commit()
    error = refused(StateRefused, "older version", 78, lambda: open_store(read_only=True))
    assert "digest run" in error.hint


def test_another_program_s_database_is_refused(tmp_path: Path, open_store: Open) -> None:
    """Nothing is written into it."""
    (tmp_path / ".digest").mkdir()
    with closing(sqlite3.connect(tmp_path / FILE)) as raw:
        raw.execute("CREATE TABLE recipes (id INTEGER)")
    refused(StateRefused, "not one of digest", 78, open_store)
    with closing(sqlite3.connect(tmp_path / FILE)) as raw:
        assert raw.execute("SELECT name FROM sqlite_master").fetchall() == [("recipes",)]


@pytest.mark.parametrize("read_only", [False, True])
def test_a_file_that_is_no_database_is_refused_and_left_alone(
    tmp_path: Path, open_store: Open, read_only: bool
) -> None:
    """Damaged or never one: who has had which issue may still be in it."""
    (tmp_path / ".digest").mkdir()
    (tmp_path / FILE).write_bytes(b"no database at all\n" * 100)
    refused(StateRefused, "no ledger, or a damaged one", 78, lambda: open_store(read_only=read_only))
    assert (tmp_path / FILE).read_bytes().startswith(b"no database")


def test_a_folder_in_the_way_is_refused(tmp_path: Path, open_store: Open) -> None:
    """A file where the state folder should be, a folder where the database should be."""
    (tmp_path / "state").write_text("")
    refused(StateRefused, "state folder", 78, lambda: open_store(State(path=Path("state"))))
    (tmp_path / FILE).mkdir(parents=True)
    refused(StateRefused, "cannot be opened", 78, open_store)


def test_postgresql_is_not_taken_for_sqlite(open_store: Open) -> None:
    """Two ledgers of one newsletter would mail everybody twice."""
    refused(StateRefused, "another engine", 78, lambda: open_store(State(database="postgresql://localhost/digest")))


def test_another_process_s_long_transaction_is_waited_for_and_then_told(tmp_path: Path, open_store: Open) -> None:
    """Locked is 75: the next run goes on."""
    store = open_store(patience=0.05)
    with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as raw:
        raw.execute("BEGIN IMMEDIATE")
        refused(Locked, "in use", 75, lambda: store.note_held("weekly", ["a"]))
        assert store.history("weekly").known, "readers do not wait for writers"
    store.note_held("weekly", ["a"])


# ---------------------------------------------------------------------------------------------------- a full disk


def test_a_full_disk_loses_nothing(tmp_path: Path, open_store: Open) -> None:
    """75; what was recorded stands, and goes on once there is room."""
    store = open_store()
    store.replace_list("readers", [subscriber()], "d", NOW)
    pages = store._database._connection.execute("PRAGMA page_count").fetchone()[0]
    store._database.script(f"PRAGMA max_page_count = {pages};")
    many = [post(f"posts/{n}.md", title="x" * 4000) for n in range(50)]
    refused(DiskFull, "disk is full", 75, lambda: store.note_posts(many, NOW))
    assert store.history("weekly").records == ()
    assert store.list_digest("readers") == "d"
    store._database.script("PRAGMA max_page_count = 1000000;")
    store.note_posts(many, NOW)
    assert len(store.history("weekly").records) == 50


def test_a_file_system_without_room_is_told_as_such(tmp_path: Path, open_store: Open) -> None:
    """On a real one of 256 KiB, from opening to writing (where this process may mount one)."""
    small = tmp_path / "small"
    small.mkdir()
    mount = shutil.which("mount")
    if (
        mount is None
        or subprocess.run(
            [mount, "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(small)], check=False, capture_output=True
        ).returncode
    ):
        pytest.skip("this process may not mount a file system")
    try:
        store = open_store(State(path=small))
        filler = small / "filler"
        many = [post(f"posts/{n}.md", title="x" * 4000) for n in range(100)]
        refused(DiskFull, "disk is full", 75, lambda: store.note_posts(many, NOW))
        assert store.history("weekly").records == ()
        store.note_posts(many[:2], NOW)
        store.close()
        with filler.open("wb") as file, pytest.raises(OSError, match="space"):
            file.write(b"x" * 1_000_000)
        refused(DiskFull, "full", 75, lambda: open_store(State(path=small / "deeper")))
    finally:
        subprocess.run(["umount", str(small)], check=True)


# ---------------------------------------------------------------------------------------------------- read only


def test_reading_makes_nothing(tmp_path: Path, open_store: Open) -> None:
    """Where there is no ledger, history is unknown and everything else empty; no file appears."""
    store = open_store(read_only=True)
    assert store.history("weekly").known is False
    assert (store.issues(), store.issue("weekly-2026-11-27"), store.variants("x", 1)) == ((), None, ())
    assert store.audiences("weekly", ["readers"]) == ()
    assert list(tmp_path.iterdir()) == []


def test_reading_an_empty_file_makes_nothing_of_it(tmp_path: Path, open_store: Open) -> None:
    """What a full disk may have left: no history either."""
    (tmp_path / ".digest").mkdir()
    (tmp_path / FILE).touch()
    assert open_store(read_only=True).history("weekly").known is False
    assert (tmp_path / FILE).stat().st_size == 0


def test_a_reader_sees_what_a_writer_has_done(open_store: Open) -> None:
    """`status --follow` in another process; it cannot change anything, and a wrong secret is told to it as well."""
    writer = open_store()
    reader = open_store(read_only=True)
    writer.skip(occasion(), "nothing-new", NOW)
    assert [i.id for i in reader.issues()] == ["weekly-2026-11-27"]
    refused(StateRefused, "cannot be opened for writing", 78, lambda: reader.note_held("weekly", ["a"]))
    refused(StateRefused, "DIGEST_SECRET", 78, lambda: open_store(read_only=True, secret_fingerprint="g"))


def test_who_may_not_write_can_still_read(shut_project: Path) -> None:
    """`status` by somebody without rights: the real thing, as another user or as a folder without the write bit."""
    assert without_rights(shut_project, "read") == {"issues": ["weekly-2026-11-27"], "known": True}


def test_who_may_not_write_cannot_run(shut_project: Path) -> None:
    """78, with the folder and what to do."""
    said = without_rights(shut_project, "write")
    assert said["exit"] == 78
    assert ".digest cannot be written" in said["message"]
    assert "[state] path" in said["hint"]


def test_a_reader_without_rights_does_not_overlook_a_writer_s_wal(shut_project: Path) -> None:
    """What is not folded in yet is part of the truth: rather no answer than an old one."""
    wal = shut_project / ".digest" / "digest.sqlite3-wal"
    (shut_project / ".digest").chmod(0o755)
    with closing(sqlite3.connect(shut_project / FILE)) as raw:
        raw.execute("DELETE FROM issue")
        raw.commit()
        copied = wal.read_bytes()
    wal.write_bytes(copied)
    wal.chmod(0o444)
    (shut_project / ".digest").chmod(0o555)
    assert without_rights(shut_project, "read")["exit"] == 78
