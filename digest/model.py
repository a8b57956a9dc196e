"""The values that flow through the week, in its order. Frozen; collections are tuples; nothing here does anything.

Times are aware. Instants are UTC, but for `Post.date`, which keeps the offset it was written with (its local calendar
day is part of what the author said). Windows are half-open: [start, end). What `status` needs stands in `standing`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from digest.standing import Counts, History, Occasion, PostRecord, Window

__all__ = [
    "Counts",
    "Finding",
    "Group",
    "History",
    "Image",
    "Issue",
    "LeftOut",
    "Occasion",
    "Picked",
    "Picture",
    "Post",
    "PostRecord",
    "PreviewAudience",
    "PreviewState",
    "Problem",
    "Proof",
    "Query",
    "Rendered",
    "Sample",
    "Selection",
    "Subscriber",
    "Window",
]

# ------------------------------------------------------------------------------------------------ what goes in


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something wrong in one input file. An `error` leaves the post out; a `warning` is told and mended."""

    line: int | None
    message: str  # one sentence, with what to do
    severity: str = "error"  # error | warning


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture that a post names. `url` is absolute; sizes in pixels where they are known."""

    url: str
    alt: str = ""
    width: int | None = None
    height: int | None = None
    file: str = ""  # where it lies on this machine, where it does: for sizes and for looking at it, never for sending


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One Markdown file or feed entry, as read. `id` is its identity for ever (DESIGN: identity), never a slug."""

    path: str  # relative to the project, or to the source's root where that lies outside
    source: str  # the name of the source in the configuration
    id: str
    title: str
    date: datetime | None = None  # with the offset it was written with
    bare_day: bool = False  # only a calendar day was written: the window goes by `date.date()` in its own zone
    updated: datetime | None = None
    expires: datetime | None = None
    tags: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    author: str = ""
    excerpt: str = ""  # plain text, only what is written (excerpt, summary, description)
    image: Image | None = None
    url: str = ""  # where a reader finds it; absolute, or empty
    url_guessed: bool = False  # made of the site's url and the slug for want of anything better
    canonical: str = ""  # a canonical URL written in the front matter
    slug: str = ""
    source_url: str = ""  # `source`: where the text was taken from
    draft: bool = False
    unlisted: bool = False
    lang: str = ""
    flags: tuple[str, ...] = ()  # front-matter keys that are true (featured, pinned …), sorted
    body: str = ""  # Markdown, as written
    body_line: int = 1  # the line of the file where the body begins
    dialect: str = ""  # jekyll, hugo, zola … : what the body may hold besides Markdown
    fingerprint: str = ""  # of title and body: knows a moved file again
    body_hash: str = ""
    problems: tuple[Problem, ...] = ()

    @property
    def broken(self) -> bool:
        """True where a problem keeps the post out of any issue."""
        return any(p.severity == "error" for p in self.problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What a source may skip: posts that are surely dated before `since`. None: everything is wanted."""

    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """A post of the issue, and why it is in."""

    post: Post
    reason: str  # window | catch-up | held-back | pinned | editor
    pinned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A post that is not in the issue, and the first reason that fits (DESIGN 4 has their order)."""

    path: str
    id: str | None
    title: str
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The posts of one issue in order, and for every post left out, why. `skip` says why no issue can be made."""

    occasion: Occasion
    picked: tuple[Picked, ...]
    left_out: tuple[LeftOut, ...]
    skip: str = ""  # "" | nothing-new | too-few
    waiting: tuple[str, ...] = ()  # paths of today's posts that wait for the next issue
    history_known: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Posts under one label; the label is empty where nothing is grouped."""

    label: str
    posts: tuple[Post, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One dated digest, composed: what a theme draws. `lead` is the first post, or None where all are equal in rank."""

    newsletter: str
    id: str
    number: int
    revision: int
    send_at: datetime
    window: Window
    title: str  # of the newsletter
    subject: str  # a template until rendered, from the configuration or the editor
    preheader: str
    intro: str  # Markdown by the editor
    lead: Post | None
    groups: tuple[Group, ...]  # the rest, in order
    language: str
    content: str  # excerpt | full | title
    intro_file: str = ""  # where the intro stands, for findings
    intro_line: int = 1
    intro_lang: str = ""  # of the intro, where it is not the issue's: a reader's language frames words in another

    @property
    def posts(self) -> tuple[Post, ...]:
        """Every post of the issue in its order."""
        head = (self.lead,) if self.lead else ()
        return head + tuple(p for g in self.groups for p in g.posts)


# ------------------------------------------------------------------------------------------------ how it looks


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture that goes along inside the message: the HTML shows it as `cid:` and its id (RFC 2392)."""

    id: str  # the Content-ID without brackets: made of the octets, so that it is the same each time
    kind: str  # image/jpeg, image/png or image/gif
    data: bytes
    brought: str = ""  # the path of the post that shows it; empty where that is not known any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A variant: the issue for one set of posts, language and theme. It knows no recipient; slots stand for one.

    `html`, `text` hold slot marks (render.slots). `stencil` is the whole message as bytes with slots, in the form that
    is frozen and stamped (render.slots.Stencil.to_bytes); empty until `pipeline` has assembled it.
    """

    variant: str  # a hash of what makes it: posts, language, theme
    language: str
    subject: str
    preheader: str
    mjml: str
    mjml_origin: tuple[tuple[int, str, int], ...]  # (MJML line, template file, line): a map, ascending
    html: str
    text: str
    posts: tuple[str, ...]  # ids, in order
    warnings: tuple[Finding, ...] = ()  # what was repaired on the way (dropped pixel, cut title)
    stencil: bytes = b""
    pictures: tuple[Picture, ...] = ()  # that go along inside the message


# ------------------------------------------------------------------------------------------------ is it fit to send


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What the preflight has to say: which rule, how grave, where, and what to do."""

    rule: str
    severity: str  # error | warning | info
    message: str
    file: str = ""
    line: int | None = None
    hint: str = ""
    part: str = ""  # headers | html | text | mjml | config | posts: where the preview page jumps to


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The final bytes for one sample reader, with their envelope."""

    mail_from: str
    rcpt_to: str
    data: bytes
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """All that a lint rule may look at. `config` and `newsletter` are the settings in force."""

    issue: Issue
    rendered: Rendered
    samples: tuple[Sample, ...]  # at least one; two where two readers can be told apart
    headers: tuple[tuple[str, str], ...]  # of the first sample, decoded, in order
    html: str  # of the first sample, decoded and stamped
    text: str
    config: object  # settings.Config
    newsletter: object  # settings.Newsletter
    history: History
    recipients: int | None  # None: unknown (no list, no state)
    last_recipients: int | None
    to_list: bool  # True for run and send to lists: some rules are graver then
    now: datetime
    last_subject: str = ""  # of the last issue sent, where it is known
    last_list_id: str = ""  # its List-Id, decoded
    topics: tuple[
        tuple[str, int, int], ...
    ] = ()  # that readers have: (topic, people, posts of 12 weeks that it selects)
    recent_tags: tuple[str, ...] = ()  # tags and categories of the posts of 12 weeks, as they are written


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewAudience:
    """One variant as the preview page offers it; `readers` are a few addresses to look as (the page masks them)."""

    label: str  # "everything", or the topics and the language
    people: int = 0
    readers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewState:
    """One look at an issue, as the preview page shows it: `audiences[variant]` is what is shown. What the preflight
    finds is asked for afterwards: the mail is to be seen first."""

    issue: str
    subject: str
    preheader: str
    html: str  # decoded and stamped, as a client shows it: pictures that go along stand in it
    text: str
    headers: tuple[tuple[str, str], ...]  # decoded, in order
    raw: bytes  # the whole message
    size: int  # octets of the HTML part as Gmail counts them: decoded, with the longest slots
    picked: tuple[Picked, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    audiences: tuple[PreviewAudience, ...] = ()
    variant: int = 0


# ------------------------------------------------------------------------------------------------ who gets it


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """One row of a list file, checked. `topics` select posts; `tags` are the owner's labels and select nothing."""

    address: str  # as mail goes to it: domain in A-labels, lower case; local part as written
    key: str  # what makes two addresses one person: address in lower case, NFC
    line: int
    name: str = ""
    topics: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    lang: str = ""
    attributes: tuple[tuple[str, str], ...] = field(default=())
