"""Measuring fairly: variants run in turn (A B C A B C …), so that a noisy minute hits all of them alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter

from bench.table import Row

__all__ = ["in_turn", "rows", "seconds_each"]


def seconds_each(work: Callable[[int], None], times: int) -> float:
    """Time one batch: `work(times)` does the thing that often; gives the seconds of one."""
    begun = perf_counter()
    work(times)
    return (perf_counter() - begun) / times


def in_turn(variants: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Run each variant once a round; each gives the seconds of one operation. A first round warms up and is dropped."""
    found: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(rounds + 1):
        for name, measure in variants.items():
            found[name].append(measure())
    return {name: seconds[1:] for name, seconds in found.items()}


def rows(
    bench: str, found: Mapping[str, list[float]], reference: str, goals: Mapping[str, tuple[str, float]] | None = None
) -> list[Row]:
    """Make a row of each variant: medians, and its time against the reference's, paired by round.

    `goals` gives for a variant ("<=" or ">=", ratio); a ratio is how often the reference fits into the variant's time.
    """
    made = []
    for name, seconds in found.items():
        ratio = median(mine / its for mine, its in zip(seconds, found[reference], strict=True))
        sign, limit = (goals or {}).get(name, ("", 0.0))
        made.append(
            Row(
                bench=bench,
                what=name,
                rate=1 / median(seconds),
                low=1 / max(seconds),
                high=1 / min(seconds),
                ratio=ratio,
                reference=reference,
                goal=f"{sign} {limit:g}" if sign else "",
                met=(ratio <= limit if sign == "<=" else ratio >= limit) if sign else None,
            )
        )
    return made
