"""A theme.toml, or several that win over one another key by key: each value checked, colours that follow worked out.

Colours are judged here: text that cannot be read is a TemplateError, in the light palette and in the dark one. Where
themes lie and which files count is told by `theme`.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digest.errors import TemplateError
from digest.render.colour import contrast, is_colour, mixed, readable

__all__ = ["COLOURS", "PAIRS", "Document", "Values", "line_of", "nearest"]

LEAST = 4.5  # WCAG 2.2, 1.4.3
COLOURS = ("page", "sheet", "ink", "text", "muted", "accent", "on_accent", "chip", "line")
# Which text lies on which ground somewhere in a mail.
PAIRS = (
    *((text, ground) for ground in ("sheet", "page") for text in ("ink", "text", "muted", "accent")),
    ("accent", "chip"),
    ("muted", "chip"),
    ("text", "chip"),
    ("on_accent", "accent"),
)
# A colour that is set anew takes these with it, unless they are set as well.
FOLLOWS = {
    ("light", "accent"): (("light", "on_accent"), ("light", "chip"), ("dark", "accent")),
    ("dark", "accent"): (("dark", "on_accent"), ("dark", "chip")),
    ("light", "page"): (("light", "line"),),
    ("dark", "page"): (("dark", "sheet"), ("dark", "line")),
    ("light", "sheet"): (("light", "chip"),),
    ("dark", "sheet"): (("dark", "chip"), ("dark", "line")),
}
FONTS = re.compile(r"[A-Za-z0-9 ,-]*[A-Za-z][A-Za-z0-9 ,-]*")
WIDE = ("name", "lead", "lead_long")
SIZE = re.compile(r"(\d+)/(\d+)(?: (\d+)/(\d+))?")


KINDS = {bool: "true or false", int: "a whole number", str: "text"}
DECLARED = ("default", "min", "max", "choices", "help")  # what the table of an option may say


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A theme.toml as it was read: where it lies as a person knows it, its text, and what it says."""

    file: str
    text: str
    tables: Mapping[str, Any]
    base: str
    about: str

    @classmethod
    def read(cls, path: Path, file: str) -> Document:
        """Read a file. Raises TemplateError where it is no TOML, or says `base` or `about` wrongly."""
        try:
            text = path.read_text(encoding="utf-8")
            tables = tomllib.loads(text)
        except (OSError, UnicodeDecodeError) as exc:
            raise TemplateError(f"cannot be read: {exc}", hint="Save it as UTF-8.", file=file) from exc
        except tomllib.TOMLDecodeError as exc:
            line = re.search(r"line (\d+)", str(exc))
            raise TemplateError(f"not valid TOML: {exc}", file=file, line=int(line[1]) if line else None) from exc
        said = {key: tables.pop(key, "") for key in ("base", "about")}
        for key, value in said.items():
            if not isinstance(value, str):
                raise TemplateError(f"{key} is {value!r}; it must be text", file=file, line=line_of(text, "", key))
        return cls(file=file, text=text, tables=tables, **said)


class Values:
    """Merges theme.toml files, each key checked, then works out the colours that follow."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, Any]] = {t: {} for t in ("light", "dark", "fonts", "sizes", "space")}
        self.options: dict[str, Any] = {}
        self.declared: dict[str, dict[str, Any]] = {}
        self.places: dict[tuple[str, str], tuple[int, str, int | None]] = {}  # rank of the file, file, line
        self.rank = 0

    def add(self, document: Document) -> None:
        """Take a file's values over; files come weakest first, and the first one names every key there is."""
        shown = document.file
        changed = {(t, k) for t, v in document.tables.items() if isinstance(v, dict) for k in v}
        for table, key, value in _entries(document):
            self._set(table, key, value, shown, line_of(document.text, table, key))
        if self.rank:
            for spot in (s for c in changed for s in _followers(c) if s not in changed):
                self.tables[spot[0]].pop(spot[1], None)
                self.places[spot] = (self.rank, shown, None)
        self.rank += 1

    def _set(self, table: str, key: str, value: Any, file: str, line: int | None) -> None:
        where: dict[str, Any] = {"file": file, "line": line}
        if table == "options":
            self._option(key, value, where)
        elif table not in self.tables:
            raise TemplateError(
                f"[{table}] is no table of a theme", hint=nearest(table, [*self.tables, "options"]), **where
            )
        else:
            known = COLOURS if table in ("light", "dark") else tuple(self.tables[table])
            if key not in known and self.rank:
                raise TemplateError(f"[{table}] has no {key}", hint=nearest(key, known), **where)
            _check(table, key, value, where)
            self.tables[table][key] = value
        self.places[table, key] = (self.rank, file, line)

    def _option(self, key: str, value: Any, where: dict[str, Any]) -> None:
        if isinstance(value, dict):
            _declaration(key, value, where)
            self.declared[key] = value
            value = value["default"]
        if key not in self.declared:
            raise TemplateError(f"there is no option {key}", hint=nearest(key, self.declared), **where)
        declared = self.declared[key]
        wanted = type(declared["default"])
        if type(value) is not wanted:
            raise TemplateError(f"the option {key} is {value!r}; it must be {KINDS.get(wanted, 'text')}", **where)
        if "choices" in declared and value not in declared["choices"]:
            choices = ", ".join(map(str, declared["choices"]))
            raise TemplateError(f"the option {key} is {value!r}; it must be one of {choices}", **where)
        low, high = declared.get("min"), declared.get("max")
        if (low is not None and value < low) or (high is not None and value > high):
            raise TemplateError(f"the option {key} is {value}; it must lie between {low} and {high}", **where)
        self.options[key] = value

    def settle(self) -> None:
        """Fill in the colours that follow from others, then judge each pair."""
        light, dark = self.tables["light"], self.tables["dark"]
        for palette in (light, dark):
            palette.setdefault("sheet", mixed(palette["page"], "#ffffff", 0.045))
        dark.setdefault("accent", readable(light["accent"], dark["sheet"], 7))
        for palette in (light, dark):
            palette.setdefault("on_accent", max("#ffffff", "#101214", key=lambda c: contrast(c, palette["accent"])))
            palette.setdefault("chip", _chip(palette))
            palette.setdefault("line", mixed(palette["page"], palette["ink"], 0.1))
        for name, palette in (("light", light), ("dark", dark)):
            for text, ground in PAIRS:
                self._judge(name, text, ground, contrast(palette[text], palette[ground]))

    def _judge(self, table: str, text: str, ground: str, ratio: float) -> None:
        if ratio >= LEAST:
            return
        spots = [self.places[spot] for spot in ((table, text), (table, ground)) if spot in self.places]
        _, file, line = max(spots, key=lambda spot: (spot[0], spot[2] is not None), default=(0, "theme.toml", None))
        palette = self.tables[table]
        raise TemplateError(
            f"[{table}] {text} {palette[text]} on {ground} {palette[ground]} has a contrast of {ratio:.2f}:1; "
            f"text needs {LEAST}:1",
            hint=f"{readable(palette[text], palette[ground], LEAST)} would do for {text}.",
            file=file,
            line=line,
        )


def _declaration(key: str, declared: dict[str, Any], where: dict[str, Any]) -> None:
    """An option's own table: a default, what it may be, and what it is for."""
    if "default" not in declared:
        raise TemplateError(f"the option {key} is declared without a default", **where)
    kind = type(declared["default"])
    if kind not in KINDS:
        raise TemplateError(f"the option {key} is neither true nor false, nor a whole number, nor text", **where)
    if unknown := next((k for k in declared if k not in DECLARED), ""):
        raise TemplateError(f"the option {key} has no {unknown}", hint=nearest(unknown, DECLARED), **where)
    limits = [declared[k] for k in ("min", "max") if k in declared]
    choices = declared.get("choices", [])
    if (
        not isinstance(choices, list)
        or any(type(c) is not kind for c in [*limits, *choices])
        or (limits and kind is not int)
    ):
        raise TemplateError(f"the limits or choices of the option {key} are of another kind than its default", **where)


def _chip(palette: dict[str, str]) -> str:
    """A breath of the accent on the sheet, as much of it as the text on it allows."""
    tries = [mixed(palette["sheet"], palette["accent"], share / 100) for share in (8, 6, 4, 2, 0)]
    return next((c for c in tries if min(contrast(palette[t], c) for t in ("accent", "muted")) >= LEAST), tries[-1])


def _followers(spot: tuple[str, str]) -> Iterator[tuple[str, str]]:
    for follower in FOLLOWS.get(spot, ()):
        yield follower
        yield from _followers(follower)


def _entries(document: Document) -> Iterator[tuple[str, str, Any]]:
    for table, entries in document.tables.items():
        if not isinstance(entries, dict):
            raise TemplateError(
                f"{table} stands outside a table",
                hint="Move it under [light], [fonts] …",
                file=document.file,
                line=line_of(document.text, "", table),
            )
        yield from ((table, key, value) for key, value in entries.items())


def _check(table: str, key: str, value: Any, where: dict[str, Any]) -> None:
    """One value of one key; fonts go into double-quoted attributes and style blocks, without quotation marks."""
    if table in ("light", "dark"):
        if not (isinstance(value, str) and is_colour(value)):
            raise TemplateError(f"{key} is {value!r}, which is no colour; write #rrggbb", **where)
    elif table == "space":
        if type(value) is not int or not 0 <= value <= 2000:
            raise TemplateError(f"{key} is {value!r}; it must be a number of pixels", **where)
    elif table == "sizes":
        if not (isinstance(value, str) and SIZE.fullmatch(value)):
            raise TemplateError(f'{key} is {value!r}; write "size/line", or "phone/line wide/line"', **where)
        if " " in value and key not in WIDE:
            raise TemplateError(f"{key} is {value!r}; only {', '.join(WIDE)} have a second size", **where)
    elif not (isinstance(value, str) and FONTS.fullmatch(value)):
        raise TemplateError(f"{key} is {value!r}, which is no list of fonts", **where)


def nearest(wanted: str, known: Iterable[str]) -> str:
    """Give the hint for a word that is not known: the nearest one, or all."""
    known = tuple(known)
    close = difflib.get_close_matches(wanted, known, n=1, cutoff=0.5)
    return f"Did you mean {close[0]}?" if close else f"Known here: {', '.join(known)}."


def line_of(text: str, table: str, key: str) -> int | None:
    """Find the line of a key, for messages: TOML keeps none. The table of keys before any table is the empty name."""
    current = ""
    for number, line in enumerate(text.splitlines(), 1):
        head = re.match(r"\s*\[\s*([^\]]+?)\s*\]", line)
        if head:
            current = head[1]
            if current == f"{table}.{key}":
                return number
        elif current == table and re.match(rf"""\s*["']?{re.escape(key)}["']?\s*[=.]""", line):
            return number
    return None
