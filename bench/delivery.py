"""Whole runs of `digest` into a sink, beside smtp-source, a kept smtplib loop and yagmail as its README shows.

Every sender is a process of its own on the first core, every sink one on the last; the clock runs from the beginning of
a run to its report (imports and freezing come before it). With a round-trip time the cost of a message is the
difference between a long run and a short one: sign-ins and the opening of connections cancel out.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from bench import campaign, sender, servers, stamp
from bench.table import Row
from bench.turns import in_turn, rows, several

__all__ = ["Prepared", "child", "run", "smtp_source"]

SMALL = 8_211
ROUNDS = 5
TRIPS = (0.020, 0.100)  # seconds, there and back

DIGEST, UNRECORDED, KEPT, README = "digest", "digest, no ledger", "smtplib kept, 1 connection", "yagmail README loop"
SOURCE = "smtp-source -d -s 10"


def child(kind: str, port: int, count: int, **more: object) -> campaign.Sent:
    """Run one sender in a process of its own."""
    done = subprocess.run(
        sender.command(kind, port, count, **more),
        env=servers.environment(),
        cwd=servers.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"the sender {kind} failed:\n{done.stdout}{done.stderr}")
    return campaign.Sent(**json.loads(done.stdout.splitlines()[-1]))


def smtp_source(port: int, count: int, size: int, sessions: int = 10) -> float:
    """Let Postfix's generator send, one command a round trip; gives the seconds of a message."""
    program = servers.postfix("smtp-source")
    assert program is not None
    options = [
        "-d",
        "-s",
        str(sessions),
        "-l",
        str(size),
        "-m",
        str(count),
        "-f",
        "a@example.org",
        "-t",
        "b@example.net",
    ]
    first = servers.cores()[0]
    began = perf_counter()
    subprocess.run(
        [program, *options, f"inet:127.0.0.1:{port}"],
        check=True,
        stdout=subprocess.DEVNULL,
        preexec_fn=lambda: os.sched_setaffinity(0, {first}),
    )
    return (perf_counter() - began) / count


class Prepared:
    """Frozen issues, made once a size and count; each run gets a copy of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._runs = 0

    def send(self, port: int, count: int, size: int, **more: object) -> campaign.Sent:
        """Send one of them whole."""
        made = self._folder / f"{count}-{size}"
        if not made.exists():
            made.mkdir()
            campaign.prepare(made, count, size)
        self._runs += 1
        folder = self._folder / f"run-{self._runs}"
        shutil.copytree(made, folder)
        os.sync()  # the copy's own writes are not this run's to wait for
        try:
            return child("digest", port, count, folder=folder, size=size, **more)
        finally:
            shutil.rmtree(folder)


@contextmanager
def _prepared() -> Iterator[Prepared]:
    with tempfile.TemporaryDirectory(prefix="digest-bench-") as folder:
        yield Prepared(Path(folder))


def run(scale: float = 1.0, full: bool = False) -> list[Row]:
    """Measure all; what cannot be run here is said, and the next reference stands in."""
    if not servers.has_compiler():
        print("no C compiler: the discarding sink is Python here, and limits every rate")
    if not servers.has_postfix():
        print(f"no smtp-source (Debian: apt-get install postfix): the reference is {KEPT!r} instead")
    with _prepared() as prepared:
        made = _discarded(prepared, stamp.SIZE, scale) + _discarded(prepared, SMALL, scale)
        if servers.has_postfix():
            made += _parsed(prepared, scale)
        made += _starttls(prepared, scale)
        for trip in TRIPS:
            made += _at_a_distance(trip, scale)
        return made


def _seconds(send: Callable[[], campaign.Sent]) -> Callable[[], float]:
    def measure() -> float:
        sent = send()
        return sent.seconds / sent.messages

    return measure


def _discarded(prepared: Prepared, size: int, scale: float) -> list[Row]:
    """Loopback, 10 connections, a sink that only discards."""
    many, few, mails = several(20_000, scale), several(2_000, scale), several(6, scale)
    with servers.discarding() as port:
        variants = {
            DIGEST: _seconds(lambda: prepared.send(port, many, size)),
            UNRECORDED: _seconds(lambda: child("unrecorded", port, many, size=size)),
            KEPT: _seconds(lambda: child("kept", port, few, size=size)),
            README: _seconds(lambda: child("readme", port, mails, size=size)),
        }
        if servers.has_postfix():
            variants = {SOURCE: lambda: smtp_source(port, many, size), **variants}
        found = in_turn(variants, several(ROUNDS, scale), warm_up=False)
    octets = f"{size / 1000:.0f} KB"
    what = f"discard {octets}"
    goals = {DIGEST: ">= 1.5" if size == stamp.SIZE else ">= 2"}
    made = rows(what, found, SOURCE if SOURCE in found else KEPT, goals if SOURCE in found else {})
    pair = {UNRECORDED: found[UNRECORDED], DIGEST: found[DIGEST]}
    made += _renamed(rows(what, pair, UNRECORDED, {DIGEST: "<= 1.25"}, means="time")[1:], "digest, with its ledger")
    if size == stamp.SIZE:
        pair = {README: found[README], DIGEST: found[DIGEST]}
        made += _renamed(rows(what, pair, README, {DIGEST: ">= 500"})[1:], "digest, with its ledger")
    return made


def _parsed(prepared: Prepared, scale: float) -> list[Row]:
    """Postfix's sink, which parses every line."""
    many = several(8_000, scale)
    with servers.smtp_sink() as port:
        found = in_turn(
            {
                SOURCE: lambda: smtp_source(port, many, stamp.SIZE),
                DIGEST: _seconds(lambda: prepared.send(port, many, stamp.SIZE)),
                UNRECORDED: _seconds(lambda: child("unrecorded", port, many)),
            },
            several(ROUNDS, scale),
            warm_up=False,
        )
    made = rows("smtp-sink 45 KB", found, SOURCE, {DIGEST: ">= 1.1"})
    pair = {UNRECORDED: found[UNRECORDED], DIGEST: found[DIGEST]}
    ledger = rows("smtp-sink 45 KB", pair, UNRECORDED, {DIGEST: "<= 1.02"}, means="time")[1:]
    return made + _renamed(ledger, "digest, with its ledger")


def _starttls(prepared: Prepared, scale: float) -> list[Row]:
    """STARTTLS with a verified certificate beside plain text, and beside smtplib without Nagle."""
    many, few = several(10_000, scale), several(2_000, scale)
    with tempfile.TemporaryDirectory() as folder:
        certificate = servers.certificate(Path(folder))
        with servers.discarding() as plain, servers.discarding(certificate) as secure:
            found = in_turn(
                {
                    "digest, plain": _seconds(lambda: prepared.send(plain, many, stamp.SIZE)),
                    "digest": _seconds(lambda: prepared.send(secure, many, stamp.SIZE, ca=certificate[0])),
                    KEPT: _seconds(lambda: child("kept", secure, few, ca=certificate[0])),
                },
                several(ROUNDS, scale),
                warm_up=False,
            )
    what = "STARTTLS 45 KB"
    pair = {KEPT: found.pop(KEPT), "digest": found["digest"]}
    return rows(what, found, "digest, plain", {"digest": ">= 0.3"}) + rows(what, pair, KEPT, {"digest": ">= 10"})


def _at_a_distance(trip: float, scale: float) -> list[Row]:
    """With a round-trip time: what counts is how many of them a message takes."""
    few = several(3, scale)
    names = {1: "digest, 1 connection", 8: "digest, 8 connections"}
    once = "one message a round trip"
    with servers.discarding() as sink, servers.delayed(sink, trip) as port:

        def each(connections: int) -> float:
            short = several(int(0.5 / trip), scale) * connections

            def seconds(count: int) -> float:
                return child("unrecorded", port, count, connections=connections).seconds

            long = seconds(3 * short)
            more = long - seconds(short)
            return more / (2 * short) if more > 0 else long / (3 * short)  # the latter where tests have few

        found = in_turn(
            {
                once: lambda: servers.round_trip(port),
                **{name: lambda n=n: each(n) for n, name in names.items()},  # type: ignore[misc]  # n is bound
                README: _seconds(lambda: child("readme", port, few)),
            },
            several(3 if trip < 0.05 else 2, scale),
            warm_up=False,
        )
    what = f"round trip {1000 * trip:g} ms"
    pair = {README: found.pop(README), names[8]: found[names[8]]}
    made = rows(what, found, once, {names[1]: ">= 0.95", names[8]: ">= 7.6"})
    return made + rows(what, pair, README, {names[8]: ">= 50"} if trip < 0.05 else {})


def _renamed(made: list[Row], name: str) -> list[Row]:
    return [replace(row, what=name) for row in made]
