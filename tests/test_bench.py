"""The benchmarks run: each gives rows at the smallest scale there is. What they measure is nobody's test."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bench import __main__ as command
from bench import crowd, delivery, ledger, servers, stamp, startup
from bench.table import Row, judged, keep, show
from bench.turns import in_turn, rows

TINY = 0.002


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A round-trip time that tests can wait for."""
    monkeypatch.setattr(delivery, "TRIPS", (0.004,))


@pytest.mark.parametrize("bench", [stamp, ledger, startup, crowd, delivery], ids=lambda m: m.__name__)
def test_each_benchmark_gives_rows(bench: object) -> None:
    """Names, a range around the median, a ratio; a goal is judged."""
    made = bench.run(scale=TINY)  # type: ignore[attr-defined]
    assert made
    for row in made:
        assert row.low <= row.value <= row.high, row
        assert row.ratio > 0, row
        assert (row.met is None) is (row.goal == ""), row
    assert len(show(made).splitlines()) >= len(made) + 2


def test_without_postfix_and_a_compiler_the_next_reference_stands_in(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Said in a line each; nothing else is missing."""
    monkeypatch.setattr(servers, "postfix", lambda name: None)
    monkeypatch.setattr(servers, "_built", lambda tls: None)
    monkeypatch.setattr(delivery, "TRIPS", ())
    made = delivery.run(scale=TINY)
    said = capsys.readouterr().out
    assert "no smtp-source" in said
    assert "no C compiler" in said
    assert {row.reference for row in made if row.bench.startswith("discard")} >= {delivery.KEPT}


def test_the_command_keeps_what_it_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As JSON with the machine it was taken on; rows of other benchmarks stay in the file."""
    kept = tmp_path / "results.json"
    keep([row("older")], kept)
    assert command.main(["--only", "stamp", "--scale", str(TINY), "--json", str(kept)]) == 0
    assert "memcpy" in capsys.readouterr().out
    found = json.loads(kept.read_text(encoding="utf-8"))
    assert {r["bench"] for r in found["rows"]} == {"older", "stamp"}
    assert found["cores"]


def row(bench: str) -> Row:
    return Row(bench=bench, what="x", value=1, low=1, high=1, ratio=1, reference="y")


def test_a_goal_is_a_sign_and_a_number() -> None:
    """No goal: nothing is judged."""
    assert judged(1.6, ">= 1.5") is True
    assert judged(1.4, ">= 1.5") is False
    assert judged(6.1, "<= 6") is False
    assert judged(1.0, "") is None


def test_ratios_are_paired_by_round() -> None:
    """A slow minute that hits both leaves the ratio as it is."""
    found = in_turn({"a": iter([9.0, 1.0, 10.0]).__next__, "b": iter([9.0, 2.0, 20.0]).__next__}, 2)
    faster, slower = rows("x", found, "b"), rows("x", found, "a", {"b": "<= 2"}, means="time", unit="s")
    assert [r.ratio for r in faster] == [2.0, 1.0]
    assert [(r.ratio, r.met) for r in slower] == [(1.0, None), (2.0, True)]


@pytest.fixture(params=["C", "Python"])
def sink(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """The discarding sink with STARTTLS, in both of its languages: (port, authority)."""
    if request.param == "Python":
        monkeypatch.setattr(servers, "_built", lambda tls: None)
    elif servers._built(True) is None:
        pytest.skip("no C compiler, or no OpenSSL to build with")
    with ExitStack() as stack:
        certificate = servers.certificate(tmp_path)
        yield stack.enter_context(servers.discarding(certificate)), certificate[0]


def test_the_sink_looks_for_the_end_of_the_message_alone(sink: tuple[int, Path]) -> None:
    """However the octets are cut: a dot inside a line ends nothing, an empty message does, commands may come ahead."""
    said = b"EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"
    body = b"a.b\r\n..\r\n.c\r\nx.\r\n.\r\n"
    for size in (1, 3, 7, 1000):
        with socket.create_connection(("127.0.0.1", sink[0])) as line:
            line.settimeout(10)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            octets = said + body + b"DATA\r\n.\r\nQUIT\r\n"
            for start in range(0, len(octets), size):
                line.sendall(octets[start : start + size])
            with line.makefile("rb") as answers:
                codes = [answer[:4] for answer in answers]
        assert codes[0] == b"220 "
        assert b"250-" in codes
        assert codes[-7:] == [b"250 ", b"250 ", b"354 ", b"250 ", b"354 ", b"250 ", b"221 "]


def test_a_sender_speaks_starttls_to_it(sink: tuple[int, Path]) -> None:
    """With a certificate that is verified."""
    port, authority = sink
    assert delivery.child("unrecorded", port, 30, size=9_000, connections=2, ca=authority).messages == 30


def test_the_proxy_holds_octets_back(sink: tuple[int, Path]) -> None:
    """Each way costs half of the round trip; nothing is lost on it."""
    with servers.delayed(sink[0], 0.02) as port:
        sent = delivery.child("unrecorded", port, 4, size=9_000, connections=1)
    assert sent.messages == 4
    assert sent.seconds >= 4 * 0.02


def test_a_sender_that_fails_ends_the_benchmark_with_its_words() -> None:
    """No figure comes of a run that did not end well."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    with pytest.raises(SystemExit, match="unrecorded failed"):
        delivery.child("unrecorded", port, 1)


def test_nothing_in_the_bench_speaks_to_another_machine() -> None:
    """Its servers bind to this machine's own address."""
    shown = subprocess.run([sys.executable, "-m", "bench", "--help"], capture_output=True, text=True, check=True)
    assert "--full" in shown.stdout
    for path in Path(servers.__file__).parent.glob("*.py"):
        assert "0.0.0.0" not in path.read_text(encoding="utf-8")
