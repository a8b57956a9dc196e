"""Many readers beside 10,000: reading a changed list, freezing, the cost of a message, and memory.

100,000 readers, and with `--full` the million that the goals speak of. Reading, freezing and sending each run in a
process of its own, so that each one's memory is its own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

from bench import campaign, delivery, servers, stamp
from bench.table import Row, judged
from bench.turns import several
from digest.audience import tokens
from digest.pipeline import people

__all__ = ["run"]

MIB = 1 << 20
ROWS_A_SECOND = 25_000
MOST, MORE = 64, 4  # MiB


def run(scale: float = 1.0, full: bool = False) -> list[Row]:
    """Measure; every ratio is between two things of this run."""
    crowd = several(1_000_000 if full else 100_000, scale)
    few = several(10_000, scale)
    with tempfile.TemporaryDirectory(prefix="digest-bench-") as root, servers.discarding() as port:
        large = Path(root, "large")
        read = [_step("read", large, crowd) for _ in range(2)]  # the second time one more line has been added
        frozen = _step("freeze", large, crowd)
        prepared = delivery.Prepared(Path(root))
        small: list[campaign.Sent] = []
        for _ in range(several(3, scale)):
            small.append(prepared.send(port, few, stamp.SIZE))
        many = delivery.child("digest", port, crowd, folder=large)
        small += [prepared.send(port, few, stamp.SIZE) for _ in range(several(2, scale))]
    return [
        _reading(f"reading a list of {crowd:,} that is new", read[0], crowd),
        _reading("reading it again, changed by a line", read[1], crowd),
        _freezing(frozen, many, crowd),
        *_costs(small, many, few, crowd),
    ]


def _reading(what: str, took: dict[str, float], rows: int) -> Row:
    rate = rows / took["seconds"]
    ratio = rate / ROWS_A_SECOND
    return Row(
        bench="crowd",
        what=what,
        value=rate,
        low=rate,
        high=rate,
        ratio=ratio,
        reference=f"{ROWS_A_SECOND:,} rows a second",
        goal=">= 1",
        met=judged(ratio, ">= 1"),
    )


def _freezing(took: dict[str, float], sent: campaign.Sent, readers: int) -> Row:
    seconds = took["seconds"]
    ratio = seconds / sent.seconds
    return Row(
        bench="crowd",
        what=f"freezing {readers:,} once read",
        value=seconds,
        low=seconds,
        high=seconds,
        unit="s",
        ratio=ratio,
        means="time",
        reference="delivering them flat out (45 KB, discarding sink)",
        goal="<= 0.1",
        met=judged(ratio, "<= 0.1"),
    )


def _costs(small: list[campaign.Sent], many: campaign.Sent, few: int, crowd: int) -> list[Row]:
    each = [sent.cpu / sent.messages for sent in small]
    cost = many.cpu / many.messages
    ratio = cost / median(each)
    peaks = [sent.peak / MIB for sent in small]
    peak = many.peak / MIB
    above = peak - median(peaks)
    first = f"a message to one of {few:,}"
    common = partial(Row, bench="crowd", unit="s", means="CPU time", reference=first)
    memory = partial(Row, bench="crowd", unit="MiB", means="part")
    return [
        common(what=first, value=median(each), low=min(each), high=max(each), ratio=1.0),
        common(
            what=f"a message to one of {crowd:,}",
            value=cost,
            low=cost,
            high=cost,
            ratio=ratio,
            goal="<= 1.1",
            met=judged(ratio, "<= 1.1"),
        ),
        memory(
            what=f"peak memory, {few:,} recipients",
            value=median(peaks),
            low=min(peaks),
            high=max(peaks),
            ratio=median(peaks) / MOST,
            reference=f"{MOST} MiB",
        ),
        memory(
            what=f"peak memory, {crowd:,} recipients",
            value=peak,
            low=peak,
            high=peak,
            ratio=peak / MOST,
            reference=f"{MOST} MiB; {above:+.1f} MiB to the row above",
            goal=f"<= 1, and at most {MORE} MiB more",
            met=peak <= MOST and above <= MORE,
        ),
    ]


def _step(name: str, folder: Path, count: int) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.crowd", name, str(folder), str(count)],
        env=servers.environment(),
        cwd=servers.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stdout}{done.stderr}")
    took: dict[str, float] = json.loads(done.stdout)
    return took


# ---------------------------------------------------------------------------------------------- in a process of its own


def read(folder: Path, count: int) -> float:
    """Write the list (one line longer each time), then read it as `digest run` does; gives the seconds of reading."""
    lists = folder / "subscribers"
    lists.mkdir(parents=True, exist_ok=True)
    path = lists / "readers.csv"
    if path.exists():
        with path.open("a", encoding="utf-8") as file:
            file.write(f"one.more.{os.getpid()}@example.net,One More\n")
    else:
        with path.open("w", encoding="utf-8") as file:
            file.write("email,name\n")
            file.writelines(f"{person.address},Reader {person.line}\n" for person in campaign.people(count - 1))
    store = campaign.opened(folder)
    try:
        began = perf_counter()
        people.sync(store, lists, campaign.NEWSLETTER, tokens.keys(campaign.SECRET), campaign.NOW, [])
        return perf_counter() - began
    finally:
        store.close()


def freeze(folder: Path, count: int) -> float:
    """Freeze the issue for everyone; gives the seconds."""
    stencil = stamp.stencil(stamp.issue()).to_bytes()
    store = campaign.opened(folder)
    try:
        began = perf_counter()
        campaign.freeze(store, stencil)
        return perf_counter() - began
    finally:
        store.close()


STEPS: dict[str, Callable[[Path, int], float]] = {"read": read, "freeze": freeze}


def main() -> None:
    """Take one step, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=sorted(STEPS))
    parser.add_argument("folder", type=Path)
    parser.add_argument("count", type=int)
    options = parser.parse_args()
    seconds = STEPS[options.step](options.folder, options.count)
    print(json.dumps({"seconds": seconds, "peak": campaign.peak()}))


if __name__ == "__main__":
    main()
