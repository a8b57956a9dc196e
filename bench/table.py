"""Rows of results: how they are printed, and kept as JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path

__all__ = ["Row", "judged", "keep", "show"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measured thing beside its reference.

    unit   of value, low and high: "/s" (a rate), "s" (a duration) or "MiB"
    means  what `ratio` says: "speed" (how many times as fast as the reference), "time", "memory" (how many times its
           cost) or any other words
    """

    bench: str
    what: str
    value: float  # the median
    low: float
    high: float
    unit: str = "/s"
    ratio: float
    means: str = "speed"
    reference: str
    goal: str = ""  # ">= 1.5", in terms of `ratio`; or in words
    met: bool | None = None  # None: no goal


def judged(ratio: float, goal: str) -> bool | None:
    """Say whether a ratio meets a goal like ">= 1.5" or "<= 6"; None where there is none."""
    if not goal:
        return None
    sign, limit = goal.split()
    return ratio >= float(limit) if sign == ">=" else ratio <= float(limit)


def show(rows: Sequence[Row]) -> str:
    """Lay the rows out as tables, one a benchmark: the value with its range, the ratio to the reference, the goal."""
    groups = groupby(rows, key=lambda row: row.bench)
    return "\n\n".join(f"{bench}\n{_table(list(group))}" for bench, group in groups)


def _table(rows: Sequence[Row]) -> str:
    head = ("  what", "median", "min-max", "ratio", "", "goal", "")
    body = [
        (
            f"  {row.what}",
            _with_unit(row.value, row.unit),
            f"[{_number(row.low, row.unit)}-{_number(row.high, row.unit)}]",
            f"{row.ratio:.3g}",
            f"{row.means} of {row.reference}",
            row.goal,
            {True: "met", False: "MISSED", None: ""}[row.met],
        )
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(head, *body, strict=True)]
    right = {1, 2, 3}
    return "\n".join(
        "  ".join(
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in (head, *body)
    )


def keep(rows: Sequence[Row], path: Path) -> None:
    """Write the rows as JSON, with the machine they were taken on; rows of other benchmarks in the file stay."""
    machine = {
        "python": platform.python_version(),
        "system": platform.platform(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
    }
    fresh = {row.bench for row in rows}
    kept = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
    all_rows = [row for row in kept if row["bench"] not in fresh] + [asdict(row) for row in rows]
    path.write_text(json.dumps({**machine, "rows": all_rows}, indent=1) + "\n", encoding="utf-8")


def _with_unit(value: float, unit: str) -> str:
    number = _number(value, unit)
    return f"{number} {unit}" if unit == "MiB" else f"{number}{unit}" if unit == "/s" else number


def _number(value: float, unit: str) -> str:
    if unit == "MiB":
        return f"{value:.1f}"
    if unit == "s":
        return _time(value)
    for limit, sign in ((1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:.3g}{sign}"
    return f"{value:.3g}"


def _time(seconds: float) -> str:
    for limit, sign in ((1.0, "s"), (1e-3, "ms"), (1e-6, "us")):
        if seconds >= limit:
            return f"{seconds / limit:.3g} {sign}"
    return f"{seconds * 1e9:.3g} ns"
