"""Themes: a folder of templates and a `theme.toml`. Found, merged, checked and made ready for templates here.

A theme NAME is the folder `templates/NAME`. A project's `templates/` wins over the shipped ones file by file, and its
`theme.toml` key by key; whatever a theme lacks comes from `default`. So a theme may be two lines of colour.
Colours are judged here: text that cannot be read is a TemplateError, in the light palette and in the dark one.
"""

from __future__ import annotations

import difflib
import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from digest.errors import TemplateError
from digest.render.colour import contrast, is_colour, mixed, readable

__all__ = ["ISSUE", "TEXT", "Theme", "load", "shipped"]

ISSUE, TEXT = "issue.mjml.j2", "issue.txt.j2"
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
NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
FONTS = re.compile(r"[A-Za-z0-9 ,-]*[A-Za-z][A-Za-z0-9 ,-]*")
SIZE = re.compile(r"(\d+)/(\d+)(?: (\d+)/(\d+))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """A theme, checked: where its templates lie, and every value that they may name."""

    name: str
    folders: tuple[Path, ...]  # `templates` folders, in the order they are searched
    project: Path | None
    light: Mapping[str, str]
    dark: Mapping[str, str]
    fonts: Mapping[str, str]
    sizes: Mapping[str, str]  # "30px/36px", as the CSS shorthand `font` takes it
    wide: Mapping[str, str]  # declarations from 480 pixels up; only what differs
    space: Mapping[str, int]
    options: Mapping[str, Any]
    fingerprint: str  # of all that makes it

    def template(self, name: str) -> str:
        """Say the name under which the environment finds a file of this theme, or of `default` where it has none."""
        for folder in (self.name, "default"):
            if any((f / folder / name).is_file() for f in self.folders):
                return f"{folder}/{name}"
        raise TemplateError(f"the theme {self.name} has no {name}", file=str(self.folders[0] / self.name))

    def display(self, file: str) -> str:
        """Write a file's path as a person knows it: from the project, else from the folder of shipped templates."""
        for base, prefix in ((self.project, ""), (shipped(), "templates/")):
            if base is not None and Path(file).is_relative_to(base):
                return prefix + Path(file).relative_to(base).as_posix()
        return file


def shipped() -> Path:
    """Find the templates that come with digest: inside the package in a wheel, beside it in a checkout."""
    inside = Path(__file__).parents[1] / "_templates"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "templates"


def load(name: str, project: Path | None) -> Theme:
    """Load a theme by name; `project` is the project's root. Raises TemplateError with file and line."""
    own = [project / "templates"] if project is not None and (project / "templates").is_dir() else []
    folders = tuple(dict.fromkeys([*(f.resolve() for f in own), shipped()]))
    if not NAME.fullmatch(name) or not any((f / name).is_dir() for f in folders):
        raise TemplateError(f'there is no theme "{name}"', hint=_known(name, folders))
    values, files = _Values(), _files(name, folders)
    for file in files:
        values.add(file, project)
    values.settle()
    return Theme(
        name=name,
        folders=folders,
        project=project,
        light=_frozen(values.tables["light"]),
        dark=_frozen(values.tables["dark"]),
        fonts=_frozen(values.tables["fonts"]),
        sizes=_frozen({k: _narrow(v) for k, v in values.tables["sizes"].items()}),
        wide=_frozen({k: _wide(v) for k, v in values.tables["sizes"].items() if " " in v}),
        space=_frozen(values.tables["space"]),
        options=_frozen(values.options),
        fingerprint=_fingerprint(name, folders),
    )


def _frozen(table: dict[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(dict(table))


def _known(name: str, folders: tuple[Path, ...]) -> str:
    names = sorted({p.name for f in folders for p in f.iterdir() if p.is_dir() and p.name != "parts"})
    close = difflib.get_close_matches(name, names, n=1)
    return f"Did you mean {close[0]}?" if close else f"Themes here: {', '.join(names)}."


def _files(name: str, folders: tuple[Path, ...]) -> list[Path]:
    """Every theme.toml that counts, weakest first."""
    chain = [folder / theme / "theme.toml" for theme in dict.fromkeys(("default", name)) for folder in folders[::-1]]
    return [path for path in chain if path.is_file()]


def _fingerprint(name: str, folders: tuple[Path, ...]) -> str:
    seen = hashlib.sha256(name.encode())
    for folder in folders:
        for part in dict.fromkeys((name, "default", "parts")):
            for path in sorted((folder / part).glob("*.*")):
                seen.update(f"\0{part}/{path.name}\0".encode() + path.read_bytes())
    return seen.hexdigest()[:16]


def _narrow(size: str) -> str:
    small, line = size.split()[0].split("/")
    return f"{small}px/{line}px"


def _wide(size: str) -> str:
    large, line = size.split()[1].split("/")
    return f"font-size:{large}px !important;line-height:{line}px !important"


class _Values:
    """Merges theme.toml files, each key checked, then works out the colours that follow."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, Any]] = {t: {} for t in ("light", "dark", "fonts", "sizes", "space")}
        self.options: dict[str, Any] = {}
        self.declared: dict[str, dict[str, Any]] = {}
        self.places: dict[tuple[str, str], tuple[int, str, int | None]] = {}  # rank of the file, file, line
        self.rank = 0

    def add(self, path: Path, project: Path | None) -> None:
        shown = path.relative_to(project).as_posix() if project and path.is_relative_to(project) else str(path)
        text = path.read_text(encoding="utf-8")
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as exc:
            line = re.search(r"line (\d+)", str(exc))
            raise TemplateError(f"not valid TOML: {exc}", file=shown, line=int(line[1]) if line else None) from exc
        changed = {(t, k) for t, v in document.items() if isinstance(v, dict) for k in v}
        for table, key, value in _entries(document, shown):
            self._set(table, key, value, shown, _line(text, table, key))
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
                f"[{table}] is no table of a theme", hint=_near(table, [*self.tables, "options"]), **where
            )
        else:
            known = COLOURS if table in ("light", "dark") else tuple(self.tables[table])
            if key not in known and self.rank:
                raise TemplateError(f"[{table}] has no {key}", hint=_near(key, known), **where)
            _check(table, key, value, where)
            self.tables[table][key] = value
        self.places[table, key] = (self.rank, file, line)

    def _option(self, key: str, value: Any, where: dict[str, Any]) -> None:
        if isinstance(value, dict):
            if "default" not in value:
                raise TemplateError(f"the option {key} is declared without a default", **where)
            self.declared[key] = value
            self.options[key] = value["default"]
            return
        if key not in self.declared:
            raise TemplateError(f"there is no option {key}", hint=_near(key, self.declared), **where)
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


def _chip(palette: dict[str, str]) -> str:
    """A breath of the accent on the sheet, as much of it as the text on it allows."""
    tries = [mixed(palette["sheet"], palette["accent"], share / 100) for share in (8, 6, 4, 2, 0)]
    return next((c for c in tries if min(contrast(palette[t], c) for t in ("accent", "muted")) >= LEAST), tries[-1])


KINDS = {bool: "true or false", int: "a whole number", str: "text"}


def _followers(spot: tuple[str, str]) -> Iterator[tuple[str, str]]:
    for follower in FOLLOWS.get(spot, ()):
        yield follower
        yield from _followers(follower)


def _entries(document: dict[str, Any], file: str) -> Iterator[tuple[str, str, Any]]:
    for table, entries in document.items():
        if not isinstance(entries, dict):
            raise TemplateError(f"{table} stands outside a table", hint="Move it under [light], [fonts] …", file=file)
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
    elif not (isinstance(value, str) and FONTS.fullmatch(value)):
        raise TemplateError(f"{key} is {value!r}, which is no list of fonts", **where)


def _near(wanted: str, known: Any) -> str:
    close = difflib.get_close_matches(wanted, list(known), n=1, cutoff=0.5)
    return f"Did you mean {close[0]}?" if close else f"Known here: {', '.join(known)}."


def _line(text: str, table: str, key: str) -> int | None:
    """The line of a key, for messages: TOML keeps none."""
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
