"""A CSV file as rows of text with their lines: encoding, delimiter, quoting. Knows no address and no column.

Rule for this file: what would lose rows in silence refuses the file. One bad row costs that row; a quote that is never
closed, or an encoding that is guessed, could cost thousands.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from digest.errors import ListError

__all__ = ["Row", "read_table"]

Row = tuple[int, tuple[str, ...], str]
"""(line where it begins, cells, what is wrong with the row, or nothing)"""

# The UTF-32 mark begins as the UTF-16 one does; nobody writes lists in UTF-32.
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
DELIMITERS = ",;\t"
HEAD = 4096


def read_table(path: Path, name: str) -> Iterator[Row]:
    """Yield each record of a file; the file is open while that lasts. Raises ListError where it cannot be trusted.

    `name` stands for the file in what is said of it. UTF-8 with or without its mark, or UTF-16 with one.
    """
    try:
        with path.open("rb") as raw:
            encoding = _encoding(raw, name)
            with io.TextIOWrapper(raw, encoding=encoding, newline="") as text:
                yield from _records(text, name)
    except UnicodeDecodeError as exc:
        raise _undecodable(path, name, exc) from exc
    except OSError as exc:
        raise ListError(f"the list cannot be read: {exc.strerror}", file=name) from exc


def _encoding(raw: IO[bytes], name: str) -> str:
    head = raw.read(HEAD)
    raw.seek(0)
    for mark, encoding in MARKS:
        if head.startswith(mark):
            return encoding
    if head.count(0) * 4 > len(head):
        raise ListError("this is no text, or UTF-16 without its mark", file=name, hint="Save it as CSV in UTF-8.")
    return "utf-8"


def _undecodable(path: Path, name: str, exc: UnicodeDecodeError) -> ListError:
    """Find the line: the decoder knows only its place within a piece."""
    line = None
    if exc.encoding == "utf-8":
        with path.open("rb") as raw:
            line = next((number for number, octets in enumerate(raw, start=1) if not _is_utf8(octets)), None)
    return ListError(
        f"the list is not {exc.encoding.upper()}",
        file=name,
        line=line,
        hint="Save it as CSV in UTF-8; from Latin-1: iconv -f latin1 -t utf-8 OLD.csv > NEW.csv",
    )


def _is_utf8(octets: bytes) -> bool:
    try:
        octets.decode()
    except UnicodeDecodeError:
        return False
    return True


def _records(text: IO[str], name: str) -> Iterator[Row]:
    first = text.readline()
    text.seek(0)
    reader = csv.reader(text, delimiter=_delimiter(first), strict=True)
    line = 0
    while True:
        begins = line + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as exc:
            line = reader.line_num
            if line > begins or "end of data" in str(exc) or "limit" in str(exc):
                raise ListError(
                    f"a quote that is opened here is not closed where it should be ({exc})",
                    file=name,
                    line=begins,
                    hint='Close it; a quote inside a quoted cell is written twice (""). Nothing of the list was taken.',
                ) from exc
            yield begins, (), f"the quotes of this row are wrong ({exc})"
            continue
        line = reader.line_num
        if cells and (len(cells) > 1 or cells[0].strip()):
            yield begins, tuple(cells), ""


def _delimiter(line: str) -> str:
    """Choose the sign that separates the cells of a first line; quoted parts do not count."""
    outside = "".join(line.split('"')[::2])
    return max(DELIMITERS, key=outside.count)
