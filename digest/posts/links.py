"""Where a post lies and where a reader finds it: names, slugs and addresses by the rules of its dialect."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from urllib.parse import quote, urlsplit

from digest.posts import slugs
from digest.posts.dates import day_in_name
from digest.posts.dialects import Dialect
from digest.posts.permalinks import Words, dated, fill
from digest.posts.site_files import SiteFile

__all__ = [
    "WORDS",
    "Place",
    "absolute",
    "address",
    "is_web",
    "joined",
    "place_of",
    "slug_of",
    "templated",
    "words_of",
]

WORDS = ("slug", "name", "path", "year", "month", "day", "category", "categories", "title", "place", "section", "base",
         "i_month", "i_day", "yy", "y_day", "hour", "minute", "second", "id")  # fmt: skip
DAY_SHAPED = re.compile(r"\d{4}-\d{1,2}-\d{1,2}-(?=.)")
INDEXES = {"lektor": "contents", "next": "page"}  # what else stands for its folder
LANGUAGES = frozenset(  # ISO 639-1, two letters each
    re.findall(
        "..",
        "aaabafakamanarasavayazbabebgbhbibmbnbobrbscacechcocrcscucvcydadedvdzeeeleneoeseteufafffifjfofrfygagd"
        "glgngugvhahehihohrhthuhyhziaidieigiiikioisitiujajvkakgkikjkkklkmknkokrkskukvkwkylalblglilnloltlulvmg"
        "mhmimkmlmnmrmsmtmynanbndnengnlnnnonrnvnyocojomorospapiplpsptqurmrnrorurwsascsdsesgsiskslsmsnsosqsrss"
        "stsusvswtatetgthtitktltntotrtstttwtyugukuruzvevivowawoxhyiyozazhzu",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a post lies: `path` is below the source's root, without its ending; addresses are made of `below`."""

    path: str
    name: str  # of the file, or of its folder where the file is an index; without a date that is no part of it
    below: tuple[str, ...] = ()  # the folders between the root of the site's content and the post
    folders: tuple[str, ...] = ()  # the folders between the root of the source and the post
    day: date | None = None  # from the name or the folders
    dated: bool = False  # the name itself begins with a date
    lang: str = ""
    index: bool = False
    home: Path | None = None  # the root of the site's content, where its sections must be told from folders


def is_language(text: str) -> bool:
    """Tell whether a text is a language tag as folders have it: `de`, `pt-br`."""
    first, _, rest = text.partition("-")
    return first in LANGUAGES and (not rest or (2 <= len(rest) <= 4 and rest.isalpha()))


def place_of(rel: str, root: Path, rule: Dialect, site: SiteFile) -> Place:
    """Say what a path below the source's root means in a dialect."""
    *folders, file = rel.split("/")
    stem = (file.rpartition(".")[0] or file).removesuffix(".html")  # Middleman: name.html.md
    lang = ""
    if rule.languages and "." in stem and is_language(stem.rpartition(".")[2]):
        stem, _, lang = stem.rpartition(".")
    elif rule.name == "lektor":
        stem, _, lang = stem.partition("+")  # contents+de.lr
    path = "/".join([*folders, stem])
    index = stem.lower() in {"index", INDEXES.get(rule.name, "")}
    if index:
        stem = folders.pop() if folders else root.name
        path = "/".join([*folders, stem]) if rel.count("/") else stem
    day, rest = day_in_name(stem)
    dated = day is not None
    shaped = DAY_SHAPED.match(stem) if rule.dated_names and not dated else None
    if shaped:  # 2026-11-31-x: the day is none, and no part of the name all the same
        dated, rest = True, stem[shaped.end() :]
    day = day or _day_of(folders)
    strip = rule.strip_date if site.dated_names is None else site.dated_names
    below = list(_below(root, folders, rule, site))
    if rule.languages and below and is_language(below[0]):
        lang = lang or below.pop(0)
    return Place(
        path=path, name=rest if dated and strip else stem, below=tuple(below), folders=tuple(folders), day=day,
        dated=dated, lang=lang, index=index, home=_home_of_sections(site),
    )  # fmt: skip


def _home_of_sections(site: SiteFile) -> Path | None:
    asked = any("{sections}" in pattern for _, pattern in site.addresses)
    return site.root / site.home if asked and site.root else None


def _day_of(folders: Sequence[str]) -> date | None:
    """The day that folders name: `2025/04/23`, or one folder `2025-04-23-…`."""
    for i in range(len(folders), 0, -1):
        day, _ = day_in_name(folders[i - 1])
        if day:
            return day
        if i >= 3 and re.fullmatch(r"\d{4}/\d{1,2}/\d{1,2}", "/".join(folders[i - 3 : i])):
            try:
                return date(*(int(part) for part in folders[i - 3 : i]))
            except ValueError:
                return None
    return None


def _below(root: Path, folders: Sequence[str], rule: Dialect, site: SiteFile) -> Sequence[str]:
    """The folders of a post below the root of the site's content."""
    parts = [*root.parts[1:], *folders]
    if site.root is not None and site.home:
        home = (site.root / site.home).parts[1:]
        if tuple(parts[: len(home)]) == home:
            return parts[len(home) :]
    for name in rule.roots:
        words = name.split("/")
        for at in range(len(parts) - len(words), -1, -1):
            if parts[at : at + len(words)] == words:
                return parts[at + len(words) :]
    return [root.name, *folders] if site.root is None else parts[len(site.root.parts) - 1 :]


# ------------------------------------------------------------------------------------------------ slugs


def slug_of(written: str, place: Place, title: str, rule: Dialect, site: SiteFile) -> str:
    """The slug: as written in the metadata, else of the name or the title, as the dialect makes it."""
    if written and rule.written_slug:
        return slugs.made(rule.written_slug, written.strip("/")) or place.name
    if rule.name == "hexo":
        return _hexo_slug(place, site)
    how = site.slug or rule.slug
    return slugs.made(how, title if how in {"title", "pelican"} else place.name) or place.name


def _hexo_slug(place: Place, site: SiteFile) -> str:
    """Hexo: the path below _posts, as it is where its pattern for names is met, else made smooth."""
    at = len(place.below) - place.below[::-1].index("_posts") if "_posts" in place.below else len(place.below)
    path = "/".join([*place.below[at:], place.name])
    return slugs.made("hexo", path) if site.dated_names and not place.dated else path


# ------------------------------------------------------------------------------------------------ addresses


def is_web(url: str) -> bool:
    """Tell whether a text is an absolute web address with a host and nothing that breaks a link."""
    try:
        parts = urlsplit(url)
        return parts.scheme.lower() in {"http", "https"} and bool(parts.hostname) and not re.search(r'[\s<>"]', url)
    except ValueError:
        return False


def joined(base: str, path: str) -> str:
    """A path on a site: below its address, percent-encoded where need be."""
    encoded = quote(re.sub(r"/{2,}", "/", "/" + path.lstrip("/")), safe="/%~!$&'()*+,;=:@._-?#")
    return base.rstrip("/") + encoded


def absolute(written: str, base: str, site: SiteFile) -> str:
    """An address from the metadata, absolute; empty where it is none, or where the site's own address is unknown."""
    text = written.strip()
    if text.startswith("//"):
        text = "https:" + text
    if is_web(text):
        return text
    if not text or not base or re.match(r"[A-Za-z][\w+.-]*:", text) or re.search(r"\{\{|\{%|\$\{|[\s<>\"]", text):
        return ""
    return joined(_based(base, site), re.sub(r"(^|/)index\.html?$", r"\1", text))


def _based(base: str, site: SiteFile) -> str:
    """The address of the site, with the path that its own configuration adds where [site] url has none."""
    return base if urlsplit(base).path.strip("/") or not site.prefix else base.rstrip("/") + site.prefix


def words_of(
    place: Place,
    title: str,
    slug: str,
    *,
    asked: bool,
    at: datetime | None,
    categories: Sequence[str],
    lang: str,
    rule: Dialect,
    site: SiteFile,
) -> Words:
    """What a pattern may name. `asked` says that the post's metadata name the slug; `categories` lead to it."""
    of_dialect = {"jekyll": _jekyll_words, "hugo": _hugo_words, "hexo": _hexo_words}.get(rule.name, _plain_words)
    stem = place.path.rpartition("/")[2]
    base = site.base or _base(place, rule)
    known = {
        "slug": slug, "title": slug, "name": place.name, "path": place.path, "stem": stem, "id": "", "lang": lang,
        "place": "/".join(place.below), "place_stem": "/".join([*place.below, stem]),
        "section": place.below[0] if place.below else "", "base": "" if base == "/" else base,
        "categories": "/".join(c.lower() for c in categories),
    }  # fmt: skip
    own = partial(of_dialect, place, title, slug, asked, categories)
    if rule.name in {"hugo", "hexo"}:  # which have another word for what we know
        return Words({**known, **own()}, partial(dated, at) if at else dict)
    return Words(known, own, partial(dated, at) if at else dict)


def _category(categories: Sequence[str]) -> str:
    return slugs.made("words", categories[0]) if categories else ""


def _plain_words(_place: Place, title: str, _slug: str, _asked: bool, categories: Sequence[str]) -> Mapping[str, str]:
    return {"title_slug": slugs.made("words", title), "category": _category(categories)}


def _jekyll_words(place: Place, _title: str, slug: str, _asked: bool, categories: Sequence[str]) -> Mapping[str, str]:
    low = [slugs.made("jekyll-low", c) for c in categories]
    return {
        "category": _category(categories), "slug_categories": "/".join(low), "collection": "posts",
        "low_slug": slugs.made("jekyll-low", slug), "output_ext": ".html",
        "low_stem": slugs.made("jekyll-low", place.path.rpartition("/")[2]),
    }  # fmt: skip


def _hugo_words(place: Place, title: str, slug: str, asked: bool, categories: Sequence[str]) -> Mapping[str, str]:
    named = slugs.made("hugo-words", place.name)
    titled = slugs.made("hugo-title", title)
    return {
        "category": _category(categories), "title_slug": titled, "name_slug": named,
        "place": "/".join(slugs.made("hugo", p) for p in place.below),
        "sections": "/".join(slugs.made("hugo-words", p) for p in _sections(place.home, place.below)),
        "slug_or_title": slug if asked else titled, "slug_or_name": slug if asked else named,
    }  # fmt: skip


def _sections(home: Path | None, below: tuple[str, ...]) -> tuple[str, ...]:
    """Hugo: the first folder is a section, and each below it that has a page of its own."""
    if home is None:
        return below
    return tuple(p for i, p in enumerate(below) if not i or any(home.joinpath(*below[: i + 1]).glob("_index.*")))


def _hexo_words(_place: Place, title: str, slug: str, _asked: bool, categories: Sequence[str]) -> Mapping[str, str]:
    return {"category": "/".join(slugs.made("hexo", c) for c in categories), "name": slug.rpartition("/")[2],
            "title_slug": slugs.made("hexo", title).lower()}  # fmt: skip


def _base(place: Place, rule: Dialect) -> str:
    """What the address of the blog begins with, told by its folder."""
    below = [p for p in place.below if p not in {"docs", "posts"}]
    if rule.name in {"docusaurus", "mkdocs-material"}:
        if "blog" in below:
            return "blog"
        parts = below[: len(below) - len(place.folders)] or below
        return parts[-1] if parts else "blog"
    return "/".join(below)


def templated(template: str, words: Words, base: str) -> str:
    """An address by the pattern of [sources.X] url, which may begin with / ; empty where a word of it is unknown."""
    filled = fill(template, words)
    if not filled:
        return ""
    start = re.match(r"https?://[^/]+", filled)
    return joined(start[0], filled[start.end() :]) if start else joined(base, filled) if base else ""


def address(
    words: Words, place: Place, written_slug: str, base: str, language: str, rule: Dialect, site: SiteFile
) -> str:
    """The address by the dialect's rule, absolute; empty where the rule or the site's address is unknown.

    A post in another language than the site's lies below its language (Hugo, Pelican, Nikola).
    """
    own = next((p for first, p in site.addresses if place.below[:1] == (first,)), "") or site.address
    pattern = own or (rule.leaf if rule.leaf and not place.index else rule.address)
    if not pattern or not base:
        return ""
    if site.translated and words["lang"] not in {"", site.language}:
        pattern = site.translated
    if rule.name == "docusaurus":
        if written_slug.startswith("/"):
            pattern = "/{base}" + written_slug
        elif not written_slug and place.day is not None:
            pattern = "/{base}/{year}/{month}/{day}/{slug}"
    filled = fill(pattern, words)
    if filled and place.lang and place.lang != language.partition("-")[0] and place.lang != language:
        filled = f"/{place.lang}{filled}"
    return joined(_based(base, site), filled) if filled else ""
