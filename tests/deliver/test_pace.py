"""How fast and when again: arithmetic."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.deliver import pace
from digest.deliver.pace import Gate, Pace
from digest.settings import Smtp


def test_without_preset_and_rate_nothing_is_throttled() -> None:
    """No limit of ours."""
    assert Pace.of(Smtp(host="x")) == Pace()
    assert Pace.of(None) == Pace()
    gate = Gate(None)
    gate.went(5.0)
    assert gate.wait(5.0) == 0.0


def test_the_pace_is_what_is_configured() -> None:
    """The configuration has filled a preset in; nothing is added here, one connection included."""
    mine = Smtp(preset="gmail", rate=3.0, daily=9, per_connection=5, connections=1)
    assert Pace.of(mine) == Pace(rate=3.0, daily=9, per_connection=5, connections=1)


@given(st.floats(0.5, 500), st.lists(st.floats(0, 0.3), min_size=1, max_size=80))
def test_a_rate_is_never_broken(rate: float, pauses: list[float]) -> None:
    """In any span of time no more go than the rate times span, and what 50 ms make up for."""
    gate, now, went = Gate(rate), 10.0, []
    for pause in pauses:
        now += pause
        now += gate.wait(now)
        assert gate.wait(now) < 1e-9
        gate.went(now)
        went.append(now)
    for first in range(len(went)):
        for last in range(first, len(went)):
            assert last - first <= rate * (went[last] - went[first] + pace.SLACK) + 1.000001


def test_a_gate_can_be_held() -> None:
    """The relay said "too fast": nothing goes for so long, also where there is no rate; then on as before."""
    for rate in (None, 10.0):
        gate = Gate(rate)
        gate.hold(100.0, 2.0)
        assert gate.wait(101.0) == pytest.approx(1.0)
        assert gate.wait(102.0) == 0.0


def test_waits_grow_and_have_an_end() -> None:
    """5 minutes, doubling, at most 4 hours, ±20 %, the same for the same key, and not the same for all."""
    waits = [pace.backoff(n, "key") for n in range(1, 30)]
    for n, wait in enumerate(waits):
        middle = min(timedelta(minutes=5) * 2 ** min(n, 12), timedelta(hours=4))
        assert 0.79 * middle < wait < 1.21 * middle
    assert pace.backoff(3, "key") == pace.backoff(3, "key")
    assert len({pace.backoff(1, str(i)) for i in range(50)}) > 40


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("4.2.0 Greylisted, try again in 300 seconds", 300),
        ("please retry after 5 minutes", 300),
        ("Greylisted for 60 seconds", 60),
        ("try again in 1 hour", 3600),
        ("come back in 1 s", 5),
        ("try again in 90 hours", 4 * 3600),
        ("try again later", None),
        ("queue has 300 seconds of work", None),
        ("", None),
    ],
)
def test_a_time_that_a_server_names(text: str, seconds: int | None) -> None:
    """Understood in its usual forms, and kept within reason."""
    found = pace.asked_to_wait(text)
    assert found == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("rate", "seen", "size"),
    [(None, None, 64), (14, None, 14), (0.2, None, 1), (None, 5000, 256), (100, 20, 20), (5, 9, 6)],
)
def test_a_batch_is_about_a_second(rate: float | None, seen: float | None, size: int) -> None:
    """By the slower of the rate allowed and the rate seen; never over 256, never nothing."""
    assert abs(pace.batch_size(rate, seen) - size) <= 1
