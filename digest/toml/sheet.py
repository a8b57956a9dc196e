"""One reading of one digest.toml: mistakes, warnings and origins are gathered, and the reading goes on after each.

What tables there are, and what one says about another, is the affair of `tables`; the libraries that check types and
addresses are handed in by `digest.config`, the only place that has them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from digest.errors import ConfigError
from digest.toml import keys, notation
from digest.toml.keys import Key, Table
from digest.toml.lines import Path as KeyPath
from digest.toml.notation import Misread, mean

__all__ = ["FILE", "SILENT", "Sheet", "dotted", "shown"]

FILE = "digest.toml"
SILENT: Any = object()  # a key that says nothing: not there, or wrong and told

Convert = Callable[[Any, Any, bool], Any]
"""(value, type, strict) -> the value as that type; raises Misread, whose `expected` is empty."""


class Sheet:
    """One reading: `root` is the project, `lines` say where keys stand, `convert` and `address` bring libraries."""

    def __init__(
        self,
        root: Path,
        lines: Mapping[KeyPath, int],
        environment: Mapping[str, str],
        convert: Convert,
        address: Callable[..., str],
    ) -> None:
        self.root, self.lines, self.environment = root, lines, environment
        self.convert, self.address = convert, address
        self.mistakes: list[ConfigError] = []
        self.warnings: list[str] = []
        self.origins: list[tuple[str, str, str]] = []

    # -- what is told

    def line(self, path: KeyPath) -> int | None:
        """The line of a path, or of the nearest thing above it that stands in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)

    def wrong(self, path: KeyPath, message: str, hint: str = "") -> None:
        self.mistakes.append(ConfigError(message, hint=hint, file=FILE, line=self.line(path)))

    def misread(self, path: KeyPath, value: object, expected: str, hint: str = "", source: str = "") -> None:
        """A value that is not what its key takes; `source` is the variable it came from, where it did."""
        text = "…" if path[-1] == "password_command" else notation.masked(shown(value))
        text = text if len(text) <= 60 else f"{text[:57]}…"
        if source:
            self.mistakes.append(ConfigError(f"{source} is {text}: expected {expected}", hint=hint))
        else:
            self.wrong(path, f"{dotted(path)} = {text}: expected {expected}", hint)

    def unknown(self, path: KeyPath, known: tuple[str, ...]) -> None:
        """A key that there is none of: a secret, a misspelling, or one that belongs elsewhere."""
        key = str(path[-1])
        secret = keys.SECRETS.get(key.casefold().replace("-", "_"))
        if secret:
            self.wrong(path, f"{dotted(path)} must not stand in {FILE}: it is a secret", secret)
            return
        homes = [f"[{name}]" for name, table in keys.TABLES.items() if key in table.keys and name != path[0]]
        if key in keys.NEWSLETTER.keys and path[0] != "newsletters":
            homes.append("[newsletters.NAME]")
        hint = f"{key} belongs into {' or '.join(homes)}" if homes else mean(key, known)
        what = "table" if len(path) == 1 else "key"
        self.wrong(path, f"{dotted(path)} is no {what} that digest knows", hint or f"there are: {', '.join(known)}")

    # -- tables and keys

    def entries(self, path: KeyPath, raw: object) -> dict[str, Any]:
        """A table's content; an empty one where it is no table, told."""
        if isinstance(raw, dict):
            return raw
        self.misread(path, raw, f"a table, as [{dotted(path)}]")
        return {}

    def named(self, raw: dict[str, Any], top: str, example: str) -> list[tuple[str, dict[str, Any]]]:
        """The tables [top.NAME]."""
        found = []
        for name, content in self.entries((top,), raw.get(top, {})).items():
            if isinstance(content, dict):
                found.append((name, content))
            else:
                self.misread((top, name), content, "a table with a name", f"put it below a line [{top}.{example}]")
        return found

    def table(
        self, path: KeyPath, raw: dict[str, Any], table: Table, inherited: Mapping[str, tuple[Any, str]] | None = None
    ) -> dict[str, Any]:
        """Read a table's keys: field of the settings class -> value, of those that are said and right.

        `inherited` are defaults that another table gives: field -> (value, where it is from).
        """
        known = (*table.keys, *table.tables)
        for written in raw:
            if written not in known:
                self.unknown((*path, written), known)
        values: dict[str, Any] = {}
        for name, key in table.keys.items():
            field = key.field or name
            got = self.key((*path, name), raw, name, key)
            if got is not SILENT:
                values[field] = got
            elif name not in raw:
                value, origin = (inherited or {}).get(field) or (default(table.settings, field, key), "default")
                self.origins.append((dotted((*path, name)), shown(value), origin))
        for name, inner in table.tables.items():
            values |= self.table((*path, name), self.entries((*path, name), raw.get(name, {})), inner)
        return values

    def key(self, path: KeyPath, raw: Mapping[str, Any], name: str, key: Key) -> Any:
        """One key's value, from the environment or the file; SILENT where it is not said, or wrong and told."""
        twin = key.twin if self.environment.get(key.twin) else ""
        if not twin and name not in raw:
            return SILENT
        value = self.environment[twin] if twin else raw[name]
        if not twin and self.secretive(path, value):
            return SILENT
        try:
            made = self.made(value, key, strict=not twin)
        except Misread as exc:
            self.refuse(path, value, exc, key.takes, twin)
            return SILENT
        self.said(path, value, twin)
        return made

    def made(self, value: Any, key: Key, *, strict: bool) -> Any:
        """What a key's type, reader and kind of address make of a value. Raises Misread."""
        checked = self.convert(value, key.type, strict)
        if key.address:
            read = partial(self.address, named=key.address == "named")
            return notation.each(read)(checked) if isinstance(checked, tuple) else read(checked)
        return key.read(checked) if key.read else checked

    def refuse(self, path: KeyPath, value: Any, exc: Misread, takes: str, source: str = "") -> None:
        """Tell why a value was misread; of a list or a table, the element that was."""
        where, what = path, value
        if exc.at is not None and isinstance(value, list | dict):
            where, what = (*path, exc.at), value[exc.at]  # type: ignore[index]  # a list's is a number, a table's a text
        if isinstance(exc, notation.Told) and not source:
            self.wrong(where, f"{dotted(where)}: {exc.expected}", exc.hint)
        else:
            self.misread(where, what, exc.expected or takes, exc.hint, source)
        for other in exc.others:
            self.refuse(path, value, other, takes, source)

    def secretive(self, path: KeyPath, value: object) -> bool:
        """A password inside a URL is a secret in the file as well; told without showing it."""
        if notation.has_password(shown(value)):
            hint = keys.PASSWORD_IN_URL.get(dotted(path), "put the whole URL where only you can read it")
            self.wrong(path, f"{dotted(path)} holds a password, which must not stand in {FILE}", hint)
            return True
        return False

    def said(self, path: KeyPath, value: object, source: str = "") -> None:
        """Note where a value in force is from. A command may carry a secret among its arguments."""
        if path[-1] == "password_command" and isinstance(value, list):
            value = [value[0], "…"]
        text = shown(value)
        self.origins.append((dotted(path), notation.masked(text), source or f"{FILE}:{self.line(path)}"))

    def moved(self, path: str, value: object, origin: str) -> None:
        """Show what a default became where another key has moved it."""
        for at, (where, _, before) in enumerate(self.origins):
            if where == path and before == "default":
                self.origins[at] = (path, shown(value), origin)

    def warn(self, path: KeyPath, text: str) -> None:
        line = self.line(path)
        self.warnings.append(f"{FILE}:{line}: {text}" if line else text)

    def missing(self, path: KeyPath, example: str) -> None:
        """A key that must be there."""
        *table, name = path
        self.wrong(path, f"[{dotted(tuple(table))}] {name} is missing", f"write {name} = {example}")


# ------------------------------------------------------------------------------------------------ words


def dotted(path: KeyPath) -> str:
    """A path as it would be written: `newsletters.weekly.lists[1]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            plain = part.replace("-", "").replace("_", "").isalnum() and part.isascii()
            text += ("." if text else "") + (part if plain else quoted(part))
    return text


def shown(value: object) -> str:
    """A value as TOML would have it; what TOML has no word for stands as `none`."""
    match value:
        case None:
            return "none"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"{value:g}" if isinstance(value, float) else str(value)
        case timedelta():
            return f'"{span_text(value)}"'
        case dict():
            pairs = ", ".join(f"{dotted((str(k),))} = {shown(v)}" for k, v in value.items())
            return f"{{ {pairs} }}" if pairs else "{}"
        case list() | tuple():
            return f"[{', '.join(shown(item) for item in value)}]"
        case _:
            return quoted(str(value))


def quoted(text: str) -> str:
    """A text as TOML would have it, with no sign in it that a terminal could take for a command."""
    signs = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return '"' + "".join(signs.get(c) or (c if c.isprintable() else f"\\u{ord(c):04X}") for c in text) + '"'


def span_text(span: timedelta) -> str:
    """A span in its largest whole unit: `4 weeks`, `10 days`, `36h`, `90 min`."""
    minutes = int(span.total_seconds()) // 60
    for size, unit in ((10080, " weeks"), (1440, " days"), (60, "h")):
        if minutes % size == 0:
            return f"{minutes // size}{unit}"
    return f"{minutes} min"


def default(settings: tuple[type, ...], field: str, key: Key) -> Any:
    """The default of a field of these settings classes, as its key would say it; an empty text where it has none."""
    known = {f.name: f.default for kind in settings for f in fields(kind)}
    found = known.get(field, MISSING)
    if found is MISSING:
        return ""
    return dict(found) if key.type == dict[str, str] else found
