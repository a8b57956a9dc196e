"""From a selection to an issue: number, lead, groups, and the issue as readers with topics get it. Draws nothing.

The first post leads. Posts are of equal rank, and none leads, where only titles are shown, and where they stand in the
order of the alphabet, unless one was pinned or named by the editor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from digest.model import Group, History, Issue, Picked, Post, Selection
from digest.posts.editor import Editor
from digest.posts.tags import alias, meaning
from digest.posts.wanted import meanings
from digest.settings import Newsletter, Rules

__all__ = ["compose", "for_topics"]


def compose(selection: Selection, newsletter: Newsletter, history: History, editor: Editor | None = None) -> Issue:
    """Compose the issue; what the editor says comes before what the configuration says."""
    hand = editor or Editor(file="")
    posts = [picked.post for picked in selection.picked]
    lead = posts[0] if posts and _leads(selection.picked, newsletter) else None
    return Issue(
        newsletter=newsletter.name,
        id=selection.occasion.issue,
        number=newsletter.first_number + history.sent_count if hand.number is None else hand.number,
        revision=1,
        send_at=selection.occasion.send_at,
        window=selection.occasion.window,
        title=newsletter.title or newsletter.name,
        subject=hand.subject or newsletter.subject,
        preheader=hand.preheader or newsletter.preheader,
        intro=hand.intro,
        lead=lead,
        groups=_groups(posts[1:] if lead else posts, newsletter.rules),
        language=newsletter.language,
        content=newsletter.content,
        intro_file=hand.file,
        intro_line=hand.intro_line,
    )


def for_topics(issue: Issue, topics: Sequence[str], aliases: tuple[tuple[str, str], ...] = ()) -> Issue | None:
    """Give the issue with the posts that a reader's topics leave; None where they leave nothing.

    Topics match tags and categories by meaning; no topics leave all. The next post leads where the lead is not among
    them. An intro does not keep an issue that lost all its posts; one that never had any is the intro, for everybody.
    """
    wanted = meanings(topics, aliases)
    if not wanted or not issue.posts:
        return issue
    lead, groups = issue.lead, issue.groups
    if lead and not _matches(lead, wanted, aliases):
        lead = None
    groups = _only(groups, lambda post: _matches(post, wanted, aliases))
    if issue.lead and not lead and groups:
        lead = groups[0].posts[0]
        groups = _only(groups, lambda post: post is not lead)
    return replace(issue, lead=lead, groups=groups) if lead or groups else None


def _leads(picked: Sequence[Picked], newsletter: Newsletter) -> bool:
    if newsletter.content == "title":
        return False
    first = picked[0]
    return newsletter.rules.order != "title" or first.pinned or first.reason == "editor" or len(picked) == 1


def _groups(posts: Sequence[Post], rules: Rules) -> tuple[Group, ...]:
    """Posts under one label each: the first of `group_order` that fits, else their own first one.

    Groups stand in that order, then as they come; posts without a label stand last.
    """
    if not rules.group:
        return (Group(label="", posts=tuple(posts)),) if posts else ()
    order = _by_meaning(alias(rules.group_order, rules.tag_aliases))
    shown = dict(order)
    members: dict[str, list[Post]] = {key: [] for key in order}
    loose: list[Post] = []
    for post in posts:
        written = post.categories if rules.group == "category" else post.tags
        labels = _by_meaning(alias(written, rules.tag_aliases))
        key = next((key for key in (*order, *labels) if key in labels), None)
        if key is None:
            loose.append(post)
        else:
            shown.setdefault(key, labels[key])
            members.setdefault(key, []).append(post)
    found = [Group(label=shown[key], posts=tuple(group)) for key, group in members.items() if group]
    return (*found, Group(label="", posts=tuple(loose))) if loose else tuple(found)


def _by_meaning(labels: Sequence[str]) -> dict[str, str]:
    return {key: label for label in labels if (key := meaning(label))}


def _matches(post: Post, wanted: frozenset[str], aliases: tuple[tuple[str, str], ...]) -> bool:
    return bool(meanings((*post.tags, *post.categories), aliases) & wanted)


def _only(groups: tuple[Group, ...], keep: Callable[[Post], bool]) -> tuple[Group, ...]:
    """Groups with the posts to keep; empty ones go."""
    left = ((group.label, tuple(filter(keep, group.posts))) for group in groups)
    return tuple(Group(label=label, posts=posts) for label, posts in left if posts)
