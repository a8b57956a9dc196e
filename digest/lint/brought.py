"""What posts, names and the configuration brought into the mail: rules blame the template for its own words alone.

A blog about templates writes `{{`, one about HTML writes tags; both must be mailable. A thing that is found in the
finished mail and stands in a text that somebody wrote belongs to that text.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from digest.lint.links import host, urls_in
from digest.model import Issue, Post, Proof
from digest.settings import Config, Newsletter

__all__ = ["Source", "config", "hosts", "newsletter", "plain", "source_of", "source_of_url"]

SIGNS = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "–": "-", "—": "-"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A text that somebody wrote, and where it stands."""

    text: str
    file: str = ""
    line: int | None = None
    part: str = "posts"  # posts | config | headers


def config(proof: Proof) -> Config:
    """The configuration in force."""
    assert isinstance(proof.config, Config)
    return proof.config


def newsletter(proof: Proof) -> Newsletter:
    """The newsletter's settings."""
    assert isinstance(proof.newsletter, Newsletter)
    return proof.newsletter


def source_of(proof: Proof, words: str) -> Source | None:
    """The text that these words come from (by meaning: blanks, quotation marks and escapes do not count), or None."""
    if not words.strip():
        return None
    wanted = plain(words)
    holds = (s for s in _sources(proof) if words in s.text or (wanted and wanted in plain(s.text)))
    return next((_placed(s, words) for s in holds), None)


def source_of_url(proof: Proof, url: str) -> Source | None:
    """The post that brings an address: as a link or picture of its own, or in its text (relative there, perhaps)."""
    for form in _forms(url):
        found = next((s for s in _written(proof.issue) if form in s.text or form in html.unescape(s.text)), None)
        if found:
            return _placed(found, form)
    for path in _paths(url):
        found = next((s for s in _written(proof.issue) if path in s.text), None)
        if found:
            return _placed(found, path)
    return None


def hosts(proof: Proof) -> frozenset[str]:
    """The hosts that posts name: in their addresses, pictures and text."""
    return _hosts(proof.issue)


@lru_cache(maxsize=4)
def _hosts(issue: Issue) -> frozenset[str]:
    found = {host(url) for source in _written(issue) for url in urls_in(source.text)}
    return frozenset(found - {""})


@lru_cache(maxsize=2048)
def plain(text: str) -> str:
    """A text without what rendering changes: escapes, kinds of quotation marks, blanks, small and capital letters."""
    text = html.unescape(html.unescape(text)).replace("\\", "").replace("…", "...").translate(SIGNS)
    return " ".join(text.casefold().split())


def _sources(proof: Proof) -> Iterator[Source]:
    yield from _written(proof.issue)
    site, sender, letter = config(proof).site, config(proof).sender, newsletter(proof)
    names = [site.name, site.url, sender.name, sender.address, sender.reply_to, sender.postal_address]
    names += [letter.title, letter.description, letter.name, letter.list_id, *letter.rules.group_order]
    names += [config(proof).public.url, proof.issue.title, *(g.label for g in proof.issue.groups)]
    yield from (Source(text=name, part="config") for name in names if name)
    yield from (Source(text=sample.rcpt_to, part="headers") for sample in proof.samples)


@lru_cache(maxsize=4)
def _written(issue: Issue) -> tuple[Source, ...]:
    posts = tuple(source for post in issue.posts for source in _of(post))
    if not issue.intro:
        return posts
    return (*posts, Source(text=issue.intro, file=issue.intro_file, line=issue.intro_line))


def _of(post: Post) -> Iterator[Source]:
    yield Source(text=post.body, file=post.path, line=post.body_line)
    picture = (post.image.url, post.image.alt) if post.image else ()
    for text in (post.title, post.excerpt, post.author, post.url, post.canonical, post.source_url, *picture):
        if text:
            yield Source(text=text, file=post.path)
    yield Source(text=" ".join((*post.tags, *post.categories)), file=post.path)


def _placed(source: Source, words: str) -> Source:
    """The source with the line on which the words stand, where they stand as they are."""
    at = source.text.find(words)
    if source.line is None or at < 0:
        return source
    line = source.line + source.text.count("\n", 0, at)
    return Source(text=source.text, file=source.file, line=line, part=source.part)


def _forms(url: str) -> tuple[str, ...]:
    """An address as it may be written: rendering adds the last slash, escapes letters, and links a bare host."""
    bare = url.rstrip("/")
    return tuple(dict.fromkeys((url, bare, unquote(bare), bare.removeprefix("http://"))))


def _paths(url: str) -> Iterator[str]:
    """What of an address a post may have written: its path, and of a file also the path from a nearer folder."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return
    path = parts.path.lstrip("/")
    yield from (p for p in (f"{path}?{parts.query}" if parts.query else path,) if len(p) > 2)
    while "." in path.rpartition("/")[2] and len(path.partition("/")[2]) > 4:
        path = path.partition("/")[2]
        yield path
