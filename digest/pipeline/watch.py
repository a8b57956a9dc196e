"""What a run looks at between two messages: a wish to stop, the issue's state, quiet hours, bounces and complaints.

Asking is cheap; about once a second it looks at the ledger and the clock. Nothing here changes anything.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from time import monotonic

from digest.deliver import brake, quiet
from digest.interfaces import FrozenIssue, Ledger
from digest.lifecycle import IssueState
from digest.settings import Newsletter

__all__ = ["Watch"]

LOOK = 1.0  # seconds between two looks at the ledger and the clock
COUNT = 10.0  # seconds between two counts of bounces and complaints


class Watch:
    """Call it: True once the run has to end. `why`: interrupted, moved (by a person), quiet or brake."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        issue: FrozenIssue,
        newsletter: Newsletter,
        stop: Callable[[], bool],
        sleep: Callable[[float], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._ledger, self._issue, self._newsletter = ledger, issue, newsletter
        self._stop, self._sleep, self._clock = stop, sleep, clock
        self._next_look = self._next_count = 0.0
        self.why = self.reason = ""
        self.until: datetime | None = None

    def __call__(self) -> bool:
        """Say whether to stop now, at this message."""
        if self._stop() and not self.why:
            self.why = "interrupted"
        if not self.why and (now := monotonic()) >= self._next_look:
            self._next_look = now + LOOK
            self._look(now)
        return self.why != ""

    def sleep_until(self, due: datetime) -> None:
        """Sleep until then by the wall clock, or less where there is a reason to stop.

        In short naps: a machine that was suspended, or whose clock was set, wakes to the right time.
        """
        while not self() and (left := (due - self._clock()).total_seconds()) > 0:
            self._sleep(min(left, LOOK))

    def _look(self, now: float) -> None:
        seen = self._ledger.issue(self._issue.id, self._issue.revision)
        if seen is None or seen.state is not IssueState.SENDING:
            self.why = "moved"
            return
        at = self._clock()
        self.until = quiet.until(self._newsletter.quiet, self._newsletter.timezone, at)
        if self.until is not None:
            self.why, self.reason = "quiet", f"quiet hours ({self._newsletter.quiet})"
            return
        if seen.counts.sent + seen.counts.failed >= brake.FROM and now >= self._next_count:
            self._next_count = now + COUNT
            so_far = self._ledger.reception(self._issue.id, self._issue.revision)
            if reason := brake.complained(so_far) or brake.refused(so_far):
                self.why, self.reason = "brake", reason
