"""What digest.toml becomes: frozen values, one class a table. `config.py` makes them; rooms receive the part they need.

Defaults stand here and nowhere else. Times of day, zones and cadences are kept as written and already checked.
Nothing here holds a secret.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

__all__ = [
    "Config",
    "Newsletter",
    "Plug",
    "Public",
    "Rules",
    "Sender",
    "Site",
    "Smtp",
    "State",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """[site]: whose newsletter this is. `id` tells projects apart that share a database."""

    name: str = ""
    url: str = ""  # absolute, no trailing slash
    timezone: str = "UTC"  # an IANA name
    language: str = "en"  # BCP 47
    id: str = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plug:
    """A configured source or transport: its name, its kind (a file in the plug folder) and its own `Options`."""

    name: str
    kind: str
    options: Any  # the frozen `Options` of the plug's module


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """[sender]: who writes, and where answers, ways out and bounces go. Addresses are checked."""

    name: str = ""  # the display name of From
    address: str = ""  # the address of From; its domain in A-labels
    reply_to: str = ""  # "Name <address>" or an address
    postal_address: str = ""
    postal_exempt: str = ""  # the reason, where postal_address = false
    unsubscribe: str = ""  # the mailto way; empty: the From address
    unsubscribe_style: str = "subject"  # subject | plus
    bounces: str = ""  # switches VERP on
    reviewers: tuple[str, ...] = ()
    report_to: str = ""  # who gets a report by mail after an issue; empty: nobody

    @property
    def domain(self) -> str:
        """The domain of From."""
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Public:
    """[public]: where the public pages can be reached; an empty url means there are none."""

    url: str = ""  # absolute https (http on loopback), no trailing slash


@dataclass(frozen=True, slots=True, kw_only=True)
class Smtp:
    """[smtp]: the relay. Rates are per second; None means no limit of ours."""

    host: str = ""
    port: int = 587
    tls: str = "starttls"  # starttls | tls | none (loopback only)
    user: str = ""  # never here from the file: the environment or secrets.env gives it
    password_command: tuple[str, ...] = ()
    oauth2_file: str = ""
    preset: str = ""
    rate: float | None = None  # messages a second
    daily: int | None = None
    connections: int = 1
    per_connection: int | None = None  # messages after which a connection is renewed
    timeout: float = 60.0  # seconds for one answer at sign-in; after it, of a minute of RFC 5321 4.5.3.2 (the dot: ten)
    ca_file: str = ""  # an extra authority to trust, for a relay of one's own
    warm_up: tuple[int, ...] = ()  # messages on the first day, the second …; after the last only `daily` counts
    warm_up_from: str = ""  # the first day of that, ISO; empty: the day of the ledger's first message
    domains: tuple[tuple[str, int, float], ...] = ()  # (recipient domain or "*", messages, seconds): at most so many


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """[state]: where the ledger lives. `required`: a run without history refuses to be the first."""

    path: Path = Path(".digest")
    database: str = ""  # postgresql://… ; empty: SQLite in `path`
    required: bool = False
    metrics: str = ""  # a file for a metrics collector, from the project; empty: none
    heartbeat: str = ""  # a URL that is asked for at the start and the end of each run
    log: str = ""  # a file that gets one JSON object a line; empty: none


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How a newsletter picks its posts. Tags and categories are compared by meaning (see posts.tags)."""

    tags_any: tuple[str, ...] = ()
    tags_all: tuple[str, ...] = ()
    tags_none: tuple[str, ...] = ()
    tag_aliases: tuple[tuple[str, str], ...] = ()  # (written, meant)
    categories_any: tuple[str, ...] = ()
    categories_none: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()  # empty: all
    order: str = "newest"  # newest | oldest | title
    pin: str = "featured"  # a front-matter key that puts a post first where it is true
    limit: int | None = None
    group: str = ""  # "" | category | tag
    group_order: tuple[str, ...] = ()  # the groups that come first, in this order
    min_posts: int = 1
    catch_up: timedelta = timedelta(weeks=4)
    window: str = "since-last"  # since-last | week | "N days"


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsletter:
    """[newsletters.NAME]: one recurring digest."""

    name: str
    title: str = ""
    description: str = ""  # one sentence: what it is, used in the footer and on pages
    send: str = (
        "manual"  # "Friday 09:00" | "1st 09:00" | "Mon,Thu 08:00" | "daily 07:00" | a cron expression | "manual"
    )
    timezone: str = "UTC"  # of the site unless set
    language: str = "en"  # of the site unless set
    rules: Rules = field(default_factory=Rules)
    content: str = "excerpt"  # excerpt | full | title
    lists: tuple[str, ...] = ()
    subject: str = "{{ lead.title }}{{ and_more }}"
    preheader: str = ""  # empty: the other titles
    theme: str = "default"
    first_number: int = 1
    list_id: str = ""  # empty: NAME.from-domain (RFC 2919)
    deadline: timedelta = timedelta(days=3)  # after it, what is still deferred is failed
    text_width: int = 72  # columns of the plain-text part; 0: no wrapping
    quiet: str = ""  # "22:00-07:00": local hours in which nothing leaves
    images: str = "remote"  # remote | embed: those that lie on this machine go along inside the message


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything in force. `file` is digest.toml, `root` the project; `origins` says where each key's value is from."""

    root: Path
    file: Path
    site: Site = field(default_factory=Site)
    sources: tuple[Plug, ...] = ()
    sender: Sender = field(default_factory=Sender)
    public: Public = field(default_factory=Public)
    transport: Plug | None = None  # kind smtp: options is `Smtp`; None: nothing configured yet
    newsletters: tuple[Newsletter, ...] = ()
    state: State = field(default_factory=State)
    lint: tuple[tuple[str, str, str], ...] = ()  # (rule, severity or "off", reason)
    origins: tuple[
        tuple[str, str, str], ...
    ] = ()  # (key path, value as text, "digest.toml:12" | "default" | "DIGEST_…")
    warnings: tuple[str, ...] = ()  # what was read but may not be meant; told by `digest config`

    def newsletter(self, name: str) -> Newsletter:
        """The newsletter of that name; KeyError where there is none (app turns it into a UsageError)."""
        return next(n for n in self.newsletters if n.name == name)
