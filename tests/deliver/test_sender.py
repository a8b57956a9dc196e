"""Sending an issue: a real ledger, a real SMTP server, and what must hold whatever the server does."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from digest.deliver import feed
from digest.deliver.pace import Pace
from digest.deliver.transports import smtp
from digest.errors import Bug, DiskFull, RelayUnreachable
from digest.interfaces import Feed
from digest.lifecycle import Event
from digest.settings import Smtp
from digest.store import claims
from digest.store.ledger import Store
from tests.deliver.issue_at_hand import ISSUE, NOW, counts, frozen, only, opened, readers, send
from tests.smtp_server import PIPELINING, Drop, Moment, Raw, Say, SmtpServer, Stall

PLAIN = tuple(f for f in PIPELINING if f != "PIPELINING")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = opened(tmp_path)
    yield found
    found.close()


def relay(server: SmtpServer, **options: Any) -> smtp.Relay:
    known: dict[str, Any] = {"host": "127.0.0.1", "port": server.port, "tls": "none", "timeout": 0.4}
    return smtp.open(Smtp(**(known | options)))


def run(store: Store, server: SmtpServer, people: int, *, options: dict[str, Any] | None = None, **more: Any) -> Any:
    issue = frozen(store, readers(people)) if store.issue(ISSUE) is None else store.issue(ISSUE)
    assert issue is not None
    transport = relay(server, **(options or {}))
    try:
        return send(store, issue, transport, **more)
    finally:
        transport.close()


@pytest.mark.parametrize("features", [PIPELINING, PLAIN, ()], ids=["pipelined", "one-by-one", "helo"])
@pytest.mark.parametrize("connections", [1, 4])
def test_everybody_gets_it_once(store: Store, features: tuple[str, ...], connections: int) -> None:
    """Nobody twice, nobody forgotten, each their own bytes, and the sums say so."""
    with SmtpServer(features=features) as server:
        result = run(store, server, 300, options={"connections": connections})
    assert sorted(server.addresses()) == sorted(readers(300))
    assert all(f"To: <{k.recipients[0]}>".encode() in k.data for k in server.messages)
    assert result.why == "done"
    assert (result.sent, result.failed, result.deferred, result.uncertain) == (300, 0, 0, 0)
    assert counts(store) == only(sent=300)


class Watching:
    """A ledger that notes at each claim how many are in hand then, and how many of the batch before had not left."""

    def __init__(self, store: Store) -> None:
        self._store, self._batches = store, list[Any]()
        self.ahead = False  # a claim is made ahead of need
        self.in_hand: list[int] = []
        self.waiting: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def claim(self, *place: Any, **more: Any) -> Any:
        told = [(batch, len(results)) for batch, results in more["answered"]]
        self.waiting.append(sum(bytes(batch.marks).count(0) for batch, _ in told if batch in self._batches[-1:]))
        batch = self._store.claim(*place, **more)
        hands = claims.hands(self._store._database, 1)
        self.in_hand.append(sum(len(hand.persons) for hand in hands.values()))
        self._batches.append(batch)
        return batch


def watched(store: Store, server: SmtpServer, people: int, *, pace: Pace | None = None) -> Watching:
    watching = Watching(store)
    issue = frozen(store, readers(people))
    with closing(relay(server, connections=3, timeout=5)) as transport:
        result = send(watching, issue, transport, batch_size=64, pace=pace)  # type: ignore[arg-type]  # as good as one
    assert (result.why, result.sent) == ("done", people)
    assert sorted(server.addresses()) == sorted(readers(people))
    return watching


def test_under_a_pace_nothing_is_claimed_ahead(store: Store) -> None:
    """A row is claimed when its turn is: an opt-out until then counts."""
    with SmtpServer() as server:
        watching = watched(store, server, 200, pace=Pace(rate=2000))
    assert max(watching.waiting) <= 6, "the envelopes that are out, and who comes behind them"


class Busy:
    """A transport that takes one message after the other, and has the next ones made ready behind each."""

    def __init__(self, ledger: Watching) -> None:
        self._ledger = ledger
        self.addresses: list[str] = []

    def deliver(self, feed: Feed) -> None:
        while isinstance(job := feed.take(time.monotonic()), tuple):
            feed.body(job[0])
            self.addresses.append(job[2])
            feed.settle([(job[0], "dot", 250, "ok")])
            self._ledger.ahead = True
            feed.ahead()
            self._ledger.ahead = False

    def close(self) -> None:
        """Nothing is open."""


def test_the_next_batch_is_claimed_ahead_and_no_more_than_one_is_in_hand(store: Store) -> None:
    """While the lines are busy, not once one of them waits; after a power cut at most a batch is in doubt."""
    ledger = Watching(store)
    result = send(ledger, frozen(store, readers(600)), Busy(ledger), batch_size=64)  # type: ignore[arg-type]  # as good as one
    assert (result.why, result.sent) == ("done", 600)
    assert set(ledger.waiting[1:-1]) <= {6, 7}, "an eighth of the batch, and not later"
    assert max(ledger.in_hand) <= 64


def test_over_a_relay_no_more_than_one_batch_is_in_hand(store: Store) -> None:
    """However many lines take from it, and whenever they do."""
    with SmtpServer() as server:
        watching = watched(store, server, 600)
    assert max(watching.in_hand) <= 64


class FullOnce(Watching):
    """A ledger whose disk is full for the first claim that is made ahead."""

    failed = False

    def claim(self, *place: Any, **more: Any) -> Any:
        if self.ahead and not self.failed:
            self.failed = True
            raise DiskFull("the disk is full", hint="")
        return super().claim(*place, **more)


def test_a_claim_ahead_that_fails_costs_nothing(store: Store) -> None:
    """The claim that is needed is made again, and only where that fails too does the run end."""
    ledger = FullOnce(store)
    transport = Busy(ledger)
    result = send(ledger, frozen(store, readers(200)), transport, batch_size=64)  # type: ignore[arg-type]  # as good as one
    assert ledger.failed
    assert (result.why, result.sent) == ("done", 200)
    assert Counter(transport.addresses) == Counter(readers(200))


class Interrupted:
    """A transport that is told to end between a message's mark and the result of its answer."""

    def deliver(self, feed: Feed) -> None:
        job = feed.take(1.0)
        assert isinstance(job, tuple)
        feed.body(job[0])
        feed._mark(job[0], 2)  # type: ignore[attr-defined]  # as `settle` does first
        raise KeyboardInterrupt

    def close(self) -> None:
        """Nothing is open."""


def test_a_mark_that_has_no_result_yet_decides(store: Store) -> None:
    """The relay has said yes and a Ctrl-C came before that was written down: it is sent, and nobody is in doubt."""
    issue = frozen(store, readers(3))
    with pytest.raises(KeyboardInterrupt):
        send(store, issue, Interrupted())
    assert counts(store) == only(sent=1, queued=2)


def test_running_again_sends_nothing(store: Store) -> None:
    """A second run over a finished issue connects to nobody."""
    with SmtpServer() as server:
        run(store, server, 5)
        again = run(store, server, 5)
    assert again.why == "done"
    assert (again.sent, server.taken, server.connections) == (0, 5, 1)


def test_answers_find_their_recipients(store: Store) -> None:
    """Refused, delayed and accepted ones, mixed in one pipelined conversation, are each told as they were answered."""

    def script(moment: Moment) -> Say | None:
        number = int(moment.address[1:].partition("@")[0]) if moment.address else 0
        if moment.step == "rcpt" and number % 7 == 1:
            return Say(550, "5.1.1 no such user\nnot at all")
        if moment.step == "rcpt" and number % 7 == 2:
            return Say(450, "4.2.0 greylisted")
        if moment.step == "dot" and number % 7 == 3:
            return Say(451, "4.3.0 later")
        if moment.step == "dot" and number % 7 == 4:
            return Say(552, "5.2.2 mailbox full")
        return None

    with SmtpServer(script=script) as server:
        result = run(store, server, 140, options={"connections": 3})
    assert (result.sent, result.deferred, result.failed) == (60, 40, 40)
    assert sorted(server.addresses()) == sorted(a for i, a in enumerate(readers(140)) if i % 7 in (0, 5, 6))
    assert {code for _, code, _ in store.failures(ISSUE, 1, 100)} == {550, 552}
    assert result.why == "waiting"
    assert result.until is not None
    assert timedelta(minutes=4) <= result.until - NOW <= timedelta(minutes=6)


def test_only_no_such_user_is_suppressed(store: Store) -> None:
    """An unknown user is suppressed with its evidence; a full mailbox is not."""
    with SmtpServer(
        script=lambda m: (
            None if m.step != "rcpt" else Say(550, "5.1.1 unknown") if "r1@" in m.address else Say(552, "5.2.2 full")
        )
    ) as server:
        run(store, server, 3)
    assert [h[:3] for h in store.history_of("r1@example.net")] == [("all", "bounced", "550 5.1.1 unknown")]
    assert store.history_of("r0@example.net") == ()


def test_deferred_ones_come_when_they_are_due(store: Store) -> None:
    """A 4xx survives the process: not before its time, then sent; the wait grows; the deadline ends it."""
    refusals = Counter[str]()

    def script(moment: Moment) -> Say | None:
        if moment.step == "rcpt" and "r1@" in moment.address:
            refusals[moment.address] += 1
            return Say(450, "4.2.0 greylisted") if refusals[moment.address] < 3 else None
        return None

    with SmtpServer(script=script) as server:
        first = run(store, server, 3)
        early = run(store, server, 3, now=NOW + timedelta(minutes=1))
        assert (first.sent, early.sent, refusals.total()) == (2, 0, 1)
        second = run(store, server, 3, now=first.until)
        assert second.why == "waiting"
        assert second.until - first.until > first.until - NOW
        third = run(store, server, 3, now=second.until)
    assert (third.why, third.sent) == ("done", 1)
    assert counts(store) == only(sent=3)


def test_the_deadline_ends_all_waiting(store: Store) -> None:
    """After the issue's deadline what is still deferred is failed, and nobody is asked any more."""
    with SmtpServer(script=lambda m: Say(450, "4.2.0 no") if m.step == "rcpt" else None) as server:
        run(store, server, 3)
        last = run(store, server, 3, now=NOW + timedelta(days=3))
        assert server.connections == 1
    assert last.why == "done"
    assert counts(store) == only(failed=3)


def test_a_server_that_names_a_time_is_heard(store: Store) -> None:
    """'Try again in 60 seconds' is when we try again."""
    with SmtpServer(script=lambda m: Say(450, "4.2.0 try again in 60 seconds") if m.step == "rcpt" else None) as server:
        result = run(store, server, 1)
    assert result.until == NOW + timedelta(seconds=60)


@pytest.mark.parametrize(
    ("step", "say", "exit_code"),
    [
        ("rcpt", Say(554, "5.7.1 <x>: Relay access denied"), 77),
        ("mail", Say(550, "5.7.1 sender not allowed"), 77),
        ("mail", Say(530, "5.7.0 authentication required"), 77),
        ("dot", Say(554, "Message rejected: Email address is not verified."), 77),
        ("dot", Say(454, "Throttling failure: Daily message quota exceeded."), 75),
        ("dot", Say(550, "5.4.5 Daily user sending limit exceeded."), 75),
        ("rcpt", Say(550, "5.1.1 <n@example.org>: Sender address rejected: undeliverable address: unknown user"), 77),
        ("rcpt", Say(504, "5.5.2 <n>: Helo command rejected: need fully-qualified hostname"), 77),
        ("dot", Say(550, "5.1.8 Access denied, bad outbound sender AS(42004)"), 77),
        ("rcpt", Say(550, "Domain example.org has exceeded the max emails per hour (151/150 (100%)) allowed."), 75),
    ],
)
def test_a_refusal_of_us_stops_the_run_and_charges_nobody(store: Store, step: str, say: Say, exit_code: int) -> None:
    """Policy, authentication and quota: one refusal is enough, and every recipient stays in the queue."""
    with SmtpServer(script=lambda m: say if m.step == step else None) as server:
        result = run(store, server, 100, options={"connections": 4})
    assert server.taken == 0
    assert (result.why, result.exit_code, result.code) == ("stopped", exit_code, say.code)
    assert say.text in result.reason
    assert (result.until is not None) is (exit_code == 75)
    assert counts(store) == only(queued=100)
    assert len(server.said("RCPT")) <= 8


def test_our_sender_refused_as_unknown_suppresses_nobody(store: Store) -> None:
    """Postfix words it like a dead reader's address: everybody stays in the queue and on the list."""
    words = "5.1.0 <news@example.org>: Sender address rejected: User unknown in virtual mailbox table"
    with SmtpServer(script=lambda m: Say(550, words) if m.step == "rcpt" else None) as server:
        result = run(store, server, 20)
    assert (result.why, result.exit_code) == ("stopped", 77)
    assert "MAIL FROM" in result.reason
    assert counts(store) == only(queued=20)
    assert not any(store.history_of(address) for address in readers(20))


def test_a_sender_that_cannot_be_looked_up_now_stops_the_run_for_now(store: Store) -> None:
    """Its DNS is away: five in a row, the run ends with 75 and nobody has lost a try; the next one sends to all."""
    away = [True]
    words = "4.1.8 <news@example.org>: Sender address rejected: Domain not found"
    with SmtpServer(script=lambda m: Say(450, words) if m.step == "rcpt" and away[0] else None) as server:
        first = run(store, server, 20)
        assert (first.why, first.exit_code, first.deferred) == ("stopped", 75, 0)
        assert counts(store) == only(queued=20)
        away[0] = False
        assert run(store, server, 20).why == "done"
    assert counts(store) == only(sent=20)


def test_a_single_failure_to_look_us_up_delays_one(store: Store) -> None:
    """The others were accepted: it was a hiccup, and that one is tried again later."""
    words = "4.1.8 <news@example.org>: Sender address rejected: Domain not found"
    with SmtpServer(script=lambda m: Say(450, words) if m.step == "rcpt" and "r3@" in m.address else None) as server:
        result = run(store, server, 20)
    assert (result.why, result.sent, result.deferred) == ("waiting", 19, 1)


@pytest.mark.parametrize("step", ["mail", "rcpt", "data", "dot"])
def test_a_refusal_in_words_that_nobody_knows_means_us_if_it_goes_on(store: Store, step: str) -> None:
    """Five in a row, nothing about a recipient in them: the run stops, nobody is charged, and the words are told."""
    with SmtpServer(script=lambda m: Say(550, "5.3.0 not in the mood") if m.step == step else None) as server:
        result = run(store, server, 100)
    assert (result.why, result.exit_code) == ("stopped", 77)
    assert "the server said: 550 5.3.0 not in the mood" in result.reason
    assert not result.reason.startswith(" ")
    assert counts(store) == only(queued=100)
    assert len(server.said("MAIL")) <= 10


def test_unknown_words_between_others_are_their_recipients(store: Store) -> None:
    """Somebody is accepted in between: those who were refused fail, without suppression, and we go on."""
    with SmtpServer(
        script=lambda m: Say(550, "no") if m.step == "rcpt" and int(m.address[1:-12]) % 10 < 3 else None
    ) as server:
        result = run(store, server, 40)
    assert (result.why, result.sent, result.failed) == ("done", 28, 12)
    assert store.history_of("r0@example.net") == ()


def test_dead_addresses_in_a_row_are_charged_one_by_one(store: Store) -> None:
    """Thirty "no such user" with nobody accepted: each fails and is suppressed; that is their list, not our sender."""
    with SmtpServer(script=lambda m: Say(550, "5.1.1 no such user") if m.step == "rcpt" else None) as server:
        result = run(store, server, 30)
    assert (result.why, result.failed) == ("done", 30)
    assert all(store.history_of(address) for address in readers(30))


def test_a_stop_in_the_middle_keeps_what_was_done(store: Store) -> None:
    """Quota used up after 50: 50 are sent, 50 wait, and the next run sends exactly those."""
    quota = [50]

    def script(moment: Moment) -> Say | None:
        if moment.step != "dot":
            return None
        quota[0] -= 1
        return None if quota[0] >= 0 else Say(454, "Throttling failure: Daily message quota exceeded.")

    with SmtpServer(script=script) as server:
        first = run(store, server, 100, options={"connections": 3})
        assert (first.why, first.sent) == ("stopped", 50)
        quota[0] = 10**6
        second = run(store, server, 100)
    assert second.why == "done"
    assert sorted(server.addresses()) == sorted(readers(100))


def test_the_same_policy_refusal_five_times_in_a_row_is_about_us(store: Store) -> None:
    """Five different recipients refused by one policy code: the run stops and none of them is charged."""
    with SmtpServer(script=lambda m: Say(550, "5.7.1 not today") if m.step == "dot" else None) as server:
        result = run(store, server, 100)
    assert (result.why, result.exit_code) == ("stopped", 77)
    assert counts(store) == only(queued=100)
    assert len(server.said("RCPT")) <= 7


def test_a_policy_refusal_of_one_recipient_is_theirs(store: Store) -> None:
    """Refused by policy between others that are accepted: that recipient fails, without suppression, and we go on."""
    with SmtpServer(
        script=lambda m: Say(550, "5.7.1 not you") if m.step == "dot" and "r3@" in m.address else None
    ) as server:
        result = run(store, server, 20)
    assert (result.why, result.sent, result.failed) == ("done", 19, 1)
    assert store.history_of("r3@example.net") == ()


def test_policy_refusals_in_different_words_mean_their_recipients(store: Store) -> None:
    """5.7.1 for one, 5.7.2 for the next: no five in a row, so each is charged and we go on."""

    def script(moment: Moment) -> Say | None:
        number = int(moment.address[1:].partition("@")[0]) if moment.step == "dot" else 0
        return Say(550, f"5.7.{1 + number % 2} not you") if moment.step == "dot" and number < 8 else None

    with SmtpServer(script=script) as server:
        result = run(store, server, 20)
    assert (result.why, result.sent) == ("done", 12)
    assert result.failed == 8


def test_a_wrong_password_stops_the_run(store: Store) -> None:
    """Refused at sign-in: stopped with 77 and the words, and everybody stays in the queue."""
    issue = frozen(store, readers(20))
    with SmtpServer(users={"n": "p"}) as server:
        options = Smtp(host="127.0.0.1", port=server.port, tls="none")
        with closing(smtp.open(options, user="n", password="x")) as transport:
            result = send(store, issue, transport)
    assert (result.why, result.exit_code) == ("stopped", 77)
    assert "535" in result.reason
    assert counts(store) == only(queued=20)


def test_a_relay_that_refuses_us_and_hangs_up_stops_the_run(store: Store) -> None:
    """The refusal and the end of the line come together: it is a refusal, not a line to be replaced time and again."""
    refusal = Say(554, "5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org")
    with SmtpServer(script=lambda m: (refusal, Drop()) if m.step == "rcpt" else None) as server:
        result = run(store, server, 20)
    assert (result.why, result.exit_code) == ("stopped", 77)
    assert server.connections == 1
    assert counts(store) == only(queued=20)


def test_lines_that_break_after_the_stop_cost_nobody(store: Store) -> None:
    """Stopped, and then the line breaks under what was in hand: it stays queued, for no run tries it again now."""

    class Stopping:
        def deliver(self, feed: Feed) -> None:
            jobs = [feed.take(0.0), feed.take(0.0)]
            rows = [job[0] for job in jobs if isinstance(job, tuple)]
            feed.settle([(rows[0], "rcpt", 554, "5.7.1 Relay access denied"), (rows[1], "released", 0, "broken")])
            assert feed.take(0.0) is None

        def close(self) -> None:
            """Nothing is open."""

    result = send(store, frozen(store, readers(5)), Stopping())
    assert result.why == "stopped"
    assert counts(store) == only(queued=5)


@pytest.mark.parametrize("asked", [False, True])
def test_a_transport_that_dies_without_a_word(store: Store, asked: bool) -> None:
    """Its jobs had no reply: what was on the wire is in doubt, what was not goes back."""

    class Dead:
        def deliver(self, feed: Feed) -> None:
            job = feed.take(0.0)
            assert isinstance(job, tuple)
            assert feed.size(job[0]) >= (len(feed.body(job[0])) if asked else 1)
            raise ZeroDivisionError

        def close(self) -> None:
            """Nothing is open."""

    issue = frozen(store, readers(5))
    with pytest.raises(ZeroDivisionError):
        send(store, issue, Dead())
    assert counts(store) == (only(queued=4, uncertain=1) if asked else only(queued=5))


@pytest.mark.parametrize("step", ["mail", "dot"])
def test_a_short_list_of_which_nobody_is_accepted_is_not_charged(store: Store, step: str) -> None:
    """Three recipients, three refusals, and nobody has this issue yet: it is we who are meant."""
    with SmtpServer(script=lambda m: Say(550, "5.7.1 not you") if m.step == step else None) as server:
        for _ in range(2):
            result = run(store, server, 3)
            assert (result.why, result.exit_code, result.failed) == ("stopped", 77, 0)
            assert "not you" in result.reason
    assert counts(store) == only(queued=3)


def test_the_last_few_who_are_refused_by_policy_are_charged(store: Store) -> None:
    """Others were accepted, in this run or an earlier one: what is said to the recipient then means the recipient."""
    last = {"r3@example.net", "r4@example.net"}
    with SmtpServer(script=lambda m: Say(550, "5.7.1 no") if m.step == "dot" and m.address in last else None) as server:
        result = run(store, server, 5)
    assert (result.why, result.failed) == ("done", 2)
    assert counts(store) == only(sent=3, failed=2)


def test_the_last_few_at_whose_sender_the_relay_balks_are_not_charged(store: Store) -> None:
    """Nothing of the recipient was said yet."""

    def script(moment: Moment) -> Say | None:
        return Say(550, "no more") if moment.step == "mail" and moment.transaction >= 3 else None

    with SmtpServer(script=script) as server:
        result = run(store, server, 5)
    assert (result.why, result.exit_code) == ("stopped", 77)
    assert counts(store) == only(sent=3, queued=2)


def test_one_domain_that_takes_nothing_keeps_nobody_else_from_their_mail(store: Store) -> None:
    """Its people stand together in the list, and its refusal is in words that nobody knows: they fail, the rest go."""
    people = [f"w{i}@wall.example" for i in range(30)] + readers(40)

    def script(moment: Moment) -> Say | None:
        return Say(550, "5.7.0 we take no mail") if moment.step == "rcpt" and "@wall." in moment.address else None

    issue = frozen(store, people)
    with SmtpServer(script=script) as server, closing(relay(server, connections=3)) as transport:
        result = send(store, issue, transport)
    assert (result.why, result.sent, result.failed) == ("done", 40, 30)


def test_a_list_of_one_domain_is_not_charged_for_what_means_us(store: Store) -> None:
    """Everybody is at that domain: a refusal of all of them in the same words stops the run."""
    with SmtpServer(script=lambda m: Say(550, "5.7.0 we take no mail") if m.step == "rcpt" else None) as server:
        result = run(store, server, 40)
    assert (result.why, result.exit_code) == ("stopped", 77)
    assert counts(store) == only(queued=40)


@pytest.mark.parametrize("people", [2, 20])
def test_a_relay_that_lost_the_thread_judges_no_recipient(store: Store, people: int) -> None:
    """It says 503 where it had accepted the envelope: nobody is charged for that, and no try is counted."""
    with SmtpServer(features=(), script=lambda m: Say(503, "5.5.1 need MAIL") if m.step == "rcpt" else None) as server:
        result = run(store, server, people)
    assert (result.why, result.failed) == ("stopped", 0)
    assert counts(store) == only(queued=people)


def test_too_many_dead_addresses_pull_the_brake(store: Store) -> None:
    """Over 5 % refused for good after 200 messages: the run pauses and says why."""
    with SmtpServer(
        script=lambda m: Say(550, "5.1.1 gone") if m.step == "rcpt" and m.address[1:].startswith(("1", "2")) else None
    ) as server:
        result = run(store, server, 400)
    assert result.why == "paused"
    assert "refused for good" in result.reason
    assert 200 <= result.sent + result.failed <= 205
    assert counts(store).queued >= 195


@pytest.mark.parametrize("step", ["mail", "rcpt", "data"])
@pytest.mark.parametrize("features", [PIPELINING, PLAIN], ids=["pipelined", "one-by-one"])
@pytest.mark.parametrize("action", [Drop(), Drop(reset=True), Raw(b"what?\r\n"), Say(421, "4.3.2 shutting down")])
def test_a_line_that_breaks_before_the_message_costs_nobody(
    store: Store, step: str, features: tuple[str, ...], action: Any
) -> None:
    """Broken at an envelope once in ten: the message goes again on a new line; nobody twice, nobody in doubt."""
    done: set[str] = set()

    def script(moment: Moment) -> Any:
        if moment.step == step and moment.transaction == 4 and len(done) < 5:
            done.add(f"{moment.connection}")
            return action
        return None

    with SmtpServer(script=script, features=features) as server:
        result = run(store, server, 40, options={"connections": 2})
    assert (result.why, result.sent, result.uncertain) == ("done", 40, 0)
    assert sorted(server.addresses()) == sorted(readers(40))


@pytest.mark.parametrize(
    "action", [Drop(), Drop(reset=True), Raw(b"garbage\r\n"), Raw(b"250-half a repl"), Say(354, "again?")]
)
def test_a_lost_answer_to_the_dot_is_never_guessed(store: Store, action: Any) -> None:
    """The line breaks while the server answers: in doubt, by name, not sent again by any later run."""

    def script(moment: Moment) -> Any:
        return (action, Drop()) if moment.step == "dot" and "r7@" in moment.address else None

    with SmtpServer(script=script) as server:
        first = run(store, server, 20, options={"connections": 2})
        again = run(store, server, 20, now=NOW + timedelta(hours=9))
    assert (first.why, first.sent, first.uncertain) == ("done", 19, 1)
    assert (again.why, again.sent) == ("done", 0)
    assert store.uncertain(ISSUE, 1) == ("r7@example.net",)
    assert max(Counter(server.addresses()).values()) == 1


def test_a_message_cut_in_the_middle_goes_again(store: Store) -> None:
    """The line breaks while the body goes out: its end never left, so it is surely not delivered, and is sent again."""
    cut: list[int] = []

    def script(moment: Moment) -> Any:
        if moment.step == "body" and "r2@" in moment.address and not cut:
            cut.append(1)
            return Drop(reset=True)
        return None

    def large(variant: int, address: str, token: str) -> bytes:
        return f"To: <{address}>\r\n\r\n".encode() + b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * 200_000

    with SmtpServer(script=script, features=()) as server:
        result = run(store, server, 4, body=large)
    assert (result.sent, result.uncertain) == (4, 0)
    assert Counter(server.addresses()) == Counter(readers(4))


def test_silence_after_the_dot_is_doubt_and_silence_before_it_is_not(store: Store) -> None:
    """Each step has its time-out; only the one after the message's end leaves a doubt."""

    def script(moment: Moment) -> Any:
        if moment.step == "dot" and "r1@" in moment.address:
            return Stall()
        return Stall() if moment.step == "rcpt" and moment.connection == 0 and moment.transaction == 3 else None

    with SmtpServer(script=script) as server:
        result = run(store, server, 6, options={"timeout": 0.1})
    assert (result.sent, result.uncertain) == (5, 1)
    assert store.uncertain(ISSUE, 1) == ("r1@example.net",)


def test_one_recipient_that_breaks_every_line_does_not_stop_the_others(store: Store) -> None:
    """A poison address: tried a few times, then it waits like any 4xx; everybody else gets theirs."""
    with SmtpServer(script=lambda m: Drop() if m.step == "rcpt" and "r0@" in m.address else None) as server:
        result = run(store, server, 30)
    assert (result.why, result.sent, result.deferred) == ("waiting", 29, 1)
    assert sum("r0@" in line for line in server.said("RCPT")) <= 8


def test_a_relay_that_goes_away_for_good_ends_the_run_and_loses_nothing(store: Store) -> None:
    """Bounded attempts, then an error; what was not sent is in the queue, and the next run sends it."""
    with SmtpServer(script=lambda m: Drop() if m.step == "greeting" and m.connection else None) as server:
        gone = [False]

        def script(moment: Moment) -> Any:
            if moment.step == "dot" and server.taken >= 10:
                gone[0] = True
                return (Say(250, "ok"), Drop())
            return Drop() if gone[0] else None

        server.script = script
        with pytest.raises(RelayUnreachable):
            run(store, server, 50, options={"timeout": 0.05})
        now = counts(store)
        assert now.sent + now.queued == 50
        assert now.sent == 11
        server.script = lambda _: None
        result = run(store, server, 50)
    assert result.why == "done"
    assert Counter(server.addresses()) == Counter(readers(50))


def test_stopping_ends_at_a_message_boundary(store: Store) -> None:
    """Ctrl-C: the message in hand is finished, the rest stays queued, nothing is in doubt."""
    with SmtpServer() as server:
        result = run(store, server, 200, stop=lambda: server.taken >= 20)
    assert result.why == "interrupted"
    assert result.sent == server.taken
    assert 20 <= result.sent <= 23
    assert counts(store) == only(sent=result.sent, queued=200 - result.sent)


def test_stopping_is_heard_while_the_pace_makes_us_wait(store: Store) -> None:
    """One message an hour: a wish to stop does not wait for the next one."""
    began = time.monotonic()
    with SmtpServer() as server:
        result = run(store, server, 3, pace=Pace(rate=1 / 3600), stop=lambda: server.taken >= 1)
    assert (result.why, result.sent) == ("interrupted", 1)
    assert time.monotonic() - began < 5


def test_a_second_ctrl_c_stops_at_once_and_loses_nothing(store: Store) -> None:
    """An exception in the middle: sent ones are sent, the one on the wire is in doubt, the others are queued."""
    sent: list[str] = []

    def body(variant: int, address: str, token: str) -> bytes:
        if len(sent) == 10:
            raise KeyboardInterrupt
        sent.append(address)
        return f"To: <{address}>\r\n\r\nHello\r\n".encode()

    stalled: list[str] = []

    def script(moment: Moment) -> Any:
        if moment.step == "dot" and (moment.connection, moment.transaction) == (0, 3):
            stalled.append(moment.address)
            return Stall()
        return None

    with SmtpServer(script=script) as server, pytest.raises(KeyboardInterrupt):
        run(store, server, 100, body=body, options={"connections": 2, "timeout": 2})
    now = counts(store)
    assert now.sent + now.uncertain + now.queued == 100
    doubt = set(store.uncertain(ISSUE, 1))
    assert set(stalled) <= doubt
    assert len(doubt) <= 2, "one a lane at most"
    assert now.sent >= 7
    assert len(set(server.addresses()) - doubt) == now.sent


def test_pausing_from_elsewhere_is_heard_at_the_next_batch(store: Store) -> None:
    """Another process pauses the issue: the run ends by itself, and nobody is lost."""
    issue = frozen(store, readers(200))

    def pause(_: object) -> None:
        found = store.issue(ISSUE)
        if found and found.state == "sending":
            store.move(ISSUE, 1, Event.PAUSE, NOW, reason="by hand")

    with SmtpServer() as server:
        transport = relay(server)
        result = send(store, issue, transport, progress=pause, batch_size=16)
        transport.close()
    assert (result.why, result.reason) == ("paused", "by hand")
    assert 0 < result.sent <= 32, "the next claim hears it, and that comes a little before the batch is through"
    assert counts(store) == only(sent=result.sent, queued=200 - result.sent)


def test_an_issue_that_was_paused_and_resumed_meanwhile_is_not_taken_for_done(store: Store) -> None:
    """It is frozen again, and whoever runs it has to begin it again: nothing goes, and nobody is charged."""
    frozen(store, readers(2))
    store.move(ISSUE, 1, Event.PAUSE, NOW)
    issue = store.move(ISSUE, 1, Event.RESUME, NOW)
    with SmtpServer() as server, closing(relay(server)) as transport:
        assert send(store, issue, transport).why == "paused"
    assert counts(store) == only(queued=2)
    assert server.messages == []


@pytest.mark.parametrize("connections", [1, 3])
def test_what_is_refused_costs_nothing_of_the_quota(store: Store, connections: int) -> None:
    """Greylisted people were not sent to: others take their places, and the run does not end for a day."""

    def script(moment: Moment) -> Say | None:
        early = moment.step == "rcpt" and int(moment.address[1:].partition("@")[0]) < 6
        return Say(450, "4.2.0 greylisted") if early else None

    with SmtpServer(script=script) as server:
        result = run(store, server, 11, options={"connections": connections}, pace=Pace(daily=6))
    assert (result.why, result.sent, result.deferred) == ("waiting", 5, 6)
    assert result.until is not None
    assert result.until - NOW < timedelta(minutes=10)


def test_a_rate_counts_what_another_run_has_just_sent(store: Store) -> None:
    """A run that is ended and begun again sends no faster for it."""
    began = time.monotonic()

    def clock() -> datetime:
        return NOW + timedelta(seconds=time.monotonic() - began)

    arrived: list[float] = []

    def script(moment: Moment) -> None:
        if moment.step == "dot":
            arrived.append(time.monotonic())

    with SmtpServer(script=script) as server:
        for taken in (0, 1):
            ended = run(
                store, server, 20, pace=Pace(rate=1.0), now=clock, stop=lambda taken=taken: server.taken > taken
            )
            assert ended.why == "interrupted"
    assert len(arrived) == 2
    assert arrived[1] - arrived[0] > 0.9


def test_a_relay_that_finds_every_pace_too_fast_ends_the_run(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses grow up to a minute; after that the run ends with 75, and the next one comes back later."""
    monkeypatch.setattr(feed, "SLOWEST", 0.05)
    with SmtpServer(script=lambda m: Say(450, "4.7.28 rate limit exceeded") if m.step == "rcpt" else None) as server:
        result = run(store, server, 50, options={"connections": 3})
    assert (result.why, result.exit_code, result.sent) == ("stopped", 75, 0)
    assert result.until == NOW + timedelta(minutes=15)
    assert "too fast" in result.reason
    assert "4.7.28" in result.reason
    assert counts(store).queued > 30


def test_the_deadline_acts_in_the_middle_of_a_run(store: Store) -> None:
    """What has not left by then is failed, and not sent late."""
    with SmtpServer() as server:
        ended = run(
            store, server, 300, pace=Pace(rate=500.0), now=lambda: NOW + timedelta(days=4 if server.taken > 20 else 0)
        )
        taken = server.taken
    assert ended.why == "done"
    assert 20 < taken < 100
    assert counts(store) == only(sent=taken, failed=300 - taken)


def test_the_daily_quota_of_ours_ends_the_run(store: Store) -> None:
    """daily = 30, 10 gone already: 20 go, then the run stops until tomorrow, and charges nobody."""
    with SmtpServer() as server:
        result = run(store, server, 50, pace=Pace(daily=30), sent_last_day=10)
    assert (result.why, result.exit_code, result.sent) == ("stopped", 75, 20)
    assert result.until == NOW + timedelta(days=1)
    assert counts(store) == only(sent=20, queued=30)


def test_a_rate_is_kept(store: Store) -> None:
    """100 a second: 30 messages take about 0.3 seconds, and no less."""
    with SmtpServer() as server:
        began = time.monotonic()
        run(store, server, 30, pace=Pace(rate=100), options={"connections": 4})
        took = time.monotonic() - began
    assert 0.2 <= took < 2
    assert server.taken == 30


def test_a_relay_that_says_too_fast_is_heard(store: Store) -> None:
    """Throttled: that one waits its turn, all lanes hold off, and the run goes on."""
    said: list[int] = []

    def script(moment: Moment) -> Say | None:
        if moment.step == "dot" and "r5@" in moment.address and not said:
            said.append(1)
            return Say(454, "Throttling failure: Maximum sending rate exceeded.")
        return None

    with SmtpServer(script=script) as server:
        result = run(store, server, 20)
    assert (result.sent, result.deferred) == (19, 1)


def test_sums_are_shown_while_it_goes_on(store: Store) -> None:
    """Progress gets whole counts, that add up, and end where the ledger is."""
    seen: list[Any] = []
    with SmtpServer(
        script=lambda m: Say(450, "4.0.0 no") if m.step == "rcpt" and "r1@" in m.address else None
    ) as server:
        run(store, server, 100, progress=seen.append, batch_size=20)
        run(store, server, 100, progress=seen.append, now=NOW + timedelta(hours=1))
    assert seen[-1] == counts(store)
    assert all(c.list == 100 == c.queued + c.sent + c.deferred + c.failed for c in seen)


def test_a_message_that_could_smuggle_is_our_bug(store: Store) -> None:
    """A body with a lone dot, a bare line feed or a NUL never leaves; nobody is charged or in doubt."""
    for bad in (b"A: b\r\n\r\n.\r\nMAIL FROM:<x@y>\r\n", b"A: b\r\n\r\nx\ny\r\n", b"A: b\r\n\r\nx\0\r\n", b".\r\n"):
        with SmtpServer() as server, pytest.raises(Bug):
            run(store, server, 3, body=lambda v, a, t, bad=bad: bad)  # type: ignore[misc]
        assert server.taken == 0
        assert counts(store) == only(queued=3)


def test_a_message_too_large_for_the_relay_stops_the_run(store: Store) -> None:
    """SIZE says 1,000: nothing is begun that cannot end, and five such in a row stop the run and charge nobody."""
    with SmtpServer(features=("PIPELINING", "SIZE 1000")) as server:
        result = run(store, server, 50)
    assert (result.why, result.exit_code) == ("stopped", 77)
    assert "1000 at most" in result.reason
    assert counts(store) == only(queued=50)
    assert not server.said("MAIL")


def test_an_address_beyond_ascii_needs_smtputf8(store: Store) -> None:
    """Where the relay has no SMTPUTF8 that one recipient fails with the reason; where it has, they get it."""
    people = ["grüße@example.net", "r1@example.net"]
    issue = frozen(store, people)
    with SmtpServer(features=("PIPELINING",)) as server:
        transport = relay(server)
        result = send(store, issue, transport)
        transport.close()
    assert (result.sent, result.failed) == (1, 1)
    assert "SMTPUTF8" in store.failures(ISSUE, 1)[0][2]


def test_ten_thousand_messages_take_seconds(store: Store) -> None:
    """10,000 over 4 connections through the real ledger: everybody once."""
    with SmtpServer() as server:
        result = run(store, server, 10_000, options={"connections": 4, "timeout": 60})
    assert (result.why, result.sent) == ("done", 10_000)
    assert sorted(server.addresses()) == sorted(readers(10_000))
