"""The store: interfaces.Ledger and Roster over one database. Holds the batches in hand; the work is in its neighbours.

Each method is one transaction, durable when it returns. Rule for this file: no SQL, no table, no decision.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, MutableSequence, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from digest.errors import Bug
from digest.lifecycle import Event, IssueState
from digest.standing import FrozenIssue, History, Occasion, Reception, Waiting
from digest.store import claims, deliveries, history, issues, reception, roster, turns
from digest.store.claims import Claim, Process
from digest.store.connection import Database
from digest.store.deliveries import IssueRow
from digest.store.journal import MARK_LENGTH, Journal, is_held, read_marks, sweep
from digest.store.moments import to_moment

if TYPE_CHECKING:
    from digest.interfaces import Audience, Batch, Drawn, Entry, Freeze, FrozenVariant, Settled, Subscription
    from digest.model import Post, Subscriber

__all__ = ["InHand", "Process", "Store"]


@dataclass(slots=True, kw_only=True)  # not frozen: interfaces.Batch names its attributes as a protocol does
class InHand:
    """A batch in hand (interfaces.Batch): its entries, its marks, and where both are written down."""

    issue: str
    revision: int
    entries: Sequence[Entry]
    marks: MutableSequence[int]
    mark: str
    journal: Journal
    handed: bool = False  # results of it went along with a claim: they may be recorded


def _own(batch: Batch) -> InHand:
    if not isinstance(batch, InHand):
        raise Bug("a batch was settled that this store did not give out")
    return batch


class Store:
    """The ledger and the roster of one project. Belongs to the thread that opened it."""

    def __init__(self, database: Database, folder: Path, process: Process, *, known: bool = True) -> None:
        self._database, self._folder, self._process, self._known = database, folder, process, known
        self._idle: list[Journal] = []
        self._hands: dict[str, Journal] = {}

    # -- posts and history

    def history(self, newsletter: str) -> History:
        if not self._known:
            return History(newsletter=newsletter, known=False)
        return history.read(self._database, newsletter)

    def note_posts(self, posts: Iterable[Post], now: datetime) -> None:
        with self._database.transaction():
            history.note_posts(self._database, posts, now)

    def note_held(self, newsletter: str, ids: Iterable[str]) -> None:
        with self._database.transaction():
            history.note_held(self._database, newsletter, ids)

    def new_problems(self, problems: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        with self._database.transaction():
            return history.new_problems(self._database, problems)

    # -- issues

    def issues(self, newsletter: str | None = None) -> tuple[FrozenIssue, ...]:
        return issues.issues(self._database, newsletter or "")

    def issue(self, issue: str, revision: int | None = None) -> FrozenIssue | None:
        return issues.issue(self._database, issue, revision)

    def freeze(self, freeze: Freeze, now: datetime) -> FrozenIssue:
        with self._database.transaction():
            return issues.freeze(self._database, freeze, now)

    def skip(
        self,
        occasion: Occasion,
        reason: str,
        now: datetime,
        *,
        seen: Iterable[Post] = (),
        held: Iterable[str] | None = None,
    ) -> None:
        with self._database.transaction():
            issues.skip(self._database, occasion, reason, now, seen, held)

    def variants(self, issue: str, revision: int) -> tuple[FrozenVariant, ...]:
        return issues.variants(self._database, issue, revision)

    def drawn_from(self, issue: str, revision: int) -> tuple[Drawn, Drawn]:
        row = self._row(issue, revision).row
        return issues.drawn(self._database, row, "frozen"), issues.drawn(self._database, row, "edited")

    def note_drawn(self, issue: str, revision: int, drawn: Drawn, now: datetime) -> None:
        with self._database.transaction():
            row = self._row(issue, revision).row
            issues.log(self._database, "edited", now, row, detail=issues.drawn_text(drawn))

    def tell_once(self, issue: str, revision: int, what: str, now: datetime, *, since: str) -> bool:
        with self._database.transaction():
            row = self._row(issue, revision).row
            if issues.happened(self._database, row, what, since=since):
                return False
            issues.log(self._database, what, now, row)
            return True

    def move(
        self,
        issue: str,
        revision: int,
        event: str,
        now: datetime,
        *,
        reason: str = "",
        go_on_at: datetime | None = None,
    ) -> FrozenIssue:
        with self._database.transaction():
            row = issues.move(self._database, issue, revision, event, now, reason=reason, go_on_at=go_on_at)
            if event == Event.CANCEL:
                deliveries.cancel_rows(self._database, row, now)
            moved = issues.issue(self._database, issue, revision)
        assert moved is not None
        return moved

    # -- deliveries

    def claim(
        self,
        issue: str,
        revision: int,
        limit: int,
        now: datetime,
        *,
        answered: Sequence[tuple[Batch, Sequence[Settled]]] = (),
    ) -> Batch | None:
        mark, journal = os.urandom(MARK_LENGTH // 2).hex(), None
        try:
            with self._database.transaction():
                row = self._row(issue, revision)
                over = self._record(row, answered, now, closing=False)
                entries = self._claim_rows(row, limit, to_moment(now))
                if entries:
                    journal = self._journal(max(limit, len(entries)))
                    # Before the claim is durable: octets that are read back must be of this batch.
                    marks = journal.begin(mark, len(entries))
                    persons = [entry[0] for entry in entries]
                    claims.record(self._database, row.row, self._process, mark, journal.name, persons, to_moment(now))
        except BaseException:
            # Interrupted at the commit, the claim may stand: its journal is never another batch's. Else it is swept.
            if journal is not None:
                journal.abandon()
            raise
        self._let_go(over)
        if journal is None:
            return None
        self._hands[mark] = journal
        return InHand(issue=issue, revision=revision, entries=entries, marks=marks, mark=mark, journal=journal)

    def _claim_rows(self, issue: IssueRow, limit: int, moment: int) -> Sequence[Entry]:
        # Paused, cancelled or stopped meanwhile, by whoever: a run ends at the border of a batch.
        while issue.state is IssueState.SENDING:
            due, fresh = deliveries.choose(self._database, issue, limit, moment)
            if len(due) < limit:
                issue = deliveries.note_reached(self._database, issue, fresh, limit - len(due))
            entries = deliveries.claim_chosen(self._database, issue, due, fresh)
            if entries or not (due or fresh):
                return entries
        return ()

    def _journal(self, rows: int) -> Journal:
        for journal in self._idle:
            if journal.rows >= rows:
                self._idle.remove(journal)
                return journal
        return Journal(self._folder, f"marks-{self._process.pid}-{os.urandom(4).hex()}", rows)

    def _rest(self, journal: Journal) -> None:
        journal.end()
        self._idle.append(journal)

    def settle(self, batch: Batch, results: Sequence[Settled], now: datetime) -> None:
        with self._database.transaction():
            own = _own(batch)
            over = self._record(self._row(own.issue, own.revision), [(own, results)], now, closing=True)
        self._let_go(over)

    def _record(
        self,
        row: IssueRow,
        answered: Sequence[tuple[Batch, Sequence[Settled]]],
        now: datetime,
        *,
        closing: bool,
    ) -> list[InHand]:
        """Record what batches of one issue are told; gives those that are over."""
        hands: dict[str, InHand] = {}
        told: list[tuple[str, Sequence[Settled]]] = []
        for given, results in answered:
            batch = _own(given)
            hands[batch.mark] = batch
            # A claim may have recorded all of it, and was interrupted before it could say so.
            if not (closing and batch.handed) or claims.in_hand(self._database, batch.mark):
                told.append((batch.mark, results))
            batch.handed = batch.handed or not closing
        if told:
            over = deliveries.settle(self._database, row, told, now, closing=closing)
            return [hands[mark] for mark in over]
        return list(hands.values())

    def _let_go(self, batches: Sequence[InHand]) -> None:
        for batch in batches:
            if self._hands.pop(batch.mark, None) is not None:
                self._rest(batch.journal)

    def recover(self, issue: str, revision: int, now: datetime) -> tuple[int, int]:
        decided = doubt = 0
        with self._database.transaction():
            row = self._row(issue, revision)
            for claim in claims.open_claims(self._database, row.row):
                if claim.mark in self._hands or is_held(self._folder / claim.journal):
                    continue
                more, unknown = deliveries.settle_found(self._database, row, claim, self._proof(claim), now)
                decided, doubt = decided + more, doubt + unknown
            if decided or doubt:
                detail = f"{decided} decided by the journal, {doubt} in doubt"
                issues.log(self._database, "recovered", now, row.row, detail=detail)
        self._sweep()
        return decided, doubt

    def _proof(self, claim: Claim) -> bytes | None:
        """The octets of a dead run's journal, where they prove anything: the kernel that took them has not gone down.

        Not by the machine's name: a container that is started anew has another one, and its kernel has lost nothing.
        Without a boot id nobody knows of a power cut in between, and nothing is proved.
        """
        boot = self._process.boot_id
        if not boot or claim.process.boot_id != boot:
            return None
        return read_marks(self._folder / claim.journal, claim.mark, claim.hand.rows)

    def _sweep(self) -> None:
        # In a transaction: nobody makes a journal meanwhile.
        with self._database.transaction():
            sweep(self._folder, {name for (name,) in self._database.all("journals")})

    def expire(self, issue: str, revision: int, now: datetime) -> int:
        with self._database.transaction():
            return deliveries.expire(self._database, self._row(issue, revision), now)

    def extend(self, issue: str, revision: int, deadline: datetime) -> None:
        with self._database.transaction():
            self._database.run("issue_extend", issue=self._row(issue, revision).row, deadline=to_moment(deadline))

    def next_due(self, issue: str, revision: int) -> datetime | None:
        return deliveries.next_due(self._database, self._row(issue, revision))

    def next_turn(self, issue: str, revision: int) -> datetime | None:
        return turns.next_turn(self._database, self._row(issue, revision).row)

    def waiting(self, issue: str, revision: int, now: datetime) -> Waiting:
        return turns.waiting(self._database, self._row(issue, revision).row, now)

    def sent_to(self, since: datetime) -> Iterable[tuple[str, datetime, int]]:
        return turns.sent_to(self._database, since)

    def people_by_domain(self, issue: str, revision: int) -> Iterable[tuple[str, int]]:
        return turns.people_by_domain(self._database, self._row(issue, revision).row)

    def uncertain(self, issue: str, revision: int) -> tuple[str, ...]:
        return deliveries.uncertain(self._database, self._row(issue, revision))

    def decide(self, issue: str, revision: int, which: str, now: datetime) -> int:
        with self._database.transaction():
            row = self._row(issue, revision)
            count = deliveries.decide(self._database, row, which, now)
            issues.log(self._database, "decided", now, row.row, detail=f"{which}: {count}")
            return count

    def failures(self, issue: str, revision: int, limit: int = 20) -> tuple[tuple[str, int, str], ...]:
        return deliveries.failures(self._database, self._row(issue, revision), limit)

    def sent_since(self, moment: datetime) -> int:
        return deliveries.sent_since(self._database, moment)

    def first_sent(self) -> datetime | None:
        return deliveries.first_sent(self._database)

    def reception(self, issue: str, revision: int) -> Reception:
        return reception.of_issue(self._database, self._row(issue, revision).row)

    def _row(self, issue: str, revision: int) -> IssueRow:
        return deliveries.issue_row(self._database, issue, revision)

    # -- people

    def list_digest(self, list_name: str) -> str | None:
        return roster.list_digest(self._database, list_name)

    def replace_list(
        self,
        list_name: str,
        rows: Iterable[Subscriber],
        digest: str,
        now: datetime,
        *,
        duplicate: Callable[[int, int], None] | None = None,
    ) -> int:
        with self._database.transaction():
            return roster.replace_list(self._database, list_name, rows, digest, now, duplicate)

    def enroll(self, newsletter: str, lists: Sequence[str], token: Callable[[str], str], now: datetime) -> int:
        with self._database.transaction():
            return roster.enroll(self._database, newsletter, lists, token, now)

    def audiences(self, newsletter: str, lists: Sequence[str]) -> tuple[Audience, ...]:
        return roster.audiences(self._database, newsletter, lists)

    def find(self, newsletter: str, key: str, lists: Sequence[str]) -> Subscription | None:
        return roster.find(self._database, newsletter, key, lists)

    def samples(self, newsletter: str, lists: Sequence[str], limit: int) -> tuple[Subscription, ...]:
        return roster.samples(self._database, newsletter, lists, limit)

    def comings_and_goings(self, issue: FrozenIssue, present: Iterable[tuple[str, str]]) -> tuple[int, int]:
        row = self._row(issue.id, issue.revision).row
        frozen_at = issue.frozen_at or issue.send_at
        return roster.comings_and_goings(self._database, issue.newsletter, row, frozen_at, present)

    def opt_out(self, key: str, scope: str, kind: str, evidence: str, now: datetime) -> None:
        with self._database.transaction():
            roster.opt_out(self._database, key, scope, kind, evidence, now)

    def opt_outs(self) -> Iterable[tuple[str, str, str]]:
        return roster.opt_outs(self._database)

    def take_opt_outs(self, opt_outs: Iterable[tuple[str, str, str]], evidence: str, now: datetime) -> None:
        with self._database.transaction():
            for key, scope, kind in opt_outs:
                roster.opt_out(self._database, key, scope, kind, evidence, now)

    def history_of(self, key: str) -> tuple[tuple[str, str, str, datetime], ...]:
        return roster.history_of(self._database, key)

    def close(self) -> None:
        """Let go of everything. Batches in hand stay claimed: the next run brings them in by their journals."""
        for journal in self._idle:
            journal.remove()
        for journal in self._hands.values():
            journal.abandon()
        self._idle, self._hands = [], {}
        self._database.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
