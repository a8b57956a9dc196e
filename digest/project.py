"""What `digest init` makes: digest.toml, subscribers/, a line in .gitignore, and the secret. Nothing is overwritten.

What a site says of itself is read where that is cheap and sure: a line of its generator's configuration. Whatever
cannot be told stands as an example at example.org, and is named, so that nobody mails with it by mistake.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digest.errors import ConfigError, UsageError
from digest.toml import notation
from digest.toml.notation import Misread

__all__ = ["Answers", "Made", "Place", "known_theme", "make", "toml_text"]

POSTS = "content/posts"
LIST = "readers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What is said of the project; an empty text is looked up or stands as an example."""

    name: str = ""
    url: str = ""
    timezone: str = ""
    language: str = ""
    sender: str = ""  # Name <address>
    theme: str = ""  # of the first newsletter


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the posts lie, as a path from the project; `dialect` is the generator whose they are, where it is known."""

    path: str
    dialect: str = ""
    posts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What was written, what was there before and was kept, what was found, and what to type next."""

    written: tuple[str, ...]
    kept: tuple[str, ...]
    found: tuple[str, ...]
    next_steps: tuple[str, ...]


def make(
    folder: Path,
    answers: Answers | None = None,
    *,
    found: Place | None = None,
    environment: Mapping[str, str] | None = None,
) -> Made:
    """Make a project in a folder, or complete one. Raises ConfigError where it cannot be written.

    `found` saves the look for posts. The environment decides whether a secret has to be made.
    """
    folder = folder.expanduser().absolute()
    if answers and answers.theme:
        known_theme(answers.theme, folder)
    place = found or _detected(folder)
    answered = _filled(answers or Answers(), _generator(folder))
    files = {
        "digest.toml": toml_text(answered, place.path if place else POSTS),
        "subscribers/README.md": _LISTS,
        "subscribers/.gitignore": _LISTS_IGNORED,
        f"subscribers/{LIST}.csv": "email,name,topics,tags,lang\n",
    }
    written: list[str] = []
    kept: list[str] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (written if _write(folder / name, content) else kept).append(name)
        (written if _ignore_state(folder / ".gitignore") else kept).append(".gitignore")
    except OSError as exc:
        raise ConfigError(
            f"{exc.filename or folder} cannot be written: {exc.strerror}", hint="look at its rights"
        ) from exc
    if secret := _secret(folder, os.environ if environment is None else environment):
        written.append(secret)
    fresh = "digest.toml" in written
    return Made(
        written=tuple(written),
        kept=tuple(kept),
        found=_words(answered, place) if fresh else _theme_by_hand(answered.theme),
        next_steps=_next(folder, placed=place is not None or not fresh),
    )


def known_theme(name: str, folder: Path) -> None:
    """Refuse a theme that the project in a folder cannot use; the nearest name is told."""
    from digest.render.theme import known
    from digest.render.theme_values import nearest

    there = known(folder)
    if name not in there:
        raise UsageError(f'there is no theme "{name}"', hint=nearest(name, there))


def toml_text(answers: Answers, posts: str = POSTS) -> str:
    """Give the text of a new digest.toml: ten lines that live, everything else as a comment that may be let loose."""
    name = answers.name or "Example Weekly"
    url = answers.url or "https://example.org"
    host = url.partition("://")[2].partition("/")[0].partition(":")[0]
    values = {
        "NAME": name,
        "URL": url,
        "ZONE": answers.timezone or "UTC",
        "LANGUAGE": answers.language or "en",
        "POSTS": posts,
        "FROM": answers.sender or _sender(name, host),
    }
    text = _TOML.replace("@HOST@", host)
    if values["LANGUAGE"] != "en":
        text = text.replace("#language", "language")
    if answers.theme:
        text = text.replace('#theme = "default"', f"{'theme = ' + _quoted(answers.theme):18}")
    return re.sub(r"@([A-Z]+)@", lambda found: _quoted(values[found[1]]), text)


def _sender(name: str, host: str) -> str:
    """An address of the site's, under its name; quoted where a sign in it would end the name (RFC 5322, 3.2.4)."""
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <news@{host}>' if set(name) & set('"\\<>@,') else f"{name} <news@{host}>"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")  # what JSON escapes, TOML does too


def _write(file: Path, content: str) -> bool:
    """Write a file that is not there yet; False where it is."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with file.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(content)
    except FileExistsError:
        return False
    return True


def _ignore_state(file: Path) -> bool:
    """Add the state folder to .gitignore, at its end; False where it stands there already."""
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    if any(line.strip().strip("/") == ".digest" for line in before.splitlines()):
        return False
    gap = "" if not before or before.endswith("\n") else "\n"
    with file.open("a", encoding="utf-8", newline="\n") as stream:
        stream.write(f"{gap}# digest: database, lock and secrets\n.digest/\n")
    return True


def _secret(folder: Path, environment: Mapping[str, str]) -> str:
    """Make the secret that signs links, where the project has none; the file it lies in, or an empty text."""
    from digest import config, credentials

    try:
        settings = config.load(folder, environment)
        if settings.state.database or credentials.signing_secret(settings, environment, create=False):
            return ""
        credentials.signing_secret(settings, environment, create=True)
    except ConfigError:
        return ""  # a digest.toml that was there and has mistakes: every other command tells them
    return str(settings.state.path / credentials.SECRET_FILE)


# ------------------------------------------------------------------------------------------------ what is found


def _detected(folder: Path) -> Place | None:
    if not folder.is_dir():
        return None
    from digest.posts.detect import detect

    found = detect(folder)
    if found is None:
        return None
    path = Path(found.path)
    inside = path.relative_to(folder) if path.is_absolute() and path.is_relative_to(folder) else path
    return Place(path=inside.as_posix(), dialect=found.dialect, posts=found.posts)


# Where each generator says what, as a line that can be told without reading the whole language it is written in.
_GENERATORS: dict[str, dict[str, str]] = {
    "hugo.toml": {"name": "title", "url": "baseURL", "language": "languageCode", "timezone": "timeZone"},
    "config.toml": {"name": "title", "url": "baseURL|base_url", "language": "languageCode|default_language"},
    "config/_default/hugo.toml": {"name": "title", "url": "baseURL", "language": "languageCode"},
    "config/_default/config.toml": {"name": "title", "url": "baseURL", "language": "languageCode"},
    "zola.toml": {"name": "title", "url": "base_url", "language": "default_language"},
    "_config.yml": {"name": "title", "url": "url", "language": "lang|language", "timezone": "timezone"},
    "_config.yaml": {"name": "title", "url": "url", "language": "lang|language", "timezone": "timezone"},
    "hugo.yaml": {"name": "title", "url": "baseURL", "language": "languageCode", "timezone": "timeZone"},
    "hugo.yml": {"name": "title", "url": "baseURL", "language": "languageCode", "timezone": "timeZone"},
    "config.yaml": {"name": "title", "url": "baseURL", "language": "languageCode"},
    "config.yml": {"name": "title", "url": "baseURL", "language": "languageCode"},
    "mkdocs.yml": {"name": "site_name", "url": "site_url"},
    "pelicanconf.py": {"name": "SITENAME", "url": "SITEURL", "timezone": "TIMEZONE", "language": "DEFAULT_LANG"},
    "publishconf.py": {"url": "SITEURL"},
    "docusaurus.config.js": {"name": "title", "url": "url"},
    "docusaurus.config.ts": {"name": "title", "url": "url"},
    "astro.config.mjs": {"url": "site"},
    "astro.config.ts": {"url": "site"},
}
_MOST = 100_000  # octets; a longer configuration is none


def _generator(folder: Path) -> Answers:
    """What the site's own configuration says; only what is a right value of ours."""
    said: dict[str, str] = {}
    for name, wanted in _GENERATORS.items():
        file = folder / name
        if not file.is_file() or file.stat().st_size > _MOST:
            continue
        text = file.read_bytes().decode("utf-8", "replace")
        for field, key in wanted.items():
            if field not in said and (right := _right(field, _value(name, text, key))):
                said[field] = right
    return Answers(**said)


def _value(file: str, text: str, key: str) -> str:
    if file.endswith(".toml"):
        return _toml_value(text, key)
    if file.startswith(("docusaurus", "astro")):
        return _line_value(text, key, "[ \t]{0,4}", "//")
    value = _line_value(text, key)
    if key == "url" and file.startswith("_config"):  # Jekyll keeps the path of a project's site apart
        base = _line_value(text, "baseurl")
        return value.rstrip("/") + base if base.startswith("/") else value
    return value


def _toml_value(text: str, key: str) -> str:
    try:
        content: dict[str, Any] = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return ""
    alike = {name.casefold(): value for name, value in content.items()}
    found = next((alike[k.casefold()] for k in key.split("|") if k.casefold() in alike), "")
    return found if isinstance(found, str) else ""


_VALUE = r"""(?:"([^"\n]*)"|'([^'\n]*)'|([^\s#'"`{\[(&*!|>,][^#\n]{0,300}?))"""


def _line_value(text: str, key: str, indent: str = "", comment: str = "#") -> str:
    """The value of `key: value`, `key = 'value'` or `key: 'value',` on a line of its own; the first one counts."""
    found = re.search(
        rf"^{indent}(?:{key})[ \t]*+[:=][ \t]*+{_VALUE}[ \t]*+,?[ \t]*+(?:{comment}.*)?\r?$", text, re.MULTILINE
    )
    return next((group for group in found.groups() if group), "") if found else ""


def _right(field: str, value: str) -> str:
    readers = {
        "name": notation.plain,
        "url": notation.url,
        "timezone": notation.zone,
        "language": notation.language,
    }
    try:
        read = readers[field](value) if value else ""
    except Misread as exc:
        if field == "url" and exc.hint.startswith('did you mean "https://'):  # an http site: mail links by https
            return exc.hint.split('"')[1].rstrip("/")
        return ""
    return "" if field == "url" and notation.loopback(read.partition("://")[2].partition(":")[0]) else read


def _filled(answers: Answers, site: Answers) -> Answers:
    """Answers first, then what the site says, then what the machine says."""
    wrong: list[str] = []
    for field in ("url", "timezone", "language"):
        value = getattr(answers, field)
        if value and not _right(field, value):
            wrong.append(f'{field} "{value}"')
    if wrong:
        raise UsageError(
            f"{', '.join(wrong)}: that cannot stand in digest.toml", hint="say it as docs/configuration.md has it"
        )
    return Answers(
        name=answers.name or site.name,
        url=answers.url or site.url,
        timezone=answers.timezone or site.timezone or _zone_here(),
        language=answers.language or site.language,
        sender=answers.sender,
        theme=answers.theme,
    )


def _zone_here(link: Path = Path("/etc/localtime")) -> str:
    """The machine's zone by name, or nothing where it has none."""
    try:
        target = str(link.readlink())
    except OSError:
        return ""
    zone = _right("timezone", target.rpartition("/zoneinfo/")[2])
    return "UTC" if zone.startswith("Etc/") else zone


def _words(answers: Answers, place: Place | None) -> tuple[str, ...]:
    found = []
    if place:
        whose = f", written for {place.dialect}" if place.dialect else ""
        number = "1 post" if place.posts == 1 else f"{place.posts} posts"
        found.append(f"found {number} in {place.path}{whose}")
    else:
        found.append(f"found no posts: write their folder into [sources.blog] path ({POSTS} stands there now)")
    if not answers.name or not answers.url:
        found.append("the site's name and URL are examples: write your own into [site]")
    if not answers.sender:
        found.append("the sender is an example: write an address of yours into [sender] from")
    return tuple(found)


def _theme_by_hand(theme: str) -> tuple[str, ...]:
    said = f'digest.toml was there and stays as it is: write theme = "{theme}" under its [newsletters.…] yourself'
    return (said,) if theme else ()


def _next(folder: Path, *, placed: bool) -> tuple[str, ...]:
    here = folder == Path.cwd()
    there = "" if here else f" --project {shlex.quote(str(folder))}"
    steps = [] if placed else ["edit digest.toml"]
    return (*steps, f"next: digest preview{there}", f"then: digest config{there} (what is still missing for a run)")


_LISTS_IGNORED = """\
# Addresses are people: they stay out of the repository. Let a list in only where the repository is private.
*
!.gitignore
!README.md
!example.csv
"""

_LISTS = """\
# Subscribers

One list, one file: `readers.csv` is the list `readers`. The first line names the columns; only `email` must be there.

| column | meaning |
|---|---|
| `email` | the address |
| `name` | how the person is called |
| `topics` | what the person chose to read, with `;` between; nothing: everything |
| `tags` | labels of your own, with `;` between; they select nothing |
| `lang` | the language of the mail, as `de` |

Any other column is kept as it is.

    email,name,topics,tags,lang
    reader@example.net,A Reader,,,
    leser@example.com,Ein Leser,python;sql,friends,de

Only people who asked for the newsletter belong here. A deleted line ends the mail; an opt-out is remembered elsewhere,
and wins over whatever stands here. `.gitignore` keeps the lists out of the repository.
"""

_TOML = """\
# Every key, what it means and what else it takes: docs/configuration.md. Take the # away to set one.
[site]
name = @NAME@
url = @URL@
timezone = @ZONE@
#language = @LANGUAGE@              # of pages, footer and dates
#id = "default"                    # tells projects apart that share a database

[sources.blog]
path = @POSTS@
#kind = "markdown"                 # the dialect is found by itself

[sender]
from = @FROM@
#reply_to = "editors@@HOST@"       # where answers go
#postal_address = "Example Weekly, 1 Example Street, 1010 Vienna"   # or false, with postal_exempt = "the reason"
#unsubscribe = "unsubscribe@@HOST@"   # the mailto way out; the From address without it
#style = "subject"                 # where its token stands: subject | plus
#bounces = "bounces@@HOST@"        # switches VERP on: each bounce names its reader
#reviewers = ["editor@@HOST@"]     # for: digest send --to reviewers
#report_to = "editor@@HOST@"       # gets a short report by mail after each issue

#[public]                          # where your public pages can be reached
#url = "https://news.@HOST@"       # switches one-click unsubscribe on

#[smtp]                            # user and password: DIGEST_SMTP_USER, DIGEST_SMTP_PASSWORD, or .digest/secrets.env
#host = "smtp.@HOST@"
#port = 587
#tls = "starttls"                  # starttls | tls | none (only to this machine)
#preset = "ses"                    # rates and limits of a well-known relay
#rate = "14/s"                     # or "500/min", "1000/h"
#daily = 50000                     # messages a day
#domains = { "gmail.com" = "20/min" }   # the most to one recipient domain; "*": any other
#connections = 4
#per_connection = 100              # messages before a connection is renewed
#timeout = 60                      # seconds for one answer
#ca_file = "relay-ca.pem"          # an authority of your own
#password_command = ["pass", "show", "relay"]   # prints the password; no shell
#warm_up = [50, 100, 500, 1000]    # messages on the first day, the second … with a new relay
#warm_up_from = "2026-11-27"       # the first of these days; the day of the first message without it

[newsletters.weekly]
send = "Friday 09:00"
#lists = ["readers"]               # subscribers/readers.csv
#title = @NAME@
#description = "New posts, every Friday."
#window = "since-last"             # since-last | week | "10 days"
#catch_up = "4 weeks"              # how far back a post that was missed is picked up
#tags = { any = [], all = [], none = ["internal"] }
#categories = { any = [], none = [] }
#order = "newest"                  # newest | oldest | title
#pin = "featured"                  # a post that says `featured: true` comes first
#limit = 20
#group = "category"                # category | tag
#group_order = ["News"]
#min_posts = 1                     # with fewer, the week is skipped
#content = "excerpt"               # excerpt | full | title
#subject = "{{ lead.title }}{{ and_more }}"
#preheader = ""                    # the other titles without it
#theme = "default"                 # a folder of templates/
#first_number = 1
#list_id = "weekly.@HOST@"
#deadline = "3 days"               # how long a deferred mail is tried
#text_width = 72                   # columns of the plain-text part; 0: no wrapping
#quiet = "22:00-07:00"             # nothing leaves in these hours
#images = "embed"                  # pictures that lie here go along inside the mail; else they stay on the web

#[state]
#path = ".digest"                  # database, lock and secret
#database = ""                     # kept for PostgreSQL; this version has SQLite alone
#required = true                   # refuse to run where there is no history
#metrics = "digest.prom"           # a file for a metrics collector
#heartbeat = "https://ping.@HOST@/digest"   # asked for at the start and the end of each run
#log = "digest.log"                # one JSON object a line

#[lint]
#subject-length = "info"           # error | warning | info | "off: the reason"
"""
