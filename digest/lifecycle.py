"""How a delivery, an issue and a subscription begin and may change state: every change is a line of a table here.

Rule for this file: all state changes live here, as data, and nowhere else. The store compares and sets by these tables
(its SQL is checked against them by a test); the sender speaks in events. A move that has no line is a `Bug`.

A delivery begins in the transaction of the freeze (FIRST), and nobody sees it before its end:

                     --freeze------> QUEUED
                     --filter------> FILTERED
                     --opted out---> UNSUBSCRIBED
                     --suppress----> SUPPRESSED

From there on (DELIVERY) it moves so; whoever waits is QUEUED or DEFERRED:

    QUEUED, DEFERRED --claim-------> SENDING
                     --opted out---> UNSUBSCRIBED
                     --suppress----> SUPPRESSED
                     --expired-----> FAILED
                     --cancel------> CANCELLED
    SENDING          --accepted----> SENT
                     --release-----> QUEUED
                     --delayed-----> DEFERRED
                     --refused-----> FAILED
                     --in doubt----> UNCERTAIN
    UNCERTAIN        --resend------> QUEUED
                     --assume sent-> SENT
    FAILED           --resend------> QUEUED

SENT, UNSUBSCRIBED, SUPPRESSED, FILTERED and CANCELLED are ends. No row ever holds SENDING: it stands in the sums of an
issue, and in the claim that has the row in hand; the row itself goes from where it waited to what it was answered.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from digest.errors import Bug

K = TypeVar("K", bound=StrEnum)

__all__ = [
    "DELIVERY",
    "FIRST",
    "ISSUE",
    "SUBSCRIPTION",
    "DeliveryState",
    "Event",
    "IssueState",
    "SubscriptionState",
    "after",
]


class DeliveryState(StrEnum):
    """States of a delivery. Each row has exactly one; the sums of a report add up over them."""

    QUEUED = "queued"  # frozen, not yet tried
    SENDING = "sending"  # claimed by a run: in sums and claims, in no row; counted as queued in reports
    SENT = "sent"  # the relay took it (2xx after the final dot)
    DEFERRED = "deferred"  # the relay said later (4xx); due again at `due_at`
    FAILED = "failed"  # the relay refused this recipient (5xx), or the deadline passed
    SUPPRESSED = "suppressed"  # an opt-out of scope all: hard bounce, complaint, by hand
    UNSUBSCRIBED = "unsubscribed"  # an opt-out of this newsletter or list
    FILTERED = "filtered"  # the reader's topics leave nothing to send
    CANCELLED = "cancelled"  # the issue was cancelled before this row was sent
    UNCERTAIN = "uncertain"  # the line broke while the server answered: nobody can know (RFC 1047)


class IssueState(StrEnum):
    """States of an issue in the ledger."""

    FROZEN = "frozen"
    SENDING = "sending"
    PAUSED = "paused"
    STOPPED = "stopped"  # it could not go on: relay, quota, quiet hours; no recipient was charged, a later run goes on
    DONE = "done"
    SKIPPED = "skipped"  # worked off without a mail: nothing to send, too few, left out
    CANCELLED = "cancelled"


class SubscriptionState(StrEnum):
    """States of a subscription."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"


class Event(StrEnum):
    """What may happen to a delivery, an issue or a subscription."""

    FREEZE = "freeze"
    FILTER = "filter"
    CLAIM = "claim"
    RELEASE = "release"
    ACCEPTED = "accepted"
    DELAYED = "delayed"
    REFUSED = "refused"
    IN_DOUBT = "in-doubt"
    EXPIRED = "expired"
    OPTED_OUT = "opted-out"
    SUPPRESS = "suppress"
    CANCEL = "cancel"
    RESEND = "resend"
    ASSUME_SENT = "assume-sent"
    BEGIN = "begin"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    FINISH = "finish"
    CONFIRM = "confirm"
    REOPEN = "reopen"


# How a delivery begins. Where several are true of a person, the last of them counts.
FIRST: dict[Event, DeliveryState] = {
    Event.FREEZE: DeliveryState.QUEUED,
    Event.FILTER: DeliveryState.FILTERED,
    Event.OPTED_OUT: DeliveryState.UNSUBSCRIBED,
    Event.SUPPRESS: DeliveryState.SUPPRESSED,
}

DELIVERY: dict[tuple[DeliveryState, Event], DeliveryState] = {
    (DeliveryState.QUEUED, Event.CLAIM): DeliveryState.SENDING,
    (DeliveryState.DEFERRED, Event.CLAIM): DeliveryState.SENDING,
    (DeliveryState.QUEUED, Event.OPTED_OUT): DeliveryState.UNSUBSCRIBED,
    (DeliveryState.DEFERRED, Event.OPTED_OUT): DeliveryState.UNSUBSCRIBED,
    (DeliveryState.QUEUED, Event.SUPPRESS): DeliveryState.SUPPRESSED,
    (DeliveryState.DEFERRED, Event.SUPPRESS): DeliveryState.SUPPRESSED,
    (DeliveryState.SENDING, Event.RELEASE): DeliveryState.QUEUED,
    (DeliveryState.SENDING, Event.ACCEPTED): DeliveryState.SENT,
    (DeliveryState.SENDING, Event.DELAYED): DeliveryState.DEFERRED,
    (DeliveryState.SENDING, Event.REFUSED): DeliveryState.FAILED,
    (DeliveryState.SENDING, Event.IN_DOUBT): DeliveryState.UNCERTAIN,
    (DeliveryState.QUEUED, Event.EXPIRED): DeliveryState.FAILED,
    (DeliveryState.DEFERRED, Event.EXPIRED): DeliveryState.FAILED,
    (DeliveryState.QUEUED, Event.CANCEL): DeliveryState.CANCELLED,
    (DeliveryState.DEFERRED, Event.CANCEL): DeliveryState.CANCELLED,
    (DeliveryState.UNCERTAIN, Event.RESEND): DeliveryState.QUEUED,
    (DeliveryState.UNCERTAIN, Event.ASSUME_SENT): DeliveryState.SENT,
    (DeliveryState.FAILED, Event.RESEND): DeliveryState.QUEUED,
}

ISSUE: dict[tuple[IssueState, Event], IssueState] = {
    (IssueState.FROZEN, Event.BEGIN): IssueState.SENDING,
    (IssueState.SENDING, Event.BEGIN): IssueState.SENDING,  # a run that died is gone on with
    (IssueState.STOPPED, Event.BEGIN): IssueState.SENDING,
    (IssueState.FROZEN, Event.PAUSE): IssueState.PAUSED,
    (IssueState.SENDING, Event.PAUSE): IssueState.PAUSED,
    (IssueState.STOPPED, Event.PAUSE): IssueState.PAUSED,
    (IssueState.PAUSED, Event.RESUME): IssueState.FROZEN,
    (IssueState.SENDING, Event.STOP): IssueState.STOPPED,
    (IssueState.SENDING, Event.FINISH): IssueState.DONE,
    (IssueState.FROZEN, Event.CANCEL): IssueState.CANCELLED,
    (IssueState.SENDING, Event.CANCEL): IssueState.CANCELLED,
    (IssueState.PAUSED, Event.CANCEL): IssueState.CANCELLED,
    (IssueState.STOPPED, Event.CANCEL): IssueState.CANCELLED,
    (IssueState.DONE, Event.REOPEN): IssueState.FROZEN,  # resend --uncertain / --failed on a finished issue
}

SUBSCRIPTION: dict[tuple[SubscriptionState, Event], SubscriptionState] = {
    (SubscriptionState.PENDING, Event.CONFIRM): SubscriptionState.CONFIRMED,
    (SubscriptionState.PENDING, Event.OPTED_OUT): SubscriptionState.UNSUBSCRIBED,
    (SubscriptionState.CONFIRMED, Event.OPTED_OUT): SubscriptionState.UNSUBSCRIBED,
    (
        SubscriptionState.UNSUBSCRIBED,
        Event.CONFIRM,
    ): SubscriptionState.CONFIRMED,  # only the person's own confirmation leads back
}


def after(table: dict[tuple[K, Event], K], state: K, event: Event) -> K:
    """Say the state that follows; raise `Bug` where the table has no such line."""
    try:
        return table[state, event]
    except KeyError:
        raise Bug(f"no {event} leads out of the state {state}") from None
