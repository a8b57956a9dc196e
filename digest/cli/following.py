"""`status --follow`: the progress of a run in another process, from the ledger alone, until no run is at work."""

from __future__ import annotations

import json
import sys
import time
from collections import deque
from typing import TYPE_CHECKING

import click

from digest.cli import output, words

if TYPE_CHECKING:
    from digest.app import App

__all__ = ["Speed", "follow"]

EVERY = 1.0  # seconds between two looks
OVER = 15  # looks that the rate is taken over
OPEN = ("frozen", "sending", "paused", "stopped")


class Speed:
    """How fast an issue goes: messages a second over the last looks."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque(maxlen=OVER)

    def __call__(self, now: float, gone: int) -> float:
        """Take in how many are gone by now, and give the rate; 0 until there are two looks."""
        self._seen.append((now, gone))
        (began, first), (ended, last) = self._seen[0], self._seen[-1]
        return (last - first) / (ended - began) if ended > began else 0.0


def follow(app: App, issue: str, *, as_json: bool) -> None:
    """Show one line for each issue that is open, again and again; a JSON object a line for programs."""
    speeds: dict[tuple[str, int], Speed] = {}
    shown: dict[str, str] = {}
    while True:
        busy = app.run_at_work()
        reports = [r for r in app.status(issue) if r.state in OPEN]
        for report in reports:
            c = report.counts
            left = c.queued + c.deferred
            rate = speeds.setdefault((report.issue, report.revision), Speed())(time.monotonic(), c.list - left)
            if as_json:
                seconds = round(left / rate, 1) if rate else None
                click.echo(json.dumps(report.as_json() | {"rate": round(rate, 2), "seconds_left": seconds}))
                sys.stdout.flush()
            elif (text := words.progress(report, rate)) != shown.get(report.issue):
                shown[report.issue] = text
                _show(text, alone=len(reports) == 1)
        if not busy:
            break
        time.sleep(EVERY)
    if not as_json and output.terminal():
        click.echo("\r\x1b[K", nl=False)
    if not as_json and any(r.state in ("frozen", "sending") for r in reports):
        output.say("No run is at work; the next digest run goes on.")


def _show(text: str, *, alone: bool) -> None:
    if alone and output.terminal():
        click.echo(f"\r\x1b[K{text}", nl=False)
    else:
        output.line(text)
    sys.stdout.flush()
