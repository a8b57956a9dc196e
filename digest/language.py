"""Languages: message catalogues (gettext), dates, plurals and directions. What a reader sees of the frame is said here.

Message ids are the English sentences themselves, so English needs no catalogue. Translations are the .po files of
`digest/locales/`; they are compiled in memory when first asked for, so that there is no build step to forget.
No text of a post, a template or a page lives here.
"""

from __future__ import annotations

import gettext
import io
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from babel import Locale

__all__ = ["Language", "available", "direction", "language", "speaks", "tidy"]

LOCALES = Path(__file__).parent / "locales"
NBSP = "\N{NO-BREAK SPACE}"
RIGHT_TO_LEFT = frozenset({"Adlm", "Arab", "Hebr", "Mand", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa"})
RIGHT_TO_LEFT_TAGS = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "iw", "ks", "ps", "sd", "syr", "ug", "ur", "yi"})
# Scripts whose newspapers set headings in a serif like Georgia, and that have capitals to set labels in.
SERIF_SCRIPTS = frozenset({"Latn", "Cyrl", "Grek"})
# Quotation marks, outer and inner, as newspapers of the language set them. English ones where a language is not named.
QUOTES = {
    "en": "“”‘’",
    "de": "„“‚‘",
    "de-CH": "«»‹›",
    "ar": "«»“”",
    "cs": "„“‚‘",
    "da": "»«›‹",
    "es": "«»“”",
    "fr": "«»“”",
    "he": "”“’‘",
    "it": "«»“”",
    "ja": "「」『』",
    "nl": "“”‘’",
    "pl": "„”«»",
    "pt": "“”‘’",
    "ru": "«»„“",
    "sv": "””’’",
    "uk": "«»„“",
    "zh": "“”‘’",
}
SPACED = frozenset({"fr"})  # a narrow no-break space stands inside the marks
SPECIAL = {"en": "en_001"}  # bare English says nothing of the United States: days come before months


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One language as the frame of a mail or a page speaks it. Made by `language`, never by hand."""

    tag: str  # BCP 47, as the content says it
    catalogue: str  # the catalogue that its words come from; "en" where there is none
    dir: str  # ltr | rtl
    script: str  # ISO 15924
    _locale: Locale = field(repr=False, compare=False)
    _messages: gettext.NullTranslations = field(repr=False, compare=False)

    @property
    def serif(self) -> bool:
        """True where headings in a serif are the habit, and labels may stand in capitals."""
        return self.script in SERIF_SCRIPTS

    def text(self, message: str, **values: Any) -> str:
        """Say a message, with its named values filled in."""
        said = self._messages.gettext(message)
        return said.format(**values) if values else said

    def plural(self, one: str, many: str, count: int, **values: Any) -> str:
        """Say a message that counts; `{count}` is filled in by the locale's digits."""
        said = self._messages.ngettext(one, many, count)
        return said.format(count=self.number(count), **values)

    def quotes(self, depth: int = 0) -> tuple[str, str]:
        """Give the marks around a quotation; an odd `depth` is a quotation within one."""
        parts = self.tag.split("-")
        names = (f"{parts[0].lower()}-{'-'.join(parts[1:]).upper()}", parts[0].lower(), "en")
        marks = next(QUOTES[name] for name in names if name in QUOTES)
        first, last = (marks[2], marks[3]) if depth % 2 else (marks[0], marks[1])
        gap = "\N{NARROW NO-BREAK SPACE}" if parts[0].lower() in SPACED and first == "«" else ""
        return first + gap, gap + last

    def number(self, value: int) -> str:
        """Write a whole number with the locale's grouping."""
        from babel.numbers import format_decimal

        return str(format_decimal(value, locale=self._locale))

    def day(self, day: date, *, short: bool = False, year: bool = False) -> str:
        """Write a calendar day ("20 November"; short "20 Nov"), held together by no-break spaces."""
        from babel.dates import format_date, format_skeleton

        if year and not short:
            return str(format_date(day, "long", locale=self._locale)).replace(" ", NBSP)
        skeleton = "yMMMd" if year else "MMMd" if short else "MMMMd"
        return str(format_skeleton(skeleton, day, locale=self._locale)).replace(" ", NBSP)

    def weekday(self, number: int) -> str:
        """Name a day of the week; Monday is 0."""
        from babel.dates import get_day_names

        return str(get_day_names("wide", "format", self._locale)[number])


def available() -> tuple[str, ...]:
    """List the languages whose words are at hand, English first."""
    return "en", *sorted(path.stem for path in LOCALES.glob("*.po"))


def speaks(tag: str) -> bool:
    """True where the words of a language are at hand, its own or of the wider one (de-AT: German)."""
    parts = tag.strip().replace("_", "-").split("-")
    names = ["_".join(parts[:n]) for n in range(len(parts), 0, -1)]
    return parts[0].lower() == "en" or any(_file(name) is not None for name in names)


def tidy(tag: str) -> str:
    """Write a tag as RFC 5646 section 2.1.1 recommends: de-AT, sr-Latn-RS. It means the same in any case."""
    first, *others = tag.strip().replace("_", "-").split("-")
    spelled = (p.title() if len(p) == 4 and p.isalpha() else p.upper() if len(p) == 2 else p.lower() for p in others)
    return "-".join((first.lower(), *spelled))


def direction(tag: str) -> str:
    """Say in which direction a language is written: `ltr` or `rtl`."""
    parts = tag.replace("_", "-").split("-")
    scripts = [p.title() for p in parts[1:] if len(p) == 4 and p.isalpha()]
    right = scripts[0] in RIGHT_TO_LEFT if scripts else parts[0].lower() in RIGHT_TO_LEFT_TAGS
    return "rtl" if right else "ltr"


@lru_cache(maxsize=64)
def language(tag: str) -> Language:
    """Find the language of a tag. Words fall back part by part (de-AT, de, English), dates to the nearest locale."""
    wanted = tag.strip().replace("_", "-") or "en"
    parts = wanted.split("-")
    names = ["_".join(parts[:n]) for n in range(len(parts), 0, -1)]
    catalogue = next((n for n in names if n == "en" or _file(n) is not None), "en")
    locale = _locale(names)
    return Language(
        tag=wanted,
        catalogue=catalogue,
        dir=direction(wanted),
        script=_script(parts, locale),
        _locale=locale,
        _messages=_catalogue(catalogue),
    )


def _file(name: str) -> Path | None:
    found = [p for p in LOCALES.glob("*.po") if p.stem.lower() == name.lower()]
    return found[0] if found else None


def _locale(names: list[str]) -> Locale:
    from babel import Locale, UnknownLocaleError

    for name in [*names, "en"]:
        try:
            return Locale.parse(SPECIAL.get(name.lower(), name))
        except (UnknownLocaleError, ValueError):
            continue
    raise AssertionError("Babel knows English")


def _script(parts: list[str], locale: Locale) -> str:
    """The script as written in the tag, else the one that CLDR holds the likeliest."""
    from babel.core import get_global

    for part in parts[1:]:
        if len(part) == 4 and part.isalpha():
            return part.title()
    likely = str(get_global("likely_subtags").get(parts[0].lower(), "")).split("_")
    return next((p for p in likely[1:] if len(p) == 4), locale.script or "Latn")


@lru_cache(maxsize=16)
def _catalogue(name: str) -> gettext.NullTranslations:
    path = _file(name)
    if path is None:
        return gettext.NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with path.open("rb") as file:
        catalogue = read_po(file, locale=name, domain="digest")
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
