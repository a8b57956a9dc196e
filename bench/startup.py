"""How long a command takes to begin: `digest --help` and `digest status`, beside `python -c pass`."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from bench import campaign, servers
from bench.table import Row
from bench.turns import in_turn, rows, several

__all__ = ["run"]

NOTHING = "python -c pass"
PROJECT = """\
[site]
name = "Example Weekly"
url = "https://example.org"

[sources.blog]
path = "posts"

[sender]
from = "Example Weekly <weekly@news.example.org>"

[newsletters.weekly]
title = "Example Weekly"
send = "Friday 09:00"
lists = ["readers"]
"""


def run(scale: float = 1.0, full: bool = False) -> list[Row]:
    """Measure whole processes, cold but for the disk's cache and the byte code, which an installed program has too."""
    with tempfile.TemporaryDirectory(prefix="digest-bench-") as root:
        folder = Path(root)
        (folder / "digest.toml").write_text(PROJECT, encoding="utf-8")
        for name in ("posts", "subscribers"):
            (folder / name).mkdir()
        (folder / "subscribers" / "readers.csv").write_text("email\nreader@example.net\n", encoding="utf-8")
        campaign.prepare(folder, 100, 1_000)
        script = Path(sys.executable).with_name("digest")
        digest = [str(script)] if script.exists() else [sys.executable, "-m", "digest"]
        variants = {
            NOTHING: [sys.executable, "-c", "pass"],
            "import click": [sys.executable, "-c", "import click"],
            "digest --help": [*digest, "--help"],
            "digest status": [*digest, "status"],
        }
        found = in_turn(
            {what: lambda command=command: _seconds(command, folder) for what, command in variants.items()},  # type: ignore[misc]
            several(15, scale),
        )
    goals = {"digest --help": "<= 5", "digest status": "<= 8"}
    return rows("startup", found, NOTHING, goals, means="time", unit="s")


def _seconds(command: list[str], folder: Path) -> float:
    began = perf_counter()
    done = subprocess.run(command, cwd=folder, env=servers.environment(), capture_output=True, text=True, check=False)
    seconds = perf_counter() - began
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return seconds
