"""Metadata as its author wrote it: YAML, TOML and JSON read into text, lists and mappings, each text with its line.

No value is turned into a number, a time or a truth here, so that `title: 2025`, `tags: [on, 1.0]` and the offset of a
date stay what they are; `fields` and `dates` give them their types. What a mapping may cost is bounded: depth, number
of values, growth through aliases.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any, TypeAlias

from digest.posts.body import clean

__all__ = ["Mistake", "Value", "Written", "from_json", "from_toml", "from_yaml"]

DEPTH = 40
VALUES = 20_000
NULLS = {"", "~", "null", "Null", "NULL"}


class Written(str):
    """A text with the line where it stands; `plain` where the format let it stand without quotes."""

    line: int
    plain: bool

    def __new__(cls, text: str, line: int = 1, plain: bool = False) -> Written:
        """Keep a text with its place."""
        made = super().__new__(cls, text)
        made.line, made.plain = line, plain
        return made


Value: TypeAlias = "Written | list[Value] | dict[str, Value]"


class Mistake(Exception):
    """What is wrong with the metadata, at which line of the file."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message, self.line = message, line


class _Yaml:
    """One YAML document, from the parser's events: nothing is constructed, no tag is obeyed."""

    def __init__(self, text: str, first: int) -> None:
        import yaml

        self.yaml = yaml
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
        self.next: Callable[[], Any] = loader.get_event
        self.first = first
        self.anchors: dict[str, tuple[Value, int]] = {}
        self.count = 0
        self.twice: list[tuple[str, int]] = []

    def line(self, event: Any) -> int:
        return self.first + int(event.start_mark.line)

    def grow(self, size: int, event: Any) -> None:
        self.count += size
        if self.count > VALUES:
            raise Mistake("the metadata grows beyond all measure (aliases of aliases?); write it out", self.line(event))

    def value(self, event: Any, depth: int = 0) -> Value:
        if depth > DEPTH:
            raise Mistake(f"the metadata is nested more than {DEPTH} deep; write it flatter", self.line(event))
        self.grow(1, event)
        before = self.count
        if isinstance(event, self.yaml.AliasEvent):
            return self.alias(event)
        made: Value
        if isinstance(event, self.yaml.ScalarEvent):
            made = self.scalar(event)
        elif isinstance(event, self.yaml.SequenceStartEvent):
            made = []
            while not isinstance(item := self.next(), self.yaml.SequenceEndEvent):
                made.append(self.value(item, depth + 1))
        else:
            made = self.mapping(depth)
        if event.anchor:
            self.anchors[event.anchor] = made, self.count - before + 1
        return made

    def alias(self, event: Any) -> Value:
        if event.anchor not in self.anchors:
            raise Mistake(f"*{event.anchor} refers to nothing above it; put the value in quotes", self.line(event))
        made, size = self.anchors[event.anchor]
        self.grow(size, event)
        return made

    def scalar(self, event: Any) -> Written:
        plain = not event.style
        text = "" if plain and event.value in NULLS else clean(event.value)  # "\uFDD0" in quotes is an escape
        return Written(text, self.line(event), plain)

    def mapping(self, depth: int) -> dict[str, Value]:
        made: dict[str, Value] = {}
        merged: list[Value] = []
        while not isinstance(event := self.next(), self.yaml.MappingEndEvent):
            key = self.value(event, depth + 1)
            value = self.value(self.next(), depth + 1)
            if not isinstance(key, Written):
                continue  # a list or mapping as a key says nothing to us
            if key == "<<" and key.plain:
                merged.append(value)
                continue
            if key in made and depth == 0:
                self.twice.append((key, key.line))
            made.pop(key, None)
            made[key] = value
        for more in merged:
            for part in more if isinstance(more, list) else [more]:
                if isinstance(part, dict):
                    made = {**part, **made}
        return made


def from_yaml(text: str, first: int = 1) -> tuple[dict[str, Value], list[tuple[str, int]]]:
    """Read a YAML mapping whose first line is line `first` of the file; also the keys written twice, with their lines.

    Raises Mistake. An empty document is an empty mapping.
    """
    reader = _Yaml(text, first)
    try:
        reader.next()  # the stream
        event = reader.next()
        if isinstance(event, reader.yaml.StreamEndEvent):
            return {}, []
        value = reader.value(reader.next())
        reader.next()  # its end
        if isinstance(event := reader.next(), reader.yaml.DocumentStartEvent):
            raise Mistake("a second document begins here; metadata is one block", reader.line(event))
    except reader.yaml.MarkedYAMLError as wrong:
        raise _explained(wrong, text, first) from wrong
    except reader.yaml.YAMLError as wrong:
        raise Mistake("the metadata holds a control character; take it out", first) from wrong
    if isinstance(value, Written) and not value:
        return {}, []
    if not isinstance(value, dict):
        raise Mistake("the metadata is no list of `key: value` lines", first)
    return value, reader.twice


def _explained(wrong: Any, text: str, first: int) -> Mistake:
    """Say what a YAML error means to a writer of posts."""
    mark = wrong.problem_mark or wrong.context_mark
    row = mark.line if mark else 0
    lines = text.split("\n")
    written = lines[row] if row < len(lines) else ""
    said = str(wrong.problem or wrong.context or "it cannot be read")
    if "\t" in written[: len(written) - len(written.lstrip())]:
        said = "a line begins with a tab; indent with blanks"
    elif "mapping values are not allowed" in said:
        said = "a colon in a value confuses YAML; put the value in quotes"
    elif "cannot start any token" in said:
        said = f"YAML cannot read {written.strip()[:40]!r}; put the value in quotes"
    elif "unexpected end of stream while scanning a quoted" in f"{said} {wrong.context}" or "quoted scalar" in str(
        wrong.context
    ):
        said = "a quotation mark is opened and not closed; close it"
        row = wrong.context_mark.line if wrong.context_mark else row
    else:
        said = f"the YAML is broken: {said}; look at this line and the one above"
    return Mistake(said, first + row)


def from_toml(text: str, first: int = 1) -> dict[str, Value]:
    """Read TOML whose first line is line `first` of the file. Raises Mistake."""
    try:
        return _kept(tomllib.loads(text, parse_float=str), text, first)
    except tomllib.TOMLDecodeError as wrong:
        place = re.search(r"at line (\d+)", str(wrong))
        row = int(place[1]) - 1 if place else text.rstrip().count("\n")
        said = re.sub(r" \(at .*\)$", "", str(wrong))
        raise Mistake(f"the TOML is broken: {said}; look at this line", first + row) from wrong
    except RecursionError:
        raise Mistake("the metadata is nested too deep; write it flatter", first) from None


def from_json(text: str, first: int = 1) -> tuple[dict[str, Value], int]:
    """Read the JSON object that opens `text`; also the offset behind it. Raises Mistake."""
    decoder = json.JSONDecoder(parse_float=str, parse_int=str)
    try:
        value, end = decoder.raw_decode(text)
        if not isinstance(value, dict):
            raise Mistake("the metadata is no JSON object", first)
        return _kept(value, text, first), end
    except json.JSONDecodeError as wrong:
        raise Mistake(f"the JSON is broken: {wrong.msg}; look at this line", first + wrong.lineno - 1) from wrong
    except RecursionError:
        raise Mistake("the metadata is nested too deep; write it flatter", first) from None


def _kept(values: Mapping[str, Any], text: str, first: int) -> dict[str, Value]:
    """Turn parsed values back into text, each top-level key with its line."""
    made: dict[str, Value] = {}
    for key, value in values.items():
        found = re.search(rf"""(?m)^[ \t{{,;]*["']?{re.escape(key)}["']?\s*[=:]|^\[+{re.escape(key)}[\].]""", text)
        line = first + (text.count("\n", 0, found.start() + len(found[0])) if found else 0)
        made[Written(key, line)] = _text(value, line, 0)
    return made


def _text(value: Any, line: int, depth: int) -> Value:
    if depth > DEPTH:
        raise Mistake(f"the metadata is nested more than {DEPTH} deep; write it flatter", line)
    if isinstance(value, dict):
        return {Written(str(k), line): _text(v, line, depth + 1) for k, v in value.items()}
    if isinstance(value, list):
        return [_text(v, line, depth + 1) for v in value]
    if isinstance(value, str):
        return Written(clean(value), line)
    if value is None:
        return Written("", line, plain=True)
    if isinstance(value, bool):
        return Written("true" if value else "false", line, plain=True)
    if isinstance(value, datetime | date | time):
        return Written(value.isoformat(), line, plain=True)
    return Written(str(value), line, plain=True)
