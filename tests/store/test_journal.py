"""The journal of marks: what it proves, and when it proves nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from digest.errors import Bug, DiskFull, StateRefused
from digest.interfaces import Freeze, FrozenVariant
from digest.lifecycle import Event
from digest.store.journal import Journal, is_held, read_marks, sweep
from digest.store.ledger import Store
from digest.testing import occasion, post, subscriber

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
ISSUE = "weekly-2026-11-27"
MARK = "0123456789abcdef"


@pytest.fixture
def journal(tmp_path: Path) -> Any:
    made = Journal(tmp_path, "marks-1-a", 4)
    yield made
    made.abandon()


def test_marks_outlive_their_writer(tmp_path: Path, journal: Journal) -> None:
    """Each octet as it was set last, for the claim whose mark stands before them."""
    marks = journal.begin(MARK, 3)
    marks[0], marks[2] = 2, 1
    assert read_marks(tmp_path / "marks-1-a", MARK, 3) == b"\x02\x00\x01"


def test_marks_of_another_claim_prove_nothing(tmp_path: Path, journal: Journal) -> None:
    """Nor do those of a file that is missing, or shorter than the batch."""
    journal.begin(MARK, 3)[0] = 2
    journal.end()
    journal.begin("f" * 16, 4)
    path = tmp_path / "marks-1-a"
    assert read_marks(path, MARK, 3) is None
    assert read_marks(path, "f" * 16, 4) == bytes(4), "a new batch begins untouched"
    assert read_marks(path, "f" * 16, 5) is None
    assert read_marks(tmp_path / "none", MARK, 3) is None


def test_nobody_writes_marks_of_a_batch_that_is_over(journal: Journal) -> None:
    """The octets are another batch's by now."""
    marks = journal.begin(MARK, 3)
    journal.end()
    with pytest.raises(ValueError, match="released"):
        marks[0] = 2


def test_a_journal_is_held_as_long_as_its_process_lives(tmp_path: Path, journal: Journal) -> None:
    """By the kernel; a missing one is held by nobody."""
    assert is_held(tmp_path / "marks-1-a")
    journal.abandon()
    assert not is_held(tmp_path / "marks-1-a")
    assert not is_held(tmp_path / "none")


def test_sweeping_takes_only_what_no_claim_names_and_nobody_holds(tmp_path: Path, journal: Journal) -> None:
    """A dead run's idle journal goes; a living one's and a named one's stay, and so does what is no journal."""
    for name in ("marks-2-b", "marks-3-c", "other"):
        (tmp_path / name).touch()
    sweep(tmp_path, {"marks-3-c"})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["marks-1-a", "marks-3-c", "other"]


def test_a_journal_is_allocated_in_full(tmp_path: Path, journal: Journal) -> None:
    """No full disk can take a mark away later."""
    status = (tmp_path / "marks-1-a").stat()
    assert status.st_size == 20
    assert status.st_blocks > 0


def test_a_journal_that_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    """A name that is taken, a size that no disk has."""
    (tmp_path / "marks-1-a").touch()
    with pytest.raises(StateRefused, match="journal"):
        Journal(tmp_path, "marks-1-a", 4)
    with pytest.raises(DiskFull, match="journal"):
        Journal(tmp_path, "marks-1-b", 2**50)
    assert [path.name for path in tmp_path.iterdir()] == ["marks-1-a"]


# ------------------------------------------------------------------------------------------ with the ledger around it


@pytest.fixture
def sending(open_store: Callable[..., Store], tmp_path: Path) -> Store:
    """A store with an issue of four people that is being sent."""
    store = open_store()
    store.replace_list("readers", [subscriber(f"r{n}@example.org", line=n) for n in range(2, 6)], "d", NOW)
    store.enroll("weekly", ["readers"], str, NOW)
    variant = FrozenVariant(variant="v", language="en", subject="s", html="", text="", mjml="", stencil=b"", posts=())
    wish = Freeze(
        occasion=occasion(), number=1, revision=1, subject="s", title="t", deadline=NOW + timedelta(days=3),
        posts=(post(),), variants=(variant,), lists=("readers",), assign={((), ""): 0},
    )  # fmt: skip
    store.freeze(wish, NOW)
    store.move("weekly-2026-11-27", 1, Event.BEGIN, NOW)
    return store


def journals(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / ".digest").glob("marks-*"))


def test_one_file_serves_batch_after_batch_and_goes_in_the_end(sending: Store, tmp_path: Path) -> None:
    """Two batches in hand need two; a larger batch a larger one; closing leaves none."""
    first = sending.claim(ISSUE, 1, 1, NOW)
    second = sending.claim(ISSUE, 1, 1, NOW)
    assert len(journals(tmp_path)) == 2
    assert first is not None
    assert second is not None
    sending.settle(first, [], NOW)
    sending.settle(second, [], NOW)
    third = sending.claim(ISSUE, 1, 1, NOW)
    assert len(journals(tmp_path)) == 2
    assert third is not None
    sending.settle(third, [], NOW)
    fourth = sending.claim(ISSUE, 1, 4, NOW)
    assert len(journals(tmp_path)) == 3
    assert fourth is not None
    sending.settle(fourth, [], NOW)
    sending.close()
    assert journals(tmp_path) == []


def test_a_lost_or_cut_journal_puts_the_batch_in_doubt(
    sending: Store, tmp_path: Path, open_store: Callable[..., Store]
) -> None:
    """Nothing is guessed: neither that it went out nor that it did not."""
    sending.claim(ISSUE, 1, 2, NOW)
    sending.claim(ISSUE, 1, 2, NOW)
    sending.close()
    lost, cut = journals(tmp_path)
    lost.unlink()
    os.truncate(cut, 17)
    heir = open_store()
    assert heir.recover(ISSUE, 1, NOW) == (0, 4)
    assert len(heir.uncertain(ISSUE, 1)) == 4
    assert journals(tmp_path) == []


def test_a_claim_that_fails_claims_nothing(sending: Store, tmp_path: Path) -> None:
    """The next try finds all as it was; the journal is not used again, and swept with the next recovery."""
    database = sending._database
    database.script("CREATE TEMP TRIGGER full BEFORE INSERT ON claim BEGIN SELECT RAISE(ABORT, 'full'); END;")
    with pytest.raises(Bug, match="full"):
        sending.claim(ISSUE, 1, 2, NOW)
    database.script("DROP TRIGGER full;")
    batch = sending.claim(ISSUE, 1, 2, NOW)
    assert batch is not None
    assert len(batch.entries) == 2
    assert len(journals(tmp_path)) == 2
    assert sending.recover(ISSUE, 1, NOW) == (0, 0)
    assert len(journals(tmp_path)) == 1


def test_a_person_forgotten_after_the_freeze_gets_nothing(sending: Store, tmp_path: Path) -> None:
    """No address, no mail; the sums still add up, and no list brings the person back."""
    database = sending._database
    database.script("UPDATE person SET address = NULL, forgotten_at = 1 WHERE key = 'r2@example.org';")
    batch = sending.claim(ISSUE, 1, 9, NOW)
    assert batch is not None
    assert len(batch.entries) == 3
    issue = sending.issue(ISSUE)
    assert issue is not None
    assert (issue.counts.list, issue.counts.suppressed) == (4, 1)
    assert sending.replace_list("readers", [subscriber("r2@example.org")], "e", NOW) == 0
