"""Tags and categories: when two of them are one, and how a string of them is split. No selection (see select)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

__all__ = ["alias", "meaning", "split", "unique"]

IGNORED = str.maketrans("", "", " \t\n\r\u00a0-_#\u2010\u2011\u2012\u2013\u2014")


def meaning(tag: str) -> str:
    """Say what a tag means: case, blank, `-`, `_` and `#` do not count, so `#MachineLearning` is `machine_learning`.

    Signs that carry a meaning stay: `C`, `C++` and `.NET` differ. `C#` and `C` do not.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", tag).casefold())
    return unicodedata.normalize("NFKC", "".join(folded.translate(IGNORED).split()))


def alias(tags: Iterable[str], aliases: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Put the meant tag for each that is written as an alias of it; what means the same then stands once.

    One step only: an alias of an alias is not followed, so that no circle can arise.
    """
    meant = {meaning(written): target for written, target in aliases}
    return unique(meant.get(meaning(tag), tag) for tag in tags)


def unique(tags: Iterable[str]) -> tuple[str, ...]:
    """Keep the first of each meaning, in order; empty ones go."""
    kept: dict[str, str] = {}
    for tag in tags:
        shown = " ".join(tag.split())
        if shown:
            kept.setdefault(meaning(shown) or shown, shown)
    return tuple(kept.values())


def split(text: str, at: str = ",") -> tuple[str, ...]:
    """Split a string of tags at commas, or at blanks where `at` is one (Jekyll); a stray comma goes with its blank."""
    parts = text.split() if at == " " else text.split(at)
    return tuple(p.strip(" \t\n,") for p in parts if p.strip(" \t\n,"))
