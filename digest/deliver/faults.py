"""Faults that a rehearsal makes on purpose: which message meets which, by a hash, so that each rehearsal is alike.

Pure. A refusal for good (5xx) meets the same address each time; what is said to pass (4xx, a line that drops or
stalls) is decided anew at each try, so that trying again helps as often as it would outside.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from hashlib import blake2b

from digest.errors import UsageError

__all__ = ["STEPS", "Fault", "Faults", "parse"]

STEPS = ("mail", "rcpt", "data", "dot")
WRITTEN = re.compile(r"([45]\d\d|drop|stall)@(mail|rcpt|data|dot):(\d{1,3}(?:\.\d{1,3})?)%")
WORDS = {
    "mail": "{code} {class_}.3.0 a fault of the rehearsal, at MAIL",
    "rcpt": "{code} {class_}.2.0 a fault of the rehearsal, at RCPT",
    "data": "{code} {class_}.3.0 a fault of the rehearsal, at DATA",
    "dot": "{code} {class_}.2.0 a fault of the rehearsal, after the message",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One kind of fault: a reply's code, `drop` or `stall`, at a step, for a share of the messages."""

    what: str
    step: str
    share: float  # 0 to 1

    @property
    def name(self) -> str:
        """As it was written, without its share."""
        return f"{self.what}@{self.step}"

    @property
    def reply(self) -> bytes:
        """The line that a refusal is."""
        return WORDS[self.step].format(code=self.what, class_=self.what[0]).encode()


def parse(text: str) -> tuple[Fault, ...]:
    """Read `450@rcpt:5% drop@dot:1%`. Raises UsageError for anything else."""
    found = []
    for word in text.replace(",", " ").split():
        read = WRITTEN.fullmatch(word)
        if not read or not 0 < float(read[3]) <= 100:
            raise UsageError(
                f'"{word}" is no fault', hint='write CODE, drop or stall, a step and a share: "450@rcpt:5% drop@dot:1%"'
            )
        found.append(Fault(what=read[1], step=read[2], share=float(read[3]) / 100))
    return tuple(found)


class Faults:
    """The script of a rehearsal: asked at each step. `made` counts what it did."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self._faults = faults
        self._tries: Counter[tuple[str, bytes]] = Counter()
        self.made: Counter[str] = Counter()

    def at(self, step: str, key: bytes) -> Fault | None:
        """Say what this message meets at this step, if anything; `key` is its recipient (at MAIL: its number)."""
        for fault in self._faults:
            if fault.step != step:
                continue
            tried = 0 if fault.what.startswith("5") else self._tries[fault.name, key]
            if share(b"%b\0%b\0%d" % (fault.name.encode(), key, tried)) < fault.share:
                self._tries[fault.name, key] += 1
                self.made[fault.name] += 1
                return fault
        return None


def share(octets: bytes) -> float:
    """A number from 0 to 1 (1 excluded) that these octets always give."""
    return int.from_bytes(blake2b(octets, digest_size=6).digest()) / 2**48
