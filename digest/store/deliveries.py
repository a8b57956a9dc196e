"""Deliveries: claimed, settled, brought in after a crash, decided on. Functions on a Database. Who holds them: claims.

Rule for this file: once a delivery is frozen (issues.py makes it, by lifecycle.FIRST), its state changes here alone, by
lifecycle.DELIVERY, compare-and-set, and the sums of its issue change with it in the same transaction. A row that did
not move as expected is a Bug, and nothing is kept.

The state `sending` stands in the sums and in no row: a row is in hand where it waits (queued or deferred), has no
`due_at`, and lies behind `issue.reached`. So a claim of fresh rows writes none of them, and each row is written once,
with its answer: that is half of what the ledger cost before (decision 15).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from digest.errors import Bug, UsageError
from digest.lifecycle import DELIVERY, DeliveryState, Event, IssueState, after
from digest.store import claims, issues, roster
from digest.store.claims import Claim, Hand
from digest.store.connection import Database
from digest.store.moments import maybe_from_moment, to_moment
from digest.store.spans import to_spans
from digest.store.texts import pack, server_words

if TYPE_CHECKING:
    from digest.interfaces import Entry, Settled

__all__ = [
    "Answers",
    "IssueRow",
    "cancel_rows",
    "choose",
    "claim_chosen",
    "decide",
    "expire",
    "failures",
    "first_sent",
    "issue_row",
    "next_due",
    "note_reached",
    "sent_since",
    "settle",
    "settle_found",
    "uncertain",
]

# Names of their own: looked up once a row.
ACCEPTED, DELAYED, RELEASE = str(Event.ACCEPTED), str(Event.DELAYED), str(Event.RELEASE)
CLAIMED = DeliveryState.SENDING
WAITING = tuple(state for (state, event), new in DELIVERY.items() if event is Event.CLAIM and new is CLAIMED)
FROM_HAND: dict[str, DeliveryState] = {
    event: state for (old, event), state in DELIVERY.items() if old is DeliveryState.SENDING
}
# Somebody has the message, or may have it.
REACHED = (DeliveryState.SENT, DeliveryState.UNCERTAIN, DeliveryState.SENDING)
WORDS = 1000  # characters kept of what a server said
AT_ONCE = 0  # due whatever the clock says: it may have been set back since
WORTH_A_STROKE = 16  # rows: below it, one after the other is as quick
NEAR = 4  # rows between two persons, for each row of a batch, up to which a stroke over them all is worth it
END = 2**62  # beyond any person: the first pass over the rows is over

Chosen = tuple[int, str | None, str, int, int, str, int]
"""(person, address, token, variant, attempts, state, has taken some way out): a row to be taken again."""

Fresh = tuple[int, str | None, str, int, int]
"""(person, address, token, variant, attempts): a row that nobody has taken yet; an entry, if there is an address."""

Result = tuple[int, str, int, str, datetime | None]
"""(person, event, code, text, due again at): interfaces.Settled, with its person found."""

Taken = tuple[int, int, str]
"""(person, code, text): a message that was accepted, which is what nearly every result says."""

# What an octet of a dead run's journal says (interfaces.Batch). On the wire and lost are the same doubt.
MARKS = {0: Event.RELEASE, 1: Event.IN_DOUBT, 2: Event.ACCEPTED, 3: Event.IN_DOUBT, 4: Event.DELAYED, 5: Event.REFUSED}
FOUND = {
    Event.ACCEPTED: (250, "accepted; the run died before it could write down the words"),
    Event.DELAYED: (450, "told to come later; the run died before it could write down the words"),
    Event.REFUSED: (550, "refused; the run died before it could write down the words"),
    Event.IN_DOUBT: (0, "the run died while this was on its way"),
}
DECISIONS = {
    "uncertain": (DeliveryState.UNCERTAIN, Event.RESEND),
    "failed": (DeliveryState.FAILED, Event.RESEND),
    "assume-sent": (DeliveryState.UNCERTAIN, Event.ASSUME_SENT),
}


class IssueRow(NamedTuple):  # rows are tuples here; and to make a dataclass takes ten times as long at every start
    """What this work needs of an issue, again and again."""

    row: int
    name: str
    newsletter: str
    state: IssueState
    reached: int
    deadline: int


def issue_row(database: Database, name: str, revision: int) -> IssueRow:
    """Look an issue up; work on one that does not exist is a Bug."""
    found = database.one("issue_row", name=name, revision=revision)
    if found is None:
        raise Bug(f"there is no issue {name}, revision {revision}")
    row, newsletter, state, reached, deadline = found
    return IssueRow(
        row=row, name=name, newsletter=newsletter, state=IssueState(state), reached=reached, deadline=deadline
    )


def _shift(database: Database, row: int, changes: Mapping[str, int]) -> None:
    """Bring the sums in line with rows that moved."""
    database.many("tally_move", [(people, row, state) for state, people in changes.items() if people])


def _expect(moved: int, wanted: int, what: str) -> None:
    if moved != wanted:
        raise Bug(f"{wanted - moved} of {wanted} rows were not where they had to be to {what}")


# ---------------------------------------------------------------------------------------------------- claiming


def choose(database: Database, issue: IssueRow, limit: int, now: int) -> tuple[list[Chosen], list[Fresh]]:
    """Pick up to `limit` rows: those due again, and those nobody has taken yet."""
    about = {"issue": issue.row, "newsletter": issue.newsletter}
    due = database.all("claim_due", **about, now=now, size=limit)
    if len(due) == limit or issue.reached == END:
        return due, []
    return due, database.all(
        "claim_fresh", **about, reached=issue.reached, state=DeliveryState.QUEUED, size=limit - len(due)
    )


def claim_chosen(database: Database, issue: IssueRow, due: Sequence[Chosen], fresh: Sequence[Fresh]) -> list[Entry]:
    """Claim the rows that may be sent, move on those with a way out, and give the entries of the batch.

    The fresh ones among them are in hand once `note_reached` has passed them, in the same transaction.
    """
    again: list[Entry] = []
    taken: list[tuple[int, int, str]] = []
    out: list[tuple[str, int, int, str]] = []
    changes: Counter[str] = Counter()
    for person, address, token, variant, attempts, state, has_left in due:
        event = _way_out(database, issue, person, address) if has_left or address is None else None
        if event is None:
            again.append((person, address, token, variant, attempts))  # type: ignore[arg-type] # no way out: there is an address
            taken.append((issue.row, person, state))
            changes[after(DELIVERY, DeliveryState(state), Event.CLAIM)] += 1
            changes[state] -= 1
        else:
            out.append((after(DELIVERY, DeliveryState(state), event), issue.row, person, state))
    if taken:
        _expect(database.many("claim_row", taken), len(taken), "be claimed")
    entries, left = _those_who_stay(database, issue, fresh)
    out += left
    if out:
        _expect(database.many("claim_out", out), len(out), "be left out")
    for new, _, _, state in out:
        changes[new] += 1
        changes[state] -= 1
    if entries:
        changes[after(DELIVERY, DeliveryState.QUEUED, Event.CLAIM)] += len(entries)
        changes[DeliveryState.QUEUED] -= len(entries)
    _shift(database, issue.row, changes)
    return [*again, *entries]


def _those_who_stay(
    database: Database, issue: IssueRow, fresh: Sequence[Fresh]
) -> tuple[Sequence[Entry], list[tuple[str, int, int, str]]]:
    """Of rows that nobody has taken yet, the entries of the batch, and the moves of people who left meanwhile."""
    if not fresh:
        return (), []
    old = DeliveryState.QUEUED
    reach = {"issue": issue.row, "first": fresh[0][0], "last": fresh[-1][0], "state": old}
    doubtful = {person for (person,) in database.all("claim_left_since", **reach)}
    doubtful |= {entry[0] for entry in fresh if entry[1] is None}
    events = {entry[0]: _way_out(database, issue, entry[0], entry[1]) for entry in fresh if entry[0] in doubtful}
    gone = {person: event for person, event in events.items() if event is not None}
    stay = [entry for entry in fresh if entry[0] not in gone] if gone else fresh
    moves = [(after(DELIVERY, old, event), issue.row, person, old) for person, event in gone.items()]
    return stay, moves  # type: ignore[return-value]  # who has no address has left


def _way_out(database: Database, issue: IssueRow, person: int, address: str | None) -> Event | None:
    """Say whether this person left after the freeze, and how."""
    if address is None:
        return Event.SUPPRESS
    scope = roster.newsletter_scope(issue.newsletter)
    closed = (database.one("claim_closed", issue=issue.row, person=person, scope=scope) or (None,))[0]
    if closed is None:
        return None
    return Event.SUPPRESS if closed == "all" else Event.OPTED_OUT


def note_reached(database: Database, issue: IssueRow, fresh: Sequence[Fresh], asked: int) -> IssueRow:
    """Move the border behind the fresh rows: they are in hand from here on, and no later claim walks them again."""
    if issue.reached == END:
        return issue
    reached = fresh[-1][0] if fresh and len(fresh) == asked else END
    moved = database.run("claim_reached", issue=issue.row, reached=reached, before=issue.reached)
    _expect(moved, 1, "be passed")
    return issue._replace(reached=reached)


# ---------------------------------------------------------------------------------------------------- settling


class Answers:
    """What batches are told, sorted by what has to be done; persons, no longer rows."""

    def __init__(self) -> None:
        self.accepted: list[Taken] = []
        self.others: list[Result] = []
        self.released: list[tuple[int, datetime | None]] = []  # None: at once
        self.still_open: list[int] = []


def settle(
    database: Database,
    issue: IssueRow,
    answered: Iterable[tuple[str, Iterable[Settled]]],
    now: datetime,
    *,
    closing: bool,
) -> list[str]:
    """Record the results of batches, each known by its mark; who has a result from an earlier call keeps it.

    `closing` gives back every row that has none, else it stays in hand. Gives the marks of the claims that are over.
    """
    answers, moment = Answers(), to_moment(now)
    hands = claims.hands(database, issue.row)
    over: list[str] = []
    for mark, results in answered:
        if mark not in hands:
            raise Bug(f"a batch of {issue.name} was settled that is not in hand")
        persons = hands[mark].persons
        _sort(issue, hands[mark], results, answers)
        if closing or not persons:
            answers.released += [(person, None) for person in hands.pop(mark).persons.values()]
            claims.drop(database, mark)
            over.append(mark)
        else:
            claims.narrow(database, mark, persons.items())
    answers.still_open = sorted(person for hand in hands.values() for person in hand.persons.values())
    _record(database, issue, answers, moment)
    if issue.state is IssueState.CANCELLED:
        cancel_rows(database, issue.row, now)
    return over


def _sort(issue: IssueRow, hand: Hand, results: Iterable[Settled], answers: Answers) -> None:
    """Sort the results of one batch, and take who has one out of the hand."""
    persons, before, accepted = hand.persons, set(hand.persons), answers.accepted
    for row, event, code, text, due in results:
        person = persons.pop(row, None)
        if event == ACCEPTED and due is None and person is not None:  # nearly always
            accepted.append((person, code, text))
            continue
        unknown = person is None and (row in before or not 0 <= row < hand.rows)
        misdated = (event == DELAYED and due is None) or (due is not None and event not in (DELAYED, RELEASE))
        if unknown or event not in FROM_HAND or misdated:
            raise Bug(f"row {row} of a batch of {issue.name} cannot end as {event!r}, due at {due}")
        if person is None:
            continue  # an earlier call has told it
        if event == RELEASE:
            answers.released.append((person, due))
        else:
            answers.others.append((person, event, code, text, due))


def _record(database: Database, issue: IssueRow, answers: Answers, moment: int) -> None:
    """Write sorted answers into their rows, and bring the sums in line."""
    changes: Counter[str] = Counter()
    _release(database, issue, answers.released, changes)
    _settle_singly(database, issue, answers.others, moment, changes)
    if answers.accepted:
        _settle_accepted(database, issue, answers, moment, changes)
    _shift(database, issue.row, changes)


def _settle_accepted(database: Database, issue: IssueRow, answers: Answers, moment: int, changes: Counter[str]) -> None:
    """Settle what is the same for nearly every row of nearly every batch, in strokes where that is safe."""
    persons, codes, texts = zip(*sorted(answers.accepted), strict=True)
    words = pack([text[:WORDS] for text in texts], ascii_only=True)  # any octet of a server is at home in ASCII
    database.run(
        "receipt_add", issue=issue.row, now=moment, people=len(persons), persons=to_spans(persons), words=words
    )
    singly: list[Result] = []
    for start, end in _runs(persons, answers.still_open):
        first, last, many, code = persons[start], persons[end - 1], end - start, codes[start]
        if many >= WORTH_A_STROKE and last - first < NEAR * many and codes[start:end].count(code) == many:
            _settle_range(database, issue, first, last, many, code, moment)
            changes[FROM_HAND[Event.ACCEPTED]] += many
            changes[DeliveryState.SENDING] -= many
        else:
            singly += [(persons[i], ACCEPTED, codes[i], texts[i], None) for i in range(start, end)]
    _settle_singly(database, issue, singly, moment, changes)


def _runs(persons: Sequence[int], others: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Cut persons, in order, wherever one of the others in hand stands between two of them; gives (start, end)."""
    start = 0
    for other in others:
        end = bisect_left(persons, other, start)
        if end > start:
            yield start, end
        start = end
    if start < len(persons):
        yield start, len(persons)


def _settle_range(
    database: Database, issue: IssueRow, first: int, last: int, people: int, code: int, moment: int
) -> None:
    """Settle accepted rows in one stroke. No row of another hand lies between, or their number would be wrong."""
    fresh, again = WAITING
    reach: dict[str, Any] = {"issue": issue.row, "first": first, "last": last, "fresh": fresh, "again": again}
    moved = database.run("settle_range", **reach, new=FROM_HAND[Event.ACCEPTED], code=code, now=moment)
    _expect(moved, people, "be settled")


def _settle_singly(
    database: Database, issue: IssueRow, results: Sequence[Result], moment: int, changes: Counter[str]
) -> None:
    moves: list[tuple[Any, ...]] = []
    for person, event, code, text, due in results:
        new = FROM_HAND[event]
        words = None if event == ACCEPTED else server_words(text[:WORDS])  # its words are in the receipt
        when = None if due is None else to_moment(due)
        moves.append((new, when, code, words, moment, issue.row, person, *WAITING))
        changes[new] += 1
        changes[DeliveryState.SENDING] -= 1
    if moves:
        _expect(database.many("settle_row", moves), len(moves), "be settled")


def _release(
    database: Database, issue: IssueRow, persons: Sequence[tuple[int, datetime | None]], changes: Counter[str]
) -> None:
    """Give rows back untried, at once or from a time on."""
    new = FROM_HAND[Event.RELEASE]
    moves = [(new, to_moment(due) if due else AT_ONCE, issue.row, person, *WAITING) for person, due in persons]
    if moves:
        _expect(database.many("release_row", moves), len(moves), "be given back")
        changes[new] += len(moves)
        changes[DeliveryState.SENDING] -= len(moves)


def settle_found(
    database: Database, issue: IssueRow, claim: Claim, marks: bytes | None, now: datetime
) -> tuple[int, int]:
    """Settle a dead run's batch by its journal; without one every row is in doubt. Gives (decided, in doubt)."""
    events = {
        row: Event.IN_DOUBT if marks is None else MARKS.get(marks[row], Event.IN_DOUBT) for row in claim.hand.persons
    }
    results = [
        (row, event, *FOUND[event], now if event is Event.DELAYED else None)
        for row, event in events.items()
        if event is not Event.RELEASE
    ]
    settle(database, issue, [(claim.mark, results)], now, closing=True)
    doubt = list(events.values()).count(Event.IN_DOUBT)
    return len(events) - doubt, doubt


# ---------------------------------------------------------------------------------------------------- all at once


def _move_all(database: Database, row: int, event: Event, query: str, old: DeliveryState, **values: Any) -> int:
    new = after(DELIVERY, old, event)
    moved = database.run(query, issue=row, old=old, new=new, **values)
    _shift(database, row, {new: moved, old: -moved})
    return moved


def _starts(event: Event) -> tuple[DeliveryState, ...]:
    return tuple(old for old, what in DELIVERY if what is event)


def cancel_rows(database: Database, row: int, now: datetime) -> None:
    """Cancel what still waits; where nobody has or may have a message, the issue gives its posts back."""
    for old in _starts(Event.CANCEL):
        _move_all(database, row, Event.CANCEL, "close_rows", old, text="cancelled", now=to_moment(now))
    sums = issues.tally(database, row)
    if not any(sums.get(state) for state in REACHED):
        database.run("issue_give_back", issue=row)
        database.run("issue_hold_posts", issue=row)


def expire(database: Database, issue: IssueRow, now: datetime) -> int:
    """Fail what still waits once the deadline has passed. The row keeps what a server said last, behind the reason."""
    if to_moment(now) < issue.deadline:
        return 0
    return sum(
        _move_all(database, issue.row, Event.EXPIRED, "close_rows", old, text="deadline", now=to_moment(now))
        for old in _starts(Event.EXPIRED)
    )


def decide(database: Database, issue: IssueRow, which: str, now: datetime) -> int:
    """Carry out a person's decision on the rows that are uncertain or failed."""
    old, event = DECISIONS[which]
    if event is Event.ASSUME_SENT:
        return _move_all(database, issue.row, event, "assume_rows", old, text="assumed sent", now=to_moment(now))
    if issue.state is IssueState.CANCELLED:
        raise UsageError(f"{issue.name} was cancelled; nothing of it is sent again")
    if issue.state is IssueState.DONE:
        raise Bug(f"{issue.name} has to be reopened before rows of it are queued again")
    return _move_all(database, issue.row, event, "requeue_rows", old, now=to_moment(now))


# ---------------------------------------------------------------------------------------------------- telling


def next_due(database: Database, issue: IssueRow) -> datetime | None:
    """Say when the next deferred row is due."""
    found = database.one("next_due", issue=issue.row, state=DeliveryState.DEFERRED)
    return maybe_from_moment(found[0]) if found else None


def uncertain(database: Database, issue: IssueRow) -> tuple[str, ...]:
    """List the addresses of which nobody can know."""
    return tuple(address for (address,) in database.all("uncertain", issue=issue.row))


def failures(database: Database, issue: IssueRow, limit: int) -> tuple[tuple[str, int, str], ...]:
    """List failed rows: address, code, words."""
    return tuple((address, code, text) for address, code, text in database.all("failures", issue=issue.row, size=limit))


def sent_since(database: Database, moment: datetime) -> int:
    """Count what was accepted since then, over all issues, by the receipts: one a batch, so a day's are few; and who
    has been in doubt since then, for the relay may have counted them."""
    since = to_moment(moment)
    accepted = database.one("sent_since", since=since)
    doubtful = database.one("doubtful_since", since=since, state=DeliveryState.UNCERTAIN)
    return sum(int(found[0] or 0) for found in (accepted, doubtful) if found)


def first_sent(database: Database) -> datetime | None:
    """Say when the first batch was accepted."""
    found = database.one("first_sent")
    return maybe_from_moment(found[0]) if found else None
