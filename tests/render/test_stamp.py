"""Stamping as the sending loop does it: many readers, one stencil from frozen bytes, and its cost."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Thread

import pytest

from bench import __main__ as command
from bench.stamp import SIZE, issue, stencil
from bench.table import Row, keep, show
from bench.turns import in_turn, rows, seconds_each
from digest.render import mime
from digest.render.slots import Stencil

PEOPLE = [(f"reader.{i}@example.net", f"t{i:025d}", f"{i:032x}") for i in range(300)]


def test_no_reader_sees_another() -> None:
    """Of many messages of one stencil, each holds its own token and address and nobody else's."""
    ready = stencil(issue(8_000))
    for to, token, identity in PEOPLE:
        data = ready.stamp(to=to, token=token, message_id=identity)
        mime.check(data, mail_from="weekly@news.example.org", rcpt_to=to)
        assert data.count(token.encode()) == 6
        assert data.count(b"@example.net") == data.count(to.encode()) == 3


def test_threads_may_stamp_one_stencil() -> None:
    """A stencil keeps nothing of its readers, so that connections may share it."""
    ready = stencil(issue(8_000))
    alone = [ready.stamp(to=to, token=token, message_id=identity) for to, token, identity in PEOPLE]
    found: list[list[bytes]] = []

    def work() -> None:
        found.append([ready.stamp(to=to, token=token, message_id=identity) for to, token, identity in PEOPLE])

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [alone] * 4


def test_what_was_frozen_stamps_the_same() -> None:
    """From the ledger's bytes come the bytes that were looked at."""
    ready = stencil(issue())
    again = Stencil.from_bytes(ready.to_bytes())
    to, token, identity = PEOPLE[7]
    data = ready.stamp(to=to, token=token, message_id=identity)
    assert again.stamp(to=to, token=token, message_id=identity) == data
    assert abs(len(data) - SIZE) < 1_000


def test_a_stamp_costs_little_more_than_a_copy() -> None:
    """At most 6 times a memcpy of the same octets, as the best of eleven rounds (the machine may be busy)."""
    ready = stencil(issue())
    size = len(ready.stamp(to="reader@example.net", token="a" * 26, message_id="b" * 32))
    source = bytearray(size)

    def stamps(times: int) -> None:
        for _ in range(times):
            ready.stamp(to="reader@example.net", token="a" * 26, message_id="b" * 32)

    def copies(times: int) -> None:
        for _ in range(times):
            bytes(source)

    found = in_turn({"copy": lambda: seconds_each(copies, 500), "stamp": lambda: seconds_each(stamps, 500)}, 11)
    assert min(found["stamp"]) <= 6 * min(found["copy"])


# ------------------------------------------------------------------------------------------------ the bench's frame


def test_rows_are_ratios_paired_by_round() -> None:
    """The median of each round's ratio, so that a slow round costs nobody; a goal is judged by it."""
    found = {"a": [1.0, 10.0, 1.0], "b": [2.0, 20.0, 3.0]}
    first, second = rows("x", found, "a", {"b": ("<=", 1.5), "a": (">=", 1)})
    assert (first.ratio, first.met, first.goal) == (1.0, True, ">= 1")
    assert (second.ratio, second.met, second.goal) == (2.0, False, "<= 1.5")
    assert (second.rate, second.low, second.high) == (1 / 3, 1 / 20, 1 / 2)
    table = show([first, second])
    assert "MISSED" in table
    assert "met" in table
    assert rows("x", found, "a")[0].met is None


def test_results_are_kept_by_benchmark(tmp_path: Path) -> None:
    """Running one again replaces its rows and leaves the others'."""
    file = tmp_path / "results.json"

    def row(bench: str, rate: float) -> Row:
        return Row(bench=bench, what="w", rate=rate, low=rate, high=rate, ratio=1.0, reference="w")

    keep([row("a", 1.0), row("b", 2.0)], file)
    keep([row("a", 3.0)], file)
    kept = json.loads(file.read_text(encoding="utf-8"))
    assert [(r["bench"], r["rate"]) for r in kept["rows"]] == [("b", 2.0), ("a", 3.0)]
    assert kept["python"]


@pytest.mark.parametrize(("rate", "shown"), [(2.0, "500 ms"), (0.5, "2 s"), (2e3, "500 us"), (2e6, "500 ns")])
def test_times_are_shown_in_their_unit(rate: float, shown: str) -> None:
    """Seconds down to nanoseconds."""
    table = show([Row(bench="a", what="w", rate=rate, low=rate, high=rate, ratio=1.0, reference="w")])
    assert shown in table


def test_the_command_finds_every_benchmark(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module with `run` is a benchmark; `--only` picks, and the numbers go where they are asked to."""
    assert "stamp" in command.found()
    assert not {"table", "turns"} & set(command.found())
    monkeypatch.setattr("bench.stamp.run", lambda: rows("stamp", {"a": [1.0]}, "a"))
    assert command.main(["--only", "stamp", "--json", str(tmp_path / "r.json")]) == 0
    assert "stamp: One reader's bytes" in capsys.readouterr().out
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["rows"][0]["what"] == "a"
