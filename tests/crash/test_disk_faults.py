"""The disk fails at one write after another: the run ends with 75 and words, nothing is lost, and the next run goes on.

A small library before the C library's own (LD_PRELOAD) answers "no room" or "input/output error" at the n-th write,
fsync or allocation of a file in the state folder: once, or from then on.
"""

from __future__ import annotations

import errno
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.nursery import Child, Nursery
from tests.projects import Project
from tests.smtp_server import SmtpServer

SOURCE = Path(__file__).with_name("failing_disk.c")
PEOPLE = [f"r{n}@example.net" for n in range(12)]
LAST = 400  # writes; a run has fewer


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if not compiler:
        pytest.skip("there is no C compiler to make a failing disk with")
    made = tmp_path_factory.mktemp("library") / "failing_disk.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(made), str(SOURCE), "-ldl"], check=True)
    return made


@pytest.fixture(scope="module")
def nursery(library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    made = Nursery(tmp_path_factory.mktemp("nursery"), {"LD_PRELOAD": str(library)})
    yield made
    made.close()


class Bench:
    """A project whose disk fails."""

    def __init__(self, nursery: Nursery, library: Path, folder: Path, port: int) -> None:
        self.nursery, self.library = nursery, library
        self.project = Project(folder, port=port, newsletter="limit = 1")
        self.project.list("readers", *PEOPLE)

    def start(self, *words: str, after: int = 0, error: int = 0, stays: bool = False) -> Child:
        disk = {
            "library": str(self.library),
            "after": after,
            "error": error,
            "stays": stays,
            "place": str(self.project.root / ".digest"),
        }
        return self.nursery.start(
            self.project.command(*words),
            folder=self.project.root,
            environment=self.project.environ(),
            disk=disk if after else None,
        )


def fails_at(bench: Bench, server: SmtpServer, point: int, error: int, *, stays: bool) -> int:
    """One run whose n-th write fails, and one on a good disk; gives the exit code of the first."""
    run = bench.start("run", after=point, error=error, stays=stays)
    code = run.ended()
    assert code in (0, 75), run.said
    assert "Traceback" not in run.said
    assert "should not happen" not in run.said
    assert code == 0 or "disk" in run.said, run.said
    assert Counter(server.addresses()) <= Counter(PEOPLE), "nobody twice"
    again = bench.start("run")
    assert again.ended() == 0, again.said
    status = bench.start("status", "--json")
    assert status.ended() == 0, status.said
    counts = dict(status.json["counts"])
    assert counts.pop("list") == sum(counts.values()) == counts["sent"] == len(PEOPLE), (point, run.said, counts)
    assert Counter(server.addresses()) == Counter(PEOPLE), point
    return code


def sweep(nursery: Nursery, library: Path, folder: Path, error: int, step: int, *, stays: bool) -> Counter[int]:
    codes: Counter[int] = Counter()
    for point in range(1, LAST, step):
        with SmtpServer() as server:
            code = fails_at(
                Bench(nursery, library, folder / str(point), server.port), server, point, error, stays=stays
            )
        shutil.rmtree(folder / str(point))
        codes[code] += 1
        if code == 0 and stays:  # it had ended before
            break
    return codes


@pytest.mark.crash
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO], ids=errno.errorcode.get)
def test_a_disk_that_fails_from_a_moment_on(nursery: Nursery, library: Path, tmp_path: Path, error: int) -> None:
    """75 whatever was being written; nobody is in doubt, for the process knew what it was doing."""
    assert sweep(nursery, library, tmp_path, error, 23, stays=True)[75] > 3


@pytest.mark.soak
@pytest.mark.parametrize("stays", [True, False], ids=["from-then-on", "once"])
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EDQUOT], ids=errno.errorcode.get)
def test_a_disk_that_fails_at_each_write(
    nursery: Nursery, library: Path, tmp_path: Path, error: int, stays: bool
) -> None:
    """Not one write left out; where it fails once alone, what is not needed may fail unnoticed."""
    assert sweep(nursery, library, tmp_path, error, 1, stays=stays)[75] > 100
