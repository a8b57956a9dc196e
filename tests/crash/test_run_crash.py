"""`digest run` killed with -9, again and again, until it ends well: nobody twice, nobody forgotten, doubt by name.

The relay records before it replies. A story is one project, a list, and some deaths: at a moment of the conversation,
at a moment of the clock, at an SQL statement, at a file. What arrived is then compared with the list.
"""

from __future__ import annotations

import random
import re
import shutil
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.nursery import Child, Nursery
from tests.projects import FRIDAY, Project
from tests.smtp_server import PIPELINING, Moment, Say, SmtpServer

ISSUE = "weekly-2026-11-27"
AFTERNOON = "2026-11-27T15:00+01:00"
STATES = {"coming", "frozen", "sending", "stopped", "done"}
STEPS = ("greeting", "ehlo", "mail", "rcpt", "data", "body", "dot", "quit")


class Mortal(Protocol):
    """What can be killed."""

    def kill(self) -> None: ...

    @property
    def dead(self) -> bool: ...


class Exec:
    """A `digest` in a Python of its own, started as cron starts it."""

    def __init__(self, project: Project, now: str) -> None:
        self.process = subprocess.Popen(
            project.command("run", now=now),
            env=project.environ(),
            cwd=project.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def kill(self) -> None:
        self.process.kill()

    @property
    def dead(self) -> bool:
        return self.process.poll() is not None

    def ended(self) -> int:
        self.said = self.process.communicate(timeout=60)[1]
        return self.process.returncode


@dataclass
class Death:
    """One end: after so many occasions of a kind. Kinds: a step of the conversation, reading, seconds, statements,
    events. `late` seconds lie between the occasion and the end."""

    kind: str
    after: float
    late: float = 0.0


@dataclass
class Hand:
    """The relay's script: it kills the run at its moment, and has its own opinion of some people."""

    victim: Mortal | None = None
    death: Death | None = None
    seen: int = 0
    deferred: set[str] = field(default_factory=set)
    gone: frozenset[str] = frozenset()
    lock: threading.Lock = field(default_factory=threading.Lock)
    ready: threading.Event = field(default_factory=threading.Event)

    def begins(self, death: Death | None) -> None:
        with self.lock:
            self.death, self.seen, self.victim = death, 0, None
            self.ready.clear()

    def meets(self, victim: Mortal) -> None:
        self.victim = victim
        self.ready.set()

    def script(self, moment: Moment) -> Say | None:
        self.strike(moment.step)
        if moment.step == "rcpt" and moment.address in self.gone:
            return Say(550, "5.1.1 no such user")
        if moment.step == "rcpt" and moment.address in self.deferred:
            self.deferred.discard(moment.address)
            return Say(450, "4.2.0 greylisted")
        return None

    def reading(self) -> None:
        self.strike("reading")

    def strike(self, kind: str) -> None:
        with self.lock:
            death = self.death
            if death is None or kind != death.kind:
                return
            self.seen += 1
            if self.seen != death.after:
                return
        self.ready.wait(20)
        victim = self.victim
        if victim is None:
            return
        if death.late:
            threading.Timer(death.late, victim.kill).start()
            return
        victim.kill()
        while not victim.dead:
            time.sleep(0.0005)


class Story:
    """One project and its relay, from the first run to the last."""

    def __init__(
        self,
        nursery: Nursery,
        folder: Path,
        *,
        people: int,
        connections: int = 1,
        features: tuple[str, ...] = PIPELINING,
        real: bool = False,
    ) -> None:
        self.nursery, self.real, self.connections = nursery, real, connections
        self.people = [f"r{n}@example.net" for n in range(people)]
        self.hand = Hand(gone=frozenset(self.people[7:8]), deferred=set(self.people[3:5]))
        self.server = SmtpServer(script=self.hand.script, features=features, before_reading=self.hand.reading)
        self.server.__enter__()
        self.project = Project(
            folder / "project", port=self.server.port, smtp=f"connections = {connections}", newsletter="limit = 2"
        )
        self.project.post("2026-11-23-third", "A third post", "2026-11-23")
        self.project.list("readers", *self.people)
        self.deaths: list[Death] = []
        self.pids = 0

    def close(self) -> None:
        self.server.stop()

    def command(self, *words: str, now: str = FRIDAY, doom: dict[str, int] | None = None) -> Child:
        """Start a command in the nursery."""
        return self.nursery.start(
            self.project.command(*words, now=now),
            folder=self.project.root,
            environment=self.project.environ(),
            doom=doom,
        )

    def dies(self, death: Death) -> bool:
        """Run until that death, and see that all is well; says whether it came to it."""
        self.deaths.append(death)
        inside = {death.kind: int(death.after)} if death.kind in ("statements", "events") else None
        self.hand.begins(None if inside else death)
        run = Exec(self.project, FRIDAY) if self.real else self.command("run", doom=inside)
        self.hand.meets(run)
        if death.kind == "seconds":
            threading.Timer(death.after, run.kill).start()
        code = run.ended()
        self.hand.begins(None)
        assert code in (-9, 0, 75), (code, run.said)
        assert "Traceback" not in run.said, run.said
        self.stands()
        return code == -9

    def stands(self) -> Any:
        """What `status` says between two runs: sums that add up, a state of the table, nobody counted as sent who has
        nothing, everybody in doubt by name."""
        status = self.command("status", "--json", "--show-addresses")
        assert status.ended() == 0, status.said
        found = status.json
        counts = dict(found["counts"])
        total = counts.pop("list")
        assert total == sum(counts.values()), found
        assert total in (0, len(self.people)), found
        assert found["state"] in STATES, found
        assert len(found["uncertain"]) == counts["uncertain"]
        assert counts["sent"] <= len(set(self.server.addresses())), found
        assert counts["cancelled"] == counts["unsubscribed"] == counts["filtered"] == 0, found
        return found

    def ends(self) -> Any:
        """Run to the end, twice for those told to come later, and compare what arrived with the list."""
        said, over = "", self.stands()["state"] == "done"
        for now in (FRIDAY, AFTERNOON, AFTERNOON):
            run = self.command("run", now=now)
            code = run.ended()
            assert code in (0, 75), run.said
            said += run.said
        assert code == 0, run.said
        found = self.stands()
        counts, doubt = found["counts"], set(found["uncertain"])
        got = Counter(self.server.addresses())
        here = f"{self.deaths}, {counts}"
        assert max(got.values(), default=0) <= 1, f"twice: {got.most_common(3)}, {here}"
        assert found["state"] == "done", here
        assert counts["sent"] + counts["uncertain"] + counts["failed"] + counts["suppressed"] == len(self.people), here
        assert counts["failed"] + counts["suppressed"] == 1, here
        assert set(self.people) - set(got) - self.hand.gone <= doubt, f"forgotten, {here}"
        assert counts["sent"] <= len(got) <= counts["sent"] + counts["uncertain"], here
        assert len(doubt) <= len(self.deaths) * self.connections, f"more doubt than was in flight, {here}"
        assert over or not doubt or "may or may not have it" in said, f"that somebody is in doubt is told, {here}"
        assert "Traceback" not in said
        return found

    def resends(self) -> None:
        """A person decides that those in doubt get it again: one second copy at most, to be known by its Message-ID."""
        doubt = set(self.stands()["uncertain"])
        resend = self.command("resend", ISSUE, "--uncertain", "--yes")
        assert resend.ended() == 0, resend.said
        run = self.command("run", now=AFTERNOON)
        assert run.ended() == 0, run.said
        found = self.stands()
        assert found["counts"]["uncertain"] == 0
        ids: dict[str, list[bytes]] = {}
        for kept in self.server.messages:
            ids.setdefault(kept.recipients[0], []).append(message_id(kept.data))
        assert set(ids) == set(self.people) - self.hand.gone, "in the end everybody has it"
        for address, seen in ids.items():
            assert len(seen) <= (2 if address in doubt else 1)
            assert len(set(seen)) == 1, "the second copy can be known by its Message-ID"
        assert len({seen[0] for seen in ids.values()}) == len(ids)


def message_id(data: bytes) -> bytes:
    found = re.search(rb"^Message-ID:\s*(<[^>]+>)", data, re.MULTILINE)
    assert found
    return found[1]


def any_death(chance: random.Random, people: int) -> Death:
    """A death at random; the conversation is where most may go wrong."""
    kind = chance.choice(("seconds", "statements", "events", "reading", *STEPS[2:7], *STEPS))
    if kind == "seconds":
        return Death(kind, chance.uniform(0.0, 0.25))
    if kind in ("statements", "events"):
        return Death(kind, chance.randint(1, 260 if kind == "statements" else 70))
    most = 2 if kind in ("greeting", "ehlo", "quit") else people
    return Death(kind, chance.randint(1, most), chance.choice((0.0, 0.0, chance.uniform(0.0, 0.004))))


def told(nursery: Nursery, folder: Path, seed: int) -> int:
    """One story made of a number; gives how many deaths there were in it."""
    chance = random.Random(seed)
    people = chance.choice((12, 40, 300))
    story = Story(
        nursery,
        folder,
        people=people,
        connections=chance.choice((1, 1, 3, 10)),
        features=chance.choice((PIPELINING, PIPELINING, ())),
    )
    try:
        deaths = sum(story.dies(any_death(chance, people)) for _ in range(chance.randint(1, 5)))
        story.ends()
        story.resends()
    finally:
        story.close()
    shutil.rmtree(folder, ignore_errors=True)
    return deaths


# ------------------------------------------------------------------------------------------------ in every run


@pytest.mark.crash
@pytest.mark.parametrize("connections", [1, 10])
def test_a_run_as_cron_starts_it_dies_at_chosen_moments(nursery: Nursery, tmp_path: Path, connections: int) -> None:
    """One death after the other on one list, in whole processes; then it is run to its end."""
    story = Story(nursery, tmp_path, people=150, connections=connections, real=True)
    try:
        moments = (
            Death("greeting", 1),
            Death("data", 20),
            Death("reading", 60),
            Death("dot", 25, 0.001),
            Death("dot", 9),
        )
        assert sum(story.dies(death) for death in moments) >= 3
        story.ends()
        story.resends()
    finally:
        story.close()


@pytest.mark.crash
@pytest.mark.parametrize("seed", range(8))
def test_deaths_at_random(nursery: Nursery, tmp_path: Path, seed: int) -> None:
    """Whatever the order and the moments."""
    told(nursery, tmp_path / "story", seed)


@pytest.mark.crash
@pytest.mark.parametrize(("kind", "step"), [("statements", 19), ("events", 11)])
def test_deaths_all_over_a_run(nursery: Nursery, tmp_path: Path, kind: str, step: int) -> None:
    """Spread evenly: while the list is read, in the freeze, between freeze and begin, in a claim, at the end. What is
    in the ledger at the end is what a run that was left alone leaves there."""
    assert swept(nursery, tmp_path, kind, step) > 4


def swept(nursery: Nursery, tmp_path: Path, kind: str, step: int) -> int:
    """Die at each `step`-th occasion until a run lives through; gives how many there were."""
    whole = Story(nursery, tmp_path / "whole", people=12)
    whole.ends()
    wanted = written(whole.project.root)
    whole.close()
    point = 1
    while True:
        story = Story(nursery, tmp_path / str(point), people=12)
        try:
            died = story.dies(Death(kind, point))
            story.ends()
            assert written(story.project.root) == wanted, f"{kind} {point}"
        finally:
            story.close()
        shutil.rmtree(tmp_path / str(point))
        if not died:
            return point // step
        point += step


def written(root: Path) -> dict[str, list[tuple[Any, ...]]]:
    """What the next issue will be made from, and what people get: all that the ledger must not lose."""
    database = sqlite3.connect(root / ".digest" / "digest.sqlite3")
    try:
        return {
            query: database.execute(query).fetchall()
            for query in (
                "SELECT name, revision, number, state, subject, send_at, window_start, window_end FROM issue",
                "SELECT post FROM issue_post ORDER BY post",
                "SELECT post FROM held ORDER BY post",
                "SELECT id, path FROM post_seen ORDER BY id",
                "SELECT position, variant, stencil FROM variant ORDER BY position",
                "SELECT key, address FROM person ORDER BY key",
                "SELECT person, token FROM subscription ORDER BY person",
                "SELECT COUNT(*) FROM claim",
            )
        }
    finally:
        database.close()


# ------------------------------------------------------------------------------------------------ make soak


@pytest.mark.soak
@pytest.mark.parametrize("part", range(10))
def test_thousands_of_deaths(nursery: Nursery, tmp_path: Path, part: int) -> None:
    """Stories of other numbers, a hundred a part."""
    deaths = sum(told(nursery, tmp_path / "story", 1000 + 100 * part + n) for n in range(100))
    assert deaths > 100


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["statements", "events"])
def test_deaths_at_every_point(nursery: Nursery, tmp_path: Path, kind: str) -> None:
    """Not one left out."""
    assert swept(nursery, tmp_path, kind, 1) > 50
