"""A short mail of ours to a person of the project: one part, plain text. Not here: what readers get (`mime`)."""

from __future__ import annotations

from datetime import datetime

from digest.render import headers, quoted_printable
from digest.settings import Sender

__all__ = ["letter"]


def letter(*, sender: Sender, name: str, to: str, subject: str, text: str, date: datetime, message_id: str) -> bytes:
    """Write the whole message; `name` stands in From where the sender has none. Raises DataError as `headers` does."""
    head = headers.letter_head(sender=sender, name=name, to=to, subject=subject, date=date, message_id=message_id)
    return head.encode("ascii") + b"\r\n" + quoted_printable.encode((text.rstrip("\n") + "\n").encode())
