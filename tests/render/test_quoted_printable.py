"""Quoted-printable: lines, escapes and what a mail server or an mbox file would change."""

from __future__ import annotations

import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.render.quoted_printable import encode


@pytest.mark.parametrize(
    ("given", "written"),
    [
        (b"", b""),
        (b"plain", b"plain"),
        (b"1 = 1", b"1 =3D 1"),
        ("é".encode(), b"=C3=A9"),
        (b"a\nb\r\nc\rd", b"a\r\nb\r\nc\r\nd"),
        (b"blank \ntab\t", b"blank=20\r\ntab=09"),
        (b".\n.dot\na.b", b"=2E\r\n=2Edot\r\na.b"),
        (b"From me\nFrom: you\nFromage", b"=46rom me\r\nFrom: you\r\nFromage"),
        (b"\0\x7f", b"=00=7F"),
        (b"x" * 75, b"x" * 75),
        (b"x" * 76, b"x" * 75 + b"=\r\nx"),
        (b"x" * 73 + b"=y", b"x" * 73 + b"=\r\n=3Dy"),
        (b"x" * 74 + b"=y", b"x" * 74 + b"=\r\n=3Dy"),
        (b"x" * 72 + b"=y", b"x" * 72 + b"=3D=\r\ny"),
        (b"x" * 75 + b".y", b"x" * 75 + b"=\r\n=2Ey"),
        (b"x" * 75 + b"From y", b"x" * 75 + b"=\r\n=46rom y"),
        (b"." + b"x" * 73, b"=2E" + b"x" * 72 + b"=\r\nx"),
    ],
)
def test_lines_are_written_so_that_nothing_changes_them(given: bytes, written: bytes) -> None:
    """Each rule of RFC 2045 section 6.7, and the two of ours (dot, From), at the edge where it begins."""
    assert encode(given) == written


@given(st.text(alphabet=st.sampled_from("a.=é \t\n\r🙂From "), max_size=400))
def test_any_text_comes_back_and_no_line_breaks_a_rule(text: str) -> None:
    """What is encoded decodes to itself with its line ends made one kind; lines keep every limit."""
    written = encode(text.encode())
    for line in written.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith((b".", b"From "))
        assert not line.endswith((b" ", b"\t"))
        assert line.isascii()
    read = quopri.decodestring(written).replace(b"\r\n", b"\n").decode()
    assert read == text.replace("\r\n", "\n").replace("\r", "\n")
