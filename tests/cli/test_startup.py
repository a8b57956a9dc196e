"""A command loads what it needs and no more: cron starts one every 15 minutes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.projects import Project
from tests.smtp_server import SmtpServer

SLOW = {
    *("yagmail", "smtplib", "flask", "werkzeug", "jinja2", "markdown_it", "mjml", "nh3", "css_inline", "babel"),
    *("rich", "frontmatter", "yaml", "email_validator", "watchfiles", "waitress", "asyncio"),
}


def loaded(command: list[str], project: Project | None = None) -> set[str]:
    """The top names of all that a command imports, as Python itself tells."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *command[1:]],
        env=project.environ() if project else None,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that has sent an issue."""
    with SmtpServer() as server:
        made = Project(tmp_path_factory.mktemp("startup") / "project", port=server.port)
        assert made.digest("run").code == 0
    return made


def test_help_is_light() -> None:
    """Not even the database is loaded."""
    names = loaded([sys.executable, "-m", "digest", "--help"])
    assert "click" in names, "the test sees what is loaded"
    assert names & (SLOW | {"sqlite3"}) == set()


@pytest.mark.parametrize("issue", ["", "weekly-2026-11-27"])
def test_status_is_light(project: Project, issue: str) -> None:
    """The ledger and the calendar; no template engine, no mail library, nothing that draws tables."""
    names = loaded(project.command("status", *filter(None, [issue])), project)
    assert "sqlite3" in names, "the test sees what is loaded"
    assert names & SLOW == set()


def test_a_run_with_nothing_due_talks_to_nobody(project: Project) -> None:
    """No mail library, no browser's library: the relay is not thought of."""
    names = loaded(project.command("run"), project)
    assert names & {"yagmail", "smtplib", "flask", "watchfiles", "waitress", "rich", "email_validator"} == set()


@pytest.mark.parametrize("words", [("posts",), ("schedule",)])
def test_looking_loads_no_mail_library(project: Project, words: tuple[str, ...]) -> None:
    """What sends is loaded by what sends."""
    names = loaded(project.command(*words), project)
    assert names & {"yagmail", "smtplib", "flask", "mjml", "watchfiles"} == set()


def test_every_configuration_is_read_without_heavy_libraries(tmp_path: Path) -> None:
    """Reading digest.toml looks at every plug's options, and loads none of what the plugs need."""
    made = Project(tmp_path / "project")
    names = loaded(made.command("config", "--json"), made)
    assert names & (SLOW - {"rich"}) == set()
