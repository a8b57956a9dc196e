"""The sockets: what a source, a transport, a store and a lint rule must be, with the contract each has to keep.

A plug is one file in its plug folder; its file name is its `kind`. It has a docstring, a frozen `Options` and
`open(...)`. Only what `open` returns touches files, sockets or databases. The contract suites in tests/contracts/ hold
every plug to what is written here. Methods say what they raise; anything else that escapes is a bug.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableSequence, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from digest.standing import FrozenIssue, Reception, Waiting

if TYPE_CHECKING:
    from digest.model import Finding, History, Occasion, Post, Proof, Query, Subscriber

__all__ = [
    "Audience",
    "Batch",
    "Drawn",
    "Entry",
    "Feed",
    "Freeze",
    "FrozenIssue",
    "FrozenVariant",
    "Job",
    "Ledger",
    "PictureSource",
    "Reception",
    "Reply",
    "Roster",
    "Rule",
    "Settled",
    "Source",
    "Subscription",
    "Transport",
    "Waiting",
]

# ------------------------------------------------------------------------------------------------ posts


class Source(Protocol):
    """Where posts come from. Called by the pipeline, once a command."""

    name: str

    def posts(self, query: Query) -> Iterator[Post]:
        """Every post that `query` does not surely exclude, in a stable order (by path).

        A post that cannot be read comes too, as a `Post` whose `problems` say why (file and line): one broken file
        costs that file alone. Raises DataError only where nothing at all can be read (no such folder).
        """
        ...


@runtime_checkable
class PictureSource(Protocol):
    """What a source is besides, if the pictures of its posts lie on this machine. Asked after `posts`."""

    def find_picture(self, post: Post, named: str) -> str:
        """Say where a picture lies that the text of a post names; empty where it does not lie here."""
        ...

    def read_picture(self, file: str) -> bytes:
        """Read a picture inside the project or the site. Raises DataError whose message ends a sentence that begins
        with the picture's name: not there, outside, too large."""
        ...


# ------------------------------------------------------------------------------------------------ delivery

# Plain tuples: in the sending loop nothing is built per message but its bytes.
Job = tuple[int, bytes, str]
"""(row, MAIL FROM without brackets, RCPT TO without brackets); `row` is the index in the claimed batch's numbering."""

Reply = tuple[int, str, int, str]
"""(row, step, code, text): how one job ended. Steps:

mail, rcpt, data   the relay refused at that command: `code` and `text` are its words (lines joined by a newline)
dot                the relay's answer to the whole message; 2xx is acceptance
released           nothing of the message left us, or its end surely did not: it may be sent again (code 0)
lost               the end of the message was handed over and no answer came: nobody can know (code 0)
unsendable         this transport cannot carry the address (SMTPUTF8) or the size: `text` says why (code 0)
"""


class Feed(Protocol):
    """What a transport is fed from and answers to; the sender is its only maker. No method blocks."""

    def take(self, now: float) -> Job | float | None:
        """The next job; or seconds to wait before asking again (pace); or None: there is nothing more to send.

        `now` is the transport's monotonic clock, in seconds.
        """
        ...

    def size(self, row: int) -> int:
        """How many octets the message of this row has at most (RFC 1870); asked before its envelope goes out."""
        ...

    def body(self, row: int) -> bytes:
        """The message's bytes (RFC 5322, CRLF, no dot-stuffing due, no final dot), asked for immediately before the
        first of them goes out: asking marks the row as on the wire."""
        ...

    def settle(self, replies: Sequence[Reply]) -> None:
        """Take answers; called as they come, each job exactly once."""
        ...

    def ahead(self) -> None:
        """Make the next jobs ready: called while every line has a message in flight, so that what waits for a disk
        keeps none of them waiting. A transport may leave it out."""
        ...


class Transport(Protocol):
    """How bytes leave. `deliver` runs until the feed has nothing more and every job taken has its reply.

    Raises RelayUnreachable (nothing could be opened, or TLS not trusted), RelayRefused (sign-in refused); every job
    taken has had its reply before either leaves.
    """

    def deliver(self, feed: Feed) -> None: ...

    def close(self) -> None: ...


# ------------------------------------------------------------------------------------------------ the store


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One person's subscription to one newsletter, as the ledger holds it."""

    address: str
    token: str
    list: str
    name: str = ""
    topics: tuple[str, ...] = ()
    lang: str = ""
    opted_out: str = ""  # the scope that stops mail, or empty


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """The people of a newsletter that share what decides their variant."""

    topics: tuple[str, ...]
    lang: str
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenVariant:
    """A variant as frozen: its stencil (bytes with slots and a format number) and what made it, for the record."""

    variant: str
    language: str
    subject: str
    html: str
    text: str
    mjml: str
    stencil: bytes
    posts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """All that one freeze writes, in one transaction."""

    occasion: Occasion
    number: int
    revision: int
    subject: str
    title: str
    deadline: datetime
    posts: tuple[Post, ...]  # every post that any variant carries: they are sent with this issue
    variants: tuple[FrozenVariant, ...]
    lists: tuple[str, ...]
    assign: Mapping[tuple[tuple[str, ...], str], int | None]  # (topics, lang) -> index in variants; None: filtered
    seen: tuple[Post, ...] = ()  # every post that was read for it, noted with it
    held: tuple[str, ...] | None = None  # posts held back, in place of those noted before; None: those stay
    drawn_from: Drawn = ()


Drawn = tuple[tuple[str, str], ...]
"""(file, digest of what stood in it) of each file that an issue was drawn from: to see later which were changed."""


Entry = tuple[int, str, str, int, int]
"""(delivery id, address, token, index of the variant, attempts so far): one claimed row, a plain tuple."""

Settled = tuple[int, str, int, str, datetime | None]
"""(row in the batch, event of lifecycle.Event, code, text, due again at): one result, a plain tuple."""


class Batch(Protocol):
    """Rows claimed durably: they are `sending` until settled. Row i is `entries[i]`.

    `marks` is one octet a row in a file that is allocated in full beside the ledger and survives the process:
    0 untouched, 1 on the wire, then the class of the answer (2, 4, 5; 3 = lost, in doubt).
    """

    entries: Sequence[Entry]
    marks: MutableSequence[int]


class Ledger(Protocol):
    """What survives a crash: issues, their deliveries, posts seen. Any method may raise StateRefused or DiskFull.

    Every change is durable when the method returns. `now` is always the caller's clock, aware, in UTC.
    """

    # -- posts and history
    def history(self, newsletter: str) -> History: ...

    def note_posts(self, posts: Iterable[Post], now: datetime) -> None:
        """Note each post that is new or changed (first seen, path, fingerprint)."""
        ...

    def note_held(self, newsletter: str, ids: Iterable[str]) -> None:
        """Posts picked but held back this time; replaces what was noted for this newsletter before."""
        ...

    def new_problems(self, problems: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """Of (path, message) give those not told before, and remember exactly the given ones as told."""
        ...

    # -- issues
    def issues(self, newsletter: str | None = None) -> tuple[FrozenIssue, ...]:
        """All issues, oldest first, skipped and cancelled ones included."""
        ...

    def issue(self, issue: str, revision: int | None = None) -> FrozenIssue | None:
        """One issue (its latest revision unless said), or None."""
        ...

    def freeze(self, freeze: Freeze, now: datetime) -> FrozenIssue:
        """Store variants and one row a recipient, in one transaction; a second freeze of the same issue and revision
        changes nothing and returns what stands. Rows of people with an opt-out start as unsubscribed or suppressed,
        those whose assignment is None as filtered; each address once, however many lists it is on."""
        ...

    def skip(
        self,
        occasion: Occasion,
        reason: str,
        now: datetime,
        *,
        seen: Iterable[Post] = (),
        held: Iterable[str] | None = None,
    ) -> None:
        """Record a send time as worked off without a mail, with what was read and held back for it (see Freeze)."""
        ...

    def variants(self, issue: str, revision: int) -> tuple[FrozenVariant, ...]: ...

    def drawn_from(self, issue: str, revision: int) -> tuple[Drawn, Drawn]:
        """What an issue was drawn from when it was frozen, and what stood there when a change was last told."""
        ...

    def note_drawn(self, issue: str, revision: int, drawn: Drawn, now: datetime) -> None:
        """Note that a change was told, with what stands there now."""
        ...

    def tell_once(self, issue: str, revision: int, what: str, now: datetime, *, since: str) -> bool:
        """Note in the log that this is told of an issue; False where it was since the last event `since`."""
        ...

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
        """Change an issue's state by lifecycle.ISSUE, compare-and-set; a move that does not exist raises Bug.
        Cancelling cancels its queued and deferred rows; before the first message it gives its posts back."""
        ...

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
        """Claim up to `limit` rows that are queued, or deferred and due; looks opt-outs up now and moves those rows
        on. A batch has a row at least; None: nothing can be claimed now, or the issue is not (or no longer) `sending`.

        `answered` is recorded first, in the same transaction: one wait for the disk where there were two. A batch that
        has all its results is closed by it, another keeps its other rows in hand."""
        ...

    def settle(self, batch: Batch, results: Sequence[Settled], now: datetime) -> None:
        """Record results durably, by lifecycle.DELIVERY, and give back (release) every row of the batch that has
        none; the batch is closed. Of a row whose result a claim has recorded already, that one stands. A release may
        name a time as a delay does: until then the row is not claimed. It is no try, and costs the recipient none."""
        ...

    def recover(self, issue: str, revision: int, now: datetime) -> tuple[int, int]:
        """Bring in the batches of runs that died (their lock is gone): rows untouched are queued again, rows with
        an answer settled, rows on the wire uncertain; after a reboot or on another machine all are uncertain.
        Gives (rows queued again or settled, rows now uncertain)."""
        ...

    def expire(self, issue: str, revision: int, now: datetime) -> int:
        """Fail (reason `deadline`) what is still queued or deferred once the issue's deadline has passed."""
        ...

    def extend(self, issue: str, revision: int, deadline: datetime) -> None:
        """Move the issue's deadline to then; never to an earlier time."""
        ...

    def next_due(self, issue: str, revision: int) -> datetime | None:
        """When the next deferred row is due; None where none waits."""
        ...

    def next_turn(self, issue: str, revision: int) -> datetime | None:
        """When the first row that was given back may be claimed again, be it long ago; None where there is none."""
        ...

    def waiting(self, issue: str, revision: int, now: datetime) -> Waiting:
        """Who was given back until a turn that is still to come (see `settle`)."""
        ...

    def sent_to(self, since: datetime) -> Iterable[tuple[str, datetime, int]]:
        """(domain, when, how many) of what the relay has taken since then, or may have, of all issues of the site;
        oldest first."""
        ...

    def people_by_domain(self, issue: str, revision: int) -> Iterable[tuple[str, int]]:
        """(domain, how many) of the people whom this issue was frozen for, less those who had left; largest first."""
        ...

    def uncertain(self, issue: str, revision: int) -> tuple[str, ...]: ...

    def decide(self, issue: str, revision: int, which: str, now: datetime) -> int:
        """A person's decision: `uncertain` or `failed` rows are queued again, `assume-sent` closes uncertain ones.
        An issue that is done is reopened (`move`) before rows of it are queued; a cancelled one raises UsageError."""
        ...

    def failures(self, issue: str, revision: int, limit: int = 20) -> tuple[tuple[str, int, str], ...]:
        """(address, code, text) of failed rows."""
        ...

    def sent_since(self, moment: datetime) -> int:
        """How many messages of all issues of the site the relay has taken since then, or may have taken."""
        ...

    def first_sent(self) -> datetime | None:
        """When the first batch of the site was taken; None where none was."""
        ...

    def reception(self, issue: str, revision: int) -> Reception:
        """How an issue has been received, over all its runs, since a person last resumed or reopened it."""
        ...

    def close(self) -> None: ...


class Roster(Protocol):
    """People, lists and ways out. The store implements it beside the ledger, over the same database."""

    def list_digest(self, list_name: str) -> str | None:
        """The digest of the list file as last read, or None."""
        ...

    def replace_list(
        self,
        list_name: str,
        rows: Iterable[Subscriber],
        digest: str,
        now: datetime,
        *,
        duplicate: Callable[[int, int], None] | None = None,
    ) -> int:
        """Make the list exactly these rows, in one transaction; people keep their rows and tokens. Gives the count.
        A person that is no longer in the file gets no more mail through it; that is no opt-out. Of several rows of
        one key the first counts; `duplicate(line, first line)` is called for each of the others."""
        ...

    def enroll(self, newsletter: str, lists: Sequence[str], token: Callable[[str], str], now: datetime) -> int:
        """Give everyone on these lists who has none a token for this newsletter: token(address key)."""
        ...

    def audiences(self, newsletter: str, lists: Sequence[str]) -> tuple[Audience, ...]:
        """Distinct (topics, lang) among usable recipients, largest first."""
        ...

    def find(self, newsletter: str, key: str, lists: Sequence[str]) -> Subscription | None:
        """The subscription of one address (its key), or None."""
        ...

    def samples(self, newsletter: str, lists: Sequence[str], limit: int) -> tuple[Subscription, ...]: ...

    def comings_and_goings(self, issue: FrozenIssue, present: Iterable[tuple[str, str]]) -> tuple[int, int]:
        """Of the people who stand in the list files now, given as (list, key): how many can be mailed and have no
        row in that issue; and how many of its rows are people whom mail could reach then and cannot now. Changes
        nothing, so that a ledger opened to be read can answer."""
        ...

    def opt_out(self, key: str, scope: str, kind: str, evidence: str, now: datetime) -> None:
        """Scope: `all`, `list:NAME` or `newsletter:NAME`; kind: unsubscribed, bounced, complained, manual."""
        ...

    def opt_outs(self) -> Iterable[tuple[str, str, str]]:
        """(address key, scope, kind) of every opt-out: a rehearsal goes where mail may go, and nowhere else."""
        ...

    def take_opt_outs(self, opt_outs: Iterable[tuple[str, str, str]], evidence: str, now: datetime) -> None:
        """Take many ways out in one transaction."""
        ...

    def history_of(self, key: str) -> tuple[tuple[str, str, str, datetime], ...]:
        """(scope, kind, evidence, when) of each opt-out of an address."""
        ...


# ------------------------------------------------------------------------------------------------ lint


class Rule(Protocol):
    """A lint rule is a module in lint/rules/: its name with dashes is the rule's, its docstring says why.

    SEVERITY is the gravest it gives. `check` is pure.
    """

    SEVERITY: str

    def check(self, proof: Proof) -> Iterable[Finding]: ...
