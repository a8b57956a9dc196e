"""The structured log: one JSON object a line, a dotted event name and keys. No address, token or body is ever in it.

Whoever logs passes counts, names of issues and moments; as a second fence, addresses in any text are masked here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

__all__ = ["Log", "masked"]

ADDRESS = re.compile(r"([^\s<>@\"'(),:;]?)[^\s<>@\"'(),:;]*@([\w.-]+)")


class Log:
    """Call it with an event and its keys; each line goes to every one of `out`."""

    def __init__(self, clock: Callable[[], datetime], out: tuple[Callable[[str], None], ...]) -> None:
        self._clock, self._out = clock, out

    def __call__(self, event: str, **keys: object) -> None:
        """Write one line."""
        if not self._out:
            return
        told = {"at": self._clock(), "event": event, **keys}
        line = json.dumps(_safe(told), ensure_ascii=False)
        for write in self._out:
            write(line)


def _safe(value: Any) -> Any:
    match value:
        case str():
            return masked(value)
        case datetime():
            return value.isoformat(timespec="milliseconds")
        case dict():
            return {key: _safe(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_safe(inner) for inner in value]
        case _:
            return value


def masked(text: str) -> str:
    """A text without the addresses that stand in it: `r***@example.net`."""
    return ADDRESS.sub(lambda found: f"{found[1]}***@{found[2]}", text)
