"""What a post inherits from its site: Jekyll's `defaults`, the data of Eleventy's folders, Hugo's `cascade`, the author
of a whole site. What the post itself says counts before all of it.

Read, never run. A file that cannot be read gives nothing: the generator will complain better than we could.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from digest.posts.dialects import Dialect
from digest.posts.site_files import SiteFile, mapping, text_of
from digest.posts.written import Value

__all__ = ["Inherited"]

DATA = (".json", ".11tydata.json", ".11tydata.js", ".11tydata.cjs", ".11tydata.mjs")  # the last one counts most


class Inherited:
    """What the posts of one source inherit; each folder is looked at once."""

    def __init__(self, rule: Dialect, site: SiteFile, root: Path) -> None:
        self._rule, self._site, self._root = rule.name, site, root.resolve()
        self._folders: dict[Path, Mapping[str, Value]] = {}
        self._listings: dict[Path, frozenset[str]] = {}
        self._top = site.root.resolve() if site.root else self._root

    def of(self, rel: str) -> Mapping[str, Value]:
        """What the post at this path below the source's root inherits."""
        file = self._root / rel
        if self._rule == "eleventy":
            above, own = self._folder(file.parent), self._data(file.parent, file.name.partition(".")[0])
            return {**above, **own, **_joined(above, own)}
        if self._rule == "hugo":
            return self._folder(file.parent)
        return self._scoped(file) if self._site.defaults else {}

    def _folder(self, folder: Path) -> Mapping[str, Value]:
        """What a folder hands down, with what the folders above it do."""
        if folder not in self._folders:
            above = self._folder(folder.parent) if folder != self._top and self._top in folder.parents else {}
            own = self._data(folder, folder.name) if self._rule == "eleventy" else _cascade(folder)
            self._folders[folder] = {**above, **own, **_joined(above, own)} if above or own else {}
        return self._folders[folder]

    def _data(self, folder: Path, name: str) -> dict[str, Value]:
        """The data files of Eleventy's in a folder that belong to it or to a post, by their name."""
        from digest.posts import script

        if folder not in self._listings:
            self._listings[folder] = frozenset(path.name for path in folder.iterdir())
        found: dict[str, Value] = {}
        for file in (folder / (name + ending) for ending in DATA if name + ending in self._listings[folder]):
            found |= mapping(file) if file.suffix == ".json" else script.data(text_of(file))
        return found

    def _scoped(self, file: Path) -> Mapping[str, Value]:
        """The defaults whose scope holds a file: the narrower the scope, the more it counts."""
        home = (self._site.home or ".") if self._rule == "jekyll" else "."
        places = [file.relative_to(top).as_posix() for top in (self._top, self._top / home) if top in file.parents]
        values: dict[str, Value] = {}
        for scope in sorted(self._site.defaults, key=lambda s: (len(s.path), bool(s.kind))):
            if any(_holds(scope.path, place) for place in places):
                values |= scope.values
        return values


def _holds(scope: str, place: str) -> bool:
    return (
        not scope
        or place == scope
        or place.startswith(scope + "/")
        or ("*" in scope and fnmatchcase(place, scope + "*"))
    )


def _joined(above: Mapping[str, Value], own: Mapping[str, Value]) -> dict[str, Value]:
    """Tags add up on their way down."""
    if "tags" not in above or "tags" not in own:
        return {}
    lists = [tags if isinstance(tags, list) else [tags] for tags in (above["tags"], own["tags"])]
    return {"tags": [*lists[0], *lists[1]]}


def _cascade(folder: Path) -> dict[str, Value]:
    """What the page of a section of Hugo's hands down to all below it, where that is not bound to some of them."""
    from digest.posts.front_matter import read

    file = folder / "_index.md"
    given = read(text_of(file)).values.get("cascade") if file.is_file() else None
    found: dict[str, Value] = {}
    for block in given if isinstance(given, list) else [given]:
        if isinstance(block, dict) and "target" not in block and "_target" not in block:
            found |= {k: v for k, v in block.items() if k not in {"title", "slug", "url", "date"}}
    return found
