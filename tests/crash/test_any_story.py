"""Any story: runs, faults, deaths, edits, people who come and leave, decisions, clocks; what must hold, holds always.

The whole program on a project on disk, over real SMTP. The model beside it knows what arrived and what was asked for.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from digest import machine
from digest.lifecycle import DeliveryState, IssueState
from digest.settings import State
from digest.store import sqlite
from digest.store.ledger import Store
from tests.nursery import Nursery
from tests.projects import Project
from tests.smtp_server import Drop, Moment, Say, SmtpServer

pytestmark = pytest.mark.crash

START = datetime(2026, 11, 27, 9, 5, tzinfo=ZoneInfo("Europe/Vienna"))
PEOPLE = [f"r{n}@example.net" for n in range(6)]
TITLE = re.compile(r"Post number (\d+)\b")
ISSUE = re.compile(r"/weekly/(weekly-[0-9T-]+)/")
TROUBLES: list[tuple[str, Any]] = [
    ("dot", Drop()),
    ("dot", Drop()),
    ("rcpt", Say(450, "4.2.0 later")),
    ("rcpt", Say(450, "4.2.0 later")),
    ("rcpt", Say(550, "5.1.1 no such user")),
    ("rcpt", Drop()),
    ("dot", Say(552, "5.2.2 mailbox full")),
    ("dot", Say(454, "4.7.0 sending quota exceeded")),
    ("mail", Say(421, "4.3.2 closing")),
    ("mail", Say(535, "5.7.8 wrong user")),
    ("data", Say(451, "4.3.0 try again")),
    ("greeting", Drop()),
    ("none", None),
]
ENDS = (0, 69, 75, 77)
Copy = tuple[str, str]
"""(issue, person)"""


class Story(RuleBasedStateMachine):
    """One newsletter over some weeks."""

    nursery: ClassVar[Nursery]

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="story-"))
        self.server = SmtpServer().__enter__()
        self.project = Project(self.folder / "project", port=self.server.port, smtp="timeout = 1")
        self.now = self.latest = START
        self.posts = self.read = 0
        self.people = set(PEOPLE[:4])
        self.project.list("readers", *sorted(self.people))
        self.got: Counter[Copy] = Counter()
        self.asked_for: Counter[Copy] = Counter()  # second copies
        self.assumed: Counter[str] = Counter()  # taken as sent, by a person's word
        self.had: dict[tuple[str, str], str] = {}  # (person, post) -> the issue that brought it
        self.left: dict[str, int] = {}  # who opted out, and how many messages they had by then

    # ---------------------------------------------------------------------------------------- means

    def digest(self, *words: str, ends: tuple[int, ...] = (0,)) -> int:
        """A command; it ends with one of these codes and no traceback."""
        said = self.project.inside(*words, now=self.now.isoformat())
        assert said.code in ends, (words, said)
        assert "Traceback" not in said.err
        assert "should not happen" not in said.err, said.err
        self.take_in()
        return said.code

    def take_in(self) -> None:
        """What has arrived since: who got which issue, with which posts."""
        for kept in self.server.messages[self.read :]:
            (person,) = kept.recipients
            text = kept.data.decode("ascii", "replace").replace("=\r\n", "")
            found = ISSUE.search(text)
            assert found
            self.got[found[1], person] += 1
            for number in set(TITLE.findall(text)):
                before = self.had.setdefault((person, number), found[1])
                assert before == found[1], f"{person} got post {number} with {before} and again with {found[1]}"
        self.read = len(self.server.messages)

    @contextlib.contextmanager
    def ledger(self) -> Iterator[Store | None]:
        """The ledger, where there is one already."""
        if not (self.project.root / ".digest" / "digest.sqlite3").exists():
            yield None
            return
        store = sqlite.open(
            State(),
            project=self.project.root,
            site="default",
            secret_fingerprint=None,
            machine=machine.name(),
            boot_id=machine.boot_id(),
            pid=1,
            now=self.now,
        )
        with store:
            yield store

    def names(self) -> list[str]:
        with self.ledger() as store:
            return [issue.id for issue in store.issues()] if store else []

    def had_by(self, person: str) -> int:
        return sum(copies for (_, who), copies in self.got.items() if who == person)

    # ---------------------------------------------------------------------------------------- what may happen

    @rule(trouble=st.sampled_from(TROUBLES), who=st.sets(st.sampled_from(PEOPLE), min_size=1))
    def a_run(self, trouble: tuple[str, Any], who: set[str]) -> None:
        """A run; at one step the relay makes trouble, on its first line, for some people."""
        first = self.server.connections

        def script(moment: Moment) -> Any:
            met = moment.step == trouble[0] and moment.connection == first
            return trouble[1] if met and (moment.address in who or moment.step in ("greeting", "mail")) else None

        self.server.script = script
        self.digest("run", "--wait", "0s", ends=ENDS)
        self.server.script = lambda _: None

    @rule(posts=st.integers(1, 3), trouble=st.sampled_from(TROUBLES), who=st.sets(st.sampled_from(PEOPLE)))
    def a_week(self, posts: int, trouble: tuple[str, Any], who: set[str]) -> None:
        """Posts are written, Friday comes, and a run with it."""
        for _ in range(posts):
            self.a_post()
        self.now += timedelta(days=7)
        self.a_run(trouble, who)

    @rule(statement=st.integers(1, 250))
    def a_run_that_is_killed(self, statement: int) -> None:
        """kill -9 at one SQL statement, if it comes to that many."""
        run = self.nursery.start(
            self.project.command("run", "--wait", "0s", now=self.now.isoformat()),
            folder=self.project.root,
            environment=self.project.environ(),
            doom={"statements": statement},
        )
        assert run.ended() in (-9, *ENDS), run.said
        self.take_in()

    @rule()
    def a_post(self) -> None:
        """Somebody writes a post."""
        self.posts += 1
        day = self.now.date().isoformat()
        self.project.post(f"{day}-post-{self.posts}", f"Post number {self.posts}", day)

    @rule(how=st.sampled_from(["corrected", "moved", "dated anew"]), data=st.data())
    def an_edit(self, how: str, data: st.DataObject) -> None:
        """A post is corrected, its file moved, or its date changed: it is the same post."""
        posts = sorted((self.project.root / "posts").glob("*post-*.md"))
        if not posts:
            return
        path = data.draw(st.sampled_from(posts))
        text = path.read_text()
        if how == "corrected":
            path.write_text(text + "\nA correction.\n")
        elif how == "moved":
            path.rename(path.with_name(f"m{path.name}" if path.name[0] == "2" else path.name[1:]))
        else:
            path.write_text(re.sub("date: '[^']+'", f"date: '{self.now.date().isoformat()}'", text))

    @rule(who=st.sampled_from(PEOPLE))
    def comes_or_goes(self, who: str) -> None:
        """A row comes into the list, or goes; the last one stays."""
        if self.people != {who}:
            self.people ^= {who}
        self.project.list("readers", *sorted(self.people))

    @rule(who=st.sampled_from(PEOPLE), scope=st.sampled_from(["all", "newsletter:weekly"]))
    def opts_out(self, who: str, scope: str) -> None:
        """Somebody leaves for good."""
        with self.ledger() as store:
            if store is not None:
                store.opt_out(who, scope, "unsubscribed", "", self.now)
                self.left.setdefault(who, self.had_by(who))

    @rule(hours=st.sampled_from([1, 6, 30, -1, -30, -400]))
    def time_passes(self, hours: int) -> None:
        """Or the clock is set back."""
        self.latest = max(self.latest, self.now)
        self.now += timedelta(hours=hours)

    @rule(event=st.sampled_from(["pause", "resume", "cancel"]), data=st.data())
    def a_person_moves_it(self, event: str, data: st.DataObject) -> None:
        """Any issue, whatever its state."""
        if names := self.names():
            more = ["--yes"] if event == "cancel" else []
            self.digest(event, data.draw(st.sampled_from(names)), *more, ends=(0, 64))

    @rule(which=st.sampled_from(["--uncertain", "--failed", "--assume-sent"]), data=st.data())
    def a_person_decides(self, which: str, data: st.DataObject) -> None:
        """Those in doubt get it again, and they alone may have a second copy; or they are taken as sent."""
        if not (names := self.names()):
            return
        issue = data.draw(st.sampled_from(names))
        with self.ledger() as store:
            assert store is not None
            store.recover(issue, 1, self.now)
            doubt = store.uncertain(issue, 1)
        if self.digest("resend", issue, which, "--yes", ends=(0, 64)) == 0:
            if which == "--uncertain":
                self.asked_for.update((issue, person) for person in doubt)
            elif which == "--assume-sent":
                self.assumed[issue] += len(doubt)

    # ---------------------------------------------------------------------------------------- what must hold

    @invariant()
    def sums_add_up(self) -> None:
        """Of each issue, in what is told and in the rows."""
        with self.ledger() as store:
            for issue in store.issues() if store else ():
                counts = issue.counts
                told = {str(s): getattr(counts, s) for s in DeliveryState if s is not DeliveryState.SENDING}
                assert counts.list == sum(told.values()), issue
                rows = self.rows(store, issue.id)
                assert set(rows) <= {*told, "sending"}
                rows["queued"] += rows.pop("sending", 0)
                assert rows == {state: people for state, people in told.items() if people} | {"queued": told["queued"]}

    @staticmethod
    def rows(store: Store, issue: str) -> Counter[str]:
        query = "SELECT d.state, COUNT(*) FROM delivery d JOIN issue i ON i.id = d.issue WHERE i.name = ? GROUP BY 1"
        return Counter(dict(store._database._connection.execute(query, (issue,)).fetchall()))

    @invariant()
    def nobody_has_a_second_copy_unasked(self) -> None:
        """Nor a third one asked for once."""
        for copy, times in self.got.items():
            assert times <= 1 + self.asked_for[copy], (copy, times)

    @invariant()
    def who_left_gets_nothing_more(self) -> None:
        """Whatever the list says."""
        assert self.left == {who: self.had_by(who) for who in self.left}

    @invariant()
    def who_counts_as_sent_has_it(self) -> None:
        """Or a person said so."""
        with self.ledger() as store:
            for issue in store.issues() if store else ():
                have = sum(1 for name, _ in self.got if name == issue.id)
                assert issue.counts.sent <= have + self.assumed[issue.id], issue

    def teardown(self) -> None:
        """In the end nobody waits any more: each is reached, refused, let go, cancelled, or in doubt.

        The end is later than the clock has ever said: who was told to wait by a clock that was set back since waits on.
        """
        try:
            self.now = max(self.now, self.latest) + timedelta(days=1)
            for name in self.names():
                self.digest("resume", name, ends=(0, 64))
            for _ in range(4):
                self.digest("run", "--wait", "0s", ends=ENDS)
                self.now += timedelta(hours=9)
            with self.ledger() as store:
                for issue in store.issues() if store else ():
                    assert issue.state in (IssueState.DONE, IssueState.SKIPPED, IssueState.CANCELLED), issue
                    assert issue.counts.queued == issue.counts.deferred == 0, issue
            self.sums_add_up()
            self.nobody_has_a_second_copy_unasked()
            self.who_left_gets_nothing_more()
        finally:
            self.server.stop()
            shutil.rmtree(self.folder)


def tell(nursery: Nursery, stories: int, steps: int) -> None:
    Story.nursery = nursery
    how = settings(
        max_examples=stories,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    run_state_machine_as_test(Story, settings=how)


def test_a_few_stories(nursery: Nursery) -> None:
    """In every run of the tests."""
    tell(nursery, 8, 15)


@pytest.mark.soak
def test_many_long_stories(nursery: Nursery) -> None:
    """Under make soak."""
    tell(nursery, 300, 40)
