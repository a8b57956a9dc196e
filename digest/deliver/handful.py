"""Sending a few ready messages over a transport, and what was answered to each: previews, no ledger, no retry."""

from __future__ import annotations

from collections.abc import Sequence

from digest.interfaces import Job, Reply, Transport

__all__ = ["send"]

Few = Sequence[tuple[str, str, bytes]]
"""(MAIL FROM, RCPT TO, message) each."""


class _Few:
    """A feed over messages that are all there."""

    def __init__(self, messages: Few) -> None:
        self._messages, self._next = messages, 0
        self.replies: dict[int, Reply] = {}

    def take(self, now: float) -> Job | float | None:
        if self._next == len(self._messages):
            return None
        row, self._next = self._next, self._next + 1
        mail_from, rcpt_to, _ = self._messages[row]
        return row, mail_from.encode(), rcpt_to

    def size(self, row: int) -> int:
        return len(self._messages[row][2])

    def body(self, row: int) -> bytes:
        return self._messages[row][2]

    def settle(self, replies: Sequence[Reply]) -> None:
        self.replies.update((reply[0], reply) for reply in replies)

    def ahead(self) -> None:
        """All is ready."""


WORDS = {
    "released": "the line broke before the message was handed over",
    "lost": "the line broke while the server answered: it may or may not have it",
}


def send(transport: Transport, messages: Few) -> tuple[tuple[str, int, str], ...]:
    """Send each message once; gives (address, code, words) in their order; code 0: the server said nothing."""
    feed = _Few(messages)
    transport.deliver(feed)
    answers = []
    for row, (_, rcpt_to, _) in enumerate(messages):
        _, step, code, text = feed.replies.get(row, (row, "released", 0, ""))
        answers.append((rcpt_to, code, text or WORDS.get(step, "")))
    return tuple(answers)
