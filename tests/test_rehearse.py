"""The rehearsal: the real issue and list into a sink on this machine, with faults; nothing leaves, nothing is kept."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from digest.deliver import faults
from digest.deliver.faults import Fault, Faults
from digest.errors import UsageError
from tests.projects import Project
from tests.smtp_server import Say, SmtpServer, wait_until

PEOPLE = [f"r{n}@example.net" for n in range(60)]


@pytest.fixture
def project(tmp_path: Path, server: SmtpServer) -> Project:
    made = Project(tmp_path / "project", port=server.port)
    made.list("readers", *PEOPLE)
    return made


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def files(project: Project) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in sorted(project.root.rglob("*")) if p.is_file()}


def sums(said: Any) -> dict[str, int]:
    counts = dict(said["counts"])
    assert counts.pop("list") == sum(counts.values())
    return {state: people for state, people in counts.items() if people}


def test_it_sends_to_everybody_and_leaves_no_trace(project: Project, server: SmtpServer, scratch: Path) -> None:
    """Every message arrives in the sink; the relay hears nothing, no file of the project changes, none is left over."""
    before = files(project)
    said = project.inside("rehearse", "--json")
    assert said.code == 0, said
    assert sums(said.json) == {"sent": 60}
    assert (said.json["arrived"], said.json["twice"], said.json["runs"]) == (60, 0, 1)
    assert server.connections == 0
    assert files(project) == before
    assert list(scratch.iterdir()) == []
    assert project.inside("run").code == 0
    assert len(server.messages) == 60, "the real one goes all the same"


WATCHED = """\
import json, socket, sys

HERE = ("127.0.0.1", "localhost")
socket.gethostname = lambda: "newsroom"  # a name that no file of this machine knows
outside = []

def watch(event, said):
    if event.startswith("socket.get") and event != "socket.gethostname" and said[0] not in HERE:
        outside.append([event, repr(said)])
    elif event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        if isinstance(said[1], tuple) and said[1][0] not in HERE:
            outside.append([event, repr(said[1])])
    elif event in ("urllib.Request", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn"):
        outside.append([event, repr(said)])

sys.addaudithook(watch)
from digest import cli

code = cli.run(sys.argv[1:])
print(json.dumps([code, outside]), file=sys.stderr)
"""


def watched(project: Project, *words: str) -> tuple[Any, str]:
    """How a command ends in a process that notes each way out of this machine, and what it prints."""
    command = [sys.executable, "-c", WATCHED, *project.command(*words)[3:]]
    environment = project.environ()
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    return json.loads(ended.stderr.splitlines()[-1]), ended.stdout


@pytest.mark.parametrize("more", [(), ("--flat-out", "--faults", "drop@mail:20%")])
def test_it_asks_no_resolver_no_other_machine_and_for_no_secret(project: Project, more: tuple[str, ...]) -> None:
    """A real relay, a command for its password, a heartbeat, an editor's report, a picture on the web: all untouched.

    Nor is anybody asked what this machine is called: a name that is in no file of it would be asked of the DNS.
    """
    project.newsletter = 'images = "embed"\n[state]\nheartbeat = "https://monitor.example.org/ping"'
    project.sender = 'report_to = "editor@example.org"'
    project.configure()
    toml = (project.root / "digest.toml").read_text()
    toml = toml.replace('"127.0.0.1"', '"smtp.example.org"').replace('tls = "none"', 'password_command = ["false"]')
    project.configure(toml)
    project.post("2026-11-26-picture", "A picture", "2026-11-26", body="![One](https://images.example.org/one.png)")
    project.environment = {"DIGEST_SMTP_USER": "somebody"}
    told, said = watched(project, "rehearse", *more)
    assert told == [0, []]
    assert "60 messages" in said


def test_the_demo_asks_no_resolver_and_no_other_machine(project: Project) -> None:
    """It needs no network, and that is meant word by word."""
    project.environment = {"PATH": ""}  # no browser is there to take a picture of the page
    told, said = watched(project, "demo", "--dir", str(project.root / "demo"))
    assert told == [0, []], said


def test_a_project_without_a_relay_can_rehearse(project: Project) -> None:
    """Nor is one needed where mail goes to files."""
    toml = (project.root / "digest.toml").read_text()
    start, end = toml.index("[smtp]"), toml.index("[newsletters")
    for table in ("", '[transport]\nkind = "file"\n'):
        project.configure(toml[:start] + table + toml[end:])
        assert project.inside("rehearse", "--json").json["arrived"] == 60
    assert not (project.root / "outbox").exists()


def test_opt_outs_of_the_ledger_count(project: Project, server: SmtpServer) -> None:
    """Somebody the real run found gone is left out of the rehearsal of the next issue, whatever the list says."""
    server.script = lambda m: Say(550, "5.1.1 no such user") if m.step == "rcpt" and m.address == PEOPLE[7] else None
    project.inside("run")
    project.post("2026-12-01-third", "The third post", "2026-12-01")
    before = files(project)
    said = project.inside("rehearse", "--json", now="2026-12-04T09:05+01:00")
    assert said.json["issue"] == "weekly-2026-12-04"
    assert sums(said.json) == {"sent": 59, "suppressed": 1}
    changed = {name for name, data in files(project).items() if before.get(name) != data}
    assert not {name for name in changed if not name.endswith(("-wal", "-shm"))}


SCRIPT = "450@rcpt:20% 550@rcpt:5% drop@dot:10% 451@dot:10%"


def test_faults_are_the_same_each_time(project: Project) -> None:
    """Deferred people get it in a later run, refused ones fail, lost answers are in doubt; nobody gets two."""
    first = project.inside("rehearse", "--flat-out", "--faults", SCRIPT, "--json")
    second = project.inside("rehearse", "--flat-out", "--faults", SCRIPT, "--json")
    assert first.code == second.code == 0
    told, again = first.json, second.json
    assert (told["counts"], told["faults"], told["arrived"]) == (again["counts"], again["faults"], again["arrived"])
    found = sums(told)
    assert found["failed"] == told["faults"]["550@rcpt"]
    assert found["uncertain"] == told["faults"]["drop@dot"]
    assert "deferred" not in found
    assert told["faults"]["450@rcpt"] >= 6
    assert found["sent"] <= told["arrived"] <= found["sent"] + found["uncertain"]
    assert told["twice"] == 0
    assert told["runs"] > 1
    assert told["seconds_of_waiting"] >= 240


@pytest.mark.parametrize("step", faults.STEPS)
@pytest.mark.parametrize("what", ["450", "550", "drop"])
def test_every_fault_at_every_step(project: Project, what: str, step: str) -> None:
    """The rehearsal comes to an end, as a run would, with sums that add up."""
    project.list("readers", *PEOPLE[:12])
    said = project.inside("rehearse", "--flat-out", "--faults", f"{what}@{step}:30%", "--json")
    assert said.code in (0, 77), said
    found = sums(said.json)
    assert said.json["twice"] == 0
    assert found.get("sent", 0) <= said.json["arrived"] <= found.get("sent", 0) + found.get("uncertain", 0)
    if what == "drop" and step != "dot":
        assert found == {"sent": 12}, "what never left whole is sent again"


def test_a_stalled_server_costs_seconds(project: Project) -> None:
    """Its patience is short in a rehearsal; whoever was on the line is in doubt after the dot."""
    project.list("readers", "stalled@example.net")
    said = project.inside("rehearse", "--faults", "stall@dot:100%", "--json")
    assert sums(said.json) == {"uncertain": 1}
    assert said.json["seconds"] < 5


@pytest.mark.parametrize(("fault", "doubt"), [("drop@mail", 0), ("drop@dot", 10), ("stall@data", 0)])
def test_a_server_that_never_takes_anything_ends_it_soon(project: Project, fault: str, doubt: int) -> None:
    """No pause is waited for as outside; after two runs in vain the rest stays in the queue, and that is told."""
    began = monotonic()
    said = project.inside("rehearse", "--flat-out", "--faults", f"{fault}:100%", "--json")
    assert monotonic() - began < 10
    assert said.code == 69
    assert sums(said.json) == {"queued": 60 - doubt} | ({"uncertain": doubt} if doubt else {})
    assert (said.json["faults"], said.json["runs"]) == ({fault: 10}, 2)
    assert said.json["in_vain"]
    assert "broke the connection 5 times" in said.err
    assert said.json["twice"] == 0


def test_a_server_that_takes_something_now_and_then_is_tried_on(project: Project) -> None:
    """One run in vain between others ends nothing: cron comes again."""
    project.list("readers", *PEOPLE[:30])
    said = project.inside("rehearse", "--flat-out", "--faults", "drop@mail:60%", "--json")
    assert said.code == 0, said
    assert sums(said.json) == {"sent": 30}
    assert said.json["runs"] > 1
    assert not said.json["in_vain"]


def test_why_it_went_no_further_is_said_in_a_line(project: Project) -> None:
    """The queue is not empty, and cron would go on: a person reads why the rehearsal does not."""
    project.list("readers", *PEOPLE[:12])
    said = project.inside("rehearse", "--flat-out", "--faults", "drop@rcpt:100%")
    assert said.code == 69
    assert "it ends    stopped: nothing got across in two runs" in said.out


def test_the_pace_is_kept_or_not(project: Project) -> None:
    """At 40 a second 60 people last a second and a half; flat out they do not."""
    project.smtp = 'rate = "40/s"'
    project.configure()
    paced = project.inside("rehearse", "--json").json
    assert 1.3 < paced["seconds"] < 4
    assert paced["seconds_with_limits"] == 1.5
    fast = project.inside("rehearse", "--flat-out", "--json").json
    assert fast["seconds"] < paced["seconds"]
    assert fast["seconds_with_limits"] == 1.5


def test_it_says_what_a_person_wants_to_know(project: Project) -> None:
    """How long it would last with the relay's limits, what failed, what stands in doubt, that nothing left."""
    project.smtp = 'rate = "1/s"\ndaily = 20'
    project.configure()
    said = project.inside("rehearse", "--flat-out", "--faults", SCRIPT)
    assert said.code == 0, said
    for words in (
        "about 2 days",
        "20 a day",
        "nobody twice",
        "in doubt",
        "not get it",
        "Nothing has left this machine",
    ):
        assert words in said.out, words
    assert max(map(len, said.out.splitlines())) <= 120
    plain = Project(project.root.parent / "plain")
    assert "no limit of it is configured" in plain.inside("rehearse").out


def test_the_preflight_is_heard(project: Project) -> None:
    """What would stop a run is told, with 1; the rehearsal goes on all the same."""
    toml = (project.root / "digest.toml").read_text().replace("news@example.org", "news.example@gmail.com")
    project.configure(toml)
    said = project.inside("rehearse", "--json")
    assert said.code == 1
    assert "from-freemail" in said.err
    assert said.json["arrived"] == 60


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (('lists = ["readers"]', ""), 78, "no list to go to"),
        (('lists = ["readers"]', 'lists = ["nobody"]'), 65, "nobody.csv"),
        (('path = "posts"', 'path = "issues"'), 65, ""),
    ],
)
def test_what_cannot_be_rehearsed_is_told(project: Project, change: tuple[str, str], code: int, words: str) -> None:
    """No list, no file of the list, no posts: in words, before anything begins."""
    project.configure((project.root / "digest.toml").read_text().replace(*change))
    said = project.inside("rehearse")
    assert said.code == code, said
    assert words in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    "text", ["450", "450@rcpt", "450@rcpt:5", "250@rcpt:5%", "drop@quit:5%", "450@rcpt:0%", "drop@dot:101%"]
)
def test_a_script_that_is_none_is_refused(project: Project, text: str) -> None:
    """64, with how it is written."""
    said = project.inside("rehearse", "--faults", text)
    assert said.code == 64
    assert text in said.err
    assert "450@rcpt:5%" in said.err


def test_faults_by_hash() -> None:
    """About the share that was asked for; for good is for good, what passes is decided anew at each try."""
    keys = [b"r%d@example.net" % n for n in range(4000)]
    for share in (0.01, 0.3):
        script = Faults((Fault(what="550", step="rcpt", share=share), Fault(what="450", step="dot", share=share)))
        hit = [k for k in keys if script.at("rcpt", k)]
        assert share * 0.7 < len(hit) / len(keys) < share * 1.3
        assert all(script.at("rcpt", k) for k in hit)
        later = [k for k in keys if script.at("dot", k)]
        again = [k for k in later if script.at("dot", k)]
        assert len(again) < len(later) / 2
        assert not any(script.at("mail", k) for k in keys)
    assert faults.parse(" ") == ()
    assert faults.parse("450@rcpt:5%,drop@dot:0.5%")[1] == Fault(what="drop", step="dot", share=0.005)
    with pytest.raises(UsageError):
        faults.parse("450@rcpt:5% no")


def test_ctrl_c_ends_it_and_cleans_up(project: Project, scratch: Path) -> None:
    """130, and no folder with addresses stays behind."""
    project.smtp = 'rate = "5/s"'
    project.configure()
    project.environment = {"TMPDIR": str(scratch)}
    with subprocess.Popen(
        project.command("rehearse"), env=project.environ(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert wait_until(lambda: any(scratch.rglob("marks-*")), 20)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert list(scratch.iterdir()) == []
