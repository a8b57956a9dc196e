"""Where a post lies and where a reader finds it: names, slugs and addresses by the rules of its dialect."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote, urlsplit

from digest.posts.dates import day_in_name
from digest.posts.dialects import Dialect
from digest.posts.site_files import SiteFile

__all__ = [
    "WORDS",
    "Place",
    "absolute",
    "address",
    "fill",
    "is_web",
    "joined",
    "place_of",
    "slug_of",
    "templated",
    "words_of",
]

WORDS = ("slug", "name", "path", "year", "month", "day", "category", "categories", "title", "place", "section", "base",
         "i_month", "i_day", "yy", "y_day", "hour", "minute", "second", "id")  # fmt: skip
INDEXES = {"lektor": "contents", "next": "page"}  # what else stands for its folder
PLACEHOLDER = re.compile(r"\{(\w+)\}")
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


def is_language(text: str) -> bool:
    """Tell whether a text is a language tag as folders have it: `de`, `pt-br`."""
    first, _, rest = text.partition("-")
    return first in LANGUAGES and (not rest or (2 <= len(rest) <= 4 and rest.isalpha()))


def place_of(rel: str, root: Path, rule: Dialect, site: SiteFile) -> Place:
    """Say what a path below the source's root means in a dialect."""
    *folders, file = rel.split("/")
    stem = file.rpartition(".")[0] or file
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
    day = day or _day_of(folders)
    strip = rule.strip_date if site.dated_names is None else site.dated_names
    below = list(_below(root, folders, rule, site))
    if rule.languages and below and is_language(below[0]):
        lang = lang or below.pop(0)
    return Place(
        path=path, name=rest if dated and strip else stem, below=tuple(below), folders=tuple(folders), day=day,
        dated=dated, lang=lang, index=index,
    )  # fmt: skip


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
    if written:
        return written.strip().strip("/") or place.name
    how = site.slug or rule.slug
    if how == "title":
        return _of_title(title, rule) or place.name
    if how == "lower":  # Hugo
        kept = re.sub(r"[^\w./+~\s-]", "", place.name.lower())
        return re.sub(r"\s+", "-", kept.strip())
    if how == "github":  # Astro
        return re.sub(r"[^\w\- ]", "", place.name.lower()).replace(" ", "-")
    if how == "cased":  # Jekyll
        return re.sub(r"[^\w.~!$&'()+,;=@-]+", "-", place.name).strip("-")
    if how == "words":
        from slugify import slugify

        return str(slugify(place.name)) or place.name
    return re.sub(r"\s+", "-", place.name.strip())


def _of_title(title: str, rule: Dialect) -> str:
    plain = re.sub(r"[^\w\s-]", "", unicodedata.normalize("NFC", title)).strip().lower()
    if rule.name != "pelican":
        return re.sub(r"\s", "-", plain)
    from slugify import slugify

    return str(slugify(plain, regex_pattern=r"[^-a-z0-9_]+"))


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
    place: Place, slug: str, at: datetime | None, categories: Sequence[str], rule: Dialect, site: SiteFile
) -> Mapping[str, str]:
    """What a pattern may name."""
    dated = {} if at is None else {
        "year": f"{at.year:04}", "month": f"{at.month:02}", "day": f"{at.day:02}", "i_month": str(at.month),
        "i_day": str(at.day), "yy": f"{at.year % 100:02}", "y_day": f"{at.timetuple().tm_yday:03}",
        "hour": f"{at.hour:02}", "minute": f"{at.minute:02}", "second": f"{at.second:02}",
    }  # fmt: skip
    slugs = [_category(c) for c in categories]
    below = place.below
    base = site.base or _base(place, rule)
    return {
        "slug": slug, "title": slug, "name": place.name, "path": place.path, "category": slugs[0] if slugs else "",
        "categories": "/".join(c.lower() for c in categories),
        "place": "/".join(_hugo(p) if rule.name == "hugo" else p for p in below),
        "section": below[0] if below else "", "base": base, "id": "", **dated,
    }  # fmt: skip


@lru_cache(maxsize=1024)
def _category(label: str) -> str:
    from slugify import slugify

    return str(slugify(label))


def _hugo(part: str) -> str:
    return re.sub(r"\s+", "-", part.lower())


def _base(place: Place, rule: Dialect) -> str:
    """What the address of the blog begins with, told by its folder."""
    below = [p for p in place.below if p not in {"docs", "posts"}]
    if rule.name in {"docusaurus", "mkdocs-material"}:
        if "blog" in below:
            return "blog"
        parts = below[: len(below) - len(place.folders)] or below
        return parts[-1] if parts else "blog"
    return "/".join(below)


def fill(pattern: str, words: Mapping[str, str]) -> str:
    """Fill a pattern's {words}; empty where it names one that is unknown here (a date that is not there)."""
    if any(word not in words for word in PLACEHOLDER.findall(pattern)):
        return ""
    return PLACEHOLDER.sub(lambda m: words[m[1]], pattern)


def templated(template: str, words: Mapping[str, str], base: str) -> str:
    """An address by the pattern of [sources.X] url, which may begin with / ; empty where a word of it is unknown."""
    filled = fill(template, words)
    if not filled:
        return ""
    start = re.match(r"https?://[^/]+", filled)
    return joined(start[0], filled[start.end() :]) if start else joined(base, filled) if base else ""


def address(
    words: Mapping[str, str], place: Place, written_slug: str, base: str, language: str, rule: Dialect, site: SiteFile
) -> str:
    """The address by the dialect's rule, absolute; empty where the rule or the site's address is unknown.

    A post in another language than the site's lies below its language (Hugo, Pelican, Nikola).
    """
    pattern = (
        next((p for first, p in site.addresses if place.below[:1] == (first,)), "") or site.address or rule.address
    )
    if not pattern or not base:
        return ""
    if rule.name == "docusaurus":
        if written_slug.startswith("/"):
            pattern = "/{base}" + written_slug
        elif not written_slug and place.day is not None:
            pattern = "/{base}/{year}/{month}/{day}/{slug}"
    if words["base"] == "/":
        words = {**words, "base": ""}
    filled = fill(pattern, words)
    if filled and place.lang and place.lang != language.partition("-")[0] and place.lang != language:
        filled = f"/{place.lang}{filled}"
    return joined(_based(base, site), filled) if filled else ""
