"""A good issue as a Proof, and a way to seed one defect into it: whatever is sought to be replaced must be there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from digest import testing
from digest.model import Finding, Group, History, Image, Post, Proof, Rendered, Sample
from digest.settings import Config, Newsletter, Plug, Public, Sender, Site, Smtp

TOKEN = "wbzstfr2u6hn5y3jufd5bcxe4y"
READER = "reader@example.net"
HEADERS = {
    "From": "Example Weekly <news@example.org>",
    "Reply-To": "editors@example.org",
    "To": READER,
    "Subject": "About plain folders, and one more",
    "List-Id": "Example Weekly <weekly.example.org>",
    "List-Unsubscribe": f"<https://news.example.org/u/{TOKEN}>, <mailto:out@example.org?subject=unsubscribe%20{TOKEN}>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    "Feedback-ID": "2026-W48:weekly:newsletter:exampleweekly",
    "Content-Language": "en",
}
POSTS = (
    testing.post(
        "posts/folders.md",
        title="About plain folders",
        excerpt="Eleven years of posts moved into a folder of plain text, in this order and with these mistakes.",
        image=Image(url="https://example.org/covers/folders.png", alt="A hill in the sun", width=600, height=300),
        body="Eleven years of posts moved.\n\nRead [the tool's page](https://tools.example.com/mover) as well.\n",
        body_line=7,
    ),
    testing.post(
        "posts/maps.md", title="Drawing contour maps", excerpt="A map is a promise, and here is how to keep it."
    ),
)
HERE = Path(__file__).parent
HTML, TEXT = ((HERE / f"good.{kind}").read_text(encoding="utf-8").replace("TOKEN", TOKEN) for kind in ("html", "txt"))
SENDER = Sender(
    name="Example Weekly",
    address="news@example.org",
    reply_to="editors@example.org",
    postal_address="Example Weekly, 1 Example Street, 1010 Vienna",
    unsubscribe="out@example.org",
    bounces="bounces@example.org",
)
NEWSLETTER = Newsletter(name="weekly", title="Example Weekly", lists=("readers",))
CONFIG = Config(
    root=Path("/project"),
    file=Path("/project/digest.toml"),
    site=Site(name="Example", url="https://example.org"),
    sender=SENDER,
    public=Public(url="https://news.example.org"),
    transport=Plug(name="smtp", kind="smtp", options=Smtp(host="smtp.example.org")),
    newsletters=(NEWSLETTER,),
    origins=(
        ("sender.from", "Example Weekly <news@example.org>", "digest.toml:12"),
        ("sender.reply_to", "editors@example.org", "digest.toml:13"),
        ("lint.alt", "off", "digest.toml:40"),
        ("newsletters.weekly.title", "The Example Weekly", "DIGEST_TITLE"),
    ),
)
Pairs = Sequence[tuple[str, str]]


def swapped(text: str, pairs: Pairs) -> str:
    """The text with each pair replaced; an old text of "$" stands for the end."""
    for old, new in pairs:
        if old == "$":
            text += new
            continue
        assert old in text, f"not in the good issue: {old}"
        text = text.replace(old, new)
    return text


def message(headers: Mapping[str, str], text: str, html: str) -> bytes:
    """The whole message; a part that is empty is left out."""
    mail = EmailMessage(policy=SMTP)
    if text:
        mail.set_content(text)
    if html:
        (mail.add_alternative if text else mail.set_content)(html, subtype="html")
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return head.encode() + mail.as_bytes()


def seeded(
    *,
    html: Pairs = (),
    text: Pairs = (),
    headers: Mapping[str, str | None] | None = None,
    issue: Mapping[str, Any] | None = None,
    config: Mapping[str, Any] | None = None,
    sender: Mapping[str, Any] | None = None,
    newsletter: Mapping[str, Any] | None = None,
    rendered: Mapping[str, Any] | None = None,
    posts: tuple[Post, ...] = POSTS,
    reader: str = READER,
    token: str = TOKEN,
    data: bytes | None = None,
    **fields: Any,
) -> Proof:
    """The good issue with these defects."""
    page, plain = swapped(HTML, html), swapped(TEXT, text)
    fieldset = {k: v for k, v in {**HEADERS, "To": reader, **(headers or {})}.items() if v is not None}
    settings = replace(CONFIG, **{"sender": replace(SENDER, **(sender or {})), **(config or {})})
    made = testing.issue(*posts, **{"lead": posts[0], "groups": (Group(label="", posts=posts[1:]),), **(issue or {})})
    defaults: dict[str, Any] = {
        "issue": made,
        "rendered": rendition(page, plain, **(rendered or {})),
        "samples": (
            Sample(
                mail_from="bounces@example.org",
                rcpt_to=reader,
                data=message(fieldset, plain, page) if data is None else data,
                token=token,
            ),
        ),
        "headers": tuple(fieldset.items()),
        "html": page,
        "text": plain,
        "config": settings,
        "newsletter": replace(NEWSLETTER, **(newsletter or {})),
        "history": History(newsletter="weekly"),
        "recipients": 100,
        "last_recipients": 100,
        "to_list": True,
        "now": datetime(2026, 11, 27, 8, 0, tzinfo=UTC),
    }
    return Proof(**(defaults | fields))


def rendition(page: str, plain: str, **fields: Any) -> Rendered:
    """What was rendered before the reader was stamped in; its MJML holds the page's body from line 11 on."""
    unstamped = page.replace(TOKEN, "\ufdd0token\ufdd1")
    defaults: dict[str, Any] = {
        "variant": "v",
        "language": "en",
        "subject": HEADERS["Subject"],
        "preheader": "",
        "mjml": "<mjml>\n" + unstamped,
        "mjml_origin": (
            (1, "default/issue.mjml.j2", 1),
            (12, "default/parts/page.j2", 40),
            (15, "default/parts/lead.j2", 3),
        ),
        "html": unstamped,
        "text": plain.replace(TOKEN, "\ufdd0token\ufdd1"),
        "posts": tuple(p.id for p in POSTS),
    }
    return Rendered(**(defaults | fields))


def found(rule: str, proof: Proof) -> list[Finding]:
    """What one rule says, without the runner."""
    return list(import_module(f"digest.lint.rules.{rule.replace('-', '_')}").check(proof))


@pytest.fixture(name="seeded", scope="session")
def seeded_fixture() -> Callable[..., Proof]:
    """Make the good issue with defects."""
    return seeded


@pytest.fixture(name="found", scope="session")
def found_fixture() -> Callable[[str, Proof], list[Finding]]:
    """Run one rule."""
    return found
