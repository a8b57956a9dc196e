"""An issue to look at: what select, draft, build, check, preview and preview sends all show, from one function.

An issue that is in the ledger is shown from its frozen bytes; any other as it would be if it were frozen now.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from digest.errors import DataError
from digest.interfaces import Audience, Drawn, FrozenIssue, FrozenVariant, Ledger, PictureSource, Roster, Source
from digest.lifecycle import IssueState
from digest.lint.hidden import preheader_words
from digest.model import Finding, History, Occasion, Picked, Post, Query, Rendered, Selection, Window
from digest.pipeline import edition as editions
from digest.pipeline import origin
from digest.pipeline.choose import choose, occasion_for, read_posts
from digest.pipeline.edition import Edition
from digest.pipeline.people import audiences_in_files
from digest.posts import known
from digest.posts.editor import Editor
from digest.render.album import Local
from digest.render.theme import Theme
from digest.settings import Config, Newsletter

__all__ = ["Chosen", "Looker", "Shown", "has_content", "last_sent", "need_content", "pictures_of", "post_findings"]


TOO_LATE = "it was changed after the issue was frozen, which goes out as it was frozen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which issue is meant, what is in it, and what stood in the editor's file. `frozen`: it is in the ledger."""

    newsletter: Newsletter
    history: History
    selection: Selection
    posts: tuple[Post, ...] = ()  # every post that was read for it
    editor: Editor | None = None
    frozen: FrozenIssue | None = None
    variants: tuple[FrozenVariant, ...] = ()
    changed: tuple[str, ...] = ()  # files that were changed after it was frozen: it goes out without that

    @property
    def broken(self) -> bool:
        """True where a broken post was left out."""
        return any(o.reason == "broken" for o in self.selection.left_out)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An issue with its edition and the people it would go to (None: no list is there)."""

    chosen: Chosen
    edition: Edition
    audiences: tuple[Audience, ...]

    @property
    def people(self) -> int | None:
        """How many people these are."""
        return sum(a.people for a in self.audiences) or None


@dataclass(frozen=True, slots=True, kw_only=True)
class Looker:
    """What looking needs, handed in by `app`: nothing is written through it. `ledger` is None where there is none."""

    config: Config
    sources: Sequence[Source]
    ledger: Ledger | None
    roster: Roster | None
    read_editor: Callable[[str], Editor | None]
    drafts: Callable[[str], tuple[str, ...]]  # IDs of the editor's files of a newsletter
    load_theme: Callable[[str], Theme]
    lists: Path
    now: datetime

    def show(self, newsletter: Newsletter, issue: str = "", *, at_once: bool = False) -> Shown:
        """Choose and make the edition for everyone on the lists. Raises DataError where it would hold nothing."""
        chosen = self.meant(newsletter, issue, at_once=at_once)
        need_content(chosen)
        audiences = audiences_in_files(self.lists, newsletter)
        return Shown(chosen=chosen, edition=self.edition(chosen, audiences), audiences=audiences)

    def meant(self, newsletter: Newsletter, issue: str = "", *, at_once: bool = False) -> Chosen:
        """Choose the issue to show: where nobody named one and the due one has nothing in it (a run would skip it), the
        coming one."""
        chosen = self.choose(newsletter, issue, at_once=at_once)
        if not (issue or at_once or has_content(chosen)) and chosen.selection.occasion.due:
            coming = self._after(chosen)
            return coming if has_content(coming) else chosen
        return chosen

    def history(self, newsletter: Newsletter) -> History:
        """What the ledger knows, or that there is none."""
        if self.ledger is None:
            return History(newsletter=newsletter.name, known=False)
        return self.ledger.history(newsletter.name)

    def choose(
        self, newsletter: Newsletter, issue: str = "", *, at_once: bool = False, everything: bool = False
    ) -> Chosen:
        """Choose the issue's posts; a frozen issue's are those it carries. `everything`: read what is too old too."""
        history = self.history(newsletter)
        frozen = self.ledger.issue(issue) if issue and self.ledger is not None else None
        if frozen is not None and self.ledger is not None and frozen.frozen_at is not None:
            return self._frozen(newsletter, history, frozen, self.ledger.variants(frozen.id, frozen.revision))
        occasion = occasion_for(
            newsletter, history, self.now, issue=issue, at_once=at_once, drafts=self.drafts(newsletter.name)
        )
        editor = self.read_editor(occasion.issue)
        selection, posts = choose(self.sources, newsletter, history, occasion, self.now, editor, everything=everything)
        return Chosen(newsletter=newsletter, history=history, selection=selection, posts=posts, editor=editor)

    def _after(self, chosen: Chosen) -> Chosen:
        """The issue after this one, as it stands when this one has been worked off."""
        this = chosen.selection.occasion
        then = replace(
            chosen.history,
            first_start=chosen.history.first_start or this.window.start,
            last_end=this.window.end,
            last_send=this.send_at,
            issues=(*chosen.history.issues, this.issue),
        )
        occasion = occasion_for(chosen.newsletter, then, self.now)
        editor = self.read_editor(occasion.issue)
        selection, posts = choose(self.sources, chosen.newsletter, then, occasion, self.now, editor)
        return Chosen(newsletter=chosen.newsletter, history=then, selection=selection, posts=posts, editor=editor)

    def _frozen(
        self, newsletter: Newsletter, history: History, issue: FrozenIssue, variants: tuple[FrozenVariant, ...]
    ) -> Chosen:
        carried = {i: n for n, i in enumerate(variants[0].posts)} if variants else {}
        there = known.settled(read_posts(self.sources, Query()), history)
        posts = sorted((p for p in there if p.id in carried), key=lambda p: carried[p.id])
        window = Window(start=issue.window_start, end=issue.window_end, zone=newsletter.timezone)
        occasion = Occasion(newsletter=newsletter.name, issue=issue.id, send_at=issue.send_at, window=window, due=False)
        picked = tuple(Picked(post=p, reason="frozen") for p in posts)
        selection = Selection(occasion=occasion, picked=picked, left_out=())
        chosen = Chosen(
            newsletter=newsletter,
            history=history,
            selection=selection,
            posts=tuple(posts),
            frozen=issue,
            variants=variants,
        )
        assert self.ledger is not None
        before, _ = self.ledger.drawn_from(issue.id, issue.revision)
        return replace(chosen, changed=origin.changed(before, self.drawn_from(chosen)))

    def drawn_from(self, chosen: Chosen) -> Drawn:
        """What stands now in the files that an issue is drawn from, or was."""
        return origin.drawn_from(chosen.selection, self._editor_if_any(chosen.selection.occasion.issue))

    def _editor_if_any(self, issue: str) -> Editor | None:
        try:
            return self.read_editor(issue)
        except DataError:  # it was good when the issue was frozen
            return None

    def edition(
        self, chosen: Chosen, audiences: Sequence[Audience] = (), *, kind: str = "issue", date: datetime | None = None
    ) -> Edition:
        """Make the edition; of a frozen issue from its frozen bytes (a marked preview of it is assembled anew)."""
        made = editions.make(
            self.config,
            chosen.newsletter,
            chosen.selection,
            chosen.history,
            chosen.editor,
            audiences,
            self.load_theme,
            date or self.now,
            kind=kind,
            local=pictures_of(self.sources),
        )
        if chosen.frozen is None:
            return made
        issue = replace(made.issue, number=chosen.frozen.number, revision=chosen.frozen.revision)
        if kind == "issue":
            return replace(made, issue=issue, variants=tuple(_rendered(v) for v in chosen.variants))
        drawn = tuple(_rendered(v) for v in chosen.variants)
        again = tuple(
            replace(
                v,
                stencil=editions.assemble(self.config, chosen.newsletter, issue, v, made.date, kind).to_bytes(),
            )
            for v in drawn
        )
        return replace(made, issue=issue, variants=again)


def _rendered(v: FrozenVariant) -> Rendered:
    return Rendered(
        variant=v.variant,
        language=v.language,
        subject=v.subject,
        preheader=preheader_words(v.html),
        mjml=v.mjml,
        mjml_origin=(),
        html=v.html,
        text=v.text,
        posts=v.posts,
        stencil=v.stencil,
        pictures=editions.pictures_of(v),
    )


def pictures_of(sources: Sequence[Source]) -> Local:
    """The pictures of posts, as far as their sources say where they lie."""
    named = {s.name: s for s in sources if isinstance(s, PictureSource)}

    def find(post: Post, picture: str) -> str:
        source = named.get(post.source)
        return source.find_picture(post, picture) if source else ""

    def read(post: Post, file: str) -> bytes:
        source = named.get(post.source)
        if source is None:
            raise DataError("is not read: its post is from no folder of this machine")
        return source.read_picture(file)

    return Local(find=find, read=read)


def last_sent(looker: Looker, chosen: Chosen) -> FrozenIssue | None:
    """The issue before the chosen one that people got, or are getting; None where there is none, or no ledger."""
    if looker.ledger is None:
        return None
    before = [
        i
        for i in looker.ledger.issues(chosen.newsletter.name)
        if i.id != chosen.selection.occasion.issue and i.send_at <= chosen.selection.occasion.send_at and _went_out(i)
    ]
    return before[-1] if before else None


def _went_out(issue: FrozenIssue) -> bool:
    return issue.counts.sent > 0 or issue.state not in (IssueState.SKIPPED, IssueState.CANCELLED)


def post_findings(chosen: Chosen) -> tuple[Finding, ...]:
    """What is wrong with the issue's posts, and which are broken: left out or mended, so never an error."""
    inside = {k.post.id for k in chosen.selection.picked}
    too_late = chosen.changed if chosen.frozen and chosen.frozen.state is not IssueState.DONE else ()
    return tuple(
        Finding(rule="post", severity="warning", message=x.message, file=p.path, line=x.line, part="posts")
        for p in chosen.posts
        if p.broken or p.id in inside
        for x in p.problems
    ) + tuple(
        Finding(rule="frozen", severity="warning", message=TOO_LATE, file=file, part="posts") for file in too_late
    )


def has_content(chosen: Chosen) -> bool:
    """True where the issue would hold something: a post, or the editor's text."""
    return bool(chosen.selection.picked or (chosen.editor and chosen.editor.intro.strip()))


def need_content(chosen: Chosen) -> None:
    """Raise DataError where the issue would hold nothing at all."""
    if not has_content(chosen):
        window = chosen.selection.occasion.window
        raise DataError(
            f"{chosen.selection.occasion.issue} holds no post: nothing is dated from {window.start:%Y-%m-%d} "
            f"to {window.end:%Y-%m-%d} that is not sent or left out",
            hint=f"digest select {chosen.newsletter.name} --explain says why; {_another(chosen)}",
        )


def _another(chosen: Chosen) -> str:
    """Which issue a person may want to see instead of one that is due and empty: the one after it."""
    occasion = chosen.selection.occasion
    if not occasion.due:
        return "--issue ID shows another issue"
    after = replace(chosen.history, last_send=occasion.send_at)
    return f"--issue {occasion_for(chosen.newsletter, after, occasion.send_at).issue} shows the coming one"
