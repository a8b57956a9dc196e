"""Where an issue stands: its window and occasion, what is behind its newsletter, its state and its sums.

The part of the model that `status` needs. It is apart because making a dataclass takes half a millisecond, and `status`
has to be quick; everybody else imports these names from `model` and `interfaces`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from digest.lifecycle import IssueState

__all__ = ["Counts", "FrozenIssue", "History", "Occasion", "PostRecord", "Reception", "Waiting", "Window"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A half-open span of time in the newsletter's zone."""

    start: datetime
    end: datetime
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """One send time of a newsletter: the issue it stands for and the window that issue covers."""

    newsletter: str
    issue: str  # the issue's ID
    send_at: datetime
    window: Window
    due: bool  # passed, and not worked off
    missed: int = 0  # earlier send times that this one issue makes up for


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRecord:
    """What the ledger knows of a post it has seen: enough to know it again."""

    id: str
    source: str
    path: str
    canonical: str
    url: str
    title: str
    day: date | None
    fingerprint: str
    body_hash: str
    first_seen: datetime
    issue: str = ""  # the issue of this newsletter that carried it (cancelled ones give their posts back)
    held: bool = False  # picked once and held back by limit or too-few: comes first next time


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What a newsletter has behind it, as the selector needs it."""

    newsletter: str
    first_start: datetime | None = None  # start of its first window: nothing older is ever caught up
    last_end: datetime | None = None  # end of the last issue's window, skipped ones included
    last_send: datetime | None = None  # the last send time worked off, skipped ones included
    issues: tuple[str, ...] = ()  # IDs used so far, oldest first, skipped and cancelled ones included
    sent_count: int = 0  # issues sent: the next one's number is first_number + sent_count
    records: tuple[PostRecord, ...] = ()
    known: bool = True  # False: there is no ledger to ask (pull requests): say so, do not guess


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The sums of one issue. `list` = the rest added up, always; rows in hand count as queued."""

    list: int = 0
    queued: int = 0
    sent: int = 0
    deferred: int = 0
    failed: int = 0
    suppressed: int = 0
    unsubscribed: int = 0
    filtered: int = 0
    cancelled: int = 0
    uncertain: int = 0


class Waiting(NamedTuple):  # a dataclass would cost `status` half a millisecond
    """Who of an issue waits for the turn of their domain: how many, and when the first and the last one is.

    `domains`: the domains that most of them are at.
    """

    people: int = 0
    first: datetime | None = None
    last: datetime | None = None
    domains: tuple[str, ...] = ()


class Reception(NamedTuple):
    """How an issue has been received, over all its runs, since a person last let it go on.

    `refused` by the relay for good; `bounced` later, though the relay had taken them; `complained`: called it spam.
    """

    sent: int = 0
    refused: int = 0
    bounced: int = 0
    complained: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenIssue:
    """An issue in the ledger."""

    id: str
    revision: int
    newsletter: str
    number: int
    state: IssueState
    subject: str
    send_at: datetime
    window_start: datetime
    window_end: datetime
    deadline: datetime
    frozen_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    reason: str  # why it is paused, stopped or skipped; empty otherwise
    go_on_at: datetime | None  # when a stopped one may be tried again, where that is known
    counts: Counts
