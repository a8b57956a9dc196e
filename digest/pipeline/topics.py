"""What readers chose to read against what was written of late: for the rule that finds a topic nobody writes about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.interfaces import Audience, Source
from digest.model import Post, Query
from digest.pipeline.choose import read_posts
from digest.posts.tags import unique
from digest.posts.wanted import meanings
from digest.settings import Newsletter

__all__ = ["NO_TOPICS", "REACH", "Topics", "of_readers"]

REACH = timedelta(weeks=12)
Counted = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Topics:
    """Topics that readers have as (topic, people, posts that it selects), and the words of those posts."""

    chosen: Counted = ()
    written: tuple[str, ...] = ()


NO_TOPICS = Topics()


def of_readers(
    sources: Sequence[Source],
    newsletter: Newsletter,
    audiences: Sequence[Audience],
    posts: Sequence[Post],
    now: datetime,
) -> Topics:
    """Count, for each topic on the lists, the posts of the last 12 weeks that have it.

    `posts` are those already read; older ones are read only where a topic has none among them, so that projects
    without topics, or without slips in them, read nothing twice.
    """
    people = _people(audiences)
    if not people:
        return NO_TOPICS
    found = _counted(people, newsletter, posts, now)
    if all(count for _, _, count in found.chosen):
        return found
    wanted = [s for s in sources if not newsletter.rules.sources or s.name in newsletter.rules.sources]
    return _counted(people, newsletter, read_posts(wanted, Query(since=now - REACH)), now)


def _people(audiences: Iterable[Audience]) -> dict[str, int]:
    """How many people have a topic, most first; two spellings stay two, for each has its place in the list."""
    counted: Counter[str] = Counter()
    for audience in audiences:
        for topic in audience.topics:
            counted[topic] += audience.people
    return dict(counted.most_common())


def _counted(people: dict[str, int], newsletter: Newsletter, posts: Iterable[Post], now: datetime) -> Topics:
    aliases = newsletter.rules.tag_aliases
    recent = [post for post in posts if _is_recent(post, now)]
    meant: Counter[str] = Counter()
    for post in recent:
        meant.update(meanings((*post.tags, *post.categories), aliases))
    chosen = ((t, n, sum(meant[m] for m in meanings((t,), aliases))) for t, n in people.items())
    return Topics(chosen=tuple(chosen), written=unique(w for p in recent for w in (*p.tags, *p.categories)))


def _is_recent(post: Post, now: datetime) -> bool:
    published = not (post.draft or post.unlisted or post.broken)
    return published and post.date is not None and post.date >= now - REACH
