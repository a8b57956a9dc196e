"""Who is told of a run besides the person who started it: heartbeat, log, metrics file, the editor's mailbox.

None of them can stop a run or change how it ends: what fails here is a warning in its report.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from digest.errors import DigestError
from digest.pipeline import editor_mail, metrics
from digest.pipeline.events import Log
from digest.pipeline.report import exit_code
from digest.settings import Config

if TYPE_CHECKING:
    from digest.interfaces import Ledger
    from digest.pipeline.report import Report
    from digest.pipeline.work import Hands

__all__ = ["Onlookers"]


class Onlookers:
    """The onlookers of one run. `log` may be called at once; `begins`, then `ended` or `broke`."""

    def __init__(self, config: Config, clock: Callable[[], datetime], *, verbose: bool, silent: bool = False) -> None:
        self._config, self._clock, self._silent = config, clock, silent
        self._began = monotonic()
        self.warnings: list[str] = []
        out = (self._to_stderr,) if verbose else ()
        self.log = Log(clock, (*out, self._to_file) if config.state.log and not silent else out)

    def begins(self, newsletters: tuple[str, ...]) -> None:
        """The run has its lock."""
        self.log("run.begin", newsletters=list(newsletters), pid=os.getpid())
        self._beat("/start")

    def ended(self, hands: Hands, reports: list[Report]) -> list[Report]:
        """The run is over: tell all of them, and give the reports with what failed in telling."""
        code = exit_code(reports)
        if not self._silent and self._config.sender.report_to:
            self._mail(hands, reports)
        self._over(
            hands.ledger, code, bad=code not in (0, 75) or any(r.state == "paused" and r.reason for r in reports)
        )
        if self.warnings and reports:
            return [*reports[:-1], replace(reports[-1], notes=(*reports[-1].notes, *self.warnings))]
        return reports

    def broke(self, ledger: Ledger | None, error: BaseException) -> None:
        """The run ends by an error that is told elsewhere; also before it could begin, and open its ledger."""
        code = (
            error.exit_code if isinstance(error, DigestError) else 130 if isinstance(error, KeyboardInterrupt) else 70
        )
        self.log("run.broke", kind=type(error).__name__, exit_code=code)
        self._over(ledger, code, bad=True)

    def _mail(self, hands: Hands, reports: list[Report]) -> None:
        for report in reports:
            if report.news:
                warning = editor_mail.send(hands, report)
                self.log("report.mailed" if not warning else "report.failed", issue=report.issue)
                self.warnings += [warning] if warning else []

    def _over(self, ledger: Ledger | None, code: int, *, bad: bool) -> None:
        seconds = monotonic() - self._began
        self.log("run.end", exit_code=code, seconds=round(seconds, 3))
        if self._config.state.metrics and not self._silent and ledger is not None:
            try:
                self._write_metrics(ledger, code, seconds)
            except (OSError, DigestError) as error:
                self._failed("metrics", error)
        self._beat("/fail" if bad else "")

    def _write_metrics(self, ledger: Ledger, code: int, seconds: float) -> None:
        path = self._config.root / self._config.state.metrics
        ended = self._clock()
        before = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        success = ended.timestamp() if code == 0 else metrics.last_success(before)
        run = metrics.LastRun(ended=ended, seconds=seconds, exit_code=code, success=success)
        names = [n.name for n in self._config.newsletters]
        metrics.write(path, metrics.text(run, names, ledger.issues()))

    def _beat(self, suffix: str) -> None:
        if not self._config.state.heartbeat or self._silent:
            return
        from digest import heartbeat

        if warning := heartbeat.ping(self._config.state.heartbeat + suffix):
            self.log("heartbeat.failed", why=warning)
            self.warnings += [] if warning in self.warnings else [warning]

    def _to_stderr(self, line: str) -> None:
        sys.stderr.write(line + "\n")

    def _to_file(self, line: str) -> None:
        """Opened for each line, so that it may be rotated; the few lines of a run are not worth more."""
        path = Path(self._config.root / self._config.state.log)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(handle, (line + "\n").encode(errors="replace"))
            finally:
                os.close(handle)
        except OSError as error:
            self._failed("log", error)

    def _failed(self, what: str, error: Exception) -> None:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        warning = f"[state] {what} could not be written: {reason}"
        self.warnings += [] if warning in self.warnings else [warning]
