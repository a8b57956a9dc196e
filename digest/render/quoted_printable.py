"""Quoted-printable as mail wants it (RFC 2045 section 6.7), stricter than the standard library's.

Lines hold at most 75 characters, so that a soft break always still fits into 76; none begins with a dot or with
`From ` (dots and mbox files would change it on the way), none ends in a blank. Not here: header words (RFC 2047).
"""

from __future__ import annotations

import re

__all__ = ["SOFT_BREAK", "encode"]

SOFT_BREAK = b"=\r\n"

_WIDTH = 75
_HEX = [b"=%02X" % octet for octet in range(256)]
_UNSAFE = re.compile(rb"[^\t -<>-~]|[\t ]\Z")
_EQUALS = ord("=")


def encode(data: bytes) -> bytes:
    """Encode text; line ends of any kind become CRLF. What comes out may stand after any line end."""
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    return b"\r\n".join([_wrap(_UNSAFE.sub(_escape, line)) for line in lines])


def _escape(found: re.Match[bytes]) -> bytes:
    return _HEX[found[0][0]]


def _wrap(line: bytes) -> bytes:
    """Cut one encoded line with soft breaks, never within an escape."""
    pieces = []
    start = 0
    while True:
        guard = b""
        if line.startswith((b".", b"From "), start):
            guard = _HEX[line[start]]
            start += 1
        end = start + _WIDTH - len(guard)
        if end >= len(line):
            pieces.append(guard + line[start:])
            return SOFT_BREAK.join(pieces)
        if line[end - 1] == _EQUALS:
            end -= 1
        elif line[end - 2] == _EQUALS:
            end -= 2
        pieces.append(guard + line[start:end])
        start = end
