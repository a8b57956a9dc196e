"""On which line of a TOML text each key stands, so that a mistake can be shown where it was made.

The text has been accepted by `tomllib` before: this reads keys and skips values, and judges nothing. Values are
`config`'s affair. A path is the keys from the top, with the index of an element where a list is passed through:
`("newsletters", "weekly", "lists", 1)`. A key's line is where it is first mentioned.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

__all__ = ["Path", "locate"]

Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}\n#]*")
# Long strings first: their quotes begin like those of the short ones. Up to two quotes may stand before the closing
# three (TOML 1.0, "String").
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"""(?:"{0,2}(?!"))'
    r"|'''.*?'''(?:'{0,2}(?!'))"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)


def locate(text: str) -> dict[Path, int]:
    """Give the line of every key, table and list element of a valid TOML text, counted from 1."""
    return _Scan(text).document()


class _Scan:
    """One pass over the text: `at` is where we are, `counts` how long each list of tables is so far."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.line, self.seen = text, 0, 1, 0
        self.lines: dict[Path, int] = {}
        self.counts: dict[Path, int] = {}

    def document(self) -> dict[Path, int]:
        table: Path = ()
        self.skip(_BLANK)
        while self.at < len(self.text):
            table = self.header() if self.text[self.at] == "[" else self.pair(table)
            self.skip(_BLANK)
        return self.lines

    def here(self) -> int:
        """The line of `at`; counts on from where it counted last."""
        self.line += self.text.count("\n", self.seen, self.at)
        self.seen = self.at
        return self.line

    def skip(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        assert found is not None
        self.at = found.end()
        return found.group()

    def note(self, path: Path) -> None:
        """Note the line of a path and of those above it that have none yet."""
        line = self.here()
        for length in range(1, len(path) + 1):
            self.lines.setdefault(path[:length], line)

    def header(self) -> Path:
        """`[a.b]` or `[[a.b]]`: the table that the next pairs belong to."""
        many = self.text.startswith("[[", self.at)
        self.at += 2 if many else 1
        keys = self.key()
        path: Path = ()
        for key in keys[:-1]:
            path = self.last((*path, key))
        path = (*path, keys[-1])
        if many:
            self.note(path)
            self.counts[path] = self.counts.get(path, 0) + 1
        path = self.last(path)
        self.note(path)
        self.skip(_SPACE)
        self.at += 2 if many else 1
        return path

    def last(self, path: Path) -> Path:
        """In a list of tables, its latest table."""
        return (*path, self.counts[path] - 1) if path in self.counts else path

    def key(self) -> tuple[str, ...]:
        """A dotted key, quotes taken off."""
        parts: list[str] = []
        while True:
            self.skip(_SPACE)
            quoted = self.text[self.at] in "\"'"
            part = self.skip(_STRING if quoted else _BARE)
            parts.append(str(_unquoted(part)) if quoted else part)
            self.skip(_SPACE)
            if self.text[self.at] != ".":
                return tuple(parts)
            self.at += 1

    def pair(self, table: Path) -> Path:
        """`key = value`; gives back the table it stands in."""
        path = (*table, *self.key())
        self.note(path)  # a key never goes over a line's end, so we are still on its line
        self.at += 1  # the equals sign
        self.value(path)
        return table

    def value(self, path: Path) -> None:
        self.skip(_SPACE)
        first = self.text[self.at]
        if first == "[":
            self.items(path, "]")
        elif first == "{":
            self.items(path, "}")
        else:
            self.skip(_STRING if first in "\"'" else _SCALAR)

    def items(self, path: Path, close: str) -> None:
        """The elements of a list, or the pairs of an inline table."""
        self.at += 1
        index = 0
        self.skip(_BLANK)
        while self.text[self.at] != close:
            if close == "]":
                self.note((*path, index))
                self.value((*path, index))
            else:
                self.pair(path)
            index += 1
            self.skip(_BLANK)
            if self.text[self.at] == ",":
                self.at += 1
                self.skip(_BLANK)
        self.at += 1


def _unquoted(part: str) -> Any:
    """What a quoted key means."""
    return tomllib.loads(f"key = {part}")["key"]
