"""A relay that lies, drops, stalls or refuses, at each step, as the whole program meets it.

Whatever it does: an exit code of the table, words and no traceback, sums that add up; and when it is well again, those
who were neither refused nor left in doubt have it once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.crash.conftest import Case
from tests.nursery import Nursery
from tests.projects import FRIDAY, Project
from tests.smtp_server import PIPELINING, Authority, Drop, Moment, Raw, Say, SmtpServer, Stall, wait_until

pytestmark = pytest.mark.crash

LATER = "2026-11-27T16:00+01:00"
USUAL = {"greeting": 220, "ehlo": 250, "mail": 250, "rcpt": 250, "data": 354, "dot": 250, "rset": 250, "quit": 221}
MUCH = b"y" * 900

LIES: dict[str, Callable[[int], Any]] = {
    "200-lines": lambda code: Say(code, "\n".join(f"line {n}" for n in range(200))),
    "5-MB-in-a-line": lambda code: Raw(b"%d %b\r\n" % (code, b"x" * 5_000_000)),
    "5-MB-in-lines": lambda code: Raw(b"".join([b"%d-%b\r\n" % (code, MUCH)] * 5500) + b"%d end\r\n" % code),
    "nul": lambda code: Raw(b"%d a\0b\r\n" % code),
    "no-code": lambda code: Raw(b"hello there\r\n"),
    "code-150": lambda code: Raw(b"150 hm\r\n"),
    "code-650": lambda code: Raw(b"650 hm\r\n"),
    "wrong-class": lambda code: Say(354 if code == 250 else 250, "what"),
    "code-alone": lambda code: Raw(b"%d\r\n" % code),
    "line-feeds": lambda code: Raw(b"%d ok\n" % code),
    "two-codes": lambda code: Raw(b"%d-a\r\n%d b\r\n" % (code, code + 1)),
    "said-twice": lambda code: (Say(code, "a"), Say(code, "b")),
    "escapes": lambda code: Raw(b"%d \xff\xfe\x1b[2J\r\n" % code),
    "empty-lines": lambda code: Raw(b"\r\n\r\n"),
    "421": lambda code: Say(421, "4.3.2 closing"),
    "drop": lambda code: Drop(),
    "reset": lambda code: Drop(reset=True),
}


def lies_at(case: Case, step: str, lie: str, *, always: bool) -> None:
    """Lie at this step, to everybody or to the third on the first two lines; then be good."""
    wish, third = LIES[lie](USUAL[step]), case.people[2]

    def script(moment: Moment) -> Any:
        if step == "rset" and moment.step == "rcpt" and moment.address == case.people[1]:
            return Say(550, "5.1.1 no such user")
        if moment.step != step:
            return None
        named = step in ("rcpt", "data", "dot")
        once = moment.connection < 2 and (moment.address == third if named else moment.transaction <= 2)
        return wish if always or once else None

    case.server.script = script
    case.ran("run", "--wait", "0s", code=(0, 69, 75, 77))
    case.sums()
    case.server.script = lambda _: None
    case.ran("run", now=LATER)
    sums, got, doubt = case.sums(), case.got, case.doubt()
    gone = sums.get("failed", 0) + sums.get("suppressed", 0)
    assert set(sums) <= {"sent", "failed", "suppressed", "uncertain"}
    assert max(got.values(), default=0) <= 1, got
    assert len(set(case.people) - set(got) - doubt) <= gone
    assert gone <= (1 if step == "rset" else 0), "a lie is no refusal"
    assert sums.get("sent", 0) <= len(got)


EVERY = [(step, lie, always) for step in USUAL for lie in LIES for always in (True, False)]


@pytest.mark.parametrize(("step", "lie", "always"), EVERY[::17])
def test_some_lies(case: Case, step: str, lie: str, always: bool) -> None:
    """One in seventeen of all."""
    lies_at(case, step, lie, always=always)


@pytest.mark.soak
@pytest.mark.parametrize("features", [PIPELINING, ()], ids=["pipelined", "one-by-one"])
@pytest.mark.parametrize(("step", "lie", "always"), EVERY)
def test_every_lie(case: Case, step: str, lie: str, always: bool, features: tuple[str, ...]) -> None:
    """All of them, over both ways to speak."""
    case.server.features = features
    lies_at(case, step, lie, always=always)


@pytest.mark.parametrize("action", [Drop(), Raw(b"nonsense\r\n")], ids=["drops", "garbles"])
@pytest.mark.parametrize("connections", [1, 10])
def test_a_relay_that_never_answers_the_end_of_a_message(case: Case, action: Any, connections: int) -> None:
    """It may have taken each: after a few that nobody can know of, the run ends with 69 instead of putting the whole
    list in doubt; when the relay is well again, the others get it."""
    case.project.smtp += f"\nconnections = {connections}"
    case.project.configure()
    case.server.script = lambda moment: action if moment.step == "dot" else None
    run = case.ran("run", code=69)
    assert "may or may not have it" in run.said
    assert case.sums() == {"uncertain": 5, "queued": 7}
    doubt = case.doubt()
    case.server.script = lambda _: None
    case.ran("run", now=LATER)
    assert case.sums() == {"uncertain": 5, "sent": 7}
    assert case.doubt() == doubt
    assert max(case.got.values()) == 1


@pytest.mark.parametrize("connections", [1, 3])
@pytest.mark.parametrize("each", [1, 2, 5])
def test_a_relay_that_hangs_up_after_each_few_messages(case: Case, each: int, connections: int) -> None:
    """It takes them and drops the line without a word: a new line, and everybody has it in one run, nobody in doubt."""
    case.project.smtp += f"\nconnections = {connections}"
    case.project.configure()

    def script(moment: Moment) -> Any:
        last = moment.step == "dot" and moment.transaction % each == each - 1
        return (Say(250, "2.0.0 kept"), Drop()) if last else None

    case.server.script = script
    case.ran("run")
    assert case.sums() == {"sent": 12}
    assert case.got == dict.fromkeys(case.people, 1)


@pytest.mark.parametrize("step", ["mail", "rcpt", "data", "dot"])
def test_421_in_the_middle(case: Case, step: str) -> None:
    """The relay shuts each line at its fourth message, with a word: new lines do the rest, in one run."""

    def script(moment: Moment) -> Any:
        return (
            (Say(421, "4.3.2 enough for this line"), Drop()) if (moment.step, moment.transaction) == (step, 3) else None
        )

    case.server.script = script
    run = case.ran("run", code=(0, 75))
    assert set(case.sums()) <= {"sent", "deferred"}, run.said
    case.server.script = lambda _: None
    case.ran("run", now=LATER)
    assert case.sums() == {"sent": 12}
    assert case.got == dict.fromkeys(case.people, 1)


def test_a_relay_that_greylists_everyone(case: Case) -> None:
    """75 and when it is due; a run before that asks nobody; the run after it sends to all, once."""
    seen: set[str] = set()

    def script(moment: Moment) -> Any:
        if moment.step != "rcpt" or moment.address in seen:
            return None
        seen.add(moment.address)
        return Say(451, "4.7.1 Greylisting in action, please come back later")

    case.server.script = script
    run = case.ran("run", code=75)
    assert "12 people wait" in run.said
    assert case.sums() == {"deferred": 12}
    before = case.server.connections
    assert case.ran("run", code=75).said == ""
    assert case.server.connections == before
    case.ran("run", now=LATER)
    assert case.got == dict.fromkeys(case.people, 1)


QUOTA = {
    "ses": Say(454, "4.7.0 Throttling failure: Daily message quota exceeded."),
    "another": Say(454, "4.7.0 Sending quota exceeded"),
    "hourly": Say(451, "4.7.1 You have exceeded your hourly sending limit"),
}


@pytest.mark.parametrize("step", ["mail", "rcpt", "dot"])
@pytest.mark.parametrize("words", QUOTA)
def test_a_quota_that_is_used_up(case: Case, words: str, step: str) -> None:
    """75, why, and when it goes on; nobody is charged, a run before that moment asks nobody, one after it sends."""
    case.server.script = lambda moment: QUOTA[words] if moment.step == step and case.server.taken >= 4 else None
    run = case.ran("run", "--json", code=75)
    assert run.json["state"] == "stopped"
    assert "quota is used up" in run.json["reason"]
    assert run.json["retry_at"] > "2026-11-27T08:30"
    assert case.sums() == {"sent": 4, "queued": 8}
    assert "quota is used up" in case.ran("status").out.read_text()
    before = case.server.connections
    case.ran("run", code=75)
    assert case.server.connections == before
    case.server.script = lambda _: None
    case.ran("run", now="2026-11-28T10:00+01:00")
    assert case.sums() == {"sent": 12}
    assert case.got == dict.fromkeys(case.people, 1)


@pytest.mark.parametrize("step", ["mail", "dot"])
def test_a_sandbox(case: Case, step: str) -> None:
    """Amazon's words for an account that may not send yet: 77, "still in its sandbox", nobody charged."""
    words = "Message rejected: Email address is not verified. The following identities failed the check in region X"
    case.server.script = lambda moment: Say(554, words) if moment.step == step else None
    assert "still in its sandbox" in case.ran("run", code=77).said
    assert case.sums() == {"queued": 12}
    case.server.script = lambda _: None
    case.ran("run")
    assert case.got == dict.fromkeys(case.people, 1)


@pytest.mark.parametrize(
    ("tls", "fault", "says"),
    [
        ("starttls", "name", "is not valid for"),
        ("tls", "name", "is not valid for"),
        ("starttls", "expired", "expired"),
        ("tls", "self-signed", "certificate"),
        ("starttls", "stripped", "does not offer STARTTLS"),
    ],
)
def test_tls_that_cannot_be_trusted(nursery: Nursery, tmp_path: Path, tls: str, fault: str, says: str) -> None:
    """69 in words; no password and no message went over it; mended, everybody gets it."""
    (tmp_path / "ca").mkdir()
    authority = Authority(tmp_path / "ca")
    good = authority.certificate("127.0.0.1")
    bad = {
        "name": lambda: authority.certificate("mail.example.org"),
        "expired": lambda: authority.certificate("127.0.0.1", days=-3),
    }.get(fault, lambda: good)()
    with SmtpServer(tls="none" if fault == "stripped" else tls, certificate=bad, users={"u": "p4ssw0rd"}) as server:
        project = Project(tmp_path / "project", port=server.port)
        project.environment = {"DIGEST_SMTP_USER": "u", "DIGEST_SMTP_PASSWORD": "p4ssw0rd"}
        trusted = "" if fault == "self-signed" else f'\nca_file = "{authority.file}"'
        text = (project.root / "digest.toml").read_text()
        project.configure(text.replace('tls = "none"', f'tls = "{tls}"{trusted}'))
        case = Case(nursery, project, server, ["a@example.net", "b@example.net", "c@example.net"])
        said = case.ran("run", code=69).said
        assert says in said, said
        assert "p4ssw0rd" not in said
        assert not server.signed_in
        assert not server.said("AUTH")
        assert not server.said("MAIL")
        assert case.sums() == {"queued": 3}
        server.tls, server.certificate = tls, good
        project.configure(text.replace('tls = "none"', f'tls = "{tls}"\nca_file = "{authority.file}"'))
        case.ran("run")
        assert case.got == dict.fromkeys(case.people, 1)


@pytest.mark.parametrize(("delay", "connections"), [(0.02, 1), (0.1, 10)])
def test_killed_far_from_the_relay(case: Case, delay: float, connections: int) -> None:
    """At 20 and 100 ms of way: what is in doubt was in flight, one a connection at most."""
    case.project.smtp += f"\nconnections = {connections}"
    case.project.configure()
    case.server.before_reading = lambda: time.sleep(delay)
    run = case.start("run")
    assert wait_until(lambda: case.server.taken >= 5, 20)
    run.kill()
    assert run.ended() == -9
    time.sleep(3 * delay)
    case.server.before_reading = lambda: None
    case.ran("run")
    sums, doubt = case.sums(), case.doubt()
    assert sums.get("uncertain", 0) <= connections
    assert max(case.got.values()) == 1
    assert set(case.people) - set(case.got) <= doubt


def test_a_greeting_that_never_comes_can_be_interrupted(case: Case) -> None:
    """Ctrl-C while a connection is being made: there is no message to finish, so it ends soon, and not with 69."""
    case.project.smtp = "timeout = 30"
    case.project.configure()
    case.server.script = lambda moment: Stall() if moment.step == "greeting" else None
    run = case.start("run", now=FRIDAY)
    assert wait_until(lambda: case.server.connections == 1, 20)
    time.sleep(0.3)
    began = time.monotonic()
    run.signal(2)
    assert run.ended() == 130, run.said
    assert time.monotonic() - began < 5
    assert case.sums() == {"queued": 12}
