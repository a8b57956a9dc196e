"""The run lock: one run at a time, no lease, the holder named."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.errors import Locked, StateRefused
from digest.store.lock import RunLock, holder

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
HOLD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from digest.store.lock import RunLock
with RunLock(Path(sys.argv[1]), machine="mill", boot_id="b", pid=4711, now=datetime(2026, 11, 27, 9, tzinfo=UTC)):
    print("held", flush=True)
    sys.stdin.read()
"""


def lock(folder: Path) -> RunLock:
    return RunLock(folder, machine="mill", boot_id="b", pid=4711, now=NOW)


def test_a_second_run_is_told_who_is_at_work(tmp_path: Path) -> None:
    """At once: it waits for no lease. The lock is free again when the first has ended."""
    folder = tmp_path / "state"
    with lock(folder):
        with pytest.raises(Locked, match="process 4711 on mill, since 2026-11-27T09:00:00") as caught, lock(folder):
            pass
        assert caught.value.exit_code == 75
        assert holder(folder) == "process 4711 on mill, since 2026-11-27T09:00:00+00:00"
    assert holder(folder) is None
    with lock(folder):
        pass


def test_the_lock_goes_with_its_process(tmp_path: Path) -> None:
    """kill -9 leaves a file and no lock."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(Locked), lock(tmp_path):
            pass
        other.kill()
        other.wait()
        with lock(tmp_path):
            assert (tmp_path / "run.lock").exists()


def test_asking_who_holds_it_makes_nothing_and_disturbs_nobody(tmp_path: Path) -> None:
    """Where there is no lock file there is none afterwards; a run that starts meanwhile asks again."""
    assert holder(tmp_path) is None
    assert list(tmp_path.iterdir()) == []
    import fcntl

    (tmp_path / "run.lock").touch()
    with (tmp_path / "run.lock").open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        pid = os.fork()
        if pid == 0:
            time.sleep(0.03)
            os._exit(0)
    # The child holds the shared lock a moment longer than we do.
    with lock(tmp_path):
        pass
    os.waitpid(pid, 0)


@pytest.mark.parametrize(
    ("machine", "boot", "moved_from"),
    [("mill", "b", ""), ("mill", "c", ""), ("barn", "b", ""), ("barn", "c", "mill"), ("barn", "", "mill")],
    ids=["here", "rebooted", "another container", "elsewhere", "nobody knows"],
)
def test_another_machine_has_another_name_and_another_boot(
    tmp_path: Path, machine: str, boot: str, moved_from: str
) -> None:
    """A reboot is no other machine, and neither is a container that is started anew on the same kernel."""
    with lock(tmp_path) as first:
        assert first.moved_from == ""
    with RunLock(tmp_path, machine=machine, boot_id=boot, pid=1, now=NOW) as second:
        assert second.moved_from == moved_from
    with RunLock(tmp_path, machine=machine, boot_id=boot, pid=2, now=NOW) as third:
        assert third.moved_from == ""


@pytest.mark.parametrize("note", [b"", b"{", b"[]", b'{"pid": 1}'])
def test_a_holder_that_has_not_said_who_it_is_still_holds(tmp_path: Path, note: bytes) -> None:
    """Between taking the lock and writing the note there is an instant."""
    with lock(tmp_path):
        (tmp_path / "run.lock").write_bytes(note)
        with pytest.raises(Locked, match="has not said"), lock(tmp_path):
            pass
        assert holder(tmp_path) == "another run"


def test_a_lock_that_cannot_be_made_is_a_wrong_configuration(tmp_path: Path) -> None:
    """78, not 75: the next run would not go on."""
    (tmp_path / "run.lock").mkdir()
    with pytest.raises(StateRefused, match="lock"), lock(tmp_path):
        pass
    assert lock(tmp_path).__exit__(None, None, None) is None
