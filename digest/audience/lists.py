"""A list file as subscribers: which column is what, which rows are good, what to tell of the others.

Reads the file it is given and nothing else; a million rows pass one at a time. Who stands in it twice is found by the
roster, which has them all; `ListFile.duplicate` is where it says so.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from digest.audience.address import parse, plain
from digest.audience.table import Row, read_table
from digest.errors import DataError, ListError, Unfinished
from digest.model import Problem, Subscriber

__all__ = ["ListFile", "digest", "read"]

# Headers are compared in lower case, without blanks and dashes.
COLUMNS = {
    "email": "email",
    "emailaddress": "email",
    "emailadresse": "email",
    "mail": "email",
    "mailaddress": "email",
    "name": "name",
    "fullname": "name",
    "topics": "topics",
    "topic": "topics",
    "tags": "tags",
    "tag": "tags",
    "lang": "lang",
    "language": "lang",
}
# Another tool's column that says who must not be mailed. To read past it would mail people who left.
STATUS = re.compile(
    r"status|statut|estado|stato|subscri(bed|ption)status|subscribed|subscribedtoemails|unsub.*|opt(ed)?out.*"
    r"|bounced?|bouncedat|complain(t|ed)|cleantime|cleancampaign.*|blacklisted|blocklisted|emaildisabled|deletedat"
    r"|abgemeldet.*|abmelde.*|désabonn.*|desabonn.*|baja"
)
NOT_WORD = re.compile(r"[\W_]+")
SEPARATORS = re.compile(r"[,;|]")
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufdd0-\ufdef\ufffe\uffff]+")  # in a header they would start one
UNFIT = re.compile("[\x00\ufdd0-\ufdef\ufffe\uffff]+")
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
TOLD = 200  # problems that are told one by one


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """Where the cells of a row go."""

    email: int
    name: int | None
    topics: int | None
    tags: int | None
    lang: int | None
    attributes: tuple[tuple[int, str], ...]
    width: int


class ListFile:
    """A list being read: `rows` once, then `problems`. A bad row is left out and told; a bad file raises ListError.

    A file that somebody writes meanwhile is half a list: `rows` then ends with Unfinished.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._path, self.name = path, name
        self._stamp = _stamp(path)
        self.digest = digest(path, name)
        self._problems: list[Problem] = []
        self._untold = 0

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What there is to tell, in the order in which it was found; complete once `rows` has ended."""
        if not self._untold:
            return tuple(self._problems)
        more = Problem(line=None, message=f"and {self._untold} more of this list", severity="warning")
        return (*self._problems, more)

    @property
    def rows(self) -> Iterator[Subscriber]:
        """The good rows, one at a time."""
        table = read_table(self._path, self.name)
        columns: _Columns | None = None
        for line, cells, fault in table:
            if fault:
                self._tell(line, f"{fault}; it was left out")
            elif columns is None:
                columns = _columns(line, cells, self.name)
                if not _is_header(cells):
                    yield from self._row(columns, (line, cells, fault))
            else:
                yield from self._row(columns, (line, cells, fault))
        if _stamp(self._path) != self._stamp:
            raise Unfinished(
                "the list was written while it was read", file=self.name, hint="Nothing was done; the next run goes on."
            )

    def duplicate(self, line: int, first: int) -> None:
        """Take from the roster that a row names somebody who stands further up."""
        self._tell(line, f"the same person stands in line {first}; the first row counts", "warning")

    def _tell(self, line: int, message: str, severity: str = "error") -> None:
        if len(self._problems) < TOLD:
            self._problems.append(Problem(line=line, message=message, severity=severity))
        else:
            self._untold += 1

    def _row(self, columns: _Columns, row: Row) -> Iterator[Subscriber]:
        line, cells, _ = row
        if len(cells) != columns.width:
            if len(cells) > columns.width and any(cell.strip() for cell in cells[columns.width :]):
                self._tell(line, f"{len(cells)} cells, and {columns.width} columns: is a comma not quoted?", "warning")
            cells = cells[: columns.width] + ("",) * (columns.width - len(cells))
        text = cells[columns.email]
        address = plain(text)
        if address is not None:
            key = address.lower()
        else:
            if not any(cell.strip() for cell in cells):
                return
            try:
                found = parse(text)
            except DataError as exc:
                self._tell(line, f"{exc.message}; the row was left out")
                return
            address, key = found.address, found.key
        if columns.width == 1:
            yield Subscriber(address=address, key=key, line=line)
        else:
            yield self._subscriber(columns, line, cells, address, key)

    def _subscriber(self, columns: _Columns, line: int, cells: tuple[str, ...], address: str, key: str) -> Subscriber:
        return Subscriber(
            address=address,
            key=key,
            line=line,
            name="" if columns.name is None else self._name(line, cells[columns.name]),
            topics=() if columns.topics is None else _words(cells[columns.topics]),
            tags=() if columns.tags is None else _words(cells[columns.tags]),
            lang="" if columns.lang is None else self._language(line, cells[columns.lang]),
            attributes=tuple(
                (header, UNFIT.sub("", cells[place].strip())) for place, header in columns.attributes if cells[place]
            ),
        )

    def _name(self, line: int, cell: str) -> str:
        name = cell.strip()
        if CONTROL.search(name):
            self._tell(line, "the name holds line breaks or control characters, which were dropped", "warning")
            name = " ".join(CONTROL.sub(" ", name).split())
        return name

    def _language(self, line: int, cell: str) -> str:
        lang = cell.strip().replace("_", "-")
        if lang and not LANGUAGE.fullmatch(lang):
            self._tell(line, "the language is none (write en, de-AT …) and was dropped", "warning")
            return ""
        return lang


def read(path: Path, name: str = "") -> ListFile:
    """Begin to read a list file; `name` stands for it in what is told (the path unless given)."""
    return ListFile(path, name or str(path))


def digest(path: Path, name: str = "") -> str:
    """Give the digest of a list file's bytes: where it is the one last read, nothing has changed."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as exc:
        raise ListError(
            "there is no such list", file=name or str(path), hint="Make it: one column `email`, a row a reader."
        ) from exc
    except OSError as exc:
        raise ListError(f"the list cannot be read: {exc.strerror}", file=name or str(path)) from exc


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _words(cell: str) -> tuple[str, ...]:
    """Split topics or tags; of two spellings in upper and lower case the first stays."""
    if not cell:
        return ()
    found: dict[str, str] = {}
    for part in SEPARATORS.split(cell):
        word = " ".join(CONTROL.sub(" ", part).split())
        if word:
            found.setdefault(word.casefold(), word)
    return tuple(found.values())


def _meant(header: str) -> str:
    return NOT_WORD.sub("", header).lower()


def _is_header(cells: tuple[str, ...]) -> bool:
    return len(cells) > 1 or _meant(cells[0]) in COLUMNS


def _columns(line: int, cells: tuple[str, ...], name: str) -> _Columns:
    """Read the first row: the names of the columns, or, alone in its row, an address already."""
    places: dict[str, int] = {}
    attributes: list[tuple[int, str]] = []
    if not _is_header(cells):
        places["email"] = 0
    else:
        for place, cell in enumerate(cells):
            header = cell.strip().strip("\ufeff").strip()
            column = COLUMNS.get(_meant(header))
            if STATUS.fullmatch(_meant(header)):
                raise _status(line, header, name)
            if column in places:
                raise ListError(f"two columns are the {column}", file=name, line=line, hint="Keep one of them.")
            if column:
                places[column] = place
            elif header:
                attributes.append((place, header))
    if "email" not in places:
        raise ListError(
            "the first line has no column `email`",
            file=name,
            line=line,
            hint="Let it name the columns: email, and if you like name, topics, tags, lang.",
        )
    return _Columns(
        email=places["email"],
        name=places.get("name"),
        topics=places.get("topics"),
        tags=places.get("tags"),
        lang=places.get("lang"),
        attributes=tuple(attributes),
        width=len(cells),
    )


def _status(line: int, header: str, name: str) -> ListError:
    return ListError(
        f"the column `{header}` says who may be mailed, as other tools export it; a list does not read it",
        file=name,
        line=line,
        hint="Take out everybody who left, bounced or never confirmed, then the column; or give it another name.",
    )
