"""Text from outside: no control characters, no noncharacters, no forged slots, balanced direction marks."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.render.text import clean, one_line


@pytest.mark.parametrize(
    ("written", "carried"),
    [
        ("plain", "plain"),
        ("cafe\u0301", "café"),
        ("a\x00b\x1bc\x7fd\x9fe", "abcde"),
        ("\ufefftext\ufffd", "text"),
        ("\ufdd0token\ufdd1", "token"),
        ("\U0001fffe\U0010ffffx", "x"),
        ("\ud800x", "x"),
        ("a\r\nb\rc\u2028d\x0be\x85f", "a\nb\nc\nd\ne\nf"),
        ("tab\tstays", "tab\tstays"),
        ("\u202eevil", "evil"),
        ("a \u2067b\u2069 c", "a \u2067b\u2069 c"),
        ("a \u2067b\u202c c", "a b c"),
        ("a\u2069b\n\u202bc\u202c", "ab\n\u202bc\u202c"),
    ],
)
def test_what_is_carried(written: str, carried: str) -> None:
    """Each line: what came, and what a mail may hold of it."""
    assert clean(written) == carried


def test_a_title_is_one_line() -> None:
    """White space collapses; a no-break space inside stays."""
    assert one_line("  a \n\n b\tc\xa0d \xa0") == "a b c\xa0d"


@given(st.text(alphabet=st.characters(), max_size=200))
def test_nothing_forbidden_gets_through(text: str) -> None:
    """Whatever comes: NFC, no control but tab and line feed, no noncharacter, and cleaning twice changes nothing."""
    done = clean(text)
    assert done == unicodedata.normalize("NFC", done) == clean(done)
    for char in done:
        code = ord(char)
        assert char in "\t\n" or unicodedata.category(char) not in ("Cc", "Cs")
        assert code & 0xFFFE != 0xFFFE
        assert not 0xFDD0 <= code <= 0xFDEF
