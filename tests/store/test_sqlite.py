"""Opening the ledger: what is made, what is refused and with which exit code, what a reader without rights sees."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from digest.errors import DigestError, DiskFull, Locked, StateRefused
from digest.settings import State
from digest.store.ledger import Store
from digest.store.lock import RunLock
from digest.store.queries import query
from digest.testing import occasion, post, subscriber

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
FILE = Path(".digest") / "digest.sqlite3"
Open = Callable[..., Store]
OPENER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from digest.settings import State
from digest.store import sqlite
now = datetime(2026, 11, 27, tzinfo=UTC)
with sqlite.open(State(), project=Path(sys.argv[1]), site="default", secret_fingerprint="f", machine="mill",
                 boot_id="b", pid=1, now=now) as store:
    store.opt_out(sys.argv[2], "all", "manual", "", now)
"""


def refused(exc_type: type[DigestError], words: str, code: int, action: Callable[[], object]) -> DigestError:
    """Hold an error to what a user is owed: a sentence, something to do, an exit code."""
    with pytest.raises(exc_type, match=words) as caught:
        action()
    assert caught.value.exit_code == code
    assert caught.value.hint
    return caught.value


@pytest.fixture(autouse=True)
def open_house(tmp_path: Path) -> None:
    """Let others pass through pytest's own folders, which are closed (0700): the tests' rights begin in tmp_path."""
    for folder in tmp_path.parents:
        if folder.stat().st_uid == os.geteuid() and folder.name.startswith(("pytest-", "popen-")):
            folder.chmod(folder.stat().st_mode | 0o011)


@contextmanager
def without_rights() -> Iterator[None]:
    """Be somebody whom the mode bits bind: root would be let in everywhere."""
    if os.geteuid() != 0:
        yield
        return
    query("begin")  # read now: the folder of the checkout may be closed to others
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def no_room(octets: int = 0) -> Iterator[None]:
    """Let no file grow beyond so many octets: what a full disk does, without filling one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


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
    refused(StateRefused, "names PostgreSQL", 78, lambda: open_store(State(database="postgresql://localhost/digest")))


def test_another_process_s_long_transaction_is_waited_for_and_then_told(tmp_path: Path, open_store: Open) -> None:
    """Locked is 75: the next run goes on."""
    store = open_store(patience=0.05)
    with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as raw:
        raw.execute("BEGIN IMMEDIATE")
        refused(Locked, "in use", 75, lambda: store.note_held("weekly", ["a"]))
        assert store.history("weekly").known, "readers do not wait for writers"
    store.note_held("weekly", ["a"])


def test_processes_that_open_a_new_ledger_at_once_make_one(tmp_path: Path, open_store: Open) -> None:
    """Each brings it up to date, one does it; what each wrote is there."""
    starts = [
        subprocess.Popen([sys.executable, "-c", OPENER, str(tmp_path), f"r{n}@example.org"], stderr=subprocess.PIPE)
        for n in range(4)
    ]
    assert [start.communicate()[1] for start in starts] == [b""] * 4
    store = open_store()
    assert [len(store.history_of(f"r{n}@example.org")) for n in range(4)] == [1] * 4


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


def test_a_disk_that_fails_to_write_is_one_to_make_room_on(tmp_path: Path, open_store: Open) -> None:
    """A quota, a limit: 75 wherever it strikes, and nothing is lost."""
    store = open_store()
    store.replace_list("readers", [subscriber()], "d", NOW)
    with no_room((tmp_path / ".digest" / "digest.sqlite3-wal").stat().st_size):
        refused(DiskFull, "full", 75, lambda: store.note_posts([post(title="x" * 99_000)], NOW))
    assert store.history("weekly").records == ()
    with no_room():
        lock = RunLock(tmp_path / ".digest", machine="mill", boot_id="b", pid=1, now=NOW)
        refused(DiskFull, "lock", 75, lock.__enter__)
    store.note_posts([post()], NOW)
    assert len(store.history("weekly").records) == 1


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


DYING = """
import os, sqlite3, sys
c = sqlite3.connect(sys.argv[1], isolation_level=None)
c.execute("PRAGMA cache_size = 2")
c.execute("BEGIN IMMEDIATE")
c.execute("CREATE TABLE half_made (x)")
c.executemany("INSERT INTO half_made VALUES (?)", [("y" * 500,) for _ in range(2000)])
os._exit(9)
"""


def test_what_a_process_left_half_made_is_taken_back_by_a_reader(tmp_path: Path, open_store: Open) -> None:
    """It died amid its very first writing, before there was a WAL: `status` rolls that back: no history."""
    (tmp_path / ".digest").mkdir()
    subprocess.run([sys.executable, "-c", DYING, str(tmp_path / FILE)], check=False)
    journal = tmp_path / ".digest" / "digest.sqlite3-journal"
    assert journal.exists()
    assert open_store(read_only=True).history("weekly").known is False
    assert not journal.exists()
    assert open_store().history("weekly").records == ()


def test_any_name_of_a_folder_can_be_read(open_store: Open) -> None:
    """Signs that mean something in a URI mean nothing here."""
    odd = State(path=Path("state %41?mode=rw#x ü"))
    open_store(odd).skip(occasion(), "nothing-new", NOW)
    assert len(open_store(odd, read_only=True).issues()) == 1


def test_a_reader_sees_what_a_writer_has_done(open_store: Open) -> None:
    """`status --follow` in another process; it cannot change anything, and a wrong secret is told to it as well."""
    writer = open_store()
    reader = open_store(read_only=True)
    writer.skip(occasion(), "nothing-new", NOW)
    assert [i.id for i in reader.issues()] == ["weekly-2026-11-27"]
    refused(StateRefused, "cannot be opened or written", 78, lambda: reader.note_held("weekly", ["a"]))
    refused(StateRefused, "DIGEST_SECRET", 78, lambda: open_store(read_only=True, secret_fingerprint="g"))


def test_who_may_not_write_can_still_read(shut_project: Path, open_store: Open) -> None:
    """`status` by somebody without rights."""
    with without_rights():
        store = open_store(read_only=True, secret_fingerprint=None)
        assert [issue.id for issue in store.issues()] == ["weekly-2026-11-27"]
        assert store.history("weekly").known
        store.close()


def test_who_may_not_write_cannot_run(shut_project: Path, open_store: Open) -> None:
    """78, with the folder and what to do."""
    with without_rights():
        error = refused(StateRefused, "digest cannot be written", 78, open_store)
    assert "[state] path" in error.hint


def test_a_ledger_of_somebody_else_cannot_be_written(shut_project: Path, open_store: Open) -> None:
    """The folder is open, the file is not."""
    (shut_project / ".digest").chmod(0o777)
    with without_rights():
        refused(StateRefused, "sqlite3 cannot be written", 78, open_store)


def test_a_reader_without_rights_does_not_overlook_a_writer_s_wal(shut_project: Path, open_store: Open) -> None:
    """What is not folded in yet is part of the truth: rather no answer than an old one."""
    wal = shut_project / ".digest" / "digest.sqlite3-wal"
    (shut_project / ".digest").chmod(0o755)
    with closing(sqlite3.connect(shut_project / FILE)) as raw:
        raw.execute("DELETE FROM issue")
        raw.commit()
        left = wal.read_bytes()
    wal.write_bytes(left)
    (shut_project / ".digest").chmod(0o555)
    with without_rights():
        refused(StateRefused, "cannot be opened", 78, lambda: open_store(read_only=True, secret_fingerprint=None))
