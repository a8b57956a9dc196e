"""The files below a folder, safely: no link leads out of the project, no circle goes round, no device is opened."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
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

    Hidden ones and those that `exclude` names (globs on the path or a name) are passed over. A link is followed where
    it leads to another place below `inside`; what it leads to below `root` is found anyway.
    """
    tree = Tree()
    home = os.path.realpath(root)
    bounds = (home, os.path.realpath(inside) if inside else home)
    outside: list[tuple[str, str]] = []
    globs, endings = tuple(exclude), tuple(suffixes)
    for entry, rel in _entries(str(root), "", tree, bounds, outside, globs, {home}):
        name = entry.name.lower()
        if name.endswith(endings) and entry.is_file():
            if rel.isprintable() or not ODD.search(rel):
                tree.files.append(Found(rel, entry.path))
            else:
                shown = ODD.sub("?", rel)
                tree.troubles.append((shown, "has a name that no line can show (no Unicode, or a line end); rename it"))
    if outside:
        more = f" (and {len(outside) - 1} more links like it)" if len(outside) > 1 else ""
        rel, target = outside[0]
        tree.troubles.append((rel, f"is a link to {target}, outside the project, and is not followed{more}; "
                                   "copy what it leads to, or name its folder as a source of its own"))  # fmt: skip
    tree.files.sort(key=lambda f: f.rel)
    return tree


def _entries(
    folder: str,
    rel: str,
    tree: Tree,
    bounds: tuple[str, str],
    outside: list[tuple[str, str]],
    globs: tuple[str, ...],
    above: set[str],
) -> Iterator[tuple[os.DirEntry[str], str]]:
    """Every file below a folder that may be read; `above` are the real paths of the folders that lead to it."""
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda e: e.name)
    except OSError as wrong:
        tree.troubles.append((rel or ".", f"is a folder that cannot be read ({wrong.strerror}); give us the right to"))
        return
    for entry in entries:
        path = f"{rel}/{entry.name}" if rel else entry.name
        if entry.name.startswith(".") or entry.name in SKIPPED or _excluded(path, entry.name, globs):
            continue
        real = ""
        if entry.is_symlink():
            real = os.path.realpath(entry.path)
            if _below(real, bounds[0]):
                continue  # found where it lies
            if not _below(real, bounds[1]):
                outside.append((path, real))
                continue
        if not entry.is_dir():
            yield entry, path
            continue
        real = real or (os.path.realpath(entry.path) if len(above) > 1 else "")
        if real not in above:
            yield from _entries(entry.path, path, tree, bounds, outside, globs, above | {real} if real else above)


def _below(path: str, top: str) -> bool:
    return path == top or path.startswith(top.rstrip("/") + "/")


def _excluded(path: str, name: str, globs: tuple[str, ...]) -> bool:
    return any(fnmatchcase(path, g.rstrip("/")) or fnmatchcase(name, g.rstrip("/")) for g in globs)
