"""How an issue has been received so far, over all its runs: what the brake is pulled by. Changes nothing.

It counts from a person's last word on (a resume, a decision to send again): what was known then was decided.
"""

from __future__ import annotations

from digest.lifecycle import DeliveryState, Event
from digest.standing import Reception
from digest.store.connection import Database

__all__ = ["of_issue"]


def of_issue(database: Database, issue: int) -> Reception:
    """Count the messages taken and those refused for good, the bounces that came back later, and the complaints."""
    found = database.one("reception_since", issue=issue, resumed=Event.RESUME, reopened=Event.REOPEN)
    since = (found[0] if found else None) or 0
    about = {"issue": issue, "since": since}

    def count(query: str, **more: str) -> int:
        row = database.one(query, **about, **more)
        return int(row[0] or 0) if row else 0

    return Reception(
        sent=count("reception_sent"),
        refused=count("reception_refused"),
        bounced=count("reception_told", kind="bounced", state=DeliveryState.SENT),
        complained=count("reception_told", kind="complained", state=DeliveryState.SENT),
    )
