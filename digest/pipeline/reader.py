"""One reader of an issue: a subscriber with their own token and variant, or somebody who gets the inert link."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from digest.audience import address as addresses
from digest.audience import lists, tokens
from digest.errors import UsageError
from digest.interfaces import Roster
from digest.model import Sample
from digest.pipeline import edition as editions
from digest.pipeline.edition import Edition
from digest.settings import Config, Newsletter

__all__ = ["Reader", "find", "message"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who is looked at. `token` is inert where nobody subscribes, or where no secret can be found."""

    address: str
    key: str
    token: str = tokens.INERT
    topics: tuple[str, ...] = ()
    lang: str = ""
    subscribes: bool = False
    notes: tuple[str, ...] = ()


def find(text: str, newsletter: Newsletter, roster: Roster | None, folder: Path, secret: bytes | None) -> Reader:
    """Find the reader of an address: in the roster, else in the list files, else nobody we know."""
    try:
        parsed = addresses.parse(text)
    except ValueError as wrong:
        raise UsageError(f"{text}: {wrong}", hint="give a whole address, like reader@example.net") from wrong
    plain = Reader(address=parsed.address, key=parsed.key)
    if roster is not None:
        known = roster.find(newsletter.name, parsed.key, newsletter.lists)
        if known is not None and known.token:
            return Reader(
                address=known.address,
                key=parsed.key,
                token=known.token,
                topics=known.topics,
                lang=known.lang,
                subscribes=True,
                notes=(f"{parsed.address} has opted out ({known.opted_out})",) if known.opted_out else (),
            )
    return _in_files(plain, newsletter, folder, secret)


def _in_files(plain: Reader, newsletter: Newsletter, folder: Path, secret: bytes | None) -> Reader:
    for name in newsletter.lists:
        path = folder / f"{name}.csv"
        if not path.is_file():
            continue
        with lists.reading(path) as reading:
            row = next((r for r in reading.rows if r.key == plain.key), None)
        if row is not None:
            token = tokens.token(tokens.link_key(secret), newsletter.name, row.key) if secret else tokens.INERT
            return Reader(
                address=row.address,
                key=row.key,
                token=token,
                topics=row.topics,
                lang=row.lang,
                subscribes=bool(secret),
                notes=() if secret else ("there is no signing secret here: the links are inert",),
            )
    return plain


def message(config: Config, edition: Edition, reader: Reader, secret: bytes | None, *, fresh_id: str = "") -> Sample:
    """The finished bytes for this reader: of a subscriber those that a run gives, else with `fresh_id` or a fixed one."""
    shown = edition.variant_of(reader.topics, reader.lang) or edition.variants[0]
    issue = edition.issue
    if secret and reader.subscribes:
        identity = tokens.message_id(tokens.message_key(secret), issue.id, issue.revision, reader.address)
    else:
        identity = fresh_id or tokens.message_id(b"to look at", issue.id, issue.revision, reader.address)
    return editions.sample(config, shown, to=reader.address, token=reader.token, message_id=identity)
