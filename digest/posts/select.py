"""Which posts go into an issue, and for every one left out, why. A ledger, not a date filter. Pure.

The reasons, in their order: broken draft unlisted expired duplicate already-sent future (editor) after-window
before-window category tag-excluded tag-missing limit too-few. Who a post is stands in `known`, which window an issue
has in `window`, what tags and categories say in `wanted`, what an editor may say in `editor`.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from digest.model import History, LeftOut, Occasion, Picked, Post, Query, Selection
from digest.posts.editor import Editor, Hand, resolve, unresolved
from digest.posts.known import Known, in_doubt, key_of, keys_across, recognise, title_key
from digest.posts.local_time import instant, local, midnight, moment
from digest.posts.wanted import Wanted
from digest.settings import Newsletter

__all__ = ["held", "must_read_all", "reach", "select"]

MARGIN = timedelta(days=2)  # a bare day is another instant in every zone, and the source's may differ from ours
LONGEST = timedelta(days=36_500)
NEXT_TIME = "it comes first next time"


def reach(newsletter: Newsletter, history: History, occasion: Occasion) -> Query:
    """Say what a source may skip: what is dated before `catch_up`, unless a post held back is older still."""
    zone = ZoneInfo(newsletter.timezone)
    days = {record.day for record in history.records if record.held and not record.issue and record.day}
    since = min([_reach_start(newsletter, history, occasion), *(midnight(day, zone) for day in days)])
    return Query(since=since - MARGIN)


def must_read_all(posts: Iterable[Post], history: History, query: Query, editor: Editor | None = None) -> bool:
    """Say whether posts read with `query` do not suffice, and all must be read, with `Query()`.

    An editor may name an old post; a new file may be an old one moved, if only its old path is gone. Both are rare.
    """
    if query.since is None:
        return False
    read = tuple(posts)
    return bool(unresolved(editor, read)) or in_doubt(read, history, query.since)


def held(selection: Selection) -> tuple[str, ...]:
    """Give the ids that the ledger is to note as held back: they come first next time."""
    return tuple(left.id for left in selection.left_out if left.reason in {"limit", "too-few"} and left.id)


def select(
    posts: Iterable[Post],
    newsletter: Newsletter,
    history: History,
    occasion: Occasion,
    now: datetime,
    editor: Editor | None = None,
    *,
    sources: Sequence[str] = (),
) -> Selection:
    """Pick the posts of an issue, in order, and say for every other one why it is out.

    `sources` is the order of the sources in the configuration, for duplicates: the first has it. Without it, the
    newsletter's own order of sources or that of the posts is taken. Posts of sources that this newsletter does not take
    are passed over. FrontMatterError where the editor names a post that is not there.
    """
    read = tuple(posts)
    order = tuple(sources) or newsletter.rules.sources or tuple(dict.fromkeys(post.source for post in read))
    rank = {name: place for place, name in enumerate(order)}
    taken = newsletter.rules.sources
    known = [k for k in recognise(read, history) if not taken or k.post.source in taken]
    known.sort(key=lambda k: (rank.get(k.post.source, len(rank)), k.post.source, k.post.path, k.post.id))
    hand = resolve(editor, (k.post for k in known))
    desk = _Desk.of(newsletter, history, occasion, now, hand, editor.file if editor else "")
    return desk.selection(known, bool(editor and editor.intro))


def _reach_start(newsletter: Newsletter, history: History, occasion: Occasion) -> datetime:
    """Where catching up begins: never before the first window, and for the first issue that is its own."""
    zone, start = ZoneInfo(newsletter.timezone), occasion.window.start
    back = instant(local(start, zone) - min(newsletter.rules.catch_up, LONGEST), zone)
    return min(start, max(back, history.first_start or start))


# ------------------------------------------------------------------------------------------------ one selection


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """A post that is in the running, and why."""

    known: Known
    when: datetime
    reason: str
    pinned: bool

    @property
    def key(self) -> tuple[str, str]:
        return key_of(self.known.post)


Verdict = tuple[str, str]  # reason, detail


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """All that the rules look at, made ready once for a selection."""

    newsletter: Newsletter
    history: History
    occasion: Occasion
    now: datetime
    zone: ZoneInfo
    begin: datetime  # of the reach
    hand: Hand
    named: frozenset[tuple[str, str]]  # keys that the hand puts in
    file: str  # the editor's
    wanted: Wanted

    @classmethod
    def of(
        cls, newsletter: Newsletter, history: History, occasion: Occasion, now: datetime, hand: Hand, file: str
    ) -> _Desk:
        return cls(
            newsletter=newsletter,
            history=history,
            occasion=occasion,
            now=now.astimezone(UTC),
            zone=ZoneInfo(newsletter.timezone),
            begin=_reach_start(newsletter, history, occasion),
            hand=hand,
            named=frozenset(hand.named),
            file=file,
            wanted=Wanted.of(newsletter.rules),
        )

    def selection(self, known: Sequence[Known], intro: bool) -> Selection:
        """Judge every post, then order, limit and count."""
        out: dict[tuple[str, str], LeftOut] = {}
        running: list[_Candidate] = []
        waiting: list[tuple[datetime, str]] = []
        doubles = self._doubles(known)
        for k in known:
            key, when = key_of(k.post), moment(k.post, self.zone)
            verdict = self._fact(k, when, doubles)
            if not verdict and key not in self.named:
                verdict = self._rule(k, when)
            if verdict:
                out[key] = self._left(k.post, verdict)
                if when and self._waits(k, when, verdict[0]):
                    waiting.append((when, k.post.path))
            else:
                running.append(self._candidate(k, when or self.occasion.window.start))
        picked, over = self._limited(running)
        for candidate in over:
            limit = f"{self.newsletter.rules.limit} is the limit of an issue; {NEXT_TIME}"
            out[candidate.key] = self._left(candidate.known.post, ("limit", limit))
        skip = ""
        if not intro and len(picked) < max(1, self.newsletter.rules.min_posts):
            skip = "too-few" if picked else "nothing-new"
            few = f"{len(picked)} of at least {self.newsletter.rules.min_posts} posts; {NEXT_TIME}"
            out |= {c.key: self._left(c.known.post, ("too-few", few)) for c in picked}
            picked = []
        return Selection(
            occasion=self.occasion,
            picked=tuple(Picked(post=c.known.post, reason=c.reason, pinned=c.pinned) for c in picked),
            left_out=tuple(out[key] for k in known if (key := key_of(k.post)) in out),
            skip=skip,
            waiting=tuple(path for _, path in sorted(waiting)),
            history_known=self.history.known,
        )

    # -------------------------------------------------------------------------------------------- verdicts

    def _fact(self, k: Known, when: datetime | None, doubles: dict[tuple[str, str], Post]) -> Verdict | None:
        """What no editor overrules: the post's own word, and the ledger's."""
        key, end = key_of(k.post), self.occasion.window.end
        if state := self._state(k.post):
            return state
        if key in doubles:
            return "duplicate", f"the same post as {doubles[key].path} of {doubles[key].source}"
        if k.sent:
            return "already-sent", f"it went with {k.sent}"
        if when and when >= end and when > self.now:
            return "future", self._dated(k.post, when)
        if key in self.hand.left_out:
            return "editor", f"{self.file} leaves it out of this issue"
        return None

    def _state(self, post: Post) -> Verdict | None:
        """What a post says of itself."""
        if post.broken:
            first = next(p for p in post.problems if p.severity == "error")
            return "broken", f"line {first.line}: {first.message}" if first.line else first.message
        if post.draft:
            return "draft", "it is marked as a draft"
        if post.unlisted:
            return "unlisted", "it is marked as not to be listed"
        if post.expires and post.expires <= max(self.now, self.occasion.send_at):
            return "expired", f"it expires {self._shown(post.expires)}"
        return None

    def _rule(self, k: Known, when: datetime | None) -> Verdict | None:
        """What the newsletter's rules say."""
        if when is None:
            return "before-window", "it has no date; give it one, or name it in the issue's file"
        if when >= self.occasion.window.end:
            return (
                "after-window",
                f"{self._dated(k.post, when)}, and the window ends {self._shown(self.occasion.window.end)}",
            )
        if when < self.begin and not self._held(k):
            return "before-window", self._too_old(k, when)
        return self.wanted.verdict(k.post)

    def _too_old(self, k: Known, when: datetime) -> str:
        first = self.history.first_start or self.occasion.window.start
        bound = "the first issue begins" if self.begin == first else "this issue reaches back to"
        detail = f"{self._dated(k.post, when)}, and {bound} {self._shown(self.begin)}"
        if self.history.known and (k.record is None or k.record.first_seen >= self.occasion.window.start):
            return f"{detail}; it is new here: give it a newer date, or name it in the issue's file"
        return detail

    def _waits(self, k: Known, when: datetime, reason: str) -> bool:
        """A post of today that the next issue will have."""
        if reason not in {"after-window", "future"} or self.wanted.verdict(k.post):
            return False
        return local(self.now, self.zone).date() == local(when, self.zone).date()

    def _doubles(self, known: Sequence[Known]) -> dict[tuple[str, str], Post]:
        """Posts that an earlier source has too; what an editor names goes before the order of sources."""
        first: dict[Hashable, Post] = {}
        doubles: dict[tuple[str, str], Post] = {}
        if len({k.post.source for k in known}) < 2:
            return doubles
        for k in sorted(known, key=lambda k: key_of(k.post) not in self.named):
            if self._state(k.post):
                continue  # a draft here does not stand in the way of the published post there
            keys = keys_across(k.post, self.zone)
            other = next((first[key] for key in keys if key in first and first[key].source != k.post.source), None)
            if other:
                doubles[key_of(k.post)] = other
            else:
                first.update({key: k.post for key in keys if key not in first})
        return doubles

    # -------------------------------------------------------------------------------------------- order and limit

    def _candidate(self, k: Known, when: datetime) -> _Candidate:
        key, rules = key_of(k.post), self.newsletter.rules
        flagged = bool(rules.pin) and rules.pin.casefold() in {flag.casefold() for flag in k.post.flags}
        if key in self.named:
            reason = "editor"
        elif flagged:
            reason = "pinned"
        elif self._held(k):
            reason = "held-back"
        else:
            reason = "window" if when >= self.occasion.window.start else "catch-up"
        return _Candidate(known=k, when=when, reason=reason, pinned=flagged or key in self.hand.pins)

    def _limited(self, running: list[_Candidate]) -> tuple[list[_Candidate], list[_Candidate]]:
        """The posts in their order, and those over the limit: the editor's, pins, held-back ones, the rest."""
        place = {key: number for number, key in enumerate(self.hand.named)}
        named = sorted((c for c in running if c.key in place), key=lambda c: place[c.key])
        others = [c for c in running if c.key not in place]
        pins = self._ordered([c for c in others if c.pinned])
        waited = sorted((c for c in others if not c.pinned and self._held(c.known)), key=lambda c: c.when)
        rest = self._ordered([c for c in others if not c.pinned and not self._held(c.known)])
        queue = [*pins, *waited, *rest]
        limit = self.newsletter.rules.limit
        free = len(queue) if limit is None else max(0, limit - len(named))
        return [*named, *queue[:free]], queue[free:]

    def _ordered(self, candidates: list[_Candidate]) -> list[_Candidate]:
        if self.newsletter.rules.order == "title":
            return sorted(candidates, key=lambda c: title_key(c.known.post.title))
        return sorted(candidates, key=lambda c: c.when, reverse=self.newsletter.rules.order == "newest")

    # -------------------------------------------------------------------------------------------- words

    def _held(self, k: Known) -> bool:
        return k.record is not None and k.record.held

    def _dated(self, post: Post, when: datetime) -> str:
        return f"dated {post.date:%Y-%m-%d}" if post.bare_day else f"dated {self._shown(when)}"

    def _shown(self, when: datetime) -> str:
        return f"{local(when, self.zone):%Y-%m-%d %H:%M}"

    def _left(self, post: Post, verdict: Verdict) -> LeftOut:
        reason, detail = verdict
        if key_of(post) in self.named and reason not in {"limit", "too-few"}:
            detail = f"{detail}; {self.file} names it, but cannot overrule that"
        return LeftOut(path=post.path, id=post.id or None, title=post.title, reason=reason, detail=detail)
