"""The brake: what share of an issue's messages may come to nothing before a person has to look. Arithmetic alone."""

from __future__ import annotations

from digest.interfaces import Reception

__all__ = ["FROM", "complained", "refused"]

FROM = 200  # messages: fewer say nothing about a list
REFUSED = 0.05  # of the messages refused for good, or bounced: a list that is bought or rotten
COMPLAINED = 0.003  # of the readers: what Gmail and Yahoo call too many


def refused(before: Reception, sent: int = 0, failed: int = 0) -> str:
    """Say why to stop, or nothing: too many were refused for good by earlier runs and by this one together."""
    lost = before.refused + before.bounced + failed
    told = before.sent + sent + before.refused + failed
    if told < FROM or lost <= REFUSED * told:
        return ""
    return f"{100 * lost / told:.1f} % of {told:,} messages were refused for good: look at the list"


def complained(so_far: Reception) -> str:
    """Say why to stop, or nothing: too many readers called it spam."""
    if so_far.sent < FROM or so_far.complained <= COMPLAINED * so_far.sent:
        return ""
    share = f"{100 * so_far.complained / so_far.sent:.1f} %"
    return f"{share} of {so_far.sent:,} readers complained: ask who joined this list, and how"
