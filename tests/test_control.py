"""Pause, go on, cancel and interrupt a run from outside: at a message boundary, nobody twice, nobody forgotten."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from digest.deliver import presets
from digest.errors import Bug
from digest.interfaces import FrozenIssue
from digest.lifecycle import Event
from digest.pipeline import control
from digest.settings import State
from digest.store import sqlite
from digest.store.ledger import Store
from tests.deliver import issue_at_hand
from tests.projects import Project, Said
from tests.smtp_server import Drop, Moment, Say, SmtpServer, Stall, wait_until

ISSUE = "weekly-2026-11-27"
PEOPLE = [f"r{n}@example.net" for n in range(60)]


@pytest.fixture
def project(tmp_path: Path, server: SmtpServer) -> Project:
    made = Project(tmp_path / "project", port=server.port, smtp='rate = "40/s"')
    made.list("readers", *PEOPLE)
    return made


class Running:
    """A `digest` at work in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def ended(self, seconds: float = 20) -> Said:
        out, err = self.process.communicate(timeout=seconds)
        return Said(self.process.returncode, out, err)


@contextmanager
def at_work(project: Project, server: SmtpServer, *words: str, after: int = 5) -> Iterator[Running]:
    """Start a command and wait until the server has taken some messages."""
    with subprocess.Popen(
        project.command(*(words or ("run",))),
        env=project.environ(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            wait_until(lambda: server.taken >= after or process.poll() is not None, 40)
            assert process.poll() is None, process.communicate()
            assert server.taken >= after
            yield Running(process)
        finally:
            process.kill()


def counts(project: Project) -> Counter[str]:
    found = Counter(project.inside("status", "--json").json["counts"])
    total = found.pop("list")
    assert total == sum(found.values()), "sums add up"
    return found


def everybody_once(server: SmtpServer) -> None:
    assert Counter(server.addresses()) == Counter(PEOPLE)


def test_a_pause_is_heard_within_about_a_second(project: Project, server: SmtpServer) -> None:
    """The run ends with 75, at a message; what was sent stands; nothing goes until it is resumed; then the rest.

    The relay takes a tenth of a second a message, and nobody has said so: the batch in hand would last six seconds.
    """
    project.smtp = ""
    project.configure()
    server.script = lambda m: time.sleep(0.1) if m.step == "dot" else None
    with at_work(project, server) as run:
        said = project.inside("pause", ISSUE)
        asked = time.monotonic()
        assert said.code == 0, said
        ended = run.ended()
        assert time.monotonic() - asked < 4
    server.script = lambda _: None
    assert ended.code == 75, ended
    assert "is paused" in ended.err
    assert "still to go" in ended.err
    taken = len(server.messages)
    assert counts(project) == {**dict.fromkeys(counts(project), 0), "sent": taken, "queued": 60 - taken}
    assert 5 <= taken < 60
    again = project.inside("run", "--json")
    assert (again.code, again.json["state"], len(server.messages)) == (75, "paused", taken)
    assert again.err.count("\n") == 1
    assert f"is paused: {60 - taken} people still to go; go on with digest resume {ISSUE}" in again.err
    later = project.inside("run")
    assert (later.code, later.err) == (75, ""), "who paused it has been told"
    assert "was already" in project.inside("pause", ISSUE).out
    assert project.inside("resume", ISSUE).code == 0
    assert project.inside("run").code == 0
    everybody_once(server)
    assert project.inside("status", "--json").json["state"] == "done"


def test_a_pause_that_is_taken_back_at_once_costs_nothing(project: Project, server: SmtpServer) -> None:
    """Paused and resumed while the run is at work: it goes on by itself, and everybody gets it once."""
    with at_work(project, server) as run:
        assert project.inside("pause", ISSUE).code == 0
        project.inside("resume", ISSUE)
        ended = run.ended()
    assert ended.code in (0, 75), ended
    if ended.code == 75:
        assert project.inside("run").code == 0
    everybody_once(server)


def test_many_pauses_and_resumes_lose_nobody(project: Project, server: SmtpServer) -> None:
    """Again and again, straight through the ledger, against a run that sends flat out."""
    people = [f"p{n}@example.net" for n in range(1500)]
    project.list("readers", *people)
    project.smtp = "connections = 2"
    project.configure()
    now = datetime(2026, 11, 27, 8, 6, tzinfo=UTC)
    paused = 0
    with at_work(project, server) as run:
        store = sqlite.open(
            State(),
            project=project.root,
            site="default",
            secret_fingerprint=None,
            machine="another process",
            boot_id="boot",
            pid=1,
            now=now,
        )
        try:
            while run.process.poll() is None:
                found = store.issue(ISSUE)
                assert found is not None
                if found.state not in ("done", "skipped"):
                    for event in (Event.PAUSE, Event.RESUME):
                        paused += control.step(store, (ISSUE, 1), event, now).state == "paused"
                time.sleep(0.01)
        finally:
            store.close()
        ended = run.ended()
    assert paused  # how often is chance: a run that sees the pause in between ends with it
    assert ended.code in (0, 75), ended
    assert "Traceback" not in ended.err
    project.inside("resume", ISSUE)
    assert project.inside("run").code == 0
    assert Counter(server.addresses()) == Counter(people)


def test_a_cancel_during_a_run_ends_it_well(project: Project, server: SmtpServer) -> None:
    """Exit 0 with a word; who has it has it, the rest are cancelled, and no later run sends anything."""
    with at_work(project, server) as run:
        assert "is cancelled" in project.inside("cancel", ISSUE, "--yes").out
        ended = run.ended()
    assert ended.code == 0, ended
    assert "was cancelled" in ended.err
    taken = len(server.messages)
    found = counts(project)
    assert (found["sent"], found["cancelled"]) == (taken, 60 - taken)
    assert project.inside("run").code == 0
    assert len(server.messages) == taken
    refused = project.inside("resume", ISSUE)
    assert refused.code == 64
    assert "cancelled" in refused.err


def test_what_a_dead_run_left_in_hand_is_cancelled_too(project: Project, server: SmtpServer) -> None:
    """kill -9, then cancel: no row stays queued for ever in an issue that nobody works on again."""
    with at_work(project, server) as run:
        run.signal(signal.SIGKILL)
        run.ended()
    assert project.inside("cancel", ISSUE, "--yes").code == 0
    found = counts(project)
    assert found["queued"] == 0
    assert found["sent"] + found["uncertain"] + found["cancelled"] == 60
    assert found["uncertain"] <= 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_finishes_the_message_in_hand(project: Project, server: SmtpServer, number: signal.Signals) -> None:
    """Exit 130, what is left in words, nobody in doubt; the next run goes on."""
    with at_work(project, server) as run:
        run.signal(number)
        ended = run.ended()
    assert ended.code == 130, ended
    taken = len(server.messages)
    assert f"{60 - taken} people still to go; the next digest run goes on" in ended.err
    assert "Traceback" not in ended.err
    found = counts(project)
    assert (found["sent"], found["queued"], found["uncertain"]) == (taken, 60 - taken, 0)
    assert project.inside("run").code == 0
    everybody_once(server)


def test_a_second_ctrl_c_stops_at_once(project: Project, server: SmtpServer) -> None:
    """The server hangs after the dot: the first waits for it, the second does not. That one person is in doubt."""

    def script(moment: Moment):
        return Stall() if moment.step == "dot" and server.taken >= 6 else None

    server.script = script
    with at_work(project, server, after=7) as run:
        run.signal(signal.SIGINT)
        time.sleep(0.8)
        assert run.process.poll() is None, "it waits for the answer"
        run.signal(signal.SIGINT)
        asked = time.monotonic()
        ended = run.ended()
        assert time.monotonic() - asked < 5
    assert ended.code == 130, ended
    assert "still to go" in ended.err
    assert "may or may not have it" in ended.err
    server.script = lambda _: None
    found = counts(project)
    assert (found["uncertain"], found["sent"], found["queued"]) == (1, 6, 53)
    project.inside("run")
    assert max(Counter(server.addresses()).values()) == 1
    assert counts(project)["sent"] == 59


def test_a_suspended_machine_goes_on(project: Project, server: SmtpServer) -> None:
    """The process stands still for a while in the middle, and then finishes what it began; nobody twice."""
    with at_work(project, server) as run:
        run.signal(signal.SIGSTOP)
        time.sleep(1.2)
        taken = len(server.messages)
        assert project.inside("status", "--json").json["state"] == "sending"
        run.signal(signal.SIGCONT)
        assert run.ended().code == 0
    assert taken < 60
    everybody_once(server)


@pytest.mark.parametrize("way", ["pause", "signal"])
def test_a_run_that_waits_for_a_retry_hears_it(project: Project, server: SmtpServer, way: str) -> None:
    """Deferred people, `--wait 6h`: the run sleeps, and ends all the same when it is paused or interrupted."""
    server.script = lambda m: Say(450, "4.2.0 later") if m.step == "rcpt" and m.address == PEOPLE[3] else None
    project.smtp = ""
    project.configure()
    with at_work(project, server, "run", "--wait", "6h", after=59) as run:
        assert wait_until(lambda: counts(project)["deferred"] == 1)
        assert run.process.poll() is None
        if way == "pause":
            assert project.inside("pause", ISSUE).code == 0
        else:
            run.signal(signal.SIGTERM)
        ended = run.ended()
    assert ended.code == (75 if way == "pause" else 130)
    assert "1 person still to go" in ended.err


def test_resume_says_where_there_is_nothing_to_resume(project: Project, server: SmtpServer) -> None:
    """An issue that waits for a retry is not paused: nothing changes, and it is said."""
    project.list("readers", "a@example.net", "b@example.net")
    server.script = lambda m: Say(450, "4.2.0 later") if m.address == "b@example.net" else None
    assert project.inside("run").code == 75
    said = project.inside("resume", ISSUE)
    assert (said.code, "is not paused" in said.out) == (0, True)
    assert project.inside("cancel", ISSUE, "--yes").code == 0
    assert "was already cancelled" in project.inside("cancel", ISSUE, "--yes").out


@pytest.fixture
def ledgers(tmp_path: Path) -> Iterator[tuple[Store, Store]]:
    """One ledger with a frozen issue of two people, opened by two processes."""
    stores = [issue_at_hand.opened(tmp_path), issue_at_hand.opened(tmp_path)]
    issue_at_hand.frozen(stores[0], ["a@example.net", "b@example.net"])
    yield stores[0], stores[1]
    for store in stores:
        store.close()


class Overtaken:
    """A ledger whose owner is overtaken by somebody else between looking at an issue and moving it."""

    def __init__(self, store: Store, between: Callable[[], object]) -> None:
        self._store, self._between, self.looks = store, between, 0

    def issue(self, issue: str, revision: int | None = None) -> FrozenIssue | None:
        found = self._store.issue(issue, revision)
        self.looks += 1
        if self.looks == 1:
            self._between()
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def test_who_comes_late_takes_what_stands(ledgers: tuple[Store, Store]) -> None:
    """A cancel between the look and the move of a pause: the pause finds it cancelled, and that is no error."""
    mine, theirs = ledgers
    key = (ISSUE, 1)
    late: Any = Overtaken(mine, lambda: theirs.move(*key, Event.CANCEL, issue_at_hand.NOW))
    assert control.step(late, key, Event.PAUSE, issue_at_hand.NOW).state == "cancelled"
    assert late.looks == 3
    with pytest.raises(Bug, match="no longer in the ledger"):
        control.step(mine, ("weekly-2026-12-04", 1), Event.PAUSE, issue_at_hand.NOW)


def test_a_move_that_is_wrong_by_itself_stays_a_bug(ledgers: tuple[Store, Store]) -> None:
    """Nobody came in between: finishing an issue for which people still wait is our mistake, and is told."""
    with pytest.raises(Bug, match="still wait"):
        control.step(ledgers[0], (ISSUE, 1), Event.FINISH, issue_at_hand.NOW)


@pytest.mark.parametrize(("preset", "recognised"), [("ses", False), ("postfix", True), ("", True)])
def test_in_doubt_says_whether_a_second_copy_can_be_recognised(
    project: Project, server: SmtpServer, preset: str, recognised: bool
) -> None:
    """A relay that replaces the Message-ID takes that away: the run, `status` and `resend` say so."""
    project.list("readers", "a@example.net", "b@example.net")
    project.smtp = f'preset = "{preset}"' if preset else ""
    project.configure()
    server.script = lambda m: Drop() if (m.step, m.address) == ("dot", "b@example.net") else None
    said = project.inside("run")
    assert (said.code, "may or may not have it" in said.err) == (0, True)
    for text in (said.err, project.inside("status").out, project.inside("resend", ISSUE).out):
        assert ("eplaces the Message-ID" not in text or "this relay" not in text.lower()) is recognised, text
    choices = project.inside("resend", ISSUE).out
    assert ("the Message-ID is the same" in choices) is recognised
    for flag in ("--uncertain", "--assume-sent", "--show-addresses"):
        assert flag in choices


def test_resend_takes_one_decision_and_from_a_person(project: Project, server: SmtpServer) -> None:
    """Two flags contradict each other, and a script must say --yes: 64, and nothing is decided."""
    project.list("readers", "a@example.net", "b@example.net")
    server.script = lambda m: Drop() if (m.step, m.address) == ("dot", "b@example.net") else None
    assert project.inside("run").code == 0
    for words in (("--uncertain", "--assume-sent", "--yes"), ("--uncertain", "--failed", "--yes"), ("--uncertain",)):
        said = project.inside("resend", ISSUE, *words)
        assert said.code == 64, words
        assert "one at a time" in said.err or "--yes" in said.err
    assert project.inside("status", "--json").json["counts"]["uncertain"] == 1


def test_relays_are_known_by_name_or_by_host() -> None:
    """An SES endpoint of any region, whatever its preset says; nothing is guessed of other hosts."""
    assert presets.known("", "email-smtp.eu-west-1.amazonaws.com").message_id == "replaced"
    assert presets.known("", "SMTP-broadcasts.postmarkapp.com").message_id == "replaced"
    assert presets.known("ses", "127.0.0.1").message_id == "replaced"
    for host in ("smtp.example.org", "amazonaws.com", "a.b.amazonaws.com", ""):
        assert presets.known("", host) is presets.NONE


def test_impossible_moves_are_told_in_words(project: Project, server: SmtpServer) -> None:
    """No ledger, no such issue, an issue that is done: 64, what is wrong, and no traceback."""
    for command in (("pause", ISSUE), ("resume", ISSUE), ("cancel", ISSUE, "--yes")):
        said = project.inside(*command)
        assert said.code == 64, said
        assert "no issue" in said.err
    assert not (project.root / ".digest" / "digest.sqlite3").exists(), "asking makes no ledger"
    project.list("readers", "a@example.net")
    project.inside("run")
    said = project.inside("pause", ISSUE)
    assert said.code == 64
    assert "is done" in said.err


def test_a_ledger_that_is_written_all_the_time_lets_a_pause_through(project: Project, server: SmtpServer) -> None:
    """Another process holds the write lock for a second: the pause waits for it and is not lost."""
    project.list("readers", "a@example.net", "b@example.net")
    server.script = lambda m: Say(450, "4.2.0 later") if m.address == "b@example.net" else None
    assert project.inside("run").code == 75
    with sqlite3.connect(project.root / ".digest" / "digest.sqlite3", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        asking = subprocess.Popen(
            project.command("pause", ISSUE), env=project.environ(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        time.sleep(1.5)
        assert asking.poll() is None
        other.execute("COMMIT")
        asking.communicate(timeout=20)
    other.close()
    assert asking.returncode == 0
    assert project.inside("status", "--json").json["state"] == "paused"


def test_follow_shows_a_run_in_another_process(project: Project, server: SmtpServer) -> None:
    """Lines with what is sent, the rate and the time left; it ends by itself, with the end's sums."""
    with at_work(project, server) as run:
        followed = project.inside("status", "--follow", "--json")
        assert run.ended().code == 0
    assert followed.code == 0
    lines = [json.loads(line) for line in followed.out.splitlines()[: followed.out.count('"rate"')]]
    assert len(lines) >= 2
    sent = [one["counts"]["sent"] for one in lines]
    assert sent == sorted(sent)
    assert 10 < max(one["rate"] for one in lines) < 80
    assert any(one["seconds_left"] for one in lines)
    assert all(one["counts"]["list"] == 60 for one in lines)
    after = project.inside("status", "--follow")
    assert "60 sent" in after.out
    assert "done" in after.out


def test_follow_without_a_run_says_so_and_ends(project: Project, server: SmtpServer) -> None:
    """A run that was killed leaves an issue that is sending: nobody waits for it for ever."""
    with at_work(project, server) as run:
        run.signal(signal.SIGKILL)
        run.ended()
    said = project.inside("status", "--follow")
    assert said.code == 0
    assert "No run is at work" in said.err
    assert "left" in said.out
