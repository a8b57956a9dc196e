"""Excerpts: the written one brought into shape, or one made of the first real paragraph.

They end after a whole sentence, else after a whole word and an ellipsis.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from digest.model import Post
from digest.render.markup import inline, sanitised
from digest.render.text import one_line
from digest.render.tree import Element, text_of

__all__ = ["cut", "excerpt_of"]

READ = 8000  # characters of a body that are looked at
WRITTEN = 320  # characters of an excerpt that somebody wrote
MORE = re.compile(r"<!--\s*(?:more|truncate|excerpt|end[ _-]?excerpt)\s*-->|\{/\*\s*truncate\s*\*/\}", re.IGNORECASE)
SENTENCE = re.compile(r"(?<=[.!?…؟۔])[\"'”’»)\]]*\s+(?=[\"'“‘«(\[¿¡]*[^\W_a-z])|(?<=[。！？])")
NO_END = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|ca|approx|Mr|Mrs|Ms|Dr|Prof|Sr|Jr|St|No|Nr|Fig|Vol|Inc|Ltd|z\.\s?B|d\.\s?h|u\.\s?a|bzw)"
    r"|\b[A-Z]|\b\d+)\.\s*$"
)
TWEET = re.compile(r"[—–-]\s.{1,60}\(@\w+\)|pic\.twitter\.com/|^>?be me\b")
JUNK = re.compile(
    r"^(?:photo(?:graph)?s?\b.{0,20}\bby|(?:background |cover |header |hero )?(?:images?|illustrations?|photos?|art)"
    r"\b.{0,12}(?:credit|source|by|:)|credits?:|source:|posted (?:by|on|in)|(?:guest post|written) by"
    r"|\w+ \d{1,2},? \d{4} by |(?:this|the) (?:article|post|story|piece) (?:was|is|has been|first|also|originally)"
    r"\b.{0,30}(?:publish|appear|post)|originally (?:published|posted)|cross-?posted|table of contents|contents$"
    r"|share this|subscribe|sign up|follow us|advertisement|read more|click here|\d+ min(?:ute)?s? read)",
    re.IGNORECASE,
)
REFERENCE = re.compile(r"^ {0,3}\[[^\]\n]+\]:[ \t]*\S.*$", re.MULTILINE)
OUTSIDE = frozenset(
    {"blockquote", "table", "figure", "figcaption", "li", "pre", "details", "dl", "h1", "h2", "h3", "h4"}
)


def excerpt_of(post: Post, limit: int) -> str:
    """Give the excerpt of a post in plain text: what is written (at most 320 characters), else about `limit` made."""
    written = _tidy(inline(_untagged(post.excerpt))[0])
    if written and _squeezed(written) != _squeezed(post.title):
        return cut(written, max(WRITTEN, limit))
    return made(post.body, post.dialect, limit)


def made(body: str, dialect: str, limit: int) -> str:
    """Make an excerpt: the first paragraph that says something, joined by the next while it is short."""
    marked = MORE.split(body, maxsplit=1)[0]
    sources = [marked, body] if len(marked) < len(body) else [body]
    for source in sources:
        root = sanitised(_beginning(source), dialect)
        paragraphs = list(_paragraphs(root))
        real = [p for p in paragraphs if not _is_junk(p)] or _items(root) or paragraphs
        if not real:
            continue
        text = real[0]
        for further in real[1:]:
            if len(text) >= limit // 3 or not text.endswith((".", "!", "?", "…", ":", "。")):
                break
            text = f"{text} {further}"
        return cut(_ended(text), limit)
    return ""


def cut(text: str, limit: int) -> str:
    """Shorten a text: after a whole sentence, else after a whole word and an ellipsis."""
    if len(text) <= limit:
        return text
    whole = ""
    for end in _sentence_ends(text):
        if end > limit:
            break
        whole = text[:end].rstrip()
    if len(whole) * 5 >= limit * 2:
        return whole
    at = text.rfind(" ", limit // 2, limit)
    if at < 0:  # a script without blanks, or one endless word
        at = limit - 1
        while at > 1 and (unicodedata.combining(text[at]) or text[at] in "\u200d\ufe0f" or text[at - 1] == "\u200d"):
            at -= 1
    return text[:at].rstrip(" ,;:–—-.(\"“‘'") + "…"


def _sentence_ends(text: str) -> Iterator[int]:
    for found in SENTENCE.finditer(text):
        if not NO_END.search(text[: found.start()]):
            yield found.end()


def _untagged(text: str) -> str:
    """A description may be HTML or hold several paragraphs."""
    if re.search(r"</?[a-z][^<>]*>|\n\s*\n", text):
        return text_of(sanitised(text))
    return text


def _tidy(text: str) -> str:
    text = re.sub(r"\s*(?:\.{3,}|\[(?:…|\.{3})\])$", "…", one_line(text))
    return re.sub(r"\s*(?:Continue reading|Read more)\s*[→»…]*$", "", text)


def _ended(text: str) -> str:
    """A text that breaks off says so; what would follow a colon does not follow."""
    text = f"{text.rstrip(' :')}…" if len(text) > 60 and text.endswith(":") else text
    return f"{text}…" if len(text) > 60 and (text[-1].isalnum() or text[-1] in ",;–—") else text


def _beginning(body: str) -> str:
    if len(body) <= READ:
        return body
    end = body.rfind("\n\n", 0, READ)
    end = end if end > 0 else READ
    return "\n\n".join((body[:end], *REFERENCE.findall(body, end)))  # what links of the beginning refer to


def _squeezed(text: str) -> str:
    return re.sub(r"\W+", "", text).casefold()


def _paragraphs(element: Element) -> Iterator[str]:
    """The text of each paragraph that stands in the flow."""
    for child in element.children:
        if isinstance(child, str):
            if element.tag in ("root", "div", "section", "article", "main") and child.strip():
                yield one_line(child)
        elif child.tag == "p":
            text = _flow(child)
            if text and not _mostly_links(child, text):
                yield text
        elif child.tag not in OUTSIDE:
            yield from _paragraphs(child)


def _items(root: Element) -> list[str]:
    """The points of a post that is nothing but lists, in one line."""
    items = [one_line(text_of(e)) for e in root.walk() if e.tag == "li" and not e.find("li")]
    return ["; ".join(items)] if items else []


def _flow(paragraph: Element) -> str:
    """The text of a paragraph as one line, without the marks of footnotes."""
    parts = []
    for child in paragraph.children:
        if isinstance(child, str):
            parts.append(child)
        elif child.tag == "br":
            parts.append(" ")
        elif not child.has_class("footnote-ref") and child.tag != "sup":
            parts.append(_flow(child))
    return one_line("".join(parts)) if paragraph.tag == "p" else "".join(parts)


def _mostly_links(paragraph: Element, text: str) -> bool:
    linked = sum(len(text_of(e).strip()) for e in paragraph.walk() if e.tag == "a")
    return linked * 10 > len(text) * 8


def _is_junk(text: str) -> bool:
    if TWEET.search(text) or JUNK.match(text):
        return True
    said = re.sub(r"https?://\S+", "", text)
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in said)
    if len(said) + 2 * wide < 40:
        return True
    return text.endswith(":") and len(text) < 80
