"""From the files in subscribers/ to the roster: a file whose bytes changed is read once, and everyone gets a token."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path

from digest.audience import lists, tokens
from digest.errors import ListError
from digest.interfaces import Audience, Roster
from digest.settings import Newsletter

__all__ = ["audiences_in_files", "list_file", "sync"]


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


def sync(roster: Roster, folder: Path, newsletter: Newsletter, keys: tokens.Keys, now: datetime) -> tuple[str, ...]:
    """Bring each list of the newsletter into the roster if its bytes changed; gives what was wrong, a line each."""
    told: list[str] = []
    for name in newsletter.lists:
        path = list_file(folder, name)
        file = lists.read(path, name)
        if roster.list_digest(name) != file.digest:
            people = roster.replace_list(name, file.rows, file.digest, now, duplicate=file.duplicate)
            told += [
                f"{path.name}:{x.line}: {x.message}" if x.line else f"{path.name}: {x.message}" for x in file.problems
            ]
            if not people:
                raise ListError(f"the list {name} holds nobody", file=str(path), hint="add a line with an address")
    roster.enroll(newsletter.name, newsletter.lists, lambda who: tokens.token(keys.links, newsletter.name, who), now)
    return tuple(told)


def audiences_in_files(folder: Path, newsletter: Newsletter) -> tuple[Audience, ...]:
    """The audiences as the files stand, for looking without a ledger; lists that are not there count as empty."""
    found: Counter[tuple[tuple[str, ...], str]] = Counter()
    seen: set[str] = set()
    for name in newsletter.lists:
        path = folder / f"{name}.csv"
        if not path.is_file():
            continue
        for row in lists.read(path, name).rows:
            if row.key not in seen:
                seen.add(row.key)
                found[row.topics, row.lang] += 1
    return tuple(Audience(topics=t, lang=g, people=n) for (t, g), n in found.most_common())
