"""What a transport is fed from while an issue is sent: claimed rows out, answers in. The sender is its only maker.

Rules of this file: a row's mark is set to 1 before its message is handed out; a row whose end may have left us never
goes back to the queue; a refusal that speaks of us costs no recipient.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import count
from time import monotonic
from unicodedata import normalize

from digest.deliver import brake
from digest.deliver import pace as pacing
from digest.deliver.outcome import Outcome, classify
from digest.deliver.suspects import Suspects
from digest.deliver.tally import Halt, Tally
from digest.deliver.turns import Turns, domain_of, means
from digest.errors import Bug, DigestError
from digest.interfaces import Batch, FrozenIssue, Job, Ledger, Reply, Roster, Settled
from digest.lifecycle import Event, IssueState

__all__ = ["RunFeed"]

BATCH = 10  # bits: rows are numbered over all batches, 1024 to each; a batch is far smaller
IN_BATCH = (1 << BATCH) - 1
MOST_RELEASES = 3  # of one row in a run, before the line's breaking counts as the relay's "later"
NAP = 0.5  # seconds at most between questions, so that a wish to stop is heard
SLOWEST = 60.0  # seconds of the longest pause after "too fast"; where that is not enough, the run stops
COME_BACK = timedelta(minutes=15)  # when a relay that found every pause too short is tried again
ANSWERS = 0.05  # seconds: ask again when some of what is under way may have been answered
STAY = 90.0  # seconds a run stays for the next turn of a domain; where none is so near, the next run goes on
SOON = 0.001  # seconds: ask again after a turn of the transport's loop
AHEAD = 16  # rows that wait, when the next batch is claimed ahead; of a small batch, an eighth of it
SLOT_ROOM = 2048  # octets that one recipient's message may be longer than another's

ACCEPTED = Event.ACCEPTED  # looked up once
ONE_DAY = timedelta(days=1)


class Claimed:
    """One claimed batch at work: results gather until the next claim takes them along, or every row has its answer."""

    __slots__ = ("batch", "entries", "left", "marks", "recorded", "results")

    def __init__(self, batch: Batch) -> None:
        self.batch, self.entries, self.marks = batch, batch.entries, batch.marks
        self.left = len(batch.entries)
        self.results: list[Settled] = []
        self.recorded: set[int] = set()  # rows whose results the ledger has


class RunFeed:
    """The feed of one run of one issue. `halt` says why it stopped giving, where it did."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        roster: Roster,
        issue: FrozenIssue,
        body: Callable[[int, str, str], bytes],
        mail_from: Callable[[str], bytes],
        clock: Callable[[], datetime],
        pace: pacing.Pace,
        stop: Callable[[], bool],
        told: Callable[[Tally], None],
        allowance: int | None,
        largest: int,
    ) -> None:
        self._ledger, self._roster, self._issue = ledger, roster, issue
        self._key = issue.id, issue.revision
        self._stamp, self._mail_from, self._clock, self._stop, self._told = body, mail_from, clock, stop, told
        self._rate, self._largest = pace.rate, largest
        self._gate = self._kept(pace.rate)
        self._turns = self._counted(pace) if pace.domains else None  # None: no domain has a pace of its own
        self._turn_at = 0.0  # where all that is left waits for its domain's turn: when the next one is
        self._walking = False  # the last batch held nobody who may have mail now
        self._allowance = allowance  # messages that today's quota still has, less those under way
        self._under_way = 0  # counted where there is a quota
        self._claimed: dict[int, Claimed] = {}
        self._waiting: deque[Job] = deque()  # rows to send
        self._last = -1  # number of the last batch
        self._enough = 0  # rows that wait, from which on no batch is claimed ahead
        self._sizes: dict[int, int] = {}  # of each variant, at most
        self._releases: dict[int, tuple[int, int]] = {}  # how often in a row, and how many were sent by then
        self._suspects = Suspects()
        self._one_domain: bool | None = None
        self._pause = self._paused_until = self._asked_at = 0.0
        self._late = False  # the deadline has passed: what is left is failed when the run ends
        self._before = ledger.reception(*self._key)  # what earlier runs have met
        self._began = monotonic()
        self._nothing_left = False
        self._complete = False  # some batch has all its answers
        self.tally = Tally()
        self.halt: Halt | None = None

    # ---------------------------------------------------------------------------------------- the transport's side

    def take(self, now: float) -> Job | float | None:
        """The next job, seconds to wait, or None; claims the next batch where the last is handed out."""
        if now != self._asked_at:  # once a turn of the transport's loop
            self._asked_at = now
            if self.halt is None and self._stop():
                self.halt = Halt(why="interrupted")
            self._late = self._late or self._clock() >= self._issue.deadline
        if self.halt is not None or self._late:
            return None
        paced = not self._gate.free
        if paced and (wait := self._gate.wait(now)) > 0:
            return min(wait, NAP)
        if self._turns is not None:
            if (until_turn := self._line_up(self._turns, now)) != 0.0:
                return until_turn
        elif not self._waiting and not self.claim():
            return None
        if self._allowance is not None:
            if self._allowance <= 0 and self._under_way:
                return ANSWERS  # what is refused costs nothing of the quota
            if self._allowance <= 0:
                words = "today's quota ([smtp] daily) is used up"
                self.halt = Halt(why="stopped", exit_code=75, reason=words, until=self._clock() + ONE_DAY)
                return None
            self._allowance -= 1
            self._under_way += 1
        if paced:
            self._gate.went(now)
        return self._waiting.popleft()

    def size(self, row: int) -> int:
        """What the largest message of this row's variant may have."""
        _, address, token, variant, _ = self._claimed[row >> BATCH].entries[row & IN_BATCH]
        if variant not in self._sizes:
            self._sizes[variant] = self._examined(self._stamp(variant, address, token))
        return self._sizes[variant]

    def body(self, row: int) -> bytes:
        """Stamp the message, then mark the row as on the wire."""
        claimed = self._claimed[row >> BATCH]
        _, address, token, variant, _ = claimed.entries[row & IN_BATCH]
        data = self._stamp(variant, address, token)
        if variant not in self._sizes:
            self._sizes[variant] = self._examined(data)
        claimed.marks[row & IN_BATCH] = 1
        return data

    def settle(self, replies: Sequence[Reply]) -> None:
        """Judge each answer; a batch whose rows all have theirs is settled durably."""
        batches, tally = self._claimed, self.tally
        if self._allowance is not None:
            self._under_way -= len(replies)
            self._allowance += sum([step not in ("dot", "lost") or code >= 400 for _, step, code, _ in replies])
        for row, step, code, text in replies:
            if step == "dot" and code < 400 and not self._suspects:  # nearly always
                claimed, i = batches[row >> BATCH], row & IN_BATCH
                claimed.marks[i] = 2
                claimed.results.append((i, ACCEPTED, code, text, None))
                claimed.left -= 1
                if not claimed.left:
                    self._complete = True
                tally.sent += 1
                self._pause = 0.0
            else:
                self._judge(row, classify(step, code, text))
        if self._complete:
            self._close_done()

    # ---------------------------------------------------------------------------------------- rows out

    def claim(self) -> bool:
        """Claim the next batch durably; False where there is nothing to send now, or the issue was halted elsewhere."""
        while not self._waiting and not self._nothing_left:
            self._claim_batch()
        return bool(self._waiting)

    def ahead(self) -> None:
        """Claim the next batch while the relay is busy with what it has, and not once a line waits for it.

        Not where a pace or a quota is kept: there a row is claimed when its turn is.
        """
        free = self._gate.free and self._turns is None and self._allowance is None
        if len(self._waiting) < self._enough and free and not self._nothing_left and self.halt is None:
            try:
                self._claim_batch()
            except DigestError:  # nothing came of it; the claim that is needed tells why, with less under way
                self._enough = 0

    def _claim_batch(self) -> None:
        seen = self.tally.sent / max(monotonic() - self._began, 0.001) if self.tally.sent else None
        size = min(pacing.batch_size(self._rate, seen), self._largest)
        if self._walking:
            size = self._largest
        if self._allowance is not None:
            size = max(1, min(size, self._allowance))
        # After a power cut all that is in hand is in doubt: no more than one batch, where the lines are not too many.
        in_hand = sum([claimed.left for claimed in self._claimed.values()])
        size = min(size, max(self._largest - in_hand, (self._largest + 1) // 2))
        answered = [(claimed.batch, tuple(claimed.results)) for claimed in self._claimed.values() if claimed.results]
        batch = self._ledger.claim(*self._key, size, self._clock(), answered=answered)
        self._note_recorded()
        if batch is None:
            self._nothing_left = True
            self._look_why()
            return
        self._last += 1
        self._claimed[self._last] = Claimed(batch)
        self._enough = min(AHEAD, len(batch.entries) // 8)
        rows, sender = count(self._last << BATCH), self._mail_from
        self._waiting.extend([(row, sender(e[2]), e[1]) for row, e in zip(rows, batch.entries, strict=False)])

    def _note_recorded(self) -> None:
        """The claim has taken along all results that there were."""
        for number, claimed in list(self._claimed.items()):
            claimed.recorded.update([result[0] for result in claimed.results])
            claimed.results.clear()
            if not claimed.left:
                del self._claimed[number]
        self._told(self.tally)

    def _look_why(self) -> None:
        """Nothing can be claimed: because all is done, or because somebody paused or cancelled the issue meanwhile."""
        seen = self._ledger.issue(*self._key)
        assert seen is not None, "an issue is never taken out of the ledger"
        if seen.state is not IssueState.SENDING and self.halt is None:  # frozen: paused and resumed since
            self.halt = Halt(why="paused", reason=seen.reason)

    def _entry(self, row: int) -> tuple[int, str, str, int, int]:
        return self._claimed[row >> BATCH].entries[row & IN_BATCH]

    def _examined(self, data: bytes) -> int:
        """The first message of each variant is looked through: a line with a lone dot, or a bare line end, would let
        the rest of it be taken for commands (RFC 5321 4.1.1.4). Gives what any of them may have in octets."""
        if data.startswith(b".") or b"\n." in data or data.count(b"\n") != data.count(b"\r\n") or b"\0" in data:
            raise Bug("a message has a line that begins with a dot, a bare line feed, or a NUL: nothing was sent")
        return len(data) + SLOT_ROOM

    # ---------------------------------------------------------------------------------------- turns of domains

    def _kept(self, rate: float | None) -> pacing.Gate:
        """The rate, with the last message that other runs and issues have sent."""
        gate = pacing.Gate(rate)
        if rate:
            wall, now = self._clock(), monotonic()
            lately = [at for _, at, _ in self._ledger.sent_to(wall - timedelta(seconds=1 / rate))]
            if lately:
                gate.went(now - max(0.0, (wall - max(lately)).total_seconds()))
        return gate

    def _counted(self, pace: pacing.Pace) -> Turns:
        """The paces of domains, with what other runs and issues have sent to them lately."""
        turns, wall, now = Turns(pace.domains), self._clock(), monotonic()
        for domain, at, number in self._ledger.sent_to(wall - timedelta(seconds=turns.longest)):
            turns.went(domain, now - max(0.0, (wall - at).total_seconds()), number)
        return turns

    def has_work(self) -> bool:
        """True where rows can be claimed now, or a domain's turn is so near that a run stays for it."""
        return self.claim() or (self._turns is not None and self._until_turn(monotonic()) is not None)

    def _line_up(self, turns: Turns, now: float) -> float | None:
        """Have a row in front whose domain may have mail now: 0. Else seconds until that can be, or None: it cannot.

        Who has to wait goes back to the ledger until the turn, so that nobody behind waits too and nothing piles up.
        """
        if now < self._turn_at and not self._waiting:
            return min(self._turn_at - now, NAP)
        if not self._waiting and not self.claim():
            return self._until_turn(now)
        while self._waiting:
            row, _, address = self._waiting[0]
            domain = domain_of(address)
            if turns.wait(domain, now) <= 0.0:
                turns.went(domain, now)
                self._walking = False
                return 0.0
            self._waiting.popleft()
            due = self._clock() + timedelta(seconds=turns.turn(domain, now) - now + SOON)
            self._result(row, 0, Event.RELEASE, 0, "", due)
        self._walking = True
        if self._complete:
            self._close_done()
        return SOON

    def _until_turn(self, now: float) -> float | None:
        """Nothing can be claimed: seconds until the next turn of a domain, if the run stays for it."""
        due = self._ledger.next_turn(*self._key)
        if self.halt is not None or self._late or due is None:
            return None
        left = max(SOON, (due - self._clock()).total_seconds())
        if left > STAY:
            return None
        self._turn_at, self._nothing_left = now + left, False
        return min(left, NAP)

    # ---------------------------------------------------------------------------------------- answers in

    def _judge(self, row: int, outcome: Outcome) -> None:
        if outcome.kind == "sent":
            self._charge_suspects()
            self._pause = 0.0
            self.tally.sent += 1
            self._result(row, 2, Event.ACCEPTED, outcome.code, outcome.text)
        elif outcome.kind == "released":
            self._released(row, outcome)
        elif outcome.kind == "uncertain":
            self.tally.uncertain += 1
            self._result(row, 3, Event.IN_DOUBT, 0, outcome.text)
        elif outcome.kind == "stop":
            self._halt_for(outcome)
            self._release(row)
        elif outcome.suspect:
            self._suspect(row, outcome)
        elif outcome.kind == "deferred":
            self._deferred(row, outcome)
        else:
            self._charge_suspects()
            self._failed(row, outcome)

    def _released(self, row: int, outcome: Outcome) -> None:
        """It goes again, on another connection; a row at which the line breaks time and again waits like a 4xx."""
        times, sent = self._releases.get(row, (0, -1))
        times = times + 1 if sent == self.tally.sent else 1  # a relay that hangs up after each message means nobody
        self._releases[row] = times, self.tally.sent
        if self.halt is not None:
            self._release(row)
        elif times > MOST_RELEASES:
            self._deferred(row, outcome)
        else:
            self._mark(row, 0)
            _, address, token, _, _ = self._entry(row)
            self._waiting.append((row, self._mail_from(token), address))

    def _deferred(self, row: int, outcome: Outcome) -> None:
        _, address, token, _, attempts = self._entry(row)
        wait = outcome.wait or pacing.backoff(attempts + 1, f"{self._issue.id}:{address}")
        if outcome.slow:
            wait = outcome.wait or wait / 5  # it was we who were too fast, not the recipient who is away
            self._slow_down(address, token, outcome)
        self.tally.deferred += 1
        due = min(self._clock() + wait, self._issue.deadline)
        self._result(row, 4, Event.DELAYED, outcome.code, outcome.text, due)

    def _slow_down(self, address: str, token: str, outcome: Outcome) -> None:
        """Make a pause: for the recipient's domain where the refusal speaks of it, else for all.

        Those that were under way when a pause began say nothing new; pauses that all were too short end the run.
        """
        domain = domain_of(address)
        ours = domain_of(self._mail_from(token).decode())
        if outcome.step in ("rcpt", "dot") and domain != ours and means(outcome.text, domain):
            self._turns = self._turns or Turns()
            self._turns.hold(domain, monotonic(), outcome.wait.total_seconds() if outcome.wait else 0.0)
        else:
            now = monotonic()
            if now < self._paused_until:
                return
            if self._pause >= SLOWEST:
                again = max(outcome.wait or COME_BACK, COME_BACK)
                reason = f"the mail server finds every pace too fast (it said: {outcome.code} {outcome.text})"
                self.halt = self.halt or Halt(
                    why="stopped", reason=reason, code=outcome.code, exit_code=75, until=self._clock() + again
                )
                return
            self._pause = min(SLOWEST, 2 * self._pause or 1.0)
            self._paused_until = now + self._pause
            self._gate.hold(now, self._pause)

    def _failed(self, row: int, outcome: Outcome) -> None:
        if outcome.suppress:
            self.tally.gone += 1
            self._suppress(row, outcome)
        self.tally.failed += 1
        self._result(row, 5, Event.REFUSED, outcome.code, outcome.text)
        if self.halt is None and (reason := brake.refused(self._before, self.tally.sent, self.tally.failed)):
            self.halt = Halt(why="paused", reason=reason)

    def _suppress(self, row: int, outcome: Outcome) -> None:
        """Before the result is settled: after a crash between the two the row is failed all the same."""
        key = normalize("NFC", self._entry(row)[1].lower())
        self._roster.opt_out(key, "all", "bounced", f"{outcome.code} {outcome.text}", self._clock())

    def _suspect(self, row: int, outcome: Outcome) -> None:
        """Hold a refusal back until it is known whom it means; until then the row counts as untouched."""
        if self.halt is not None and self.halt.why == "stopped":  # it meant us
            self._release(row)
            return
        if self._suspects.differ_from(outcome):
            self._charge_suspects()
        self._mark(row, 0)
        self._suspects.hold(row, outcome, domain_of(self._entry(row)[1]))
        if self._suspects.are_enough(one_domain=self._has_one_domain):
            self._halt_for(outcome)
            self._release_suspects()
        elif self._suspects.are_many:
            self._charge_suspects()

    def _has_one_domain(self) -> bool:
        """The issue goes to people of one domain alone."""
        if self._one_domain is None:  # counted once, and only where it is asked for
            self._one_domain = len(list(self._ledger.people_by_domain(*self._key))) == 1
        return self._one_domain

    def _charge_suspects(self) -> None:
        """Somebody else was answered in other words: those refusals meant their recipients."""
        for row, outcome in self._suspects.let_go():
            (self._deferred if outcome.kind == "deferred" else self._failed)(row, outcome)

    def _release_suspects(self) -> None:
        for row, _ in self._suspects.let_go():
            self._release(row)

    def _part_with_suspects(self) -> None:
        """The run ends, with too few to be sure. One that was cut short says nothing of them."""
        if self.halt is None and self._suspects.mean_us(accepted=bool(self.tally.sent or self._before.sent)):
            self._halt_for(self._suspects.last)
        if self.halt is None:
            self._charge_suspects()
        self._release_suspects()

    def _halt_for(self, outcome: Outcome) -> None:
        if self.halt is None:
            until = self._clock() + outcome.wait if outcome.wait else None
            said = f"the server said: {outcome.code} {outcome.text}" if outcome.code else outcome.text
            reason, exit_code = f"{outcome.reason} ({said.strip()})", outcome.exit_code
            self.halt = Halt(why="stopped", reason=reason, code=outcome.code, exit_code=exit_code, until=until)

    # ---------------------------------------------------------------------------------------- results

    def _mark(self, row: int, mark: int) -> None:
        self._claimed[row >> BATCH].marks[row & IN_BATCH] = mark

    def _release(self, row: int) -> None:
        """It was not sent and is not charged: it stays in the queue."""
        self._result(row, 0, Event.RELEASE, 0, "")

    def _result(self, row: int, mark: int, event: Event, code: int, text: str, due: datetime | None = None) -> None:
        claimed, i = self._claimed[row >> BATCH], row & IN_BATCH
        claimed.results.append((i, event, code, text, due))
        claimed.marks[i] = mark
        claimed.left -= 1
        self._complete = self._complete or not claimed.left

    def _close_done(self) -> None:
        """Settle the batches that have all their answers, unless a claim is coming, which takes them along."""
        self._complete = False
        if self._waiting and self.halt is None:
            return
        for number in [n for n, claimed in self._claimed.items() if not claimed.left]:
            claimed = self._claimed.pop(number)
            self._ledger.settle(claimed.batch, claimed.results, self._clock())
            self._told(self.tally)

    def close(self) -> None:
        """Settle whatever is in hand, however the run ended: rows on the wire are in doubt, the others go back.

        Raises what the ledger raises; the marks then tell the next run.
        """
        self._part_with_suspects()
        for number, claimed in list(self._claimed.items()):
            answered = claimed.recorded | {result[0] for result in claimed.results}
            claimed.left = len(claimed.entries) - len(answered)  # a Ctrl-C may have come before it was counted down
            for i in range(len(claimed.entries)):
                if i not in answered:
                    self._close_row((number << BATCH) + i, claimed.marks[i])
            self._complete = True
        self._waiting.clear()
        self._close_done()

    def _close_row(self, row: int, mark: int) -> None:
        """The mark decides: a Ctrl-C may have come between it and its result."""
        if mark == 2:
            self.tally.sent += 1
            self._result(row, 2, Event.ACCEPTED, 250, "accepted; the run was interrupted before it kept the words")
        elif mark:
            self.tally.uncertain += 1
            self._result(row, 3, Event.IN_DOUBT, 0, "the run ended before its answer")
        else:
            self._release(row)
