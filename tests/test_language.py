"""Languages: fallback, plurals, dates, directions, and catalogues that say everything the code asks for."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from digest.language import LOCALES, available, direction, language

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


@pytest.mark.parametrize("path", sorted(LOCALES.glob("*.po")), ids=lambda p: p.stem)
def test_catalogues_say_all_of_it_with_the_same_names(path: Path) -> None:
    """No message is missing, fuzzy or without one of its names."""
    with path.open("rb") as file:
        catalogue = read_po(file, locale=path.stem)
    for message in catalogue:
        if not message.id:
            continue
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        one = message.id if isinstance(message.id, str) else message.id[0]
        assert any(forms), f"{one} is not translated"
        assert not message.fuzzy
        assert set(re.findall(r"\{(\w+)\}", "".join(forms))) == set(re.findall(r"\{(\w+)\}", one))


def test_every_message_of_the_look_is_translated_into_german() -> None:
    """What templates and the render room say stands in the catalogue (so do the pages, by a test of theirs)."""
    with (LOCALES / "de.po").open("rb") as file:
        known = {m.id if isinstance(m.id, str) else m.id[0] for m in read_po(file, locale="de")}
    said: set[str] = set()
    for path in [*(ROOT / "digest" / "render").glob("*.py"), *(ROOT / "templates").rglob("*.j2")]:
        said |= set(re.findall(r"\b(?:_|say|\.text|\.plural|text|plural)\(\s*\"([A-Z,][^\"]*)\"", path.read_text()))
    assert {"Read more", "Unsubscribe", "By {author}", ", and {count} more"} <= said
    assert said <= known
