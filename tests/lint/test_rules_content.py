"""What the issue holds, and who gets it: near misses, and each rule's defect."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from digest.model import Finding, History, Image, PostRecord, Proof
from digest.testing import post

Seeded = Callable[..., Proof]
Found = Callable[[str, Proof], list[Finding]]
NOW = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
OLD = date(2025, 11, 20)
BODY = "The very first sentence of this post goes on for quite a while, and then it stops somewhere."


def posts(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"posts": tuple(post(f"posts/{n}.md", **f) for n, f in enumerate(fields))}


def record(name: str, **fields: Any) -> PostRecord:
    defaults: dict[str, Any] = {
        "id": f"blog:{name}",
        "source": "blog",
        "path": f"posts/{name}.md",
        "canonical": "",
        "url": "",
        "title": f"About {name}",
        "day": OLD,
        "fingerprint": "",
        "body_hash": "",
        "first_seen": NOW,
    }
    return PostRecord(**(defaults | fields))


BEGUN = record("begun", day=date(2024, 1, 1), first_seen=NOW - timedelta(days=300))


def history(*records: PostRecord) -> dict[str, Any]:
    return {"history": History(newsletter="weekly", records=(BEGUN, *records))}


QUIET = [
    ("title-long", posts({"title": "a" * 120})),
    ("excerpt-cut", posts({"excerpt": BODY[:60], "body": BODY[:60] + ". And more."})),
    ("excerpt-cut", posts({"excerpt": "", "body": BODY})),
    ("excerpt-cut", posts({"excerpt": "An excerpt of its own that ends in a number 7", "body": BODY})),
    ("excerpt-cut", {**posts({"excerpt": "", "body": ""}), "issue": {"content": "title"}}),
    ("cover-missing", posts({}, {})),
    ("cover-missing", {"issue": {"lead": None}}),
    ("list-jump", {"recipients": None, "last_recipients": 1000}),
    ("list-jump", {"recipients": 900, "last_recipients": None}),
    ("list-jump", {"recipients": 60, "last_recipients": 10}),
    ("list-jump", {"recipients": 1500, "last_recipients": 1000}),
    ("post-misdated", history()),
    ("post-misdated", {"history": History(newsletter="weekly", records=(record("a"),))}),
    ("post-misdated", history(record("a", day=None), record("b", day=date(2026, 3, 1)))),
    ("post-misdated", history(record("a", issue="weekly-2026-11-20"))),
    ("post-misdated", history(record("a", first_seen=NOW - timedelta(days=30)))),
    ("post-misdated", history(*(record(f"a{n}") for n in range(6)))),
    ("post-twice", posts({"url": ""}, {"url": ""})),
    ("post-before", history(record("posts/0.md", issue=""))),
    ("post-before", {**posts({}), **history(record("posts/0.md", issue="weekly-2026-11-27"))}),
    ("issue-empty", {"issue": {"lead": None, "groups": (), "intro": "Hello."}}),
    ("topics-unknown", {"topics": ()}),
    ("topics-unknown", {"topics": (("maps", 4, 1), ("Cooking", 1, 12)), "recent_tags": ("maps", "cooking")}),
]

DEFECTS = [
    ("title-long", posts({"title": "a" * 121}), "warning", "has 121 characters"),
    ("excerpt-cut", posts({"excerpt": BODY[:60], "body": BODY}), "warning", "stops in the middle of a word"),
    ("excerpt-cut", posts({"excerpt": " ", "body": ""}), "warning", "is empty"),
    ("url-missing", posts({"url": ""}), "error", '"About 0" has no link'),
    ("cover-missing", posts({}, {"image": Image(url="x")}), "info", 'the lead "About 0" has no picture'),
    ("list-jump", {"recipients": 40, "last_recipients": 1000}, "error", "40 people would get this issue, 1,000"),
    ("list-jump", {"recipients": 1501, "last_recipients": 1000}, "error", "1,501 people"),
    ("post-misdated", history(record("a")), "warning", '"About a" is new here but dated 2025-11-20'),
    ("post-twice", posts({"id": "x"}, {"id": "x"}), "error", "the post x stands in the issue twice"),
    ("post-twice", posts({"url": "https://e.test/"}, {"url": "https://e.test/"}), "warning", "have one address"),
    (
        "post-before",
        {**posts({}), **history(record("posts/0.md", issue="weekly-2026-11-20"))},
        "error",
        '"About 0" was sent with weekly-2026-11-20',
    ),
    ("issue-empty", {"issue": {"lead": None, "groups": (), "intro": " "}}, "error", "neither post nor intro"),
    ("topics-unknown", {"topics": (("mpas", 1, 0), ("maps", 9, 2))}, "warning", '1 person has the topic "mpas", which'),
    (
        "topics-unknown",
        {"topics": (("a", 1200, 0),), "newsletter": {"lists": ("readers", "others")}},
        "warning",
        '1,200 people have the topic "a"',
    ),
]


@pytest.mark.parametrize(("rule", "defect"), QUIET)
def test_what_is_right_is_not_blamed(rule: str, defect: dict[str, Any], seeded: Seeded, found: Found) -> None:
    """Near misses: what looks like the defect and is none."""
    assert found(rule, seeded(**defect)) == []


@pytest.mark.parametrize(("rule", "defect", "severity", "words"), DEFECTS)
def test_a_defect_is_found(
    rule: str, defect: dict[str, Any], severity: str, words: str, seeded: Seeded, found: Found
) -> None:
    """Once, with its severity, naming the thing; a post's with its path."""
    (finding,) = found(rule, seeded(**defect))
    assert finding.severity == severity
    assert words in finding.message
    assert finding.part in ("posts", "config")
    assert finding.file.endswith((".md", "digest.toml", "subscribers/readers.csv"))


def test_a_topic_that_nobody_writes_about_comes_with_the_nearest_word(seeded: Seeded, found: Found) -> None:
    """What it may be is named as posts write it; where nothing is near, nothing is guessed."""
    topics = (("machine-lerning", 3, 0), ("Astrology", 2, 0))
    slip, idle = found("topics-unknown", seeded(topics=topics, recent_tags=("Maps", "Machine Learning")))
    assert slip.hint.startswith('is it "Machine Learning"? Correct it in the list')
    assert idle.hint.startswith("correct it in the list")
    assert "write about it" in idle.hint


def test_many_topics_that_nobody_writes_about_are_told_in_short(seeded: Seeded, found: Found) -> None:
    """Ten of them by name, and how many more there are: a list with free words as topics drowns no other finding."""
    told = found("topics-unknown", seeded(topics=tuple((f"t{n}", 1, 0) for n in range(25))))
    assert len(told) == 10
    assert [f.message.endswith("(and 15 more topics)") for f in told] == [False] * 9 + [True]
    (nine, *_) = found("topics-unknown", seeded(topics=(("t", 1, 0),)))
    assert "more topics" not in nine.message
