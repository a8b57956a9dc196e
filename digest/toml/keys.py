"""Every key that digest.toml may hold, as data: its type, what it takes, its reader, its twin in the environment.

The classes of `settings` hold the defaults. docs/configuration.md is held to these tables by a test. How a file is
read by them, and what plugs add to [sources.*] and [transport], is `config`'s affair.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from digest.settings import Newsletter, Public, Rules, Sender, Site, Smtp, State
from digest.toml import notation

__all__ = [
    "NEWSLETTER",
    "SECRETS",
    "SEVERITIES",
    "SMTP",
    "TABLES",
    "TWINS",
    "VARIABLES",
    "Key",
    "Table",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key. `type` is what msgspec checks; `read` makes the value of it (see `notation`), raising `Misread`."""

    type: Any = str
    takes: str = "text"  # ends the sentence "expected …" where the type is wrong
    read: Callable[[Any], Any] | None = None
    field: str = ""  # the field of the settings class, where it has another name
    twin: str = ""  # the variable of the environment that beats the file
    address: str = ""  # "one": an address alone; "named": `Name <address>` too


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table: the settings class it fills, its keys, and the tables inside it."""

    settings: tuple[type, ...]  # whose fields hold the defaults
    keys: dict[str, Key]
    tables: dict[str, Table] = field(default_factory=dict)


def _within(low: int, high: int, *also: int) -> Callable[[float], float]:
    """A reader for a number from `low` to `high`, or one of a few others."""

    def read(number: float) -> float:
        if low <= number <= high or number in also:
            return number
        extra = "".join(f", or {n}" for n in also)
        raise notation.Misread(f"a number from {low} to {high}{extra}")

    return read


def _number(low: int, high: int, *also: int, takes: str = "a whole number, as 20", twin: str = "") -> Key:
    return Key(type=int, takes=takes, read=_within(low, high, *also), twin=twin)


def _words(
    read: Callable[[str], str] = notation.plain, field: str = "", takes: str = 'a list of texts, as ["a", "b"]'
) -> Key:
    return Key(type=tuple[str, ...], takes=takes, read=notation.each(read), field=field)


def _command(items: tuple[str, ...]) -> tuple[str, ...]:
    if items and items[0]:
        return items
    raise notation.Misread('a program and its arguments, as ["pass", "show", "relay"]')


def _rising(numbers: tuple[int, ...]) -> tuple[int, ...]:
    for at, number in enumerate(numbers):
        if not 1 <= number <= COUNT or (at and number < numbers[at - 1]):
            raise notation.Misread("numbers from 1 up, none smaller than the one before", at=at)
    return numbers


def _domains(pairs: dict[str, str]) -> tuple[tuple[str, int, float], ...]:
    """Paces of recipient domains; each wrong one is told at its own line."""
    found: dict[str, tuple[int, float]] = {}
    wrong: list[notation.Misread] = []
    for written, pace in pairs.items():
        try:
            domain = written if written == "*" else notation.domain(written)
            if domain in found:
                raise notation.Misread(f"each domain once; {domain} is there already")
            found[domain] = notation.limit(pace)
        except notation.Misread as exc:
            exc.at = written
            wrong.append(exc)
    if wrong:
        wrong[0].others = tuple(wrong[1:])
        raise wrong[0]
    return tuple((domain, *limit) for domain, limit in found.items())


def _database(text: str) -> str:
    if text and not text.startswith(("postgresql://", "postgres://")):
        raise notation.Misread('a PostgreSQL URL, as "postgresql://db.example.org/digest"; without one, SQLite is used')
    return text


def _postal(value: str | bool) -> str | bool:
    if value is True:
        raise notation.Misread("a postal address as text, or false with a reason in postal_exempt")
    return notation.plain(value) if isinstance(value, str) else value


TEXT = Key(read=notation.plain)
COUNT = 1_000_000_000

SITE = Table(
    settings=(Site,),
    keys={
        "name": TEXT,
        "url": Key(takes='text, as "https://example.org"', read=notation.url, twin="DIGEST_SITE_URL"),
        "timezone": Key(takes='text, as "Europe/Vienna"', read=notation.zone),
        "language": Key(takes='text, as "en"', read=notation.language),
        "id": Key(takes='text, as "default"', read=notation.lower_name),
    },
)

SENDER = Table(
    settings=(Sender,),
    keys={
        "from": Key(takes='text, as "Example Weekly <news@example.org>"', address="named"),
        "reply_to": Key(takes='text, as "editors@example.org"', address="named"),
        "postal_address": Key(type=str | bool, takes="text, or false", read=_postal),
        "postal_exempt": TEXT,
        "unsubscribe": Key(takes='text, as "unsubscribe@news.example.org"', address="one"),
        "style": Key(read=notation.choice("subject", "plus"), field="unsubscribe_style"),
        "bounces": Key(takes='text, as "bounces@news.example.org"', address="one"),
        "reviewers": Key(type=tuple[str, ...], takes='a list of addresses, as ["editor@example.org"]', address="one"),
        "report_to": Key(takes='text, as "editor@example.org"', address="one"),
    },
)

PUBLIC = Table(
    settings=(Public,),
    keys={"url": Key(takes='text, as "https://news.example.org"', read=notation.url, twin="DIGEST_PUBLIC_URL")},
)

SMTP = Table(
    settings=(Smtp,),
    keys={
        "host": Key(takes='text, as "smtp.example.org"', read=notation.host, twin="DIGEST_SMTP_HOST"),
        "port": _number(1, 65535, takes="a whole number, as 587", twin="DIGEST_SMTP_PORT"),
        "tls": Key(read=notation.choice("starttls", "tls", "none"), twin="DIGEST_SMTP_TLS"),
        "preset": Key(read=notation.plain, twin="DIGEST_SMTP_PRESET"),
        "rate": Key(takes='text, as "14/s"', read=notation.rate),
        "daily": _number(1, COUNT, takes="a whole number, as 50000"),
        "connections": _number(1, 100, takes="a whole number, as 4"),
        "per_connection": _number(1, COUNT, takes="a whole number, as 100"),
        "timeout": Key(type=float, takes="a number of seconds, as 60", read=_within(1, 3600)),
        "ca_file": TEXT,
        "oauth2_file": TEXT,
        "password_command": Key(
            type=tuple[str, ...],
            takes='a list of texts, as ["pass", "show", "relay"] (it runs without a shell)',
            read=_command,
        ),
        "warm_up": Key(type=tuple[int, ...], takes="a list of whole numbers, as [50, 100, 500]", read=_rising),
        "warm_up_from": Key(takes='text, as "2026-11-27"', read=notation.day),
        "domains": Key(
            type=dict[str, str],
            takes='a table of rates, each domain in quotes, as { "gmail.com" = "20/min" }',
            read=_domains,
        ),
    },
)

STATE = Table(
    settings=(State,),
    keys={
        "path": Key(takes='text, as ".digest"', read=notation.plain, twin="DIGEST_STATE_PATH"),
        "database": Key(
            takes='text, as "postgresql://db.example.org/digest"', read=_database, twin="DIGEST_STATE_DATABASE"
        ),
        "required": Key(type=bool, takes="true or false"),
        "metrics": TEXT,
        "heartbeat": Key(takes='text, as "https://example.org/ping/digest"', read=notation.url),
        "log": TEXT,
    },
)

TAGS = Table(
    settings=(Rules,),
    keys={
        "any": _words(field="tags_any"),
        "all": _words(field="tags_all"),
        "none": _words(field="tags_none"),
        "aliases": Key(
            type=dict[str, str],
            takes='a table of texts, as { golang = "go" }',
            read=lambda pairs: tuple((notation.plain(k), notation.plain(v)) for k, v in pairs.items()),
            field="tag_aliases",
        ),
    },
)

CATEGORIES = Table(
    settings=(Rules,), keys={"any": _words(field="categories_any"), "none": _words(field="categories_none")}
)

# Fields that `Rules` has are filled there, the others in `Newsletter`.
NEWSLETTER = Table(
    settings=(Newsletter, Rules),
    keys={
        "title": TEXT,
        "description": TEXT,
        "send": Key(takes='text, as "Friday 09:00"', read=notation.cadence),
        "timezone": Key(takes='text, as "Europe/Vienna"', read=notation.zone),
        "language": Key(takes='text, as "en"', read=notation.language),
        "window": Key(takes='text, as "since-last", "week" or "10 days"', read=notation.window),
        "catch_up": Key(takes='text, as "4 weeks"', read=notation.span),
        "sources": _words(takes='a list of names, as ["blog"]'),
        "order": Key(read=notation.choice("newest", "oldest", "title")),
        "pin": TEXT,
        "limit": _number(1, 10_000),
        "group": Key(read=notation.choice("", "category", "tag")),
        "group_order": _words(),
        "min_posts": _number(1, 10_000),
        "content": Key(read=notation.choice("excerpt", "full", "title")),
        "lists": _words(notation.name, takes='a list of names, as ["readers"]'),
        "subject": TEXT,
        "preheader": TEXT,
        "theme": Key(takes='text, as "default"', read=notation.name),
        "first_number": _number(0, COUNT),
        "list_id": Key(takes='text, as "weekly.example.org"', read=notation.list_id),
        "deadline": Key(takes='text, as "3 days"', read=notation.span),
        "text_width": _number(40, 120, 0, takes="a whole number, as 72"),
        "quiet": Key(takes='text, as "22:00-07:00"', read=notation.quiet_hours),
        "images": Key(read=notation.choice("remote", "embed")),
    },
    tables={"tags": TAGS, "categories": CATEGORIES},
)

TABLES = {"site": SITE, "sender": SENDER, "public": PUBLIC, "smtp": SMTP, "state": STATE}

TOP = (*TABLES, "sources", "newsletters", "transport", "lint")  # the last two: a plug or the rules folder has the say
SEVERITIES = ("error", "warning", "info")

TWINS = {key.twin: (table, name) for table, t in TABLES.items() for name, key in t.keys.items() if key.twin}

# Variables that are read, though no key is their twin.
VARIABLES = (*TWINS, "DIGEST_SMTP_USER", "DIGEST_SMTP_PASSWORD", "DIGEST_SECRET")

_RELAY = "put it into DIGEST_SMTP_USER and DIGEST_SMTP_PASSWORD, or .digest/secrets.env, or use password_command"
_OTHER = "put it into the environment or .digest/secrets.env, which only you can read"

# What a key is called that would hold a secret; never shown, wherever it stands.
SECRETS = {
    **dict.fromkeys(("user", "username", "login", "password", "passwd", "pass"), _RELAY),
    **dict.fromkeys(("token", "api_key", "apikey", "access_key", "secret_key", "private_key"), _OTHER),
    "secret": "put it into DIGEST_SECRET; without it, digest init makes one in the state folder",
}

PASSWORD_IN_URL = {"state.database": "put the whole URL into DIGEST_STATE_DATABASE, or the password into ~/.pgpass"}
