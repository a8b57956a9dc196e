"""`digest demo`: the main job from end to end on a throw-away project, by real SMTP into an inbox on this machine.

Nothing here is a shortcut: the project is one that `init` could have made, and the run is `digest run`. Example posts
are moved by whole weeks, so that the example's week is the one before the last Friday.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from digest.app import App
from digest.errors import DataError

__all__ = ["Played", "play"]

EXAMPLE_FRIDAY = date(2026, 11, 27)  # the send time that the example posts were written for
NAME = "weekly"
DAY = re.compile(r"(?<!\d)2026-11-\d\d(?!\d)")
TOML = """\
# Made by `digest demo`. The relay is an inbox on this machine that ran during the demo only.
[site]
name = "Example Weekly"
url = "https://example.org"
timezone = "Europe/Vienna"

[sources.blog]
kind = "markdown"
path = "posts"
url = "https://example.org/blog/{{slug}}/"

[sender]
from = "Example Weekly <news@example.org>"
reply_to = "editors@example.org"
postal_address = "Example Weekly, 1 Example Street, 1010 Vienna"
unsubscribe = "unsubscribe@news.example.org"

[public]
url = "https://news.example.org"

[smtp]
host = "127.0.0.1"
port = {port}
tls = "none"

[newsletters.weekly]
title = "Example Weekly"
send = "Friday 09:00"
group = "category"
lists = ["readers"]
"""
READERS = "email,topics\nreader@example.net,\nother.reader@example.com,\nmaps.only@example.net,maps\n"
INTRO = """\
---
# The editor's file of this issue: what stands here wins over the rules.
---
Five pieces this week, and one long read that was in the making since spring. If you have ten minutes, take the first
one with a coffee.
"""
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
QUIET = ("--headless=new", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--hide-scrollbars")


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What the demo did, in lines for a person."""

    lines: tuple[str, ...]
    exit_code: int


def play(folder: Path | None) -> Played:
    """Make the project, run the weekly job against the local inbox, and say what to look at."""
    from digest.deliver.sink import Sink

    root = _fresh(folder)
    with Sink(root / "inbox") as sink:
        (root / "digest.toml").write_text(TOML.format(port=sink.port), encoding="utf-8")
        app = App.open(root)
        _fill(root, weeks=_weeks(app))
        issue = app.select(NAME).occasion.issue
        (root / "issues").mkdir()
        (root / "issues" / f"{issue}.md").write_text(INTRO, encoding="utf-8")
        (report,) = app.run(NAME, dry_run=False, wait=timedelta(seconds=10), first_issue=True, force="")
        messages = sink.messages()
    built = app.build(NAME, issue, root / "out", "reader@example.net")
    picture = _picture(root / "out")
    sums = report.counts
    command = _command()
    lines = (
        f"{issue}: {report.subject}",
        f"  {sums.list} on the list, {sums.sent} sent by SMTP to 127.0.0.1, {len(messages)} arrived",
        "",
        "Look at it:",
        f"  the page     {built.files[0]}",
        *([f"  the picture  {picture}"] if picture else []),
        f"  the inbox    {messages[0].parent if messages else root / 'inbox'}",
        "",
        "Then:",
        f"  {command} preview --project {root} --issue {issue}",
        f"  {command} select  --project {root} --issue {issue} --explain",
        f"  {command} status  --project {root}",
        f"  {command} init    in the folder of your own site",
    )
    return Played(lines=lines, exit_code=report.exit_code)


def _command() -> str:
    """How this program was called: its name where the shell would find it, else its path."""
    called = sys.argv[0]
    if Path(called).name != "digest":
        return "digest"
    found = shutil.which("digest")
    return "digest" if found and Path(found).resolve() == Path(called).resolve() else called


def _fresh(folder: Path | None) -> Path:
    if folder is None:
        return Path(tempfile.mkdtemp(prefix="digest-demo-"))
    if folder.exists() and any(folder.iterdir()):
        raise DataError("is not empty", file=str(folder), hint="name a folder that is not there yet")
    folder.mkdir(parents=True, exist_ok=True)
    return folder.absolute()


def _weeks(app: App) -> timedelta:
    """How far the example's Friday lies from the last one."""
    due = app.status()[0].next_due  # nothing was ever sent, so this is the last Friday
    assert due is not None, "the demo's newsletter has a cadence"
    return due.date() - EXAMPLE_FRIDAY


def _fill(root: Path, *, weeks: timedelta) -> None:
    examples = _examples()
    shutil.copytree(examples / "images", root / "posts" / "images")
    for path in sorted(examples.glob("*.md")):
        text = DAY.sub(lambda m: str(date.fromisoformat(m[0]) + weeks), path.read_text(encoding="utf-8"))
        name = DAY.sub(lambda m: str(date.fromisoformat(m[0]) + weeks), path.name)
        (root / "posts" / name).write_text(text, encoding="utf-8")
    (root / "subscribers").mkdir()
    (root / "subscribers" / "readers.csv").write_text(READERS, encoding="utf-8")


def _examples() -> Path:
    """The example posts: in the package where it was installed, else in the checkout."""
    here = Path(__file__).parent
    installed = here / "_examples" / "posts"
    return installed if installed.is_dir() else here.parent / "examples" / "posts"


def _picture(out: Path) -> Path | None:
    """Let Chromium draw the page, where there is one; the demo does without."""
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        return None
    picture = out / "issue.png"
    with tempfile.TemporaryDirectory(prefix="digest-chromium-", ignore_cleanup_errors=True) as profile:
        command = [program, *QUIET, "--no-sandbox", f"--user-data-dir={profile}", "--window-size=1180,1180"]
        command += [f"--screenshot={picture}", (out / "index.html").as_uri()]
        try:
            subprocess.run(command, capture_output=True, timeout=30, check=True)  # noqa: S603 - a fixed program, our page
        except (OSError, subprocess.SubprocessError):
            return None
    return picture if picture.exists() else None
