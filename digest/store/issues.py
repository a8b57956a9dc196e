"""Issues: frozen, moved, read. Functions on a Database; each runs within the caller's transaction.

Rule for this file: the state of an issue changes in `move` alone, by lifecycle.ISSUE, compare-and-set. The rows of its
people are made in `freeze`, in their first states (lifecycle.FIRST); how they go on is in deliveries.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from digest.errors import Bug
from digest.lifecycle import FIRST, ISSUE, DeliveryState, Event, IssueState, after
from digest.standing import Counts, FrozenIssue, Occasion
from digest.store import history, roster
from digest.store.connection import Database
from digest.store.moments import from_moment, maybe_from_moment, to_moment
from digest.store.texts import from_text, pack, to_text, unpack

if TYPE_CHECKING:
    from digest.interfaces import Drawn, Freeze, FrozenVariant
    from digest.model import Post

__all__ = ["drawn", "drawn_text", "freeze", "happened", "issue", "issues", "log", "move", "skip", "tally", "variants"]

# The columns of an issue's row, as the queries give them.
NAME, REVISION, STATE, STARTED, FINISHED = 1, 2, 5, 12, 13
ENTERED = {Event.PAUSE, Event.STOP, Event.CANCEL}  # the moves that bring a reason with them
OPEN = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.DEFERRED)


def issues(database: Database, newsletter: str = "") -> tuple[FrozenIssue, ...]:
    """Give all issues, oldest first."""
    sums: dict[int, dict[str, int]] = {}
    for row, state, people in database.all("tallies", newsletter=newsletter):
        sums.setdefault(row, {})[state] = people
    return tuple(_issue(row, sums.get(row[0], {})) for row in database.all("issues", newsletter=newsletter))


def issue(database: Database, name: str, revision: int | None) -> FrozenIssue | None:
    """Give one issue, its latest revision unless said."""
    row = _row(database, name, revision)
    return None if row is None else _issue(row, tally(database, row[0]))


def _row(database: Database, name: str, revision: int | None) -> tuple[Any, ...] | None:
    if revision is None:
        return database.one("issue_last", name=name)
    return database.one("issue_of", name=name, revision=revision)


def tally(database: Database, row: int) -> dict[str, int]:
    """The sums of an issue, by state."""
    return dict(database.all("tally_of", issue=row))


def _issue(row: tuple[Any, ...], sums: dict[str, int]) -> FrozenIssue:
    (_, name, revision, newsletter, number, state, subject, send_at, start, end, deadline) = row[:11]
    frozen_at, started_at, finished_at, reason, go_on_at = row[11:]
    return FrozenIssue(
        id=name,
        revision=revision,
        newsletter=newsletter,
        number=number,
        state=IssueState(state),
        subject=subject,
        send_at=from_moment(send_at),
        window_start=from_moment(start),
        window_end=from_moment(end),
        deadline=from_moment(deadline),
        frozen_at=maybe_from_moment(frozen_at),
        started_at=maybe_from_moment(started_at),
        finished_at=maybe_from_moment(finished_at),
        reason=reason,
        go_on_at=maybe_from_moment(go_on_at),
        counts=_counts(sums),
    )


def _counts(sums: dict[str, int]) -> Counts:
    named = {state: people for state, people in sums.items() if state != DeliveryState.SENDING}
    # Rows in hand count as queued: nobody has the message yet, as far as anybody knows.
    named["queued"] = named.get("queued", 0) + sums.get(DeliveryState.SENDING, 0)
    return Counts(list=sum(sums.values()), **named)


# ---------------------------------------------------------------------------------------------------- freezing


def freeze(database: Database, wish: Freeze, now: datetime) -> FrozenIssue:
    """Store an issue with its variants and one row a recipient; where it stands already, give what stands."""
    name = wish.occasion.issue
    made = _make(
        database,
        wish.occasion,
        now,
        state=IssueState.FROZEN,
        revision=wish.revision,
        number=wish.number,
        title=wish.title,
        subject=wish.subject,
        deadline=wish.deadline,
    )
    row = _row(database, name, wish.revision)
    assert row is not None
    if made:
        history.note_posts(database, (*wish.seen, *wish.posts), now)
        if wish.held is not None:
            history.note_held(database, wish.occasion.newsletter, wish.held)
        database.many("issue_post", ((row[0], to_text(post.id)) for post in wish.posts))
        database.many("variant_make", _variant_rows(row[0], wish.variants))
        _freeze_people(database, row[0], wish, to_moment(now))
        log(database, "frozen", now, row[0], detail=drawn_text(wish.drawn_from))
    return _issue(row, tally(database, row[0]))


def _make(
    database: Database,
    occasion: Occasion,
    now: datetime,
    *,
    state: IssueState,
    revision: int = 1,
    number: int = 0,
    title: str = "",
    subject: str = "",
    deadline: datetime | None = None,
    reason: str = "",
) -> bool:
    frozen = state is IssueState.FROZEN
    made = database.run(
        "issue_make",
        name=occasion.issue,
        revision=revision,
        newsletter=occasion.newsletter,
        number=number,
        state=state,
        title=title,
        subject=subject,
        send_at=to_moment(occasion.send_at),
        window_start=to_moment(occasion.window.start),
        window_end=to_moment(occasion.window.end),
        zone=occasion.window.zone,
        deadline=to_moment(deadline or occasion.send_at),
        frozen_at=to_moment(now) if frozen else None,
        finished_at=None if frozen else to_moment(now),
        reason=reason,
    )
    return made == 1


def _variant_rows(row: int, given: Sequence[FrozenVariant]) -> Iterable[tuple[Any, ...]]:
    for position, v in enumerate(given):
        posts = pack([to_text(post) for post in v.posts])
        yield row, position, v.variant, v.language, v.subject, v.html, v.text, v.mjml, v.stencil, posts


def _freeze_people(database: Database, row: int, wish: Freeze, now: int) -> None:
    """Make a row for each person, in the first state that fits; a later step wins, as in lifecycle.FIRST."""
    _assign(database, wish)
    lists = [
        (found[0], name) for name in dict.fromkeys(wish.lists) if (found := database.one("list_by_name", name=name))
    ]
    there = {"first": FIRST[Event.FREEZE], "filtered": FIRST[Event.FILTER]}
    for query, states in (("freeze_list", there), ("freeze_left", {"first": FIRST[Event.OPTED_OUT]})):
        for list_id, name in lists:
            database.run(query, issue=row, list=list_id, scope=roster.list_scope(name), now=now, **states)
    newsletter = wish.occasion.newsletter
    for scope, event in ((roster.newsletter_scope(newsletter), Event.OPTED_OUT), ("all", Event.SUPPRESS)):
        database.run("freeze_out", issue=row, scope=scope, first=FIRST[event])
    aimless, tokenless = database.one("freeze_unfit", issue=row, newsletter=newsletter) or (0, 0)
    if aimless or tokenless:
        raise Bug(f"{wish.occasion.issue}: {aimless or 0} people have no variant, {tokenless or 0} no token")
    sums = dict(database.all("tally_rows", issue=row))
    database.many("tally_make", [(row, state, sums.get(state, 0)) for state in DeliveryState])


def _assign(database: Database, wish: Freeze) -> None:
    wanted = {
        (roster.topics_text(topics), lang): -1 if variant is None else variant
        for (topics, lang), variant in wish.assign.items()
    }
    database.run("assignment_make")
    database.run("assignment_clear")
    database.many(
        "assignment_add",
        [
            (id_, wanted[topics, lang])
            for id_, topics, lang in database.all("assignment_audiences")
            if (topics, lang) in wanted
        ],
    )


def skip(
    database: Database,
    occasion: Occasion,
    reason: str,
    now: datetime,
    seen: Iterable[Post] = (),
    held: Iterable[str] | None = None,
) -> None:
    """Record a send time as worked off without a mail; where its issue stands already, nothing changes."""
    if _make(database, occasion, now, state=IssueState.SKIPPED, reason=reason):
        history.note_posts(database, seen, now)
        if held is not None:
            history.note_held(database, occasion.newsletter, held)


def variants(database: Database, name: str, revision: int) -> tuple[FrozenVariant, ...]:
    """Give the variants of an issue as they were frozen, in order."""
    from digest.interfaces import FrozenVariant

    row = _row(database, name, revision)
    if row is None:
        return ()
    return tuple(
        FrozenVariant(
            variant=variant,
            language=language,
            subject=subject,
            html=html,
            text=text,
            mjml=mjml,
            stencil=stencil,
            posts=tuple(from_text(post) for post in unpack(posts)),
        )
        for variant, language, subject, html, text, mjml, stencil, posts in database.all("variants", issue=row[0])
    )


# ---------------------------------------------------------------------------------------------------- moving


def move(
    database: Database,
    name: str,
    revision: int,
    event: str,
    now: datetime,
    *,
    reason: str,
    go_on_at: datetime | None,
) -> int:
    """Change an issue's state by the table; give its row. Rows are the caller's to cancel."""
    found = _row(database, name, revision)
    if found is None:
        raise Bug(f"there is no issue {name}, revision {revision}, to {event}")
    row, old = found[0], IssueState(found[STATE])
    new = after(ISSUE, old, Event(event))
    if event == Event.FINISH:
        _check_finished(database, row, name)
    over = new in {IssueState.DONE, IssueState.CANCELLED}
    started = found[STARTED] or (to_moment(now) if event == Event.BEGIN else None)
    changed = database.run(
        "issue_move",
        issue=row,
        old=old,
        new=new,
        reason=reason if event in ENTERED else "",
        go_on_at=to_moment(go_on_at) if go_on_at and event in ENTERED else None,
        started_at=started,
        finished_at=to_moment(now) if over else None,
    )
    if changed != 1:
        raise Bug(f"{name} was no longer {old} when it was to {event}")
    log(database, event, now, row, detail=reason)
    return int(row)


def _check_finished(database: Database, row: int, name: str) -> None:
    sums = {state: people for state, people in tally(database, row).items() if people}
    if sums != dict(database.all("tally_rows", issue=row)):
        raise Bug(f"the sums of {name} do not agree with its rows")
    if left := sum(sums.get(state, 0) for state in OPEN):
        raise Bug(f"{name} cannot be done: {left} people still wait for it")


def log(database: Database, kind: str, now: datetime, row: int | None, *, detail: str = "") -> None:
    """Add an event to the log."""
    database.run("event_add", now=to_moment(now), kind=kind, issue=row, person=None, detail=detail)


def happened(database: Database, row: int, kind: str, *, since: str) -> bool:
    """Whether the log has an event of this kind after the last one `since` (where there is none of those: at all)."""
    return database.one("event_after", issue=row, kind=kind, since=since) is not None


def drawn_text(drawn: Drawn) -> str:
    """What an issue was drawn from, as the log keeps it."""
    return pack(drawn, ascii_only=True) if drawn else ""


def drawn(database: Database, row: int, kind: str) -> Drawn:
    """What stood in the files of an issue when the log last had an event of this kind."""
    found = database.one("event_last", issue=row, kind=kind)
    return tuple((file, digest) for file, digest in unpack(found[0])) if found and found[0] else ()
