"""From the files in subscribers/ to the roster: a file whose bytes changed is read once, and everyone gets a token."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain, islice
from pathlib import Path

from digest.audience import lists, tokens
from digest.errors import ListError
from digest.interfaces import Audience, Roster
from digest.model import Subscriber
from digest.settings import Newsletter

__all__ = ["audiences_in_files", "has_list", "keys_in_files", "list_file", "readers_in_files", "sync"]

LOOKED_AT = 2_000  # rows of a list that are looked through for readers to look as


def list_file(folder: Path, name: str) -> Path:
    """The file of a list; ListError says where it should be."""
    path = folder / f"{name}.csv"
    if not path.is_file():
        raise ListError(
            f'the list "{name}" has no file',
            file=str(path),
            hint="make it: a line `email`, then one address a line (example.csv shows more columns)",
        )
    return path


def sync(
    roster: Roster, folder: Path, newsletter: Newsletter, keys: tokens.Keys, now: datetime, told: list[str]
) -> None:
    """Bring each list of the newsletter into the roster if its bytes changed.

    What is wrong goes to `told`, a line each, as it is found: a list is read once, so it is told once, and also where
    the next list is refused.
    """
    for name in newsletter.lists:
        path = list_file(folder, name)
        told_as = f"{folder.name}/{path.name}"
        file = lists.read(path, told_as)
        if roster.list_digest(name) != file.digest:
            roster.replace_list(name, _somebody(file, told_as), file.digest, now, duplicate=file.duplicate)
            told += [f"{told_as}:{x.line}: {x.message}" if x.line else f"{told_as}: {x.message}" for x in file.problems]
    roster.enroll(newsletter.name, newsletter.lists, lambda who: tokens.token(keys.links, newsletter.name, who), now)


def _somebody(file: lists.ListFile, told_as: str) -> Iterator[Subscriber]:
    """The rows of a list; one without anybody is a mistake, which is told at every run and changes nothing here."""
    rows = file.rows
    first = next(rows, None)
    if first is None:
        wrong = next((f" (line {x.line}: {x.message})" for x in file.problems), "")
        raise ListError(f"the list holds nobody{wrong}", file=told_as, hint="add a line with an address")
    return chain((first,), rows)


def audiences_in_files(folder: Path, newsletter: Newsletter) -> tuple[Audience, ...]:
    """The audiences as the files stand, for looking without a ledger; lists that are not there count as empty."""
    found: Counter[tuple[tuple[str, ...], str]] = Counter()
    seen: set[str] = set()
    for name in newsletter.lists:
        path = folder / f"{name}.csv"
        if not path.is_file():
            continue
        for row in lists.read(path, f"{folder.name}/{path.name}").rows:
            if row.key not in seen:
                seen.add(row.key)
                found[row.topics, row.lang] += 1
    return tuple(Audience(topics=t, lang=g, people=n) for (t, g), n in found.most_common())


def readers_in_files(folder: Path, newsletter: Newsletter, audiences: Sequence[Audience], most: int) -> tuple[str, ...]:
    """A few addresses of these audiences, from the top of the files: people to look as."""
    wanted = {(a.topics, a.lang) for a in audiences}
    files = [folder / f"{name}.csv" for name in newsletter.lists]
    rows = (r for path in files if path.is_file() for r in lists.read(path, f"{folder.name}/{path.name}").rows)
    near = islice(rows, LOOKED_AT)
    return tuple(islice((r.address for r in near if (r.topics, r.lang) in wanted), most))


def has_list(folder: Path, newsletter: Newsletter) -> bool:
    """True where at least one list of the newsletter has its file here."""
    return any((folder / f"{name}.csv").is_file() for name in newsletter.lists)


def keys_in_files(folder: Path, newsletter: Newsletter) -> Iterator[tuple[str, str]]:
    """Who stands in the files, as (list, key): a person on two lists comes twice."""
    for name in newsletter.lists:
        path = folder / f"{name}.csv"
        if path.is_file():
            yield from ((name, row.key) for row in lists.read(path, f"{folder.name}/{path.name}").rows)
