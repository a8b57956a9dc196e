"""Which dialect a folder of posts is written in: by the site's files above it, else by the shape of the posts.

The nearest site file wins. Where neither tells, the dialect is `plain`, which assumes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

from digest.posts.dates import day_in_name
from digest.posts.dialects import TABLE
from digest.posts.site_files import text_of

__all__ = ["by_shape", "by_site", "dialect_of"]

# What must stand in a file whose name alone says too little: (dialect, name) -> must, must not.
INSIDE: dict[tuple[str, str], tuple[str, str]] = {
    ("hexo", "_config.yml"): (r"(?m)^(new_post_name|public_dir|source_dir|default_layout|skip_render)\s*:", ""),
    ("jekyll", "_config.yml"): ("", r"(?m)^(new_post_name|public_dir|source_dir|default_layout|skip_render)\s*:"),
    ("zola", "config.toml"): (
        r"(?m)^(base_url|compile_sass|build_search_index|generate_feeds?)\s*=",
        r"(?im)^baseurl\s*=",
    ),
    ("hugo", "config.toml"): ("", r"(?m)^\s*(base_url|compile_sass)\s*="),
    ("hugo", "config.yaml"): (r"(?im)^(baseurl|languagecode|theme|permalinks|params|markup|module|title)\s*:", ""),
    ("hugo", "config.yml"): (r"(?im)^(baseurl|languagecode|theme|permalinks|params|markup|module|title)\s*:", ""),
    ("hugo", "config.json"): (r"(?i)\"(baseurl|languagecode)\"", ""),
    ("mkdocs-material", "mkdocs.yml"): (r"(?m)^\s*-?\s*(material/)?blog\s*:?", ""),
    ("mkdocs-material", "mkdocs.yaml"): (r"(?m)^\s*-?\s*(material/)?blog\s*:?", ""),
    ("nikola", "conf.py"): (r"(?m)^(BLOG_TITLE|BLOG_AUTHOR|POSTS|COMPILERS)\s*=", ""),
}  # fmt: skip
SAMPLE = 60
HEAD = 3000
LANGUAGE = re.compile(r"[a-z]{2}(?:-[A-Za-z]{2,4})?")


def by_site(folder: Path, top: Path, only: str = "") -> tuple[str, Path] | None:
    """The dialect and the configuration file of the site that `folder` lies in, looking upwards as far as `top`.

    Neither path may lead through a link. `only` looks for the file of one dialect alone.
    """
    for place in (folder, *folder.parents):
        for rule in TABLE:
            if only and rule.name != only:
                continue
            for pattern in rule.files:
                for file in sorted(place.glob(pattern)):
                    must, must_not = INSIDE.get((rule.name, file.name), ("", ""))
                    text = text_of(file) if must or must_not else ""
                    if (not must or re.search(must, text)) and not (must_not and re.search(must_not, text)):
                        return rule.name, file
        if place == top or (place / ".git").exists():
            break
    return None


def by_shape(folder: Path, files: Sequence[str], heads: Iterable[str]) -> str:
    """Guess the dialect from the posts alone: their places below `folder`, and how they begin."""
    above = folder.as_posix()
    places = [f"{above}/{f}" for f in files]
    names = [f.rpartition("/")[2] for f in files]
    stems = [n.rpartition(".")[0] for n in names]
    texts = list(islice(heads, SAMPLE))
    posts = [t for t in texts if t.strip()]

    def some(pattern: str) -> bool:
        return any(re.search(pattern, t) for t in posts)

    if any(n.endswith(".lr") for n in names):
        return "lektor"
    if some(r"\A\s*(<!--\s*\n)?\.\. (title|slug|date): ") or any(n.endswith(".meta") for n in names):
        return "nikola"
    if some(r"(?i)\A\s*(title|date): .*\n([A-Za-z][\w -]*:.*\n|\s+\S.*\n)*\s*\n") or some(r"(?m)\A.+\n=+\n\s*\n:date:"):
        return "pelican"
    if any("/_posts/" in p for p in places):
        if any("/source/_posts/" in p for p in places) or some(r"\{% (asset_img|asset_path|post_link|codeblock) "):
            return "hexo"
        return "jekyll" if any(day_in_name(s)[0] for s in stems) else "next"
    if some(r"\A\s*\+\+\+"):
        return "zola" if some(r"(?m)\A\s*\+\+\+\n(.*\n)*?(\[(extra|taxonomies)\]|path\s*=|template\s*=)") else "hugo"
    return _by_front(folder, places, names, stems, some)


def _by_front(folder: Path, places: list[str], names: list[str], stems: list[str], some) -> str:  # type: ignore[no-untyped-def]
    if some(r"(?m)\A---\n(.*\n)*?date:\s*\n\s+created:"):
        return "mkdocs-material"
    dated = sum(day_in_name(s)[0] is not None for s in stems)
    if (folder / ".authors.yml").exists() or (folder.parent / ".authors.yml").exists():
        return "mkdocs-material"
    if (folder / "authors.yml").exists() or (some(r"<!-- ?truncate ?-->|\{/\* ?truncate ?\*/\}") and dated):
        return "docusaurus"
    parents = {Path(p) for p in {place.rpartition("/")[0] for place in places}} | {folder}
    if any(
        (p / f"{p.name}.{end}").exists()
        for p in parents
        for end in ("json", "11tydata.js", "11tydata.json", "11tydata.cjs")
    ):
        return "eleventy"
    if any("/src/content/" in p for p in places):
        return "astro" if some(r"(?m)^(pubDate|pubDatetime|heroImage|publishDate):") else "next"
    if "_index.md" in names or some(r"\{\{[<%] ") or any(_language_folder(p) for p in places):
        return "hugo"
    return "plain"


def _language_folder(place: str) -> bool:
    """`content/de/…` without a `src` above it: Hugo keeps languages so."""
    before, content, after = place.partition("/content/")
    return bool(content) and "/src" not in before and bool(LANGUAGE.fullmatch(after.partition("/")[0]))


def dialect_of(folder: Path, top: Path, files: Sequence[str]) -> tuple[str, Path | None]:
    """The dialect of the posts `files` (paths below `folder`), and the site's configuration file where there is one."""
    found = by_site(folder, top)
    if found is not None:
        return found
    chosen = [*files[: SAMPLE // 2], *files[SAMPLE // 2 :][-(SAMPLE // 2) :]]
    return by_shape(folder, files, (_head(folder / f) for f in chosen)), None


def _head(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(HEAD).decode("utf-8-sig", errors="replace").replace("\r\n", "\n")
    except OSError:
        return ""
