"""Who is told of a run, and that all of them are told the same: ledger, status, JSON, mail, metrics, log, heartbeat."""

from __future__ import annotations

import email
import email.policy
import json
import re
import threading
from datetime import UTC, datetime
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from digest.model import Counts
from digest.pipeline import editor_mail, events, metrics, report
from digest.render.letter import letter
from digest.settings import Sender, State
from digest.store import sqlite
from digest.store.lock import RunLock
from tests.projects import Project
from tests.smtp_server import Drop, Moment, Say, SmtpServer

ISSUE = "weekly-2026-11-27"
EDITOR = "editor@example.org"
READERS = ("a@example.net", "b@example.net", "c@example.net", "d@example.net", "e@example.net", "f@example.net")


@pytest.fixture
def project(tmp_path: Path, server: SmtpServer) -> Project:
    made = Project(tmp_path / "project", port=server.port, sender=f'report_to = "{EDITOR}"')
    set_state(made, 'metrics = "digest.prom"\nlog = "digest.log"')
    return made


def set_state(project: Project, keys: str) -> None:
    project.newsletter = f"\n[state]\n{keys}\n"
    project.configure()


def letters(server: SmtpServer) -> list[EmailMessage]:
    """What the editor got."""
    found = []
    for kept in server.messages:
        if kept.recipients == (EDITOR,):
            message = email.message_from_bytes(kept.data, policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            found.append(message)
    return found


def troubles(moment: Moment):
    """One refused, one in doubt, one deferred, with their addresses in the words, as servers do."""
    if (moment.step, moment.address) == ("rcpt", "b@example.net"):
        return Say(550, "5.1.1 <b@example.net>: no such user")
    if (moment.step, moment.address) == ("dot", "c@example.net"):
        return Drop()
    if (moment.step, moment.address) == ("rcpt", "d@example.net"):
        return Say(450, "4.2.0 <d@example.net> try later")
    return None


def text_of(message: EmailMessage) -> str:
    return message.get_content().replace("\r\n", "\n")


def sums_of_mail(message: EmailMessage) -> Counts:
    text = text_of(message)
    found = {name: int(n.replace(",", "")) for n, name in re.findall(r"^ *([\d,]+) (\w+)$", text, re.MULTILINE)}
    total = re.search(r"^ *([\d,]+) on the list$", text, re.MULTILINE)
    assert total
    return Counts(list=int(total[1]), **found)


def sums_of_metrics(project: Project) -> Counts:
    text = (project.root / "digest.prom").read_text()
    found = {s: int(v) for s, v in re.findall(r'^digest_recipients\{.*state="(\w+)"\} (\d+)$', text, re.MULTILINE)}
    size = re.search(r"^digest_list_size\{.*\} (\d+)$", text, re.MULTILINE)
    assert size
    return Counts(list=int(size[1]), **found)


def log(project: Project) -> list[dict]:
    return [json.loads(line) for line in (project.root / "digest.log").read_text().splitlines()]


def in_ledger(project: Project) -> Counts:
    """The sums by the rows themselves."""
    store = sqlite.open(
        State(),
        project=project.root,
        site="default",
        secret_fingerprint=None,
        machine="test",
        boot_id="",
        pid=1,
        now=datetime(2026, 11, 27, tzinfo=UTC),
        read_only=True,
    )
    try:
        rows = dict(
            store._database._connection.execute("SELECT state, COUNT(*) FROM delivery GROUP BY state").fetchall()
        )
    finally:
        store.close()
    return Counts(list=sum(rows.values()), **rows)


def test_the_sums_are_the_same_wherever_they_are_told(project: Project, server: SmtpServer) -> None:
    """Six people of five fates: the rows of the ledger, status, run --json, the mail, the metrics and the log agree."""
    (project.root / "subscribers" / "readers.csv").write_text(
        "email,topics\n" + "".join(f"{a},{'cooking' if a[0] == 'e' else ''}\n" for a in READERS)
    )
    server.script = troubles
    said = project.inside("run", "--json", "-v")
    assert said.code == 75, said
    wanted = Counts(list=6, sent=2, failed=1, uncertain=1, deferred=1, filtered=1)
    assert in_ledger(project) == wanted
    assert Counts(**said.json["counts"]) == wanted
    assert Counts(**project.inside("status", "--json").json["counts"]) == wanted
    (message,) = letters(server)
    assert sums_of_mail(message) == wanted
    assert sums_of_metrics(project) == wanted
    (end,) = [line for line in log(project) if line["event"] == "issue.end"]
    assert Counts(**end["counts"]) == wanted
    assert (said.json["exit_code"], end["exit_code"], log(project)[-1]["exit_code"]) == (75, 75, 75)

    server.script = lambda _: None
    later = project.inside("run", "--json", now="2026-11-27T11:00+01:00")
    assert later.code == 0, later
    done = Counts(list=6, sent=3, failed=1, uncertain=1, filtered=1)
    assert in_ledger(project) == done
    assert Counts(**later.json["counts"]) == done
    assert [sums_of_mail(m) for m in letters(server)] == [wanted, done]
    assert sums_of_metrics(project) == done
    assert Counts(**log(project)[-3]["counts"]) == done


def test_nobody_is_named_where_it_is_told(project: Project, server: SmtpServer) -> None:
    """No address and no token of a reader in the log, on stderr with -v, in the metrics or in the mail."""
    project.list("readers", *READERS)
    server.script = troubles
    said = project.inside("run", "-v")
    tokens = {t for m in server.messages for t in re.findall(rb"/u/([a-z2-7]{26})", m.data)}
    assert tokens
    places = {
        "log": (project.root / "digest.log").read_text(),
        "stderr": said.err,
        "metrics": (project.root / "digest.prom").read_text(),
        "mail": letters(server)[0].as_string(),
    }
    for place, text in places.items():
        for reader in READERS:
            assert reader not in text, place
        for token in tokens:
            assert token.decode() not in text, place
    assert "b***@example.net  550 5.1.1" in places["mail"]
    assert all(json.loads(line)["event"] for line in said.err.splitlines() if line.startswith("{"))


def test_the_mail_is_a_good_one(project: Project, server: SmtpServer) -> None:
    """From the newsletter to the editor, automatic by its header, no defect, and it says what comes next."""
    assert project.inside("run").code == 0
    (message,) = letters(server)
    assert message["From"].addresses[0].addr_spec == "news@example.org"
    assert message["To"].addresses[0].addr_spec == EDITOR
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Subject"] == f"[weekly] {ISSUE} done: 3 of 3 sent"
    assert not message.defects
    assert f"digest status {ISSUE}" in message.get_content()
    assert "Fri 2026-11-27 09:05 Europe/Vienna" in message.get_content()
    assert "List-Id" not in message


def test_no_mail_where_there_is_nothing_to_say(project: Project, server: SmtpServer) -> None:
    """Nothing due, a week that is skipped, a dry run, an interrupted run: nobody gets a mail."""
    project.inside("run", "--dry-run")
    assert not (project.root / "digest.prom").exists()
    assert not (project.root / "digest.log").exists()
    project.inside("run")
    assert len(letters(server)) == 1
    project.inside("run")
    assert project.inside("run", "--json", now="2026-12-04T09:05+01:00").json["state"] == "skipped"
    assert len(letters(server)) == 1


def test_a_stop_is_mailed_once_and_not_at_every_cron(project: Project, server: SmtpServer) -> None:
    """The quota of the relay is used up at the first message: one mail, where the relay takes it at all."""
    server.script = lambda m: (
        Say(454, "Throttling failure: Daily message quota exceeded.")
        if m.step == "dot" and m.address != EDITOR
        else None
    )
    for minute in ("05", "20", "35"):
        assert project.inside("run", now=f"2026-11-27T09:{minute}+01:00").code == 75
    (message,) = letters(server)
    assert f"{ISSUE} stopped: 0 of 3 sent" in message["Subject"]
    assert "quota" in message.get_content()
    assert sums_of_mail(message) == Counts(list=3, queued=3)


def test_a_report_that_cannot_be_mailed_is_a_warning(project: Project, server: SmtpServer) -> None:
    """The issue has gone out, and that is what counts: exit 0."""
    server.script = lambda m: Say(550, f"5.7.1 {EDITOR} not here") if m.address == EDITOR else None
    said = project.inside("run")
    assert said.code == 0
    assert "the report could not be mailed" in said.err
    assert EDITOR not in said.err
    assert project.inside("status", "--json").json["state"] == "done"


def test_the_brake_pauses_and_tells_the_editor(project: Project, server: SmtpServer) -> None:
    """Over 5 % refused for good after 200 messages: paused, exit 75, a mail; it goes on when a person says so."""
    people = [f"r{n}@example.net" for n in range(300)]
    project.list("readers", *people)
    server.script = lambda m: Say(550, "5.1.1 no such user") if m.step == "rcpt" and m.address in people[::10] else None
    said = project.inside("run")
    assert said.code == 75, said
    assert "digest resume" in said.err
    status = project.inside("status", "--json").json
    assert status["state"] == "paused"
    assert 200 <= status["counts"]["sent"] + status["counts"]["failed"] < 300
    (message,) = letters(server)
    assert "refused for good" in message.get_content()
    assert "digest resume" in message.get_content()
    with Monitor() as monitor:
        set_state(project, f'heartbeat = "http://127.0.0.1:{monitor.port}/ping"')
        for _ in range(2):
            later = project.inside("run", "--json")
            assert (later.code, later.json["state"], later.json["exit_code"]) == (75, "paused", 75)
            assert "refused for good" in later.json["reason"]
            assert later.err.count("\n") == 1
            assert "people still to go; go on with digest resume" in later.err
        assert monitor.asked == ["/ping/start", "/ping/fail"] * 2
    assert project.inside("run", "--dry-run").code == 75
    assert project.inside("status", "--json").json["counts"] == status["counts"], "it stays paused"
    assert len(letters(server)) == 1, "told once"


def test_a_brake_after_a_quota_is_news(project: Project, server: SmtpServer) -> None:
    """Another state, or another reason, is mailed; the same again, with other numbers in its words, is not."""
    people = [f"r{n}@example.net" for n in range(250)]
    project.list("readers", *people)
    said = ["454 4.7.0 Daily message quota exceeded, id 7f3a"]

    def relay(m: Moment):
        if m.step == "dot" and m.address != EDITOR and said:
            return Say(int(said[0][:3]), said[0][4:])
        return Say(550, "5.1.1 no such user") if m.step == "rcpt" and m.address in people[::10] else None

    server.script = relay
    assert project.inside("run").code == 75
    said[0] = "454 4.7.0 Daily message quota exceeded, id 80c1"
    assert project.inside("run", now="2026-11-28T09:30+01:00").code == 75
    assert len(letters(server)) == 1
    said[0] = "554 5.7.1 Sender address is not verified"
    assert project.inside("run", now="2026-11-29T09:40+01:00").code == 77
    assert len(letters(server)) == 2
    said.clear()
    assert project.inside("run", now="2026-11-29T09:50+01:00").code == 75
    assert [re.search(r" (stopped|paused):", m["Subject"])[1] for m in letters(server)] == [
        "stopped",
        "stopped",
        "paused",
    ]


def test_a_relay_that_is_away_is_told_everywhere(project: Project, server: SmtpServer) -> None:
    """run --json, the log and status say why nothing goes; what is next stands in the log as in --json."""
    server.script = lambda m: Say(421, "4.3.0 no") if m.step == "greeting" else None
    said = project.inside("run", "--json")
    assert said.code == 69
    assert said.json["state"] == "stopped"
    assert "127.0.0.1" in said.json["reason"]
    (end,) = [line for line in log(project) if line["event"] == "issue.end"]
    assert end["reason"] == said.json["reason"]
    assert end["next_due"] == said.json["next_due"] == "2026-12-04T08:00:00+00:00"
    status = project.inside("status").out
    assert said.json["reason"] in " ".join(status.split())
    assert "goes on    at the next: digest run" in status
    server.script = lambda _: None
    assert project.inside("run").code == 0
    assert project.inside("status", "--json").json["state"] == "done"


# ------------------------------------------------------------------------------------------------ heartbeat


class Monitor:
    """A cron monitor on loopback: which paths were asked for."""

    def __init__(self, status: int = 200) -> None:
        self.asked: list[str] = []
        monitor = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                monitor.asked.append(self.path)
                self.send_response(status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"OK")

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]

    def __enter__(self) -> Monitor:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def test_the_heartbeat_beats_at_start_and_end(project: Project, server: SmtpServer) -> None:
    """start and success; nothing for a dry run; fail where it failed, deferred people are no failure."""
    with Monitor() as monitor:
        set_state(project, f'heartbeat = "http://127.0.0.1:{monitor.port}/ping"')
        project.inside("run", "--dry-run")
        assert monitor.asked == []
        server.script = lambda m: Say(450, "4.2.0 later") if m.address == "b@example.net" else None
        assert project.inside("run").code == 75
        assert monitor.asked == ["/ping/start", "/ping"]
        server.script = lambda m: Say(421, "4.3.0 no") if m.step == "greeting" else None
        assert project.inside("run", now="2026-11-27T12:00+01:00").code == 69
        assert monitor.asked[2:] == ["/ping/start", "/ping/fail"]


def test_the_heartbeat_fails_where_a_run_could_not_begin(project: Project, server: SmtpServer) -> None:
    """No history, settings that do not suffice, another secret: fail. Another run at work: that one tells."""
    with Monitor() as monitor:
        set_state(project, f'heartbeat = "http://127.0.0.1:{monitor.port}/ping"')
        project.environment["CI"] = "1"
        assert project.inside("run").code == 78
        assert monitor.asked == ["/ping/fail"]
        project.environment.clear()
        with RunLock(project.root / ".digest", machine="m", boot_id="b", pid=1, now=datetime.now(UTC)):
            assert project.inside("run").code == 75
        assert monitor.asked == ["/ping/fail"]
        assert project.inside("run").code == 0
        del monitor.asked[:]
        project.environment["DIGEST_SECRET"] = "another secret that is long enough"
        assert project.inside("run").code == 78
        assert monitor.asked == ["/ping/fail"]
        text = (project.root / "digest.toml").read_text()
        project.configure(re.sub("postal_address.*", "", text))
        assert project.inside("run").code == 78
        assert monitor.asked == ["/ping/fail"] * 2


def test_a_pause_by_a_person_is_no_failure(project: Project, server: SmtpServer) -> None:
    """The monitor is content, nobody gets a mail: whoever paused it knows."""
    server.script = lambda m: Say(450, "4.2.0 later") if m.address == "b@example.net" else None
    assert project.inside("run").code == 75
    assert project.inside("pause", ISSUE).code == 0
    with Monitor() as monitor:
        set_state(project, f'heartbeat = "http://127.0.0.1:{monitor.port}/ping"')
        assert [project.inside("run").code for _ in range(2)] == [75, 75]
        assert monitor.asked == ["/ping/start", "/ping"] * 2
    assert len(letters(server)) == 1


def test_what_has_to_be_looked_into_comes_first() -> None:
    """One newsletter waits, the other one's relay refuses us: the exit code is not the patient one."""
    codes = [(0, 75, 77), (75, 0), (0, 0), (69, 75), (75, 130), ()]
    made = [[report.Report(newsletter="w", issue="", exit_code=c) for c in row] for row in codes]
    assert [report.exit_code(m) for m in made] == [77, 75, 0, 69, 130, 0]


def test_a_heartbeat_that_fails_is_a_warning(project: Project, server: SmtpServer) -> None:
    """A monitor that answers 500, or is not there: told once, exit 0, the mail is out."""
    with Monitor(500) as monitor:
        set_state(project, f'heartbeat = "http://127.0.0.1:{monitor.port}/ping"')
        said = project.inside("run")
    assert said.code == 0
    assert said.err.count("the heartbeat URL answered 500") == 1
    said = project.inside("run")
    assert said.code == 0
    assert "could not be asked for" in said.err
    assert len([m for m in server.messages if m.recipients != (EDITOR,)]) == 3


# ------------------------------------------------------------------------------------------------ files


def test_the_metrics_are_openmetrics(project: Project, server: SmtpServer) -> None:
    """HELP, TYPE, samples of that family, no sample twice, EOF at the end; the last success outlives a failure."""
    project.list("readers", *READERS)
    project.inside("run")
    text = (project.root / "digest.prom").read_text()
    assert text.endswith("\n# EOF\n")
    family, seen = "", set()
    for line in text.splitlines()[:-1]:
        if line.startswith("# HELP "):
            family = line.split()[2]
        elif line.startswith("# TYPE "):
            assert line == f"# TYPE {family} gauge"
        else:
            found = re.fullmatch(r'(\w+)(\{(?:\w+="(?:[^"\\\n]|\\[\\"n])*",?)+\})? [\d.e+-]+', line)
            assert found, line
            assert found[1] == family
            assert (found[1], found[2]) not in seen
            seen.add((found[1], found[2]))
    success = metrics.last_success(text)
    assert success is not None
    server.script = lambda m: Say(421, "4.3.0 no") if m.step == "greeting" else None
    project.post("2026-12-01-third", "The third post", "2026-12-01")
    assert project.inside("run", now="2026-12-04T09:05+01:00").code == 69
    later = (project.root / "digest.prom").read_text()
    assert metrics.last_success(later) == success
    assert "digest_run_exit_code 69\n" in later
    assert [p.name for p in project.root.glob(".digest.prom*")] == []


def test_labels_are_escaped_and_a_first_run_has_no_success() -> None:
    """Quotes, backslashes and line ends in a label; no family without a sample."""
    ended = datetime(2026, 11, 27, 8, 5, tzinfo=UTC)
    run = metrics.LastRun(ended=ended, seconds=0.25, exit_code=1, success=None)
    text = metrics.text(run, ["weekly"], [])
    assert "success" not in text
    assert "digest_recipients" not in text
    assert metrics.last_success(text) is None
    assert "".join(metrics._family("x", "y", [({"a": 'q"\\\n'}, 1)])).endswith('x{a="q\\"\\\\\\n"} 1')


def test_files_that_cannot_be_written_are_warnings(project: Project, server: SmtpServer) -> None:
    """A folder that is not there: both are told once, and the issue goes out."""
    set_state(project, 'metrics = "no/such/digest.prom"\nlog = "no/such/digest.log"')
    said = project.inside("run")
    assert said.code == 0
    assert said.err.count("[state] log could not be written: No such file or directory") == 1
    assert said.err.count("[state] metrics could not be written") == 1
    assert len([m for m in server.messages if m.recipients != (EDITOR,)]) == 3


def test_the_log_tells_the_steps_of_a_run(project: Project, server: SmtpServer) -> None:
    """Dotted names in order, moments with an offset, one line each, and it is added to."""
    project.inside("run")
    lines = log(project)
    wanted = ["run.begin", "issue.begin", "issue.end", "report.mailed", "run.end"]
    assert [line["event"] for line in lines] == wanted
    assert all(datetime.fromisoformat(line["at"]).tzinfo for line in lines)
    project.inside("run")
    assert [line["event"] for line in log(project)[5:]] == ["run.begin", "run.end"]
    assert (project.root / "digest.log").stat().st_mode & 0o077 == 0


def test_a_run_that_breaks_is_told_too(project: Project, server: SmtpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that ends the run: the log, the metrics and the heartbeat know of it."""
    from digest.pipeline import week

    def broken(*_: object) -> None:
        raise RuntimeError("a@example.net")

    monkeypatch.setattr(week, "run", broken)
    with Monitor() as monitor:
        set_state(project, f'metrics = "m"\nlog = "digest.log"\nheartbeat = "http://127.0.0.1:{monitor.port}/p"')
        assert project.inside("run").code == 70
    assert monitor.asked == ["/p/start", "/p/fail"]
    assert [line["event"] for line in log(project)] == ["run.begin", "run.broke", "run.end"]
    assert "digest_run_exit_code 70" in (project.root / "m").read_text()


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("550 <bob@example.org>: no", "550 <b***@example.org>: no"),
        ("grüße@example.net", "g***@example.net"),
        ("nobody here", "nobody here"),
        ("a@b, c@d.example", "a***@b, c***@d.example"),
        ("@example.org", "***@example.org"),
    ],
)
def test_addresses_are_masked(text: str, masked: str) -> None:
    """Whose it is stays hidden, where it is stays seen."""
    assert events.masked(text) == masked


def test_the_log_masks_at_any_depth_and_needs_no_place() -> None:
    """Texts inside lists and tables; without a place to write, nothing is made."""
    lines: list[str] = []
    at = datetime(2026, 11, 27, 8, 5, tzinfo=UTC)
    events.Log(lambda: at, (lines.append,))("x.y", a=["p@q.example"], b={"c": ("r@s.example", 1, None)}, d=at)
    assert json.loads(lines[0]) == {
        "at": "2026-11-27T08:05:00.000+00:00",
        "event": "x.y",
        "a": ["p***@q.example"],
        "b": {"c": ["r***@s.example", 1, None]},
        "d": "2026-11-27T08:05:00.000+00:00",
    }
    events.Log(lambda: at, ())("x.y")


def test_a_letter_survives_other_scripts_and_long_lines() -> None:
    """Words outside ASCII in subject, name and text; lines of any length; a dot at the start of a line."""
    data = letter(
        sender=Sender(name="Wöchentlich", address="news@example.org"),
        name="",
        to=EDITOR,
        subject="Grüße an die Redaktion, " * 6,
        text="." + "ü" * 500 + "\n.\nEnde\n",
        date=datetime(2026, 11, 27, 9, 5, tzinfo=UTC),
        message_id="0" * 32,
    )
    assert data.isascii()
    assert max(map(len, data.split(b"\r\n"))) <= 76
    assert b"\n." not in data
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    assert message["Subject"] == ("Grüße an die Redaktion, " * 6).strip()
    assert text_of(message) == "." + "ü" * 500 + "\n.\nEnde\n"


def test_the_report_says_what_to_do_about_a_pause_and_a_doubt() -> None:
    """A pause names both ways on, a doubt the decision; long lists of failures are cut."""
    failures = tuple((f"r{n}@example.net", 550 if n else 0, "5.1.1 no" if n != 2 else "no") for n in range(12))
    made = report.Report(
        newsletter="weekly",
        issue=ISSUE,
        state="paused",
        reason="5.3 % of 240 messages were refused for good: look at the list",
        counts=Counts(list=14, failed=12, uncertain=2),
        failures=failures,
        notes=("told by c@example.net",),
    )
    text = editor_mail.body(made)
    assert "digest resume" in text
    assert "digest resend" in text
    assert text.count("r***@example.net") == 10
    assert "the first ones" in text
    assert "c***@example.net" in text
    assert editor_mail.subject(made).endswith("0 of 14 sent, 2 in doubt")
