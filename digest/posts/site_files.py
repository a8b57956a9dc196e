"""What the site's own configuration says of zones and addresses. Read, never run: no code of a site is executed.

A file that cannot be read says nothing: the generator will complain better than we could.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from digest.posts import permalinks
from digest.posts.written import Mistake, Value, Written, from_json, from_toml, from_yaml

__all__ = ["Scope", "SiteFile", "mapping", "read", "text_of"]

LIMIT = 500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Values that the posts below a path inherit; `kind` where the site says that it means posts alone."""

    path: str = ""
    kind: str = ""
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFile:
    """What one site's configuration says, as far as it was found. Patterns are in our own {words}."""

    root: Path | None = None  # the folder of the configuration; None: no file was found
    timezone: str = ""
    address: str = ""
    addresses: tuple[tuple[str, str], ...] = ()  # (first folder, pattern)
    prefix: str = ""  # the path of the site's address: /blog
    home: str = ""  # the folder below which the path is the address
    base: str = ""  # what the address of the blog begins with (docusaurus, mkdocs)
    dated_names: bool | None = None  # the configuration takes dates from names (Hugo), or does not (Hexo)
    slug: str = ""  # title: slugs are made of titles
    defaults: tuple[Scope, ...] = ()  # what posts inherit
    category: str = ""  # of a post that names none
    language: str = ""  # of a post that names none, where it counts for addresses
    translated: str = ""  # the pattern of a post in another language, where there is one


def text_of(path: Path) -> str:
    """The text of a configuration file; empty where it cannot be had."""
    try:
        if path.stat().st_size > LIMIT:
            return ""
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return ""


def mapping(path: Path) -> Mapping[str, Value]:
    """A YAML, TOML or JSON file as a mapping; empty where it is none."""
    text = text_of(path)
    try:
        if path.suffix in {".yml", ".yaml", ".lektorproject"}:
            return from_yaml(text)[0]
        return from_toml(text) if path.suffix == ".toml" else from_json(text.lstrip())[0]
    except Mistake:
        return {}


def read(dialect: str, file: Path | None) -> SiteFile:
    """Read the configuration `file` of a site of this dialect."""
    if file is None:
        return SiteFile()
    readers = {
        "jekyll": _jekyll, "hexo": _hexo, "hugo": _hugo, "zola": _zola, "docusaurus": _docusaurus,
        "mkdocs-material": _material, "pelican": _pelican, "nikola": _nikola, "quarto": _quarto,
        "vitepress": _vitepress,
    }  # fmt: skip
    reader = readers.get(dialect)
    return reader(file) if reader else SiteFile(root=file.parent)


def _words(values: Mapping[str, Value], *keys: str) -> str:
    """The first of these keys (in any case) that holds a text."""
    lowered = {k.lower(): v for k, v in values.items()}
    for key in keys:
        found = lowered.get(key.lower())
        if isinstance(found, str) and found:
            return found
    return ""


def _path_of(url: str) -> str:
    return urlsplit(url).path.rstrip("/") if url.startswith(("http://", "https://", "/")) else ""


def _jekyll(file: Path) -> SiteFile:
    values = mapping(file)
    permalink = _words(values, "permalink")
    homes = (_words(values, "source").strip("./"), _words(values, "collections_dir").strip("./"))
    return SiteFile(
        root=file.parent,
        timezone=_words(values, "timezone"),
        address=permalinks.jekyll(permalink) if permalink else "",
        prefix=_path_of(_words(values, "baseurl")),
        home="/".join(h for h in homes if h),
        defaults=tuple(_scopes(values.get("defaults"))),
    )


def _scopes(defaults: Value | None) -> Iterator[Scope]:
    """Jekyll's defaults that hold for posts. `permalink` is none of a post's own wishes, but a pattern all the same."""
    for entry in defaults if isinstance(defaults, list) else []:
        scope, values = (entry.get("scope"), entry.get("values")) if isinstance(entry, dict) else (None, None)
        if not isinstance(values, dict):
            continue
        named = scope if isinstance(scope, dict) else {}
        kind = _words(named, "type")
        if kind in {"", "posts", "drafts"}:
            yield Scope(path=_words(named, "path").strip("/"), kind=kind, values=values)


def _hexo(file: Path) -> SiteFile:
    values = mapping(file)
    permalink = _words(values, "permalink")
    new_name = _words(values, "new_post_name")
    return SiteFile(
        root=file.parent,
        timezone=_words(values, "timezone"),
        address=permalinks.hexo(permalink) if permalink else "",
        prefix=_path_of(_words(values, "root")),
        dated_names=":year" in new_name if new_name else None,
        category=_words(values, "default_category") or "uncategorized",
    )


def _hugo(file: Path) -> SiteFile:
    root = file.parent.parent.parent if file.parent.name == "_default" else file.parent
    values = dict(mapping(file))
    if file.parent.name == "_default":
        for part in ("permalinks", "frontmatter"):
            for more in sorted(file.parent.glob(f"{part}.*")):
                values.setdefault(part, dict(mapping(more)))
    addresses: list[tuple[str, str]] = []
    patterns = values.get("permalinks")
    if isinstance(patterns, dict):
        page = patterns.get("page")
        for section, pattern in (page if isinstance(page, dict) else patterns).items():
            if isinstance(pattern, str):
                addresses.append((section, permalinks.hugo(pattern)))
    named = values.get("frontmatter")
    names = named.get("date") if isinstance(named, dict) else None
    return SiteFile(
        root=root,
        timezone=_words(values, "timeZone"),
        addresses=tuple(addresses),
        prefix=_path_of(_words(values, "baseURL")),
        home=_words(values, "contentDir") or "content",
        dated_names=isinstance(names, list) and ":filename" in names,
    )


def _zola(file: Path) -> SiteFile:
    return SiteFile(root=file.parent, prefix=_path_of(_words(mapping(file), "base_url")), home="content")


def _docusaurus(file: Path) -> SiteFile:
    text = text_of(file)
    base = re.search(r"""\bbaseUrl\s*:\s*["'](/[^"'\s]*)["']""", text)
    route = re.findall(r"""\brouteBasePath\s*:\s*["']([^"'\s]*)["']""", text)
    blogs = re.search(r"""\bblog\s*:\s*\{[^{}]*?\brouteBasePath\s*:\s*["']([^"'\s]*)["']""", text, re.DOTALL)
    base_of_blog = (blogs[1].strip("/") or "/") if blogs else ""
    return SiteFile(root=file.parent, prefix=base[1].rstrip("/") if base else "", base=base_of_blog if route else "")


def _material(file: Path) -> SiteFile:
    values = mapping(file)
    plugins = values.get("plugins")
    entries = plugins if isinstance(plugins, list) else [plugins]
    options: Mapping[str, Value] = {}
    for entry in entries:
        for name, given in entry.items() if isinstance(entry, dict) else ():
            if name in {"blog", "material/blog"} and isinstance(given, dict):
                options = given
    written = _words(options, "post_url_date_format") or "yyyy/MM/dd"
    for theirs, ours in (("yyyy", "{year}"), ("MM", "{month}"), ("dd", "{day}")):
        written = written.replace(theirs, ours)
    pattern = _words(options, "post_url_format") or "{date}/{slug}"
    blog = (_words(options, "blog_dir") or "blog").strip("./")
    pattern = pattern.replace("{file}", "{name}").replace("{categories}", "{category}")
    return SiteFile(
        root=file.parent,
        prefix=_path_of(_words(values, "site_url")),
        base=blog or "/",
        address="/{base}/" + pattern.replace("{date}", written) + "/",
        slug="title" if "{slug}" in pattern else "",
    )


def _quarto(file: Path) -> SiteFile:
    website = mapping(file).get("website")
    url = _words(website, "site-url") if isinstance(website, dict) else ""
    return SiteFile(root=file.parent, prefix=_path_of(url))


def _vitepress(file: Path) -> SiteFile:
    """The posts lie below the folder that holds `.vitepress`, or below its `srcDir`."""
    text = text_of(file)
    base = re.search(r"""\bbase\s*:\s*["'](/[^"'\s]*)["']""", text)
    home = re.search(r"""\bsrcDir\s*:\s*["']([^"'\s]+)["']""", text)
    clean = re.search(r"\bcleanUrls\s*:\s*true\b", text) is not None
    return SiteFile(
        root=file.parent.parent,
        prefix=base[1].rstrip("/") if base else "",
        home=home[1].strip("./") if home else "",
        address="/{place}/{slug}" if clean else "",
    )


def _python(file: Path) -> dict[str, object]:
    """The literals that a Python configuration assigns at its top level."""
    try:
        tree = ast.parse(text_of(file))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    found: dict[str, object] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            try:
                found[node.targets[0].id] = ast.literal_eval(node.value)
            except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
                continue
    return found


def _pelican(file: Path) -> SiteFile:
    values = _python(file)
    url = values.get("ARTICLE_URL")
    zone = values.get("TIMEZONE")
    return SiteFile(
        root=file.parent,
        timezone=zone if isinstance(zone, str) else "",
        address=permalinks.pelican(url) if isinstance(url, str) else "",
        slug="name" if values.get("SLUGIFY_SOURCE") == "basename" else "",
        defaults=_by(values.get("AUTHOR")),
        category=_text(values.get("DEFAULT_CATEGORY", "misc")),
        language=_text(values.get("DEFAULT_LANG", "en")),
        translated=permalinks.pelican(_text(values.get("ARTICLE_LANG_URL")) or "{slug}-{lang}.html"),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _by(author: object) -> tuple[Scope, ...]:
    """The author of all posts that name none."""
    return (Scope(values={"author": Written(author)}),) if isinstance(author, str) and author.strip() else ()


def _nikola(file: Path) -> SiteFile:
    values = _python(file)
    zone = values.get("TIMEZONE")
    pretty = values.get("PRETTY_URLS", True)
    return SiteFile(
        root=file.parent,
        timezone=zone if isinstance(zone, str) else "",
        address="" if pretty else "/{place}/{slug}.html",
        defaults=_by(values.get("BLOG_AUTHOR")),
    )
