"""The SQL keeps its house: migrations agree with the schema, queries compile, states are the table's, nothing walks."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from digest import lifecycle
from digest.errors import Bug
from digest.lifecycle import DeliveryState, IssueState, SubscriptionState
from digest.store import queries
from digest.store.ledger import Store
from digest.store.queries import migrations, query, schema, sqlite_words

STORE = Path(queries.__file__).parent
NAMES = sorted(queries._queries())
DRIVER = set(re.findall(r"^-- name: (\w+)$", (STORE / "sql" / "driver.sql").read_text(), re.MULTILINE))
PRAGMAS = {"settings", "begin", "commit", "rollback"}


def shape(*scripts: str) -> list[tuple[str, str]]:
    """Every table and index a database holds, with blanks and comments taken out."""
    with closing(sqlite3.connect(":memory:")) as raw:
        for script in scripts:
            raw.executescript(sqlite_words(script))
        rows = raw.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").fetchall()
    return [(name, " ".join(re.sub(r"--.*", "", sql).split())) for name, sql in rows]


@pytest.fixture
def raw(open_store: Callable[..., Store]) -> Iterator[sqlite3.Connection]:
    """A connection with every table, the temporary ones too."""
    connection = open_store()._database._connection
    for name in ("stage_make", "wanted_make", "assignment_make", "present_make", "stage_index"):
        connection.execute(query(name))
    connection.execute("DROP INDEX temp.stage_key")
    return connection


def test_migrations_and_schema_agree() -> None:
    """The file to read is what a database becomes."""
    assert shape(*(text for _, _, text in migrations())) == shape(schema())
    assert len(shape(schema())) > 20


def test_migrations_are_numbered_without_gaps() -> None:
    """Each number once, from one."""
    assert [number for number, _, _ in migrations()] == list(range(1, len(migrations()) + 1))


def test_every_table_says_whose_it_is() -> None:
    """A site of its own, or a reference to a row that has one: projects share a database."""
    for name, sql in shape(schema()):
        if sql.startswith("CREATE TABLE") and name != "site":
            assert re.search(r"\bsite TEXT NOT NULL|REFERENCES (issue|list|person)", sql), name


@pytest.mark.parametrize("name", [n for n in NAMES if n not in PRAGMAS])
def test_a_query_compiles(raw: sqlite3.Connection, name: str) -> None:
    """Against the schema, with the parameters it names."""
    text = query(name)
    if text.startswith(("CREATE", "DROP")):
        raw.execute(text)
        return
    named = dict.fromkeys(re.findall(r":(\w+)", text), 0)
    raw.execute(f"EXPLAIN {text}", named or (0,) * text.count("?"))


def test_every_query_has_a_name_of_its_own() -> None:
    """The second of a name would hide the first."""
    texts = [path.read_text() for path in (STORE / "sql").glob("*.sql")]
    assert sorted(name for text in texts for name in queries.NAME.findall(text)) == NAMES


def test_every_query_is_used() -> None:
    """A name that nobody calls is dead SQL."""
    code = "\n".join(path.read_text() for path in STORE.glob("*.py"))
    assert [name for name in NAMES if f'"{name}"' not in code] == []


def test_states_in_sql_are_states_of_the_tables() -> None:
    """A literal state that lifecycle.py does not have would never match anything."""
    states = {*DeliveryState, *IssueState, *SubscriptionState}
    for name in NAMES:
        for literal in re.findall(r"state (?:=|<>|IN) \(?((?:'\w+'(?:, )?)+)", query(name)):
            assert set(re.findall(r"\w+", literal)) <= states, name


def test_no_delivery_changes_its_state_by_a_literal() -> None:
    """Where a row begins and what becomes of it comes from lifecycle.FIRST and DELIVERY, as parameters."""
    for name in NAMES:
        assert not re.search(r"UPDATE delivery SET[^;]*state = '", query(name)), name
        assert not re.search(rf"INSERT INTO delivery[^;]*'({'|'.join(DeliveryState)})'", query(name)), name


def test_what_the_tables_say_is_what_is_drawn_of_them() -> None:
    """A newcomer reads the drawing of lifecycle.py: each line of FIRST and DELIVERY stands in it, and no other."""
    drawn: set[tuple[str, str, str]] = set()
    olds = [""]
    for line in (lifecycle.__doc__ or "").splitlines():
        if move := re.fullmatch(r"    ([A-Z, ]+?) +--([a-z ]+?)-+> ([A-Z]+)", line):
            olds = move[1].split(", ") if move[1].strip() else olds
            drawn |= {(old, move[2], move[3]) for old in olds}
    made = {("", event.replace("-", " "), new.name) for event, new in lifecycle.FIRST.items()}
    moves = {(old.name, event.replace("-", " "), new.name) for (old, event), new in lifecycle.DELIVERY.items()}
    assert drawn == made | moves


@pytest.mark.parametrize("name", [n for n in NAMES if n not in DRIVER])
def test_sql_is_what_both_engines_understand(name: str) -> None:
    """SQLite's own words stand in driver.sql alone."""
    own = r"\b(PRAGMA|GLOB|ROWID|REPLACE INTO|INSERT OR|AUTOINCREMENT|IFNULL|json_each|strftime|julianday|INDEXED BY)\b"
    assert not re.search(own, query(name), re.IGNORECASE), name


@pytest.mark.parametrize(
    "name",
    [
        "claim_due",
        "claim_fresh",
        "claim_left_since",
        "settle_range",
        "next_due",
        "uncertain",
        "failures",
        "requeue_rows",
    ],
)
def test_no_step_of_sending_walks_what_is_done(raw: sqlite3.Connection, name: str) -> None:
    """Each reaches its rows by an index and a range: the cost of a batch is the same at a million."""
    named = dict.fromkeys(re.findall(r":(\w+)", query(name)), 0)
    plan = [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {query(name)}", named)]
    assert not [step for step in plan if step.startswith("SCAN")], plan
    expected = {
        "claim_due": "delivery_due (issue=? AND due_at<?)",
        "claim_fresh": "PRIMARY KEY (issue=? AND person>?)",
        "claim_left_since": "PRIMARY KEY (person>? AND person<?)",
        "settle_range": "PRIMARY KEY (issue=? AND person>? AND person<?)",
        "next_due": "delivery_due (issue=?",
        "uncertain": "delivery_told (issue=? AND state=?",
        "failures": "delivery_told (issue=? AND state=?",
        "requeue_rows": "delivery_told (issue=? AND state=?",
    }
    assert any(expected[name] in step for step in plan), plan
    assert not [step for step in plan if "TEMP B-TREE" in step and name != "claim_due"], plan
    assert not [step for step in plan if step.endswith("PRIMARY KEY (issue=?)")], plan


def test_an_unknown_word_of_the_engine_is_our_bug(open_store: Callable[..., Store]) -> None:
    """A query that breaks a rule of the schema says so, and keeps its cause."""
    database = open_store()._database
    with pytest.raises(Bug, match="refused a query") as caught:
        database.many("issue_post", [(99, "a")])
    assert isinstance(caught.value.__cause__, sqlite3.IntegrityError)
