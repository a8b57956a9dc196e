"""Text as a database takes it: file names that are not UTF-8, words of mail servers, lists in one column (JSON)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

__all__ = ["from_text", "pack", "server_words", "to_text", "unpack"]

# A file name that is not UTF-8 comes as lone surrogates (PEP 383), which no database takes. They are written behind a
# noncharacter, which no input holds, and read back as they were: or the post would look new every week.
ESCAPE = "\ufffe"
SURROGATE = "[\ud800-\udfff]"  # compiled where one is met, which is hardly ever
ESCAPED = f"{ESCAPE}([0-9a-f]{{4}})"


def to_text(text: str) -> str:
    """Write text so that a database takes it."""
    return text if text.isascii() else re.sub(SURROGATE, lambda found: f"{ESCAPE}{ord(found[0]):04x}", text)


def from_text(text: str) -> str:
    """Read text back as it was."""
    return re.sub(ESCAPED, lambda found: chr(int(found[1], 16)), text) if ESCAPE in text else text


def server_words(text: str) -> str:
    """Keep what a mail server said, less what is no text."""
    return text.replace("\0", " ").encode("utf-8", "backslashreplace").decode()


def pack(value: Any, *, ascii_only: bool = False) -> str:
    """Write a list or mapping into one text."""
    return _writer(ascii_only)(value)


@cache
def _writer(ascii_only: bool) -> Callable[[Any], str]:
    import json  # here, because `status` does without and has to be quick

    return json.JSONEncoder(ensure_ascii=ascii_only).encode  # kept: json.dumps makes one anew each time, batch by batch


def unpack(text: str) -> Any:
    """Read it back."""
    import json

    return json.loads(text)
