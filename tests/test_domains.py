"""A pace for each recipient domain through the command line: the key, runs, what waits and until when, rehearsal."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.projects import Project, Said
from tests.smtp_server import Say, SmtpServer

ISSUE = "weekly-2026-11-27"
BIG = [f"r{n}@big.test" for n in range(8)]
SMALL = [f"s{n}@small.test" for n in range(5)]


@pytest.fixture
def project(tmp_path: Path, server: SmtpServer) -> Project:
    made = Project(tmp_path / "project", port=server.port)
    made.list("readers", *BIG, *SMALL)
    domains(made, '"BIG.test" = "4/h"')
    return made


def domains(project: Project, *lines: str) -> None:
    project.smtp = "\n".join(("[smtp.domains]", *lines))
    project.configure()


def run(project: Project, at: str, *words: str) -> Said:
    return project.inside("run", *words, now=f"2026-{at}+01:00")


def test_who_waits_and_until_when(project: Project, server: SmtpServer) -> None:
    """Four of eight go, everybody elsewhere goes; the run ends with 75 and says who waits, where and how long, and so
    does `status`. Cron hears of it once; each run that comes later sends what may go by then, and nobody is twice."""
    first = run(project, "11-27T09:05", "--json")
    assert first.code == 75
    assert Counter(a.rpartition("@")[2] for a in server.addresses()) == {"big.test": 4, "small.test": 5}
    assert "4 people at big.test" in first.err
    assert "the last until Fri 2026-11-27 10:50" in first.err
    assert "goes on after Fri 2026-11-27 10:05" in first.err
    assert (first.json["state"], first.json["counts"]["queued"]) == ("sending", 4)
    assert first.json["retry_at"].startswith("2026-11-27T09:05")
    shown = project.inside("status", now="2026-11-27T09:06+01:00").out
    assert "waits      4 people at big.test" in shown
    assert "goes on    Fri 2026-11-27 10:05" in shown
    for at in ("09:20", "09:50"):
        again = run(project, f"11-27T{at}")
        assert (again.code, again.err, len(server.messages)) == (75, "", 9), at
    assert run(project, "11-27T10:06").code == 75
    assert len(server.messages) == 10
    assert run(project, "11-27T11:00").code == 0
    assert Counter(server.addresses()) == Counter(BIG + SMALL)
    assert project.inside("status", ISSUE, "--json").json["counts"]["sent"] == 13


def test_one_person_waits(project: Project, server: SmtpServer) -> None:
    """The singular, and a second domain in the same sentence."""
    domains(project, '"big.test" = "7/h"', '"small.test" = "4/h"')
    assert "2 people at big.test and small.test" in run(project, "11-27T09:05").err
    assert run(project, "11-27T12:00").code == 0
    project.list("readers", *BIG)
    project.post("2026-12-01-third", "The third post", "2026-12-01")
    assert "1 person at big.test" in run(project, "12-04T09:05").err


def test_a_pace_that_a_run_can_wait_for_is_waited_for(project: Project, server: SmtpServer) -> None:
    """Three a second: the run stays until everybody has it, and ends well."""
    domains(project, '"*" = "3/s"')
    assert run(project, "11-27T09:05").code == 0
    assert Counter(server.addresses()) == Counter(BIG + SMALL)


def test_pause_cancel_and_resend_while_it_waits(project: Project, server: SmtpServer) -> None:
    """Paused, nothing goes though the turn has come; resumed, it does; cancelled, who waited never gets it."""
    run(project, "11-27T09:05")
    assert project.inside("pause", ISSUE).code == 0
    assert run(project, "11-27T10:30").code in (0, 75)
    assert len(server.messages) == 9
    assert project.inside("resume", ISSUE).code == 0
    assert run(project, "11-27T10:31").code == 75
    assert len(server.messages) > 9
    gone = len(server.messages)
    assert project.inside("cancel", ISSUE).code == 0
    assert run(project, "11-27T12:31").code == 0
    assert len(server.messages) == gone
    counts = project.inside("status", ISSUE, "--json").json["counts"]
    assert (counts["sent"], counts["cancelled"], counts["queued"]) == (gone, 13 - gone, 0)


def test_who_leaves_while_waiting_gets_nothing(project: Project, server: SmtpServer) -> None:
    """An opt-out between two turns counts."""
    from datetime import UTC, datetime

    from digest.settings import State
    from digest.store import sqlite

    run(project, "11-27T09:05")
    left = next(a for a in BIG if a not in server.addresses())
    now = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
    store = sqlite.open(
        State(), project=project.root, site="default", secret_fingerprint=None, machine="m", boot_id="", pid=1, now=now
    )
    store.opt_out(left, "all", "unsubscribed", "one click", now)
    store.close()
    assert run(project, "11-27T12:00").code == 0
    assert left not in server.addresses()
    assert len(server.messages) == 12


def test_nobody_fails_for_having_had_to_wait_for_a_domain(project: Project, server: SmtpServer) -> None:
    """One a day and a deadline of a day: the deadline is longer by the days that this needs."""
    project.newsletter = 'deadline = "1 days"'
    domains(project, '"big.test" = "1/day"')
    for day in (27, 28, 29, 30):
        run(project, f"11-{day}T{day - 18:02}:15")
    for day in range(1, 6):
        run(project, f"12-0{day}T{day + 12:02}:30")
    assert Counter(server.addresses()) == Counter(BIG + SMALL)
    assert project.inside("status", ISSUE, "--json").json["counts"]["failed"] == 0


def test_domains_in_other_letters(project: Project, server: SmtpServer) -> None:
    """Upper case and letters beyond ASCII, in the list and in the file: one domain."""
    people = ["a@Bücher.example", "b@xn--bcher-kva.example", "c@BÜCHER.example", "d@bücher.example"]
    project.list("readers", *people)
    domains(project, '"Bücher.Example" = "2/day"')
    assert run(project, "11-27T09:05").code == 75
    assert len(server.messages) == 2


def test_a_relay_that_passes_on_a_receiver_s_words(project: Project, server: SmtpServer) -> None:
    """A 4xx that names the domain slows that domain alone, and the run says that it waits."""
    domains(project)

    def script(moment: object) -> Say | None:
        address = getattr(moment, "address", "")
        if getattr(moment, "step", "") == "rcpt" and address.endswith("@big.test"):
            return Say(451, "4.7.1 too many messages for big.test, try again in 20 minutes")
        return None

    server.script = script  # type: ignore[assignment]
    said = run(project, "11-27T09:05", "--json")
    assert said.code == 75
    assert Counter(server.addresses()) == Counter(SMALL)
    counts = said.json["counts"]
    assert counts["queued"] + counts["deferred"] == 8
    server.script = lambda _: None
    assert run(project, "11-27T10:00").code == 0
    assert Counter(server.addresses()) == Counter(BIG + SMALL)


def test_the_rehearsal_says_how_long_it_takes(project: Project, server: SmtpServer) -> None:
    """By arithmetic; the rehearsal itself does not wait for it."""
    said = project.inside("rehearse")
    assert said.code == 0
    assert "about 1 hour" in said.out or "about 60 minutes" in said.out
    assert "4 an hour to big.test" in said.out
    assert project.inside("rehearse", "--json").json["seconds_with_limits"] == 3600
    assert not server.messages


@pytest.mark.parametrize(
    ("lines", "told", "at"),
    [
        (('"big.test" = "4"',), '"20/min", "100/h" or "1000/day"', 1),
        (('"big.test" = "0/min"',), "a rate above nothing", 1),
        (('"big.test" = "4/h"', '"@small.test" = "4/h"'), 'did you mean "small.test"?', 2),
        (('"s@small.test" = "4/h"',), 'did you mean "small.test"?', 1),
        (('"big test" = "4/h"',), 'the domain of addresses, as "gmail.com"', 1),
        (('"big.test" = 4',), "each domain in quotes", 0),
        (('big.test = "4/h"',), "each domain in quotes", 0),
        (('"big.test" = "4/h"', '"BIG.test" = "5/h"'), "big.test is there already", 2),
    ],
)
def test_what_is_no_pace(project: Project, lines: tuple[str, ...], told: str, at: int) -> None:
    """78, with the line and how it is written; all mistakes at once."""
    domains(project, *lines)
    said = project.inside("config")
    assert said.code == 78
    assert told in said.err
    table = (project.root / "digest.toml").read_text().splitlines().index("[smtp.domains]") + 1
    assert f"digest.toml:{table + at}:" in said.err
    domains(project, '"a b" = "1/h"', '"c.test" = "often"')
    both = project.inside("config").err
    assert both.count("digest.toml:") == 2
    assert '"a b"' in both
    assert "often" in both


def test_config_shows_it(project: Project) -> None:
    """As it is written, with its line."""
    shown = project.inside("config").out
    assert "smtp.domains" in shown
    assert '"BIG.test" = "4/h"' in shown
