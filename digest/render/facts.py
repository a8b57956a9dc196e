"""What a template may say of a post: its facts, cleaned and worded, in the words of the issue's language.

Values for templates are made here and nowhere else; a template only arranges them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from digest.language import Language, direction
from digest.model import Post
from digest.render.album import Album
from digest.render.environment import Foreign
from digest.render.excerpt import cut, excerpt_of
from digest.render.images import NO_PICTURE
from digest.render.links import absolute, host
from digest.render.markup import inline, words
from digest.render.text import one_line

__all__ = ["Cover", "Entry", "Shelf", "entry", "short_title"]

NBSP = "\N{NO-BREAK SPACE}"
TITLE_LONGEST = 200
TITLE_LONG = 70  # from here on a lead's title steps down a size
PER_MINUTE = 220  # words
LEAST_WORDS = 60  # a shorter text is an announcement: how long it takes is no news
TAGS = 4
STRIP = 12  # times as wide as high: as a card's picture it would be a line


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """A picture of a post; sizes in pixels where they are known."""

    url: str
    alt: str
    width: int | None
    height: int | None

    def high(self, width: int) -> int | None:
        """Say how high it stands at this width."""
        return round(width * self.height / self.width) if self.width and self.height else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A post as a template sees it."""

    id: str
    title: Foreign  # HTML: a title may hold code or emphasis
    title_text: str
    long: bool  # the title is
    url: str
    label: str  # its category
    date: str
    date_short: str
    author: str
    read: str  # how long it takes
    excerpt: str
    tags: tuple[str, ...]
    cover: Cover | None
    lang: str  # empty where it is the issue's
    dir: str
    body: Foreign  # the whole text, where the newsletter carries it
    facts: tuple[str, ...]  # the meta line of the lead
    facts_short: tuple[str, ...]  # of a card
    facts_line: tuple[str, ...]  # of a line
    host: str = ""  # of its page, where that is another site than the newsletter's


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Entries under one label. `level` is the heading that the entries take."""

    label: str
    level: int
    posts: tuple[Entry, ...]


def short_title(text: str) -> str:
    """Keep a title within what a mail can show."""
    return cut(text, TITLE_LONGEST)


def entry(
    post: Post,
    *,
    language: Language,
    year: int,
    content: str,
    options: dict[str, object],
    body: Foreign,
    repairs: list[tuple[str, str]],
    album: Album,
    home: str = "",
) -> Entry:
    """Make the facts of a post; `year` is the issue's (another one is named), `repairs` takes what was mended."""
    text, html = inline(post.title or post.slug or post.path)
    if len(text) > TITLE_LONGEST:
        text = short_title(text)
        html = Foreign.escape(text)
        repairs.append(("title-long", f"the title was cut to {len(text)} characters"))
    url = absolute(post.url, mail=False)
    if not url:
        repairs.append(("url-missing", "the post has no address that a reader can follow"))
    day, day_short = _dates(post.date.date() if post.date else None, language, year)
    author = cut(_names(post.author), 60) if options.get("authors", True) else ""
    read = _reading_time(post.body, language) if options.get("reading_time", True) else ""
    foreign = bool(post.lang) and post.lang.split("-")[0].lower() != language.tag.split("-")[0].lower()
    limit = options.get("excerpt", 240)
    tags = tuple(t for tag in post.tags if (t := cut(one_line(tag), 30)))[:TAGS] if options.get("tags", True) else ()
    elsewhere = _elsewhere(url, home)
    return Entry(
        id=post.id,
        title=html,
        title_text=text,
        long=len(text) > TITLE_LONG,
        url=url,
        label=cut(one_line(post.categories[0]), 40) if post.categories else "",
        date=day,
        date_short=day_short,
        author=author,
        read=read,
        excerpt="" if content == "title" else excerpt_of(post, limit if isinstance(limit, int) else 240),
        tags=tags,
        cover=_cover(post, url, repairs, album) if options.get("covers", True) else None,
        lang=one_line(post.lang) if foreign else "",
        dir=direction(post.lang) if foreign else language.dir,
        body=body,
        facts=_there(day, language.text("By {author}", author=author) if author else "", read),
        facts_short=_there(day_short, author, read),
        facts_line=_there(elsewhere, day_short, author),
        host=elsewhere,
    )


def _elsewhere(url: str, home: str) -> str:
    """The host of a page that is on another site; a site's own subdomains are no other site."""
    there = host(url)
    return "" if there == home or f".{home}".endswith(f".{there}") or there.endswith(f".{home}") else there


def _there(*facts: str) -> tuple[str, ...]:
    return tuple(f for f in facts if f)


def _dates(day: date | None, language: Language, year: int) -> tuple[str, str]:
    if day is None:
        return "", ""
    other = day.year != year
    return language.day(day, year=other), language.day(day, year=other, short=True)


def _names(author: str) -> str:
    """Names as text: Markdown resolved, addresses left out."""
    text = re.sub(r"\s*[<(][^<>()\s]*@[^<>()\s]*[>)]", "", inline(author)[0])
    return text if "@" not in text or " " in text else text.partition("@")[0]


def _reading_time(body: str, language: Language) -> str:
    count = words(body)
    if count < LEAST_WORDS:
        return ""
    minutes = max(1, round(count / PER_MINUTE))
    return language.plural("{count} min read", "{count} min read", minutes).replace(" ", NBSP)


def _cover(post: Post, base: str, repairs: list[tuple[str, str]], album: Album) -> Cover | None:
    image = post.image
    if image is None or not (image.url or image.file):
        return None
    url = absolute(image.url, base, mail=False) if image.url else ""
    shown = one_line(image.url or Path(image.file).name)[:80]
    seen = album.see(post, image.url, url, lambda rule, message: repairs.append((rule, message)), file=image.file)
    if not seen.goes_along and not url.startswith("https:"):
        repairs.append(("image-scheme", f"the cover has no https address ({shown}) and was left out"))
        return None
    if not seen.goes_along and NO_PICTURE.search(urlsplit(url).path):
        repairs.append(("image-format", f"mail clients do not show the cover {shown}; it was left out"))
        return None
    width, height = (seen.width, seen.height) if seen.width else (image.width, image.height)
    known = bool(width and height)
    if known and min(width or 0, height or 0) <= 2:
        repairs.append(("tracking", f"the cover {shown} is a tracking pixel and was left out"))
        return None
    if known and (width or 0) > STRIP * (height or 0):
        repairs.append(("image-file", f"the cover {shown} is a strip of {width} × {height} pixels and was left out"))
        return None
    return Cover(
        url=seen.url,
        alt=cut(one_line(image.alt), 150),
        width=width if known else None,
        height=height if known else None,
    )
