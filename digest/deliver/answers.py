"""A mail server's answers: octets cut into replies, and words made fit to be shown. What they mean is `outcome`'s.

The one reader of everything a relay says after sign-in: an answer may be long, late, in pieces, or none at all.
"""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["Answers", "Garbled", "plain"]

MOST_OCTETS = 65_536  # of one reply: RFC 5321 4.5.3.1.5 speaks of 512 a line; servers send more, none needs this much
KEPT_LINES = 50  # of a reply are kept as its text
KEPT_OCTETS = 4_096
CODES = {b"%d" % code: code for code in range(200, 600)}  # RFC 5321 4.2: no other may come
CONTROLS = dict.fromkeys((*range(10), *range(11, 32), *range(127, 160)), "?")  # a reply is shown on terminals


class Garbled(Exception):
    """The server's answer is none: the conversation cannot go on. The text says what came instead."""


class Answers:
    """Cut what the server says into replies; memory is bounded however long a reply gets."""

    __slots__ = ("_code", "_lines", "_octets", "_rest")

    def __init__(self) -> None:
        self._rest = b""
        self._code = 0
        self._lines: list[bytes] = []
        self._octets = 0

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Take what came and give each complete reply as (code, text with line feeds).

        Raises `Garbled` at the first that is none, after those before it were given: they count.
        """
        lines = (self._rest + data if self._rest else data).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            if line[3:4] == b" " and not self._code and (code := CODES.get(line[:3])):  # nearly always
                yield code, line[4:-1] if line[-1:] == b"\r" else line[4:]
            elif (reply := self._line(line)) is not None:
                yield reply
        if len(self._rest) > MOST_OCTETS:
            raise Garbled("a line of its answer does not end")

    @property
    def amid(self) -> bool:
        """True where a reply has begun and not ended."""
        return bool(self._rest) or self._code != 0

    def _line(self, line: bytes) -> tuple[int, bytes] | None:
        if line[-1:] == b"\r":
            line = line[:-1]
        number = CODES.get(line[:3])
        if number is None or line[3:4] not in (b"", b" ", b"-"):
            raise Garbled(f"it said {plain(line[:60])!r} where a reply code was due")
        if self._code not in (0, number):
            raise Garbled(f"one answer has two codes, {self._code} and {number}")
        if line[3:4] == b"-":
            self._keep(number, line)
            return None
        if not self._code:
            return number, line[4:]
        self._keep(number, line)
        text = b"\n".join(self._lines)
        self._code, self._lines, self._octets = 0, [], 0
        return number, text

    def _keep(self, number: int, line: bytes) -> None:
        self._code = number
        self._octets += len(line) + 2
        if self._octets > MOST_OCTETS:
            raise Garbled("its answer does not end")
        if len(self._lines) < KEPT_LINES:
            self._lines.append(line[4:])


def plain(text: bytes) -> str:
    """A server's words as text that no terminal obeys, cut to what is worth keeping."""
    words = text[:KEPT_OCTETS].decode("utf-8", "replace")
    return words if words.isprintable() else words.translate(CONTROLS).strip()
