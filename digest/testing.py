"""Builders and fakes for tests, public: what our own suite uses, a plug's author may use too.

Builders give the smallest good value and take any field by name.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from digest.interfaces import Job, Reply
from digest.model import Group, Issue, Occasion, Post, Rendered, Subscriber, Window

__all__ = ["ListFeed", "issue", "occasion", "post", "rendered", "subscriber", "window"]

FRIDAY = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)  # 09:00 in Vienna


def post(path: str = "posts/a.md", **fields: Any) -> Post:
    """A post of 2026-11-24 that has everything a reader needs; `path` names it and gives id, slug and URL."""
    slug = path.rpartition("/")[2].removesuffix(".md")
    defaults: dict[str, Any] = {
        "source": "blog",
        "id": f"blog:{path}",
        "title": f"About {slug}",
        "date": datetime(2026, 11, 24, 8, 0, tzinfo=UTC),
        "tags": ("Notes",),
        "excerpt": "What happened, in one sentence that says enough to decide whether to read on.",
        "url": f"https://example.org/blog/{slug}/",
        "slug": slug,
        "body": "What happened.\n\nAnd then it went on.\n",
        "fingerprint": f"f-{path}",
        "body_hash": f"b-{path}",
    }
    return Post(path=path, **(defaults | fields))


def window(**fields: Any) -> Window:
    """The week that ends on Friday 2026-11-27, 09:00 in Vienna."""
    defaults: dict[str, Any] = {"start": FRIDAY - timedelta(weeks=1), "end": FRIDAY, "zone": "Europe/Vienna"}
    return Window(**(defaults | fields))


def occasion(**fields: Any) -> Occasion:
    """The Friday of `window`, due."""
    defaults: dict[str, Any] = {
        "newsletter": "weekly",
        "issue": "weekly-2026-11-27",
        "send_at": FRIDAY,
        "window": window(),
        "due": True,
    }
    return Occasion(**(defaults | fields))


def issue(*posts: Post, **fields: Any) -> Issue:
    """An issue of these posts (three by default): the first leads, the rest stand in one group without a label."""
    chosen = posts or (post("posts/a.md"), post("posts/b.md"), post("posts/c.md"))
    defaults: dict[str, Any] = {
        "newsletter": "weekly",
        "id": "weekly-2026-11-27",
        "number": 48,
        "revision": 1,
        "send_at": FRIDAY,
        "window": window(),
        "title": "Example Weekly",
        "subject": "{{ lead.title }}{{ and_more }}",
        "preheader": "",
        "intro": "",
        "lead": chosen[0],
        "groups": (Group(label="", posts=chosen[1:]),) if chosen[1:] else (),
        "language": "en",
        "content": "excerpt",
    }
    return Issue(**(defaults | fields))


def rendered(**fields: Any) -> Rendered:
    """A small variant with every slot in both parts; its stencil is empty until it is assembled."""
    url = "https://news.example.org"
    token, address = "\ufdd0token\ufdd1", "\ufdd0address\ufdd1"
    defaults: dict[str, Any] = {
        "variant": "v1",
        "language": "en",
        "subject": "About a, and 2 more",
        "preheader": "About b · About c",
        "mjml": "<mjml></mjml>",
        "mjml_origin": ((1, "default/issue.mjml", 1),),
        "html": '<!doctype html><html lang="en"><head><title>About a, and 2 more</title></head><body><h1>Example Weekly'
        f'</h1><h2><a href="https://example.org/blog/a/">About a</a></h2><p>Sent to {address}. '
        f'<a href="{url}/u/{token}">Unsubscribe</a>, <a href="{url}/p/{token}">change what you get</a>.</p>'
        "</body></html>",
        "text": f"EXAMPLE WEEKLY\n\nAbout a\nhttps://example.org/blog/a/\n\n-- \nSent to {address}.\n\nUnsubscribe:\n"
        f"{url}/u/{token}\nChange what you get:\n{url}/p/{token}\n",
        "posts": ("blog:posts/a.md",),
    }
    return Rendered(**(defaults | fields))


def subscriber(address: str = "reader@example.net", **fields: Any) -> Subscriber:
    """One checked row of a list."""
    defaults: dict[str, Any] = {"address": address, "key": address.lower(), "line": 2}
    return Subscriber(**(defaults | fields))


class ListFeed:
    """A feed over ready messages, for transports under test: `replies` and `asked` tell what the transport did."""

    def __init__(self, messages: Iterable[tuple[str, str, bytes]]) -> None:
        self._messages = list(messages)
        self._waiting: deque[int] = deque(range(len(self._messages)))
        self.asked: list[int] = []
        self.replies: list[Reply] = []

    def take(self, now: float) -> Job | float | None:
        if not self._waiting:
            return None
        row = self._waiting.popleft()
        mail_from, rcpt_to, _ = self._messages[row]
        return row, mail_from.encode(), rcpt_to

    def size(self, row: int) -> int:
        return len(self._messages[row][2])

    def body(self, row: int) -> bytes:
        self.asked.append(row)
        return self._messages[row][2]

    def settle(self, replies: Sequence[Reply]) -> None:
        self.replies.extend(replies)

    def ahead(self) -> None:
        pass  # all is ready
