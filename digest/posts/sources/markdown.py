"""Posts from a folder of Markdown files, in the dialect of whichever generator makes a site of them.

`Options` is [sources.X] of digest.toml. What the folder's files mean is one level up: walk, peek, reading.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from digest.errors import ConfigError, DataError

if TYPE_CHECKING:
    from digest.model import Post, Query
    from digest.posts.dialects import Dialect
    from digest.posts.peek import Glance
    from digest.posts.reading import Blog
    from digest.posts.walk import Found, Tree
    from digest.settings import Site

__all__ = ["MarkdownSource", "Options", "open"]

LARGEST_PICTURE = 25_000_000  # octets
REACH = timedelta(days=2)  # a day in one zone is not the same day in another


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """[sources.X] with kind = "markdown"."""

    path: str  # the folder of the posts, from the project or absolute
    url: str = ""  # "https://example.org/blog/{slug}/"; also {name} {path} {year} {month} {day} {category}
    dialect: str = ""  # jekyll, hugo, zola, eleventy, astro …; found by itself
    timezone: str = ""  # of times without an offset; else what the site's configuration says, else the site's
    exclude: tuple[str, ...] = ()  # globs on a path below the folder, or on a name


def open(options: Options, *, name: str, project: Path, site: Site) -> MarkdownSource:  # noqa: A001 - the plug's door
    """Open the source `name`. Raises ConfigError for an option that means nothing; the folder is looked at later."""
    from digest.posts.dates import zone_named
    from digest.posts.dialects import TABLE, dialect
    from digest.posts.links import WORDS
    from digest.posts.permalinks import PLACEHOLDER

    where = f"[sources.{name}]"
    if options.dialect and dialect(options.dialect) is None:
        known = ", ".join(d.name for d in TABLE)
        raise ConfigError(
            f'{where} dialect "{options.dialect}" is not known', hint=f"Write one of {known}, or leave it out."
        )
    if options.timezone and zone_named(options.timezone) is None:
        raise ConfigError(
            f'{where} timezone "{options.timezone}" is not known', hint='Write an IANA name such as "Europe/Vienna".'
        )
    strange = [w for w in PLACEHOLDER.findall(options.url) if w not in WORDS]
    if strange:
        raise ConfigError(
            f"{where} url names {{{strange[0]}}}, which is no part of a post",
            hint="It may name {slug}, {name}, {path}, {year}, {month}, {day} and {category}.",
        )
    return MarkdownSource(options, name, project, site)


class MarkdownSource:
    """A folder of posts. `dialect` tells, once posts were read, which dialect was found."""

    def __init__(self, options: Options, name: str, project: Path, site: Site) -> None:
        self.name = name
        self.dialect = ""
        self._options, self._project, self._site = options, project.absolute(), site
        self._blog_read: Blog | None = None

    def posts(self, query: Query) -> Iterator[Post]:
        """Every post that `query` does not surely exclude, by path; a broken file is a post with its problems.

        Raises DataError where the folder is not there.
        """
        from digest.posts.reading import broken, post_of

        root = self._root()
        tree, rule, file = self._look(root)
        glances = self._glances(tree.files)
        blog = self._blog_read = self._blog(root, rule, file, glances)
        since = (query.since - REACH).date().isoformat() if query.since else ""
        owners = self._owners(blog, tree.files, glances)
        wanted: list[tuple[str, Found | str]] = [(f.rel, f) for f in tree.files]
        wanted += tree.troubles
        for rel, thing in sorted(wanted, key=lambda pair: pair[0]):
            if isinstance(thing, str):
                yield broken(blog, rel, None, thing)
            elif not (since and "" < glances[rel].latest < since):
                post = post_of(blog, thing)
                if post is not None:
                    yield _owned(post, owners)

    # -- pictures

    def find_picture(self, post: Post, named: str) -> str:
        """Say where a picture lies that the text of a post names; empty where it does not lie here."""
        from digest.posts.pictures import lies_at

        blog = self._blog_read
        if blog is None:
            return ""
        file = blog.root / post.path.removeprefix(blog.shown)
        return lies_at(named, file=file, base=blog.base, tops=blog.tops)

    def read_picture(self, file: str) -> bytes:
        """Read a picture. Raises DataError, as the end of a sentence that begins with its name."""
        from digest.posts.pictures import allowed

        tops = self._blog_read.tops if self._blog_read else ()
        path = Path(file)
        try:
            if not path.exists():
                raise DataError("is not there")
            if not allowed(file, tops):
                raise DataError("is no file inside the project or the site, and is not read")
            if path.stat().st_size > LARGEST_PICTURE:
                raise DataError(f"has {path.stat().st_size // 1_000_000} MB, and more than 25 MB are not read")
            return path.read_bytes()
        except OSError as wrong:
            raise DataError(f"cannot be read ({wrong.strerror})") from wrong

    # -- the folder

    def _root(self) -> Path:
        written = self._options.path
        root = Path(written).expanduser()
        root = root if root.is_absolute() else self._project / root
        root = root.resolve() if ".." in root.parts else root
        if root.is_dir():
            return root
        if root.exists():
            raise DataError(
                f'[sources.{self.name}] path "{written}" is a file',
                hint=f"Name the folder that holds it: {root.parent}",
            )
        nearest = next(p for p in root.parents if p.is_dir())
        raise DataError(
            f'[sources.{self.name}] path "{written}" does not exist',
            hint=f"The nearest folder that does is {nearest}; `path` is counted from {self._project}.",
        )

    def _look(self, root: Path) -> tuple[Tree, Dialect, Path | None]:
        """The files of the posts, their dialect and the site's configuration."""
        from digest.posts.detect import survey

        found = survey(root, self._project, self._options.dialect, self._excluded(root))
        self.dialect = found[1].name
        return found

    def _excluded(self, root: Path) -> tuple[str, ...]:
        """What the configuration leaves out; of a project that is the root itself, its own folders too."""
        own = ("issues", "subscribers", "templates") if root.resolve() == self._project.resolve() else ()
        return self._options.exclude + own

    def _blog(self, root: Path, rule: Dialect, file: Path | None, glances: Mapping[str, Glance]) -> Blog:
        from datetime import UTC

        from digest.posts.dates import zone_named
        from digest.posts.fields import Zones
        from digest.posts.inherited import Inherited
        from digest.posts.reading import Blog
        from digest.posts.site_files import SiteFile, read

        site = read(rule.name, file)
        zone = zone_named(self._site.timezone) or UTC
        if self._options.timezone:
            zone = zone_named(self._options.timezone) or zone
        elif rule.zone == "utc":
            zone = UTC
        elif site.timezone or (rule.zone == "config" and site != SiteFile()):
            zone = zone_named(site.timezone) or (UTC if rule.zone == "config" else zone)
        return Blog(
            source=self.name, root=root.resolve(), shown=_shown(root, self._project), rule=rule, site=site,
            base=self._site.url, language=self._site.language, template=self._options.url, authors=_authors(root),
            zones=Zones(zone=zone, utc_stamp=rule.utc_stamp and not self._options.timezone,
                        utc_day=rule.utc_day and not self._options.timezone, american=rule.american),
            tops=tuple(dict.fromkeys(p.resolve() for p in (root, site.root, self._project) if p)),
            dated=frozenset(_folder_of(rel) for rel, seen in glances.items() if seen.dated),
            inherited=Inherited(rule, site, root) if rule.inherits else None,
        )  # fmt: skip

    @staticmethod
    def _glances(files: Iterable[Found]) -> dict[str, Glance]:
        from digest.posts.peek import glance

        return {f.rel: glance(f.rel, f.full) for f in files}

    @staticmethod
    def _owners(blog: Blog, files: Iterable[Found], glances: Mapping[str, Glance]) -> dict[str, str]:
        """Who bears an id that several files claim: the oldest of them, which the others were copied from."""
        from digest.posts.reading import post_of

        counts = Counter(i for seen in glances.values() for i in set(seen.ids))
        claimed = {i for i, count in counts.items() if count > 1}
        if not claimed:
            return {}
        first: dict[str, tuple[str, str]] = {}
        for file in files:
            if claimed.isdisjoint(glances[file.rel].ids):
                continue
            post = post_of(blog, file)
            if post is not None:
                rank = (post.date.isoformat() if post.date else "9", post.path)
                first[post.id] = min(first.get(post.id, rank), rank)
        return {claim: path for claim, (_, path) in first.items()}


def _owned(post: Post, owners: Mapping[str, str]) -> Post:
    """A post whose id is another's goes by its path: two files are two posts."""
    owner = owners.get(post.id, post.path)
    if owner == post.path:
        return post
    from digest.model import Problem

    said = f"its id is that of {owner} too, so it is known by its path; give it an id of its own"
    told = Problem(line=1, message=said, severity="warning")
    return replace(post, id=f"{post.source}:{post.path}", problems=(*post.problems, told))


def _folder_of(rel: str) -> str:
    """The folder in which a post stands beside others: of `2026/a/index.md` and of `2026/a.md` it is `2026`."""
    folder, _, file = rel.rpartition("/")
    return folder.rpartition("/")[0] if file.partition(".")[0] in {"index", "contents"} else folder


def _shown(root: Path, project: Path) -> str:
    """What stands before a path where it is shown: its place in the project, or nothing where it lies outside."""
    for inner, outer in ((root, project), (root.resolve(), project.resolve())):
        if inner == outer:
            return ""
        if inner.is_relative_to(outer):
            return inner.relative_to(outer).as_posix() + "/"
    return ""


def _authors(root: Path) -> Mapping[str, str]:
    """The names behind the keys in the site's own list of authors (Docusaurus, Material for MkDocs)."""
    from digest.posts.site_files import mapping

    for file in (folder / name for folder in (root, root.parent) for name in ("authors.yml", ".authors.yml")):
        if file.is_file():
            entries = mapping(file)
            inner = entries.get("authors")
            people = inner if isinstance(inner, dict) else entries
            return {
                str(key): str(value["name"])
                for key, value in people.items()
                if isinstance(value, dict) and isinstance(value.get("name"), str)
            }
    return {}
