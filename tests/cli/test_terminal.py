"""At a terminal: what is asked before a mail goes to a list, colours, and the lines at the end of a run."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from pathlib import Path

import pytest

from tests.projects import FRIDAY, Project
from tests.smtp_server import Drop, SmtpServer

COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9[0-7])(?:;\d+)*m")


@pytest.fixture
def project(tmp_path: Path, server: SmtpServer) -> Project:
    return Project(tmp_path / "project", port=server.port)


def watched(
    project: Project, *words: str, typed: str = "", colours: bool = False, now: str = FRIDAY
) -> tuple[int, str]:
    """Run a command at a terminal of 80 columns, with a person who types; gives its code and all that was shown."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    environment = project.environ() | {"TERM": "xterm-256color"}
    if colours:
        del environment["NO_COLOR"]
    running = subprocess.Popen(
        project.command(*words, now=now), env=environment, cwd=project.root, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    os.write(ours, typed.encode())
    shown = b""
    while True:
        try:
            piece = os.read(ours, 1 << 16)
        except OSError:  # EIO: the last one on the other side has left
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    return running.wait(30), shown.decode()


def test_a_list_gets_nothing_until_the_name_is_typed(project: Project, server: SmtpServer) -> None:
    """Subject, posts, list and people are shown; another word sends nothing, the name sends it."""
    code, shown = watched(project, "send", typed="yes\n")
    assert code == 64, shown
    assert "The second post" in shown
    assert "3 people" in shown
    assert "readers" in shown
    assert not server.messages
    code, shown = watched(project, "send", typed="weekly\n")
    assert code == 0, shown
    assert len(server.messages) == 3


def test_the_first_real_send_asks_once(project: Project, server: SmtpServer) -> None:
    """Without any history here a person says whether it is the first issue; no is what Enter means."""
    for path in sorted((project.root / ".digest").rglob("*"), reverse=True):
        path.unlink()
    (project.root / ".digest").rmdir()
    code, shown = watched(project, "run", typed="\n")
    assert code == 78, shown
    assert not server.messages
    code, shown = watched(project, "run", typed="y\n")
    assert code == 0, shown
    assert len(server.messages) == 3
    code, shown = watched(project, "run")
    assert code == 0, shown
    assert "first issue" not in shown


def test_cancelling_asks(project: Project, server: SmtpServer) -> None:
    """No is what Enter means, and it changes nothing."""
    server.script = lambda m: None
    project.port = 1
    project.configure()
    assert project.digest("run").code == 69
    code, shown = watched(project, "cancel", "weekly-2026-11-27", typed="\n")
    assert code == 130, shown
    assert project.digest("status", "--json").json["counts"]["cancelled"] == 0
    code, shown = watched(project, "cancel", "weekly-2026-11-27", typed="y\n")
    assert code == 0, shown
    assert project.digest("status", "--json").json["counts"]["cancelled"] == 3


def test_a_run_tells_its_end_and_leaves_no_bar(project: Project) -> None:
    """The sums and what is next, whole at 80 columns."""
    code, shown = watched(project, "run")
    assert code == 0, shown
    assert "3 on the list: 3 sent" in shown
    assert "next due" in shown


def test_colours_are_a_choice(project: Project) -> None:
    """A terminal gets some; NO_COLOR and --no-color get none."""
    (project.root / "posts" / "empty.md").write_text("")
    for words in (("select", "--explain"), ("posts",), ("status", "weekly-1999-01-01")):
        assert not COLOUR.search(watched(project, *words)[1]), words
        assert not COLOUR.search(watched(project, *words, "--no-color", colours=True)[1]), words
    assert "\x1b[" in watched(project, "select", colours=True)[1]


def test_long_lines_are_folded_at_a_terminal_and_whole_in_a_pipe(project: Project, server: SmtpServer) -> None:
    """Who waits and who is in doubt is said in long sentences: folded below their words at 80 columns, never cut; a
    program gets each as one line."""
    project.list("readers", "a@example.net", "b@example.net", "c@example.net", "d@a-domain-with-a-long-name.example")
    project.smtp = '[smtp.domains]\n"example.net" = "1/h"'
    project.configure()
    server.script = lambda m: Drop() if m.step == "dot" and m.address.startswith("d@") else None
    code, shown = watched(project, "run")
    assert code == 75, shown
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.replace("\r\n", "\n"))
    ended = [line.rpartition("\r")[2] for line in plain.splitlines()]
    assert max(map(len, ended)) <= 80, ended
    assert any(line.startswith(" " * 13) for line in ended), "below the words of the line above"
    words = " ".join(plain.split())
    for said in ("2 people at example.net, for the pace of their domain", "1 person may or may not have it", "resend"):
        assert said in words
    piped = project.digest("status").out
    assert any("may or may not have it" in line and "resend" in line for line in piped.splitlines())
