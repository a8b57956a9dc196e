"""What a newsletter has behind it: windows, posts seen, held and sent, problems told. Functions on a Database.

Each runs within the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING

from digest.standing import History, PostRecord
from digest.store.connection import Database
from digest.store.moments import from_moment, maybe_from_moment, to_moment
from digest.store.texts import from_text, to_text

if TYPE_CHECKING:
    from digest.model import Post

__all__ = ["new_problems", "note_held", "note_posts", "read"]


def read(database: Database, newsletter: str) -> History:
    """Give all that the selector needs to know of a newsletter."""
    start, end, send = database.one("history_span", newsletter=newsletter) or (None, None, None)
    sent = database.one("history_sent", newsletter=newsletter)
    return History(
        newsletter=newsletter,
        first_start=maybe_from_moment(start),
        last_end=maybe_from_moment(end),
        last_send=maybe_from_moment(send),
        issues=tuple(name for (name,) in database.all("history_issues", newsletter=newsletter)),
        sent_count=sent[0] if sent else 0,
        records=_records(database, newsletter),
    )


def _records(database: Database, newsletter: str) -> tuple[PostRecord, ...]:
    # Newest issue first: of several that carried a post, the oldest is written last and stays.
    carried = dict(database.all("history_carried", newsletter=newsletter))
    held = {post for (post,) in database.all("history_held", newsletter=newsletter)}
    return tuple(
        PostRecord(
            id=from_text(id_),
            source=from_text(source),
            path=from_text(path),
            canonical=from_text(canonical),
            url=from_text(url),
            title=from_text(title),
            day=date.fromisoformat(day) if day else None,
            fingerprint=from_text(fingerprint),
            body_hash=from_text(body_hash),
            first_seen=from_moment(first_seen),
            issue=carried.get(id_, ""),
            held=id_ in held,
        )
        for id_, source, path, canonical, url, title, day, fingerprint, body_hash, first_seen in database.all(
            "posts_seen"
        )
    )


def note_posts(database: Database, posts: Iterable[Post], now: datetime) -> None:
    """Note each post that is new or changed; the day it was first seen stays."""
    seen = to_moment(now)
    database.many(
        "post_note",
        (
            (
                database.site,
                to_text(post.id),
                to_text(post.source),
                to_text(post.path),
                to_text(post.canonical),
                to_text(post.url),
                to_text(post.title),
                post.date.date().isoformat() if post.date else None,
                to_text(post.fingerprint),
                to_text(post.body_hash),
                seen,
            )
            for post in posts
        ),
    )


def note_held(database: Database, newsletter: str, ids: Iterable[str]) -> None:
    """Note the posts that were held back; what was noted before goes."""
    database.run("held_clear", newsletter=newsletter)
    database.many("held_add", ((database.site, newsletter, to_text(id_)) for id_ in ids))


def new_problems(database: Database, problems: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Give the problems that were not told before; remember these, and only these, as told."""
    given = tuple(dict.fromkeys(problems))
    told = {(from_text(path), from_text(message)) for path, message in database.all("told")}
    if told != set(given):
        database.run("told_clear")
        database.many("told_add", ((database.site, to_text(path), to_text(message)) for path, message in given))
    return tuple(problem for problem in given if problem not in told)
