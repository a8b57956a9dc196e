"""Themes: a folder of templates and a `theme.toml`. Found, merged and made ready for templates here.

A theme NAME is the folder `templates/NAME`. A project's `templates/` wins over the shipped ones file by file, and its
`theme.toml` key by key; whatever a theme lacks comes from its `base`, and in the end from `default`. So a theme may be
two lines of colour. What may stand in a theme.toml, and whether it can be read by a person, `theme_values` judges.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from digest.errors import TemplateError
from digest.render.theme_values import Document, Values, line_of

__all__ = ["ISSUE", "NAME", "RESERVED", "TEXT", "TOML", "Theme", "about", "known", "load", "outside", "shipped"]

ISSUE, TEXT, TOML = "issue.mjml.j2", "issue.txt.j2", "theme.toml"
RESERVED = frozenset({"parts", "shipped"})  # no themes: what all share, and the way to a shipped file under one's own
NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """A theme, checked: where its templates lie, and every value that they may name."""

    name: str
    chain: tuple[str, ...]  # itself, what it is based on, and so on; the last is `default`
    folders: tuple[Path, ...]  # `templates` folders, in the order they are searched
    project: Path | None
    light: Mapping[str, str]
    dark: Mapping[str, str]
    fonts: Mapping[str, str]
    sizes: Mapping[str, str]  # "30px/36px", as the CSS shorthand `font` takes it
    wide: Mapping[str, str]  # declarations from 480 pixels up; only what differs
    space: Mapping[str, int]
    options: Mapping[str, Any]
    declared: Mapping[str, Mapping[str, Any]]  # what each option may be, and what it is for
    fingerprint: str  # of all that makes it

    def template(self, name: str) -> str:
        """Say the name under which the environment finds a file of this theme, or of one that it is based on."""
        for folder in self.chain:
            if any((f / folder / name).is_file() for f in self.folders):
                return f"{folder}/{name}"
        raise TemplateError(f"the theme {self.name} has no {name}", file=str(self.folders[0] / self.name))

    def display(self, file: str) -> str:
        """Write a file's path as a person knows it: from the project, else from the folder of shipped templates."""
        return _display(file, self.project)


def shipped() -> Path:
    """Find the templates that come with digest: inside the package in a wheel, beside it in a checkout."""
    inside = Path(__file__).parents[1] / "_templates"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "templates"


def outside(path: Path, folder: Path) -> bool:
    """Say whether a file of a theme, its links followed, lies elsewhere than in the folder of templates."""
    return not path.resolve().is_relative_to(folder.resolve())


def known(project: Path | None) -> tuple[str, ...]:
    """Name every theme that a project can use, its own and the shipped ones."""
    folders = [f for f in _folders(project) if f.is_dir()]
    found = {p.name for f in folders for p in f.iterdir() if p.is_dir() and NAME.fullmatch(p.name)}
    return tuple(sorted(found - RESERVED))


def about(name: str, project: Path | None) -> str:
    """Say what a theme is like, in its own words, or nothing."""
    folders = _folders(project)
    return next((d.about for d in reversed(_documents(name, folders, project)) if d.about), "")


def load(name: str, project: Path | None) -> Theme:
    """Load a theme by name; `project` is the project's root. Raises TemplateError with file and line."""
    folders = _folders(project)
    chain = _chain(name, folders, project)
    values = Values()
    for theme in reversed(chain):
        for document in _documents(theme, folders, project):
            values.add(document)
    values.settle()
    return Theme(
        name=name,
        chain=chain,
        folders=folders,
        project=project,
        light=_frozen(values.tables["light"]),
        dark=_frozen(values.tables["dark"]),
        fonts=_frozen(values.tables["fonts"]),
        sizes=_frozen({k: _narrow(v) for k, v in values.tables["sizes"].items()}),
        wide=_frozen({k: _wide(v) for k, v in values.tables["sizes"].items() if " " in v}),
        space=_frozen(values.tables["space"]),
        options=_frozen(values.options),
        declared=_frozen(values.declared),
        fingerprint=_fingerprint(chain, folders),
    )


def _folders(project: Path | None) -> tuple[Path, ...]:
    """The project's own templates, where it has some, then the shipped ones."""
    own = [project / "templates"] if project is not None and (project / "templates").is_dir() else []
    return tuple(dict.fromkeys([*(f.resolve() for f in own), shipped()]))


def _chain(name: str, folders: tuple[Path, ...], project: Path | None) -> tuple[str, ...]:
    """A theme, its base, the base of that; each named once, and `default` at the end."""
    chain: list[str] = []
    named: dict[str, Any] = {}  # the place that names the next one
    while True:
        if name in chain:
            raise TemplateError(f'the base "{name}" leads round in a circle', hint="Take the line out.", **named)
        if name in RESERVED or not NAME.fullmatch(name) or not any((f / name).is_dir() for f in folders):
            raise TemplateError(f'there is no theme "{name}"', hint=_nearest(name, project), **named)
        chain.append(name)
        if name == "default":
            return tuple(chain)
        based = next((d for d in reversed(_documents(name, folders, project)) if d.base), None)
        name = based.base if based else "default"
        named = {"file": based.file, "line": line_of(based.text, "", "base")} if based else {}


def _documents(name: str, folders: tuple[Path, ...], project: Path | None) -> tuple[Document, ...]:
    """Every theme.toml of one theme, weakest first: what comes with digest, then the project's."""
    found: list[Document] = []
    for folder in reversed(folders):
        path = folder / name / TOML
        if path.is_file():
            file = _display(str(path), project)
            if outside(path, folder):
                raise TemplateError("is a link that leads out of templates/", hint="Copy the file there.", file=file)
            found.append(Document.read(path, file))
    return tuple(found)


def _display(file: str, project: Path | None) -> str:
    own = project.resolve() if project is not None else None
    for base, prefix in ((project, ""), (own, ""), (shipped(), "templates/")):
        if base is not None and Path(file).is_relative_to(base):
            return prefix + Path(file).relative_to(base).as_posix()
    return file


def _nearest(name: str, project: Path | None) -> str:
    names = known(project)
    close = difflib.get_close_matches(name, names, n=1)
    return f"Did you mean {close[0]}?" if close else f"Themes here: {', '.join(names)}."


def _frozen(table: dict[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(dict(table))


def _fingerprint(chain: tuple[str, ...], folders: tuple[Path, ...]) -> str:
    seen = hashlib.sha256(chain[0].encode())
    for folder in folders:
        for part in (*chain, "parts"):
            for path in sorted(p for p in (folder / part).glob("*.*") if p.is_file()):
                seen.update(f"\0{part}/{path.name}\0".encode() + path.read_bytes())
    return seen.hexdigest()[:16]


def _narrow(size: str) -> str:
    small, line = size.split()[0].split("/")
    return f"{small}px/{line}px"


def _wide(size: str) -> str:
    large, line = size.split()[1].split("/")
    return f"font-size:{large}px !important;line-height:{line}px !important"
