"""Languages: fallback, plurals, dates, directions, and catalogues that say everything the code asks for."""

from __future__ import annotations

import re
from datetime import date
from gettext import c2py
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from digest.language import LOCALES, available, direction, language, speaks, tidy

ROOT = Path(__file__).parent.parent
DAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("tag", "catalogue"),
    [
        ("en", "en"),
        ("en-US", "en"),
        ("de", "de"),
        ("de-AT", "de"),
        ("DE_ch", "DE"),
        ("ar", "ar"),
        ("fr", "en"),
        ("", "en"),
    ],
)
def test_words_fall_back_part_by_part(tag: str, catalogue: str) -> None:
    """de-AT speaks German; what has no catalogue speaks English; the tag stays what the content says."""
    found = language(tag)
    assert found.catalogue == catalogue
    assert found.tag == (tag.replace("_", "-") or "en")


@pytest.mark.parametrize("tag", ["xx-YY", "nonsense tag!!", "x", "-", "123"])
def test_no_tag_is_too_odd(tag: str) -> None:
    """A wrong tag in a file must not stop an issue."""
    assert language(tag).day(DAY) == "20\xa0November"


@pytest.mark.parametrize(
    ("tag", "long", "short", "with_year"),
    [
        ("en", "20 November", "20 Nov", "20 November 2026"),
        ("en-US", "November 20", "Nov 20", "November 20, 2026"),
        ("de", "20. November", "20. Nov.", "20. November 2026"),
        ("ar", "20 نوفمبر", "20 نوفمبر", "20 نوفمبر 2026"),
    ],
)
def test_dates_are_the_locales_own(tag: str, long: str, short: str, with_year: str) -> None:
    """Dates hold together by no-break spaces; bare English is nobody's America."""
    found = language(tag)
    assert found.day(DAY).replace("\xa0", " ") == long
    assert found.day(DAY, short=True).replace("\xa0", " ") == short
    assert found.day(DAY, year=True).replace("\xa0", " ") == with_year
    assert " " not in found.day(DAY, year=True)
    assert "2026" in found.day(DAY, year=True, short=True)


def test_plurals_are_the_languages_own() -> None:
    """English has two forms, Arabic six; the count is written by the locale."""
    more = (", and {count} more", ", and {count} more")
    assert language("en").plural(*more, 1) == ", and 1 more"
    assert language("en").plural(*more, 1200) == ", and 1,200 more"
    assert [language("de").plural(*more, n) for n in (1, 2)] == [" und 1 weiterer Beitrag", " und 2 weitere Beiträge"]
    assert len({language("ar").plural("{count} min read", "{count} min read", n) for n in (0, 1, 2, 3, 11)}) == 5


def test_values_are_not_formatted_again() -> None:
    """A name that holds braces is printed, not followed."""
    assert language("de").text("By {author}", author="{author.__class__}") == "Von {author.__class__}"
    assert language("en").text("Links") == "Links"


@pytest.mark.parametrize(
    ("tag", "side"),
    [
        ("ar", "rtl"),
        ("he-IL", "rtl"),
        ("fa", "rtl"),
        ("az-Arab", "rtl"),
        ("ar-Latn", "ltr"),
        ("en", "ltr"),
        ("zh-Hant", "ltr"),
    ],
)
def test_direction_follows_the_script(tag: str, side: str) -> None:
    """A script in the tag beats the language's usual one."""
    assert direction(tag) == side
    assert language(tag).dir == side


@pytest.mark.parametrize(
    ("tag", "serif"), [("en", True), ("ru", True), ("ar", False), ("zh", False), ("sr-Latn", True)]
)
def test_serifs_are_for_scripts_that_have_the_habit(tag: str, serif: bool) -> None:
    """Headings in Georgia, labels in capitals: Latin, Greek, Cyrillic."""
    assert language(tag).serif is serif


def test_weekdays_have_names() -> None:
    """Monday is 0."""
    assert [language(t).weekday(4) for t in ("en", "de")] == ["Friday", "Freitag"]


def test_english_stands_first() -> None:
    """English needs no catalogue; German comes with digest."""
    assert available()[0] == "en"
    assert "de" in available()


@pytest.mark.parametrize(
    ("tag", "outer", "inner"),
    [
        ("en", "“”", "‘’"),
        ("de", "„“", "‚‘"),
        ("de-AT", "„“", "‚‘"),
        ("de_ch", "«»", "‹›"),
        ("ar", "«»", "“”"),
        ("fr", "«\u202f\u202f»", "“”"),
        ("tlh", "“”", "‘’"),
    ],
)
def test_quotation_marks_are_the_language_s_own(tag: str, outer: str, inner: str) -> None:
    """The second pair stands within the first; a third quotation has the outer ones again."""
    found = language(tag)
    assert "".join(found.quotes()) == outer
    assert "".join(found.quotes(1)) == inner
    assert found.quotes(2) == found.quotes(0)


@pytest.mark.parametrize(
    ("tag", "words", "written"),
    [
        ("en", True, "en"),
        ("EN_us", True, "en-US"),
        ("de-AT", True, "de-AT"),
        ("AR", True, "ar"),
        ("sr-latn-rs", False, "sr-Latn-RS"),
        ("fr", False, "fr"),
        ("", False, ""),
        ("de-1996", True, "de-1996"),
    ],
)
def test_it_is_known_for_which_languages_there_are_words(tag: str, words: bool, written: str) -> None:
    """A wider language's words will do; a tag has one spelling."""
    assert speaks(tag) is words
    assert tidy(tag) == written


def entries(path: Path) -> dict[str, Message]:
    """The messages of a catalogue by their (first) id."""
    with path.open("rb") as file:
        catalogue = read_po(file, locale=path.stem, abort_invalid=True)
    return {m.id if isinstance(m.id, str) else m.id[0]: m for m in catalogue if m.id}


def said() -> set[str]:
    """Every message that templates and code ask for."""
    asked = re.compile(r"\b(?:_|say|\.text|\.plural|text|plural)\(\s*\"([A-Z,{][^\"]*)\"")
    folders = [(ROOT / "digest" / "render", "*.py"), (ROOT / "templates", "*.j2"), (ROOT / "digest" / "web", "*.html")]
    texts = [p.read_text(encoding="utf-8") for folder, kind in folders for p in folder.rglob(kind)]
    both = {"Also this week", "Also in this issue", *BY_HAND}
    return {found for text in texts for found in asked.findall(text)} | both


CATALOGUES = pytest.mark.parametrize("path", sorted(LOCALES.glob("*.po")), ids=lambda p: p.stem)
BY_HAND = ("Watch on {host}", "Listen on {host}", "View on {host}")  # chosen by a table in render.mailbody


def names(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


@CATALOGUES
def test_catalogues_say_all_of_it_and_nothing_else(path: Path) -> None:
    """No message is missing, fuzzy, empty, or asked for by nobody; both catalogues have the same ones."""
    known = entries(path)
    assert {"Read more", "Unsubscribe", "By {author}", ", and {count} more"} <= said()
    assert said() - known.keys() == set()
    assert known.keys() - said() == set()
    assert not [one for one, m in known.items() if m.fuzzy]
    assert not [one for one, m in known.items() if isinstance(m.string, str) and not m.string.strip()]


@CATALOGUES
def test_messages_keep_their_names(path: Path) -> None:
    """A translation fills in what the English sentence fills in, each once, and no other."""
    for one, message in entries(path).items():
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        for form in forms:
            assert names(form) <= names(one), one
            assert form.count("{") == form.count("}") == len(re.findall(r"\{\w+\}", form)), one
        if not isinstance(message.id, tuple):
            assert names(forms[0]) == names(one), one


@CATALOGUES
def test_each_plural_form_says_how_many(path: Path) -> None:
    """As many forms as the language has (Arabic: six); one that serves several numbers must say which it is. The rule
    of the file is CLDR's."""
    locale = Locale.parse(path.stem)
    with path.open("rb") as file:
        catalogue = read_po(file, locale=path.stem)
    rule = c2py(re.search(r"plural=(.*?);?$", catalogue.plural_forms)[1])  # type: ignore[index]
    numbers: dict[int, list[int]] = {}
    categories: dict[int, set[str]] = {}
    for n in range(1000):
        numbers.setdefault(rule(n), []).append(n)
        categories.setdefault(rule(n), set()).add(locale.plural_form(n))
    assert len(numbers) == catalogue.num_plurals
    assert all(len(found) == 1 for found in categories.values()), "a form mixes numbers that the language keeps apart"
    counted = [m for m in entries(path).values() if isinstance(m.id, tuple)]
    assert len(counted) >= 2
    for message in counted:
        assert len(message.string) == catalogue.num_plurals
        for form, served in numbers.items():
            if len(served) > 1:
                assert "{count}" in message.string[form], (message.id[0], form)
            elif served != [0]:
                assert message.string[form].strip(), (message.id[0], form)


def test_arabic_counts_in_six_ways() -> None:
    """None, one, two, a few, many, a hundred."""
    found = language("ar")
    told = [found.plural("{count} min read", "{count} min read", n) for n in (0, 1, 2, 3, 11, 100)]
    assert len(set(told)) == 6
    assert [str(n) in t for n, t in zip((3, 11, 100), told[3:], strict=True)] == [True] * 3


@CATALOGUES
def test_values_stay_values_in_every_language(path: Path) -> None:
    """Each message can be said with what the code gives it."""
    spoken = language(path.stem)
    for one, message in entries(path).items():
        values = {name: f"<{name}>" for name in names(one) - {"count"}}
        if isinstance(message.id, tuple):
            assert all("{" not in spoken.plural(one, message.id[1], n, **values) for n in (0, 1, 2, 5, 50, 100))
        else:
            shown = spoken.text(one, **values)
            assert all(value in shown for value in values.values())
