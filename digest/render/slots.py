"""Slots: the holes of a message that differ from reader to reader, and the stencil that is stamped through them.

Here: how a slot is marked in rendered text, how a whole message stands as bytes with slots, how it is frozen, and how
one reader's bytes are made of it. Not here: what goes into the message (`mime`, `headers`).

In rendered HTML and text a slot is U+FDD0, its name, U+FDD1. Both are noncharacters, which are dropped from all input,
so that no post, name or setting can forge one.

Hard rule: a frozen stencil must be readable for ever. Never change format 1; a new format gets a new number and its own
reader beside the old one. Format 1 is, in octets:

    digest-stencil 1 LF
    then for each segment either   = LENGTH LF, LENGTH octets of the message, LF
                          or       + NAME LF             (a slot of that name)
    end LF

LENGTH is decimal ASCII. Octets of the message are what goes on the wire: CRLF, no dot ever due for stuffing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from html import escape
from operator import itemgetter

from digest.errors import Bug, StateRefused, TemplateError
from digest.render import quoted_printable

__all__ = ["CLOSE", "FORMAT", "IN_TEMPLATES", "OPEN", "Slot", "Stencil", "mark", "split"]

OPEN = "\ufdd0"
CLOSE = "\ufdd1"
FORMAT = 1


class Slot(StrEnum):
    """The slots there are. Their names are part of the frozen format; the order here is not."""

    TO = "to"  # the reader's address as it is, in the To field
    TOKEN = "token"  # noqa: S105 - the subscription's token: the same octets in headers and bodies
    MESSAGE_ID = "message-id"  # the left side of the Message-ID
    ADDRESS = "address"  # the reader's address in a quoted-printable text part
    ADDRESS_HTML = "address-html"  # the same in an HTML part: escaped first


IN_TEMPLATES = frozenset({Slot.TOKEN, Slot.ADDRESS})
"""The slots that a template may name."""

Segments = tuple[bytes | Slot, ...]

_MARK = re.compile(f"{OPEN}([^{OPEN}{CLOSE}]*){CLOSE}")
# What is itself in a header, in quoted-printable and in HTML, on a line of its own: nearly every address.
_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9_+-][A-Za-z0-9._+-]*@[A-Za-z0-9.-]+").fullmatch
# One address and nothing else: no control character, no bracket, no blank but in a quoted local part.
_ANY_ADDRESS = re.compile(
    r"""(?:"(?:[^"\\<>\x00-\x1f\x7f-\x9f]|\\[^<>\x00-\x1f\x7f-\x9f])+"|[^"<>()\[\],;:@\\\s\x00-\x20\x7f-\x9f]+)"""
    r"""@[^"<>()@,;\\\s\x00-\x20\x7f-\x9f]+"""
).fullmatch


def mark(slot: Slot) -> str:
    """Give the characters that stand for a slot in rendered text."""
    return f"{OPEN}{slot}{CLOSE}"


def split(text: str, known: frozenset[Slot] = IN_TEMPLATES) -> tuple[str | Slot, ...]:
    """Cut text at its slots: text, slot, text, slot, …, text. The texts may be empty; the first and last are texts.

    Raises TemplateError for a slot that is not `known`, and for a mark that is no whole slot.
    """
    pieces: list[str | Slot] = []
    for i, piece in enumerate(_MARK.split(text)):
        if i % 2 == 0:
            if OPEN in piece or CLOSE in piece:
                raise TemplateError(
                    "a slot mark was torn apart on its way through the template",
                    hint="write slots as {{ unsubscribe_url }} and the like, and pass them through no filter",
                )
            pieces.append(piece)
        elif piece in known:
            pieces.append(Slot(piece))
        else:
            raise TemplateError(
                f"the template uses a slot {piece!r}, which there is not here",
                hint="the slots are " + ", ".join(sorted(known)),
            )
    return tuple(pieces)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stencil:
    """A whole message as bytes with slots: literals and slots in turn, a literal first and last.

    It has exactly one To and one Message-ID slot; `Stencil.of` brings any run of segments into this shape.
    """

    segments: Segments
    _literals: tuple[bytes, ...] = field(init=False, repr=False, compare=False)
    _pick: Callable[[tuple[bytes, ...]], tuple[bytes, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        literals = self.segments[::2]
        holes = self.segments[1::2]
        shaped = len(literals) == len(holes) + 1 and all(isinstance(s, Slot) for s in holes)
        if not shaped or any(isinstance(s, Slot) for s in literals):
            raise Bug("a stencil is not literals and slots in turn")
        if any(holes.count(slot) != 1 for slot in (Slot.TO, Slot.MESSAGE_ID)):
            raise Bug("a stencil needs exactly one To and one Message-ID slot")
        count = len(literals)
        place = {slot: count + i for i, slot in enumerate(Slot)}
        order = [place[s] if isinstance(s, Slot) else i // 2 for i, s in enumerate(self.segments)]
        object.__setattr__(self, "_literals", literals)
        object.__setattr__(self, "_pick", itemgetter(*order))

    @classmethod
    def of(cls, segments: Iterable[bytes | Slot]) -> Stencil:
        """Build a stencil of segments in any order; neighbouring literals become one."""
        shaped: list[bytes | Slot] = []
        literal: list[bytes] = []
        for segment in segments:
            if isinstance(segment, Slot):
                shaped += [b"".join(literal), segment]
                literal = []
            else:
                literal.append(segment)
        shaped.append(b"".join(literal))
        return cls(segments=tuple(shaped))

    def stamp(self, *, to: str, token: str, message_id: str) -> bytes:
        """Make one reader's message: one join of ready segments, as the sending loop needs it.

        `to` is the envelope's address, `message_id` the left side of the Message-ID (its domain is in the stencil).
        A value that could start a header or change a line raises Bug: rosters and ids were checked long before.
        """
        if _PLAIN_ADDRESS(to) and len(to) <= 75:
            raw = text = html = to.encode()
        else:
            raw, text, html = _unusual_address(to)
        key, identity = token.encode("ascii", "replace"), message_id.encode("ascii", "replace")
        if not ((key + identity).isalnum() and 0 < len(key) <= 75 and identity):  # of octets, so ASCII alone
            raise Bug("a token or Message-ID to stamp is not made of letters and digits alone, or is too long")
        # in the order of Slot: to, token, message-id, address, address-html
        return b"".join(self._pick((*self._literals, raw, key, identity, text, html)))

    def to_bytes(self) -> bytes:
        """Give the frozen form (format 1, on top of this file)."""
        out = [b"digest-stencil %d\n" % FORMAT]
        for segment in self.segments:
            if isinstance(segment, Slot):
                out.append(b"+ %s\n" % segment.encode())
            else:
                out += [b"= %d\n" % len(segment), segment, b"\n"]
        return b"".join([*out, b"end\n"])

    @classmethod
    def from_bytes(cls, data: bytes) -> Stencil:
        """Read the frozen form back. Raises StateRefused where it is damaged, or frozen by a newer digest."""
        first, _, rest = data.partition(b"\n")
        if not re.fullmatch(rb"digest-stencil [0-9]{1,9}", first):
            raise StateRefused(
                "what the database holds as a frozen message is none", hint="restore the database from its last backup"
            )
        number = int(first[15:])
        if number != FORMAT:
            raise StateRefused(
                f"this issue was frozen in format {number}, and this digest reads format {FORMAT}",
                hint="go on with the version of digest that began it, or a newer one",
            )
        try:
            return cls(segments=tuple(_segments(rest)))
        except (ValueError, Bug) as exc:
            raise StateRefused(
                "a frozen message in the database is damaged", hint="restore the database from its last backup"
            ) from exc


def _segments(data: bytes) -> Iterable[bytes | Slot]:
    """Read the segments of format 1; any deviation is a ValueError."""
    at = 0
    while True:
        end = data.index(b"\n", at)
        line = data[at:end]
        at = end + 1
        if line == b"end":
            if at != len(data):
                raise ValueError("something follows the end")
            return
        if line.startswith(b"+ "):
            yield Slot(line[2:].decode("ascii"))
        elif re.fullmatch(rb"= [0-9]{1,12}", line):
            end = at + int(line[2:])
            if data[end : end + 1] != b"\n":
                raise ValueError("a literal is cut short")
            yield data[at:end]
            at = end + 1
        else:
            raise ValueError("neither literal, slot nor end")


def _unusual_address(address: str) -> tuple[bytes, bytes, bytes]:
    """The three forms of an address that is not plain: raw for To, quoted-printable for text and for HTML."""
    try:
        raw = address.encode()
    except UnicodeEncodeError as exc:
        raise Bug("an address to stamp is no text") from exc
    if not _ANY_ADDRESS(address):
        raise Bug("an address to stamp is not one address")
    return raw, quoted_printable.encode(raw), quoted_printable.encode(escape(address).encode())
