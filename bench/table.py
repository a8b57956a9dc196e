"""Rows of results: how they are printed, and kept as JSON."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["Row", "keep", "show"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measured thing. `ratio` is its cost as a multiple of the reference's, unless its `what` says otherwise."""

    bench: str
    what: str
    rate: float  # a second, median
    low: float
    high: float
    ratio: float
    reference: str
    goal: str = ""  # "<= 6", in terms of `ratio`
    met: bool | None = None  # None: no goal


def show(rows: Sequence[Row]) -> str:
    """Lay the rows out as a table: rate with its range, ratio to the reference, goal."""
    head = ("what", "a second", "[min-max]", "one takes", "x", "of", "goal", "")
    body = [
        (
            row.what,
            _number(row.rate),
            f"[{_number(row.low)}-{_number(row.high)}]",
            _time(1 / row.rate),
            f"{row.ratio:.3g}",
            row.reference,
            row.goal,
            {True: "met", False: "MISSED", None: ""}[row.met],
        )
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(head, *body, strict=True)]
    right = {1, 2, 3, 4}
    return "\n".join(
        "  ".join(
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in (head, *body)
    )


def keep(rows: Sequence[Row], path: Path) -> None:
    """Write the rows as JSON, with the machine they were taken on; rows of other benchmarks in the file stay."""
    machine = {"python": platform.python_version(), "system": platform.platform(), "machine": platform.machine()}
    fresh = {row.bench for row in rows}
    kept = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
    all_rows = [row for row in kept if row["bench"] not in fresh] + [asdict(row) for row in rows]
    path.write_text(json.dumps({**machine, "rows": all_rows}, indent=1) + "\n", encoding="utf-8")


def _number(value: float) -> str:
    for limit, sign in ((1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:.3g}{sign}"
    return f"{value:.3g}"


def _time(seconds: float) -> str:
    for limit, sign in ((1.0, "s"), (1e-3, "ms"), (1e-6, "us")):
        if seconds >= limit:
            return f"{seconds / limit:.3g} {sign}"
    return f"{seconds * 1e9:.3g} ns"
