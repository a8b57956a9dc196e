"""The dialects of site generators, as data: where each keeps dates, slugs and addresses, and which files are no posts.

One line a rule in TABLE; what reads the rules is in `recognise`, `links` and `fields`. A dialect never forbids what
another knows: any post may carry any key.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["TABLE", "Dialect", "dialect"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """The rules of one generator."""

    name: str
    files: tuple[str, ...] = ()  # files of the site that tell it, as globs; see recognise for what must stand in them
    suffixes: tuple[str, ...] = (".md", ".markdown", ".mdx")
    # -- instants
    zone: str = (
        "site"  # site: the zone of [sources] or [site]; config: the generator's file, UTC where it is silent; utc
    )
    utc_stamp: bool = False  # a YAML timestamp with seconds and without an offset is UTC
    utc_day: bool = False  # a bare day is midnight UTC
    american: bool = False  # M/D/YYYY is a date (JavaScript's Date)
    # -- which files are posts
    homes: tuple[str, ...] = ()  # where the tree has such a folder, posts lie in it and nowhere else
    outside: tuple[str, ...] = ()  # folders that hold pages
    dated_names: bool = False  # a name without a date is no post
    # -- slugs and addresses
    roots: tuple[str, ...] = ()  # the folder below which the path is the address
    strip_date: bool = True  # a date that begins the name is no part of the slug
    slug: str = "name"  # how a slug is made of the name or the title: see slugs
    written_slug: str = "same"  # how one is made of the slug that the metadata name; empty: they cannot
    address: str = ""  # the pattern of a post's address; empty: the dialect has no rule
    leaf: str = ""  # that of a post that does not stand for its folder, where it is another
    site_day: bool = False  # the day in an address is that of the site's zone, not of the offset that was written
    languages: bool = False  # a folder just below the root, or `name.xx.md`, gives the language
    # -- metadata
    inherits: bool = False  # posts have values from their site or folder
    tag_split: str = ","
    rooted_pictures: bool = False  # `img/a.png` is counted from the site, not from the post
    keywords: bool = True  # `keywords` stand for tags where there are none


TABLE: tuple[Dialect, ...] = (
    Dialect(
        name="jekyll",
        inherits=True,
        files=("_config.yml", "_config.yaml", "_config.toml"),
        suffixes=(".md", ".markdown", ".mkd", ".mkdn", ".html", ".htm"),
        utc_stamp=True,
        homes=("_posts", "_drafts"),
        dated_names=True,
        slug="jekyll",
        written_slug="jekyll",
        address="/{categories}/{year}/{month}/{day}/{slug}.html",
        site_day=True,
        tag_split=" ",
        keywords=False,
    ),
    Dialect(
        name="hugo",
        inherits=True,
        files=(
            "hugo.toml",
            "hugo.yaml",
            "hugo.yml",
            "hugo.json",
            "config.toml",
            "config.yaml",
            "config.yml",
            "config.json",
            "config/_default/hugo.*",
            "config/_default/config.*",
        ),
        suffixes=(".md", ".markdown", ".mdx", ".html", ".rmd", ".rmarkdown"),  # the last two: blogdown
        zone="config",
        roots=("content",),
        strip_date=False,
        slug="hugo",
        written_slug="hugo-words",
        address="/{place}/{slug}/",
        languages=True,
        keywords=False,
    ),
    Dialect(
        name="zola",
        files=("zola.toml", "config.toml"),
        zone="utc",
        roots=("content",),
        slug="words",
        address="/{place}/{slug}/",
        keywords=False,
    ),
    Dialect(
        name="eleventy",
        inherits=True,
        files=(".eleventy.js", ".eleventy.cjs", "eleventy.config.*"),
        zone="utc",
        roots=("src", "content"),
        address="/{place}/{stem}/",
        american=True,
    ),
    Dialect(
        name="astro",
        files=("astro.config.*",),
        utc_stamp=True,
        utc_day=True,
        roots=("src/content", "src/pages", "src/data"),
        strip_date=False,
        slug="github",
        address="/{place}/{slug}/",
        american=True,
    ),
    Dialect(
        name="gatsby",
        files=("gatsby-config.*",),
        utc_stamp=True,
        utc_day=True,
        american=True,
    ),
    Dialect(
        name="next",
        files=("next.config.*",),
        utc_stamp=True,
        utc_day=True,
        roots=("src/content", "content", "src/pages", "pages", "src/app", "app", "data"),
        strip_date=False,
        address="/{place}/{slug}",
        american=True,
    ),
    Dialect(
        name="hexo",
        files=("_config.yml",),
        homes=("_posts", "_drafts"),
        slug="hexo",
        written_slug="",
        address="/{year}/{month}/{day}/{slug}/",
        site_day=True,
        keywords=False,
    ),
    Dialect(
        name="docusaurus",
        files=("docusaurus.config.*",),
        zone="utc",
        address="/{base}/{slug}",
        rooted_pictures=True,
        keywords=False,
        american=True,
    ),
    Dialect(
        name="mkdocs-material",
        files=("mkdocs.yml", "mkdocs.yaml"),
        zone="utc",
        homes=("posts",),
        strip_date=False,
        address="/{base}/{year}/{month}/{day}/{slug}/",
    ),
    Dialect(
        name="lektor",
        files=("*.lektorproject",),
        suffixes=(".lr",),
        roots=("content",),
        strip_date=False,
        address="/{place}/{slug}/",
    ),
    Dialect(
        name="pelican",
        inherits=True,
        files=("pelicanconf.py",),
        suffixes=(".md", ".markdown", ".mkd", ".mdown", ".rst", ".html", ".htm"),
        zone="config",
        outside=("pages", "extra"),
        slug="pelican",
        address="/{slug}.html",
    ),
    Dialect(
        name="nikola",
        inherits=True,
        files=("conf.py",),
        suffixes=(".md", ".markdown", ".mdx", ".rst", ".txt", ".html", ".htm"),
        zone="config",
        outside=("pages", "stories", "galleries", "listings"),
        slug="words",
        address="/{place}/{slug}/",
        languages=True,
    ),
    Dialect(
        name="quarto",
        files=("_quarto.yml", "_quarto.yaml"),
        suffixes=(".qmd", ".md", ".rmd"),
        strip_date=False,
        address="/{place}/{slug}/",
        leaf="/{place}/{slug}.html",
        american=True,
        keywords=False,
    ),
    Dialect(
        name="vitepress",
        files=(".vitepress/config.*", ".vuepress/config.*"),
        utc_stamp=True,
        utc_day=True,
        strip_date=False,
        address="/{place}/{slug}/",
        leaf="/{place}/{slug}.html",
        american=True,
    ),
    Dialect(name="plain", suffixes=(".md", ".markdown", ".mdx")),
)
NAMES = {d.name: d for d in TABLE}
NICKNAMES = {"11ty": "eleventy", "material": "mkdocs-material", "mkdocs": "mkdocs-material", "nextjs": "next",
             "next.js": "next", "blogdown": "hugo", "vuepress": "vitepress", "user": "plain",
             "markdown": "plain"}  # fmt: skip


def dialect(name: str) -> Dialect | None:
    """The dialect of that name (`11ty`, `mkdocs` and `nextjs` are known too); None where we have none."""
    lowered = name.strip().lower()
    return NAMES.get(NICKNAMES.get(lowered, lowered))
