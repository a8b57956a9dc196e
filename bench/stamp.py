"""One reader's bytes of a 45 KB message: stamped, against a copy in memory and the standard library's way.

Goal (as ratios in one run): a stamp takes at most 6 times a memcpy of the same octets, and EmailMessage for each
person at least 500 times a stamp.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from html import escape
from itertools import cycle, islice

from bench.table import Row
from bench.turns import in_turn, rows, seconds_each, several
from digest.model import Rendered
from digest.render import mime, quoted_printable
from digest.render.slots import Slot, Stencil, mark
from digest.settings import Newsletter, Public, Sender, Site
from digest.testing import rendered

__all__ = ["SIZE", "issue", "run", "stencil"]

SIZE = 44_774  # octets: a lead and 19 cards with their text part
COPY = "memcpy of the same octets"
STAMP = "stamp"
EMAIL = "EmailMessage a person"
URL = "https://news.example.org"


def issue(size: int = SIZE) -> Rendered:
    """Make an issue whose finished message has about `size` octets, in both parts, with five slots."""
    token, address = mark(Slot.TOKEN), mark(Slot.ADDRESS)
    cards: list[str] = []
    lines: list[str] = []
    octets = 2_000  # header, frame and foot
    while octets < size:
        n = len(cards) + 1
        link = f"https://example.org/blog/2026/11/post-{n}/"
        what = f"What we learned in week {n} about small tools, für alle, die sie bauen und pflegen müssen."
        cards.append(
            f'<tr><td class="t" style="padding:10px 0;font:16px/25px sans-serif;color:#383b40"><a href="{link}" '
            f'style="color:#1c1d1f;text-decoration:none">A post about things, number {n}</a><br>{escape(what)}'
            "</td></tr>\n"
        )
        lines.append(f"A post about things, number {n}\n{what}\n{link}\n\n")
        octets += len(quoted_printable.encode(f"{cards[-1]}{lines[-1]}".encode()))
    foot = f'<p>Sent to {address}. <a href="{URL}/u/{token}">Unsubscribe</a> <a href="{URL}/p/{token}">Change</a></p>'
    return rendered(
        html=f"<!doctype html><html lang=en><body><table>{''.join(cards)}</table>{foot}</body></html>\n",
        text="".join(lines) + f"-- \nSent to {address}.\nUnsubscribe:\n{URL}/u/{token}\nChange:\n{URL}/p/{token}\n",
    )


def stencil(made: Rendered) -> Stencil:
    """Assemble an issue as the benchmarks send it."""
    return mime.assemble(
        made,
        newsletter=Newsletter(name="weekly", title="Example Weekly"),
        site=Site(name="Example Weekly"),
        sender=Sender(name="Example Weekly", address="weekly@news.example.org", unsubscribe="u@news.example.org"),
        public=Public(url=URL),
        issue_id="weekly-2026-11-27",
        date=datetime(2026, 11, 27, 8, 0, tzinfo=UTC),
    )


def run(scale: float = 1.0, full: bool = False) -> list[Row]:
    """Measure; every variant makes messages for the same thousand readers in turn."""
    rounds = several(7, scale)
    made = issue()
    ready = stencil(made)
    people = [(f"reader.{i}@example.net", f"{i:026d}", f"{i:032x}") for i in range(1_000)]
    hard = [(f"o'reader.{i}@example.net", token, identity) for i, (_, token, identity) in enumerate(people)]
    size = len(ready.stamp(to=people[0][0], token=people[0][1], message_id=people[0][2]))

    def stamps(readers: list[tuple[str, str, str]]) -> Callable[[int], None]:
        def work(times: int) -> None:
            stamp = ready.stamp
            for to, token, identity in islice(cycle(readers), times):
                stamp(to=to, token=token, message_id=identity)

        return work

    def copies(times: int) -> None:
        source = bytearray(size)
        for _ in range(times):
            bytes(source)

    def emails(times: int) -> None:
        for to, token, identity in islice(cycle(people), times):
            email_message(made, to, token, identity)

    def assembles(times: int) -> None:
        for _ in range(times):
            stencil(made)

    found = in_turn(
        {
            COPY: lambda: seconds_each(copies, several(20_000, scale)),
            STAMP: lambda: seconds_each(stamps(people), several(20_000, scale)),
            "stamp, every address with a sign to escape": lambda: seconds_each(stamps(hard), several(5_000, scale)),
            "assemble (once a variant)": lambda: seconds_each(assembles, several(20, scale)),
            EMAIL: lambda: seconds_each(emails, several(20, scale)),
        },
        rounds,
    )
    emails_alone = {STAMP: found[STAMP], EMAIL: found.pop(EMAIL)}
    return [
        *rows("stamp", found, COPY, {STAMP: "<= 6"}, means="time", unit="s"),
        *rows("stamp", emails_alone, STAMP, {EMAIL: ">= 500"}, means="time", unit="s")[1:],
    ]


def email_message(made: Rendered, to: str, token: str, identity: str) -> bytes:
    """Make the same message as the documentation of the standard library has it: an object for each person."""

    def filled(text: str, address: str) -> str:
        return text.replace(mark(Slot.TOKEN), token).replace(mark(Slot.ADDRESS), address)

    message = EmailMessage(policy=SMTP.clone(max_line_length=76))
    message["From"] = "Example Weekly <weekly@news.example.org>"
    message["To"] = to
    message["Subject"] = made.subject
    message["Date"] = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
    message["Message-ID"] = f"<{identity}@news.example.org>"
    message["List-Unsubscribe"] = f"<{URL}/u/{token}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(filled(made.text, to), cte="quoted-printable")
    message.add_alternative(filled(made.html, escape(to)), subtype="html", cte="quoted-printable")
    return message.as_bytes()
