"""From sources and history to a selection: reads the posts within reach and lets the selector decide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from digest.errors import UsageError
from digest.posts import window
from digest.posts.cadence import parse_cadence
from digest.settings import Config, Newsletter
from digest.standing import History, Occasion

if TYPE_CHECKING:
    from digest.interfaces import Source
    from digest.model import Post, Query, Selection
    from digest.posts.editor import Editor

__all__ = ["choose", "moment", "named", "next_due", "occasion_for", "read_posts"]


def read_posts(sources: Iterable[Source], query: Query) -> tuple[Post, ...]:
    """Every post of every source, in the order of the configuration; broken ones are among them."""
    return tuple(post for source in sources for post in source.posts(query))


def occasion_for(
    newsletter: Newsletter,
    history: History,
    now: datetime,
    *,
    issue: str = "",
    at_once: bool = False,
    drafts: Sequence[str] = (),
) -> Occasion:
    """Say which issue is meant: the one named, the one of this moment, the one due, or the coming one.

    What a person sends takes the ID of an editor's file that waits for it (`drafts`: IDs of the files there are).
    """
    if issue and at_once:
        raise UsageError("an issue that is sent now has no other ID", hint="leave --issue out")
    if issue:
        return window.occasion_of(newsletter, history, issue, now)
    by_hand = parse_cadence(newsletter.send).manual
    if at_once or by_hand:
        draft = _open_draft(newsletter, history, now, drafts, by_hand=by_hand)
        return window.occasion_now(newsletter, history, now, draft)
    return window.occasion(newsletter, history, now)


def _open_draft(
    newsletter: Newsletter, history: History, now: datetime, drafts: Sequence[str], *, by_hand: bool
) -> str:
    """The draft that the next issue would take: the latest that is not used up, or that of the coming issue."""
    waiting = sorted(set(drafts) - set(history.issues))
    if by_hand:
        return waiting[-1] if waiting else ""
    coming = window.occasion(newsletter, history, now).issue
    return coming if coming in waiting else ""


def choose(
    sources: Sequence[Source],
    newsletter: Newsletter,
    history: History,
    occasion: Occasion,
    now: datetime,
    editor: Editor | None,
    *,
    everything: bool = False,
) -> tuple[Selection, tuple[Post, ...]]:
    """Read what is within reach, or everything, and select; gives the selection and every post that was read for it."""
    from digest.model import Query
    from digest.posts import known
    from digest.posts import select as selector

    wanted = [s for s in sources if not newsletter.rules.sources or s.name in newsletter.rules.sources]
    query = Query() if everything else selector.reach(newsletter, history, occasion)
    posts = read_posts(wanted, query)
    if selector.must_read_all(posts, history, query, editor):
        posts = read_posts(wanted, Query())
    posts = known.settled(posts, history)
    names = [s.name for s in sources]
    return selector.select(posts, newsletter, history, occasion, now, editor, sources=names), posts


def next_due(newsletter: Newsletter, history: History, now: datetime) -> datetime | None:
    """The send time that is due (then it has passed), or the coming one; None for a newsletter that is sent by hand."""
    if parse_cadence(newsletter.send).manual:
        return None
    return window.occasion(newsletter, history, now).send_at


def named(config: Config, name: str) -> Newsletter:
    """The newsletter of that name; without a name the only one there is."""
    names = [n.name for n in config.newsletters]
    if name in names:
        return config.newsletter(name)
    if not names:
        raise UsageError(
            "no newsletter is configured", hint="add [newsletters.weekly] to digest.toml", file=str(config.file)
        )
    if not name and len(names) == 1:
        return config.newsletters[0]
    if not name:
        raise UsageError(f"there are {len(names)} newsletters: say which", hint=", ".join(names))
    from difflib import get_close_matches

    near = get_close_matches(name, names, 1)
    raise UsageError(f'there is no newsletter "{name}"', hint=f"did you mean {near[0]}?" if near else ", ".join(names))


def moment(text: str, zone: str) -> datetime | None:
    """Read --now: ISO 8601, in the site's zone where it names none."""
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise UsageError(
            f'--now "{text}" is no time', hint="write it like 2026-11-27T09:00 or with an offset"
        ) from wrong
    return (read if read.tzinfo else read.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
