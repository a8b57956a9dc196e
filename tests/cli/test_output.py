"""What commands print: JSON whose names are a contract, tables whole at 80 columns, data apart from words."""

from __future__ import annotations

import io
import json
import os
from contextlib import redirect_stderr, redirect_stdout
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from rich.cells import cell_len

from digest import cli
from tests.projects import FRIDAY, Project, Said
from tests.smtp_server import Drop, Say, SmtpServer

NEXT_FRIDAY = "2026-12-04T09:01+01:00"
COUNTS = {
    *("list", "queued", "sent", "deferred", "failed", "suppressed", "unsubscribed", "filtered", "cancelled"),
    "uncertain",
}
STATUS_IN_ORDER = ["newsletter", "issue", "revision", "state", "counts", "started", "finished", "next_due"]
STATUS = set(STATUS_IN_ORDER)
STATES = {
    *("nothing-due", "coming", "held", "frozen", "sending", "paused", "stopped", "done", "skipped", "cancelled"),
}


def digest(project: Project, *words: str, now: str = FRIDAY) -> Said:
    """Run a command in this process, with the environment that a process of its own would have."""
    out, err = io.StringIO(), io.StringIO()
    arguments = project.command(*words, now=now)[3:]
    with patch.dict(os.environ, project.environ(), clear=True), redirect_stdout(out), redirect_stderr(err):
        code = cli.run(arguments)
    return Said(code, out.getvalue(), err.getvalue())


@pytest.fixture
def project(tmp_path: Path, server: SmtpServer) -> Project:
    """A project with posts of every kind: long titles, wide letters, a draft, a broken one, an old one."""
    made = Project(tmp_path / "project", port=server.port)
    made.post("2026-11-23-long", "A title that is much longer than a terminal is wide, " * 4, "2026-11-23")
    made.post("2026-11-23-unbroken", "Ж" * 160, "2026-11-23", tags='["' + "a-very-long-tag-" * 6 + '", b, c]')
    made.post("2026-11-22-wide", "等高線を描くための四つの手順とよくある二つの間違い" * 2, "2026-11-22", tags="[地図]")
    made.post("2026-11-22-draft", "Not finished", "2026-11-22", more="draft: true\n")
    made.post("broken", "Broken", "2026-13-99")
    made.post("2024-01-01-old", "Long ago", "2024-01-01")
    return made


def moment(text: str) -> datetime:
    """An ISO 8601 time that says its offset."""
    read = datetime.fromisoformat(text)
    assert read.tzinfo is not None
    return read


# ------------------------------------------------------------------------------------------------ JSON


def test_posts(project: Project) -> None:
    """Every post with every name, the broken one too; a date has an offset, or is null."""
    posts = digest(project, "posts", "--json").json
    names = "path source id title date updated tags categories author excerpt image url slug source_url draft lang"
    assert all(list(p) == [*names.split(), "problems"] for p in posts)
    assert all(set(x) == {"line", "message"} for p in posts for x in p["problems"])
    by_name = {Path(p["path"]).stem: p for p in posts}
    assert by_name["broken"]["date"] is None
    assert by_name["broken"]["problems"][0]["line"] == 3
    assert moment(by_name["2026-11-24-first"]["date"]).isoformat() == "2026-11-24T00:00:00+01:00"
    assert by_name["2026-11-22-draft"]["draft"] is True
    assert by_name["2026-11-24-first"]["path"] == "posts/2026-11-24-first.md"
    assert by_name["2026-11-24-first"]["tags"] == ["Notes"]


def test_select(project: Project) -> None:
    """The posts of the issue with their reasons; what is left out with --explain alone, and every post is in one."""
    plain = digest(project, "select", "--json").json
    assert list(plain) == ["newsletter", "issue", "window", "posts"]
    assert list(plain["window"]) == ["start", "end"]
    assert moment(plain["window"]["start"]) < moment(plain["window"]["end"])
    assert all(list(p) == ["path", "id", "title", "date", "tags", "url", "reason"] for p in plain["posts"])
    explained = digest(project, "select", "--explain", "--json").json
    assert {k: v for k, v in explained.items() if k != "left_out"} == plain
    assert all(list(p) == ["path", "id", "reason", "detail"] for p in explained["left_out"])
    reasons = {Path(p["path"]).stem: p["reason"] for p in explained["left_out"]}
    assert reasons["2026-11-22-draft"] == "draft"
    assert reasons["broken"] == "broken"
    assert reasons["2024-01-01-old"] == "before-window"
    files = {p.name for p in (project.root / "posts").glob("*.md")}
    assert {Path(p["path"]).name for p in (*explained["posts"], *explained["left_out"])} == files


def test_check(project: Project) -> None:
    """Findings with their six names, and an empty list is a list."""
    found = digest(project, "check", "--json").json
    assert found
    assert all(list(f) == ["rule", "severity", "file", "line", "message", "hint"] for f in found)
    assert {f["severity"] for f in found} <= {"error", "warning", "info"}


def whole(report: dict[str, Any]) -> dict[str, Any]:
    """An object of status or run: all names (a run may say more), all counts, and they add up."""
    assert set(report) >= STATUS
    assert set(report["counts"]) == COUNTS
    assert all(isinstance(n, int) for n in report["counts"].values())
    assert report["counts"]["list"] == sum(n for name, n in report["counts"].items() if name != "list")
    assert report["state"] in STATES
    for name in ("started", "finished", "next_due"):
        assert report[name] is None or moment(report[name])
    return report


def test_status_before_and_after(project: Project, server: SmtpServer) -> None:
    """All counts are there before the freeze, 0 each; addresses in doubt come with --show-addresses alone."""
    before = whole(digest(project, "status", "--json").json)
    assert list(before) == STATUS_IN_ORDER
    assert set(before["counts"].values()) == {0}
    assert before["state"] == "coming"
    assert moment(before["next_due"]) == moment("2026-11-27T09:00+01:00"), "due and not sent: that is what is next"
    server.script = lambda m: Drop() if (m.step, m.address) == ("dot", "b@example.net") else None
    digest(project, "run")
    after = whole(digest(project, "status", "--json").json)
    assert "uncertain" not in after
    assert after["counts"]["uncertain"] == 1
    assert moment(after["next_due"]) == moment("2026-12-04T09:00+01:00")
    named = digest(project, "status", "--json", "--show-addresses")
    assert whole(named.json)["uncertain"] == ["b@example.net"]
    assert "b@example.net" not in digest(project, "status").out
    assert "b@example.net" in digest(project, "status", "weekly-2026-11-27", "--show-addresses").out


def test_status_of_several_newsletters(project: Project) -> None:
    """A list, one object each, in the order of the configuration."""
    project.newsletter = '[newsletters.monthly]\nsend = "1st 09:00"\nlists = ["readers"]'
    project.configure()
    assert [whole(r)["newsletter"] for r in digest(project, "status", "--json").json] == ["weekly", "monthly"]


def test_run_is_json_whatever_comes_of_it(project: Project, server: SmtpServer) -> None:
    """Sent, nothing due, skipped, deferred, stopped: one document on stdout each time, all else on stderr."""
    dry = digest(project, "run", "--dry-run", "--json")
    assert (dry.code, whole(dry.json)["state"], whole(dry.json)["counts"]["list"]) == (0, "coming", 3)
    server.script = lambda m: Say(450, "4.2.0 later") if m.step == "rcpt" else None
    late = digest(project, "run", "--json", "--wait", "0s")
    assert (late.code, whole(late.json)["counts"]["deferred"]) == (75, 3)
    assert late.err
    server.script = lambda m: None
    done = digest(project, "run", "--json", now="2026-11-27T12:00+01:00")
    assert (done.code, whole(done.json)["state"], done.json["counts"]["sent"]) == (0, "done", 3)
    idle = digest(project, "run", "--json", now="2026-11-27T12:15+01:00")
    assert (idle.code, whole(idle.json)["state"]) == (0, "nothing-due")
    skipped = digest(project, "run", "--json", now=NEXT_FRIDAY)
    assert (skipped.code, whole(skipped.json)["state"]) == (0, "skipped")


def test_run_is_json_where_it_fails(project: Project, server: SmtpServer) -> None:
    """A relay that is away, and an issue that is not fit: the code says it, and the document is whole."""
    project.port = 1
    project.configure()
    away = digest(project, "run", "--json")
    assert away.code == 69
    assert whole(away.json)["counts"]["queued"] == 3
    project.port = server.port
    project.newsletter = 'subject = "Re: {{ lead.title }}"\n[lint]\nsubject-deceptive = "error"'
    project.configure()
    (project.root / ".digest" / "digest.sqlite3").unlink()
    unfit = digest(project, "run", "--json")
    assert unfit.code == 1
    assert whole(unfit.json)["newsletter"] == "weekly"
    assert "subject-deceptive" in unfit.err


def test_config(project: Project) -> None:
    """Every value in force and where it is from; the relay's password is in none."""
    project.environment = {"DIGEST_SMTP_USER": "u", "DIGEST_SMTP_PASSWORD": "hush-hush", "DIGEST_SECRET": "s" * 40}
    said = digest(project, "config", "--json")
    assert all(list(row) == ["key", "value", "from"] for row in said.json)
    assert "hush-hush" not in said.out + said.err
    assert "s" * 40 not in said.out + said.err


# ------------------------------------------------------------------------------------------------ for people


@pytest.mark.parametrize(
    "words",
    [("posts",), ("select",), ("select", "--explain"), ("config",), ("status",), ("run", "--dry-run")],
    ids=" ".join,
)
def test_whole_at_80_columns(project: Project, words: tuple[str, ...]) -> None:
    """No line of an answer is wider than a terminal, whatever titles and tags are; nothing is cut away silently."""
    said = digest(project, *words)
    assert said.code == 0, said
    assert [line for line in said.out.splitlines() if cell_len(line) > 80] == []
    if words[0] in ("posts", "select"):
        assert said.out.count("Ж") == 160


def test_data_and_words_are_apart(project: Project) -> None:
    """What is asked for goes to stdout; what is wrong, and what comes next, goes to stderr."""
    said = digest(project, "posts")
    assert "posts/broken.md:3:" in said.err
    assert "posts/broken.md:3:" not in said.out
    built = digest(project, "build", "--out", str(project.root / "out"))
    assert [Path(line).name for line in built.out.split()] == [
        *("index.html", "issue.html", "issue.txt", "issue.mjml", "issue.json", "issue.eml")
    ]
    assert "browser" in built.err


def test_a_line_of_a_finding(project: Project) -> None:
    """file:line rule severity message, as editors read it; as an annotation where GitHub reads it."""
    found = digest(project, "check", "--json").json
    first = next(f for f in found if f["file"] and f["line"])
    line = f"{first['file']}:{first['line']} {first['rule']} {first['severity']} {first['message']}"
    assert line in digest(project, "check").out.splitlines()
    annotated = digest(project, "check", "--format", "github").out
    assert f"::warning file={first['file']},line={first['line']},title={first['rule']}::" in annotated


def test_times_name_their_zone(project: Project) -> None:
    """In the newsletter's zone, with its name."""
    assert "Fri 2026-11-27 09:00 Europe/Vienna" in digest(project, "select").out
    assert "Fri 2026-11-27 09:00 Europe/Vienna" in digest(project, "status").out


def test_json_is_utf_8_as_it_is(project: Project) -> None:
    """Letters are letters, so that a person can read it too."""
    out = digest(project, "posts", "--json").out
    assert "等高線" in out
    assert json.loads(out)
