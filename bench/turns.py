"""Measuring fairly: variants run in turn (A B C A B C …), so that a noisy minute hits all of them alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter

from bench.table import Row, judged

__all__ = ["in_turn", "rows", "seconds_each", "several"]


def several(number: int, scale: float) -> int:
    """Scale a number of operations or rounds: tests run each benchmark with the smallest there are."""
    return max(1, round(number * scale))


def seconds_each(work: Callable[[int], None], times: int) -> float:
    """Time one batch: `work(times)` does the thing that often; gives the seconds of one."""
    begun = perf_counter()
    work(times)
    return (perf_counter() - begun) / times


def in_turn(
    variants: Mapping[str, Callable[[], float]], rounds: int, *, warm_up: bool = True
) -> dict[str, list[float]]:
    """Run each variant once a round; each gives the seconds of one operation. A round to warm up is dropped."""
    found: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(rounds + warm_up):
        for name, measure in variants.items():
            found[name].append(measure())
    return {name: seconds[warm_up:] for name, seconds in found.items()}


def rows(
    bench: str,
    found: Mapping[str, list[float]],
    reference: str,
    goals: Mapping[str, str] | None = None,
    *,
    means: str = "speed",
    unit: str = "/s",
) -> list[Row]:
    """Make a row of each variant: medians, and its time beside the reference's, paired by round.

    `found` holds the seconds of one operation. With `means` "speed" a ratio says how many times as fast as the
    reference, else how many times its time. `goals` gives for a variant what its ratio should be: ">= 1.5".
    """
    made = []
    for name, seconds in found.items():
        pairs = zip(seconds, found[reference], strict=True)
        ratio = median(its / mine if means == "speed" else mine / its for mine, its in pairs)
        goal = (goals or {}).get(name, "")
        low, value, high = min(seconds), median(seconds), max(seconds)
        if unit == "/s":
            low, value, high = 1 / high, 1 / value, 1 / low
        made.append(
            Row(
                bench=bench,
                what=name,
                value=value,
                low=low,
                high=high,
                unit=unit,
                ratio=ratio,
                means=means,
                reference=reference,
                goal=goal,
                met=judged(ratio, goal),
            )
        )
    return made
