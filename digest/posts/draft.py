"""The text of a new issues/ID.md: the selection as it stands, ready to be changed by hand. What it means: `editor`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from digest.model import LeftOut, Post, Selection
from digest.posts.local_time import local
from digest.settings import Newsletter

__all__ = ["draft_text"]

OVERRULED = frozenset({"after-window", "before-window", "category", "tag-excluded", "tag-missing", "limit", "too-few"})
MOST_SHOWN = 40  # posts left out that are offered
PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]*/[A-Za-z0-9_./-]*[A-Za-z0-9_]")


def draft_text(selection: Selection, newsletter: Newsletter) -> str:
    """Write the editor's file for a selection; as it stands it changes nothing of what is picked and in which order."""
    return "\n".join(("---", *_head(selection, newsletter), *_posts(selection), *_others(selection), "---", "", ""))


def _head(selection: Selection, newsletter: Newsletter) -> Iterator[str]:
    occasion = selection.occasion
    when = f"{local(occasion.send_at, ZoneInfo(newsletter.timezone)):%Y-%m-%d %H:%M} ({newsletter.timezone})"
    yield f"# Issue {occasion.issue} of {_comment(newsletter.title or newsletter.name)}, to be sent {when}."
    yield "#"
    yield "# What is empty follows digest.toml; what is filled in wins over its rules. The intro, in Markdown, stands"
    yield "# below the closing line: a few words of yours above the posts. With one, an issue needs no posts."
    yield "# A draft, unlisted, expired or future post stays out whatever stands here, and no post is ever sent twice."
    yield ""
    yield f"subject:    # else: {_comment(newsletter.subject)}"
    yield f"preheader:  # what an inbox shows beside it; else: {_comment(newsletter.preheader) or 'the other titles'}"
    yield "number:     # of the issue; else it is counted"
    yield ""


def _posts(selection: Selection) -> Iterator[str]:
    shared = _shared_paths(selection)
    yield "# Move lines to change the order; the first post leads. Posts that come in later follow by the rules."
    yield "order:" if selection.picked else "order: []"
    for picked in selection.picked:
        post = picked.post
        day = f"{post.date:%Y-%m-%d} " if post.date else ""
        yield f"  - {_scalar(post.id if post.path in shared else post.path)}  # {day}{_comment(post.title)}"
    yield ""
    yield "# Posts that come first whatever the order above:"
    yield "pins: []"
    yield ""
    yield "# Posts to leave out of this issue (they may come in the next; `unlisted: true` in the post is for good):"
    yield "left_out: []"


def _others(selection: Selection) -> Iterator[str]:
    """What an editor could still put in, as comments."""
    shared = _shared_paths(selection)
    others = sorted((left for left in selection.left_out if left.reason in OVERRULED), key=_last_the_old)
    if others:
        yield ""
        yield "# Not picked, and why; to put one in, move its line up to `order`, without the #:"
    for left in others[:MOST_SHOWN]:
        name = left.id if left.id and left.path in shared else left.path
        yield f"#  - {_scalar(name)}  # {left.reason}: {_comment(left.title)}"
    if len(others) > MOST_SHOWN:
        yield f"# … and {len(others) - MOST_SHOWN} more: digest select --explain"


def _last_the_old(left: LeftOut) -> bool:
    return left.reason == "before-window"


def _shared_paths(selection: Selection) -> frozenset[str]:
    """Paths that more than one source has: such posts go by their id."""
    posts: list[Post] = [picked.post for picked in selection.picked]
    times = Counter([*(post.path for post in posts), *(left.path for left in selection.left_out)])
    return frozenset(path for path, number in times.items() if number > 1)


def _comment(text: str) -> str:
    """Text that stays on one line and within YAML's characters."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _scalar(text: str) -> str:
    """A YAML scalar that reads as this text, quoted where it must be."""
    if PLAIN.fullmatch(text):
        return text
    return '"' + "".join(_escaped(sign) for sign in text) + '"'


def _escaped(sign: str) -> str:
    if sign in '"\\':
        return f"\\{sign}"
    if sign.isprintable():
        return sign
    return f"\\u{ord(sign):04x}" if ord(sign) <= 0xFFFF else f"\\U{ord(sign):08x}"
