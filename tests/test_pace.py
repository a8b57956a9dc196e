"""How much leaves when: quota, warm-up, quiet hours and brake, counted over runs, newsletters and restarts."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.deliver import quiet
from digest.pipeline.allowance import time_needed
from digest.settings import Newsletter, Smtp, State
from digest.store import sqlite
from tests.projects import Project, Said
from tests.smtp_server import Moment, Say, SmtpServer

ISSUE = "weekly-2026-11-27"
PEOPLE = [f"r{n}@example.net" for n in range(6)]
NOON = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


@pytest.fixture
def project(tmp_path: Path, server: SmtpServer) -> Project:
    made = Project(tmp_path / "project", port=server.port)
    made.list("readers", *PEOPLE)
    return made


def smtp(project: Project, keys: str) -> None:
    project.smtp = keys
    project.configure()


def run(project: Project, at: str, *words: str) -> Said:
    return project.inside("run", *words, now=f"2026-{at}+01:00")


# ------------------------------------------------------------------------------------------------ quota and warm-up


def test_a_daily_quota_holds_over_runs(project: Project, server: SmtpServer) -> None:
    """Two a day: two go, then nothing however often cron calls, silently; a day later two more. Nobody is twice."""
    smtp(project, "daily = 2")
    first = run(project, "11-27T09:05", "--json")
    assert first.code == 75
    assert "quota" in first.err
    assert first.json["state"] == "stopped"
    for at in ("11-27T09:20", "11-27T15:00", "11-28T09:04"):
        again = run(project, at)
        assert (again.code, again.err, len(server.messages)) == (75, "", 2), at
    assert run(project, "11-28T10:10").code == 75
    assert len(server.messages) == 4
    assert run(project, "11-29T11:15").code == 0
    assert Counter(server.addresses()) == Counter(PEOPLE)


def test_it_goes_on_when_there_is_room_and_not_a_whole_day_later(project: Project, server: SmtpServer) -> None:
    """What went at nine and at three comes back at nine and at three: the quota is of the last 24 hours."""
    smtp(project, "daily = 4")
    project.list("readers", *PEOPLE[:3])
    assert run(project, "11-27T09:05").code == 0
    project.list("others", *(f"o{n}@example.com" for n in range(4)))
    project.newsletter = '\n[newsletters.daily]\nsend = "daily 15:00"\nlists = ["others"]'
    project.configure()
    project.post("2026-11-27-new", "New today", "2026-11-27")
    said = run(project, "11-27T15:01", "daily", "--json")
    assert (said.code, said.json["counts"]["sent"]) == (75, 1), "three of four were used by the other newsletter"
    assert "2026-11-28T08:05" <= said.json["retry_at"] <= "2026-11-28T08:07", "the first minute, at nine (+01:00)"
    assert run(project, "11-28T09:02", "daily").code == 75
    assert run(project, "11-28T09:10", "daily").code == 0
    assert len(server.messages) == 7


def test_a_warm_up_grows_by_the_day(project: Project, server: SmtpServer) -> None:
    """One on the first day, two on the second, then as many as there are."""
    smtp(project, "warm_up = [1, 2]")
    first = run(project, "11-27T09:05")
    assert first.code == 75
    assert "warm-up" in first.err
    assert len(server.messages) == 1
    assert run(project, "11-28T08:00").code == 75
    assert len(server.messages) == 1
    assert run(project, "11-28T10:10").code == 75
    assert len(server.messages) == 3
    assert run(project, "11-29T11:30").code == 0
    assert Counter(server.addresses()) == Counter(PEOPLE)


def test_a_warm_up_may_begin_long_after_the_first_message(project: Project, server: SmtpServer) -> None:
    """A new relay, an old ledger: the days count from the one that is said, in the site's zone."""
    run(project, "11-27T09:05")
    smtp(project, 'warm_up = [2, 100]\nwarm_up_from = "2026-12-04"')
    project.post("2026-12-01-third", "The third post", "2026-12-01")
    assert run(project, "12-04T09:05").code == 75
    assert len(server.messages) == 8
    assert run(project, "12-05T10:30").code == 0
    assert len(server.messages) == 12


def test_nobody_fails_for_having_had_to_wait(project: Project, server: SmtpServer) -> None:
    """One a day and a deadline of a day: the issue's deadline is longer by what the quota needs."""
    project.newsletter = 'deadline = "1 days"'
    smtp(project, "daily = 1")
    for at in ("11-27T09:05", "11-28T09:15", "11-29T09:30", "11-30T09:45", "12-01T10:00", "12-02T10:15"):
        run(project, at)
    assert Counter(server.addresses()) == Counter(PEOPLE)
    assert project.inside("status", ISSUE, "--json").json["state"] == "done"


def test_a_clock_that_is_set_back_loses_nobody(project: Project, server: SmtpServer) -> None:
    """Deferred until five past, then the clock says an hour earlier: the run waits, and in the end it goes."""
    server.script = lambda m: Say(450, "4.2.0 later") if m.address == PEOPLE[0] else None
    assert run(project, "11-27T10:00").code == 75
    server.script = lambda _: None
    assert run(project, "11-27T09:05").code == 75
    assert len(server.messages) == 5
    assert run(project, "11-27T10:30").code == 0
    assert Counter(server.addresses()) == Counter(PEOPLE)


@pytest.mark.parametrize(
    ("options", "newsletter", "people", "takes"),
    [
        (None, Newsletter(name="w"), 1000, timedelta(0)),
        (Smtp(), Newsletter(name="w"), 1000, timedelta(0)),
        (Smtp(rate=10), Newsletter(name="w"), 1000, timedelta(seconds=100)),
        (Smtp(rate=10), Newsletter(name="w"), 0, timedelta(0)),
        (Smtp(daily=500), Newsletter(name="w"), 500, timedelta(0)),
        (Smtp(daily=500), Newsletter(name="w"), 501, timedelta(days=1)),
        (Smtp(daily=500, rate=1), Newsletter(name="w"), 1100, timedelta(days=2, seconds=100)),
        (Smtp(warm_up=(50, 100, 500)), Newsletter(name="w"), 651, timedelta(days=3)),
        (Smtp(warm_up=(50, 100), daily=80), Newsletter(name="w"), 200, timedelta(days=2)),
        (Smtp(rate=1), Newsletter(name="w", quiet="20:00-08:00"), 60_000, timedelta(days=1, seconds=16_800)),
        (Smtp(rate=0.0001), Newsletter(name="w"), 1_000_000, timedelta(days=3660)),
    ],
)
def test_how_long_an_issue_takes(options: Smtp, newsletter: Newsletter, people: int, takes: timedelta) -> None:
    """By arithmetic alone: rate, quota, warm-up, and the hours that are not quiet."""
    assert time_needed(people, options, newsletter, "Europe/Vienna", None, NOON) == takes


# ------------------------------------------------------------------------------------------------ quiet hours


def test_nothing_leaves_in_quiet_hours(project: Project, server: SmtpServer) -> None:
    """Due at night: said once, then cron is silent (75) until the morning, and it goes. `status` says until when."""
    project.newsletter = 'quiet = "08:30-10:00"'
    project.configure()
    said = run(project, "11-27T09:05")
    assert said.code == 75
    assert "waits: quiet hours (08:30-10:00)" in said.err
    assert "goes on after Fri 2026-11-27 10:00" in said.err
    again = run(project, "11-27T09:50")
    assert (again.code, again.err) == (75, ""), again
    status = project.inside("status", now="2026-11-27T09:50+01:00").out
    assert "frozen: quiet hours (08:30-10:00)" in status
    assert "goes on    Fri 2026-11-27 10:00" in status
    assert "quiet" not in project.inside("status", now="2026-11-27T10:00+01:00").out
    assert not server.messages
    assert run(project, "11-27T10:00").code == 0
    assert Counter(server.addresses()) == Counter(PEOPLE)
    project.post("2026-12-01-third", "The third post", "2026-12-01")
    told = project.inside("send", "--yes", now="2026-12-02T09:00+01:00")
    assert told.code == 75
    assert "quiet hours" in told.err, "who asked for it now is told"


def test_a_run_that_comes_into_quiet_hours_stops_at_a_message(project: Project, server: SmtpServer) -> None:
    """Two seconds before ten in the evening: some go, the others in the morning, and none in between."""
    smtp(project, 'rate = "10/s"')
    project.newsletter = 'quiet = "22:00-07:00"'
    project.configure()
    people = [f"q{n}@example.net" for n in range(60)]
    project.list("readers", *people)
    said = run(project, "11-27T21:59:58", "--json")
    assert said.code == 75, said
    assert "quiet hours" in said.err
    assert said.json["retry_at"] == "2026-11-28T06:00:00+00:00"
    gone = len(server.messages)
    assert 5 <= gone < 45
    assert run(project, "11-28T03:00").code == 75
    assert len(server.messages) == gone
    smtp(project, "")
    assert run(project, "11-28T07:01").code == 0
    assert Counter(server.addresses()) == Counter(people)


def test_a_run_that_waits_for_a_retry_hears_quiet_hours(project: Project, server: SmtpServer) -> None:
    """It would stay six hours for a deferred reader, and leaves when the night begins."""
    project.newsletter = 'quiet = "22:00-07:00"'
    project.configure()
    server.script = lambda m: Say(450, "4.2.0 later") if m.address == PEOPLE[0] else None
    said = run(project, "11-27T21:59:58", "--wait", "6h", "--json")
    assert said.code == 75
    assert said.json["retry_at"] == "2026-11-28T06:00:00+00:00"
    assert (said.json["counts"]["sent"], said.json["counts"]["deferred"]) == (5, 1)
    server.script = lambda _: None
    assert run(project, "11-28T07:00").code == 0
    assert Counter(server.addresses()) == Counter(PEOPLE)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-27T20:59:59", None),  # 21:59:59 in Vienna
        ("2026-11-27T21:00:00", "2026-11-28T06:00:00"),
        ("2026-11-28T05:59:59", "2026-11-28T06:00:00"),
        ("2026-11-28T06:00:00", None),
        ("2026-03-28T22:00:00", "2026-03-29T05:00:00"),  # over the night that loses an hour
        ("2026-10-24T21:00:00", "2026-10-25T06:00:00"),  # over the night that has one twice
    ],
)
def test_quiet_hours_are_local(now: str, until: str | None) -> None:
    """Half open, over midnight, and right over both clock changes."""
    found = quiet.until("22:00-07:00", "Europe/Vienna", datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert found == (datetime.fromisoformat(until).replace(tzinfo=UTC) if until else None)


def test_quiet_hours_that_end_in_the_hour_that_comes_twice() -> None:
    """The first time it ends them; the second time they are quiet again until it is over."""
    first = datetime(2026, 10, 25, 0, 15, tzinfo=UTC)  # 02:15, summer time
    assert quiet.until("01:00-02:30", "Europe/Vienna", first) == first + timedelta(minutes=15)
    second = first + timedelta(hours=1)  # 02:15, winter time
    assert quiet.until("01:00-02:30", "Europe/Vienna", second) == second + timedelta(minutes=15)


@pytest.mark.parametrize("text", ["22-7", "22:00", "25:00-07:00", "22:00-22:00", "22:60-07:00", "night"])
def test_what_are_no_quiet_hours(project: Project, text: str) -> None:
    """78, with the line and how they are written."""
    project.newsletter = f'quiet = "{text}"'
    project.configure()
    said = project.inside("config")
    assert said.code == 78
    assert "digest.toml:" in said.err
    assert "22:00-07:00" in said.err
    assert quiet.hours_a_day("22:00-07:00") == 15
    assert quiet.hours_a_day("08:00-20:30") == 11.5
    assert quiet.hours_a_day("") == 24


@pytest.mark.parametrize(
    "line", ["warm_up = [50, 20]", "warm_up = [0]", 'warm_up = ["a"]', 'warm_up_from = "27.11.2026"']
)
def test_a_warm_up_that_is_none(project: Project, line: str) -> None:
    """78: shares only grow, and a day is written as in ISO 8601."""
    smtp(project, line)
    said = project.inside("config")
    assert said.code == 78
    assert line.partition(" ")[0] in said.err


# ------------------------------------------------------------------------------------------------ the brake


def tell(project: Project, kind: str, addresses: list[str], at: datetime) -> None:
    """A mailbox has brought this in."""
    store = sqlite.open(
        State(),
        project=project.root,
        site="default",
        secret_fingerprint=None,
        machine="a mailbox",
        boot_id="",
        pid=1,
        now=at,
    )
    for address in addresses:
        store.opt_out(address, "all", kind, "a report by mail", at)
    store.close()


def many(project: Project, count: int = 500) -> list[str]:
    people = [f"c{n}@example.net" for n in range(count)]
    project.list("readers", *people)
    return people


def test_complaints_pause_the_issue(project: Project, server: SmtpServer) -> None:
    """Three of some hundred readers complain while it goes out: paused with 75 and the reason, the rest unsent."""
    people = many(project)
    smtp(project, 'rate = "120/s"')
    complained: list[str] = []

    def script(moment: Moment) -> None:
        if moment.step == "dot" and server.taken == 100 and not complained:
            complained.extend(server.addresses()[:3])
            tell(project, "complained", complained, datetime(2026, 11, 27, 8, 5, 1, tzinfo=UTC))

    server.script = script
    said = run(project, "11-27T09:05", "--json")
    assert said.code == 75, said
    assert said.json["state"] == "paused"
    assert "complained" in said.err
    assert 200 <= len(server.messages) < 500
    assert project.inside("resume", ISSUE, now="2026-11-27T09:15+01:00").code == 0
    smtp(project, "")
    assert run(project, "11-27T09:20").code == 0, "a person has decided: those complaints are known"
    assert Counter(server.addresses()) == Counter(people)


@pytest.mark.parametrize(("kind", "number"), [("complained", 1), ("bounced", 20)])
def test_the_brake_counts_over_all_runs(project: Project, server: SmtpServer, kind: str, number: int) -> None:
    """150 on the first day, and then a mailbox brings in what they make of it: the second day's run stops at 200, for
    what it has not seen itself; before 200 nothing is said."""
    many(project)
    smtp(project, 'daily = 150\nrate = "60/s"')
    assert run(project, "11-27T09:05", "--json").json["state"] == "stopped"
    tell(project, kind, server.addresses()[:number], datetime(2026, 11, 27, 20, 0, tzinfo=UTC))
    assert len(server.messages) == 150
    said = run(project, "11-28T09:30", "--json")
    assert (said.code, said.json["state"]) == (75, "paused")
    assert ("complained" if kind == "complained" else "refused for good") in said.err
    assert 200 <= len(server.messages) < 300
    gone = len(server.messages)
    run(project, "11-29T10:00")
    assert len(server.messages) == gone, "it is a person's turn"


def test_refusals_add_up_over_runs_and_a_kill(project: Project, server: SmtpServer) -> None:
    """One address in twelve is dead: neither day has 200 messages, both together have, and the issue pauses."""
    many(project)
    smtp(project, "daily = 150")
    server.script = lambda m: Say(550, "5.1.1 gone") if m.step == "rcpt" and int(m.address[1:-12]) % 12 == 0 else None
    assert run(project, "11-27T09:05", "--json").json["state"] == "stopped"
    said = run(project, "11-28T10:30", "--json")
    assert (said.code, said.json["state"]) == (75, "paused"), said
    assert "refused for good" in said.err
    counts = said.json["counts"]
    assert 200 <= counts["sent"] + counts["failed"] < 260
    assert project.inside("resume", ISSUE, now="2026-11-28T10:35+01:00").code == 0
    again = run(project, "11-29T11:00", "--json")
    assert again.json["state"] == "stopped", "from a person's word on it begins anew: the quota ends this run"


def test_a_few_refusals_are_no_reason(project: Project, server: SmtpServer) -> None:
    """One in thirty, and one complaint among 400: what happens to good lists."""
    people = many(project, 400)
    smtp(project, "daily = 390")
    server.script = lambda m: Say(550, "5.1.1 gone") if m.step == "rcpt" and int(m.address[1:-12]) % 30 == 0 else None
    run(project, "11-27T09:05")
    tell(project, "complained", server.addresses()[:1], datetime(2026, 11, 27, 20, 0, tzinfo=UTC))
    assert run(project, "11-28T10:00").code == 0
    counts = project.inside("status", ISSUE, "--json").json["counts"]
    assert (counts["sent"], counts["failed"]) == (len(people) - 14, 14)
