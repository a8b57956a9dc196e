"""Which dialect a folder of posts is written in: by the site's files above it, else by the shape of the posts.

The nearest site file wins. Where neither tells, the dialect is `plain`, which assumes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
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
HUGO_KEYS = (
    r"(?m)^(lastmod|linkTitle|expiryDate|aliases|featured_image|toc|weight|menu|showToc|ShowToc)\s*:|<!--more-->"
)
HUGO_DATE = (
    r"\A---\n(?=(?:.*\n)*?draft: *(?:true|false))(?:.*\n)*?date: *\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[+-]\d\d:\d\d|Z)"
)
SAMPLE = 60
HEAD = 3000


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


def by_shape(folder: Path, files: Sequence[str], heads: Sequence[str]) -> str:
    """Guess the dialect from the posts alone: their places below `folder`, and how some of them begin (`heads`)."""
    listing = f"/{folder.as_posix().strip('/')}/" + f"\n/{folder.as_posix().strip('/')}/".join(files) + "\n"

    def some(pattern: str) -> bool:
        return any(re.search(pattern, head) for head in heads)

    if ".lr\n" in listing:
        return "lektor"
    if some(r"\A\s*(<!--\s*\n)?\.\. (title|slug|date): ") or ".meta\n" in listing:
        return "nikola"
    if some(r"(?i)\A\s*(title|date): .*\n([A-Za-z][\w -]*:.*\n|\s+\S.*\n)*\s*\n") or some(r"(?m)\A.+\n=+\n\s*\n:date:"):
        return "pelican"
    dated = any(day_in_name(f.rpartition("/")[2])[0] for f in sample(files))
    if "/_posts/" in listing:
        if "/source/_posts/" in listing or some(r"\{% (asset_img|asset_path|post_link|codeblock) "):
            return "hexo"
        return "jekyll" if dated else "next"
    if some(r"\A\s*\+\+\+"):
        return "zola" if some(r"(?m)\A\s*\+\+\+\n(.*\n)*?(\[(extra|taxonomies)\]|path\s*=|template\s*=)") else "hugo"
    if some(r"(?m)\A---\n(.*\n)*?date:\s*\n\s+created:") or _beside(folder, ".authors.yml"):
        return "mkdocs-material"
    if (folder / "authors.yml").exists() or (dated and some(r"<!-- ?truncate ?-->|\{/\* ?truncate ?\*/\}")):
        return "docusaurus"
    return _by_place(folder, files, listing, dated, some)


def _by_place(folder: Path, files: Sequence[str], listing: str, dated: bool, some: Callable[[str], bool]) -> str:
    """The dialects whose posts look like anyone's: told by where they lie, and by keys that others seldom have."""
    framed = re.search(r"(?m)^.*?/(content|src)/", listing) is not None
    if not framed and "/blog/posts/" in listing:
        return "mkdocs-material"
    if not framed and dated and folder.name == "blog" and some(r"(?m)^authors\s*:"):
        return "docusaurus"
    if _directory_data(folder, files):
        return "eleventy"
    if "/src/content/" in listing:
        return "next" if re.search(r"/\d{4}/\d{1,2}/\d{1,2}/", listing) else "astro"
    if "/_index.md\n" in listing or some(r"\{\{[<%] ") or _language_folders(listing):
        return "hugo"
    if "/content/" in listing and (some(HUGO_KEYS) or some(HUGO_DATE)):
        return "hugo"
    return "plain"


def _beside(folder: Path, name: str) -> bool:
    return (folder / name).exists() or (folder.parent / name).exists()


def _directory_data(folder: Path, files: Sequence[str]) -> bool:
    """Eleventy: a folder holds a data file that is called as the folder is."""
    folders = {folder, *(folder / parent for parent in {f.rpartition("/")[0] for f in files})}
    endings = ("json", "11tydata.js", "11tydata.json", "11tydata.cjs")
    return any((place / f"{place.name}.{ending}").exists() for place in folders for ending in endings)


def _language_folders(listing: str) -> bool:
    """`content/de/…` without a `src` above it: Hugo keeps languages so."""
    found = re.search(r"(?m)^(.*?)/content/([a-z]{2}(?:-[A-Za-z]{2,4})?)/", listing)
    return found is not None and "/src" not in found[1]


def sample(files: Sequence[str]) -> list[str]:
    """Some files of the first and the last: enough to tell a dialect, whatever the size of the site."""
    half = SAMPLE // 2
    return [*files[:half], *files[half:][-half:]]


def dialect_of(folder: Path, top: Path, files: Sequence[str]) -> tuple[str, Path | None]:
    """The dialect of the posts `files` (paths below `folder`), and the site's configuration file where there is one."""
    found = by_site(folder, top)
    if found is not None:
        return found
    return by_shape(folder, files, [_head(folder / f) for f in sample(files)]), None


def _head(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(HEAD).decode("utf-8-sig", errors="replace").replace("\r\n", "\n")
    except OSError:
        return ""
