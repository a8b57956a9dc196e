"""What happens beside a run: other runs, a list that changes, people who leave, an editor at work, a state folder that
goes away, a backup that locks it, a clock that is set back.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from digest.settings import State
from digest.store import sqlite
from tests.crash.conftest import Case
from tests.nursery import Child
from tests.smtp_server import Drop, Moment, Say, wait_until

pytestmark = pytest.mark.crash

ISSUE = "weekly-2026-11-27"
LATER = "2026-11-27T16:00+01:00"
NEXT_FRIDAY = "2026-12-04T09:05+01:00"
MANY = [f"m{n:04}@example.net" for n in range(400)]


def slowly(case: Case, seconds: float = 0.004) -> None:
    """Let the relay take its time."""
    case.server.before_reading = lambda: time.sleep(seconds)


def listed(case: Case, people: list[str]) -> None:
    case.people = people
    case.project.list("readers", *people)


def at_work(case: Case, after: int = 20, *words: str) -> Child:
    """Start a run and wait until it has sent some."""
    run = case.start("run", *words)
    assert wait_until(lambda: case.server.taken >= after or run.dead, 30), run.said
    return run


# ------------------------------------------------------------------------------------------------ other runs


@pytest.mark.parametrize("many", [2, 20])
@pytest.mark.parametrize("fresh", [False, True], ids=["state-folder", "nothing-yet"])
def test_runs_at_once(case: Case, many: int, fresh: bool) -> None:
    """One works, the others say that it does (75); who only looks is not disturbed; everybody has it once."""
    listed(case, MANY)
    first = ("--first-issue",) if fresh else ()
    if fresh:
        shutil.rmtree(case.project.root / ".digest")
        case.project.environment = {"DIGEST_SECRET": "a secret that is long enough for tests"}
    runs = [case.start("run", *first) for _ in range(many)]
    send = case.start("send", "--yes", *first)
    looks = [case.start(word) for word in ("status", "select", "posts")]
    codes = Counter(run.ended() for run in runs)
    assert codes[0] + (send.ended() == 0) >= 1
    assert send.code in (0, 75) or "holds no post" in send.said, send.said  # a run has sent them all before it
    assert set(codes) <= {0, 75}, [run.said for run in runs]
    assert all("another run is at work" in run.said for run in runs if run.code == 75)
    assert [look.ended() for look in looks] == [0, 0, 0], [look.said for look in looks]
    case.ran("run")
    assert case.sums() == {"sent": len(MANY)}
    assert case.got == dict.fromkeys(MANY, 1)


# ------------------------------------------------------------------------------------------------ the list


def test_a_list_that_changes_during_a_run_is_the_next_issue_s(case: Case) -> None:
    """Frozen is frozen: who comes gets the next one, who is taken out by hand still gets this one, once."""
    listed(case, MANY[:100])
    slowly(case)
    run = at_work(case)
    case.project.list("readers", *MANY[50:150])
    assert run.ended() == 0, run.said
    assert case.got == dict.fromkeys(MANY[:100], 1)
    case.server.before_reading = lambda: None
    case.server.messages.clear()
    case.project.post("2026-12-01-third", "The third post", "2026-12-01")
    case.ran("run", now=NEXT_FRIDAY)
    assert case.got == dict.fromkeys(MANY[50:150], 1)


def test_a_list_that_is_being_written_is_not_taken_for_whole(case: Case) -> None:
    """A program writes the list while the run reads it: 75, nobody is sent half a list; the next run has all."""
    path = case.project.root / "subscribers" / "readers.csv"
    listed(case, [f"w{n:05}@example.net" for n in range(6000)])
    run = case.start("run")
    with path.open("a") as file:
        while not run.dead:
            case.people.append(f"w{len(case.people):05}@example.net")
            file.write(case.people[-1] + "\n")
            file.flush()
            time.sleep(0.001)
    assert run.ended() == 75, run.said
    assert "while it was read" in run.said
    assert not case.server.messages
    case.ran("run")
    assert case.got == dict.fromkeys(case.people, 1)


def test_who_leaves_during_a_run_gets_nothing_from_the_next_batch_on(case: Case) -> None:
    """An opt-out that another process writes is looked up with each batch; the sums say so."""
    listed(case, MANY)
    case.project.smtp = 'rate = "60/s"'
    case.project.configure()
    run = at_work(case, 10)
    gone = MANY[300:]
    store = sqlite.open(
        State(), project=case.project.root, site="default", secret_fingerprint=None, machine="another", boot_id="b",
        pid=1, now=datetime.now(UTC),
    )  # fmt: skip
    with store:
        store.take_opt_outs(
            [(key, "newsletter:weekly", "unsubscribed") for key in gone[:50]], "link", datetime.now(UTC)
        )
        store.take_opt_outs([(key, "all", "complained") for key in gone[50:]], "report", datetime.now(UTC))
    taken = case.server.taken
    assert taken < 290
    assert run.ended() == 0, run.said
    assert case.sums() == {"sent": 300, "unsubscribed": 50, "suppressed": 50}
    assert case.got == dict.fromkeys(MANY[:300], 1)


# ------------------------------------------------------------------------------------------------ the editor


def test_an_issue_that_is_edited_after_the_freeze_goes_out_as_it_was_frozen_and_that_is_said(case: Case) -> None:
    """A post and the editor's file are changed while some still wait: the same bytes for all, and a line that says
    which files came too late, once."""
    root = case.project.root
    (root / "issues").mkdir()
    (root / "issues" / f"{ISSUE}.md").write_text("---\nsubject: As it was\n---\nHello.\n")
    late = set(case.people[8:])
    case.server.script = lambda m: Say(450, "4.2.0 later") if m.step == "rcpt" and m.address in late else None
    case.ran("run", code=75)
    case.server.script = lambda _: None
    (root / "issues" / f"{ISSUE}.md").write_text("---\nsubject: As it is now\n---\nHello.\n")
    case.project.post("2026-11-24-first", "The first post, corrected", "2026-11-24")
    checked = case.ran("check", "--issue", ISSUE, now=LATER)
    told = f"issues/{ISSUE}.md", "posts/2026-11-24-first.md"
    assert all(name in checked.out.read_text() for name in told)
    assert "as it was frozen" in checked.out.read_text()
    late.discard(case.people[11])
    case.server.script = lambda m: (
        Say(450, "4.2.0 later") if m.step == "rcpt" and m.address in case.people[11:] else None
    )
    run = case.ran("run", code=75, now=LATER)
    assert all(name in run.said for name in told), run.said
    assert "2026-11-25-second.md" not in run.said
    case.server.script = lambda _: None
    assert "frozen" not in case.ran("run", now="2026-11-28T09:00+01:00").said
    assert case.got == dict.fromkeys(case.people, 1)
    for kept in case.server.messages:
        assert b"Subject: As it was\r\n" in kept.data
        assert b"corrected" not in kept.data


def test_a_frozen_issue_whose_posts_are_gone_goes_out(case: Case) -> None:
    """What it needs lies in the ledger: the folder of posts may have gone."""
    case.server.script = lambda m: Say(450, "4.2.0 later") if m.step == "rcpt" else None
    case.ran("run", code=75)
    case.server.script = lambda _: None
    shutil.rmtree(case.project.root / "posts")
    case.start("run", now=LATER).ended()
    assert case.got == dict.fromkeys(case.people, 1)


def test_what_was_wrong_is_told_also_where_something_else_stops_the_run(case: Case) -> None:
    """A broken post, a bad row of the list, and a template that stops it: all three are told. They are told once, so
    the run in which they are found is the one that has to say it."""
    case.project.post("2026-11-26-broken", "Broken", "2025-13-03")
    with (case.project.root / "subscribers" / "readers.csv").open("a") as file:
        file.write("no address\n")
    text = (case.project.root / "digest.toml").read_text()
    case.project.configure(text.replace("news@example.org", "news.example@gmail.com"))
    said = case.ran("run", code=1).said
    assert "from-freemail" in said
    assert "2026-11-26-broken.md:3" in said
    assert "subscribers/readers.csv:14" in said
    case.project.configure(text)
    assert case.ran("run").said == ""
    assert case.got == dict.fromkeys(case.people, 1)


def test_resending_where_there_is_nothing_to_resend(case: Case) -> None:
    """An issue that is done, and everybody has it: nothing changes, and it is said; no error of ours."""
    case.ran("run")
    for which in ("--uncertain", "--failed", "--assume-sent"):
        assert "nothing to change" in case.ran("resend", ISSUE, which, "--yes").out.read_text()
    assert case.sums() == {"sent": 12}


def test_resending_sees_whom_a_dead_run_left_in_doubt(case: Case) -> None:
    """kill -9 with a message on the wire, and the person decides before any other run."""
    case.people = case.people[:1]
    case.project.list("readers", *case.people)
    held: list[bool] = []

    def script(moment: Moment) -> Say | None:
        if moment.step == "dot" and not held:
            held.append(True)
            time.sleep(1)
        return None

    case.server.script = script
    run = case.start("run")
    assert wait_until(lambda: bool(held), 20)
    run.kill()
    assert run.ended() == -9
    assert wait_until(lambda: case.server.taken == 1)
    assert "1 person queued again" in case.ran("resend", ISSUE, "--uncertain", "--yes").out.read_text()
    case.ran("run")
    assert case.got == {case.people[0]: 2}, "asked for"
    assert case.sums() == {"sent": 1}


# ------------------------------------------------------------------------------------------------ the state folder


@pytest.mark.parametrize("how", ["deleted", "moved"])
def test_a_state_folder_that_goes_away_during_a_run(case: Case, how: str) -> None:
    """78 at the next batch, not silence: what is sent from there on would stand in no ledger. Nothing is sent without
    it; brought back, it knows all it was told, and the rest goes out."""
    listed(case, MANY)
    case.project.smtp = 'rate = "100/s"'
    case.project.configure()
    run = at_work(case, 10)
    state, aside = case.project.root / ".digest", case.project.root / "aside"
    state.rename(aside)
    assert run.ended() == 78, run.said
    assert "taken away" in run.said
    assert "Traceback" not in run.said
    taken = case.server.taken
    assert taken < 300
    assert "--first-issue" in case.ran("run", code=78).said
    assert case.server.taken == taken
    if how == "deleted":
        return
    aside.rename(state)
    case.project.smtp = ""
    case.project.configure()
    case.ran("run")
    assert set(case.sums()) <= {"sent", "uncertain"}
    assert max(case.got.values()) == 1
    assert set(MANY) - set(case.got) <= case.doubt()


@pytest.fixture
def read_only(case: Case) -> Iterator[Path]:
    """The state folder, mounted read-only while the test runs; killed in the middle, so that a WAL lies there."""
    case.ran("run")
    case.project.post("2026-12-01-third", "The third post", "2026-12-01")
    assert case.start("run", now=NEXT_FRIDAY, doom={"statements": 60}).ended() == -9
    state = case.project.root / ".digest"
    mount = ["mount", "--bind", str(state), str(state)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a folder can be mounted read-only by root alone")
    subprocess.run(["mount", "-o", "remount,ro,bind", str(state)], check=True)
    yield state
    subprocess.run(["umount", str(state)], check=True)


def test_a_read_only_state_folder(case: Case, read_only: Path) -> None:
    """78 from all that writes, and nothing is sent; all that looks still does."""
    taken = case.server.taken
    for words in (("run",), ("pause", ISSUE), ("resend", ISSUE, "--uncertain", "--yes"), ("send", "--yes")):
        assert "cannot be written" in case.ran(*words, code=78, now=NEXT_FRIDAY).said
    for words in (("status",), ("select",), ("check",), ("run", "--dry-run")):
        case.ran(*words, now=NEXT_FRIDAY)
    assert case.server.taken == taken
    assert os.access(read_only, os.R_OK)


def locked(case: Case, seconds: float) -> sqlite3.Connection:
    """Lock the ledger as a backup does, for a while."""
    path = case.project.root / ".digest" / "digest.sqlite3"
    backup = sqlite3.connect(path, isolation_level=None, timeout=10, check_same_thread=False)
    backup.execute("BEGIN EXCLUSIVE")
    time.sleep(seconds)
    return backup


def test_a_backup_that_locks_the_ledger_for_a_moment(case: Case) -> None:
    """The run waits for it; others may look meanwhile."""
    slowly(case, 0.01)
    run = at_work(case, 3)
    backup = locked(case, 1.0)
    case.ran("status")
    assert not run.dead
    backup.execute("COMMIT")
    backup.close()
    assert run.ended() == 0, run.said
    assert case.got == dict.fromkeys(case.people, 1)


@pytest.mark.soak
def test_a_backup_that_locks_the_ledger_for_long(case: Case) -> None:
    """Longer than a run has patience: 75, who is in the way, nothing lost; and so where it begins."""
    slowly(case, 0.01)
    run = at_work(case, 3)
    backup = locked(case, 14.0)
    assert run.ended() == 75, run.said
    assert "in use by another process" in run.said
    case.ran("run", code=75)
    backup.execute("COMMIT")
    backup.close()
    case.ran("run")
    assert case.sums() == {"sent": 12}
    assert case.got == dict.fromkeys(case.people, 1)


def test_a_clock_that_is_set_back_between_runs(case: Case) -> None:
    """An hour, a week, a year: nothing goes twice, and what waits goes when the clock is right again."""
    late = {case.people[3]}
    case.server.script = lambda m: Say(450, "4.2.0 later") if m.step == "rcpt" and m.address in late else None
    case.ran("run", code=75)
    back = ("2026-11-27T08:00+01:00", "2026-11-20T09:05+01:00", "2025-01-01T00:00+01:00")
    for now in back:
        case.ran("run", code=(0, 75), now=now)
    late.clear()
    for now in (*back, LATER, *back, LATER):
        case.ran("run", code=(0, 75), now=now)
    assert case.sums(now=LATER) == {"sent": 12}
    assert case.got == dict.fromkeys(case.people, 1)


def test_a_machine_that_is_suspended_longer_than_the_relay_waits(case: Case) -> None:
    """Stopped in the middle, the relay has hung up meanwhile: it goes on over a new line, at most one in doubt."""
    slowly(case, 0.01)
    run = at_work(case, 3)
    run.signal(signal.SIGSTOP)
    with case.server.lock:
        lines = list(case.server._socks)
    for line in lines:
        line.close()
    time.sleep(1.5)
    run.signal(signal.SIGCONT)
    assert run.ended() == 0, run.said
    sums = case.sums()
    assert sums.get("uncertain", 0) <= 1
    assert max(case.got.values()) == 1
    assert set(case.people) - set(case.got) <= case.doubt()


# ------------------------------------------------------------------------------------------------ after the deadline


def test_who_is_sent_again_after_the_deadline_gets_it(case: Case) -> None:
    """A person decides five days later: the deadline was for our own retries, not for that decision."""
    lost, refused = case.people[2], case.people[5]

    def script(moment: Moment) -> Any:
        if moment.step == "dot" and moment.address == lost:
            return Drop()
        return Say(552, "5.2.2 mailbox full") if (moment.step, moment.address) == ("rcpt", refused) else None

    case.server.script = script
    case.ran("run")
    assert case.sums() == {"sent": 10, "uncertain": 1, "failed": 1}
    case.server.script = lambda _: None
    wednesday = "2026-12-02T10:00+01:00"
    for which in ("--uncertain", "--failed"):
        assert "queued again" in case.ran("resend", ISSUE, which, "--yes", now=wednesday).out.read_text()
    case.ran("run", now=wednesday)
    assert case.sums(now=wednesday) == {"sent": 12}
    assert case.got == {**dict.fromkeys(case.people, 1), lost: 2}


def test_an_issue_that_was_paused_over_its_deadline_goes_on(case: Case) -> None:
    """Paused on Friday, resumed on Wednesday: everybody gets it, as whoever resumed it wants."""
    listed(case, MANY[:200])
    case.project.smtp = 'rate = "60/s"'
    case.project.configure()
    run = at_work(case, 10)
    case.ran("pause", ISSUE)
    assert run.ended() == 75, run.said
    case.project.smtp = ""
    case.project.configure()
    wednesday = "2026-12-02T10:00+01:00"
    case.ran("run", code=75, now=wednesday)
    assert case.server.taken < 200
    case.ran("resume", ISSUE, now=wednesday)
    case.ran("run", now=wednesday)
    assert case.sums(now=wednesday) == {"sent": 200}
    assert case.got == dict.fromkeys(case.people, 1)
