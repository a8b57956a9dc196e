"""Text from outside as a database takes it: file names that are not UTF-8, words of mail servers."""

from __future__ import annotations

import re

__all__ = ["from_text", "server_words", "to_text"]

# A file name that is not UTF-8 comes as lone surrogates (PEP 383), which no database takes. They are written behind a
# noncharacter, which no input holds, and read back as they were: or the post would look new every week.
ESCAPE = "\ufffe"
SURROGATE = re.compile("[\ud800-\udfff]")
ESCAPED = re.compile(f"{ESCAPE}([0-9a-f]{{4}})")


def to_text(text: str) -> str:
    """Write text so that a database takes it."""
    return text if text.isascii() else SURROGATE.sub(lambda found: f"{ESCAPE}{ord(found[0]):04x}", text)


def from_text(text: str) -> str:
    """Read text back as it was."""
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if ESCAPE in text else text


def server_words(text: str) -> str:
    """Keep what a mail server said, less what is no text."""
    return text.replace("\0", " ").encode("utf-8", "backslashreplace").decode()
