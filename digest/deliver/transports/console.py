"""kind = "console": tells on stdout what would be sent to whom. Nothing leaves."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from digest.deliver.one_by_one import hand_over
from digest.interfaces import Feed, Job

__all__ = ["Options", "open"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """[transport] kind = "console": addresses are masked unless `addresses = true`."""

    addresses: bool = False


class Console:
    """The transport: one line a message."""

    def __init__(self, options: Options) -> None:
        self._options = options

    def deliver(self, feed: Feed) -> None:
        """Tell of each message until the feed has nothing more."""
        hand_over(feed, self._tell)

    def close(self) -> None:
        """There is nothing to close."""

    def _tell(self, job: Job, data: bytes) -> str:
        address = job[2] if self._options.addresses else masked(job[2])
        sys.stdout.write(f"{address}  {len(data):,} octets  {subject(data)}\n")
        sys.stdout.flush()
        return "told on the console"


def open(options: Options, *, project: Path = Path()) -> Console:  # noqa: A001  # a plug's name for it
    """Give the transport."""
    return Console(options)


def masked(address: str) -> str:
    """An address that shows where it is and not whose."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}"


def subject(data: bytes) -> str:
    """The Subject of a message as a reader sees it, safe for a terminal."""
    from email.parser import BytesHeaderParser
    from email.policy import default

    text = str(BytesHeaderParser(policy=default).parsebytes(data)["Subject"] or "(no subject)")
    return "".join(c if c.isprintable() else "?" for c in text)
