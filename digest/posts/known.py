"""Who a post is, against what the ledger has seen: identity, moves, replacements, and what was sent already. Pure.

A post keeps one `id` for ever, whatever happens to its file. What a source reads is the raw identity (front-matter id,
canonical URL, else source and path); here it is settled by what is known:

- a file whose old path is gone, and which agrees with it in two of title, day and body, is that post, moved;
- a path whose title, day and body have all changed holds another post, which gets an `id` of its own;
- within one source two files are two posts, even where somebody copied the `id` along;
- across sources the same canonical URL, or the same title and day, is one post.

The ledger must note posts as `settled` gives them, or a move is forgotten as soon as it was seen.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from digest.model import History, Post, PostRecord
from digest.posts.local_time import moment

__all__ = ["Known", "in_doubt", "key_of", "keys_across", "recognise", "settled", "title_key"]

Place = tuple[str, str]  # source, path


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A post under its settled id, what the ledger knows of it, and the issue that carried it (empty: none did)."""

    post: Post
    record: PostRecord | None = None
    sent: str = ""


def recognise(posts: Iterable[Post], history: History) -> tuple[Known, ...]:
    """Settle who each post is; the order of the answer is by source and path, whatever the order of the posts."""
    each = {(p.source, p.path, p.id): p for p in posts}  # a file that two patterns find is one
    ordered = [each[key] for key in sorted(each)]
    found = _Matching(ordered, history.records).run()
    raw = {post.id for post in ordered}
    taken = {(r.source, r.id) for r in history.records if r.id in raw}
    taken |= {(post.source, record.id) for post, record in zip(ordered, found, strict=True) if record}
    elsewhere = _sent_elsewhere(ordered, history.records)
    known = []
    for post, record in zip(ordered, found, strict=True):
        name = record.id if record else _new_id(post, taken)
        taken.add((post.source, name))
        sent = (record.issue if record else "") or _carried(post, elsewhere)
        known.append(Known(post=post if name == post.id else replace(post, id=name), record=record, sent=sent))
    return tuple(known)


def settled(posts: Iterable[Post], history: History) -> tuple[Post, ...]:
    """Give the posts under the ids they have for ever: what the ledger is to note."""
    return tuple(known.post for known in recognise(posts, history))


def in_doubt(posts: Iterable[Post], history: History, since: datetime) -> bool:
    """Say whether a post may be an old file that moved or a copy of one: only posts dated before `since` would tell."""
    known = recognise(posts, history)
    read = {_place(k.post) for k in known}
    skipped = since.date() + timedelta(days=2)
    return any(
        k.record and _place(k.record) not in read and (k.record.day is None or k.record.day < skipped) for k in known
    )


def key_of(post: Post) -> tuple[str, str]:
    """Give what tells the posts of one reading apart, once they are settled; a post that cannot be read has no id."""
    return post.source, post.id or post.path


def keys_across(post: Post | PostRecord, zone: ZoneInfo | None = None) -> tuple[Hashable, ...]:
    """Give what makes two posts of different sources one: the canonical URL, the title with the day.

    With a zone also the title with the instant: a feed may tell in UTC, and so on another day, what a file says in
    local time.
    """
    keys: list[Hashable] = []
    if post.canonical:
        keys.append(("url", _address(post.canonical)))
    if post.title and _day(post):
        keys.append(("title", title_key(post.title), _day(post)))
        if zone and isinstance(post, Post):
            keys.append(("title", title_key(post.title), moment(post, zone)))
    return tuple(keys)


def title_key(title: str) -> str:
    """Fold a title so that case, widths and blanks do not count."""
    return " ".join(unicodedata.normalize("NFKC", title).casefold().split())


# ------------------------------------------------------------------------------------------------ matching


class _Matching:
    """Finds each post's record: at its own path, under its own id elsewhere, then among records whose file is gone.

    There may be a hundred times as many records as posts, so they are only looked through, never sorted or copied.
    """

    def __init__(self, posts: list[Post], records: tuple[PostRecord, ...]) -> None:
        self.posts = posts
        self.records = records
        self.found: list[PostRecord | None] = [None] * len(posts)
        self.claimed: set[str] = set()

    def run(self) -> list[PostRecord | None]:
        self._at_their_place()
        self._under_their_id()
        for keys_of in (_whole_keys, _part_keys):  # title and body agree before the rest: the better claim wins
            self._moved(keys_of)
        return self.found

    def _open(self) -> list[tuple[int, Post]]:
        return [(i, post) for i, post in enumerate(self.posts) if self.found[i] is None]

    def _claim(self, index: int, record: PostRecord) -> None:
        self.found[index] = record
        self.claimed.add(record.id)

    def _at_their_place(self) -> None:
        here: dict[Place, list[PostRecord]] = {_place(post): [] for post in self.posts}
        for record in self.records:
            if (place := (record.source, record.path)) in here:
                here[place].append(record)
        for index, post in self._open():
            newest_first = sorted(here[_place(post)], key=lambda r: (r.first_seen, r.id), reverse=True)
            for record in newest_first:
                if _stayed(post, record):
                    self._claim(index, record)
                    break

    def _under_their_id(self) -> None:
        written = {post.id for _, post in self._open() if not _by_path(post)}
        by_id = {record.id: record for record in self.records if record.id in written}
        for index, post in self._open():
            record = by_id.get(post.id)
            if record and record.id not in self.claimed:
                self._claim(index, record)

    def _moved(self, keys_of: Callable[[Post | PostRecord], Iterator[Hashable]]) -> None:
        wanted: dict[Hashable, list[PostRecord]] = {key: [] for _, post in self._open() for key in keys_of(post)}
        days = {_day(post) for _, post in self._open()}
        for record in self.records if wanted else ():
            if record.id not in self.claimed and (record.day in days or keys_of is _whole_keys):
                for key in keys_of(record):
                    if key in wanted:
                        wanted[key].append(record)
        for index, post in self._open():
            open_ones = [r for key in keys_of(post) for r in wanted[key] if r.id not in self.claimed]
            if open_ones:
                self._claim(index, min(open_ones, key=lambda r: (not r.issue, r.id)))  # what was sent, first of all


def _stayed(post: Post, record: PostRecord) -> bool:
    """The record at a post's own path is that post, unless everything has changed or it has another id written."""
    if post.broken:
        return True  # what it says cannot be read; its place is not free for that
    if not _by_path(post):
        return record.id == post.id or record.id == f"{post.id}#{post.path}"
    return (
        title_key(post.title) == title_key(record.title)
        or _day(post) == record.day
        or post.body_hash == record.body_hash
    )


def _by_path(post: Post) -> bool:
    """Its identity is its path, not something written in it."""
    return post.id == f"{post.source}:{post.path}"


def _whole_keys(post: Post | PostRecord) -> Iterator[Hashable]:
    """Title and body."""
    if post.fingerprint and _has_body(post):
        yield post.source, post.fingerprint


def _part_keys(post: Post | PostRecord) -> Iterator[Hashable]:
    """Title and day, body and day."""
    day = _day(post)
    if day and post.title:
        yield post.source, day, "title", title_key(post.title)
    if day and post.body_hash and _has_body(post):
        yield post.source, day, "body", post.body_hash


def _has_body(post: Post | PostRecord) -> bool:
    """Posts without a text agree in nothing by that; of a record only its hash is known, and a post must match it."""
    return not isinstance(post, Post) or bool(post.body.strip())


def _new_id(post: Post, taken: set[Place]) -> str:
    """The raw id, or one derived from it where that is another post's."""
    if not post.id or (post.source, post.id) not in taken:
        return post.id
    if not _by_path(post):
        return f"{post.id}#{post.path}"
    content = "\0".join((title_key(post.title), str(_day(post)), post.body_hash))
    return f"{post.id}#{hashlib.blake2s(content.encode('utf-8', 'surrogatepass'), digest_size=6).hexdigest()}"


# ------------------------------------------------------------------------------------------------ across sources


def _sent_elsewhere(posts: list[Post], records: tuple[PostRecord, ...]) -> dict[Hashable, list[PostRecord]]:
    """Records of what was sent, by what may make a post of another source the same."""
    days = {_day(post) for post in posts}
    index: dict[Hashable, list[PostRecord]] = defaultdict(list)
    for record in records:
        if record.issue and (record.day in days or record.canonical):
            for key in keys_across(record):
                index[key].append(record)
    return index


def _carried(post: Post, elsewhere: dict[Hashable, list[PostRecord]]) -> str:
    """The issue that carried this post as another source has it."""
    carriers = {r.issue for key in keys_across(post) for r in elsewhere.get(key, ()) if r.source != post.source}
    return min(carriers, default="")


def _place(post: Post | PostRecord) -> Place:
    return post.source, post.path


def _day(post: Post | PostRecord) -> object:
    """The calendar day that is written."""
    if isinstance(post, PostRecord):
        return post.day
    return post.date.date() if post.date else None


def _address(url: str) -> str:
    """A URL without what does not make it another page."""
    _, _, rest = url.partition("#")[0].strip().rpartition("://")
    host, slash, path = rest.partition("/")
    return f"{host.casefold()}{slash}{path}".rstrip("/")
