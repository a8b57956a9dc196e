"""How each generator makes a part of an address of a name or a title. Where the part goes is in `permalinks`.

A letter is what the generators call one: Unicode's letters and numbers, and the marks that belong to them (the vowel
signs of Hindi are marks, and `\\w` leaves them out).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

__all__ = ["made"]


@lru_cache(maxsize=512)
def _letter(sign: str) -> bool:
    return sign.isalnum() or unicodedata.category(sign)[0] == "M"


def _kept(text: str, others: str, instead: str = "") -> str:
    """The text with nothing but letters and `others`; what is neither becomes `instead`, a run of it once."""
    done: list[str] = []
    for sign in text:
        if sign in others or _letter(sign):
            done.append(sign)
        elif instead and done[-1:] != [instead]:
            done.append(instead)
    return "".join(done)


def _plain(name: str) -> str:
    """A name without blanks; all else stays."""
    return re.sub(r"\s+", "-", name.strip())


def _hugo(text: str) -> str:
    """A file's name or a folder's in an address of Hugo's: each blank a hyphen, signs out."""
    return re.sub(r"\s", "-", _kept(text.lower(), "./_#~@+- \t"))


def _hugo_words(text: str) -> str:
    """A slug or a title as Hugo writes it: blanks and plus signs beside a hyphen go into it."""
    kept = _kept(text.lower(), "./_#~@+- \t").strip(" \t+")
    return re.sub(r"[\s+-]+", lambda run: "-" * max(1, run[0].count("-")), kept)


def _hugo_title(text: str) -> str:
    return _hugo_words(text.replace("/", "-"))


def _jekyll(text: str) -> str:
    """Jekyll's `:title`: the name with its case, a hyphen for what an address cannot hold."""
    return _kept(text, "._~!$&'()+,;=@", "-").strip("-")


def _jekyll_low(text: str) -> str:
    """Jekyll's `:slug` and `:slugified_categories`: letters and hyphens, in lower case."""
    return _kept(text.lower(), "", "-").strip("-")


def _hexo(text: str) -> str:
    """What Hexo makes of a name that its pattern does not know, and of categories: no accents, hyphens for signs."""
    bare = "".join(c for c in unicodedata.normalize("NFD", text) if not "\u0300" <= c <= "\u036f")
    bare = re.sub(r"[\s~`!@#$%^&*()\-_+=\[\]{}|\\;:\"'<>,.?/]+", "-", unicodedata.normalize("NFC", bare))
    return bare.strip("-")


def _github(text: str) -> str:
    """Astro."""
    return _kept(text.lower(), "_- ").replace(" ", "-")


def _title(text: str) -> str:
    """Material for MkDocs."""
    kept = re.sub(r"[^\w\s-]", "", unicodedata.normalize("NFC", text)).strip().lower()
    return re.sub(r"\s", "-", kept)


def _ascii(text: str) -> str:
    """Zola and Nikola, and everyone's categories."""
    from slugify import slugify

    return str(slugify(text))


def _pelican(text: str) -> str:
    from slugify import slugify

    bare = re.sub(r"[^\w\s-]", "", unicodedata.normalize("NFC", text)).strip().lower()
    return str(slugify(bare, regex_pattern=r"[^-a-z0-9_]+"))


def _same(text: str) -> str:
    return text


WAYS: dict[str, Callable[[str], str]] = {
    "same": _same,
    "name": _plain,
    "hugo": _hugo,
    "hugo-words": _hugo_words,
    "hugo-title": _hugo_title,
    "jekyll": _jekyll,
    "jekyll-low": _jekyll_low,
    "hexo": _hexo,
    "github": _github,
    "title": _title,
    "words": _ascii,
    "pelican": _pelican,
}


@lru_cache(maxsize=2048)
def made(way: str, text: str) -> str:
    """Make a part of an address in one of the WAYS; empty where nothing of the text may stand in one."""
    return WAYS[way](text)
