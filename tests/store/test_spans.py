"""Who is in a batch, written as spans: nothing is lost on the way there and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.store.spans import from_spans, to_spans


@pytest.mark.parametrize(
    ("persons", "rows", "text"),
    [
        ([], None, "[]"),
        ([7], None, "[[0, 7, 1]]"),
        ([100, 101, 102], None, "[[0, 100, 3]]"),
        ([5, 9, 10], None, "[[0, 5, 1], [1, 9, 2]]"),
        ([3, 1, 2], None, "[[0, 3, 1], [1, 1, 2]]"),  # taken again first, then fresh ones
        ([10, 11, 13], [4, 5, 7], "[[4, 10, 2], [7, 13, 1]]"),
        ([10, 11], [4, 6], "[[4, 10, 1], [6, 11, 1]]"),  # together as persons, not as rows
    ],
)
def test_what_goes_up_together_is_one_span(persons: list[int], rows: list[int] | None, text: str) -> None:
    """Rows and persons both; nothing else."""
    assert to_spans(persons, rows) == text


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 40)), unique_by=(lambda p: p[0], lambda p: p[1])))
def test_there_and_back(pairs: list[tuple[int, int]]) -> None:
    """Whoever stands in whichever row is found there again."""
    assert from_spans(to_spans([person for _, person in pairs], [row for row, _ in pairs])) == dict(pairs)
    assert from_spans(to_spans([person for _, person in pairs])) == dict(enumerate(person for _, person in pairs))
