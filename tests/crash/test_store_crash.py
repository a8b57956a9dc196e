"""kill -9 at every statement and every mark of a run: nobody gets it twice, nobody is forgotten."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

VICTIM = Path(__file__).with_name("store_victim.py")


def deaths(project: Path, boot_id: str, step: int) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, str(VICTIM), str(project), boot_id, str(step)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


@pytest.mark.crash
def test_killed_anywhere_the_heir_finishes_the_issue(tmp_path: Path) -> None:
    """On the same boot the journal tells all but the one message on the wire."""
    found = deaths(tmp_path / "project", "boot-1", 3)
    assert found["wrong"] == []
    assert int(str(found["points"])) > 100, "the run has become too short to prove anything"


@pytest.mark.crash
def test_killed_anywhere_and_rebooted_nobody_gets_it_twice(tmp_path: Path) -> None:
    """The journal proves nothing then: the batch in hand is in doubt, and nothing of it goes out again."""
    found = deaths(tmp_path / "project", "boot-2", 7)
    assert found["wrong"] == []


@pytest.mark.soak
def test_killed_at_every_single_point(tmp_path: Path) -> None:
    """The same without leaving a point out."""
    for boot_id in ("boot-1", "boot-2"):
        assert deaths(tmp_path / boot_id, boot_id, 1)["wrong"] == []
