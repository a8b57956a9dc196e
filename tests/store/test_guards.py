"""The guards behind the guards: what must not be, found where it would do harm. Each is made to happen by force."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.errors import Bug, StateRefused
from digest.interfaces import Freeze, FrozenVariant
from digest.lifecycle import Event
from digest.store.ledger import Store
from digest.testing import occasion, subscriber

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
ISSUE = "weekly-2026-11-27"


@pytest.fixture
def sending(open_store: Callable[..., Store]) -> Store:
    """An issue of two people that is being sent."""
    store = open_store()
    store.replace_list("readers", [subscriber(f"r{n}@example.org", line=n) for n in (2, 3)], "d", NOW)
    store.enroll("weekly", ["readers"], str, NOW)
    variant = FrozenVariant(variant="v", language="en", subject="s", html="", text="", mjml="", stencil=b"", posts=())
    wish = Freeze(
        occasion=occasion(), number=1, revision=1, subject="s", title="t", deadline=NOW + timedelta(days=3),
        posts=(), variants=(variant,), lists=("readers", "none"), assign={((), ""): 0},
    )  # fmt: skip
    store.freeze(wish, NOW)
    store.move(ISSUE, 1, Event.BEGIN, NOW)
    return store


def test_a_row_that_moved_behind_our_back_is_found_at_settling(sending: Store) -> None:
    """Compare and set: nothing of the batch is recorded on a false ground."""
    batch = sending.claim(ISSUE, 1, 2, NOW)
    assert batch is not None
    sending._database.script(f"UPDATE delivery SET state = 'sent' WHERE person = {batch.entries[0][0]};")
    with pytest.raises(Bug, match="1 of 2 rows were not where they had to be"):
        sending.settle(batch, [], NOW)
    assert sending._database.one("claims_of", issue=1) is not None


def test_a_query_that_the_engine_refuses_is_our_mistake(sending: Store) -> None:
    """Said as such, whether it asks for one row or for all."""
    sending._database.script("DROP TABLE held;")
    with pytest.raises(Bug, match="the ledger refused a query: no such table"):
        sending._database.all("history_held", newsletter="weekly")
    with pytest.raises(Bug, match="the ledger refused a query: no such table"):
        sending._database.one("history_held", newsletter="weekly")


def test_a_ledger_that_was_taken_away_takes_no_more(sending: Store, tmp_path: Path) -> None:
    """What is written into a file that has no name any more is lost."""
    (ledger,) = tmp_path.rglob("digest.sqlite3")
    ledger.rename(ledger.with_suffix(".away"))
    with pytest.raises(StateRefused, match="was taken away or replaced while it was in use"):
        sending.claim(ISSUE, 1, 2, NOW)


def test_a_claim_of_fresh_rows_writes_none_of_them(sending: Store) -> None:
    """The border that has passed them and their claim say that they are in hand; each is written when answered."""

    def rows() -> list[tuple[object, ...]]:
        return sending._database._connection.execute("SELECT * FROM delivery ORDER BY person").fetchall()

    before = rows()
    batch = sending.claim(ISSUE, 1, 2, NOW)
    assert batch is not None
    assert rows() == before
    assert dict(sending._database.all("tally_rows", issue=1)) == {"sending": 2}
    assert sending.claim(ISSUE, 1, 2, NOW) is None
    sending.settle(batch, [(0, "accepted", 250, "", None)], NOW)
    assert dict(sending._database.all("tally_rows", issue=1)) == {"sent": 1, "queued": 1}


def test_a_border_that_moved_behind_our_back_is_found(sending: Store) -> None:
    """Compare and set, as with a state: nobody is in two hands."""
    sending._database.script(
        "CREATE TEMP TRIGGER faster BEFORE UPDATE OF reached ON issue BEGIN SELECT RAISE(IGNORE); END;"
    )
    with pytest.raises(Bug, match="be passed"):
        sending.claim(ISSUE, 1, 1, NOW)
    assert sending._database.all("claims_of", issue=1) == []


def test_sums_that_do_not_agree_with_the_rows_are_found_at_the_end(sending: Store) -> None:
    """Before an issue is called done it is counted once, row by row."""
    batch = sending.claim(ISSUE, 1, 2, NOW)
    assert batch is not None
    sending.settle(batch, [(row, "accepted", 250, "", None) for row in range(2)], NOW)
    sending._database.script("UPDATE tally SET people = 3 WHERE state = 'sent';")
    with pytest.raises(Bug, match="sums"):
        sending.move(ISSUE, 1, Event.FINISH, NOW)


def test_an_issue_that_moved_behind_our_back_is_found(sending: Store) -> None:
    """The state that was read must still stand when the new one is set."""
    sending._database.script("CREATE TEMP TRIGGER stuck BEFORE UPDATE ON issue BEGIN SELECT RAISE(IGNORE); END;")
    with pytest.raises(Bug, match="no longer sending"):
        sending.move(ISSUE, 1, Event.PAUSE, NOW)


def test_a_store_closes_itself(open_store: Callable[..., Store]) -> None:
    """And may be closed again."""
    with open_store() as store:
        assert store.issues() == ()
    store.close()
