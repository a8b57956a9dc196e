"""The phrases of an issue: subject, preheader, and why a reader gets it. Words only, no layout."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from digest.language import Language
from digest.model import Finding, Issue
from digest.render.environment import phrase
from digest.render.excerpt import cut
from digest.render.facts import Entry
from digest.render.text import one_line
from digest.settings import Newsletter

__all__ = ["Phrases", "sent_on"]

SUBJECT = 150  # characters; phones show 40, and 998 octets are the limit of a header line
PREHEADER = 140
ENOUGH = 85
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A post as a phrase of the configuration may name it: plain text throughout."""

    title: str
    url: str = ""
    author: str = ""
    category: str = ""
    excerpt: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """Subject and preheader, ready to print, and what had to be cut."""

    subject: str
    preheader: str
    warnings: tuple[Finding, ...]
    newsletter: Newsletter
    language: Language
    title: str

    @classmethod
    def of(
        cls, issue: Issue, newsletter: Newsletter, spoken: Language, entries: Mapping[str, Entry], intro: str
    ) -> Phrases:
        """Fill the phrases in. Raises TemplateError, with the file it stands in, where one cannot be filled."""
        posts = [entries[post.id] for post in issue.posts]
        title = one_line(issue.title)
        subject, cut_to = _subject(issue, newsletter, spoken, posts)
        warnings = []
        if cut_to:
            said = f"the subject was cut to {cut_to} characters"
            warnings.append(Finding(rule="subject-length", severity="warning", message=said, part="headers"))
        own = _filled(issue, newsletter, "preheader", issue.preheader or newsletter.preheader, spoken, posts, SUBJECT)
        return cls(
            subject=subject,
            preheader=cut(own, PREHEADER) if own else _preheader(posts, subject, intro),
            warnings=tuple(warnings),
            newsletter=newsletter,
            language=spoken,
            title=title,
        )

    def reason(self, site: str) -> str:
        """Say why a reader gets this, then what it is in the newsletter's own words, or how often it comes."""
        say = self.language.text
        why = (
            say("You receive {title} because you subscribed at {site}.", title=self.title, site=site)
            if site
            else say("You receive {title} because you subscribed to it.", title=self.title)
        )
        more = one_line(self.newsletter.description) or _often(self.newsletter.send, self.language)
        return f"{why} {more}" if more else why


def _often(send: str, spoken: Language) -> str:
    """The cadence in words, where it is one that has some."""
    said = send.strip().lower()
    day = re.fullmatch(r"([a-z]{3,9})\s+\d{1,2}:\d{2}", said)
    if day and day[1][:3] in WEEKDAYS:
        return spoken.text("It is sent every {weekday}.", weekday=spoken.weekday(WEEKDAYS.index(day[1][:3])))
    if said.startswith("daily "):
        return spoken.text("It is sent every day.")
    return spoken.text("It is sent every month.") if re.match(r"\d{1,2}(?:st|nd|rd|th) ", said) else ""


def _subject(issue: Issue, newsletter: Newsletter, spoken: Language, posts: list[Entry]) -> tuple[str, int]:
    """The subject, and its length where it was cut; what follows a long title stays."""
    subject = _filled(issue, newsletter, "subject", issue.subject, spoken, posts, SUBJECT)
    if not subject:
        subject = _stand_in(issue, spoken)
    if len(subject) <= SUBJECT:
        return subject, 0
    first = len(cut(posts[0].title_text, SUBJECT)) if posts else 0
    room = max(40, SUBJECT - (len(subject) - first))
    subject = cut(_filled(issue, newsletter, "subject", issue.subject, spoken, posts, room), SUBJECT)
    return subject, len(subject)


def _stand_in(issue: Issue, spoken: Language) -> str:
    return one_line(f"{issue.title} · {spoken.text('Issue {number}', number=issue.number)}")


def _filled(
    issue: Issue, newsletter: Newsletter, key: str, source: str, spoken: Language, posts: list[Entry], room: int
) -> str:
    """A phrase with its names filled in. A title is a value: braces in it stay braces."""
    named = [
        Spoken(
            title=cut(p.title_text, room),
            url=p.url,
            author=p.author,
            category=p.label,
            excerpt=p.excerpt,
            tags=p.tags,
        )
        for p in posts
    ]
    others = len(posts) - 1
    values = {
        "lead": named[0] if named else Spoken(title=_stand_in(issue, spoken)),
        "posts": tuple(named),
        "count": len(posts),
        "and_more": spoken.plural(", and {count} more", ", and {count} more", others) if others > 0 else "",
        "number": issue.number,
        "date": spoken.day(sent_on(issue), year=True),
        "title": one_line(issue.title),
    }
    configured = newsletter.subject if key == "subject" else newsletter.preheader
    file = issue.intro_file if issue.intro_file and source != configured else "digest.toml"
    return one_line(phrase(source, values, file=file, key=key))


def sent_on(issue: Issue) -> date:
    """Give the day of an issue as its readers have it: in the newsletter's zone, not in UTC."""
    return issue.send_at.astimezone(ZoneInfo(issue.window.zone)).date()


def _preheader(posts: list[Entry], subject: str, intro: str) -> str:
    """The other titles; where they say too little, the beginning of what the mail says next."""
    others = [p.title_text for p in posts if p.title_text[:40] not in subject]
    row = _joined(others, PREHEADER)
    for more in (*(p.excerpt for p in posts), intro):
        if len(row) >= ENOUGH:
            break
        if more and more not in row:
            row = cut(f"{row} · {more}" if row else more, PREHEADER)
    return row


def _joined(titles: Iterable[str], limit: int) -> str:
    """Whole titles while they fit; the last one is cut where much room is left."""
    row = ""
    for title in titles:
        longer = f"{row} · {title}" if row else title
        if len(longer) > limit:
            return row if len(row) >= ENOUGH else cut(longer, limit)
        row = longer
    return row
