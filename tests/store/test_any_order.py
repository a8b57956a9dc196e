"""Whatever happens, in whatever order: sums add up, states are the table's, nobody is sent to twice unasked."""

from __future__ import annotations

import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from digest.interfaces import Freeze, FrozenVariant
from digest.lifecycle import DELIVERY, DeliveryState, Event, IssueState
from digest.settings import State
from digest.store import sqlite
from digest.testing import occasion, post, subscriber

START = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
ISSUE = "weekly-2026-11-27"
PEOPLE = [f"reader{n}@example.org" for n in range(8)]
ENDINGS = ["accepted", "delayed", "refused", "in-doubt", "release", ""]
SCOPES = ["all", "newsletter:weekly", "list:readers", "list:press", "newsletter:monthly"]


class Week(RuleBasedStateMachine):
    """Runs come and die, people leave, an editor pauses, cancels and decides; a clock goes forward."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.now, self.pid, self.boot = START, 0, 1
        self.batches: list[Any] = []
        self.wire: Counter[str] = Counter()  # messages that reached the relay's end of data
        self.allowed: Counter[str] = Counter(PEOPLE)  # how often a person may have been written to
        self.left: set[str] = set()
        self.before: dict[int, str] = {}
        self.store = self.open()

    def open(self) -> Any:
        self.pid += 1
        store = sqlite.open(
            State(),
            project=Path(self.folder.name),
            site="default",
            secret_fingerprint="f",
            machine="mill",
            boot_id=f"boot-{self.boot}",
            pid=self.pid,
            now=self.now,
        )
        store._database.script("PRAGMA synchronous = OFF;")  # no power is cut here, and the disk is slow
        return store

    @initialize(filtered=st.sets(st.sampled_from(PEOPLE)), left=st.sets(st.sampled_from(PEOPLE)))
    def freeze(self, filtered: set[str], left: set[str]) -> None:
        rows = [
            subscriber(address, line=n, topics=("cats",) if address in filtered else ())
            for n, address in enumerate(PEOPLE, 2)
        ]
        self.store.replace_list("press", rows[:3], "p", self.now)
        self.store.replace_list("readers", rows, "d", self.now)
        self.store.enroll("weekly", ["press", "readers"], str, self.now)
        for address in left:
            self.opt_out(address, "all")
        variant = FrozenVariant(
            variant="v", language="en", subject="s", html="", text="", mjml="", stencil=b"", posts=()
        )
        wish = Freeze(
            occasion=occasion(), number=1, revision=1, subject="s", title="t", deadline=START + timedelta(days=3),
            posts=(post(),), variants=(variant,), lists=("press", "readers"),
            assign={((), ""): 0, (("cats",), ""): None},
        )  # fmt: skip
        self.store.freeze(wish, self.now)
        self.begin()

    @property
    def state(self) -> IssueState:
        found: IssueState = self.store.issue(ISSUE).state
        return found

    def begin(self) -> None:
        if self.state in {IssueState.FROZEN, IssueState.STOPPED, IssueState.SENDING}:
            self.store.move(ISSUE, 1, Event.BEGIN, self.now)

    @rule(limit=st.integers(1, 5))
    def claim(self, limit: int) -> None:
        batch = self.store.claim(ISSUE, 1, limit, self.now)
        if batch is not None:
            assert 0 < len(batch.entries) <= limit
            assert self.state is IssueState.SENDING
            # `all` and this newsletter stop a row until the moment of its claim.
            assert not {e[1] for e in batch.entries} & self.left
            self.batches.append(batch)

    @precondition(lambda self: self.batches)
    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        batch = self.batches.pop(data.draw(st.integers(0, len(self.batches) - 1)))
        results = []
        for row, entry in enumerate(batch.entries):
            ending = data.draw(st.sampled_from(ENDINGS))
            due = self.now + timedelta(minutes=15) if ending == "delayed" else None
            if ending in {"accepted", "in-doubt"}:
                self.wire[entry[1]] += 1
            if ending:
                results.append((row, ending, 250, "said", due))
        self.store.settle(batch, data.draw(st.permutations(results)), self.now)

    @precondition(lambda self: self.batches)
    @rule(marks=st.lists(st.integers(0, 5), min_size=8, max_size=8), reboot=st.booleans())
    def die_and_recover(self, marks: list[int], reboot: bool) -> None:
        for batch in self.batches:
            for row, entry in enumerate(batch.entries):
                batch.marks[row] = marks[row]
                # 1: handed over, and then the light went out.
                self.wire[entry[1]] += marks[row] in {1, 2, 3}
        self.store.close()
        self.batches = []
        self.boot += reboot
        self.store = self.open()
        self.store.recover(ISSUE, 1, self.now)
        self.begin()

    @rule(address=st.sampled_from(PEOPLE), scope=st.sampled_from(SCOPES))
    def opt_out(self, address: str, scope: str) -> None:
        self.store.opt_out(address, scope, "unsubscribed", "", self.now)
        if scope in {"all", "newsletter:weekly"}:
            self.left.add(address)

    @rule(minutes=st.sampled_from([1, 20, 24 * 60]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.store.expire(ISSUE, 1, self.now)

    @rule(event=st.sampled_from([Event.PAUSE, Event.RESUME, Event.STOP, Event.CANCEL, Event.FINISH, Event.REOPEN]))
    def steer(self, event: Event) -> None:
        possible = {
            Event.PAUSE: {IssueState.FROZEN, IssueState.SENDING, IssueState.STOPPED},
            Event.RESUME: {IssueState.PAUSED},
            Event.STOP: {IssueState.SENDING},
            Event.CANCEL: {IssueState.FROZEN, IssueState.SENDING, IssueState.PAUSED, IssueState.STOPPED},
            Event.FINISH: {IssueState.SENDING},
            Event.REOPEN: {IssueState.DONE},
        }[event]
        counts = self.store.issue(ISSUE).counts
        if self.state in possible and (event is not Event.FINISH or not counts.queued + counts.deferred):
            self.store.move(ISSUE, 1, event, self.now)
        self.begin()

    @rule(which=st.sampled_from(["uncertain", "failed", "assume-sent"]))
    def decide(self, which: str) -> None:
        if self.state in {IssueState.DONE, IssueState.CANCELLED}:
            return
        for address in self.store.uncertain(ISSUE, 1) if which == "uncertain" else ():
            self.allowed[address] += 1  # a person said so
        self.store.decide(ISSUE, 1, which, self.now)

    @invariant()
    def sums_add_up(self) -> None:
        issue = self.store.issue(ISSUE)
        if issue is None:
            return
        counts = issue.counts
        rows = self.rows()
        assert counts.list == len(PEOPLE) == len(rows)
        found = Counter(rows.values())
        found["queued"] += found.pop("sending", 0)
        assert {state: getattr(counts, state) for state in found} == dict(found)
        assert counts.list == sum(getattr(counts, s) for s in DeliveryState if s != DeliveryState.SENDING)

    @invariant()
    def no_row_moves_but_by_the_table(self) -> None:
        reachable: dict[str, set[str]] = {state: {state} for state in DeliveryState}
        for _ in DELIVERY:
            for (old, _event), new in DELIVERY.items():
                for seen in reachable.values():
                    if old in seen:
                        seen.add(new)
        rows = self.rows()
        for person, state in rows.items():
            assert state in reachable[self.before.get(person, state)]
        self.before = rows

    @invariant()
    def nobody_is_written_to_twice_unasked(self) -> None:
        assert not self.wire - self.allowed

    @invariant()
    def what_is_open_can_still_be_claimed(self) -> None:
        rows = self.rows()
        hand = sum(len(batch.entries) for batch in self.batches)
        assert Counter(rows.values())["sending"] == hand, "a row in hand is in somebody's hand"

    def rows(self) -> dict[int, str]:
        """How each person stands. `sending` stands in no row: it waits, is not due, and lies behind the border."""
        found = self.store._database._connection.execute(
            "SELECT d.person, d.state, d.due_at IS NULL AND d.person <= i.reached "
            "FROM delivery d JOIN issue i ON i.id = d.issue"
        )
        return {
            person: "sending" if behind and state in {"queued", "deferred"} else state
            for person, state, behind in found
        }

    def teardown(self) -> None:
        """In the end everybody who was never reached, refused or let go is still found by a run."""
        if self.store.issue(ISSUE) is not None and self.state is IssueState.SENDING:
            self.batches = []
            self.store.close()
            self.store = self.open()
            self.store.recover(ISSUE, 1, self.now)
            far = self.now + timedelta(days=30)
            while (batch := self.store.claim(ISSUE, 1, 3, far)) is not None:
                self.store.settle(batch, [(r, "accepted", 250, "", None) for r in range(len(batch.entries))], far)
            assert self.store.move(ISSUE, 1, Event.FINISH, far).state is IssueState.DONE
        self.store.close()
        self.folder.cleanup()


Week.TestCase.settings = settings(
    max_examples=60, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
TestWeek = Week.TestCase
