"""Tags: what is one, what is two."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.posts.tags import alias, meaning, split, unique


@pytest.mark.parametrize(("one", "other"), [("C", "C++"), ("NET", ".NET"), ("a", "b"), ("ο", "o"), ("R&D", "RD")])
def test_tags_that_differ_in_a_sign_are_two(one: str, other: str) -> None:
    """Only case, blank, `-`, `_` and `#` do not count."""
    assert meaning(one) != meaning(other)


@pytest.mark.parametrize(
    "tag",
    [
        "Machine Learning",
        "machine_learning",
        "#MachineLearning",
        "machine-learning",
        " MACHINE  learning ",
        "ＭachineLearning",
    ],
)
def test_one_tag_in_many_spellings(tag: str) -> None:
    """DESIGN 4: these are one."""
    assert meaning(tag) == "machinelearning"


def test_case_folds_as_unicode_has_it() -> None:
    """Straße and STRASSE are one; so are composed and decomposed letters, and Turkish letters stay themselves."""
    assert meaning("Straße") == meaning("STRASSE")
    assert meaning("Café") == meaning("Cafe\u0301")
    assert meaning("ı") != meaning("i")


@given(st.text())
def test_the_meaning_of_a_meaning_is_itself(text: str) -> None:
    """So that it can be stored."""
    assert meaning(meaning(text)) == meaning(text)


def test_an_alias_is_followed_once_and_by_meaning() -> None:
    """Circles end; what means the same then stands once, as it came first."""
    assert alias(["ml", "Machine Learning", "go"], [("ML", "machine learning"), ("machine learning", "ml")]) == (
        "machine learning",
        "ml",
        "go",
    )
    assert alias(["js", "JavaScript"], [("js", "JavaScript")]) == ("JavaScript",)
    assert unique(["A b", "a-b", " ", "c", "#"]) == ("A b", "c", "#")


@pytest.mark.parametrize(
    ("text", "at", "found"),
    [
        ("", ",", ()),
        (" , ,", ",", ()),
        ("machine learning, go,  ", ",", ("machine learning", "go")),
        ("machine learning", " ", ("machine", "learning")),
        ("a, b", " ", ("a", "b")),
    ],
)
def test_a_string_of_tags_is_split(text: str, at: str, found: tuple[str, ...]) -> None:
    """At commas, or at blanks where Jekyll does."""
    assert split(text, at) == found
