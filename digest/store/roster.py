"""People, lists, tokens and ways out. Functions on a Database; each runs within the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from digest.errors import Bug
from digest.store.connection import Database
from digest.store.moments import from_moment, to_moment
from digest.store.texts import pack, unpack

if TYPE_CHECKING:
    from digest.interfaces import Audience, Subscription
    from digest.model import Subscriber

__all__ = [
    "audiences",
    "comings_and_goings",
    "enroll",
    "find",
    "history_of",
    "list_digest",
    "list_scope",
    "newsletter_scope",
    "opt_out",
    "opt_outs",
    "replace_list",
    "samples",
    "topics_text",
    "want",
]

PAGE = 5000  # rows read, signed and written at a time when tokens are made
KINDS = ("unsubscribed", "bounced", "complained", "manual")


def newsletter_scope(newsletter: str) -> str:
    """The scope of an opt-out from one newsletter."""
    return f"newsletter:{newsletter}"


def list_scope(name: str) -> str:
    """The scope of an opt-out from one list."""
    return f"list:{name}"


def topics_text(topics: Iterable[str]) -> str:
    """Topics as the ledger compares them: a set has one spelling."""
    return pack(sorted(set(topics)))


def list_digest(database: Database, name: str) -> str | None:
    """Give the digest of a list file as last read."""
    found = database.one("list_by_name", name=name)
    return None if found is None else found[1]


def replace_list(
    database: Database,
    name: str,
    rows: Iterable[Subscriber],
    digest: str,
    now: datetime,
    duplicate: Callable[[int, int], None] | None,
) -> int:
    """Make the list exactly these rows: staged first, then brought in as sets, in the order of the indexes."""
    database.run("list_make", name=name)
    list_id = (database.one("list_by_name", name=name) or (None,))[0]
    database.run("stage_make")
    database.run("stage_index_drop")
    database.run("stage_clear")
    staged = database.many("stage_add", _stage_rows(database, rows))
    database.run("stage_index")
    repeats = database.all("stage_repeats") if staged else []
    if repeats:
        database.run("stage_forget_repeats")
    for line, first in repeats:
        if duplicate is not None:
            duplicate(line, first)
    database.run("person_from_stage")
    database.run("membership_clear", list=list_id)
    count = database.run("membership_from_stage", list=list_id)
    database.run("list_was_read", digest=digest, now=to_moment(now), list=list_id)
    database.run("stage_clear")
    return count


def _stage_rows(database: Database, rows: Iterable[Subscriber]) -> Iterator[tuple[Any, ...]]:
    known: dict[tuple[tuple[str, ...], str], int] = {}
    for row in rows:
        about = row.topics, row.lang
        audience = known.get(about)
        if audience is None:
            audience = known[about] = _audience(database, *about)
        yield (
            row.line,
            row.key,
            row.address,
            audience,
            row.name,
            pack(row.tags) if row.tags else "[]",
            pack(dict(row.attributes)) if row.attributes else "{}",
        )


def _audience(database: Database, topics: tuple[str, ...], lang: str) -> int:
    text = topics_text(topics)
    found = database.one("audience_by_value", topics=text, lang=lang)
    if found is None:
        database.run("audience_make", topics=text, lang=lang)
        found = database.one("audience_by_value", topics=text, lang=lang)
    assert found is not None
    return int(found[0])


def want(database: Database, lists: Sequence[str]) -> None:
    """Name the lists that the next queries are about, the one that counts most first."""
    database.run("wanted_make")
    database.run("wanted_clear")
    for rank, name in enumerate(dict.fromkeys(lists)):
        database.run("wanted_add", rank=rank, name=name, scope=list_scope(name))


def enroll(
    database: Database, newsletter: str, lists: Sequence[str], token: Callable[[str], str], now: datetime
) -> int:
    """Give everyone on these lists who has none a token for this newsletter."""
    return sum(_enroll_list(database, newsletter, name, token, to_moment(now)) for name in dict.fromkeys(lists))


def _enroll_list(database: Database, newsletter: str, name: str, token: Callable[[str], str], now: int) -> int:
    found = database.one("list_by_name", name=name)
    if found is None:
        return 0
    count, after = 0, 0
    while page := database.all("unenrolled", list=found[0], newsletter=newsletter, after=after, size=PAGE):
        count += database.many("enroll", [(database.site, newsletter, person, token(key), now) for person, key in page])
        after = page[-1][0]
    return count


def audiences(database: Database, newsletter: str, lists: Sequence[str]) -> tuple[Audience, ...]:
    """Count the people that can be mailed by what decides their variant, largest first."""
    from digest.interfaces import Audience

    want(database, lists)
    return tuple(
        Audience(topics=tuple(unpack(topics)), lang=lang, people=people)
        for topics, lang, people in database.all("audiences", newsletter=newsletter_scope(newsletter))
    )


def find(database: Database, newsletter: str, key: str, lists: Sequence[str]) -> Subscription | None:
    """Give the subscription of one address; its token is empty until it is enrolled."""
    want(database, lists)
    return _subscription(database, newsletter, key)


def samples(database: Database, newsletter: str, lists: Sequence[str], limit: int) -> tuple[Subscription, ...]:
    """Give a few people that can be mailed, in the order of their lists."""
    want(database, lists)
    keys = database.all("sample_keys", scope=newsletter_scope(newsletter), size=limit)
    return tuple(found for (key,) in keys if (found := _subscription(database, newsletter, key)) is not None)


def _subscription(database: Database, newsletter: str, key: str) -> Subscription | None:
    from digest.interfaces import Subscription

    found = database.one("subscription_of", newsletter=newsletter, key=key, scope=newsletter_scope(newsletter))
    if found is None:
        return None
    address, token, list_name, name, topics, lang, closed = found
    return Subscription(
        address=address,
        token=token,
        list=list_name,
        name=name,
        topics=tuple(unpack(topics)),
        lang=lang,
        opted_out=closed,
    )


def opt_out(database: Database, key: str, scope: str, kind: str, evidence: str, now: datetime) -> None:
    """Take a way out; somebody whom no list names gets a row, so that a later list finds the door shut."""
    word, _, name = scope.partition(":")
    if kind not in KINDS or not (scope == "all" or (word in {"list", "newsletter"} and name)):
        raise Bug(f"no opt-out is of the scope {scope!r} and the kind {kind!r}")
    database.run("person_make", key=key)
    person = (database.one("person_by_key", key=key) or (None,))[0]
    database.run("opt_out", person=person, scope=scope, kind=kind, evidence=evidence, now=to_moment(now))


def opt_outs(database: Database) -> tuple[tuple[str, str, str], ...]:
    """List every way out that was taken: key, scope, kind."""
    return tuple((key, scope, kind) for key, scope, kind in database.all("opt_outs"))


def history_of(database: Database, key: str) -> tuple[tuple[str, str, str, datetime], ...]:
    """List the ways out that an address took."""
    return tuple(
        (scope, kind, evidence, from_moment(since))
        for scope, kind, evidence, since in database.all("opt_outs_of", key=key)
    )


def comings_and_goings(
    database: Database, newsletter: str, issue: int, frozen_at: datetime, present: Iterable[tuple[str, str]]
) -> tuple[int, int]:
    """Count who has come and who has left since an issue; `present` are the (list, key) of now. Changes nothing."""
    database.run("present_make")
    database.run("present_clear")
    database.many("present_add", ((key, list_scope(name)) for name, key in present))
    about = {"issue": issue, "newsletter": newsletter_scope(newsletter)}
    came = database.one("came_since", **about) or (0,)
    left = database.one("left_since", frozen_at=to_moment(frozen_at), **about) or (0,)
    database.run("present_clear")
    return int(came[0]), int(left[0])
