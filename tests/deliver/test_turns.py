"""A pace for each recipient domain: arithmetic, and what a run does with it over a real ledger and a real relay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.deliver import feed as feeds
from digest.deliver import sender, turns
from digest.deliver.pace import Pace
from digest.deliver.transports import smtp
from digest.deliver.turns import Turns, lasts
from digest.interfaces import FrozenIssue
from digest.lifecycle import Event
from digest.settings import Smtp
from digest.store.ledger import Store
from tests.deliver.issue_at_hand import ISSUE, NOW, counts, frozen, only, opened, send
from tests.smtp_server import Moment, Say, SmtpServer

A_MINUTE = 60.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened(tmp_path) as store:
        yield store


def go(store: Store, issue: FrozenIssue, server: SmtpServer, *, connections: int = 2, **more: Any) -> sender.Result:
    """One run to this relay."""
    options = Smtp(host="127.0.0.1", port=server.port, tls="none", connections=connections)
    relay = smtp.open(options, user="", password="")
    try:
        return send(store, issue, relay, **more)
    finally:
        relay.close()


# ------------------------------------------------------------------------------------------------ arithmetic


@settings(max_examples=60)
@given(
    st.integers(1, 40),
    st.floats(0.5, 90),
    st.lists(st.tuples(st.floats(0, 20), st.integers(1, 5)), min_size=1, max_size=80),
)
def test_no_span_of_time_holds_more_than_is_allowed(
    messages: int, seconds: float, steps: list[tuple[float, int]]
) -> None:
    """Whenever messages come: in any span there are never more than the pace says, and after a wait one may go."""
    paced, now, went = Turns([("a.test", messages, seconds)]), 1000.0, []
    for pause, number in steps:
        now += pause
        for _ in range(number):
            now += paced.wait("a.test", now)
            assert paced.wait("a.test", now) <= 1e-6
            paced.went("a.test", now)
            went.append(now)
    for first, began in enumerate(went):
        assert sum(1 for moment in went[first:] if moment < began + seconds - 1e-6) <= messages


@pytest.mark.parametrize(("messages", "seconds"), [(20, 60.0), (1, 60.0), (7, 1.0), (100, 3600.0), (1, 2.0)])
def test_turns_are_given_out_as_the_pace_allows(messages: int, seconds: float) -> None:
    """Who waits is spread over the time to come: no more turns in a span than messages, and none is wasted."""
    paced, now = Turns([("a.test", messages, seconds)]), 50.0
    for _ in range(messages):
        assert paced.wait("a.test", now) == 0
        paced.went("a.test", now)
    given_out = [paced.turn("a.test", now) for _ in range(5 * messages)]
    assert given_out == sorted(given_out)
    assert given_out[0] == pytest.approx(now + seconds)
    for n in range(messages, len(given_out)):
        assert given_out[n] - given_out[n - messages] >= seconds - 1e-6
    assert given_out[-1] <= now + 6 * seconds


def test_other_domains_are_not_concerned() -> None:
    """One domain is full: another has its own count, that of `*` each its own, and without `*` there is none."""
    paced = Turns([("a.test", 1, A_MINUTE), ("*", 2, A_MINUTE)])
    for domain in ("a.test", "b.test", "b.test", "c.test"):
        paced.went(domain, 10.0)
    waits = {domain: paced.wait(domain, 11.0) for domain in ("a.test", "b.test", "c.test", "d.test")}
    assert waits == {"a.test": 59.0, "b.test": 59.0, "c.test": 0.0, "d.test": 0.0}
    alone = Turns([("a.test", 1, A_MINUTE)])
    for _ in range(1000):
        alone.went("b.test", 10.0)
    assert alone.wait("b.test", 10.0) == 0.0


def test_a_domain_that_asks_for_a_pause_gets_it() -> None:
    """Growing from a second to a minute while it goes on asking, or as long as it says; calm makes it short again."""
    held, now, pauses = Turns(), 100.0, []
    for _ in range(8):
        held.hold("a.test", now)
        pauses.append(held.wait("a.test", now))
        assert held.wait("b.test", now) == 0.0
        now += pauses[-1]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    held.hold("a.test", now, 300.0)
    assert held.wait("a.test", now) == 300.0
    assert held.turn("a.test", now) == held.turn("a.test", now) == now + 300.0, "no pace: all at once, afterwards"
    held.hold("a.test", now + 10_000)
    assert held.wait("a.test", now + 10_000) == 1


def test_what_no_longer_matters_is_forgotten() -> None:
    """Two hundred thousand domains, one message each, ten a second to each: memory holds those of the last moment."""
    paced, now = Turns([("*", 10, 1.0)]), 0.0
    for n in range(200_000):
        now += 0.001
        paced.went(f"d{n}.test", now)
    assert len(paced._domains) <= 2 * turns.MANY


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("4.7.1 too many messages for gmail.com, slow down", True),
        ("4.7.1 rate limit for domain GMAIL.COM exceeded", True),
        ("host mx7.gmail.com said: 421 too many messages", True),
        ("(gmail.com) too much mail from 192.0.2.1", True),
        ("4.7.1 <reader@gmail.com>: Recipient address rejected: too much mail from 192.0.2.1", False),
        ("4.7.1 too much mail from 192.0.2.1", False),
        ("notgmail.com: rate limit", False),
        ("gmail.com.example.org: rate limit", False),
        ("gmail.community: rate limit", False),
        ("", False),
    ],
)
def test_whom_a_refusal_means(words: str, meant: bool) -> None:
    """The domain, where it is named for itself; an address that is repeated says nothing."""
    assert turns.means(words, "gmail.com") is meant


# ------------------------------------------------------------------------------------------------ a run


def running(at: datetime = NOW) -> Callable[[], datetime]:
    """A clock that goes."""
    began = monotonic()
    return lambda: at + timedelta(seconds=monotonic() - began)


def mixed(big: int, small: int) -> list[str]:
    """Most at one domain, the others scattered behind them."""
    return [f"r{n}@big.test" for n in range(big)] + [f"s{n}@small{n % 7}.test" for n in range(small)]


def test_a_domain_that_waits_holds_nobody_back(store: Store) -> None:
    """3,000 of one domain stand before 50 others: these go at once, that domain gets what it may have, nobody else
    is charged, and the sums say so."""
    issue = frozen(store, mixed(3000, 50))
    with SmtpServer() as server:
        began = monotonic()
        ended = go(store, issue, server, pace=Pace(domains=(("big.test", 20, 3600.0),)))
        took = monotonic() - began
    to = Counter(address.rpartition("@")[2] for address in server.addresses())
    assert to["big.test"] == 20
    assert sum(to.values()) == 70
    assert took < 5
    assert (ended.why, ended.sent, ended.deferred, ended.failed) == ("waiting", 70, 0, 0)
    assert counts(store) == only(sent=70, queued=2980)
    turn = store.waiting(ISSUE, 1, NOW)
    assert (turn.people, turn.domains) == (2980, ("big.test",))
    assert ended.until is not None
    assert ended.until == turn.first
    assert timedelta(minutes=59) < turn.first - NOW < timedelta(minutes=61)
    assert turn.last is not None
    assert timedelta(hours=148) < turn.last - NOW < timedelta(hours=150)


def test_all_of_one_domain(store: Store) -> None:
    """Nobody else is there: the pace is kept by the run itself, which stays, and ends when all have it."""
    issue = frozen(store, mixed(50, 0))
    with SmtpServer() as server:
        began = monotonic()
        ended = go(store, issue, server, now=running(), pace=Pace(domains=(("big.test", 20, 1.0),)))
        took = monotonic() - began
    assert (ended.why, ended.sent) == ("done", 50)
    assert 1.5 <= took < 6, "20 at once, and 30 more at 20 a second"
    assert Counter(server.addresses()) == Counter(mixed(50, 0))


def test_the_default_is_each_domain_s_own(store: Store) -> None:
    """`*` gives each domain its own count, in whatever case the list has it."""
    people = [f"r{n}@{domain}" for n in range(4) for domain in ("A.test", "b.test", "xn--bcher-kva.test")]
    issue = frozen(store, people)
    pace = Pace(domains=(("*", 2, 86400.0), ("b.test", 3, 86400.0)))
    with SmtpServer() as server:
        ended = go(store, issue, server, pace=pace)
    to = Counter(address.rpartition("@")[2].lower() for address in server.addresses())
    assert to == {"a.test": 2, "b.test": 3, "xn--bcher-kva.test": 2}
    assert ended.why == "waiting"


def test_it_counts_over_restarts(store: Store, tmp_path: Path) -> None:
    """What an earlier run sent counts: nothing more in that hour, then one each third of an hour."""
    issue, pace = frozen(store, mixed(9, 0)), Pace(domains=(("big.test", 3, 3600.0),))
    with SmtpServer() as server:
        go(store, issue, server, pace=pace)
        store.close()
        for minutes, sent in ((1, 3), (55, 3), (61, 4), (82, 5), (103, 6), (200, 9)):
            with opened(tmp_path) as again:
                ended = go(again, issue, server, pace=pace, now=NOW + timedelta(minutes=minutes))
                assert len(server.messages) == sent, minutes
        assert ended.why == "done"
    assert Counter(server.addresses()) == Counter(mixed(9, 0))


def test_a_clock_that_is_set_back_sends_no_more_than_allowed(store: Store) -> None:
    """Two hours back: what went counts as if it had just gone, and the turns come when the clock gets there."""
    issue, pace = frozen(store, mixed(6, 0)), Pace(domains=(("big.test", 3, 3600.0),))
    with SmtpServer() as server:
        go(store, issue, server, pace=pace)
        back = go(store, issue, server, pace=pace, now=NOW - timedelta(hours=2))
        assert (len(server.messages), back.why) == (3, "waiting")
        go(store, issue, server, pace=pace, now=NOW + timedelta(minutes=200))
    assert Counter(server.addresses()) == Counter(mixed(6, 0))


def test_a_stop_while_it_waits_is_heard(store: Store) -> None:
    """Ctrl-C while only turns are left: the run ends within a moment, and nobody is lost."""
    issue = frozen(store, mixed(9, 0))
    with SmtpServer() as server:
        ended = go(
            store,
            issue,
            server,
            now=running(),
            pace=Pace(domains=(("big.test", 3, 60.0),)),
            stop=lambda: len(server.messages) >= 3,
        )
    assert ended.why == "interrupted"
    assert counts(store) == only(sent=3, queued=6)


def test_a_pause_from_elsewhere_while_it_waits(store: Store, tmp_path: Path) -> None:
    """Another process pauses the issue: the run sees it when the next turn comes, and sends nothing of it."""
    issue = frozen(store, mixed(9, 0))

    def pause(moment: Moment) -> None:
        if moment.step == "dot" and server.taken == 2:
            with opened(tmp_path) as other:
                other.move(ISSUE, 1, Event.PAUSE, NOW)

    with SmtpServer() as server:
        server.script = pause
        ended = go(store, issue, server, now=running(), pace=Pace(domains=(("big.test", 3, 1.0),)))
    assert (ended.why, len(server.messages)) == ("paused", 3)
    assert counts(store) == only(sent=3, queued=6)


def test_turns_and_a_rate_and_a_quota(store: Store) -> None:
    """All of them together: the quota ends the run, and what had to wait for its domain waits on."""
    issue = frozen(store, mixed(10, 10))
    with SmtpServer() as server:
        ended = go(store, issue, server, pace=Pace(rate=200.0, daily=8, domains=(("big.test", 3, 3600.0),)))
    to = Counter(address.rpartition("@")[2] for address in server.addresses())
    assert (ended.why, sum(to.values()), to["big.test"]) == ("stopped", 8, 3)
    assert counts(store) == only(sent=8, queued=12)


def test_a_deferred_row_keeps_its_tries(store: Store) -> None:
    """Deferred once, then made to wait for its turn: that is no second try."""
    issue = frozen(store, ["a@big.test", "b@big.test"])
    pace, later = Pace(domains=(("big.test", 1, 3600.0),)), NOW + timedelta(hours=2)
    with SmtpServer() as server:
        server.script = lambda m: Say(450, "4.2.0 later") if m.address == "a@big.test" else None
        go(store, issue, server)
        assert counts(store) == only(sent=1, deferred=1)
        store.replace_list("readers", [], "nobody", NOW)
        batch = store.claim(ISSUE, 1, 10, later)
        assert batch is not None
        assert [entry[4] for entry in batch.entries] == [1]
        store.settle(batch, [(0, Event.RELEASE, 0, "", later + timedelta(hours=1))], later)
        assert store.claim(ISSUE, 1, 10, later) is None
        assert counts(store) == only(sent=1, queued=1)
        again = store.claim(ISSUE, 1, 10, later + timedelta(hours=1))
        assert again is not None
        assert [entry[4] for entry in again.entries] == [1]
        store.settle(again, [], later)
        server.script = lambda _: None
        go(store, issue, server, pace=pace, now=later + timedelta(hours=2))
    assert counts(store) == only(sent=2)


def test_a_receiver_that_is_too_slow_slows_its_domain_alone(store: Store) -> None:
    """The relay names the domain that wants less: only that one waits; all others go on at full speed."""
    issue = frozen(store, mixed(300, 300))

    def script(moment: Moment) -> Say | None:
        if moment.step == "rcpt" and moment.address.endswith("@big.test") and server.taken >= 20:
            return Say(451, "4.7.1 too many messages for big.test, try again in 600 seconds")
        return None

    with SmtpServer() as server:
        server.script = script
        began = monotonic()
        ended = go(store, issue, server)
        took = monotonic() - began
    to = Counter(address.rpartition("@")[2] for address in server.addresses())
    assert sum(number for domain, number in to.items() if domain != "big.test") == 300
    assert took < 5
    assert ended.why == "waiting"
    sums = counts(store)
    assert sums.failed == 0
    assert sums.deferred <= 4, "who was in flight; the others were not even asked"
    assert sums.queued >= 270


def test_words_about_us_slow_all_of_it(store: Store) -> None:
    """The same 4xx without the domain, or with the domain of our own From: the whole run makes a pause."""
    for words in ("4.7.1 too much mail from 192.0.2.1", "4.7.1 too many messages from example.org"):
        with SmtpServer() as server:
            asked: list[float] = []

            def script(moment: Moment, words: str = words, asked: list[float] = asked) -> Say | None:
                if moment.step == "rcpt":
                    asked.append(monotonic())
                    return Say(450, words) if len(asked) == 1 else None
                return None

            server.script = script
            folder = Path(store._folder) / words[-5:-1].strip(".")
            folder.mkdir()
            with opened(folder) as fresh:
                issue = frozen(fresh, [f"r{n}@example.org" for n in range(4)])
                go(fresh, issue, server, connections=1)
        assert max(later - before for before, later in pairwise(asked)) > 0.9, words


def test_memory_is_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many of one domain there are, no more than a batch of them is ever in hand."""
    issue, most = frozen(store, mixed(5000, 5)), [0]
    line_up = feeds.RunFeed._line_up

    def watched(feed: feeds.RunFeed, paced: Turns, now: float) -> float | None:
        most[0] = max(most[0], len(feed._waiting))
        return line_up(feed, paced, now)

    monkeypatch.setattr(feeds.RunFeed, "_line_up", watched)
    with SmtpServer() as server:
        go(store, issue, server, pace=Pace(domains=(("big.test", 10, 86400.0),)))
    assert len(server.messages) == 15
    assert most[0] <= 256


@pytest.mark.parametrize(("people", "seconds"), [(0, 0), (20, 0), (21, 3), (40, 60), (80, 180)])
def test_how_long_a_domain_takes(people: int, seconds: float) -> None:
    """At 20 a minute: the first 20 at once, then one in three seconds."""
    assert lasts(people, 20, 60) == seconds
