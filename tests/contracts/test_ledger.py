"""What every store engine must do as Ledger and Roster (interfaces.py), whatever it is built on.

An engine is added to ENGINES; nothing else here changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from digest.errors import Bug, DigestError, StateRefused, UsageError
from digest.interfaces import Audience, Freeze, FrozenIssue, FrozenVariant, Reception, Waiting
from digest.lifecycle import Event, IssueState
from digest.model import Subscriber
from digest.settings import State
from digest.testing import FRIDAY, occasion, post, subscriber, window

ENGINES = ["sqlite"]
NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
ISSUE = "weekly-2026-11-27"
LATER = timedelta(minutes=15)


@pytest.fixture(params=ENGINES)
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """Open the same ledger, as often as a test likes; each time as another process of the same boot."""
    opened: list[Any] = []

    def open_(**fields: Any) -> Any:
        about = {
            "project": tmp_path,
            "site": "default",
            "secret_fingerprint": "f",
            "machine": "mill",
            "boot_id": "boot-1",
            "pid": 1000 + len(opened),
            "now": NOW,
        }
        opened.append(import_module(f"digest.store.{request.param}").open(State(), **(about | fields)))
        return opened[-1]

    yield open_
    for store in opened:
        store.close()


@pytest.fixture
def store(reopen: Any) -> Any:
    return reopen()


def token(key: str) -> str:
    return f"token of {key}"


def people(*names: str, **fields: Any) -> list[Subscriber]:
    return [subscriber(f"{name}@example.org", line=line, **fields) for line, name in enumerate(names, start=2)]


def enlist(store: Any, *names: str, list_name: str = "readers", **fields: Any) -> None:
    store.replace_list(list_name, people(*names, **fields), f"digest of {names}", NOW)
    store.enroll("weekly", [list_name], token, NOW)


def variant(name: str = "v") -> FrozenVariant:
    return FrozenVariant(
        variant=name,
        language="en",
        subject="About a",
        html="<p>",
        text="t",
        mjml="<mjml>",
        stencil=b"\x00\xff" + name.encode(),
        posts=("blog:posts/a.md",),
    )


def freeze(store: Any, *, now: datetime = NOW, **fields: Any) -> FrozenIssue:
    about: dict[str, Any] = {
        "occasion": occasion(),
        "number": 48,
        "revision": 1,
        "subject": "About a",
        "title": "Example Weekly",
        "deadline": NOW + timedelta(days=3),
        "posts": (post(),),
        "variants": (variant(),),
        "lists": ("readers",),
        "assign": {((), ""): 0},
    } | fields
    frozen: FrozenIssue = store.freeze(Freeze(**about), now)
    return frozen


def begin(store: Any, *names: str) -> None:
    enlist(store, *names)
    freeze(store)
    store.move(ISSUE, 1, Event.BEGIN, NOW)


def sums(store: Any, revision: int | None = None) -> dict[str, int]:
    counts = asdict(store.issue(ISSUE, revision).counts)
    assert counts["list"] == sum(people for state, people in counts.items() if state != "list")
    return {state: people for state, people in counts.items() if people}


def claim(store: Any, limit: int = 10, now: datetime = NOW) -> Any:
    return store.claim(ISSUE, 1, limit, now)


def send_all(store: Any, event: str = Event.ACCEPTED, due: datetime | None = None) -> None:
    batch = claim(store)
    store.settle(batch, [(row, event, 250, "ok", due) for row in range(len(batch.entries))], NOW)


def addresses(batch: Any) -> list[str]:
    return [entry[1].partition("@")[0] for entry in batch.entries]


# ---------------------------------------------------------------------------------------------------- what must not be


def test_nobody_is_claimed_twice(store: Any) -> None:
    """Rows in hand are nobody else's; accepted ones are never given out again, whatever the hour."""
    begin(store, "ada", "ben", "carla")
    first = claim(store, 2)
    second = claim(store, 2)
    assert sorted(addresses(first) + addresses(second)) == ["ada", "ben", "carla"]
    assert claim(store) is None
    assert sums(store) == {"list": 3, "queued": 3}
    store.settle(first, [(0, "accepted", 250, "ok", None), (1, "accepted", 250, "ok", None)], NOW)
    store.settle(second, [(0, "accepted", 250, "ok", None)], NOW)
    assert claim(store, now=NOW + timedelta(days=400)) is None
    assert sums(store) == {"list": 3, "sent": 3}


def test_an_opt_out_wins_whatever_the_list_says(store: Any) -> None:
    """Reading the list again brings nobody back, and one who left before any list named them stays out."""
    store.opt_out("ada@example.org", "all", "complained", "arf", NOW)
    enlist(store, "ada", "ben")
    enlist(store, "ada", "ben")
    assert store.audiences("weekly", ["readers"]) == (Audience(topics=(), lang="", people=1),)
    freeze(store)
    assert sums(store) == {"list": 2, "suppressed": 1, "queued": 1}


def test_an_uncertain_row_is_never_claimed_unasked(store: Any) -> None:
    """Only a person's decision queues it again."""
    begin(store, "ada")
    batch = claim(store)
    store.settle(batch, [(0, "in-doubt", 0, "the line broke", None)], NOW)
    assert claim(store, now=NOW + timedelta(days=2)) is None
    assert store.uncertain(ISSUE, 1) == ("ada@example.org",)
    assert sums(store) == {"list": 1, "uncertain": 1}


def test_nothing_is_claimed_of_an_issue_that_is_not_sending(store: Any) -> None:
    """Paused, stopped, cancelled or merely frozen: a run ends at the border of a batch."""
    enlist(store, "ada")
    freeze(store)
    assert claim(store) is None
    store.move(ISSUE, 1, Event.BEGIN, NOW)
    store.move(ISSUE, 1, Event.PAUSE, NOW, reason="by hand")
    assert claim(store) is None
    assert store.issue(ISSUE).reason == "by hand"
    store.move(ISSUE, 1, Event.RESUME, NOW)
    store.move(ISSUE, 1, Event.BEGIN, NOW)
    assert addresses(claim(store)) == ["ada"]
    assert store.issue(ISSUE).reason == ""


def test_moves_that_do_not_exist_are_our_bug(store: Any) -> None:
    """The tables decide, for issues and deliveries alike; nothing changes."""
    begin(store, "ada")
    with pytest.raises(Bug):
        store.move(ISSUE, 1, Event.RESUME, NOW)
    with pytest.raises(Bug, match="no issue"):
        store.move("weekly-1999-01-01", 1, Event.BEGIN, NOW)
    batch = claim(store)
    for result in [
        (0, "cancel", 0, "", None),  # leads out of queued, not out of sending
        (0, "sold", 0, "", None),
        (7, "accepted", 250, "", None),  # no such row
        (0, "delayed", 450, "", None),  # until when?
        (0, "accepted", 250, "", NOW),
    ]:
        with pytest.raises(Bug):
            store.settle(batch, [result], NOW)
    with pytest.raises(Bug):
        store.settle(batch, [(0, "accepted", 250, "", None)] * 2, NOW)
    assert sums(store) == {"list": 1, "queued": 1}
    store.settle(batch, [(0, "accepted", 250, "", None)], NOW)
    with pytest.raises(Bug, match="not in hand"):
        store.settle(batch, [(0, "accepted", 250, "", None)], NOW)
    with pytest.raises(Bug, match="did not give out"):
        store.settle(object(), [], NOW)
    assert sums(store) == {"list": 1, "sent": 1}


@pytest.mark.parametrize("work", ["claim", "recover", "expire", "next_due", "uncertain", "decide", "failures"])
def test_work_on_an_issue_that_is_not_there_is_our_bug(store: Any, work: str) -> None:
    """Nobody else could have named it."""
    more = {"claim": (5, NOW), "recover": (NOW,), "expire": (NOW,), "decide": ("failed", NOW)}.get(work, ())
    with pytest.raises(Bug, match="no issue"):
        getattr(store, work)("weekly-1999-01-01", 1, *more)


def test_an_issue_with_people_waiting_cannot_be_done(store: Any) -> None:
    """Queued, in hand or deferred: nobody is forgotten."""
    begin(store, "ada", "ben")
    with pytest.raises(Bug, match="2 people"):
        store.move(ISSUE, 1, Event.FINISH, NOW)
    send_all(store, Event.DELAYED, NOW + LATER)
    with pytest.raises(Bug, match="2 people"):
        store.move(ISSUE, 1, Event.FINISH, NOW)


def test_a_freeze_without_a_variant_or_a_token_is_our_bug(store: Any) -> None:
    """Whoever would get nothing known, or links without a token: the whole freeze is taken back."""
    store.replace_list("readers", people("ada"), "d", NOW)
    with pytest.raises(Bug, match="1 no token"):
        freeze(store)
    store.enroll("weekly", ["readers"], token, NOW)
    with pytest.raises(Bug, match="1 people have no variant"):
        freeze(store, assign={})
    assert store.issue(ISSUE) is None
    assert store.history("weekly").records == ()


# ---------------------------------------------------------------------------------------------------- freezing


def test_a_second_freeze_changes_nothing(store: Any, reopen: Any) -> None:
    """From cron twice, or from a second process: what stands, stands."""
    enlist(store, "ada")
    first = freeze(store)
    enlist(store, "ada", "ben")
    again = freeze(reopen(), now=NOW + LATER, subject="Another", number=49, variants=(variant("w"),))
    assert again == first
    assert (first.state, first.number, first.subject, first.frozen_at) == (IssueState.FROZEN, 48, "About a", NOW)
    assert store.variants(ISSUE, 1) == (variant(),)


def test_a_frozen_issue_tells_its_times(store: Any) -> None:
    """To the microsecond, in UTC."""
    start = FRIDAY - timedelta(weeks=1, microseconds=1)
    enlist(store, "ada")
    frozen = freeze(store, occasion=occasion(window=window(start=start)))
    assert (frozen.send_at, frozen.window_start, frozen.window_end) == (FRIDAY, start, FRIDAY)
    assert frozen.deadline == NOW + timedelta(days=3)
    assert frozen.window_start.utcoffset() == timedelta(0)
    assert store.issues("weekly") == (frozen,) == store.issues()
    assert store.issues("monthly") == ()


def test_topics_and_language_choose_the_variant(store: Any) -> None:
    """Whose topics leave nothing to send is filtered; the order and repetition of topics mean nothing."""
    rows = [
        subscriber("ada@example.org", line=2, topics=("ai", "rust")),
        subscriber("ben@example.org", line=3, topics=("rust", "ai", "ai")),
        subscriber("carla@example.org", line=4, lang="de"),
        subscriber("dora@example.org", line=5, topics=("cats",)),
    ]
    store.replace_list("readers", rows, "d", NOW)
    store.enroll("weekly", ["readers"], token, NOW)
    found = store.audiences("weekly", ["readers"])
    assert {(a.topics, a.lang): a.people for a in found} == {
        (("ai", "rust"), ""): 2,
        ((), "de"): 1,
        (("cats",), ""): 1,
    }
    assert found[0].people == 2
    freeze(
        store,
        variants=(variant("v"), variant("w")),
        assign={(("ai", "rust"), ""): 0, ((), "de"): 1, (("cats",), ""): None},
    )
    store.move(ISSUE, 1, Event.BEGIN, NOW)
    assert [(e[1], e[2], e[3], e[4]) for e in claim(store).entries] == [
        ("ada@example.org", "token of ada@example.org", 0, 0),
        ("ben@example.org", "token of ben@example.org", 0, 0),
        ("carla@example.org", "token of carla@example.org", 1, 0),
    ]
    assert sums(store) == {"list": 4, "queued": 3, "filtered": 1}


def test_each_address_once_across_lists(store: Any) -> None:
    """The list named first counts, unless that one was left: then the next."""
    store.replace_list("press", people("ada", "ben", lang="de"), "p", NOW)
    enlist(store, "ada", "ben", "carla")
    store.enroll("weekly", ["press"], token, NOW)
    lists = ["press", "readers"]
    assert store.audiences("weekly", lists) == (
        Audience(topics=(), lang="de", people=2),
        Audience(topics=(), lang="", people=1),
    )
    store.opt_out("ada@example.org", "list:press", "unsubscribed", "link", NOW)
    store.opt_out("carla@example.org", "list:readers", "unsubscribed", "link", NOW)
    assert store.audiences("weekly", lists) == (
        Audience(topics=(), lang="", people=1),
        Audience(topics=(), lang="de", people=1),
    )
    freeze(
        store, lists=("press", "readers"), assign={((), ""): 0, ((), "de"): 1}, variants=(variant("v"), variant("w"))
    )
    assert sums(store) == {"list": 3, "queued": 2, "unsubscribed": 1}
    store.move(ISSUE, 1, Event.BEGIN, NOW)
    assert [(e[1][:3], e[3]) for e in claim(store).entries] == [("ada", 0), ("ben", 1)]
    assert store.find("weekly", "ada@example.org", lists).list == "readers"
    assert store.find("weekly", "carla@example.org", lists).opted_out == "list:readers"


def test_rows_of_people_who_left_start_where_they_left_to(store: Any) -> None:
    """All: suppressed; this newsletter or the list: unsubscribed; another newsletter's opt-out means nothing here."""
    enlist(store, "ada", "ben", "carla", "dora", "emil")
    store.opt_out("ada@example.org", "all", "bounced", "550", NOW)
    store.opt_out("ada@example.org", "newsletter:weekly", "unsubscribed", "link", NOW)
    store.opt_out("ben@example.org", "newsletter:weekly", "unsubscribed", "link", NOW)
    store.opt_out("carla@example.org", "list:readers", "manual", "phone", NOW)
    store.opt_out("dora@example.org", "newsletter:monthly", "unsubscribed", "link", NOW)
    assert sum(a.people for a in store.audiences("weekly", ["readers"])) == 2
    freeze(store)
    assert sums(store) == {"list": 5, "queued": 2, "suppressed": 1, "unsubscribed": 2}


def test_a_second_revision_has_rows_of_its_own(store: Any) -> None:
    """ID.2 is an issue beside the first; the latest is what is meant unless said."""
    begin(store, "ada")
    send_all(store)
    store.move(ISSUE, 1, Event.FINISH, NOW)
    freeze(store, revision=2, subject="Corrected")
    assert store.issue(ISSUE).revision == 2
    assert store.issue(ISSUE, 1).subject == "About a"
    assert (sums(store, 1), sums(store)) == ({"list": 1, "sent": 1}, {"list": 1, "queued": 1})
    assert store.history("weekly").sent_count == 1
    assert store.history("weekly").issues == (ISSUE,)


# ---------------------------------------------------------------------------------------------------- sending


def test_results_go_where_the_table_says(store: Any) -> None:
    """Accepted, delayed, refused, in doubt, released, and untold rows given back."""
    begin(store, "ada", "ben", "carla", "dora", "emil", "fritz")
    batch = claim(store)
    assert bytes(batch.marks) == bytes(6)
    store.settle(
        batch,
        [
            (0, "accepted", 250, "queued as 1", None),
            (1, "delayed", 451, "later", NOW + LATER),
            (2, "refused", 550, "no such user\x00\udcff", None),
            (3, "in-doubt", 0, "the line broke", None),
            (4, "release", 0, "", None),
        ],
        NOW,
    )
    assert sums(store) == {"list": 6, "queued": 2, "sent": 1, "deferred": 1, "failed": 1, "uncertain": 1}
    [(address, code, words)] = store.failures(ISSUE, 1)
    assert (address, code) == ("carla@example.org", 550)
    assert words.startswith("no such user")
    assert store.next_due(ISSUE, 1) == NOW + LATER
    assert addresses(claim(store)) == ["emil", "fritz"]


def test_deferred_rows_come_back_when_they_are_due(store: Any) -> None:
    """Not a moment earlier, before those nobody has tried, and counting their tries."""
    begin(store, "ada", "ben", "carla")
    batch = claim(store, 1)
    store.settle(batch, [(0, "delayed", 451, "later", NOW + LATER)], NOW)
    assert addresses(claim(store, 1)) == ["ben"]
    late = claim(store, 5, NOW + LATER)
    assert [(e[1][:3], e[4]) for e in late.entries] == [("ada", 1), ("car", 0)]
    assert store.next_due(ISSUE, 1) is None
    store.settle(late, [(1, "accepted", 250, "", None)], NOW + LATER)  # ada is given back untried
    assert [(e[1][:3], e[4]) for e in claim(store, 5, NOW + LATER).entries] == [("ada", 1)]


def test_a_way_out_after_the_freeze_still_counts(store: Any) -> None:
    """Opt-outs are looked up when a row is claimed; a batch that they empty is no end of the work."""
    begin(store, "ada", "ben", "carla", "dora")
    store.opt_out("ada@example.org", "newsletter:weekly", "unsubscribed", "link", NOW)
    store.opt_out("ben@example.org", "all", "complained", "arf", NOW)
    store.opt_out("carla@example.org", "newsletter:monthly", "unsubscribed", "link", NOW)
    assert addresses(claim(store, 2)) == ["carla", "dora"]
    assert sums(store) == {"list": 4, "queued": 2, "unsubscribed": 1, "suppressed": 1}


def test_a_way_out_of_the_list_after_the_freeze_counts_for_a_deferred_row(store: Any) -> None:
    """The list by which somebody got the issue is the one whose opt-out stops it."""
    begin(store, "ada", "ben")
    send_all(store, Event.DELAYED, NOW + LATER)
    store.opt_out("ada@example.org", "list:readers", "unsubscribed", "link", NOW)
    store.opt_out("ben@example.org", "list:press", "unsubscribed", "link", NOW)
    assert addresses(claim(store, now=NOW + LATER)) == ["ben"]
    assert sums(store) == {"list": 2, "queued": 1, "unsubscribed": 1}


def test_results_with_different_codes_and_scattered_rows_are_kept_too(store: Any) -> None:
    """What does not fit in one stroke is settled row by row, to the same end."""
    begin(store, *(f"reader{n:02}" for n in range(20)))
    first, second = claim(store, 10), claim(store, 10)
    mixed = [(row, "accepted", 250 + row % 2, "", None) for row in range(10)]
    store.settle(first, mixed, NOW)
    scattered = [(row, "accepted", 250, "", None) for row in (0, 9)]
    store.settle(second, scattered, NOW)
    assert sums(store) == {"list": 20, "sent": 12, "queued": 8}


def test_a_batch_between_whose_rows_others_are_in_hand_settles_only_its_own(store: Any) -> None:
    """Rows that came back in another order: two batches lie across one another."""
    begin(store, "ada", "ben", "carla")
    batch = claim(store)
    due = [NOW + LATER, NOW + 2 * LATER, NOW + LATER]
    store.settle(batch, [(row, "delayed", 451, "later", due[row]) for row in range(3)], NOW)
    late = NOW + 3 * LATER
    outer, inner = claim(store, 2, late), claim(store, 2, late)
    assert (addresses(outer), addresses(inner)) == (["ada", "carla"], ["ben"])
    store.settle(outer, [(0, "accepted", 250, "", None), (1, "accepted", 250, "", None)], late)
    assert sums(store) == {"list": 3, "sent": 2, "queued": 1}
    store.settle(inner, [(0, "refused", 550, "no", None)], late)
    assert sums(store) == {"list": 3, "sent": 2, "failed": 1}


def test_the_deadline_fails_what_still_waits(store: Any) -> None:
    """Not before it; and what is in hand is left to the run that holds it."""
    begin(store, "ada", "ben", "carla")
    batch = claim(store, 1)
    store.settle(batch, [(0, "delayed", 451, "later", NOW + timedelta(days=2))], NOW)
    hand = claim(store, 1)
    assert store.expire(ISSUE, 1, NOW + timedelta(days=2)) == 0
    assert store.expire(ISSUE, 1, NOW + timedelta(days=3)) == 2
    assert store.next_due(ISSUE, 1) is None
    found = [(code, reason) for _, code, reason in store.failures(ISSUE, 1)]
    assert found == [(0, "deadline; last answer: 451 later"), (0, "deadline")], "its last answer is not lost"
    assert store.reception(ISSUE, 1).refused == 0, "no server refused them"
    store.settle(hand, [(0, "accepted", 250, "", None)], NOW)
    store.move(ISSUE, 1, Event.FINISH, NOW)
    assert sums(store) == {"list": 3, "failed": 2, "sent": 1}


def test_more_time_is_given_and_none_is_taken(store: Any) -> None:
    """A deadline moves to a later time alone; what was to expire is claimed."""
    begin(store, "a@example.org")
    frozen = store.issue(ISSUE)
    store.extend(ISSUE, 1, frozen.deadline - LATER)
    assert store.issue(ISSUE).deadline == frozen.deadline
    store.extend(ISSUE, 1, frozen.deadline + LATER)
    assert store.issue(ISSUE).deadline == frozen.deadline + LATER
    assert store.expire(ISSUE, 1, frozen.deadline) == 0
    assert addresses(claim(store, now=frozen.deadline)) == ["a"]


def test_what_an_issue_was_drawn_from_is_kept(store: Any, reopen: Any) -> None:
    """As it was at the freeze, and as it was when a change was last told."""
    enlist(store, "a@example.org")
    drawn = (("issues/x.md", ""), ("posts/a.md", "1"))
    freeze(store, drawn_from=drawn)
    assert store.drawn_from(ISSUE, 1) == (drawn, ())
    store.note_drawn(ISSUE, 1, (("posts/a.md", "2"),), NOW)
    store.note_drawn(ISSUE, 1, (("posts/a.md", "3"),), NOW)
    assert reopen().drawn_from(ISSUE, 1) == (drawn, (("posts/a.md", "3"),))


def test_a_thing_is_told_once_until_something_happens(store: Any, reopen: Any) -> None:
    """Of each issue by itself, whoever asks; and anew since the last event it is about."""
    begin(store, "ada")
    assert store.tell_once(ISSUE, 1, "moved", NOW, since="frozen")
    assert not reopen().tell_once(ISSUE, 1, "moved", NOW, since="frozen")
    for _ in range(2):
        store.move(ISSUE, 1, Event.PAUSE, NOW)
        assert store.tell_once(ISSUE, 1, "told", NOW, since=Event.PAUSE)
        assert not store.tell_once(ISSUE, 1, "told", NOW, since=Event.PAUSE)
        store.move(ISSUE, 1, Event.RESUME, NOW)


def test_what_is_held_and_seen_goes_with_the_freeze_or_the_skip(store: Any) -> None:
    """In the same transaction: a run that is killed behind it leaves nothing unsaid that the next issue needs."""
    store.note_posts([post("posts/z.md")], NOW)
    store.note_held("weekly", ["blog:posts/z.md"])
    enlist(store, "a@example.org")
    freeze(store)
    assert held(store) == {"blog:posts/z.md"}, "nothing was said of what is held"
    later = occasion(issue="weekly-2026-12-04", send_at=NOW + timedelta(days=7))
    freeze(store, occasion=later, seen=(post("posts/b.md"),), held=("blog:posts/b.md",))
    assert held(store) == {"blog:posts/b.md"}
    last = occasion(issue="weekly-2026-12-11", send_at=NOW + timedelta(days=14))
    store.skip(last, "too-few", NOW, seen=[post("posts/c.md")], held=["blog:posts/c.md"])
    assert held(store) == {"blog:posts/c.md"}
    store.skip(last, "too-few", NOW, seen=[post("posts/d.md")], held=[])
    assert held(store) == {"blog:posts/c.md"}, "it stands already: nothing changes"


def held(store: Any) -> set[str]:
    return {record.id for record in store.history("weekly").records if record.held}


def test_a_person_decides_what_becomes_of_doubt_and_failure(store: Any) -> None:
    """Resent, or taken as sent; a finished issue is reopened first, a cancelled one sends nothing again."""
    begin(store, "ada", "ben", "carla")
    batch = claim(store)
    store.settle(
        batch, [(0, "in-doubt", 0, "", None), (1, "in-doubt", 0, "", None), (2, "refused", 550, "", None)], NOW
    )
    store.move(ISSUE, 1, Event.FINISH, NOW)
    with pytest.raises(Bug, match="reopened"):
        store.decide(ISSUE, 1, "uncertain", NOW)
    store.move(ISSUE, 1, Event.REOPEN, NOW)
    assert store.decide(ISSUE, 1, "failed", NOW) == 1
    store.move(ISSUE, 1, Event.BEGIN, NOW)
    again = claim(store)
    assert [(e[1][:3], e[4]) for e in again.entries] == [("car", 0)]
    store.settle(again, [(0, "accepted", 250, "", None)], NOW)
    assert store.decide(ISSUE, 1, "uncertain", NOW) == 2
    assert store.uncertain(ISSUE, 1) == ()
    send_all(store, Event.IN_DOUBT)
    assert store.decide(ISSUE, 1, "assume-sent", NOW) == 2
    assert store.decide(ISSUE, 1, "assume-sent", NOW) == 0
    store.move(ISSUE, 1, Event.FINISH, NOW)
    assert sums(store) == {"list": 3, "sent": 3}
    assert store.issue(ISSUE).finished_at == NOW


def test_stopping_says_why_and_until_when(store: Any) -> None:
    """The relay refused us: no row is charged, and going on clears the reason."""
    begin(store, "ada")
    stopped = store.move(ISSUE, 1, Event.STOP, NOW, reason="quota", go_on_at=NOW + LATER)
    assert (stopped.state, stopped.reason, stopped.go_on_at) == (IssueState.STOPPED, "quota", NOW + LATER)
    going = store.move(ISSUE, 1, Event.BEGIN, NOW + LATER)
    assert (going.state, going.reason, going.go_on_at) == (IssueState.SENDING, "", None)
    assert going.started_at == NOW


# ---------------------------------------------------------------------------------------------------- cancelling


def test_cancelled_before_its_first_message_an_issue_gives_its_posts_back(store: Any) -> None:
    """And its number; its send time stays worked off."""
    enlist(store, "ada", "ben")
    freeze(store)
    assert [(r.id, r.issue) for r in store.history("weekly").records] == [("blog:posts/a.md", ISSUE)]
    cancelled = store.move(ISSUE, 1, Event.CANCEL, NOW, reason="by hand")
    assert (cancelled.state, cancelled.finished_at) == (IssueState.CANCELLED, NOW)
    assert sums(store) == {"list": 2, "cancelled": 2}
    history = store.history("weekly")
    assert [(r.id, r.issue) for r in history.records] == [("blog:posts/a.md", "")]
    assert (history.sent_count, history.last_send, history.issues) == (0, FRIDAY, (ISSUE,))


def test_cancelled_in_the_middle_it_keeps_them(store: Any) -> None:
    """Somebody has it. Rows in hand end as they end; what they give back is cancelled too."""
    begin(store, "ada", "ben", "carla")
    hand = claim(store, 2)
    store.move(ISSUE, 1, Event.CANCEL, NOW)
    assert sums(store) == {"list": 3, "queued": 2, "cancelled": 1}
    store.settle(hand, [(0, "accepted", 250, "", None)], NOW)
    assert sums(store) == {"list": 3, "sent": 1, "cancelled": 2}
    assert store.history("weekly").sent_count == 1
    assert claim(store) is None
    with pytest.raises(UsageError, match="cancelled"):
        store.decide(ISSUE, 1, "failed", NOW)


def test_cancelled_with_rows_in_hand_that_never_left_it_gives_them_back_late(store: Any) -> None:
    """Once the rows in hand are given back untried, nobody has had it after all."""
    begin(store, "ada")
    hand = claim(store)
    store.move(ISSUE, 1, Event.CANCEL, NOW)
    assert store.history("weekly").sent_count == 1
    store.settle(hand, [], NOW)
    assert sums(store) == {"list": 1, "cancelled": 1}
    assert store.history("weekly").sent_count == 0


# ---------------------------------------------------------------------------------------------------- after a crash


def test_a_dead_run_is_brought_in_by_its_marks(store: Any, reopen: Any) -> None:
    """Untouched: queued. Answered: settled. On the wire, lost, or no known mark: in doubt. Once."""
    begin(store, *"abcdefg")
    batch = claim(store)
    for row, mark in enumerate((0, 1, 2, 3, 4, 5, 9)):
        batch.marks[row] = mark
    store.close()
    heir = reopen()
    assert heir.recover(ISSUE, 1, NOW) == (4, 3)
    assert sums(heir) == {"list": 7, "queued": 1, "sent": 1, "deferred": 1, "failed": 1, "uncertain": 3}
    assert heir.next_due(ISSUE, 1) == NOW
    assert heir.recover(ISSUE, 1, NOW) == (0, 0)
    assert addresses(claim(heir)) == ["a", "e"]


def test_a_living_run_is_left_alone(store: Any, reopen: Any) -> None:
    """Its batch is in hand: neither it nor anybody else brings it in."""
    begin(store, "ada")
    batch = claim(store)
    assert store.recover(ISSUE, 1, NOW) == (0, 0)
    assert reopen().recover(ISSUE, 1, NOW) == (0, 0)
    store.settle(batch, [(0, "accepted", 250, "", None)], NOW)
    assert sums(store) == {"list": 1, "sent": 1}


def test_in_another_container_of_the_kernel_marks_prove_as_much(store: Any, reopen: Any) -> None:
    """Another name and the same boot: what the dead run wrote was never lost."""
    begin(store, "ada", "ben", "carla")
    claim(store).marks[:2] = bytes([2, 1])
    store.close()
    heir = reopen(machine="barn")
    assert heir.recover(ISSUE, 1, NOW) == (2, 1)
    assert sums(heir) == {"list": 3, "sent": 1, "uncertain": 1, "queued": 1}


def test_without_a_boot_id_marks_prove_nothing(reopen: Any) -> None:
    """The power may have failed in between, and nobody could tell."""
    first = reopen(boot_id="")
    begin(first, "ada", "ben")
    claim(first)
    first.close()
    assert reopen(boot_id="").recover(ISSUE, 1, NOW) == (0, 2)


@pytest.mark.parametrize("where", [{"boot_id": "boot-2"}, {"boot_id": "boot-2", "machine": "barn"}, {"boot_id": ""}])
def test_after_a_reboot_or_elsewhere_marks_prove_nothing(store: Any, reopen: Any, where: dict[str, str]) -> None:
    """The whole batch is in doubt, untouched rows too."""
    begin(store, "ada", "ben")
    claim(store).marks[0] = 2
    store.close()
    heir = reopen(**where)
    assert heir.recover(ISSUE, 1, NOW) == (0, 2)
    assert sums(heir) == {"list": 2, "uncertain": 2}


def test_a_cancelled_issue_is_brought_in_too(store: Any, reopen: Any) -> None:
    """Cancelled while its run lay dead: what comes back queued is cancelled."""
    begin(store, "ada", "ben")
    claim(store).marks[0] = 2
    store.close()
    heir = reopen()
    heir.move(ISSUE, 1, Event.CANCEL, NOW)
    assert heir.recover(ISSUE, 1, NOW) == (2, 0)
    assert sums(heir) == {"list": 2, "sent": 1, "cancelled": 1}


# ------------------------------------------------------------------------------------------------ answers on the way


def accepted(*rows: int) -> list[Any]:
    return [(row, "accepted", 250, f"queued as {row}", None) for row in rows]


def test_answers_that_go_along_with_a_claim_end_nothing_else(store: Any) -> None:
    """Rows of that batch without an answer stay in hand: nobody else gets them, and they end as they end."""
    begin(store, *"abcdef")
    first = claim(store, 3)
    second = store.claim(ISSUE, 1, 2, NOW, answered=[(first, accepted(0, 2))])
    assert addresses(second) == ["d", "e"]
    assert sums(store) == {"list": 6, "sent": 2, "queued": 4}
    assert addresses(claim(store)) == ["f"]
    store.settle(first, [(1, "refused", 550, "no such user", None)], NOW)
    assert sums(store) == {"list": 6, "sent": 2, "failed": 1, "queued": 3}


def test_a_batch_with_all_its_answers_is_closed_by_a_claim(store: Any) -> None:
    """And what was recorded before is not asked for again."""
    begin(store, *"abc")
    first = claim(store, 2)
    second = store.claim(ISSUE, 1, 1, NOW, answered=[(first, accepted(1))])
    assert store.claim(ISSUE, 1, 1, NOW, answered=[(first, accepted(0)), (second, accepted(0))]) is None
    assert sums(store) == {"list": 3, "sent": 3}
    store.settle(second, [], NOW)  # closed: nothing is given back
    assert sums(store) == {"list": 3, "sent": 3}


def test_the_first_result_of_a_row_stands(store: Any) -> None:
    """A run that is interrupted behind the claim gives its results once more."""
    begin(store, *"abc")
    first = claim(store, 2)
    store.claim(ISSUE, 1, 1, NOW, answered=[(first, accepted(0))])
    store.settle(first, [(0, "refused", 550, "no", None), *accepted(1)], NOW)
    assert sums(store) == {"list": 3, "sent": 2, "queued": 1}


def test_answers_are_recorded_also_where_nothing_can_be_claimed(store: Any) -> None:
    """Paused by somebody meanwhile: what the relay said counts."""
    begin(store, *"abc")
    first = claim(store, 2)
    store.move(ISSUE, 1, Event.PAUSE, NOW)
    assert store.claim(ISSUE, 1, 1, NOW, answered=[(first, accepted(0))]) is None
    assert sums(store) == {"list": 3, "sent": 1, "queued": 2}


def test_an_answer_that_cannot_be_ends_the_claim_too(store: Any) -> None:
    """All or nothing."""
    begin(store, *"abc")
    first = claim(store, 2)
    with pytest.raises(Bug):
        store.claim(ISSUE, 1, 1, NOW, answered=[(first, accepted(0, 7))])
    assert sums(store) == {"list": 3, "queued": 3}
    assert addresses(claim(store)) == ["c"]


def test_after_a_crash_the_journal_speaks_of_rows_without_an_answer_alone(store: Any, reopen: Any) -> None:
    """Deferred with a claim, due and taken by a later batch: the octet of the first batch says nothing of it."""
    begin(store, *"abcd")
    first = claim(store, 3)
    first.marks[:] = bytes([2, 4, 1])
    later = [(1, "delayed", 450, "later", NOW)]
    second = store.claim(ISSUE, 1, 1, NOW, answered=[(first, accepted(0) + later)])
    assert addresses(second) == ["b"]
    second.marks[0] = 1
    store.close()
    heir = reopen()
    assert heir.recover(ISSUE, 1, NOW) == (0, 2)
    assert heir.uncertain(ISSUE, 1) == ("b@example.org", "c@example.org")
    assert sums(heir) == {"list": 4, "sent": 1, "uncertain": 2, "queued": 1}


def test_many_answers_with_gaps_between_them(store: Any) -> None:
    """Settled in strokes or one by one: who has no answer is not touched, and each is counted once."""
    begin(store, *(f"r{i}" for i in range(60)))
    first = claim(store, 60)
    open_ones = (3, 30, 31, 50)
    store.claim(ISSUE, 1, 1, NOW, answered=[(first, accepted(*(i for i in range(60) if i not in open_ones)))])
    assert sums(store) == {"list": 60, "sent": 56, "queued": 4}
    store.settle(first, accepted(50, 3), NOW)
    assert sums(store) == {"list": 60, "sent": 58, "queued": 2}
    assert addresses(claim(store)) == addresses(first)[30:32]


# ---------------------------------------------------------------------------------------------------- history


def test_an_empty_ledger_knows_that_nothing_was(store: Any) -> None:
    """That is known, not guessed."""
    history = store.history("weekly")
    assert (history.known, history.first_start, history.last_end, history.last_send) == (True, None, None, None)
    assert (history.issues, history.sent_count, history.records) == ((), 0, ())


def test_history_knows_windows_numbers_and_posts(store: Any) -> None:
    """Of this newsletter; skipped send times are worked off and take no number."""
    enlist(store, "ada")
    freeze(store)
    late = FRIDAY + timedelta(weeks=1)
    store.skip(
        occasion(issue="weekly-2026-12-04", send_at=late, window=window(start=FRIDAY, end=late)), "nothing-new", NOW
    )
    store.skip(occasion(), "nothing-new", NOW)  # stands already: changes nothing
    history = store.history("weekly")
    assert (history.first_start, history.last_end, history.last_send) == (FRIDAY - timedelta(weeks=1), late, late)
    assert (history.issues, history.sent_count) == ((ISSUE, "weekly-2026-12-04"), 1)
    skipped = store.issue("weekly-2026-12-04")
    assert (skipped.state, skipped.reason, skipped.frozen_at) == (IssueState.SKIPPED, "nothing-new", None)
    assert [r.issue for r in store.history("monthly").records] == [""]


def test_posts_are_known_again(store: Any) -> None:
    """First seen once; moved, renamed, changed: the newest is noted. A file name that is no UTF-8 comes back whole."""
    odd = post("posts/b\udcff\\udcfe.md", date=None)
    store.note_posts([post(), odd], NOW)
    moved = post(path="posts/2026/a.md", id="blog:posts/a.md", title="Ä", body_hash="other")
    store.note_posts([moved, odd], NOW + LATER)
    first, second = store.history("weekly").records
    assert (first.id, first.path, first.title, first.body_hash) == (
        "blog:posts/a.md",
        "posts/2026/a.md",
        "Ä",
        "other",
    )
    assert (first.first_seen, first.day, second.day) == (NOW, post().date.date(), None)
    assert second.id.startswith("blog:posts/b\udcff")


def test_held_posts_are_replaced(store: Any) -> None:
    """Only this newsletter's, and only those of this time."""
    store.note_posts([post("posts/a.md"), post("posts/b.md")], NOW)
    store.note_held("weekly", ["blog:posts/a.md", "blog:posts/a.md"])
    store.note_held("monthly", ["blog:posts/a.md"])
    store.note_held("weekly", ["blog:posts/b.md"])
    assert [r.held for r in store.history("weekly").records] == [False, True]
    assert [r.held for r in store.history("monthly").records] == [True, False]


def test_a_problem_is_told_once_while_it_lasts(store: Any) -> None:
    """One that went away and comes back is new."""
    old, new = ("a.md", "no date"), ("b.md", "no title")
    assert store.new_problems([old, old]) == (old,)
    assert store.new_problems([old]) == ()
    assert store.new_problems([old, new]) == (new,)
    assert store.new_problems([new]) == ()
    assert store.new_problems([old, new]) == (old,)


# ---------------------------------------------------------------------------------------------------- people


def test_a_list_is_exactly_its_rows(store: Any) -> None:
    """Who is no longer in the file gets no more through it, which is no opt-out; tokens stay the same."""
    assert store.list_digest("readers") is None
    assert store.replace_list("readers", people("ada", "ben"), "one", NOW) == 2
    assert store.enroll("weekly", ["readers", "none"], token, NOW) == 2
    assert store.replace_list("readers", people("ben", "carla"), "two", NOW) == 2
    assert store.list_digest("readers") == "two"
    assert store.enroll("weekly", ["readers"], str.upper, NOW) == 1
    assert store.find("weekly", "ada@example.org", ["readers"]) is None
    assert store.find("weekly", "ben@example.org", ["readers"]).token == "token of ben@example.org"
    assert store.find("weekly", "carla@example.org", ["readers"]).token == "CARLA@EXAMPLE.ORG"
    assert store.history_of("ada@example.org") == ()
    assert store.replace_list("readers", [], "three", NOW) == 0
    assert store.audiences("weekly", ["readers"]) == ()


def test_of_two_rows_of_one_person_the_first_counts(store: Any) -> None:
    """And the others are told, with the line that counts."""
    rows = [
        subscriber("Ada@example.org", line=2, name="Ada"),
        subscriber("ben@example.org", line=3),
        subscriber("ada@example.org", line=4, name="Other"),
        subscriber("ADA@example.org", line=5),
    ]
    told: list[tuple[int, int]] = []
    assert store.replace_list("readers", rows, "d", NOW, duplicate=lambda *lines: told.append(lines)) == 2
    assert told == [(4, 2), (5, 2)]
    assert store.replace_list("readers", rows, "d", NOW) == 2
    found = store.find("weekly", "ada@example.org", ["readers"])
    assert (found.address, found.name, found.token) == ("Ada@example.org", "Ada", "")


def test_a_person_s_spelling_follows_the_list(store: Any) -> None:
    """The same key is the same person, with a new spelling of the address."""
    enlist(store, "ada")
    store.replace_list("readers", [subscriber("ADA@example.org", lang="de", topics=("ai",))], "e", NOW)
    found = store.find("weekly", "ada@example.org", ["readers"])
    assert (found.address, found.lang, found.topics) == ("ADA@example.org", "de", ("ai",))
    assert found.token == "token of ada@example.org"


def test_a_file_that_breaks_in_the_middle_leaves_the_list_as_it_was(store: Any) -> None:
    """One transaction: all rows or none."""
    enlist(store, "ada")

    def broken() -> Iterator[Subscriber]:
        yield from people("ben", "carla")
        raise ValueError("no text")

    with pytest.raises(ValueError, match="no text"):
        store.replace_list("readers", broken(), "e", NOW)
    assert store.list_digest("readers") == "digest of ('ada',)"
    assert [s.address for s in store.samples("weekly", ["readers"], 5)] == ["ada@example.org"]


def test_samples_are_people_who_can_be_mailed(store: Any) -> None:
    """In the order of the lists, each once, no more than asked for."""
    enlist(store, "ada", "ben", "carla", "dora")
    enlist(store, "emil", "ada", list_name="press")
    store.opt_out("ben@example.org", "newsletter:weekly", "unsubscribed", "link", NOW)
    names = [s.address[:4] for s in store.samples("weekly", ["press", "readers"], 3)]
    assert names == ["emil", "ada@", "carl"]


def test_who_came_and_who_left_since_an_issue(store: Any) -> None:
    """New on a list: came. Off the lists, or gone by a way out taken since: left. On one of two lists: neither."""
    store.opt_out("dora@example.org", "newsletter:weekly", "unsubscribed", "before", NOW)
    enlist(store, "ada", "ben", "carla", "dora")
    enlist(store, "ben", list_name="friends")
    frozen = freeze(store, lists=("readers", "friends"))

    def moved(**lists: str) -> tuple[int, int]:
        return store.comings_and_goings(
            frozen, [(name, f"{who}@example.org") for name, people in lists.items() for who in people.split()]
        )

    assert moved(readers="ada ben carla dora", friends="ben") == (0, 0)
    assert moved(readers="ada ben carla dora emil emil", friends="emil") == (1, 0)
    assert moved(readers="ada carla", friends="ben") == (0, 0)
    assert moved(readers="carla") == (0, 2)
    later = NOW + LATER
    store.opt_out("ben@example.org", "list:readers", "unsubscribed", "one click", later)
    assert moved(readers="ada ben carla", friends="ben") == (0, 0)
    assert moved(readers="ada ben carla") == (0, 1)
    store.opt_out("carla@example.org", "all", "complained", "arf", later)
    store.opt_out("fred@example.org", "all", "manual", "said so", later)
    assert moved(readers="ada ben carla fred", friends="ben") == (0, 1)
    assert moved() == (0, 3)


def test_opt_outs_are_told_with_their_evidence(store: Any) -> None:
    """The first of a kind stands; a scope or kind that does not exist is our bug."""
    store.opt_out("ada@example.org", "newsletter:weekly", "unsubscribed", "first", NOW)
    store.opt_out("ada@example.org", "newsletter:weekly", "unsubscribed", "again", NOW + LATER)
    store.opt_out("ada@example.org", "all", "bounced", "550", NOW + LATER)
    assert store.history_of("ada@example.org") == (
        ("newsletter:weekly", "unsubscribed", "first", NOW),
        ("all", "bounced", "550", NOW + LATER),
    )
    for scope, kind in [("weekly", "unsubscribed"), ("list:", "unsubscribed"), ("all", "angry")]:
        with pytest.raises(Bug):
            store.opt_out("ada@example.org", scope, kind, "", NOW)


def test_two_sites_share_a_database_without_meeting(store: Any, reopen: Any) -> None:
    """The same names, other people, other issues, another secret."""
    begin(store, "ada")
    other = reopen(site="other", secret_fingerprint="g")
    assert (other.issues(), other.issue(ISSUE), other.list_digest("readers")) == ((), None, None)
    assert other.history("weekly").records == ()
    other.replace_list("readers", people("ada"), "d", NOW)
    assert other.find("weekly", "ada@example.org", ["readers"]).token == ""


def test_another_secret_is_refused(store: Any, reopen: Any) -> None:
    """Every link already out would die. Where the secret is not at hand, nothing is asked."""
    reopen(secret_fingerprint=None)
    with pytest.raises(StateRefused, match="DIGEST_SECRET") as caught:
        reopen(secret_fingerprint="another")
    assert isinstance(caught.value, DigestError)
    assert caught.value.exit_code == 78


def test_what_a_method_returned_from_is_there_for_the_next_process(store: Any, reopen: Any) -> None:
    """Two processes, one ledger."""
    begin(store, "ada", "ben")
    other = reopen()
    assert addresses(claim(store, 1)) == ["ada"]
    assert addresses(claim(other, 1)) == ["ben"]
    other.opt_out("ada@example.org", "all", "manual", "", NOW)
    assert store.history_of("ada@example.org")[0][1] == "manual"


# ---------------------------------------------------------------------------------------------------- pace and brake


def test_what_was_sent_is_counted_over_issues_and_processes(store: Any, reopen: Any) -> None:
    """Accepted messages since a moment, and those in doubt, of every newsletter; nothing else counts, and nothing of
    another site."""
    assert (store.sent_since(NOW - LATER), store.first_sent()) == (0, None)
    begin(store, "ada", "ben", "carla")
    one, rest = claim(store, 1), claim(store, 2)
    store.settle(one, [(0, "accepted", 250, "ok", None)], NOW)
    store.settle(rest, [(0, "accepted", 250, "a, b", None), (1, "refused", 550, "no", None)], NOW + LATER)
    store.enroll("daily", ["readers"], lambda key: f"daily {key}", NOW)
    freeze(store, occasion=occasion(newsletter="daily", issue="daily-2026-11-27"))
    store.move("daily-2026-11-27", 1, Event.BEGIN, NOW)
    batch = store.claim("daily-2026-11-27", 1, 10, NOW)
    store.settle(batch, [(0, "accepted", 250, "ok", None), (1, "in-doubt", 0, "", None)], NOW + 2 * LATER)
    other = reopen()
    # The last one is accepted, and another in doubt: the relay may have counted that one too.
    for moment, sent in [(NOW, 4), (NOW + LATER, 3), (NOW + 2 * LATER, 2), (NOW + 3 * LATER, 0)]:
        assert other.sent_since(moment) == sent
    assert other.first_sent() == NOW
    assert reopen(site="other", secret_fingerprint="g").sent_since(NOW - LATER) == 0


def test_rows_given_back_until_a_turn(store: Any, reopen: Any) -> None:
    """They are not claimed before, cost no try, and it is known who waits, where, and until when."""
    enlist(store, "ada", "ben")
    store.replace_list("others", [subscriber("carla@sub.example.net", line=2)], "others", NOW)
    store.enroll("weekly", ["others"], token, NOW)
    freeze(store, lists=("readers", "others"))
    store.move(ISSUE, 1, Event.BEGIN, NOW)
    assert (store.waiting(ISSUE, 1, NOW), store.next_turn(ISSUE, 1)) == (Waiting(), None)
    batch = claim(store)
    turns = [NOW + LATER, NOW + 3 * LATER, NOW + 2 * LATER]
    store.settle(batch, [(row, "release", 0, "", turn) for row, turn in enumerate(turns)], NOW)
    other = reopen()
    waits = Waiting(3, NOW + LATER, NOW + 3 * LATER, ("example.org", "sub.example.net"))
    assert other.waiting(ISSUE, 1, NOW) == waits
    assert other.next_turn(ISSUE, 1) == NOW + LATER
    assert claim(store, now=NOW + LATER / 2) is None
    assert sums(store) == {"list": 3, "queued": 3}
    again = claim(store, now=NOW + LATER)
    assert [(entry[1], entry[4]) for entry in again.entries] == [("ada@example.org", 0)]
    assert other.waiting(ISSUE, 1, NOW + LATER).people == 2
    store.settle(again, [(0, "accepted", 250, "ok", None)], NOW + LATER)
    assert list(store.sent_to(NOW)) == [("example.org", NOW + LATER, 1)]
    assert list(store.sent_to(NOW + 2 * LATER)) == []
    assert list(store.people_by_domain(ISSUE, 1)) == [("example.org", 2), ("sub.example.net", 1)]
    rest = claim(store, now=NOW + 3 * LATER)
    assert addresses(rest) == ["carla", "ben"], "in the order of their turns"
    store.settle(rest, [(0, "in-doubt", 0, "", None)], NOW + 5 * LATER)
    assert list(store.sent_to(NOW + 4 * LATER)) == [("sub.example.net", NOW + 5 * LATER, 1)], "it may have had it"


def test_how_an_issue_was_received(store: Any, reopen: Any) -> None:
    """Over all its runs, once a person, and only of this issue; from a person's last word on it begins anew."""
    begin(store, "ada", "ben", "carla", "dora", "eva")
    before = claim(store, 3)
    store.settle(before, [(0, "accepted", 250, "ok", None), (1, "accepted", 250, "ok", None)], NOW)
    store.opt_out("ada@example.org", "all", "complained", "arf", NOW)
    store.opt_out("ada@example.org", "newsletter:weekly", "complained", "arf", NOW)
    store.opt_out("ben@example.org", "all", "bounced", "550", NOW)
    store.opt_out("eva@example.org", "all", "complained", "of the last issue: she has not got this one", NOW)
    store.opt_out("zoe@example.org", "all", "complained", "arf", NOW)
    store.opt_out("ben@example.org", "all", "complained", "long ago", NOW - LATER)
    rest = claim(store, 3)
    store.settle(rest, [(0, "refused", 550, "no such user", None)], NOW + LATER)
    other = reopen()
    assert other.reception(ISSUE, 1) == Reception(sent=2, refused=1, bounced=1, complained=1)
    store.move(ISSUE, 1, Event.PAUSE, NOW + LATER)
    store.move(ISSUE, 1, Event.RESUME, NOW + 2 * LATER)
    assert store.reception(ISSUE, 1) == Reception()
    store.opt_out("ada@example.org", "list:readers", "complained", "again", NOW + 3 * LATER)
    store.expire(ISSUE, 1, NOW + timedelta(days=4))
    assert store.reception(ISSUE, 1) == Reception(complained=1), "a deadline is no refusal"


def test_opt_outs_can_be_taken_along(store: Any, reopen: Any) -> None:
    """Each with scope and kind; another ledger that takes them shuts the same doors."""
    store.opt_out("ada@example.org", "all", "bounced", "550", NOW)
    store.opt_out("ben@example.org", "newsletter:weekly", "unsubscribed", "link", NOW)
    told = tuple(store.opt_outs())
    assert told == (
        ("ada@example.org", "all", "bounced"),
        ("ben@example.org", "newsletter:weekly", "unsubscribed"),
    )
    other = reopen(site="other", secret_fingerprint="g")
    assert tuple(other.opt_outs()) == ()
    other.take_opt_outs(told, "taken along", NOW)
    assert tuple(other.opt_outs()) == told
    enlist(other, "ada", "ben", "carla")
    freeze(other)
    assert sums(other) == {"list": 3, "suppressed": 1, "unsubscribed": 1, "queued": 1}
