"""The issues whose messages are kept here, as projects in code, and the run that sends one over SMTP to get its bytes.

A `Golden` is a project: posts, settings, an editor's file, readers. `received` makes it on disk, lets the real pipeline
run against a server on loopback, with a clock that stands still and a secret that never changes, and gives the bytes
that arrived. Nothing here knows how a message should look.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from digest import config as configuration
from digest.app import App, Clock
from tests.smtp_server import SmtpServer

__all__ = ["FOLDER", "GOLDENS", "Golden", "Received", "app_of", "make", "received"]

FOLDER = Path(__file__).parent
NOW = datetime(2026, 11, 27, 8, 5, tzinfo=UTC)  # Friday, five past nine in Vienna
ISSUE = "weekly-2026-11-27"
SECRET = "the golden secret, the same for ever and long enough"
TOML = """\
[site]
name = {title}
url = "https://example.org"
timezone = "Europe/Vienna"
language = "{language}"

[sources.blog]
kind = "markdown"
path = "posts"
url = "https://example.org/blog/{{slug}}/"

[sender]
from = "Example Weekly <news@example.org>"
reply_to = "editors@example.org"
postal_address = "Example Weekly, 1 Example Street, 1010 Vienna"
unsubscribe = "out@news.example.org"
bounces = "bounces@news.example.org"
{public}
[smtp]
host = "127.0.0.1"
port = {port}
tls = "none"

[newsletters.weekly]
title = {title}
description = {description}
send = "Friday 09:00"
lists = ["readers"]
first_number = 48
{newsletter}
"""
PUBLIC = '\n[public]\nurl = "https://news.example.org"\n'
Text = tuple[str, str]  # a file's name, and what is in it


@dataclass(frozen=True, kw_only=True)
class Golden:
    """One project. The message of the first reader is kept; the second gets the same variant."""

    name: str
    posts: tuple[Text, ...]
    newsletter: str = ""  # more lines of [newsletters.weekly]
    title: str = "The Example Weekly"
    description: str = "Every Friday, what was new at example.org."
    language: str = "en"
    public: bool = True
    editor: str = ""
    readers: tuple[str, ...] = ("reader@example.net,", "other.reader@mail.example.com,")  # rows: address, topics


@dataclass(frozen=True, kw_only=True)
class Received:
    """What arrived for one reader: the octets and the envelope."""

    mail_from: str
    rcpt_to: str
    data: bytes

    @property
    def token(self) -> str:
        """The reader's token, as the return path carries it."""
        return self.mail_from.partition("+")[2].partition("@")[0]


class StoppedClock(Clock):
    """A clock that stands still: the same run gives the same bytes on every day."""

    def __call__(self) -> datetime:
        return NOW


def make(golden: Golden, root: Path, *, port: int = 25) -> Path:
    """Write the project of an issue into `root`."""
    settings = TOML.format(
        title=json.dumps(golden.title, ensure_ascii=False),
        description=json.dumps(golden.description, ensure_ascii=False),
        language=golden.language,
        public=PUBLIC if golden.public else "",
        port=port,
        newsletter=golden.newsletter,
    )
    files = {
        "digest.toml": settings,
        "subscribers/readers.csv": "\n".join(["email,topics", *golden.readers]) + "\n",
        ".digest/secret": SECRET + "\n",
        **({f"issues/{ISSUE}.md": golden.editor} if golden.editor else {}),
        **{f"posts/{name}": text for name, text in golden.posts},
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (root / "posts").mkdir(exist_ok=True)
    (root / ".digest" / "secret").chmod(0o600)
    return root


def app_of(root: Path) -> App:
    """Open a project with the stopped clock and an empty environment: nothing of the caller's gets in."""
    return App(configuration.load(root, {}), {}, StoppedClock(NOW))


def received(golden: Golden, root: Path) -> tuple[Received, ...]:
    """Send the issue of a project for real, and give what arrived, in the order of the readers."""
    with SmtpServer() as server:
        (report,) = app_of(make(golden, root, port=server.port)).run(
            "weekly", dry_run=False, wait=timedelta(0), first_issue=True, force=""
        )
        kept = {m.recipients[0]: m for m in server.messages}
    assert report.exit_code == 0, report
    order = [row.partition(",")[0] for row in golden.readers]
    return tuple(Received(mail_from=kept[a].sender, rcpt_to=a, data=kept[a].data) for a in order)


# ------------------------------------------------------------------------------------------------ what is in them


def written(name: str) -> Text:
    """A post that lies here as a file."""
    return name, (FOLDER / "posts" / name).read_text(encoding="utf-8")


def post(slug: str, title: str, day: date, excerpt: str, **more: object) -> Text:
    """A post of a few lines of front matter; JSON is YAML."""
    meta = {"title": title, "date": day.isoformat(), "excerpt": excerpt} | more
    lines = "\n".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in meta.items())
    return f"{slug}.md", f"---\n{lines}\n---\n{excerpt}\n\nAnd there is more to read on the page itself.\n"


THURSDAY = date(2026, 11, 26)
MOVE = post(
    "eleven-years",
    "How we moved eleven years of posts into a folder",
    THURSDAY,
    "Two databases, one export that nobody believed in, and 1,482 Markdown files later, the site builds in 9 seconds.",
    tags=["Static sites", "Migration"],
    category="Field notes",
    author="The example team",
    image="https://example.org/covers/folder.png",
    image_alt="Low sun over dark waves",
)
MAPS = post(
    "contours",
    "Drawing contours from open elevation data",
    THURSDAY - timedelta(days=1),
    "From a raw height grid to a printed sheet in four steps, with the two mistakes of every homemade map.",
    tags=["Maps"],
    category="Engineering",
    image="https://example.org/covers/contours.png",
)
QUOTES = post(
    "quotes",
    "What a style guide is “for” – and who'd miss it",
    THURSDAY - timedelta(days=3),
    "It does not have to be right; it has to be there. Ours fits on one page & ends arguments before they begin.",
    tags=["Writing"],
    category="Field notes",
)
NO_COVER = (
    post("plain", "A post without a picture", THURSDAY, "Text decides, pictures help.", tags=["Writing"]),
    post("plain-too", "Another one without a picture", THURSDAY - timedelta(days=1), "Cards take the full width."),
)
LONG = (
    post(
        "long",
        "A title that goes on and on because its author could not decide which of the five things in the post matters "
        "most, and so they all went into the title, in the order in which they came to mind: first, second, third",
        THURSDAY,
        "The title steps down, then breaks; the subject is cut at a word. " * 12,
        image="https://example.org/covers/long.png",
    ),
    post(
        "unbroken",
        "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft_und_noch_viel_mehr_ohne_Blank",
        THURSDAY - timedelta(days=1),
        "https://example.org/a/very/long/address/without/any/place/to/break/it/" + "0123456789abcdef" * 8,
    ),
    post(
        "signs",
        'Signs: <b>bold</b> & "quoted" {{ 7*7 }} {% raw %} </mj-text> =?utf-8?q?x?= \U0001f5fa\ufe0f 地図を描く',
        THURSDAY - timedelta(days=2),
        "What looks like markup or a template in a title is text: <script>alert(1)</script> {{ config }}.",
        tags=["<i>Tag</i>", "a very long tag that somebody made of a whole sentence, because nothing stopped them"],
    ),
)


def many(number: int) -> Iterator[Text]:
    """Posts of a busy week, newest first, with covers now and then."""
    subjects = ("Maps", "Writing", "Static sites", "E-mail", "Open data")
    for n in range(number):
        about = subjects[n % len(subjects)]
        cover = {"image": f"https://example.org/covers/{n}.png", "image_alt": f"Cover {n}"} if n % 3 == 0 else {}
        yield post(
            f"post-{n:02}",
            f"{about}, part {n + 1}: what changed, why it did, and what to do about it",
            THURSDAY - timedelta(days=n // 6),
            f"This is number {n + 1} of a busy week. It tells in two sentences what happened, and leaves the rest to "
            "the page. Whoever reads on finds numbers there, and a picture of them.",
            tags=[about],
            category=about,
            **cover,
        )


INTRO = """\
---
subject: "Nothing new this week: a letter instead"
preheader: "Why there are no posts, and when there will be some again. It is a short letter."
---
There was no post this week. The time went into **what you do not see**: the [server](https://example.org/server/) has
moved, and the pictures are smaller than they were.

Next Friday there will be posts again. Until then, thank you for reading.
"""
NOTE = "---\n---\nThree pieces this week. If you have ten minutes, take the first one with a coffee.\n"
MAPS_FIRST = ("maps.only@example.net,maps", "maps.too@mail.example.com,Maps", "reader@example.net,")


def goldens() -> Iterable[Golden]:
    """Every issue that is kept."""
    three = (MOVE, MAPS, QUOTES)
    yield Golden(name="one-post", posts=(MOVE,))
    yield Golden(name="three-posts", posts=three, editor=NOTE)
    yield Golden(name="thirty-posts", posts=tuple(many(30)))
    yield Golden(name="no-cover", posts=NO_COVER)
    yield Golden(name="long-titles", posts=LONG)
    arabic = Golden(
        name="right-to-left",
        posts=tuple(written(f"{name}.md") for name in ("arabic", "hebrew-in-arabic", "english-in-arabic")),
        title="النشرة الأسبوعية",
        description="كل يوم جمعة، ما هو جديد في example.org.",
        language="ar",
    )
    yield arabic
    yield replace(arabic, name="letter-right-to-left", newsletter='theme = "letter"')
    yield Golden(name="german", posts=three, title="Der Wochenbrief", description="Freitags.", language="de")
    yield Golden(name="intro-only", posts=(), editor=INTRO)
    yield Golden(
        name="groups",
        posts=(*three, *NO_COVER),
        newsletter='group = "category"\ngroup_order = ["Engineering"]',
    )
    yield Golden(name="full-content", posts=(written("full.md"), MAPS), newsletter='content = "full"')
    letter = 'theme = "letter"\ncontent = "full"'
    yield Golden(
        name="letter", posts=(*three, *NO_COVER), newsletter='theme = "letter"\ngroup = "category"', editor=NOTE
    )
    yield Golden(name="letter-full-content", posts=(written("full.md"), MAPS), newsletter=letter)
    yield Golden(name="links", posts=tuple(many(30)), newsletter='theme = "links"\ngroup = "category"')
    yield Golden(name="titles-only", posts=three, newsletter='content = "title"\norder = "title"\ntext_width = 0')
    yield Golden(name="topics", posts=three, readers=MAPS_FIRST)
    yield Golden(name="mailto-only", posts=three, public=False)


GOLDENS = {golden.name: golden for golden in goldens()}
