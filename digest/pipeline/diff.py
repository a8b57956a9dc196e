"""What is new in an issue, against the last one that was sent: posts, template, size, subject and people.

The template is compared by drawing the last issue once more, from its posts, with the templates and settings of today:
every line that differs from what was frozen is a change of the look, the configuration or a post's text, and none
comes from this issue having other posts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import unified_diff

from digest.interfaces import FrozenIssue, FrozenVariant
from digest.model import Post, PostRecord, Rendered
from digest.pipeline import edition as editions
from digest.pipeline import people
from digest.pipeline.look import Chosen, Looker, has_content, last_sent, pictures_of
from digest.settings import Newsletter

__all__ = ["Difference", "Named", "Sizes", "against_last", "changed_lines", "sorted_out"]

CONTEXT = 1  # lines around a change: MJML lines are long


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A post as a comparison names it. `path` is empty where its file is gone."""

    id: str
    title: str
    url: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Octets of an issue's first variant: the HTML and the text with their slots, and the whole message."""

    html: int
    text: int
    message: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """An issue against the last one sent. `last` is None where nothing was sent, or nothing is known of it."""

    newsletter: str
    issue: str
    zone: str
    subject: str
    octets: Sizes | None  # None: the issue holds nothing
    came: tuple[Named, ...]
    went: tuple[Named, ...] = ()
    stayed: tuple[Named, ...] = ()
    broken: bool = False
    history_known: bool = True
    last: FrozenIssue | None = None
    last_octets: Sizes | None = None
    template: tuple[str, ...] | None = None  # a unified comparison; None: it could not be made
    missing: tuple[str, ...] = ()  # titles of posts of the last issue whose files are gone: drawn without them
    moved: tuple[int, int] | None = None  # people who joined and left since; None: no list or no ledger


def against_last(looker: Looker, newsletter: Newsletter, issue: str = "") -> Difference:
    """Compare the issue that is due, coming or named with the last one sent before it."""
    chosen = looker.meant(newsletter, issue)
    now = looker.edition(chosen).variants[0] if has_content(chosen) else None
    last = last_sent(looker, chosen)
    posts = tuple(k.post for k in chosen.selection.picked)
    made = Difference(
        newsletter=newsletter.name,
        issue=chosen.selection.occasion.issue,
        zone=newsletter.timezone,
        subject=now.subject if now else "",
        octets=_sizes(now) if now else None,
        came=tuple(_of_post(p) for p in posts),
        broken=chosen.broken,
        history_known=chosen.history.known,
    )
    return made if last is None else _with_last(made, looker, chosen, posts, last)


def _with_last(
    made: Difference, looker: Looker, chosen: Chosen, posts: tuple[Post, ...], last: FrozenIssue
) -> Difference:
    assert looker.ledger is not None
    newsletter = chosen.newsletter
    then = looker.choose(newsletter, last.id)
    frozen = then.variants[0]
    came, went, stayed = sorted_out(posts, frozen.posts, chosen.history.records)
    there = {p.id for p in then.posts}
    drawn = _drawn_again(looker, then, last) if there or not frozen.posts else None
    return replace(
        made,
        came=came,
        went=went,
        stayed=stayed,
        last=last,
        last_octets=_sizes(frozen),
        template=changed_lines(last.id, frozen.mjml, drawn.mjml) if drawn else None,
        missing=tuple(n.title for n in (*went, *stayed) if n.id not in there),
        moved=_moved(looker, newsletter, last),
    )


def _moved(looker: Looker, newsletter: Newsletter, last: FrozenIssue) -> tuple[int, int] | None:
    if looker.roster is None or not people.has_list(looker.lists, newsletter):
        return None
    return looker.roster.comings_and_goings(last, people.keys_in_files(looker.lists, newsletter))


def sorted_out(
    posts: Sequence[Post], before: Sequence[str], records: Sequence[PostRecord]
) -> tuple[tuple[Named, ...], tuple[Named, ...], tuple[Named, ...]]:
    """Say which posts came, went and stayed; what went is named by what the ledger remembers of it."""
    known = {r.id: Named(id=r.id, title=r.title, url=r.url, path=r.path) for r in records}
    now = {p.id for p in posts}
    came = tuple(_of_post(p) for p in posts if p.id not in before)
    stayed = tuple(_of_post(p) for p in posts if p.id in before)
    went = tuple(known.get(i) or Named(id=i, title=i) for i in before if i not in now)
    return came, went, stayed


def changed_lines(issue: str, before: str, after: str) -> tuple[str, ...]:
    """Compare two MJML texts line by line; nothing where they are equal."""
    lines = unified_diff(
        before.splitlines(), after.splitlines(), f"{issue} as sent", f"{issue} as drawn today", n=CONTEXT, lineterm=""
    )
    return tuple(lines)


def _drawn_again(looker: Looker, then: Chosen, last: FrozenIssue) -> Rendered:
    """The last issue as the templates and settings of today draw it, under its own number."""
    history = replace(then.history, sent_count=last.number - then.newsletter.first_number)
    editor = looker.read_editor(last.id)
    made = editions.make(
        looker.config,
        then.newsletter,
        then.selection,
        history,
        editor,
        (),
        looker.load_theme,
        looker.now,
        local=pictures_of(looker.sources),
    )
    return made.variants[0]


def _of_post(p: Post) -> Named:
    return Named(id=p.id, title=p.title or p.path, url=p.url, path=p.path)


def _sizes(v: Rendered | FrozenVariant) -> Sizes:
    message = editions.stencil_for(v).stamp(to="reader@example.net", token="a" * 26, message_id="a" * 32)
    return Sizes(html=len(v.html.encode()), text=len(v.text.encode()), message=len(message))
