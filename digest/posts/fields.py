"""What the metadata of a post mean: keys of every generator, in any spelling, become the fields of a Post.

A value that cannot be taken is a problem with its line: an error where the post cannot go without it (its date), else a
warning. `Keys` is how metadata are asked; `dates` and `links` do the work that is theirs.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache

from digest.model import Problem
from digest.posts import dates
from digest.posts.dialects import Dialect
from digest.posts.front_matter import Front
from digest.posts.links import Place
from digest.posts.pictures import KEYS as PICTURE_KEYS
from digest.posts.tags import split
from digest.posts.written import Value, Written

__all__ = ["ID_KEYS", "Keys", "Zones", "authors", "category_path", "draft", "excerpt", "expiry", "flags", "labels",
           "published", "unlisted", "updated"]  # fmt: skip

DATE_KEYS = ("date", "pubdate", "pubdatetime", "publishdate", "publishedat", "publishedon", "published",
             "datepublished", "publicationdate", "created", "createdat", "datecreated", "rsspubdate")  # fmt: skip
UPDATE_KEYS = ("lastmod", "updated", "modified", "updateddate", "updatedat", "lastmodified", "lastmodifiedat",
               "moddatetime", "datemodified", "lastupdated", "lastupdate", "updatedate")  # fmt: skip
EXPIRY_KEYS = (
    "expirydate",
    "expires",
    "expiry",
    "expireson",
    "expiresat",
    "unpublish",
    "unpublishdate",
    "expirationdate",
)
ID_KEYS = ("id", "guid", "uuid")
EXCERPT_KEYS = ("excerpt", "summary", "description", "abstract", "spoiler", "desc", "blurb")
AUTHOR_KEYS = ("author", "authors", "creator", "byline")
FAMILIES = tuple(map(frozenset, (AUTHOR_KEYS, EXCERPT_KEYS, PICTURE_KEYS)))
YES = {"true", "yes", "on", "y", "1"}
NO = {"false", "no", "off", "n", "0", "", "never"}
NESTED = ("extra", "params", "taxonomies")  # tables that Zola and Hugo give to the site's own keys
OF_THE_BUILD = re.compile(
    r"(?:git )?(?:last[ -]modified|created)$|today$|now$|`r ", re.IGNORECASE
)  # Eleventy, Quarto, R
HASHED = re.compile(r"^#+(?=\w)")  # Obsidian: #tag
IN_PATH = re.compile(r"(?:^|/)(\d{4})/(\d{1,2})/(\d{1,2})(?:/|$)")
TAG = re.compile(r"</?[A-Za-z][^<>]*>")


@lru_cache(maxsize=4096)
def plain(key: str) -> str:
    """A key without what generators disagree on: case, `_`, `-`."""
    return re.sub(r"[-_ ]", "", key.lower())


class Keys:
    """Metadata, asked by keys in any spelling; problems found on the way gather in `problems`."""

    def __init__(self, front: Front, inherited: Mapping[str, Value] | None = None, joined: str = "") -> None:
        """Take the metadata of a post; what it inherits stands where it says nothing, and adds to the key `joined`."""
        self.front = front
        self.problems: list[Problem] = list(front.problems)
        self.values: dict[str, Value] = {}
        self.names: dict[str, str] = {}
        for key, value in self._all(front.values):
            if plain(key) not in self.values or plain(key) == key:
                self.values[plain(key)] = value
                self.names[plain(key)] = key
        said = set(self.values)
        for key, value in (inherited or {}).items():
            own = self.values.get(plain(key))
            if any(plain(key) in family and not said.isdisjoint(family) for family in FAMILIES) and own is None:
                continue  # the post says the same under another key
            if own is None:
                self.values[plain(key)], self.names[plain(key)] = value, key
            elif key == joined:
                self.values[key] = [*(value if isinstance(value, list) else [value]), *_list(own)]

    @staticmethod
    def _all(values: Mapping[str, Value]) -> Iterator[tuple[str, Value]]:
        yield from values.items()
        own = {plain(k) for k in values}
        for table in NESTED:
            nested = values.get(table)
            if isinstance(nested, dict):
                yield from ((k, v) for k, v in nested.items() if plain(k) not in own)

    def line(self, key: str) -> int:
        """The line where a key stands."""
        value, name = self.values.get(key), self.names.get(key, key)
        if name in self.front.lines:
            return self.front.lines[name]
        return value.line if isinstance(value, Written) else 1

    def text(self, *keys: str) -> Written | None:
        """The first of these keys that holds a text with something in it."""
        for key in keys:
            value = self.values.get(key)
            if isinstance(value, Written) and value.strip():
                return value
        return None

    def truth(self, key: str) -> bool | None:
        """Whether a key says yes or no; None where it says neither."""
        value = self.values.get(key)
        if not isinstance(value, Written):
            return None
        word = value.strip().lower()
        return True if word in YES else False if word in NO else None

    def wrong(self, key: str, message: str, *, error: bool = False) -> None:
        """Note what is wrong with a key."""
        severity = "error" if error else "warning"
        self.problems.append(Problem(line=self.line(key), message=message, severity=severity))


def _list(value: Value) -> list[Value]:
    return [Written(part, value.line) for part in split(value)] if isinstance(value, Written) else [*value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Zones:
    """How times without an offset are taken: `zone`, and what of YAML's own times is UTC."""

    zone: tzinfo = UTC
    utc_stamp: bool = False
    utc_day: bool = False
    american: bool = False

    def read(self, text: Written) -> dates.Moment:
        """Read one date. Raises dates.NotADate."""
        return dates.read(
            text,
            self.zone,
            utc_stamp=self.utc_stamp and text.plain,
            utc_day=self.utc_day and text.plain,
            american=self.american,
        )


# ------------------------------------------------------------------------------------------------ dates


def published(keys: Keys, place: Place, zones: Zones, rule: Dialect) -> dates.Moment | None:
    """When a post was published: by its metadata, else by its name or folders, else by the path it asks for."""
    written, key = _date(keys)
    found: dates.Moment | None = None
    if written is not None:
        try:
            found = zones.read(written)
        except dates.NotADate:
            shown = " ".join(written.split())[:60]
            why = "is the day on which the site is made" if OF_THE_BUILD.match(shown) else "is not a date"
            keys.wrong(key, f'{keys.names[key]} "{shown}" {why}; write YYYY-MM-DD', error=True)
    if found is not None and key == "date":
        found = _later(keys, found, zones)
    if found is None:
        day = place.day or _day_in_path(keys)
        day_zone = UTC if rule.zone == "utc" else zones.zone
        found = dates.Moment(at=dates.midnight(day, day_zone), bare=True) if day else None
    return found


def _date(keys: Keys) -> tuple[Written | None, str]:
    for key in DATE_KEYS:
        value = keys.values.get(key)
        if isinstance(value, dict):  # Material: created, updated
            value = next((v for k, v in value.items() if plain(k) in {"created", "published"}), value)
        if isinstance(value, list | dict):
            keys.wrong(key, f"{keys.names[key]} is no single date; write YYYY-MM-DD", error=True)
        elif isinstance(value, Written) and value.strip() and not (key == "published" and keys.truth(key) is not None):
            return value, key
    return None, ""


def _later(keys: Keys, found: dates.Moment, zones: Zones) -> dates.Moment:
    """A post that names both a date and a later day of publication is not out before that."""
    text = keys.text("publishdate")
    try:
        other = zones.read(text) if text else found
    except dates.NotADate:
        keys.wrong("publishdate", f'{keys.names["publishdate"]} "{text}" is not a date; write YYYY-MM-DD', error=True)
        return found
    return other if other.at > found.at else found


def _day_in_path(keys: Keys) -> date | None:
    """The day in a path that the metadata ask for (`path = "2015/05/15/name"`)."""
    written = keys.text("path", "permalink", "url", "slug")
    found = IN_PATH.search(written) if written else None
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def _moment(keys: Keys, zones: Zones, names: tuple[str, ...]) -> datetime | None:
    """The first date among these keys; one that is none is a warning."""
    for key in names:
        value = keys.values.get(key)
        if isinstance(value, dict):
            value = next((v for k, v in value.items() if plain(k) in {"date", "updated"}), None)
        if not isinstance(value, Written) or not value.strip():
            continue
        try:
            return zones.read(value).at
        except dates.NotADate:
            shown = " ".join(value.split())[:60]
            keys.wrong(key, f'{keys.names[key]} "{shown}" is not a date, so it is passed over; write YYYY-MM-DD')
    return None


def updated(keys: Keys, zones: Zones) -> datetime | None:
    """When a post was last changed, as its author says."""
    both = keys.values.get("date")
    if isinstance(both, dict):
        inner = next((v for k, v in both.items() if plain(k) == "updated"), None)
        if isinstance(inner, Written) and inner.strip():
            keys.values.setdefault("updated", inner)
            keys.names.setdefault("updated", "updated")
    return _moment(keys, zones, UPDATE_KEYS)


def expiry(keys: Keys, zones: Zones) -> datetime | None:
    """When a post ends to be of use."""
    return _moment(keys, zones, EXPIRY_KEYS)


# ------------------------------------------------------------------------------------------------ states

DRAFTS = {"_drafts", "drafts", "draft"}
WITHHELD = {"draft", "private", "pending", "skip", "idea", "wip"}


def draft(keys: Keys, folders: tuple[str, ...]) -> bool:
    """Whether a post is not to be published yet. What says neither yes nor no is taken as a draft, with a warning."""
    if any(f.lower() in DRAFTS for f in folders):
        return True
    for key in ("draft", "isdraft"):
        if key in keys.values and keys.truth(key) is None:
            keys.wrong(
                key, f"{keys.names[key]} says neither true nor false, so the post is taken as a draft; write one"
            )
            return True
        if keys.truth(key):
            return True
    if any(keys.truth(key) is False and keys.text(key) for key in ("published", "ispublished", "publish")):
        return True
    status = keys.text("status", "poststatus")
    build = keys.values.get("build")
    render = build.get("render") if isinstance(build, dict) else None
    return (
        (status is not None and status.strip().lower() in WITHHELD)
        or (keys.truth("permalink") is False and keys.text("permalink") is not None)
        or bool(keys.truth("hidden") and keys.front.form == "lektor")
        or render in {"never", "false"}
    )


def unlisted(keys: Keys) -> bool:
    """Whether a post is published and stands in no list: who has its address may read it."""
    status = keys.text("status")
    build = keys.values.get("build")
    shown = build.get("list") if isinstance(build, dict) else None
    return (
        any(keys.truth(k) for k in ("unlisted", "hidden", "private", "headless", "eleventyexcludefromcollections"))
        or any(keys.truth(k) is False and keys.text(k) for k in ("listed", "discoverable"))
        or (status is not None and status.strip().lower() in {"hidden", "unlisted"})
        or shown in {"never", "false", "local"}
    )


def flags(front: Front) -> tuple[str, ...]:
    """The keys that are true, sorted; Nikola's `status: featured` too."""
    found = {str(k) for k, v in _flat(front) if isinstance(v, Written) and v.strip().lower() in {"true", "yes", "on"}}
    status = front.values.get("status")
    if isinstance(status, Written) and status.strip().lower() == "featured":
        found.add("featured")
    return tuple(sorted(found))


def _flat(front: Front) -> Iterator[tuple[str, Value]]:
    yield from front.values.items()
    for table in NESTED:
        nested = front.values.get(table)
        if isinstance(nested, dict):
            yield from nested.items()


# ------------------------------------------------------------------------------------------------ words


def labels(keys: Keys, *names: str, at: str = ",", whole: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Tags or categories: a list, or a string split `at` a sign; keys in `whole` hold one label that is never split."""
    found: dict[str, None] = {}
    for name in names:
        value = keys.values.get(name)
        if isinstance(value, Written):
            sign = ";" if keys.front.form == "headers" and ";" in value else at
            parts = (" ".join(value.split()),) if name in whole else split(value.replace("\n", sign), sign)
            found |= dict.fromkeys(p for p in parts if p)
        elif isinstance(value, list):
            found |= dict.fromkeys(_listed(keys, name, value))
        elif value is not None:
            keys.wrong(name, f"{keys.names[name]} is a mapping, so it is passed over; write a list")
    return tuple(dict.fromkeys(HASHED.sub("", label) for label in found))


def _listed(keys: Keys, name: str, items: list[Value]) -> Iterator[str]:
    for item in items:
        if isinstance(item, Written):
            if item.strip():
                yield " ".join(item.split())
        elif isinstance(item, dict) and isinstance(label := item.get("label", item.get("name")), Written):
            yield " ".join(label.split())
        elif isinstance(item, list):  # Hexo: a path of categories
            yield from _listed(keys, name, item)
        else:
            keys.wrong(name, f"{keys.names[name]} holds something that is no text, so it is passed over; write words")


def category_path(keys: Keys) -> tuple[str, ...]:
    """Hexo: a list of categories is a path from the widest to the narrowest; of several paths the last one counts."""
    value = keys.values.get("categories", keys.values.get("category"))
    while isinstance(value, list) and value and isinstance(value[-1], list):
        value = value[-1]
    parts = value if isinstance(value, list) else [value]
    return tuple(" ".join(p.split()) for p in parts if isinstance(p, Written) and p.strip())


def authors(keys: Keys, known: Mapping[str, str]) -> str:
    """Who wrote a post, as one text; keys into the site's own list of authors (`known`) become names."""
    found: list[str] = []
    for key in AUTHOR_KEYS:
        value = keys.values.get(key)
        if value:
            for item in _people(keys, value):
                name = _name(item, known)
                if name and name not in found:
                    found.append(name)
        if found:
            break
    return ", ".join(found)


def _people(keys: Keys, value: Value) -> list[Value]:
    """The entries of a list; Pelican's `Authors: Ann; Bee, C.` is one too."""
    if isinstance(value, list):
        return value
    if isinstance(value, Written) and keys.front.form in {"headers", "rest"} and ";" in value:
        return [Written(part, value.line) for part in split(value, ";")]
    return [value]


def _name(item: Value, known: Mapping[str, str]) -> str:
    if isinstance(item, dict):
        item = next((v for k, v in item.items() if plain(k) in {"name", "title", "key"} and isinstance(v, Written)), [])
    return " ".join(known.get(item.strip(), item).split()) if isinstance(item, Written) else ""


def excerpt(keys: Keys) -> str:
    """The excerpt that is written, on one line and without tags; Markdown in it stays as it is."""
    written = keys.text(*EXCERPT_KEYS)
    if written is None:
        return ""
    text = html.unescape(TAG.sub("", written)) if TAG.search(written) else str(written)
    return " ".join(text.split())
