"""Where a site keeps its posts, and in which dialect: for `digest init`, and for every source that is opened."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from digest.posts import recognise
from digest.posts.dialects import Dialect, dialect
from digest.posts.walk import Found as File
from digest.posts.walk import Tree, walk

__all__ = ["Found", "detect", "survey"]

CANDIDATES = (
    "source/_posts", "src/content/blog", "src/content/posts", "src/content/post", "content/blog", "content/posts",
    "content/post", "content/articles", "content/news", "content/en/blog", "content/en/posts", "_posts",
    "collections/_posts", "docs/blog/posts", "blog/posts", "src/posts", "src/blog", "src/_posts", "data/blog",
    "src/data/blog", "src/app/blog", "app/blog", "source/blog", "source/posts", "docs/posts", "src/pages/blog",
    "src/pages/posts", "pages/blog", "blog", "posts", "articles", "news", "docs/blog", "content",
)  # fmt: skip
ALL = (".md", ".markdown", ".mdx", ".mkd", ".mkdn", ".mdown", ".rst", ".txt", ".lr", ".meta", ".html", ".htm", ".qmd",
       ".rmd", ".rmarkdown")  # fmt: skip
NO_POSTS = {"readme", "changelog", "contributing", "license", "licence", "code_of_conduct", "code-of-conduct",
            "security", "authors", "contributors", "maintainers"}  # fmt: skip
DATED = re.compile(r"\d{4}-\d{1,2}-\d{1,2}-.")
UP = 4  # how far above a source outside the project the site's own files are looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A folder of posts: from where was asked, in which dialect, how many files."""

    path: str
    dialect: str
    posts: int


def survey(
    root: Path, project: Path, named: str = "", exclude: tuple[str, ...] = ()
) -> tuple[Tree, Dialect, Path | None]:
    """Walk a source's folder: the files that may be posts, the dialect, and the site's own configuration file."""
    root, project = root.resolve(), project.resolve()
    inside = project if root.is_relative_to(project) else None
    tree = walk(root, ALL, exclude=exclude, inside=inside)
    paths = [f.rel for f in tree.files]
    top = project if inside else (root.parents[:UP] or [root])[-1]
    found, file = recognise.dialect_of(root, top, paths)
    rule = dialect(named) or dialect(found)
    assert rule is not None
    if rule.name != found:
        seen = recognise.by_site(root, top, rule.name)
        file = seen[1] if seen else None
    tree.files = [f for f in tree.files if f.rel.lower().endswith(rule.suffixes) and _may_be_post(f.rel)]
    tree.files = _at_home(_unmade(tree.files), root, rule)
    return tree, rule, file


def _may_be_post(rel: str) -> bool:
    """Names that no generator takes for a post are out: READMEs, and what begins with `_` but folders for posts."""
    if rel.rpartition("/")[2].partition(".")[0].lower() in NO_POSTS:
        return False
    return "_" not in rel or not any(f.startswith("_") and f not in {"_posts", "_drafts"} for f in rel.split("/"))


def _unmade(files: list[File]) -> list[File]:
    """A text with programs in it (R Markdown) that was made into Markdown or HTML beside it is that file's post."""
    sources = [f for f in files if f.rel.lower().endswith((".rmd", ".rmarkdown"))]
    if not sources:
        return files
    made = {f.rel.rpartition(".")[0] for f in files if f.rel.lower().endswith((".md", ".markdown", ".html"))}
    dropped = {f.rel for f in sources if f.rel.rpartition(".")[0] in made}
    return [f for f in files if f.rel not in dropped]


def _at_home(files: list[File], root: Path, rule: Dialect) -> list[File]:
    """Of a dialect whose posts have a home (`_posts`), those that lie in it; of dated names, those that have a date.

    A day that no calendar knows is one too: whoever reads the post tells, where its metadata do not name another.
    """
    outside = set(rule.outside)
    kept = [f for f in files if outside.isdisjoint(f.rel.split("/")[:-1])] if outside else files
    homes = set(rule.homes)
    if homes and not homes & set(root.parts) and any(homes & set(f.rel.split("/")[:-1]) for f in kept):
        kept = [f for f in kept if homes & set(f.rel.split("/")[:-1])]
    if rule.dated_names:
        whole = [(f, (*root.parts, *f.rel.split("/"))) for f in kept]
        kept = [f for f, parts in whole if "_posts" not in parts or DATED.match(parts[-1])]
    return kept


def detect(folder: Path) -> Found | None:
    """Find the posts of the site that stands in `folder`: the best-known place that holds any; None where none does.

    `path` is relative to `folder`, with `/` between its parts.
    """
    best: Found | None = None
    for candidate in (*CANDIDATES, "."):
        place = folder / candidate
        if not place.is_dir() or (candidate == "." and best):
            continue
        tree, rule, _ = survey(
            place, folder, exclude=("issues", "subscribers", "templates") if candidate == "." else ()
        )
        if tree.files and (best is None or (len(tree.files) > best.posts and not _within(candidate, best.path))):
            best = Found(path=candidate, dialect=rule.name, posts=len(tree.files))
    return best


def _within(outer: str, inner: str) -> bool:
    """Whether one place holds the other: the narrower one was found first and is the better answer."""
    return outer == inner or inner.startswith(outer + "/")
