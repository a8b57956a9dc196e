"""Markdown, as people write it, becomes HTML that survives mail clients: read, sanitised, rewritten, styled.

The order is the safety: dialect signs go first, Markdown becomes HTML, nh3 lets only known tags and attributes pass,
and what is written at the end is built by us from a tree. Nothing of the source reaches a mail unescaped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from html import unescape

import nh3
from css_inline import CSSInliner
from markdown_it import MarkdownIt
from markupsafe import escape
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.tasklists import tasklists_plugin

from digest.language import Language
from digest.render.album import Seen
from digest.render.dialect import code_spans, outside_fences, plain_markdown
from digest.render.emoji import emojified
from digest.render.environment import Foreign
from digest.render.mailbody import Look, Repairs, rewrite
from digest.render.shortcodes import cut
from digest.render.text import clean, one_line
from digest.render.tree import Element, Node, parse, text_of, write

__all__ = ["Body", "body", "inline", "least_octets", "plain", "sanitised", "styled", "words"]

TAGS = """
p br hr h1 h2 h3 h4 h5 h6 strong b em i u s del ins strike mark small sub sup code kbd samp var tt pre blockquote cite q
ul ol li dl dt dd table caption thead tbody tfoot tr th td a img figure figcaption details summary iframe video audio
source embed object picture div span section article aside header footer main nav address center abbr time input math
dfn
"""
WITH_CONTENT = """
script style noscript template form select textarea option button svg head title progress canvas dialog
"""
ATTRIBUTES = {
    "*": {"class", "style", "hidden"},
    "a": {"href"},
    "img": {"src", "data-src", "alt", "width", "height"},
    "iframe": {"src"},
    "video": {"src", "poster"},
    "audio": {"src"},
    "source": {"src"},
    "embed": {"src"},
    "object": {"data"},
    "input": {"type", "checked"},
    "ol": {"start"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan"},
    "table": {"role"},
}
STYLES = {"text-align", "display", "width", "height"}
CLASSES = frozenset("itmalbk")  # those that the dark palette knows
CLASS = re.compile(r' class="([^"]*)"')
NESTING = 110  # what stands deeper is not read at all; a list in a list takes two
HTML_DIALECTS = frozenset({"html", "feed", "rss", "atom"})
WORD = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
WIDE_SCRIPT = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")
ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A body as a mail shows it: the tree (for the text part) and what was mended."""

    nodes: tuple[Node, ...]
    repairs: tuple[tuple[str, str], ...] = ()


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": True, "maxNesting": NESTING}).enable(["table", "strikethrough"])
    return made.use(footnote_plugin).use(deflist_plugin).use(tasklists_plugin)


def sanitised(markdown: str, dialect: str = "") -> Element:
    """Read a body as its generator does and give the tree of what is allowed in it."""
    source = clean(markdown)
    html = source if dialect in HTML_DIALECTS else _markdown().render(plain_markdown(source, dialect))
    safe = nh3.clean(
        html,
        tags=set(TAGS.split()),
        clean_content_tags=set(WITH_CONTENT.split()),
        attributes=ATTRIBUTES,
        filter_style_properties=STYLES,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel=None,
    )
    return parse(safe)


def _as_named(_named: str, address: str, _repairs: Repairs) -> Seen:
    return Seen(url=address)


def body(
    markdown: str, *, base: str, language: Language, dialect: str = "", title: str = "", look: Look = _as_named
) -> Body:
    """Turn a post's body (or an editor's intro) into mail HTML; `base` is the page that relative addresses start from.

    `title` is left out where the body opens with it once more; `look` knows the pictures of this machine.
    """
    repairs = Repairs()
    root = sanitised(markdown, dialect)
    nodes = rewrite(root, base=base, language=language, title=title, repairs=repairs, look=look)
    return Body(nodes=tuple(nodes), repairs=tuple(repairs.told))


def styled(nodes: tuple[Node, ...], css: str) -> Foreign:
    """Write a body with its styles in each element (mail clients drop style sheets); only dark classes stay."""
    html = write(list(nodes))
    if not html:
        return Foreign("")
    inlined = _inliner(css).inline_fragment(html, css)
    return Foreign(CLASS.sub(_dark_only, inlined))


@lru_cache(maxsize=8)
def _inliner(_css: str) -> CSSInliner:
    return CSSInliner(load_remote_stylesheets=False)


def _dark_only(found: re.Match[str]) -> str:
    kept = " ".join(name for name in found[1].split() if name in CLASSES)
    return f' class="{kept}"' if kept else ""


# ------------------------------------------------------------------------------------------------ one line


# Emphasis by asterisks that hug whole words: `*args, **kwargs` and `2 * 3 * 4` stay what they are.
EMPHASIS = re.compile(r"(?<![\w*\\])(\*{1,2})(?![\s*])([^*]*[^\s*])\1(?![\w*])")
LINK = re.compile(r"!?\[([^\[\]]*)\]\((?:[^()\s]|\([^()\s]*\))*(?:\s+\"[^\"]*\")?\)")
ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


def inline(markdown: str) -> tuple[str, Foreign]:
    """Read the little Markdown that titles and names hold; give plain text and HTML.

    Only what cannot be meant otherwise counts: code spans, emphasis by asterisks, links (their text stays), entities,
    emoji. Underscores never do: `__init__.py` is a title.
    """
    text: list[str] = []
    html: list[str] = []
    line = one_line(markdown)
    at = 0
    for start, end in code_spans(line):
        _plain_run(line[at:start], text, html)
        code = line[start:end].strip("`").strip()
        text.append(code)
        html.append(f"<code>{escape(code)}</code>")
        at = end
    _plain_run(line[at:], text, html)
    return one_line("".join(text)), Foreign("".join(html).strip())


def _plain_run(run: str, text: list[str], html: list[str]) -> None:
    run = emojified(LINK.sub(r"\1", run))
    at = 0
    for found in EMPHASIS.finditer(run):
        before, inner = _decoded(run[at : found.start()]), _decoded(found[2])
        tag = "em" if len(found[1]) == 1 else "strong"
        text += [before, inner]
        html += [str(escape(before)), f"<{tag}>{escape(inner)}</{tag}>"]
        at = found.end()
    rest = _decoded(run[at:])
    text.append(rest)
    html.append(str(escape(rest)))


def _decoded(run: str) -> str:
    """Entities as characters; backslash escapes without the backslash."""
    return clean(ESCAPE.sub(r"\1", ENTITY.sub(lambda m: unescape(m[0]), run)))


# ------------------------------------------------------------------------------------------------ counting

# Each alternative ends before it could begin anew: read once, whatever somebody wrote.
NOT_READ = re.compile(
    r"<(?:script|style|svg)\b[^<>]*+>[^<]*+|<[^<>]*+>|\]\([^()\s]*+\)|\{[{%][^{}]*\}|https?://\S+|^(?:import|export)\s.*$",
    re.MULTILINE | re.IGNORECASE,
)


COMMENT = re.compile("<!--"), re.compile("-->")
PROGRAM_COMMENT = re.compile(r"\{/\*"), re.compile(r"\*/\}")


def words(markdown: str) -> int:
    """Count the words a reader reads: no code blocks, markup or addresses. Two signs of Chinese, Japanese or Korean
    count as a word."""
    text = NOT_READ.sub(" ", outside_fences(markdown))
    wide = len(WIDE_SCRIPT.findall(text))
    return wide // 2 + len(WORD.findall(WIDE_SCRIPT.sub(" ", text) if wide else text))


def least_octets(markdown: str) -> int:
    """Say how much HTML a body makes at least, without reading it as Markdown: its words, a blank after each.

    Of real posts it is 1.4 to 6 times as much.
    """
    text = cut(cut(markdown, *COMMENT), *PROGRAM_COMMENT)
    return len(" ".join(WORD.findall(NOT_READ.sub(" ", text))).encode())


def plain(nodes: tuple[Node, ...]) -> str:
    """Give all text of a body in one line."""
    return " ".join(" ".join(text_of(n) for n in nodes).split())
