"""From a selection to an edition: the issue composed, each variant rendered and assembled, and the proof for the lint.

An edition is what would be frozen if it were sent at this moment; previews, builds and checks look at the same one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from digest.interfaces import Audience, Freeze, FrozenVariant
from digest.language import speaks, tidy
from digest.model import History, Issue, Occasion, Picture, Post, Proof, Rendered, Sample, Selection
from digest.pipeline.topics import NO_TOPICS, Topics
from digest.posts import compose
from digest.posts.editor import Editor
from digest.render import draw, mime
from digest.render.album import Local
from digest.render.slots import Stencil
from digest.render.theme import Theme
from digest.settings import Config, Newsletter

__all__ = [
    "Edition",
    "LastIssue",
    "assemble",
    "date_for",
    "freeze_of",
    "headers_of",
    "in_language",
    "make",
    "pictures_of",
    "proof_of",
    "sample",
    "stencil_for",
]

EVERYONE = Audience(topics=(), lang="", people=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One issue, ready to be looked at or frozen. `assign` maps (topics, lang) to a variant, or None: filtered."""

    newsletter: Newsletter
    selection: Selection
    issue: Issue
    variants: tuple[Rendered, ...]
    assign: dict[tuple[tuple[str, ...], str], int | None]
    date: datetime

    def variant_of(self, topics: tuple[str, ...], lang: str) -> Rendered | None:
        """The variant of a reader with these topics and language; None: nothing for them in this issue."""
        index = self.assign.get((topics, lang), 0)
        return None if index is None else self.variants[index]


@dataclass(frozen=True, slots=True, kw_only=True)
class LastIssue:
    """What the last issue was like, for the rules that compare."""

    recipients: int | None = None
    subject: str = ""
    list_id: str = ""


def headers_of(variant: FrozenVariant) -> tuple[tuple[str, str], ...]:
    """The decoded header of a frozen variant, as somebody gets it."""
    data = stencil_for(variant).stamp(to="reader@example.net", token="a" * 26, message_id="a" * 32)
    return mime.read(data)[0]


def date_for(occasion: Occasion, now: datetime) -> datetime:
    """The Date of the message: the send time, or this moment where that is over an hour later."""
    late = now - occasion.send_at > timedelta(hours=1)
    return (now if late else occasion.send_at).astimezone(ZoneInfo(occasion.window.zone)).replace(microsecond=0)


def make(
    config: Config,
    newsletter: Newsletter,
    selection: Selection,
    history: History,
    editor: Editor | None,
    audiences: Sequence[Audience],
    load_theme: Callable[[str], Theme],
    now: datetime,
    *,
    kind: str = "issue",
    local: Local | None = None,
) -> Edition:
    """Compose, render and assemble. The first variant is the whole issue in the newsletter's language, always.

    `local` reads pictures that lie on this machine.
    """
    issue = compose.compose(selection, newsletter, history, editor)
    theme = load_theme(newsletter.theme)
    date = date_for(selection.occasion, now)
    variants: list[Rendered] = []
    assign: dict[tuple[tuple[str, ...], str], int | None] = {}
    by_content: dict[str, int] = {}
    for audience in (EVERYONE, *audiences):
        part = compose.for_topics(issue, audience.topics, newsletter.rules.tag_aliases)
        if part is None:
            assign[audience.topics, audience.lang] = None
            continue
        spoken = in_language(part, audience.lang)
        key = repr((tuple(p.id for p in spoken.posts), spoken.language))
        if key not in by_content:
            drawn = draw.draw(
                spoken,
                newsletter=newsletter,
                site=config.site,
                sender=config.sender,
                public=config.public,
                theme=theme,
                local=local,
            )
            by_content[key] = len(variants)
            variants.append(replace(drawn, stencil=assemble(config, newsletter, issue, drawn, date, kind).to_bytes()))
        assign[audience.topics, audience.lang] = by_content[key]
    return Edition(
        newsletter=newsletter,
        selection=selection,
        issue=issue,
        variants=tuple(variants),
        assign=assign,
        date=date,
    )


def in_language(issue: Issue, lang: str) -> Issue:
    """The issue for readers of a language: its frame speaks it where there are words for it; what is written in the
    newsletter's own language says so. Without such words a reader gets the newsletter's language."""
    if not lang or not speaks(lang) or tidy(lang) == issue.language:
        return issue

    def told(post: Post) -> Post:
        return post if post.lang else replace(post, lang=issue.language)

    return replace(
        issue,
        language=tidy(lang),
        lead=told(issue.lead) if issue.lead else None,
        groups=tuple(replace(g, posts=tuple(told(p) for p in g.posts)) for g in issue.groups),
        intro_lang=issue.language,
    )


def assemble(
    config: Config, newsletter: Newsletter, issue: Issue, drawn: Rendered, date: datetime, kind: str
) -> Stencil:
    """The message of a variant, as a stencil; `kind` preview marks the subject."""
    return mime.assemble(
        drawn,
        newsletter=newsletter,
        site=config.site,
        sender=config.sender,
        public=config.public,
        issue_id=issue.id,
        date=date,
        kind=kind,
    )


def stencil_for(rendered: Rendered | FrozenVariant) -> Stencil:
    """The stencil of a variant, from the bytes that are frozen."""
    return Stencil.from_bytes(rendered.stencil)


def pictures_of(variant: FrozenVariant) -> tuple[Picture, ...]:
    """The pictures that go along in a frozen message."""
    if "cid:" not in variant.html:
        return ()
    return mime.pictures(stencil_for(variant).stamp(to="reader@example.net", token="a" * 26, message_id="a" * 32))


def sample(config: Config, rendered: Rendered | FrozenVariant, *, to: str, token: str, message_id: str) -> Sample:
    """The finished bytes for one reader, checked."""
    data = stencil_for(rendered).stamp(to=to, token=token, message_id=message_id)
    mail_from = mime.mail_from(config.sender, token)
    mime.check(data, mail_from=mail_from, rcpt_to=to)
    return Sample(mail_from=mail_from, rcpt_to=to, data=data, token=token)


def proof_of(
    config: Config,
    edition: Edition,
    history: History,
    samples: tuple[Sample, ...],
    now: datetime,
    *,
    recipients: int | None,
    last: LastIssue,
    to_list: bool,
    variant: int = 0,
    topics: Topics = NO_TOPICS,
) -> Proof:
    """All that the lint may look at, of one variant."""
    headers, text, html = mime.read(samples[0].data)
    return Proof(
        issue=edition.issue,
        rendered=edition.variants[variant],
        samples=samples,
        headers=headers,
        html=html,
        text=text,
        config=config,
        newsletter=edition.newsletter,
        history=history,
        recipients=recipients,
        last_recipients=last.recipients,
        last_subject=last.subject,
        last_list_id=last.list_id,
        to_list=to_list,
        now=now,
        topics=topics.chosen,
        recent_tags=topics.written,
    )


def freeze_of(edition: Edition, lists: tuple[str, ...], now: datetime) -> Freeze:
    """All that one freeze writes."""
    carried: dict[str, Post] = {p.id: p for p in edition.issue.posts}
    return Freeze(
        occasion=edition.selection.occasion,
        number=edition.issue.number,
        revision=edition.issue.revision,
        subject=edition.variants[0].subject,
        title=edition.issue.title,
        deadline=max(now, edition.date) + edition.newsletter.deadline,
        posts=tuple(carried.values()),
        variants=tuple(_frozen(v) for v in edition.variants),
        lists=lists,
        assign=edition.assign,
    )


def _frozen(v: Rendered) -> FrozenVariant:
    return FrozenVariant(
        variant=v.variant,
        language=v.language,
        subject=v.subject,
        html=v.html,
        text=v.text,
        mjml=v.mjml,
        stencil=v.stencil,
        posts=v.posts,
    )
