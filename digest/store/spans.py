"""Who is in a batch, in few words: rows and persons that go up together are one span. Knows no table.

A batch is nearly always one span: the people of an issue are claimed in the order of their rows. So a claim of 256
people is a dozen octets and not two thousand, which neither Python nor the disk has to write batch after batch.
"""

from __future__ import annotations

from collections.abc import Sequence

from digest.store.texts import pack, unpack

__all__ = ["from_spans", "to_spans"]


def to_spans(persons: Sequence[int], rows: Sequence[int] | None = None) -> str:
    """Write down which person stands in which row (0, 1, 2 … unless said): a JSON array of [row, person, how many]."""
    rows = range(len(persons)) if rows is None else rows
    breaks = [i for i in range(1, len(persons)) if persons[i] != persons[i - 1] + 1 or rows[i] != rows[i - 1] + 1]
    starts = [0, *breaks] if persons else []
    ends = [*breaks, len(persons)]
    return pack([[rows[i], persons[i], end - i] for i, end in zip(starts, ends, strict=False)])


def from_spans(text: str) -> dict[int, int]:
    """Read it back: the person of each row."""
    persons: dict[int, int] = {}
    for row, person, many in unpack(text):
        persons.update(zip(range(row, row + many), range(person, person + many), strict=True))
    return persons
