"""The files below a folder, safely: no link leads out of the project, no circle goes round, no device is opened."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

__all__ = ["Found", "Tree", "walk"]

ODD = re.compile("[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]")
SKIPPED = {"node_modules", "__pycache__", "_site", "bower_components", "venv"}


class Found(NamedTuple):  # a tuple: one is made per file of a site
    """One file: its path below the root with `/` between, and where it is."""

    rel: str
    full: str


@dataclass(slots=True)
class Tree:
    """What lies below a root: the files by path, and what could not be followed or read (path, sentence)."""

    files: list[Found] = field(default_factory=list)
    troubles: list[tuple[str, str]] = field(default_factory=list)


def walk(root: Path, suffixes: Iterable[str], *, exclude: Iterable[str] = (), inside: Path | None = None) -> Tree:
    """Find the files with these endings below `root`, sorted by path.

    Hidden ones and those that `exclude` names (globs on the path or a name) are passed over. A link is followed, once,
    where it leads to another place below `inside`; what it leads to below `root` is found anyway.
    """
    going = _Walk(root, inside or root, tuple(suffixes), tuple(exclude))
    while going.ahead:
        going.enter(*going.ahead.pop())
    tree, outside = going.tree, sorted(going.outside)
    if outside:
        rel, target = outside[0]
        more = f" (and {len(outside) - 1} more links like it)" if len(outside) > 1 else ""
        said = f"is a link to {target}, outside the project, and is not followed{more}"
        tree.troubles.append((rel, f"{said}; copy what it leads to, or name its folder as a source of its own"))
    tree.files.sort()
    return tree


class _Walk:
    """A walk in progress: the folders ahead (path, path below the root, whether a link led there), what was found."""

    def __init__(self, root: Path, inside: Path, endings: tuple[str, ...], globs: tuple[str, ...]) -> None:
        self.home, self.bounds = os.path.realpath(root), os.path.realpath(inside)
        self.endings, self.globs = endings, globs
        self.ahead: list[tuple[str, str, bool]] = [(str(root), "", False)]
        self.tree = Tree()
        self.outside: list[tuple[str, str]] = []
        self.followed = {self.home}

    def enter(self, folder: str, rel: str, linked: bool) -> None:
        """Look into one folder."""
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda e: e.name)
        except OSError as wrong:
            said = f"is a folder that cannot be read ({wrong.strerror}); give us the right to"
            self.tree.troubles.append((rel or ".", said))
            return
        for entry in entries:
            path = f"{rel}/{entry.name}" if rel else entry.name
            if entry.name.startswith(".") or entry.name in SKIPPED or self.excluded(path, entry.name):
                continue
            followed = entry.is_symlink()
            if followed and not self.may_follow(path, entry):
                continue
            if not entry.is_dir():
                self.take(path, entry)
            elif not linked or followed or os.path.realpath(entry.path) not in self.followed:
                self.ahead.append((entry.path, path, linked or followed))

    def may_follow(self, path: str, entry: os.DirEntry[str]) -> bool:
        """Whether a link leads to a place that is ours, is not walked anyway, and was not walked through another."""
        real = os.path.realpath(entry.path)
        if _below(real, self.home) or real in self.followed:
            return False
        if not _below(real, self.bounds):
            self.outside.append((path, real))
            return False
        self.followed.add(real)
        return True

    def take(self, rel: str, entry: os.DirEntry[str]) -> None:
        """Keep a file that has one of the endings."""
        if not entry.name.lower().endswith(self.endings) or not entry.is_file():
            return
        if rel.isprintable() or not ODD.search(rel):
            self.tree.files.append(Found(rel, entry.path))
        else:
            said = "has a name that no line can show (no Unicode, or a line end); rename it"
            self.tree.troubles.append((ODD.sub("?", rel), said))

    def excluded(self, path: str, name: str) -> bool:
        """Whether the configuration leaves a path out."""
        return any(fnmatchcase(path, g.rstrip("/")) or fnmatchcase(name, g.rstrip("/")) for g in self.globs)


def _below(path: str, top: str) -> bool:
    return path == top or path.startswith(top.rstrip("/") + "/")
