"""digest.toml becomes one Config; every mistake is told at once, with its line and the nearest right word."""

from __future__ import annotations

import dataclasses
import random
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.config import address, find, load, no_relay, ready_to_run, refuse_unready
from digest.errors import ConfigError
from digest.settings import Config, Newsletter, Public, Rules, Sender, Site, Smtp, State
from digest.toml import keys, notation
from digest.toml.lines import locate
from digest.toml.sheet import shown

ROOT = Path(__file__).parents[1]
SMALLEST = """\
[site]
name = "Example Weekly"
url = "https://example.org"
[sources.blog]
path = "content/posts"
[sender]
from = "Example Weekly <news@example.org>"
"""
BELOW = SMALLEST.count("\n") + 1  # the line of what a test adds


def project(folder: Path, text: str, *lists: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "digest.toml").write_text(text, encoding="utf-8")
    for name in lists:
        (folder / "subscribers").mkdir(exist_ok=True)
        (folder / "subscribers" / f"{name}.csv").write_text("email\n", encoding="utf-8")
    return folder


def read(folder: Path, text: str, **environment: str) -> Config:
    return load(project(folder, text), environment)


def told(folder: Path, text: str, **environment: str) -> list[tuple[int | None, str, str]]:
    """The mistakes of a text: line, message, hint."""
    with pytest.raises(ConfigError) as caught:
        read(folder, text, **environment)
    assert caught.value.exit_code == 78
    assert all(mistake.file in {"digest.toml", None} for mistake in caught.value.mistakes)
    return [(mistake.line, mistake.message, mistake.hint) for mistake in caught.value.mistakes]


# ------------------------------------------------------------------------------------------------ what is right


def test_the_smallest_project_loads_and_has_a_newsletter_that_is_sent_by_hand(tmp_path: Path) -> None:
    """Site, one source and a sender are enough; nothing is due by itself."""
    config = read(tmp_path, SMALLEST)
    assert config.site == Site(name="Example Weekly", url="https://example.org")
    assert config.sender == Sender(name="Example Weekly", address="news@example.org")
    assert [(p.name, p.kind) for p in config.sources] == [("blog", "markdown")]
    assert config.newsletters == (Newsletter(name="weekly", title="Example Weekly"),)
    assert config.transport is None
    assert (config.root, config.file) == (tmp_path, tmp_path / "digest.toml")
    assert config.warnings == ()


def test_every_key_arrives_where_settings_has_it(tmp_path: Path) -> None:
    """A file that says everything fills every field."""
    config = read(
        tmp_path,
        """\
[site]
name = "Example"
url = "https://example.org/blog/"
timezone = "Europe/Vienna"
language = "de-AT"
id = "example"
[sources.blog]
path = "posts"
[sender]
from = '"Editors, of Example" <News@Example.ORG>'
reply_to = "Editors <editors@example.org>"
postal_address = false
postal_exempt = "a letter to friends"
unsubscribe = "off@example.org"
style = "plus"
bounces = "bounces@example.org"
reviewers = ["a@example.org", "b@example.org"]
report_to = "c@Example.org"
[public]
url = "http://localhost:8000/"
[smtp]
host = "smtp.example.org"
port = 2525
tls = "tls"
preset = "ses"
rate = "30/min"
daily = 500
connections = 2
per_connection = 10
timeout = 5
ca_file = "ca.pem"
oauth2_file = "/etc/oauth2.json"
password_command = ["pass", "show"]
warm_up = [50, 100]
warm_up_from = "2026-11-27"
[newsletters.weekly]
title = "Weekly"
description = "What was new."
send = "Friday 09:00"
timezone = "Europe/Berlin"
language = "en"
window = "10 days"
catch_up = "2 weeks"
tags = { any = ["a"], all = ["b"], none = ["c"], aliases = { golang = "go" } }
categories = { any = ["d"], none = ["e"] }
sources = ["blog"]
order = "oldest"
pin = "pinned"
limit = 20
group = "category"
group_order = ["News"]
min_posts = 2
content = "full"
lists = ["readers", "readers"]
subject = "S"
preheader = "P"
theme = "default"
first_number = 48
list_id = "weekly.example.org"
deadline = "36h"
text_width = 0
quiet = "22:00-07:00"
[state]
path = "state"
database = "postgresql://db.example.org/digest"
required = true
metrics = "digest.prom"
heartbeat = "https://example.org/ping/digest"
log = "digest.log"
""",
    )
    assert config.site == Site(
        name="Example", url="https://example.org/blog", timezone="Europe/Vienna", language="de-AT", id="example"
    )
    assert config.sender == Sender(
        name="Editors, of Example",
        address="News@example.org",
        reply_to="Editors <editors@example.org>",
        postal_exempt="a letter to friends",
        unsubscribe="off@example.org",
        unsubscribe_style="plus",
        bounces="bounces@example.org",
        reviewers=("a@example.org", "b@example.org"),
        report_to="c@example.org",
    )
    assert config.public == Public(url="http://localhost:8000")
    assert config.transport
    assert config.transport.options == Smtp(
        host="smtp.example.org",
        port=2525,
        tls="tls",
        preset="ses",
        rate=0.5,
        daily=500,
        connections=2,
        per_connection=10,
        timeout=5.0,
        ca_file=str(tmp_path / "ca.pem"),
        oauth2_file="/etc/oauth2.json",
        password_command=("pass", "show"),
        warm_up=(50, 100),
        warm_up_from="2026-11-27",
    )
    assert config.state == State(
        path=Path("state"),
        database="postgresql://db.example.org/digest",
        required=True,
        metrics="digest.prom",
        heartbeat="https://example.org/ping/digest",
        log="digest.log",
    )
    assert config.newsletters == (
        Newsletter(
            name="weekly",
            title="Weekly",
            description="What was new.",
            send="Friday 09:00",
            timezone="Europe/Berlin",
            language="en",
            content="full",
            lists=("readers",),
            subject="S",
            preheader="P",
            first_number=48,
            list_id="weekly.example.org",
            deadline=timedelta(hours=36),
            text_width=0,
            quiet="22:00-07:00",
            rules=Rules(
                tags_any=("a",),
                tags_all=("b",),
                tags_none=("c",),
                tag_aliases=(("golang", "go"),),
                categories_any=("d",),
                categories_none=("e",),
                sources=("blog",),
                order="oldest",
                pin="pinned",
                limit=20,
                group="category",
                group_order=("News",),
                min_posts=2,
                catch_up=timedelta(weeks=2),
                window="10 days",
            ),
        ),
    )


def test_no_field_of_settings_is_without_a_key() -> None:
    """What a settings class can hold, the file can say (but for what only the environment gives)."""
    made = {"name": "Newsletter", "rules": "Newsletter", "user": "Smtp", "address": "Sender"}
    for table in (*keys.TABLES.values(), keys.NEWSLETTER):
        inner = [k for t in table.tables.values() for k in t.keys.items()]
        said = {key.field or name for name, key in [*table.keys.items(), *inner]}
        for kind in table.settings:
            missing = {f.name for f in dataclasses.fields(kind)} - said
            assert not {m for m in missing if made.get(m) != kind.__name__ and (m, kind) != ("name", Sender)}
            if len(table.settings) == 1:
                assert not said - {f.name for f in dataclasses.fields(kind)} - {"from"}


def test_a_newsletter_takes_zone_language_and_title_from_the_site_and_says_so(tmp_path: Path) -> None:
    """`digest config` shows the value in force, not the default of the class."""
    text = SMALLEST.replace('url = "https', 'timezone = "Europe/Vienna"\nlanguage = "de"\nurl = "https')
    config = read(tmp_path, text + "[newsletters.weekly]\n")
    weekly = config.newsletter("weekly")
    assert (weekly.title, weekly.timezone, weekly.language) == ("Example Weekly", "Europe/Vienna", "de")
    assert ("newsletters.weekly.timezone", '"Europe/Vienna"', "site.timezone") in config.origins
    assert ("newsletters.weekly.limit", "none", "default") in config.origins


def test_the_repository_is_a_project() -> None:
    """The digest.toml of this checkout loads, and names what is there."""
    config = load(ROOT, {})
    assert [n.name for n in config.newsletters] == ["weekly"]
    assert (ROOT / "examples" / "posts").is_dir()
    assert not [w for w in ready_to_run(config, config.newsletter("weekly")) if "relay" not in w.message]


# ------------------------------------------------------------------------------------------------ what is wrong

N = "[newsletters.weekly]\n"
# (added below the smallest project, line of the mistake below it, words of the message, words of the hint)
WRONG: list[tuple[str, int, str, str]] = [
    ("[sight]\nname = 'x'", 1, "sight is no table", 'did you mean "site"?'),
    ("[colours]", 1, "colours is no table", "there are: site,"),
    ("[[newsletters]]\nsend = 'manual'", 1, "expected a table, as [newsletters]", ""),
    ("newsletters = 3", 0, "", ""),
    ("[newsletters]\ntitle = 'x'", 2, "newsletters.title", "[newsletters.weekly]"),
    ("[newsletters]\nweekly = 3", 2, "newsletters.weekly = 3", "[newsletters.weekly]"),
    ("[newsletters.'My News']", 1, '"My News" is no name', 'did you mean "my-news"?'),
    ("[newsletters.'!']", 1, '"!" is no name', ""),
    (N + "tite = 'x'", 2, "newsletters.weekly.tite is no key", 'did you mean "title"?'),
    (N + "qqq = 'x'", 2, "newsletters.weekly.qqq is no key", "there are: title,"),
    (N + "rate = '1/s'", 2, "newsletters.weekly.rate is no key", "[smtp]"),
    (N + "'a b' = 1", 2, 'newsletters.weekly."a b" is no key', "there are:"),
    ("[public]\nlists = ['x']", 2, "public.lists is no key", "[newsletters.NAME]"),
    (N + "title = 3", 2, "newsletters.weekly.title = 3: expected text", ""),
    (N + 'title = """a\nb"""', 2, "expected one line of text without control characters (it holds U+000A)", ""),
    (N + 'title = "a\\uFDD0b"', 2, "it holds U+FDD0", ""),
    (N + 'title = "a\\u2028b"', 2, "it holds U+2028", ""),
    (N + "send = 'Fridy 09:00'", 2, "newsletters.weekly.send:", "Friday 09:00"),
    (N + "send = 9", 2, 'newsletters.weekly.send = 9: expected text, as "Friday 09:00"', ""),
    (N + "send = 'Friday 25:00'", 2, "25:00", ""),
    (N + "timezone = 'Europe/Vienne'", 2, "expected the name of a time zone", 'did you mean "Europe/Vienna"?'),
    (N + "timezone = 'vienna'", 2, "expected the name of a time zone", 'did you mean "Europe/Vienna"?'),
    (N + "timezone = 'America/new york'", 2, "the name of a time zone", 'did you mean "America/New_York"?'),
    (N + "timezone = 'localtime'", 2, "expected the name of a time zone", ""),
    (N + "timezone = '../../etc/passwd'", 2, "expected the name of a time zone", ""),
    (N + "timezone = '/etc/localtime'", 2, "expected the name of a time zone", ""),
    (N + "language = 'english'", 2, "expected a language tag", 'did you mean "en"?'),
    (N + "language = 'de_AT.UTF-8'", 2, "expected a language tag", 'did you mean "de-AT"?'),
    (N + "language = '!!'", 2, "expected a language tag", ""),
    (N + "window = 'weak'", 2, "newsletters.weekly.window:", ""),
    (N + "window = '0 days'", 2, "newsletters.weekly.window:", ""),
    (N + "catch_up = '4 wekes'", 2, 'expected a span of time up to ten years, as "4 weeks"', ""),
    (N + "catch_up = '0 days'", 2, "expected a span of time", ""),
    (N + "deadline = '99999 weeks'", 2, "expected a span of time", ""),
    (N + "deadline = 3", 2, 'expected text, as "3 days"', ""),
    (N + "tags = { nun = ['x'] }", 2, "newsletters.weekly.tags.nun is no key", "any, all, none, aliases"),
    (N + "tags = ['x']", 2, "expected a table, as [newsletters.weekly.tags]", ""),
    (N + "tags.aliases = { a = 1 }", 2, "expected a table of texts", ""),
    (N + "[newsletters.weekly.tags]\nany = [\n'x',\n3,\n]", 5, "newsletters.weekly.tags.any[1] = 3", ""),
    (N + "order = 'newst'", 2, 'expected "newest", "oldest" or "title"', 'did you mean "newest"?'),
    (N + "group = 'categories'", 2, 'expected "", "category" or "tag"', 'did you mean "category"?'),
    (N + "content = 'ful'", 2, 'expected "excerpt", "full" or "title"', 'did you mean "full"?'),
    (N + "limit = 0", 2, "limit = 0: expected a number from 1 to 10000", ""),
    (N + "limit = '20'", 2, 'limit = "20": expected a whole number, as 20', ""),
    (N + "limit = true", 2, "limit = true: expected a whole number", ""),
    (N + "limit = 2.5", 2, "limit = 2.5: expected a whole number", ""),
    (N + "min_posts = 1979-05-27", 2, 'min_posts = "1979-05-27": expected a whole number', ""),
    (N + "text_width = 20", 2, "expected a number from 40 to 120, or 0", ""),
    (N + "lists = 'readers'", 2, 'expected a list of names, as ["readers"]', ""),
    (N + "lists = ['../../etc/passwd']", 2, "lists[0]", 'did you mean "passwd"?'),
    (N + "lists = ['readers', 'subscribers/a.csv']", 2, "lists[1]", 'did you mean "a"?'),
    (N + "sources = ['blgo']", 2, 'sources[0] = "blgo": expected a source of this file: blog', 'did you mean "blog"?'),
    (N + "theme = 'defalt'", 2, 'theme = "defalt": expected a folder of templates/', 'did you mean "default"?'),
    (N + "theme = '../secret'", 2, "expected a name of letters", ""),
    (N + "list_id = 'Weekly'", 2, "expected an identifier with dots", ""),
    ("[newsletters.a]\nlist_id = 'x.example.org'\n[newsletters.b]\n\nlist_id = 'x.example.org'", 5, "a and b have", ""),
    ("[newsletters.a]\n[newsletters.b]\nlist_id = 'a.example.org'", 3, "the same list_id, a.example.org", ""),
    ("[smtp]\nhost = 'smtp.example.org:25'", 2, "the name of a host alone", 'host = "smtp.example.org" and port = 25'),
    ("[smtp]\nhost = 'smtps://smtp.example.org'", 2, "a host alone", 'write host = "smtp.example.org"'),
    ("[smtp]\nhost = 'a b'", 2, "the name of a host alone", ""),
    ("[smtp]\nport = '587'", 2, "expected a whole number, as 587", ""),
    ("[smtp]\nport = 70000", 2, "expected a number from 1 to 65535", ""),
    ("[smtp]\ntls = 'startls'", 2, 'expected "starttls", "tls" or "none"', 'did you mean "starttls"?'),
    ("[smtp]\ntls = false", 2, "smtp.tls = false: expected text", ""),
    ("[smtp]\nhost = 'smtp.example.org'\ntls = 'none'", 3, "another machine", "starttls"),
    ("[smtp]\nhost = '127.0.0.1.example.org'\ntls = 'none'", 3, "another machine", ""),
    ("[smtp]\nrate = '14'", 2, 'expected a rate above nothing, as "14/s"', ""),
    ("[smtp]\nrate = '0/s'", 2, "expected a rate above nothing", ""),
    ("[smtp]\nrate = 14", 2, 'expected text, as "14/s"', ""),
    ("[smtp]\npreset = 'sess'", 2, "expected a relay that is known: ses,", 'did you mean "ses"?'),
    ("[smtp]\ntimeout = '60s'", 2, "expected a number of seconds", ""),
    ("[smtp]\npassword_command = 'pass show hunter2'", 2, "expected a list of texts", ""),
    ("[smtp]\npassword_command = []", 2, "expected a program and its arguments", ""),
    ("[transport]\n", 1, "[transport] kind is missing", 'write kind = "file"'),
    ("[transport]\nkind = 'fiel'", 2, "expected a kind that there is: console, file", 'did you mean "file"?'),
    ("[transport]\nkind = 3", 2, "transport.kind = 3: expected a kind that there is", ""),
    ("[transport]\nkind = '../smtp'", 2, "expected a kind that there is", ""),
    ("[transport]\nkind = 'smtp'", 2, "a relay has a table of its own", "write [smtp]"),
    ("[transport]\nkind = 'file'\nfolder = 'x'", 3, "transport.folder is no key", "there are: path"),
    ("[transport]\nkind = 'file'\npath = 3", 3, "transport.path = 3: expected a path", ""),
    ("[transport]\nkind = 'console'\naddresses = 'yes'", 3, "expected true or false", ""),
    ("[smtp]\nhost = 'localhost'\n[transport]\nkind = 'file'", 3, "takes the place of [smtp]", "leave one out"),
    ("transport = 3", 0, "", ""),
    ("[sources.news]\nkind = 'makrdown'", 2, "expected a kind that there is:", 'did you mean "markdown"?'),
    ("[sources.'a/b']\npath = 'x'", 1, '"a/b" is no name', ""),
    ("[sources.news]\npath = 'x'\npaht = 'x'", 3, "sources.news.paht is no key", 'did you mean "path"?'),
    ("[sources.news]\npath = ['x']", 2, "sources.news.path", ""),
    ("[sources.news]\nkind = 'markdown'", 1, "[sources.news] path is missing", "write path ="),
    ("[state]\nrequired = 'yes'", 2, "expected true or false", ""),
    ("[state]\ndatabase = 'mysql://db/x'", 2, "expected a PostgreSQL URL", ""),
    ("[public]\nurl = 'news.example.org'", 2, "expected an absolute URL", 'did you mean "https://news.example.org"?'),
    ("[public]\nurl = 'http://news.example.org'", 2, "begins with https://", '"https://news.example.org"'),
    ("[public]\nurl = 'https://u:p@news.example.org'", 2, "holds a password", ""),
    ("[public]\nurl = 'https://u@news.example.org'", 2, "without a user", ""),
    ("[public]\nurl = 'https://news.example.org/?a=b'", 2, "without blanks, query and fragment", ""),
    ("[public]\nurl = 'https://news.example.org:x'", 2, "expected an absolute URL", ""),
    ("[public]\nurl = 'javascript:alert(1)'", 2, "expected an absolute URL", ""),
    ("[public]\nurl = 'https://straße.example'", 2, "written in ASCII", ""),
    ("[public]\nurl = 'https://ü..example'", 2, "written in ASCII", ""),
    ("[lint]\nsubject-lenght = 'error'", 2, "there is no lint rule subject-lenght", 'did you mean "subject-length"?'),
    ("[lint]\nqqqq = 'error'", 2, "there is no lint rule qqqq", "digest check"),
    ("[lint]\nalt = 'off'", 2, '"off: the reason"', ""),
    ("[lint]\nalt = 'off: '", 2, '"off: the reason"', ""),
    ("[lint]\nalt = 'warnign'", 2, '"off: the reason"', 'did you mean "warning"?'),
    ("[lint]\nalt = false", 2, "lint.alt = false", ""),
    ("[smtp]\npassword = 'hunter2'", 2, "smtp.password must not stand in digest.toml", "DIGEST_SMTP_PASSWORD"),
    ("[smtp]\nuser = 'hunter2'", 2, "smtp.user must not stand in digest.toml", "DIGEST_SMTP_USER"),
    ("[site2]\nsecret = 'hunter2'", 1, "site2 is no table", ""),
    (N + "API-Key = 'hunter2'", 2, "must not stand in digest.toml", "secrets.env"),
    ("[sources.news]\npath = 'x'\ntoken = 'hunter2'", 3, "sources.news.token must not stand", "secrets.env"),
    ("[state]\nsecret = 'hunter2'", 2, "state.secret must not stand in digest.toml", "DIGEST_SECRET"),
    ("[state]\ndatabase = 'postgresql://u:hunter2@h/d'", 2, "state.database holds a password", "DIGEST_STATE_DATABASE"),
    ("[state]\ndatabase = 'postgresql://h/d?password=hunter2'", 2, "holds a password", ""),
    ("[sources.news]\npath = 'https://u:hunter2@h/d'", 2, "sources.news.path holds a password", ""),
]
WRONG = [case for case in WRONG if case[1]]


@pytest.mark.parametrize(("added", "line", "message", "hint"), WRONG, ids=lambda v: v if isinstance(v, str) else "")
def test_a_mistake_is_told_with_its_line_and_what_was_expected(
    tmp_path: Path, added: str, line: int, message: str, hint: str
) -> None:
    """One mistake gives one ConfigError at its line; a secret is never shown."""
    (mistake,) = told(tmp_path, SMALLEST + added + "\n")
    assert mistake[0] == BELOW - 1 + line
    assert message in mistake[1]
    assert hint in mistake[2]
    assert "hunter2" not in str(mistake)


# (what stands in the smallest project, what stands there instead, line, words of the message, words of the hint)
CHANGED = [
    ('name = "Example Weekly"\n', "", 1, "[site] name is missing", 'write name = "Example Weekly"'),
    ('name = "Example Weekly"\n', 'name = ""\n', 2, "[site] name is missing", ""),
    ('url = "https://example.org"\n', "", 1, "[site] url is missing", ""),
    ('url = "https://example.org"\n', "url = 3\n", 3, 'site.url = 3: expected text, as "https://example.org"', ""),
    ('[sources.blog]\npath = "content/posts"\n', "", None, "there is no source of posts", "[sources.blog]"),
    ('[sources.blog]\npath = "content/posts"\n', "[sources]\n", 4, "there is no source of posts", "[sources.blog]"),
    ("[sources.blog]\n", "[sources]\n", 5, 'sources.path = "content/posts"', "[sources.blog]"),
    ('from = "Example Weekly <news@example.org>"\n', "", 6, "[sender] from is missing", "news@example.org"),
    ("news@example.org>", "news@>", 7, "expected an address", ""),
    ("Example Weekly <news@example.org>", "a@example.org, b@example.org", 7, "expected an address", ""),
    ("Example Weekly <news@example.org>", "news@exa mple.org", 7, "expected an address", ""),
    ("Example Weekly <news@example.org>", "jörg@example.org", 7, "before the @ is ASCII", ""),
    ("Example Weekly <news@example.org>", "Weekly\\r\\nBcc: x@y.example <a@b.example>", 7, "control characters", ""),
    ("[sender]\n", "[sender]\nbounces = 'B <b@example.org>'\n", 7, "expected an address alone", "write b@example.org"),
    ("Example Weekly <news@example.org>", "a@example.org <b@example.org>", 7, "expected an address", ""),
    ("[sender]\n", "[sender]\nreviewers = 'b@example.org'\n", 7, "expected a list of addresses", ""),
    ("[sender]\n", "[sender]\nstyle = 'pluss'\n", 7, 'expected "subject" or "plus"', 'did you mean "plus"?'),
    ("[sender]\n", f"[sender]\nbounces = '{'b' * 38}@example.org'\n", 7, "at most 37 characters before the @", ""),
    ("[sender]\n", f"[sender]\nstyle = 'plus'\nunsubscribe = '{'b' * 38}@example.org'\n", 8, "at most 37", ""),
    ('news@example.org>"', f"{'b' * 38}@example.org>\"\nstyle = 'plus'", 7, "at most 37 characters", ""),
    ("[sender]\n", "[sender]\npostal_address = true\n", 7, "or false with a reason", ""),
    ("[sender]\n", "[sender]\npostal_address = 3\n", 7, "expected text, or false", ""),
    ("[sender]\n", "[sender]\npostal_address = false\n", 7, "needs a reason", "postal_exempt"),
    ("[sender]\n", "[sender]\npostal_exempt = 'x'\n", 7, "postal_address = false, which is not there", ""),
    ("[sender]\n", "[sender]\npassword = 'hunter2'\n", 7, "must not stand in digest.toml", "secrets.env"),
    ("[site]\n", "site = 3\n[public]\n", 1, "site = 3: expected a table, as [site]", ""),
    ("[site]\n", "newsletters = 3\n[site]\n", 1, "newsletters = 3: expected a table, as [newsletters]", ""),
    ("[site]\n", "lint = 3\n[site]\n", 1, "lint = 3: expected a table", ""),
    ("[site]\n", "rate = '1/s'\n[site]\n", 1, "rate is no table that digest knows", "[smtp]"),
    ("[site]\n", "[site]\nid = 'My Site'\n", 2, "site.id", 'did you mean "my-site"?'),
    ('[site]\nname = "', '[site]\nname = "\n', 2, "is not TOML", "quotes"),
    ("news@example.org>", "news@example.org", 7, "expected an address", ""),
]


@pytest.mark.parametrize(("old", "new", "line", "message", "hint"), CHANGED)
def test_a_mistake_in_the_smallest_project(
    tmp_path: Path, old: str, new: str, line: int | None, message: str, hint: str
) -> None:
    """What must be there is asked for where it belongs; what is wrong is told where it stands."""
    assert old in SMALLEST
    mistakes = told(tmp_path, SMALLEST.replace(old, new, 1))
    found = [m for m in mistakes if message in m[1] and hint in m[2]]
    assert found, mistakes
    assert found[0][0] == line
    assert "hunter2" not in str(mistakes)


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    """Nobody mends a file one run at a time."""
    mistakes = told(
        tmp_path,
        """\
[site]
url = "example.org"
zone = "Europe/Vienna"
[sender]
from = "nobody"
reviewers = ["a@example.org", "b@@x",
  "c"]
[smtp]
tls = "no"
port = -1
[newsletters.weekly]
send = "someday"
limit = "x"
order = "new"
""",
        DIGEST_PUBLIC_URL="ftp://example.org",
    )
    assert [line for line, _, _ in mistakes] == [None, None, 1, 2, 3, 5, 6, 7, 9, 10, 12, 13, 14]


def test_one_sentence_on_top_says_how_many(tmp_path: Path) -> None:
    """The error itself carries no line: each mistake has its own."""
    with pytest.raises(ConfigError, match=r"digest\.toml has 2 mistakes"):
        read(tmp_path, SMALLEST + "[smtp]\nport = 0\ntls = 'x'\n")
    with pytest.raises(ConfigError, match=r"digest\.toml has a mistake") as caught:
        read(tmp_path, SMALLEST + "[smtp]\nport = 0\n")
    assert (caught.value.file, len(caught.value.mistakes)) == (None, 1)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"[site\n", 1),
        (b"[site]\nname = Example\n", 2),
        (b"[site]\nname = 'a'\nname = 'b'\n", 3),
        (b"[site]\nname = 'a\n", 2),
        (b'[site]\nname = """a\n\n', 3),
        (b"a = " + b"[" * 100_000, None),
        (b"[site]\n\nname = '\xff'\n", 3),
    ],
)
def test_what_is_no_toml_is_told_with_its_line(tmp_path: Path, data: bytes, line: int | None) -> None:
    """A broken file is no traceback."""
    (tmp_path / "digest.toml").write_bytes(data)
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, {})
    (mistake,) = caught.value.mistakes
    assert (mistake.file, mistake.line) == ("digest.toml", line)
    assert mistake.hint


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    """Editors on Windows write both; lines are counted all the same."""
    text = "\ufeff" + SMALLEST.replace("\n", "\r\n")
    assert load(_written(tmp_path, text), {}).site.name == "Example Weekly"
    with pytest.raises(ConfigError) as caught:
        load(_written(tmp_path, text + "[smtp]\r\nport = 0\r\n"), {})
    assert caught.value.mistakes[0].line == BELOW + 1


def _written(folder: Path, text: str) -> Path:
    (folder / "digest.toml").write_bytes(text.encode())
    return folder


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    """No project, and a folder where the file should be."""
    with pytest.raises(ConfigError, match=r"no digest\.toml") as caught:
        load(tmp_path, {})
    assert "digest init" in caught.value.hint
    (tmp_path / "digest.toml").mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path, {})


def test_the_nearest_project_upwards_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a folder deep inside, the file itself, a relative path; without one, `digest init` is named."""
    deep = project(tmp_path / "p", SMALLEST) / "a" / "b"
    deep.mkdir(parents=True)
    assert find(deep) == tmp_path / "p"
    assert find(tmp_path / "p" / "digest.toml") == tmp_path / "p"
    monkeypatch.chdir(deep)
    assert find(Path()) == tmp_path / "p"
    with pytest.raises(ConfigError) as caught:
        find(tmp_path)
    assert "digest init" in caught.value.hint


# ------------------------------------------------------------------------------------------------ the environment


def test_the_environment_wins_over_the_file_and_an_empty_variable_is_none(tmp_path: Path) -> None:
    """CI sets a missing secret to an empty text; that must not empty a value."""
    text = SMALLEST + '[smtp]\nhost = "a.example.org"\nport = 25\n[public]\nurl = "https://a.example.org"\n'
    config = read(
        tmp_path,
        text,
        DIGEST_SMTP_HOST="b.example.org",
        DIGEST_SMTP_PORT="2525",
        DIGEST_SMTP_USER="someone",
        DIGEST_SMTP_PASSWORD="hunter2",
        DIGEST_PUBLIC_URL="",
        DIGEST_STATE_PATH="/var/lib/digest",
        DIGEST_STATE_DATABASE="postgresql://u:hunter2@db/x?sslpassword=hunter2",
    )
    assert config.transport
    smtp = config.transport.options
    assert (smtp.host, smtp.port, smtp.user) == ("b.example.org", 2525, "someone")
    assert config.public.url == "https://a.example.org"
    assert config.state.path == Path("/var/lib/digest")
    assert config.state.database.startswith("postgresql://u:hunter2@")
    assert ("smtp.port", '"2525"', "DIGEST_SMTP_PORT") in config.origins
    assert ("public.url", '"https://a.example.org"', "digest.toml:12") in config.origins
    assert "hunter2" not in str(config.origins)
    assert "someone" not in str(config.origins)


def test_a_host_in_the_environment_is_a_relay_without_a_table(tmp_path: Path) -> None:
    """A workflow may say everything by variables; a table without a host is none."""
    assert read(tmp_path, SMALLEST, DIGEST_SMTP_HOST="localhost", DIGEST_SMTP_TLS="none").transport
    assert read(tmp_path, SMALLEST + "[smtp]\nport = 25\n").transport is None


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DIGEST_SMTP_PORT", "smtp", 'DIGEST_SMTP_PORT is "smtp": expected a whole number'),
        ("DIGEST_SMTP_TLS", "yes", 'DIGEST_SMTP_TLS is "yes": expected'),
        ("DIGEST_SITE_URL", "nowhere", 'DIGEST_SITE_URL is "nowhere": expected'),
    ],
)
def test_a_wrong_variable_is_named_and_not_the_file(tmp_path: Path, name: str, value: str, words: str) -> None:
    """The mistake is where it was made."""
    (mistake,) = told(tmp_path, SMALLEST, **{name: value})
    assert words in mistake[1]
    assert mistake[0] is None


def test_a_variable_that_nobody_reads_is_a_warning(tmp_path: Path) -> None:
    """It may belong to another program; most likely it is misspelt."""
    config = read(tmp_path, SMALLEST, DIGEST_SMTP_PASWORD="x", DIGEST_UNHEARD_OF="x", HOME="/")
    assert config.warnings == (
        'DIGEST_SMTP_PASWORD is set, and nothing reads it; did you mean "DIGEST_SMTP_PASSWORD"?',
        "DIGEST_UNHEARD_OF is set, and nothing reads it",
    )


def test_a_transport_in_the_file_is_never_turned_into_a_relay(tmp_path: Path) -> None:
    """Who writes mail to files wants none to go out, whatever the machine's variables say."""
    config = read(tmp_path, SMALLEST + '[transport]\nkind = "file"\npath = "out"\n', DIGEST_SMTP_HOST="a.example.org")
    assert config.transport
    assert (config.transport.kind, config.transport.options.path) == ("file", Path("out"))
    assert any("DIGEST_SMTP_HOST changes nothing" in w for w in config.warnings)
    assert ("transport.kind", '"file"', f"digest.toml:{BELOW + 1}") in config.origins


# ------------------------------------------------------------------------------------------------ what follows


@pytest.mark.parametrize(
    ("smtp", "port", "tls"),
    [
        ("", 587, "starttls"),
        ('tls = "tls"', 465, "tls"),
        ('tls = "starttls"', 587, "starttls"),
        ("port = 465", 465, "tls"),
        ("port = 2525", 2525, "starttls"),
        ('port = 465\ntls = "starttls"', 465, "starttls"),
        ('preset = "fastmail"', 465, "tls"),
        ('preset = "fastmail"\nport = 587', 587, "starttls"),
        ('preset = "ses"', 587, "starttls"),
    ],
)
def test_port_and_tls_follow_each_other(tmp_path: Path, smtp: str, port: int, tls: str) -> None:
    """465 speaks TLS from its first octet (RFC 8314); whoever says one of the two need not know the other."""
    config = read(tmp_path, SMALLEST + f'[smtp]\nhost = "smtp.example.org"\n{smtp}\n')
    assert config.transport
    assert (config.transport.options.port, config.transport.options.tls) == (port, tls)
    origins = {path: text for path, text, _ in config.origins}
    assert origins["smtp.port"] == str(port)
    assert origins["smtp.tls"] == f'"{tls}"'
    assert bool(config.warnings) == (smtp == 'port = 465\ntls = "starttls"')


def test_no_tls_is_for_this_machine_alone(tmp_path: Path) -> None:
    """A loopback host may speak in clear, on port 25 unless said."""
    for host in ("localhost", "127.0.0.1", "::1", "[::1]", "relay.localhost"):
        config = read(tmp_path, SMALLEST + f'[smtp]\nhost = "{host}"\ntls = "none"\n')
        assert config.transport
        assert config.transport.options.port == 25


def test_a_preset_fills_in_what_is_not_said(tmp_path: Path) -> None:
    """A relay that knows its host needs nothing else; what is said wins, and `digest config` shows both."""
    config = read(tmp_path, SMALLEST + '[smtp]\npreset = "gmail"\nrate = "2/s"\n')
    assert config.transport
    smtp = config.transport.options
    assert (smtp.host, smtp.rate, smtp.daily) == ("smtp.gmail.com", 2.0, 500)
    assert ("smtp.daily", "500", "preset gmail") in config.origins
    assert ("smtp.rate", '"2/s"', f"digest.toml:{BELOW + 2}") in config.origins
    shown_rate = read(tmp_path, SMALLEST + '[smtp]\npreset = "gmail"\n').origins
    assert ("smtp.rate", '"1/s"', "preset gmail") in shown_rate


def test_every_preset_is_a_good_table(tmp_path: Path) -> None:
    """A preset alone (with a host where it has none) loads; nobody's figures break ours."""
    presets = import_module("digest.deliver.presets").PRESETS
    for name in presets:
        config = read(tmp_path, SMALLEST + f'[smtp]\nhost = "smtp.example.org"\npreset = "{name}"\n')
        assert config.transport
        assert f"`{name}`" in (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")


def test_severities_and_reasons_of_rules(tmp_path: Path) -> None:
    """[lint] names a rule as `digest check` does."""
    config = read(tmp_path, SMALLEST + '[lint]\nalt = "warning"\nsubject-length = "off: long ones are ours"\n')
    assert config.lint == (("alt", "warning", ""), ("subject-length", "off", "long ones are ours"))
    assert ("lint.alt", '"warning"', f"digest.toml:{BELOW + 1}") in config.origins


def test_a_list_that_is_not_there_yet_is_a_warning_with_the_nearest(tmp_path: Path) -> None:
    """Pull requests have no lists: they must be able to check and build."""
    project(tmp_path, SMALLEST, "readers")
    config = read(tmp_path, SMALLEST + N + 'lists = ["readers",\n"raeders"]\n')
    (warning,) = config.warnings
    assert warning == (
        f'digest.toml:{BELOW + 2}: list raeders has no file subscribers/raeders.csv yet; did you mean "readers"?'
    )


def test_a_theme_of_the_project_is_known(tmp_path: Path) -> None:
    """A folder of templates/ is a theme, but for `parts`, which all themes share."""
    (tmp_path / "templates" / "ours").mkdir(parents=True)
    (tmp_path / "templates" / "parts").mkdir(parents=True)
    assert read(tmp_path, SMALLEST + N + 'theme = "ours"\n').newsletter("weekly").theme == "ours"
    assert told(tmp_path, SMALLEST + N + 'theme = "parts"\n')


def test_a_command_is_shown_without_its_arguments(tmp_path: Path) -> None:
    """`digest config` is pasted into bug reports."""
    config = read(tmp_path, SMALLEST + '[smtp]\nhost = "localhost"\npassword_command = ["echo", "hunter2"]\n')
    assert ("smtp.password_command", '["echo", "…"]', f"digest.toml:{BELOW + 2}") in config.origins


def test_the_home_folder_may_be_written_short(tmp_path: Path) -> None:
    """`~` is a shell's; people write it all the same."""
    config = read(tmp_path, SMALLEST + '[state]\npath = "~/digest"\n')
    assert config.state.path == Path.home() / "digest"


# ------------------------------------------------------------------------------------------------ plugs

PLUG = """\
from __future__ import annotations
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal

@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    must: str
    form: Literal["eml", "maildir"] = "eml"
    size: float = 1.0
    where: Path = Path("out")
    names: tuple[str, ...] = field(default_factory=tuple)
    odd: timedelta | None = None
    strange: complex = 1j

    def __post_init__(self) -> None:
        if self.must == "never":
            raise ValueError("never is no time")
"""


@pytest.fixture
def plugs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Two more transports: one with options of every kind, one whose library is not installed."""
    folder = tmp_path / "plugs"
    folder.mkdir()
    (folder / "every_kind.py").write_text(PLUG, encoding="utf-8")
    (folder / "lonely.py").write_text("import no_such_library\n", encoding="utf-8")
    (folder / "_shared.py").write_text("", encoding="utf-8")
    package = import_module("digest.deliver.transports")
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    yield folder
    for name in ("every_kind", "lonely"):
        sys.modules.pop(f"digest.deliver.transports.{name}", None)


@pytest.mark.usefixtures("plugs")
def test_a_plug_is_one_new_file_and_brings_its_own_keys(tmp_path: Path) -> None:
    """Types, choices and defaults are its dataclass's; nothing else has to be edited."""
    added = '[transport]\nkind = "every_kind"\nmust = "x"\nform = "maildir"\nsize = 2\nwhere = "a/b"\nnames = ["n"]\n'
    config = read(tmp_path, SMALLEST + added)
    assert config.transport
    options = config.transport.options
    assert (options.must, options.form, options.size, options.where) == ("x", "maildir", 2.0, Path("a/b"))
    assert options.names == ("n",)
    assert ("transport.odd", "none", "default") in config.origins
    assert ("transport.names", '["n"]', f"digest.toml:{BELOW + 6}") in config.origins


@pytest.mark.usefixtures("plugs")
@pytest.mark.parametrize(
    ("added", "line", "message", "hint"),
    [
        ("", 1, "[transport] must is missing", "write must ="),
        ("must = 'never'", 1, "transport: never is no time", ""),
        ("must = 'x'\nform = 'mailder'", 4, 'expected "eml" or "maildir"', 'did you mean "maildir"?'),
        ("must = 'x'\nsize = 'big'", 4, 'size = "big": expected a number', ""),
        ("must = 'x'\nnames = ['a', 3]", 4, "names[1] = 3: expected a list of texts", ""),
        ("must = 'x'\nodd = []", 4, "odd = []: expected", ""),
        ("must = 'x'\nstrange = 3", 4, "strange = 3: expected", ""),
        ("musst = 'x'\nmust = 'x'", 3, "transport.musst is no key", 'did you mean "must"?'),
    ],
)
def test_a_plugs_mistakes_are_told_like_all_others(
    tmp_path: Path, added: str, line: int, message: str, hint: str
) -> None:
    """By line, with what was expected; an option that must be there is asked for."""
    (mistake,) = told(tmp_path, SMALLEST + f"[transport]\nkind = 'every_kind'\n{added}\n")
    assert mistake[0] == BELOW - 1 + line
    assert message in mistake[1]
    assert hint in mistake[2]


@pytest.mark.usefixtures("plugs")
def test_a_plug_whose_library_is_missing_says_which(tmp_path: Path) -> None:
    """No traceback: the name of what has to be installed. What begins with _ is no kind."""
    (mistake,) = told(tmp_path, SMALLEST + "[transport]\nkind = 'lonely'\n")
    assert "no_such_library" in mistake[1]
    assert "install" in mistake[2]
    (mistake,) = told(tmp_path, SMALLEST + "[transport]\nkind = '_shared'\n")
    assert "expected a kind that there is: console, every_kind, file, lonely, smtp" in mistake[1]


# ------------------------------------------------------------------------------------------------ ready to run


def test_what_run_asks_for_is_told_with_the_line_it_belongs_to(tmp_path: Path) -> None:
    """List, its file, relay, postal address: each by itself; with all of them, nothing."""
    config = read(tmp_path, SMALLEST)
    wanting = ready_to_run(config, config.newsletter("weekly"))
    assert [w.message.split(":")[0] for w in wanting] == [
        "newsletter weekly has no list to go to",
        "no relay is configured",
        "[sender] postal_address is missing",
    ]
    assert [w.line for w in wanting] == [None, None, 7]
    assert str(no_relay(config)) == str(wanting[1])
    with pytest.raises(ConfigError) as caught:
        refuse_unready(wanting)
    assert caught.value.mistakes == wanting


def test_a_missing_list_names_the_nearest_file(tmp_path: Path) -> None:
    """A misspelt list mails nobody: say so before anything is frozen."""
    project(tmp_path, "", "readers")
    config = read(tmp_path, SMALLEST + N + "\nlists = ['raeders', 'zzz']\n")
    first, second = ready_to_run(config, config.newsletter("weekly"))[:2]
    assert (first.line, first.hint) == (BELOW + 2, 'did you mean "readers"?')
    assert "subscribers/zzz.csv" in second.hint


def test_a_project_that_has_everything_is_ready(tmp_path: Path) -> None:
    """Nothing is asked for twice; `false` with its reason is a postal address too."""
    full = (
        SMALLEST + 'postal_address = false\npostal_exempt = "friends"\n[smtp]\nhost = "localhost"\n'
        "[newsletters.weekly]\nlists = ['readers']\n"
    )
    project(tmp_path, full, "readers")
    config = load(tmp_path, {})
    assert ready_to_run(config, config.newsletter("weekly")) == ()
    refuse_unready(())


# ------------------------------------------------------------------------------------------------ notation


@pytest.mark.parametrize(
    ("text", "hours"),
    [("4 weeks", 672), ("1w", 168), ("10 days", 240), ("1 day", 24), ("2d", 48), ("36h", 36), ("90 min", 1.5)],
)
def test_spans(text: str, hours: float) -> None:
    """A number and a unit, and shown again in its largest whole unit."""
    span = notation.span(text)
    assert span == timedelta(hours=hours)
    assert notation.span(shown(span).strip('"')) == span


@pytest.mark.parametrize(
    ("text", "rate"),
    [("14/s", 14), ("500/min", 500 / 60), ("1000/h", 1000 / 3600), ("0.5/s", 0.5), ("2 per hour", 2 / 3600)],
)
def test_rates(text: str, rate: float) -> None:
    """Kept in messages a second."""
    assert notation.rate(text) == pytest.approx(rate)


@pytest.mark.parametrize("tag", ["en", "de-AT", "zh-Hant-TW", "sr-Latn", "es-419", "de-CH-1901", "x" * 2 + "-x-ours"])
def test_language_tags(tag: str) -> None:
    """BCP 47, as written."""
    assert notation.language(tag) == tag


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://example.org/", "https://example.org"),
        ("https://Example.org/blog/", "https://example.org/blog"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
    ],
)
def test_urls(text: str, url: str) -> None:
    """Absolute, without the slash at the end, with a host that fits a header."""
    assert notation.url(text) == url


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("news@example.org", "news@example.org"),
        ("News@EXAMPLE.org", "News@example.org"),
        ("Example <news@example.org>", "Example <news@example.org>"),
        ('"A, \\"B\\"" <news@example.org>', 'A, "B" <news@example.org>'),
        ("<news@example.org>", "news@example.org"),
        ("Ünïcode Ẅeekly <news@bücher.example>", "Ünïcode Ẅeekly <news@xn--bcher-kva.example>"),
        ("news@localhost", "news@localhost"),
        ("news@relay.test", "news@relay.test"),
    ],
)
def test_addresses(text: str, found: str) -> None:
    """The local part stays as written, the domain comes in A-labels."""
    assert address(text, named=True) == found


@given(st.text(alphabet="ab.@-+_1X\"' (),<>\\", max_size=20))
def test_the_usual_address_is_one_for_email_validator_too(text: str) -> None:
    """The quick way accepts nothing that the thorough way refuses, and gives the same."""
    from email_validator import EmailNotValidError, validate_email

    try:
        quick = address(text, named=False)
    except notation.Misread:
        return
    try:
        thorough = validate_email(quick, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError as exc:
        raise AssertionError(f"{quick!r}: {exc}") from exc
    assert quick == f"{thorough.local_part}@{thorough.ascii_domain}"


@given(st.text(max_size=30))
def test_no_reader_ever_lets_a_control_character_through(text: str) -> None:
    """Whatever stands in the file, nothing can end a header line or forge a slot."""
    for read_it in (notation.plain, notation.host, notation.url, notation.language, notation.name, notation.lower_name):
        try:
            value = str(read_it(text))
        except notation.Misread:
            continue
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\ufdd0-\ufdef\u2028\u2029]", value)


_ODD = [
    *(
        "''",
        "'x'",
        '"\\u0000"',
        '"\\uFDD0"',
        '"\\n"',
        "'://'",
        "'https://['",
        "'https://[x]/'",
        "'https://xn--a'",
        "'/'",
    ),
    *("'<@>'", "'@'", "'a@b'", "'x <'", "'..'", "'postgresql://'", "'0/s'", "'off:'", "'Ⅷ days'", "'tls'", "'none'"),
    *("-1", "0", "1e308", "nan", "99999999999999999999", "true", "[]", "['']", "[[1]]", "[{}]", "{}", "{ a = {} }"),
    *("1979-05-27", "07:32:00", "'" + "9" * 400 + " days'", "'" + "(" * 200 + "'", "'* * * * *'"),
]


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_no_value_of_any_key_ends_in_a_traceback(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Whatever stands where, the answer is a Config, or a ConfigError whose every mistake says something."""
    tables = {**keys.TABLES, "newsletters.weekly": keys.NEWSLETTER}
    names = [(t, k) for t, table in tables.items() for k in (*table.keys, *table.tables)]
    names += [("sources.blog", "path"), ("sources.blog", "exclude"), ("sources.blog", "kind"), ("lint", "alt")]
    said = data.draw(st.dictionaries(st.sampled_from(names), st.sampled_from(_ODD), min_size=1, max_size=8))
    lines = [f"{table}.{key} = {value}" for (table, key), value in said.items()]
    try:
        read(tmp_path_factory.getbasetemp() / "odd", "\n".join(lines))
    except ConfigError as exc:
        for mistake in exc.mistakes:
            assert mistake.message
            assert "\n" not in str(mistake)


# ------------------------------------------------------------------------------------------------ lines


class _Writer:
    """Writes random TOML line by line, and notes the line of each key as it writes it."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.text: list[str] = []
        self.lines: dict[tuple[Any, ...], int] = {}
        self.names = iter(f"k{n}" for n in range(10_000))

    @property
    def line(self) -> int:
        return "".join(self.text).count("\n") + 1

    def note(self, path: tuple[Any, ...]) -> None:
        for length in range(1, len(path) + 1):
            self.lines.setdefault(path[:length], self.line)

    def key(self) -> tuple[str, str]:
        """A key, and how it is written."""
        name = next(self.names)
        return self.random.choice(
            [
                (name, name),
                (f"{name} ] = #", f'"{name} ] = #"'),
                (f'{name}"', f"'{name}\"'"),
                (f"{name}é", f'"{name}\\u00e9"'),
            ]
        )

    def value(self, path: tuple[Any, ...], depth: int = 0) -> None:
        kind = self.random.choice(
            ["plain", "text", "long", "list", "table"] if depth < 3 else ["plain", "text", "long"]
        )
        if kind == "plain":
            self.text.append(self.random.choice(["1", "true", "1979-05-27 07:32:00Z", "-3.5e2", "inf"]))
        elif kind == "text":
            self.text.append(self.random.choice(['"a # b = c [x] \\" {"', "'a \\'", '""', "''", '"]"']))
        elif kind == "long":
            self.text.append(self.random.choice(['"""\na = 1\n"q"\n"""', "'''x\n[y]\n''''", '""""x"""""', "'''\n'''"]))
        elif kind == "list":
            self.text.append("[")
            for at in range(self.random.randrange(4)):
                self.text.append(self.random.choice([" ", "\n  ", "# ] comment\n\n"]))
                self.note((*path, at))
                self.value((*path, at), depth + 1)
                self.text.append(self.random.choice([",", "\n,", " , # [\n"]))
            self.text.append(self.random.choice(["]", "\n]"]))
        else:
            self.text.append("{")
            for at in range(self.random.randrange(3)):
                self.text.append(", " if at else " ")
                self.pair(path, depth + 1)
            self.text.append(" }")

    def pair(self, table: tuple[Any, ...], depth: int = 0) -> None:
        keys_ = [self.key() for _ in range(self.random.choice([1, 1, 2, 3]))]
        path = (*table, *(name for name, _ in keys_))
        self.note(path)
        self.text.append(
            self.random.choice([".", " . "]).join(written for _, written in keys_) + self.random.choice([" = ", "="])
        )
        self.value(path, depth)

    def document(self) -> str:
        table: tuple[Any, ...] = ()
        counts: dict[str, int] = {}
        for _ in range(self.random.randrange(1, 12)):
            what = self.random.random()
            if what < 0.2:
                name, written = self.key()
                table = (name,)
                self.note(table)
                self.text.append(f"[ {written} ] # [no]\n")
            elif what < 0.4:
                name = self.random.choice(["many", "more"])
                counts[name] = counts.get(name, 0) + 1
                table = (name, counts[name] - 1)
                self.note(table)
                self.text.append(f"[[{name}]]\n")
            elif what < 0.5 and counts:
                name = self.random.choice(sorted(counts))
                inner, written = self.key()
                table = (name, counts[name] - 1, inner)
                self.note(table)
                self.text.append(f"[{name}.{written}]\n")
            else:
                self.text.append(self.random.choice(["", "\n", "  # c = 1\n", "\t"]))
                self.pair(table)
                self.text.append("\n")
        return "".join(self.text)


def _paths(value: object, path: tuple[Any, ...] = ()) -> set[tuple[Any, ...]]:
    """Every path of a value as tomllib gives it."""
    found = {path} if path else set()
    if isinstance(value, dict):
        return found.union(*(_paths(inner, (*path, key)) for key, inner in value.items()))
    if isinstance(value, list):
        return found.union(*(_paths(inner, (*path, at)) for at, inner in enumerate(value)))
    return found


@settings(max_examples=150)
@given(st.integers(min_value=0, max_value=10**9))
def test_every_key_of_any_toml_has_its_line(seed: int) -> None:
    """The scanner knows the very paths that tomllib gives, each with the line it was written on."""
    writer = _Writer(seed)
    text = writer.document()
    found = locate(text)
    assert found == writer.lines
    assert set(found) == _paths(tomllib.loads(text))


def test_lines_of_windows_and_of_the_end_of_a_file() -> None:
    """CRLF counts once; a file may end without a line end."""
    assert locate("a = 1\r\n\r\n[b]\r\nc = 2") == {("a",): 1, ("b",): 3, ("b", "c"): 4}
    assert locate("") == {}
    assert locate("# only words") == {}


# ------------------------------------------------------------------------------------------------ the docs

DOCS = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8") if (ROOT / "docs").is_dir() else ""


def _rows(title: str) -> list[tuple[str, str, str]]:
    """(key, default, example) of a section's table."""
    section = DOCS.split(f"\n## {title}\n")[1].split("\n## ")[0]
    cells = [
        [c.strip() for c in line.strip("|").split(" | ")] for line in section.splitlines() if line.startswith("| `")
    ]
    return [(row[0].strip("` "), row[1].strip("`"), row[3].strip("|` ")) for row in cells if len(row) == 4]


SECTIONS = [
    *((f"`[{name}]`", name, table) for name, table in keys.TABLES.items()),
    ("`[newsletters.NAME]`", "newsletters.weekly", keys.NEWSLETTER),
]


@pytest.mark.parametrize(("title", "table_name", "table"), SECTIONS, ids=lambda v: v if isinstance(v, str) else "")
def test_the_docs_name_every_key_with_its_default_and_an_example_that_loads(
    tmp_path: Path, title: str, table_name: str, table: keys.Table
) -> None:
    """No key is missing in docs/configuration.md, and none is documented that is none."""
    rows = _rows(title)
    inner = {f"{name}.{key}": k for name, t in table.tables.items() for key, k in t.keys.items()}
    known = {**table.keys, **inner}
    assert {key for key, _, _ in rows} == {*known, *table.tables}
    defaults = {f.name: f.default for kind in table.settings for f in dataclasses.fields(kind)}
    for name, default, example in rows:
        if name in known and default != "must be there":
            value = defaults[known[name].field or name.rpartition(".")[2]]
            assert default == shown(dict(value) if known[name].type == dict[str, str] else value), name
        base = {"site": {"name": "x", "url": "https://example.org"}, "sender": {"from": "a@example.org"}}
        said = {k: f'{k} = "{v}"' for k, v in base.get(table_name, {}).items()} | {example.split(" ")[0]: example}
        if name == "postal_exempt":
            said["postal_address"] = "postal_address = false"
        others = "\n".join(
            f"[{t}]\n" + "\n".join(f'{k} = "{v}"' for k, v in b.items()) for t, b in base.items() if t != table_name
        )
        text = f'{others}\n[sources.blog]\npath = "x"\n[{table_name}]\n' + "\n".join(said.values()) + "\n"
        config = read(tmp_path, text)
        assert [
            o for o in config.origins if o[0].startswith(f"{table_name}.{name.partition('.')[0]}") and ":" in o[2]
        ], name


def test_the_docs_name_every_option_of_every_plug() -> None:
    """Sources and transports bring keys of their own."""
    for title, package in (("`[sources.NAME]`", "posts/sources"), ("`[transport]`", "deliver/transports")):
        rows = _rows(title)
        section = DOCS.split(f"\n## {title}\n")[1].split("\n## ")[0]
        known = {}
        for file in (ROOT / "digest" / package).glob("[a-z]*.py"):
            module = import_module(f"digest.{package.replace('/', '.')}.{file.stem}")
            if module.Options is Smtp:
                continue
            assert f'kind = "{file.stem}"' in section
            known |= {f.name: f for f in dataclasses.fields(module.Options)}
        assert {key for key, _, _ in rows} == set(known)
        for key, default, _ in rows:
            if default != "must be there":
                field = known[key]
                made = field.default if field.default is not dataclasses.MISSING else field.default_factory()
                assert default == shown(made), key


def test_the_docs_name_every_variable() -> None:
    """What the environment may say is a small set, and documented."""
    assert set(re.findall(r"DIGEST_[A-Z_]+[A-Z]", DOCS)) == set(keys.VARIABLES)


@pytest.mark.parametrize("block", re.findall(r"```toml\n(.*?)```", DOCS, re.DOTALL))
def test_the_examples_of_the_docs_load(tmp_path: Path, block: str) -> None:
    """Whole files load as they are; a lone table below the smallest project."""
    assert read(tmp_path, block if "[site]" in block else SMALLEST + block)


def test_loading_brings_no_heavy_library(tmp_path: Path) -> None:
    """`digest status` is called every minute: no template engine, no mail library, no YAML."""
    project(tmp_path, SMALLEST + N + 'send = "Friday 09:00"\n')
    heavy = {
        "msgspec",
        "jinja2",
        "yagmail",
        "flask",
        "mjml",
        "nh3",
        "babel",
        "rich",
        "email_validator",
        "yaml",
        "frontmatter",
    }
    code = (
        "import sys; from pathlib import Path; from digest.config import load;"
        f"load(Path({str(tmp_path)!r}), {{}}); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert not heavy & set(done.stdout.split())
