"""One reader of an issue: a subscriber with their own token and variant, or somebody who gets the inert link."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from digest.audience import address, lists, tokens
from digest.errors import DataError, UsageError
from digest.model import Sample
from digest.pipeline import edition as editions
from digest.pipeline.edition import Edition
from digest.pipeline.look import Chosen, Looker
from digest.settings import Config, Newsletter

__all__ = ["NOBODY", "Reader", "addresses", "find", "message"]

NOBODY = "reader@example.net"  # whose message is built where nobody is named


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


def addresses(to: tuple[str, ...], reviewers: tuple[str, ...]) -> tuple[str, ...]:
    """The addresses meant by --to; `reviewers` stands for those of the configuration."""
    wanted = tuple(a for t in to for a in (reviewers if t == "reviewers" else (t,)))
    if not wanted:
        raise UsageError("there are no reviewers", hint='digest.toml: [sender] reviewers = ["editor@example.org"]')
    return wanted


def find(text: str, chosen: Chosen, looker: Looker | None, keys: tokens.Keys | None) -> Reader:
    """Find the reader of an address: in the roster, else in the list files, else nobody (as without `looker`)."""
    try:
        parsed = address.parse(text)
    except DataError as wrong:
        raise UsageError(f"{text}: {wrong.message}", hint="give a whole address, like reader@example.net") from wrong
    nobody = Reader(address=parsed.address, key=parsed.key)
    if looker is None:
        return nobody
    return _in_roster(nobody, chosen, looker) or _in_files(nobody, chosen.newsletter, looker.lists, keys) or nobody


def _in_roster(who: Reader, chosen: Chosen, looker: Looker) -> Reader | None:
    newsletter = chosen.newsletter
    known = looker.roster.find(newsletter.name, who.key, newsletter.lists) if looker.roster else None
    if known is None or not known.token:
        return None
    return Reader(
        address=known.address,
        key=who.key,
        token=known.token,
        topics=known.topics,
        lang=known.lang,
        subscribes=True,
        notes=(f"{who.address} has opted out ({known.opted_out})",) if known.opted_out else (),
    )


def _in_files(who: Reader, newsletter: Newsletter, folder: Path, keys: tokens.Keys | None) -> Reader | None:
    for name in newsletter.lists:
        path = folder / f"{name}.csv"
        if not path.is_file():
            continue
        row = next((r for r in lists.read(path, f"{folder.name}/{path.name}").rows if r.key == who.key), None)
        if row is not None:
            token = tokens.token(keys.links, newsletter.name, row.key) if keys else tokens.INERT
            return Reader(
                address=row.address,
                key=row.key,
                token=token,
                topics=row.topics,
                lang=row.lang,
                subscribes=keys is not None,
                notes=() if keys else ("there is no signing secret here: the links are inert",),
            )
    return None


def message(
    config: Config,
    edition: Edition,
    reader: Reader,
    keys: tokens.Keys | None,
    *,
    fresh_id: str = "",
    variant: int | None = None,
) -> Sample:
    """The finished bytes for this reader: a subscriber's as a run gives them, else with `fresh_id` or a fixed one."""
    own = edition.variant_of(reader.topics, reader.lang) or edition.variants[0]
    shown = own if variant is None else edition.variants[variant]
    issue = edition.issue
    if keys and reader.subscribes:
        identity = tokens.message_id(keys.messages, issue.id, issue.revision, reader.key)
    else:
        identity = fresh_id or tokens.message_id(b"to look at", issue.id, issue.revision, reader.key)
    return editions.sample(config, shown, to=reader.address, token=reader.token, message_id=identity)
