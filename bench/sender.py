"""One sender in a process of its own: `python -m bench.sender KIND PORT COUNT …` prints what it took as JSON.

Imports, and making what is sent, come before the clock starts. Kinds: `digest` (the whole run of a frozen issue),
`unrecorded` (the same over a ledger that writes nothing down), `kept` (smtplib, one connection, message after
message), `readme` (yagmail as its README shows: `yag.send()` a mail).
"""

from __future__ import annotations

import argparse
import json
import os
import smtplib
import socket
import ssl
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from time import perf_counter, process_time

from bench import campaign, stamp
from bench.campaign import Relay, Sent
from bench.servers import cores
from digest.render.slots import Slot, mark

__all__ = ["KINDS", "command"]


def digest(options: argparse.Namespace) -> Sent:
    """The program itself."""
    return campaign.send(options.folder, _relay(options))


def unrecorded(options: argparse.Namespace) -> Sent:
    """The program without its ledger."""
    ledger = campaign.Forgetful(options.count, options.size)
    return campaign.send(Path(os.devnull), _relay(options), ledger=ledger)


def kept(options: argparse.Namespace) -> Sent:
    """smtplib's `sendmail` on one connection, its messages made ahead; Nagle is off, or TLS would stall."""
    stencil = stamp.stencil(stamp.issue(options.size))
    people = [person.address for person in campaign.people(options.count)]
    messages = [stencil.stamp(to=to, token="a" * 26, message_id=f"{i:032x}") for i, to in enumerate(people)]

    def work() -> None:
        with smtplib.SMTP("127.0.0.1", options.port) as smtp:
            if options.ca:
                smtp.starttls(context=ssl.create_default_context(cafile=options.ca))
            assert smtp.sock is not None
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for to, message in zip(people, messages, strict=True):
                smtp.sendmail("weekly@news.example.org", to, message)

    return _timed(options.count, work)


def readme(options: argparse.Namespace) -> Sent:
    """yagmail as its README shows: one `send` a mail."""
    import yagmail

    html = stamp.issue(options.size).html.replace(mark(Slot.TOKEN), "a" * 26).replace(mark(Slot.ADDRESS), "you")
    yag = yagmail.SMTP(
        "weekly@news.example.org",
        "secret",
        host="127.0.0.1",
        port=options.port,
        smtp_ssl=False,
        smtp_starttls=False,
        smtp_skip_login=options.skip_login,
    )

    def work() -> None:
        for person in campaign.people(options.count):
            yag.send(person.address, "The week", [html])

    return _timed(options.count, work)


KINDS: dict[str, Callable[[argparse.Namespace], Sent]] = {
    "digest": digest,
    "unrecorded": unrecorded,
    "kept": kept,
    "readme": readme,
}


def _relay(options: argparse.Namespace) -> Relay:
    return Relay(
        port=options.port,
        connections=options.connections,
        tls="starttls" if options.ca else "none",
        ca_file=str(options.ca or ""),
    )


def _timed(count: int, work: Callable[[], None]) -> Sent:
    began, used = perf_counter(), process_time()
    work()
    seconds, cpu = perf_counter() - began, process_time() - used
    return Sent(messages=count, seconds=seconds, cpu=cpu, peak=campaign.peak())


def command(kind: str, port: int, count: int, **more: object) -> list[str]:
    """The command line of one sender."""
    words = [f"--{name.replace('_', '-')}={value}" for name, value in more.items() if value not in (None, False)]
    words = [word.removesuffix("=True") for word in words]
    return [sys.executable, "-m", "bench.sender", kind, str(port), str(count), *words]


def main() -> None:
    """Send, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=sorted(KINDS))
    parser.add_argument("port", type=int)
    parser.add_argument("count", type=int)
    parser.add_argument("--size", type=int, default=stamp.SIZE)
    parser.add_argument("--connections", type=int, default=10)
    parser.add_argument("--folder", type=Path, help="of the frozen issue")
    parser.add_argument("--ca", type=Path, help="STARTTLS, trusting this authority")
    parser.add_argument("--skip-login", action="store_true")
    options = parser.parse_args()
    if len(cores()) > 1:
        os.sched_setaffinity(0, {cores()[0]})
    print(json.dumps(asdict(KINDS[options.kind](options))))


if __name__ == "__main__":
    main()
