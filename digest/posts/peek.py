"""A first look at a post, at a fraction of the cost of reading it: how late can its date be, which id does it bear.

Only what is certain counts: where the head is not whole, or a date has another form than YYYY-MM-DD, the post is read.
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from digest.posts.dates import day_in_name

__all__ = ["Glance", "glance"]

HEAD = 4096
KEY = re.compile(
    rb"^(?:\.\. |:)?[\"']?(?:"
    rb"(?P<date>date|pub[_-]?date(?:time)?|publish(?:ed)?[_-]?(?:date|at|on)?|date[_-]?(?:published|created)"
    rb"|publication[_-]?date|created(?:[_-]?at)?)"
    rb"|(?P<id>id|guid|uuid|canonical(?:[_-]?url)?)"
    rb"|(?P<path>path|permalink|url|slug))[\"']?[ \t]*[:=](?P<value>[^\r\n]*)",
    re.IGNORECASE | re.MULTILINE,
)
# 2025-13-03 is no day: it must be read, to be told.
DAY = re.compile(rb"[ \t]*[\"']?(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))(?!\d)")
WORD = re.compile(rb"[ \t]*[\"']?(?:true|false|yes|no)[\"']?[ \t]*$", re.IGNORECASE)
IN_PATH = re.compile(rb"(?:^|[/\"' ])\d{4}/\d{1,2}/\d{1,2}(?:/|[\"' ]|$)")
SOME_DAY = re.compile(r"\d{4}[-/]\d")
IN_FOLDERS = re.compile(r"(?:^|/)(\d{4})/(\d{1,2})/(\d{1,2})/")
CLOSING = {b"---": b"\n---", b"+++": b"\n+++"}


class Glance(NamedTuple):  # a tuple: one is made per file of a site
    """What a first look tells. `latest` is the latest day (YYYY-MM-DD) a post can have; empty: it must be read."""

    latest: str = ""
    dated: bool = False  # something in it looks like its date
    ids: tuple[str, ...] = ()  # guid or canonical, as written


def glance(rel: str, full: str) -> Glance:
    """Look at the head of one file. What cannot be opened is told by whoever reads it."""
    try:
        handle = os.open(full, os.O_RDONLY)
        try:
            return look(rel, os.read(handle, HEAD))
        finally:
            os.close(handle)
    except OSError:
        return Glance()


def look(rel: str, head: bytes) -> Glance:
    """Look at the first bytes of a file that lies at `rel`."""
    if head.startswith(b"\xef\xbb\xbf"):
        head = head[3:]
    named = _named(rel)
    closing = CLOSING.get(head[:3])
    end = head.find(closing, 3) if closing else head.find(b"\n\n")
    whole = end >= 0
    days: list[str] = []
    ids: list[str] = []
    sure = whole
    dated = bool(named)
    for found in KEY.finditer(head, 0, end if whole else len(head)):
        value = found["value"]
        if found["id"]:
            if text := value.strip(b" \t\"'"):
                ids.append(text.decode("utf-8", "replace"))
        elif found["path"]:
            dated = dated or IN_PATH.search(value) is not None
        elif day := DAY.match(value):
            days.append(day[1].decode())
            dated = True
        elif not WORD.match(value):
            sure = False  # another form, or a mapping below it
            dated = dated or bool(value.strip())
    if named:
        days.append(named)
    latest = max(days) if sure and days and not rel.endswith(".lr") else ""
    return Glance(latest, dated, tuple(ids))


def _named(rel: str) -> str:
    """The day in the name or the folders of a file."""
    if not SOME_DAY.search(rel):
        return ""
    parts = rel.split("/")
    for part in reversed(parts[-3:]):
        day, _ = day_in_name(part.rpartition(".")[0] if part is parts[-1] else part)
        if day:
            return day.isoformat()
    found = IN_FOLDERS.search(rel)
    return f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}" if found else ""
