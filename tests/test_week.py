"""The week, end to end, through the command line and over real SMTP: every subscriber once, whatever happens."""

from __future__ import annotations

import email
import email.policy
import subprocess
from collections import Counter
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.projects import Project
from tests.smtp_server import Drop, Moment, Say, SmtpServer, Stall


@pytest.fixture
def server():
    with SmtpServer() as running:
        yield running


@pytest.fixture
def project(tmp_path: Path, server: SmtpServer) -> Project:
    return Project(tmp_path / "project", port=server.port)


def parsed(data: bytes) -> EmailMessage:
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def sums(said_json: dict) -> int:
    counts = dict(said_json["counts"])
    total = counts.pop("list")
    assert total == sum(counts.values()), counts
    return total


def test_a_run_sends_to_everyone_once_and_a_second_one_to_nobody(project: Project, server: SmtpServer) -> None:
    """The main job: silent when all is well, everybody once, the sums add up."""
    first = project.digest("run")
    assert (first.code, first.out, first.err) == (0, "", "")
    second = project.digest("run")
    assert (second.code, second.out, second.err) == (0, "", "")
    assert sorted(server.addresses()) == ["a@example.net", "b@example.net", "c@example.net"]
    status = project.digest("status", "--json").json
    assert status["issue"] == "weekly-2026-11-27"
    assert status["state"] == "done"
    assert status["counts"]["sent"] == sums(status) == 3


def test_what_arrives_is_the_issue(project: Project, server: SmtpServer) -> None:
    """The message has its posts, its headers and its ways out, and no defect."""
    project.digest("run")
    kept = server.messages[0]
    message = parsed(kept.data)
    assert not message.defects
    assert message["To"].addresses[0].addr_spec == kept.recipients[0]
    assert "The second post" in message["Subject"]
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text, html = (message.get_body((kind,)).get_content() for kind in ("plain", "html"))  # type: ignore[union-attr]
    for part in (text, html):
        assert "The first post" in part
        assert "1 Example Street" in part
        assert "https://news.example.org/u/" in part
    assert len({m.data.split(b"Message-ID: ")[1][:60] for m in server.messages}) == 3


def test_posts_do_not_go_twice_over_two_weeks(project: Project, server: SmtpServer) -> None:
    """The second week carries what is new, and a late merge, and nothing of the first."""
    project.digest("run")
    project.post("2026-12-01-third", "The third post", "2026-12-01")
    project.post("2026-11-26-late", "A late merge", "2026-11-26")
    server.messages.clear()
    assert project.digest("run", now="2026-12-04T09:01+01:00").code == 0
    body = parsed(server.messages[0].data).get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "The third post" in body
    assert "A late merge" in body
    assert "The first post" not in body


def test_a_week_without_posts_is_skipped_and_said(project: Project, server: SmtpServer) -> None:
    """Nothing new: no mail, exit 0, and the send time is worked off."""
    project.digest("run")
    server.messages.clear()
    later = project.digest("run", "--json", now="2026-12-04T09:01+01:00")
    assert later.code == 0
    assert later.json["state"] == "skipped"
    assert not server.messages


def test_a_dry_run_writes_and_sends_nothing(project: Project, server: SmtpServer) -> None:
    """All but write and send."""
    before = sorted(p.name for p in project.root.rglob("*"))
    said = project.digest("run", "--dry-run")
    assert said.code == 0
    assert "3" in said.out
    assert not server.messages
    assert sorted(p.name for p in project.root.rglob("*")) == before


def test_a_deferred_person_gets_it_at_a_later_run(project: Project, server: SmtpServer) -> None:
    """450 for one: the others have it, exit 75; the next run after the pause sends it, once."""
    server.script = lambda m: Say(450, "4.2.0 try later") if (m.step, m.address) == ("rcpt", "b@example.net") else None
    said = project.digest("run")
    assert said.code == 75
    assert "1 person" in said.err
    server.script = lambda m: None
    assert project.digest("run", now="2026-11-27T10:30+01:00").code == 0
    assert Counter(server.addresses()) == {"a@example.net": 1, "b@example.net": 1, "c@example.net": 1}


def test_a_refused_person_costs_that_person_alone(project: Project, server: SmtpServer) -> None:
    """550 no such user: failed and suppressed; the next issue does not try it again."""
    server.script = lambda m: (
        Say(550, "5.1.1 no such user") if (m.step, m.address) == ("rcpt", "b@example.net") else None
    )
    said = project.digest("run")
    assert said.code == 0
    assert "1 person" in said.err
    status = project.digest("status", "--json").json
    assert (status["counts"]["failed"], status["counts"]["sent"]) == (1, 2)
    server.script = lambda m: None
    server.messages.clear()
    project.post("2026-12-01-third", "The third post", "2026-12-01")
    project.digest("run", now="2026-12-04T09:01+01:00")
    assert sorted(server.addresses()) == ["a@example.net", "c@example.net"]
    assert project.digest("status", "--json").json["counts"]["suppressed"] == 1


def test_a_lost_answer_is_uncertain_and_never_sent_again_unasked(project: Project, server: SmtpServer) -> None:
    """The line breaks after the dot: nobody can know, so a person decides."""
    server.script = lambda m: Drop() if (m.step, m.address) == ("dot", "b@example.net") else None
    said = project.digest("run")
    assert "may or may not have it" in said.err
    server.script = lambda m: None
    project.digest("run")
    assert Counter(server.addresses())["b@example.net"] <= 1
    status = project.digest("status", "--json", "--show-addresses").json
    assert status["uncertain"] == ["b@example.net"]
    sums(status)
    assert "--uncertain" in project.digest("resend", "weekly-2026-11-27").out
    assert project.digest("resend", "weekly-2026-11-27", "--uncertain", "--yes").code == 0
    assert project.digest("run").code == 0
    assert server.addresses()[-1] == "b@example.net"
    ids = [m.data.split(b"Message-ID: ")[1].split(b"\r\n")[0] for m in server.messages if "b@" in m.recipients[0]]
    assert len(set(ids)) == 1


def test_a_wrong_password_stops_the_run_and_charges_nobody(project: Project, server: SmtpServer) -> None:
    """535: exit 77, everybody still queued, and it goes on when the password is right."""
    server.users = {"news@example.org": "right"}
    project.environment = {"DIGEST_SMTP_USER": "news@example.org", "DIGEST_SMTP_PASSWORD": "wrong"}
    said = project.digest("run")
    assert said.code == 77, said
    assert "wrong" not in said.err.replace("wrong user or password", "")
    status = project.digest("status", "--json").json
    assert status["counts"]["queued"] == sums(status) == 3
    project.environment["DIGEST_SMTP_PASSWORD"] = "right"
    assert project.digest("run").code == 0
    assert len(server.messages) == 3


def test_a_server_that_is_away_is_69_and_nothing_is_lost(project: Project, server: SmtpServer, tmp_path: Path) -> None:
    """Nobody listens: exit 69; the next run sends all."""
    project.port = 1
    project.configure()
    said = project.digest("run")
    assert said.code == 69, said
    project.port = server.port
    project.configure()
    assert project.digest("run").code == 0
    assert len(server.messages) == 3


def test_two_runs_at_once_send_it_once(project: Project, server: SmtpServer) -> None:
    """One works, the other says that one is at work (75) and does nothing."""
    project.list("readers", *(f"r{n}@example.net" for n in range(200)))
    running = [
        subprocess.Popen(project.command("run"), env=project.environ(), stderr=subprocess.PIPE) for _ in range(4)
    ]
    codes = []
    for one in running:
        one.communicate(timeout=60)
        codes.append(one.returncode)
    assert 0 in codes
    assert set(codes) <= {0, 75}
    assert max(Counter(server.addresses()).values()) == 1
    assert len(server.messages) == 200


def test_an_opt_out_by_topic_leaves_people_filtered(project: Project, server: SmtpServer) -> None:
    """Topics choose posts; who has nothing to get is filtered, and the sums say so."""
    (project.root / "subscribers" / "readers.csv").write_text(
        "email,topics\na@example.net,\nb@example.net,maps\nc@example.net,cooking\n"
    )
    assert project.digest("run").code == 0
    got = {m.recipients[0]: parsed(m.data).get_body(("plain",)).get_content() for m in server.messages}  # type: ignore[union-attr]
    assert set(got) == {"a@example.net", "b@example.net"}
    assert "The first post" not in got["b@example.net"]
    assert "The second post" in got["b@example.net"]
    status = project.digest("status", "--json").json
    assert status["counts"]["filtered"] == 1
    sums(status)


def test_no_history_sends_nothing(project: Project, server: SmtpServer) -> None:
    """A state folder that has vanished is no first issue; --first-issue says that it is one."""
    project.digest("run")
    server.messages.clear()
    for path in sorted((project.root / ".digest").rglob("*"), reverse=True):
        path.unlink()
    (project.root / ".digest").rmdir()
    said = project.digest("run")
    assert said.code == 78
    assert "--first-issue" in said.err
    assert not server.messages
    project.environment["DIGEST_SECRET"] = "another secret that is long enough"
    assert project.digest("run", "--first-issue").code == 0
    assert len(server.messages) == 3


def test_another_secret_is_refused(project: Project, server: SmtpServer) -> None:
    """With another secret every link already out would die."""
    project.digest("run")
    (project.root / ".digest" / "secret").write_text("quite another secret, also long enough\n")
    assert project.digest("run", now="2026-12-04T09:01+01:00").code == 78


def test_a_what_if_clock_reaches_no_real_relay(project: Project, server: SmtpServer) -> None:
    """run --now of last week against a relay that is not on loopback is wrong usage; a dry run is not."""
    toml = (project.root / "digest.toml").read_text().replace('"127.0.0.1"', '"smtp.example.org"')
    project.configure(toml.replace('tls = "none"', 'tls = "starttls"'))
    said = project.digest("run")
    assert said.code == 64
    assert "--dry-run" in said.err
    assert project.digest("run", "--dry-run").code == 0


def test_a_preview_send_is_marked_inert_and_leaves_no_trace(project: Project, server: SmtpServer) -> None:
    """[Preview] in the subject, a link that does nothing, an ID of its own, and no row in the ledger."""
    said = project.digest("send", "weekly", "--to", "me@example.org", "--to", "a@example.net")
    assert said.code == 0, said
    again = project.digest("send", "--to", "me@example.org", "you@example.org")
    assert again.code == 0, again
    messages = [parsed(m.data) for m in server.messages]
    assert [m["To"] for m in messages] == ["me@example.org", "a@example.net", "me@example.org", "you@example.org"]
    assert all(m["Subject"].startswith("[Preview] ") for m in messages)
    assert len({m["Message-ID"] for m in messages}) == 4
    assert len({m["List-Unsubscribe"] for m in messages}) == 1
    assert project.digest("status", "--json").json["counts"]["list"] == 0


def test_an_exact_preview_is_what_the_run_sends(project: Project, server: SmtpServer) -> None:
    """Byte for byte, before the freeze and after it; who does not subscribe gets the inert link."""
    assert project.digest("send", "--exact", "--to", "b@example.net").code == 0
    project.digest("run")
    assert project.digest("send", "--exact", "--to", "b@example.net", "--issue", "weekly-2026-11-27").code == 0
    copies = [m.data for m in server.messages if m.recipients == ("b@example.net",)]
    assert len(copies) == 3
    assert len(set(copies)) == 1
    project.digest("send", "--exact", "--to", "stranger@example.net", "--issue", "weekly-2026-11-27")
    assert b"preview0preview" in server.messages[-1].data


def test_send_now_needs_a_person_or_yes(project: Project, server: SmtpServer) -> None:
    """Without a terminal and --yes nothing goes; with --yes it goes now, and the Friday run has nothing left."""
    monday = "2026-11-26T12:00+01:00"
    assert project.digest("send", now=monday).code == 64
    assert not server.messages
    said = project.digest("send", "--yes", now=monday)
    assert said.code == 0, said
    assert len(server.messages) == 3
    assert project.digest("run").code == 0
    assert len(server.messages) == 3


def test_a_broken_post_is_told_once_and_costs_itself(project: Project, server: SmtpServer) -> None:
    """file:line on stderr, exit 0, the rest goes; the next run does not tell it again."""
    project.post("2026-11-26-broken", "Broken", "2025-13-03")
    said = project.digest("run")
    assert said.code == 0
    assert "2026-11-26-broken.md:3:" in said.err
    assert len(server.messages) == 3
    assert project.digest("run").err == ""


def test_the_preflight_stops_a_run(project: Project, server: SmtpServer) -> None:
    """An error: exit 1, which rule, nothing sent; a reason lets it go and stands in the report."""
    toml = (project.root / "digest.toml").read_text()
    project.configure(toml.replace("news@example.org", "news.example@gmail.com"))
    said = project.digest("run")
    assert said.code == 1, said
    assert "from-freemail" in said.err
    assert not server.messages
    forced = project.digest("run", "--force", "a trial on this machine")
    assert forced.code == 0, forced
    assert "a trial on this machine" in forced.err
    assert len(server.messages) == 3


def test_a_hanging_server_ends_the_run(project: Project, server: SmtpServer) -> None:
    """A relay that says nothing is left after its time-out, and nobody is charged."""
    project.smtp = "timeout = 1"
    project.configure()
    server.script = lambda m: Stall() if m.step == "greeting" else None
    said = project.digest("run", timeout=60)
    assert said.code in (69, 75), said
    status = project.digest("status", "--json").json
    assert status["counts"]["queued"] + status["counts"]["deferred"] == 3


def _at(step: str, say: Say):
    def script(moment: Moment):
        return say if moment.step == step else None

    return script


@pytest.mark.parametrize(("step", "code"), [("mail", 421), ("rcpt", 450), ("rcpt", 552), ("data", 451), ("dot", 452)])
def test_whatever_the_relay_says_the_sums_add_up(project: Project, server: SmtpServer, step: str, code: int) -> None:
    """No answer loses a row, doubles a mail, or shows a traceback."""
    server.script = _at(step, Say(code, "4.3.0 no"))
    said = project.digest("run", "--wait", "0s")
    assert "Traceback" not in said.err
    assert said.code in (0, 69, 75, 77)
    assert sums(project.digest("status", "--json").json) == 3
    assert all(n == 1 for n in Counter(server.addresses()).values())


def test_a_draft_of_a_newsletter_sent_by_hand_is_found_days_later(project: Project, server: SmtpServer) -> None:
    """Drafted on Tuesday, sent on Thursday: the editor's subject, and the draft's ID."""
    project.configure((project.root / "digest.toml").read_text().replace('"Friday 09:00"', '"manual"'))
    drafted = project.digest("draft", now="2026-11-24T12:00+01:00").out.strip()
    path = Path(drafted)
    path.write_text("---\nsubject: By hand\n---\nHello.\n", encoding="utf-8")
    said = project.digest("send", "--yes", now="2026-11-26T12:00+01:00")
    assert said.code == 0, said
    assert parsed(server.messages[0].data)["Subject"] == "By hand"
    assert project.digest("status", "--json").json["issue"] == path.stem == "weekly-2026-11-24"


def test_a_cancelled_issue_gives_its_posts_back(project: Project, server: SmtpServer) -> None:
    """Cancelled before its first message: the next issue carries its posts, and nobody got anything before."""
    server.script = lambda m: Say(450, "4.2.0 later") if m.step == "rcpt" else None
    project.digest("run", "--wait", "0s")
    said = project.digest("cancel", "weekly-2026-11-27", "--yes")
    assert said.code == 0, said
    server.script = lambda m: None
    project.post("2026-12-01-third", "The third post", "2026-12-01")
    assert project.digest("run", now="2026-12-04T09:01+01:00").code == 0
    body = parsed(server.messages[0].data).get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "The first post" in body
    assert "The third post" in body


def test_a_moved_file_is_not_sent_again(project: Project, server: SmtpServer) -> None:
    """A renamed file is the same post, this week and the week after."""
    project.digest("run")
    server.messages.clear()
    (project.root / "posts" / "2026-11-24-first.md").rename(project.root / "posts" / "2026-11-24-renamed.md")
    project.post("2026-12-01-third", "The third post", "2026-12-01")
    project.digest("run", now="2026-12-04T09:01+01:00")
    assert "The first post" not in server.messages[0].data.decode()
    project.post("2026-12-08-fourth", "The fourth post", "2026-12-08")
    server.messages.clear()
    project.digest("run", now="2026-12-11T09:01+01:00")
    assert "The first post" not in server.messages[0].data.decode()
    assert "The fourth post" in server.messages[0].data.decode()


def test_a_due_issue_with_nothing_in_it_gives_way_to_the_coming_one(project: Project) -> None:
    """On a Tuesday, before the first issue: what is shown and checked is this week's, not last Friday's nothing."""
    shown = project.digest("build", "--out", "out", now="2026-11-26T12:00+01:00")
    assert shown.code == 0, shown
    assert "weekly-2026-11-27" in (project.root / "out" / "issue.json").read_text()
    assert project.digest("check", "--issue", "weekly-2026-11-20", now="2026-11-26T12:00+01:00").code == 65


def test_when_everybody_has_left_the_week_is_skipped(project: Project, server: SmtpServer) -> None:
    """All addresses suppressed: nothing is sent, exit 0, and it says why."""
    server.script = lambda m: Say(550, "5.1.1 no such user") if m.step == "rcpt" else None
    project.digest("run")
    project.post("2026-12-01-third", "The third post", "2026-12-01")
    said = project.digest("run", "--json", now="2026-12-04T09:01+01:00")
    assert said.code == 0, said
    assert said.json["state"] == "skipped"
    assert not server.messages
