"""Text from outside made safe to carry: which characters a mail may hold. Every value passes here first."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["clean", "one_line"]

# C0 but tab and line feed, C1, U+FEFF, U+FFFD, surrogates, every noncharacter.
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ufffd\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + "".join(chr(plane << 16 | low) for plane in range(1, 17) for low in (0xFFFE, 0xFFFF))
    + "]"
)
LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
BIDI_OPEN = {"\u202a": "\u202c", "\u202b": "\u202c", "\u202d": "\u202c", "\u202e": "\u202c"} | {
    "\u2066": "\u2069",
    "\u2067": "\u2069",
    "\u2068": "\u2069",
}
BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """Make text safe to carry: NFC, no control characters, no noncharacters, bidi controls only where balanced.

    Line ends become line feeds. What is dropped could make clients clip a mail, mrml fail, or a slot be forged.
    """
    text = LINE_ENDS.sub("\n", text)
    text = unicodedata.normalize("NFC", FORBIDDEN.sub("", text))
    if not BIDI.search(text):
        return text
    return "\n".join(line if _balanced(line) else BIDI.sub("", line) for line in text.split("\n"))


def one_line(text: str) -> str:
    """Clean text and collapse its white space (no-break spaces stay)."""
    return " ".join(re.split(r"[ \t\n]+", clean(text))).strip(" \xa0")


def _balanced(line: str) -> bool:
    waiting: list[str] = []
    for sign in BIDI.findall(line):
        if sign in BIDI_OPEN:
            waiting.append(BIDI_OPEN[sign])
        elif not waiting or waiting.pop() != sign:
            return False
    return not waiting
