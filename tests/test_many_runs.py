"""Many runs of one project at once, one that is killed, and a state folder on two machines."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from unittest import mock

import pytest

from digest import machine
from tests import nursery
from tests.projects import Project
from tests.smtp_server import Say, SmtpServer, Stall, wait_until

ISSUE = "weekly-2026-11-27"
PEOPLE = [f"r{n}@example.net" for n in range(120)]
TWENTY = 20


@pytest.fixture
def project(tmp_path: Path, server: SmtpServer) -> Project:
    made = Project(tmp_path / "project", port=server.port)
    made.list("readers", *PEOPLE)
    return made


def start(project: Project, number: int) -> list[nursery.Child]:
    ward = nursery.shared()
    return [
        ward.start(project.command("run"), folder=project.root, environment=project.environ()) for _ in range(number)
    ]


@pytest.mark.parametrize("number", [2, TWENTY])
def test_many_runs_at_once_send_it_once(project: Project, server: SmtpServer, number: int) -> None:
    """One works; each of the others says in one sentence who is at work, ends with 75, and has done nothing."""
    project.smtp = 'rate = "100/s"'
    project.configure()
    runs = start(project, number)
    codes = Counter(run.ended(60) for run in runs)
    assert codes == {0: 1, 75: number - 1}
    for run in runs:
        said = run.said
        assert "Traceback" not in said
        assert (said == "") if run.ended() == 0 else said.count("another run is at work: process") == 1, said
    assert Counter(server.addresses()) == Counter(PEOPLE)
    counts = project.inside("status", ISSUE, "--json").json["counts"]
    assert (counts["list"], counts["sent"]) == (120, 120)


def test_when_the_one_at_work_is_killed_the_next_goes_on(project: Project, server: SmtpServer) -> None:
    """SIGKILL in the middle: its lock is free at once, of twenty that follow one brings it to an end; nobody is twice,
    and who was on the wire is in doubt."""
    project.smtp = 'rate = "100/s"'
    project.configure()
    (first,) = start(project, 1)
    assert wait_until(lambda: server.taken >= 20)
    first.kill()
    project.smtp = ""
    project.configure()
    runs = start(project, TWENTY)
    codes = [run.ended(60) for run in runs]
    assert set(codes) <= {0, 75}
    assert 0 in codes
    assert not any("Traceback" in run.said for run in runs)
    counts = project.inside("status", ISSUE, "--json").json["counts"]
    assert max(Counter(server.addresses()).values()) == 1
    assert counts["sent"] + counts["uncertain"] == 120
    assert counts["uncertain"] <= 1
    assert project.inside("status", ISSUE, "--json").json["state"] == "done"


def test_an_issue_that_goes_on_on_another_machine_says_so_once(project: Project, server: SmtpServer) -> None:
    """The state folder was copied in the middle of an issue: neither ledger can see the other, so the run that goes on
    with it says what may happen, and the next one does not say it again."""
    project.smtp = "daily = 50"
    project.configure()
    assert project.inside("run").code == 75
    lock = project.root / ".digest" / "run.lock"
    elsewhere(project)
    said = project.inside("run", now="2026-11-28T09:10+01:00")
    assert said.code == 75
    assert "begun on another machine (the-old-server)" in said.err
    assert "twice" in said.err
    again = project.inside("run", now="2026-11-29T09:20+01:00")
    assert again.code == 0
    assert "another machine" not in again.err
    lock.write_text("no note at all")
    assert project.inside("run").code == 0


def elsewhere(project: Project, **about: str) -> None:
    """Let the run before have been on another machine."""
    lock = project.root / ".digest" / "run.lock"
    note = json.loads(lock.read_text()) | {"machine": "the-old-server", "boot_id": "another"} | about
    lock.write_text(json.dumps(note))


def test_another_machine_is_told_whatever_the_run_does(project: Project, server: SmtpServer) -> None:
    """Where nothing is due, where an issue is new, where one waits: once an issue, and not of a mere container."""
    project.smtp = ""
    project.configure()
    told = "was on another machine (the-old-server)"
    assert project.inside("run", now="2026-11-20T08:00+01:00").code == 0
    elsewhere(project)
    assert told in project.inside("run").err, "an issue that is new here"
    elsewhere(project, boot_id=machine.boot_id())
    assert project.inside("run").err == "", "another container on the same kernel"
    elsewhere(project)
    assert told in project.inside("run").err, "nothing is due"
    elsewhere(project)
    assert project.inside("run").err == "", "told of this issue before"
    project.post("2026-12-01-third", "The third post", "2026-12-01")
    server.script = lambda m: Say(450, "4.2.0 later") if m.address == PEOPLE[0] else None
    assert project.inside("run", now="2026-12-04T09:05+01:00").code == 75
    elsewhere(project)
    waits = project.inside("run", now="2026-12-04T09:06+01:00")
    assert waits.code == 75
    assert "weekly-2026-12-04 was begun on another machine" in waits.err


def test_killed_in_a_container_and_gone_on_with_in_the_next(project: Project, server: SmtpServer) -> None:
    """The kernel is the same, so the journal proves: in doubt is what was on the wire, and no move is told."""
    server.script = lambda m: Stall() if m.step == "dot" and server.taken >= 20 else None
    project.smtp = "connections = 2"
    project.configure()
    (run,) = start(project, 1)
    assert wait_until(lambda: server.taken >= 20, 30)
    run.kill()
    run.ended(10)
    server.script = lambda _: None
    with mock.patch("digest.machine.name", return_value="container-2"):
        said = project.inside("run")
    assert said.code == 0, said
    assert "another machine" not in said.err
    counts = project.inside("status", "--json").json["counts"]
    assert counts["sent"] + counts["uncertain"] == len(PEOPLE)
    assert counts["uncertain"] <= 2
    assert max(Counter(server.addresses()).values()) == 1


def test_two_copies_are_two_ledgers(project: Project, server: SmtpServer, tmp_path: Path) -> None:
    """What is documented, and why the folder must lie in one place: a copy made before the issue sends it again."""
    project.inside("status")
    copy = tmp_path / "copy"
    shutil.copytree(project.root, copy)
    other = Project.__new__(Project)
    other.__dict__.update(project.__dict__ | {"root": copy})
    assert project.inside("run").code == 0
    assert other.inside("run").code == 0
    assert set(Counter(server.addresses()).values()) == {2}
    page = " ".join((Path(__file__).parents[1] / "docs" / "delivery.md").read_text(encoding="utf-8").split())
    assert "Two copies of it are two ledgers" in page
