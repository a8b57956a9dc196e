"""An issue drawn: subject, preheader, HTML and text of one variant, by a theme. Sends nothing, knows no reader.

The order: facts of each post, how much room each gets, the templates, and the size. A mail over the budget is drawn
again with less: whole texts become excerpts, the last cards become lines.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import escape

from digest.errors import TemplateError
from digest.language import Language, direction, language
from digest.model import Finding, Issue, Post, Rendered
from digest.render import headers, mjml, plain
from digest.render.album import Album, Developed, Local
from digest.render.environment import Foreign, Output, environment, render
from digest.render.facts import Entry, Shelf, entry
from digest.render.links import host
from digest.render.markup import Body, body, least_octets, styled
from digest.render.phrases import Phrases, sent_on
from digest.render.shorten import beginning
from digest.render.slots import Slot, mark
from digest.render.text import one_line
from digest.render.theme import ISSUE, TEXT, Theme
from digest.settings import Newsletter, Public, Sender, Site

__all__ = ["BUDGET", "draw"]

BUDGET = 80_000  # octets of HTML; Gmail hides what follows about 102,000
SLOTS = 600  # octets that slots may still grow by
FRAME = 300  # octets that a theme may put around a text
WORTH = 8_000  # octets for which it is worth to begin a text that is too long
READ = 300_000  # characters of such a text that are looked at
HINTS = {  # what to do about what was mended
    "image-file": "name a whole picture of the site: JPEG or PNG, at most 25 MB and 50 million pixels",
    "image-format": "save it as PNG or JPEG beside it, and name that one",
    "image-scheme": "put it on the site and name it by its path, or by an https address",
    "image-weight": "save it smaller",
    "title-long": "shorten it; the post's page may have a longer one",
    "url-missing": "set url under its source in digest.toml, or in the post",
}
CARD = 1_300  # octets that a card costs, about


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """How much room the posts get: those with their whole text (by id), `cards` after the lead, the rest lines."""

    full: tuple[str, ...]
    cards: int


def draw(
    issue: Issue,
    *,
    newsletter: Newsletter,
    site: Site,
    sender: Sender,
    public: Public,
    theme: Theme,
    local: Local | None = None,
) -> Rendered:
    """Draw an issue. Raises TemplateError where the theme or a phrase of the configuration is at fault.

    What posts brought and had to be mended comes as `warnings`; it is never an error. `local` reads pictures that lie
    on this machine; without it their sizes are unknown, and none goes along.
    """
    return _Drawing(issue, newsletter, site, sender, public, theme, local).finished()


class _Drawing:
    def __init__(
        self,
        issue: Issue,
        newsletter: Newsletter,
        site: Site,
        sender: Sender,
        public: Public,
        theme: Theme,
        local: Local | None,
    ) -> None:
        self.issue, self.newsletter, self.theme, self.site = issue, newsletter, theme, site
        self.language: Language = language(issue.language or newsletter.language or site.language)
        self.sent = sent_on(issue)
        self.repairs: dict[str, list[tuple[str, str]]] = {}
        self.album = Album(
            local,
            embed=newsletter.images == "embed",
            domain=sender.domain,
            home=site.url,
            project=theme.project,
            at_least=theme.space["thumb_wide"],
        )
        self.css = self._css()
        self.bodies: dict[str, Body] = {}
        self.intro = self._body(issue.intro, site.url)
        self.repairs[issue.intro_file] = list(self.intro.repairs)
        self.unsubscribe = headers.unsubscribe_url(public, mark(Slot.TOKEN)) or headers.unsubscribe_mailto(
            sender, mark(Slot.TOKEN)
        )
        self.preferences = f"{public.url}/p/{mark(Slot.TOKEN)}" if public.url else ""
        self.web = f"{public.url}/{issue.newsletter}/{issue.id}/" if public.url else ""
        self.address = one_line(sender.postal_address)

    def finished(self) -> Rendered:
        entries = {post.id: self._entry(post) for post in self.issue.posts}
        phrases = Phrases.of(self.issue, self.newsletter, self.language, entries, plain.as_line(self.intro.nodes))
        values = self._values(phrases)
        layout = self._first_layout()
        if self.issue.content == "full":
            full = self._whole_texts(BUDGET - self._size(values, entries, layout))
            entries |= {name: replace(entries[name], body=html) for name, html in full.items()}
            layout = replace(layout, full=tuple(full))
        layout, source, page = self._fitted(values, entries, layout)
        text = self._text(values, self._arranged(entries, layout), layout)
        files = {file: self.theme.display(file) for file in {file for _, file, _ in source.origin}}
        return Rendered(
            variant=_variant(self.issue, self.theme, phrases.subject, page.html, text),
            language=self.language.tag,
            subject=phrases.subject,
            preheader=phrases.preheader,
            mjml=source.text,
            mjml_origin=tuple((line, files[file], there) for line, file, there in source.origin),
            html=page.html,
            text=text,
            posts=tuple(post.id for post in self.issue.posts),
            warnings=(*phrases.warnings, *self._warnings(layout, page)),
            pictures=page.pictures,
        )

    # ---------------------------------------------------------------------------------------- values

    def _css(self) -> str:
        made = environment(self.theme.folders, markup=False)
        return self._rendered(made, "parts/body.css.j2", self._looks()).text

    def _body(self, markdown: str, base: str, post: Post | None = None) -> Body:
        if not markdown.strip():
            return Body(nodes=())
        tongue = post.lang if post else self.issue.intro_lang
        return body(
            markdown,
            base=base,
            language=language(one_line(tongue)) if tongue else self.language,
            dialect=post.dialect if post else "",
            title=post.title if post else "",
            look=lambda named, url, repairs: self.album.see(post, named, url, repairs.tell),
        )

    def _entry(self, post: Post) -> Entry:
        return entry(
            post,
            language=self.language,
            year=self.sent.year,
            content=self.issue.content,
            options=dict(self.theme.options),
            body=Foreign(""),
            repairs=self.repairs.setdefault(post.path, []),
            album=self.album,
            home=host(self.site.url),
        )

    def _looks(self) -> dict[str, Any]:
        """What the theme gives: colours, fonts, sizes, and the sides of the language."""
        right = self.language.dir == "rtl"
        fonts = dict(self.theme.fonts)
        if not self.language.serif:
            fonts |= {"heading": fonts["plain"], "text": fonts["plain"]}
            fonts |= {"outlook_heading": fonts["outlook_plain"], "outlook_text": fonts["outlook_plain"]}
        return {
            "light": self.theme.light,
            "dark": self.theme.dark,
            "font": fonts,
            "size": self.theme.sizes,
            "wide": self.theme.wide,
            "space": self.theme.space,
            "option": self.theme.options,
            "lang": self.language.tag,
            "dir": self.language.dir,
            "start": "right" if right else "left",
            "end": "left" if right else "right",
            "serif": self.language.serif,
            "cased": self.language.serif,
            "tight": "letter-spacing:-.3px;" if self.language.serif else "",
            "caps": "letter-spacing:.6px;text-transform:uppercase;" if self.language.serif else "",
            "_": self.language.text,
            "columns": self.newsletter.text_width,
            "rule": plain.rule(self.newsletter.text_width),
        }

    def _values(self, phrases: Phrases) -> dict[str, Any]:
        say = self.language.text
        ways = [(say("Unsubscribe"), self.unsubscribe)]
        ways += [(say("Change what you get"), self.preferences)] if self.preferences else []
        ways += [(say("Web version"), self.web)] if self.web else []
        return self._looks() | {
            "title": one_line(self.issue.title),
            "number": self.issue.number,
            "date": self.language.day(self.sent, year=True),
            "subject": phrases.subject,
            "preheader": phrases.preheader,
            "intro": styled(self.intro.nodes, self.css),
            "intro_own": self._tongue(self.issue.intro_lang),
            "web_url": self.web,
            "unsubscribe_url": self.unsubscribe,
            "preferences_url": self.preferences,
            "reason": phrases.reason(host(self.site.url)),
            "ways": tuple(ways),
            "address": self.address,
            "own": self._own,
            "ours": self._ours,
            "start_of": lambda post: "right" if post.dir == "rtl" else "left",
            "end_of": lambda post: "left" if post.dir == "rtl" else "right",
        }

    def _own(self, post: Entry) -> Foreign:
        """The attributes of a post that is in another language."""
        return Foreign(' lang="{}" dir="{}"').format(post.lang, post.dir) if post.lang else Foreign("")

    def _tongue(self, lang: str) -> Foreign:
        """The attributes of what is written in another language than the issue's."""
        other = lang and lang.split("-")[0].lower() != self.language.tag.split("-")[0].lower()
        return Foreign(' lang="{}" dir="{}"').format(lang, direction(lang)) if other else Foreign("")

    def _ours(self, post: Entry) -> Foreign:
        """The attributes of what stands with a post in another language and is said in the issue's."""
        said = Foreign(' lang="{}" dir="{}"').format(self.language.tag, self.language.dir)
        return Foreign(said) if post.lang else Foreign("")

    # ---------------------------------------------------------------------------------------- room for each

    def _whole_texts(self, left: int) -> dict[str, Foreign]:
        """The texts that may stand in full, in order; then of the first that may not, as much as there is room for.

        What surely has no room is not even read as Markdown.
        """
        full: dict[str, Foreign] = {}
        growth: list[float] = []  # of those that were read: their size against the least it could have been
        for post in self.issue.posts:
            least = least_octets(post.body)
            if least * max(1, 0.8 * min(growth, default=1)) > left:
                continue
            made = self._body(post.body, post.url, post)
            html = styled(made.nodes, self.css)
            size = _octets(html)
            growth.append(size / (least + 1))
            if size <= left:
                self.bodies[post.id], full[post.id] = made, html
                left -= size
        first = next((post for post in self.issue.posts if post.id not in full and post.body.strip()), None)
        if first is not None and left >= WORTH:
            full |= self._beginning(first, left)
        return full

    def _beginning(self, post: Post, left: int) -> dict[str, Foreign]:
        """As much of a text as there is room for; nothing where that is too little to be worth it."""
        made = self._body(post.body[:READ], post.url, post)
        nodes = beginning(made.nodes, lambda part: _octets(styled(part, self.css)) <= left)
        html = styled(nodes, self.css)
        if _octets(html) < WORTH // 2:
            return {}
        said = "the text is too long for a mail: its beginning stands there, and a link to all of it"
        self.bodies[post.id] = Body(nodes=nodes, repairs=(*made.repairs, ("clip", said)))
        return {post.id: html}

    def _size(self, values: dict[str, Any], entries: Mapping[str, Entry], layout: _Layout) -> int:
        """The octets of a mail of excerpts: what is left of the budget is for whole texts."""
        return len(self._html(values | self._arranged(entries, layout))[1].html.encode()) + SLOTS

    def _first_layout(self) -> _Layout:
        """The most that may fit, without whole texts."""
        rest = len(self.issue.posts) - (1 if self.issue.lead else 0)
        if self.issue.content == "full":
            return _Layout(full=(), cards=rest)
        wanted = int(self.theme.options["cards"])
        return _Layout(full=(), cards=rest if rest == wanted + 1 else min(rest, wanted))

    def _arranged(self, entries: Mapping[str, Entry], layout: _Layout) -> dict[str, Any]:
        """Lead, shelves and lines of a layout, as templates take them."""
        fitting = [
            _with_text(entries[post.id]) if post.id in layout.full else replace(entries[post.id], body=Foreign(""))
            for post in self.issue.posts
        ]
        lead = fitting.pop(0) if self.issue.lead else None
        shelves: list[Shelf] = []
        at = 0
        for group in self.issue.groups:
            cards = tuple(fitting[at : min(at + len(group.posts), layout.cards)])
            at += len(group.posts)
            label = one_line(group.label)
            if cards:
                shelves.append(Shelf(label=label, level=3 if lead or label else 2, posts=cards))
        days = (self.issue.window.end - self.issue.window.start).days
        return {
            "lead": lead,
            "groups": tuple(shelves),
            "lines": tuple(fitting[layout.cards :]),
            "lines_label": self.language.text("Also this week" if 2 < days <= 8 else "Also in this issue"),
        }

    def _fitted(
        self, values: dict[str, Any], entries: Mapping[str, Entry], layout: _Layout
    ) -> tuple[_Layout, Output, Developed]:
        """Draw, and draw again with less while the mail is over the budget."""
        while True:
            source, page = self._html(values | self._arranged(entries, layout))
            over = len(page.html.encode()) + SLOTS - BUDGET
            if over <= 0 or layout == _Layout(full=(), cards=0):
                return layout, source, page
            if layout.full:
                layout = replace(layout, full=layout.full[:-1])
            else:
                layout = replace(layout, cards=max(0, layout.cards - 1 - over // CARD))

    # ---------------------------------------------------------------------------------------- the two parts

    def _html(self, values: dict[str, Any]) -> tuple[Output, Developed]:
        made = environment(self.theme.folders, markup=True)
        source = self._rendered(made, self.theme.template(ISSUE), values)
        try:
            return source, self.album.developed(mjml.compiled(source.text, source.origin))
        except TemplateError as exc:
            raise self._shown(exc) from exc.__cause__

    def _text(self, values: dict[str, Any], arranged: dict[str, Any], layout: _Layout) -> str:
        links, columns = plain.Links(), self.newsletter.text_width
        texts: dict[str, str] = {post.id: "" for post in self.issue.posts}
        intro = plain.as_text(self.intro.nodes, columns, links)
        for name in layout.full:
            texts[name] = plain.as_text(self.bodies[name].nodes, columns, links)
        numbered = tuple((number, url) for url, number in links.numbers.items())
        made = environment(self.theme.folders, markup=False)
        spoken = values | arranged | {"intro_text": intro, "texts": texts, "links": numbered}
        return plain.settled(self._rendered(made, self.theme.template(TEXT), spoken).text)

    def _rendered(self, made: Any, name: str, values: dict[str, Any]) -> Output:
        try:
            return render(made, name, values)
        except TemplateError as exc:
            raise self._shown(exc) from exc.__cause__

    def _shown(self, exc: TemplateError) -> TemplateError:
        shown = exc.moved(self.theme.display(exc.file) if exc.file else None)
        shown.mistakes = tuple(self._shown(mistake) for mistake in exc.mistakes)
        return shown

    # ---------------------------------------------------------------------------------------- what was mended

    def _warnings(self, layout: _Layout, page: Developed) -> tuple[Finding, ...]:
        told = [(place, *repair) for place, repairs in self.repairs.items() for repair in repairs]
        whole = [post for post in self.issue.posts if post.id in layout.full]
        told += [(post.path, *repair) for post in whole for repair in self.bodies[post.id].repairs]
        found = [
            Finding(rule=rule, severity="warning", message=message, file=place, hint=HINTS.get(rule, ""), part="posts")
            for place, rule, message in dict.fromkeys((*told, *page.told))
        ]
        count = len(self.issue.posts)
        if self.issue.content == "full" and len(layout.full) < count:
            short = count - len(layout.full)
            said = f"with every text in full the mail would be too long: {short} of {count} stand as excerpts"
            found.append(Finding(rule="clip", severity="warning", message=said, part="html"))
        return tuple(found)


def _with_text(post: Entry) -> Entry:
    """A post as it stands with its whole text: a cover that the text shows too is not shown twice."""
    twice = post.cover is not None and f'src="{escape(post.cover.url)}"' in post.body
    return replace(post, cover=None) if twice else post


def _octets(html: str) -> int:
    """How many octets a body has in a mail: with what a theme puts around it; mrml closes what HTML leaves open."""
    return len(html.encode()) + 2 * (html.count("<br") + html.count("<img")) + FRAME


def _variant(issue: Issue, theme: Theme, *parts: str) -> str:
    """A hash of what makes a variant: its posts, its language, its theme, and all that became of them."""
    seen = hashlib.sha256()
    for part in (issue.id, str(issue.revision), issue.language, theme.name, *(p.id for p in issue.posts), *parts):
        seen.update(part.encode() + b"\0")
    return seen.hexdigest()[:24]
