"""Whole projects on disk for tests of the program: a folder, a digest.toml, posts, a list, and the command line."""

from __future__ import annotations

import io
import json
import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

__all__ = ["Project", "Said"]

FRIDAY = "2026-11-27T09:05+01:00"
TOML = """\
[site]
name = "Example Weekly"
url = "https://example.org"
timezone = "Europe/Vienna"

[sources.blog]
kind = "markdown"
path = "posts"

[sender]
from = "Example Weekly <news@example.org>"
postal_address = "Example Weekly, 1 Example Street, 1010 Vienna"
unsubscribe = "unsubscribe@news.example.org"
{sender}
[public]
url = "https://news.example.org"

[smtp]
host = "127.0.0.1"
port = {port}
tls = "none"
{smtp}
[newsletters.weekly]
title = "Example Weekly"
send = "Friday 09:00"
lists = ["readers"]
{newsletter}
"""


@dataclass(frozen=True)
class Said:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed for programs."""
        return json.loads(self.out)


@dataclass
class Project:
    """A project in `root`. `port` is its relay's; the clock stands at the Friday of the examples unless said."""

    root: Path
    port: int = 1
    sender: str = ""
    smtp: str = ""
    newsletter: str = ""
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        self.configure()
        self.post("2026-11-24-first", "The first post", "2026-11-24")
        self.post("2026-11-25-second", "The second post", "2026-11-25", tags="[Maps]")
        self.list("readers", "a@example.net", "b@example.net", "c@example.net")
        (self.root / ".digest").mkdir(exist_ok=True, mode=0o700)
        (self.root / ".digest" / "secret").write_text("a secret that is long enough for tests\n")
        (self.root / ".digest" / "secret").chmod(0o600)

    def configure(self, toml: str | None = None) -> None:
        """Write digest.toml."""
        parts = {"port": self.port, "sender": self.sender, "smtp": self.smtp, "newsletter": self.newsletter}
        (self.root / "digest.toml").write_text(toml or TOML.format(**parts), encoding="utf-8")

    def post(self, name: str, title: str, day: str, tags: str = "[Notes]", body: str = "", more: str = "") -> Path:
        """Write a post."""
        path = self.root / "posts" / f"{name}.md"
        path.parent.mkdir(exist_ok=True)
        body = body or "What happened this week, told in a paragraph that is long enough to be read on its own.\n"
        path.write_text(f"---\ntitle: {json.dumps(title)}\ndate: '{day}'\ntags: {tags}\n{more}---\n{body}", "utf-8")
        return path

    def list(self, name: str, *addresses: str) -> None:
        """Write a list."""
        folder = self.root / "subscribers"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.csv").write_text("\n".join(["email", *addresses]) + "\n", encoding="utf-8")

    def command(self, *words: str, now: str = FRIDAY) -> list[str]:
        """The command line, for a test that starts the process itself."""
        clock = ["--now", now] if now and words[0] not in ("init", "demo", "--help", "--version") else []
        place = ["--project", str(self.root)] if words[0] not in ("init", "demo", "--help", "--version") else []
        return [sys.executable, "-m", "digest", *words, *clock, *place]

    def environ(self) -> dict[str, str]:
        """The environment of the command: nothing of the caller's that could change what it does."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("DIGEST_") and k != "CI"}
        return kept | {"NO_COLOR": "1"} | self.environment

    def digest(self, *words: str, now: str = FRIDAY, timeout: float = 60) -> Said:
        """Run a command in a process of its own, as cron does: no terminal."""
        from tests import nursery

        child = nursery.shared().start(self.command(*words, now=now), folder=self.root, environment=self.environ())
        code = child.ended(timeout)
        return Said(code, child.out.read_text(), child.said)

    def inside(self, *words: str, now: str = FRIDAY) -> Said:
        """Run a command in this process: quicker, and a test may look over its shoulder. No terminal."""
        from digest import cli

        out, err = io.StringIO(), io.StringIO()
        with mock.patch.dict(os.environ, self.environ(), clear=True), redirect_stdout(out), redirect_stderr(err):
            code = cli.run([*words, "--now", now, "--project", str(self.root)])
        return Said(code, out.getvalue(), err.getvalue())
