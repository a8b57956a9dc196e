"""Signs inside lines: Liquid tags, shortcodes, attribute lists, JSX. Prose only: code was set apart before (`dialect`).

One pass from left to right, each closing sign looked up once: time grows with the text, whatever somebody wrote. What a
shortcode becomes is still untrusted and is sanitised afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

__all__ = ["cut", "without_signs"]

LIQUID = frozenset(
    {"jekyll", "eleventy", "hexo", "nunjucks", "liquid", "vitepress"}
)  # `{{ }}` and `{% %}` are never text there
MARKING = frozenset({"mkdocs-material", "plain"})  # where `==words==` are marked
MARKED = re.compile(r"(?<![=\w])==(?=[^\s=])([^=\n]{1,200})(?<=\S)==(?![=\w])")
KNOWN = (
    "end[a-z]*|include|include_relative|link|post_url|highlight|raw|asset_img|asset_path|asset_link|post_link|post_path"
    "|youtube|vimeo|twitter|tweet|gist|codeblock|code|img|image|figure|link_to|blockquote|quote|pullquote|jsfiddle"
    "|iframe|assign|capture|if|elsif|else|unless|for|case|when|comment|render|note|tip|warning|set|block|extends|macro"
)
OPENING = re.compile(r"\{[{%#]")
RAW = re.compile(r"\{%-?\s*+raw\s*+-?%\}")
RAW_END = re.compile(r"\{%-?\s*+endraw\s*+-?%\}")
COMMENT = re.compile(r"\{%-?\s*+comment\s*+-?%\}")
COMMENT_END = re.compile(r"\{%-?\s*+endcomment\s*+-?%\}")
KRAMDOWN, KRAMDOWN_END = re.compile(r"\{::comment\}"), re.compile(r"\{:/(?:comment)?\}")
EXTENSION = re.compile(r"\{::/?[a-z][^{}\n]*+\}|\{:/[a-z]*+\}")  # {::nomarkdown} … {:/}
SHOWN = re.compile(r"\{\{([<%]?)/\*([^{}]*+)(?:(?<=\*/)|(?<=\*/[>%]))\}\}")  # a shortcode that is shown, not called
HUGO = re.compile(r"\{\{[<%]\s*+(/?)\s*+([\w./-]++)")
HUGO_END = re.compile(r"[>%]\}\}")
CALL = re.compile(r"\{[{%]\s*+([\w:]++)\(")  # Zola
CALL_END = re.compile(r"\)\s*+[}%]\}")
TAG = re.compile(r"\{%-?\s*+([\w-]++)")
TAG_KNOWN = re.compile(rf"\{{%-?\s*+({KNOWN})\b")
TAG_END = re.compile(r"-?%\}")
NOTE = re.compile(r"\{#(?![\w:.-]++\})")  # and not kramdown's {#anchor}
NOTE_END = re.compile(r"#\}")
VALUE = re.compile(r"\{\{-?")
VALUE_END = re.compile(r"-?\}\}")
# kramdown and attr_list: {#anchor}, {: .class}, {target=_blank}
ATTRIBUTE = r"(?:[#.][\w:.-]++|[\w-]++=(?:\"[^\"\n]*+\"|'[^'\n]*+'|[^\s{}\"']++))"
ATTRIBUTES = re.compile(
    rf"[ \t]?\{{:?[ \t]*+{ATTRIBUTE}(?:[ \t]++(?:{ATTRIBUTE}|markdown))*+[ \t]*+\}}|\{{:[^{{}}\n]*+\}}"
)
ANCHOR, ANCHOR_END = re.compile(r"\{/\*"), re.compile(r"\*/\}")  # Docusaurus: {/* #anchor */}
BLANK = re.compile(r"\{(?:' '|\" \"|`\s*+`)\}")  # JSX's own blank
SPAN = re.compile(r"(?<!!)\[([^\[\]\n]++)\]\{[ \t]*+[.#][^{}\n]*+\}")  # Pandoc: [words]{.class}
WIKI = re.compile(r"(!?)\[\[(?![\s\]])([^\[\]|\n]++)(?:\|([^\[\]\n]*+))?\]\](?![(\[])")
WIKI_PICTURE = re.compile(r"\.(?:png|jpe?g|gif|webp|svg|avif|bmp)$", re.IGNORECASE)
NOTE_TO_SELF = re.compile(r"%%[^%\n]*+%%|^%%[ \t]*+\n(?:(?!%%)[^\n]*+\n)*+%%[ \t]*+$", re.MULTILINE)  # Obsidian
BLOCK_NAME = re.compile(r"[ \t]\^[0-9a-z]{6}$", re.MULTILINE)
ZOLA = re.compile(r"(\]\(|^\[[^\]\n]++\]:[ \t]*+)@/([^()\s#]*?)(?:/?\b_?index)?\.md(?=[#)\s]|$)", re.MULTILINE)
TARGET = re.compile(r"(\]\()(?![\w+.-]*+:|//)([^()\s#]++)(?:#[^()\s]*+)?(?=[\s)])")
SOURCE_FILES = (".md", ".mdx", ".qmd", ".rmd", ".markdown")  # the site has them under another address
PELICAN = re.compile(r"\]\(\{(?:static|attach|filename|author|category|tag|index)\}")
ARGUMENT = re.compile(r"(?:([\w-]+)\s*[=:]\s*)?(?:\"([^\"]*)\"|'([^']*)'|`([^`]*)`|([^\s\"']+))")
TAG_OPEN = re.compile(r"<(/?)([A-Za-z][\w.:-]*+)(?=[\s/>])")
TAG_SIGNS = re.compile("[\"'`{}<>]")
LONGEST_TAG = 4000  # characters
WASTE = 20  # characters read in vain, a character of text: beyond it what looks like an open tag is left alone


def without_signs(text: str, dialect: str) -> str:
    """Turn the signs of generators in a run of prose into Markdown and HTML, or take them out."""
    if "{" in text:
        text = EXTENSION.sub("", cut(text, KRAMDOWN, KRAMDOWN_END))
        text = SPAN.sub(r"\1", _shortcodes(text, dialect))
        text = cut(ATTRIBUTES.sub("", text), ANCHOR, ANCHOR_END)
        text = BLANK.sub(" ", text)
        text = PELICAN.sub(_pelican, text)
    if "[[" in text:
        text = WIKI.sub(_wiki, text)
    if "](" in text or "]:" in text:
        text = TARGET.sub(_target, ZOLA.sub(r"\1/\2/", text))
    if dialect == "plain":
        text = BLOCK_NAME.sub("", NOTE_TO_SELF.sub("", text))
    if dialect in MARKING and "==" in text:
        text = MARKED.sub(r"<mark>\1</mark>", text)
    return _jsx(text) if "<" in text else text


def _wiki(found: re.Match[str]) -> str:
    """`[[Page#Part|words]]` is its words: where the page lies is known to the site alone. `![[a.png]]` is a picture."""
    named, shown = found[2].strip(), (found[3] or "").strip()
    if found[1] and WIKI_PICTURE.search(named):
        return f'<img src="{escape(named)}" alt="{"" if shown.isdigit() else escape(shown)}">'
    return shown or named.rpartition("/")[2].replace("#", " – ")


def _target(found: re.Match[str]) -> str:
    return f"{found[1]}#" if found[2].lower().endswith(SOURCE_FILES) else found[0]


def _pelican(found: re.Match[str]) -> str:
    return "](" if "static" in found[0] or "attach" in found[0] else "](#"


# ------------------------------------------------------------------------------------------------ shortcodes


class _Ahead:
    """Where a sign stands next. Asked from left to right, it reads the text once, however often it is asked."""

    def __init__(self, sign: re.Pattern[str], text: str) -> None:
        self._sign, self._text = sign, text
        self._found = sign.search(text)

    def after(self, at: int) -> re.Match[str] | None:
        """The first one from here on."""
        if self._found is not None and self._found.start() < at:
            self._found = self._sign.search(self._text, at)
        return self._found


def cut(text: str, opening: re.Pattern[str], closing: re.Pattern[str]) -> str:
    """Take out all that stands between two signs, with them."""
    ends = _Ahead(closing, text)
    done: list[str] = []
    at = 0
    for found in opening.finditer(text):
        if found.start() < at:
            continue
        end = ends.after(found.end())
        if end is None:
            break
        done.append(text[at : found.start()])
        at = end.end()
    return "".join([*done, text[at:]])


def _shortcodes(text: str, dialect: str) -> str:
    return _Shortcodes(text, dialect).done()


class _Shortcodes:
    """One pass over the text: at each opening sign the first reading that fits; what it gives is not read again."""

    def __init__(self, text: str, dialect: str) -> None:
        self.text = text
        self.liquid = dialect in LIQUID
        self.tag = TAG if self.liquid or dialect == "zola" else TAG_KNOWN
        self.ends: dict[re.Pattern[str], _Ahead] = {}
        self.end = 0  # where the last reading ended

    def done(self) -> str:
        done: list[str] = []
        at = look = 0
        while found := OPENING.search(self.text, look):
            said = self._read(found.start())
            if said is None:
                look = found.start() + 1
            else:
                done += [self.text[at : found.start()], said]
                at = look = self.end
        return "".join([*done, self.text[at:]])

    def _read(self, at: int) -> str | None:
        """What stands for the sign at `at`; None where it is text."""
        if (inner := self._between(RAW, RAW_END, at)) is not None:
            return inner[1]
        if self._between(COMMENT, COMMENT_END, at) is not None:
            return ""
        if (shown := SHOWN.match(self.text, at)) is not None:
            self.end = shown.end()
            call = shown[2].rstrip(">%").removesuffix("*/")
            return escape(f"{{{{{shown[1]}{call}{shown[2][-1:].strip('/')}}}}}")
        if (inner := self._between(HUGO, HUGO_END, at)) is not None:
            return "" if inner[0][1] else _called(inner[0][2], inner[1].rstrip().removesuffix("/"))
        for opening, closing in ((CALL, CALL_END), (self.tag, TAG_END)):
            if (inner := self._between(opening, closing, at)) is not None:
                return _called(inner[0][1], inner[1])
        if self.liquid and self._between(NOTE, NOTE_END, at) is not None:
            return ""
        if self.liquid and (inner := self._between(VALUE, VALUE_END, at)) is not None:
            return _value(inner[1])
        return None

    def _between(self, opening: re.Pattern[str], closing: re.Pattern[str], at: int) -> tuple[re.Match[str], str] | None:
        found = opening.match(self.text, at)
        if found is None:
            return None
        if closing not in self.ends:
            self.ends[closing] = _Ahead(closing, self.text)
        end = self.ends[closing].after(found.end())
        if end is None:
            return None
        self.end = end.end()
        return found, self.text[found.end() : end.start()]


def _value(inner: str) -> str:
    """`{{ "/logo.png" | relative_url }}` is the path; anything else is known to the site alone."""
    quoted = re.match(r"\s*(?:\"([^\"]*)\"|'([^']*)')", inner)
    return (quoted[1] or quoted[2] or "") if quoted else ""


def _called(name: str, arguments: str) -> str:
    """A shortcode: content for those that carry some."""
    return EMBEDS.get(name.lower(), _nothing)(*_arguments(arguments))


def _arguments(text: str) -> tuple[list[str], dict[str, str]]:
    plain: list[str] = []
    named: dict[str, str] = {}
    for key, *values in ARGUMENT.findall(text):
        value = next((v for v in values if v), "")
        if key and not value.startswith("//"):
            named[key.lower()] = value.rstrip(",")
        else:
            plain.append(f"{key}:{value}" if key else value.rstrip(","))
    return plain, named


def _nothing(_plain: list[str], _named: dict[str, str]) -> str:
    return ""


def _film(address: str) -> Callable[[list[str], dict[str, str]], str]:
    def made(plain: list[str], named: dict[str, str]) -> str:
        name = named.get("id") or named.get("videoid") or named.get("video") or (plain[0] if plain else "")
        return f'\n\n<iframe src="{address}{escape(name)}"></iframe>\n\n' if re.fullmatch(r"[\w-]+", name) else ""

    return made


def _picture(plain: list[str], named: dict[str, str]) -> str:
    source = named.get("src") or named.get("url") or next((p for p in plain if re.search(r"\.\w{3,4}$", p)), "")
    if not source:
        return ""
    after = [p for p in plain[plain.index(source) + 1 :] if not p.isdigit()] if source in plain else []
    alt = named.get("alt") or " ".join(after)
    caption = named.get("caption") or named.get("title") or ""
    image = f'<img src="{escape(source)}" alt="{escape(alt)}">'
    foot = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return f"\n\n<figure>{image}{foot}</figure>\n\n"


def _frame(plain: list[str], named: dict[str, str]) -> str:
    source = named.get("src") or named.get("url") or (plain[0] if plain else "")
    return f'\n\n<iframe src="{escape(source)}"></iframe>\n\n' if source.startswith("https://") else ""


def _post_link(plain: list[str], named: dict[str, str]) -> str:
    return escape(" ".join(plain[1:])) if len(plain) > 1 else ""


def _titled(plain: list[str], named: dict[str, str]) -> str:
    """What stands behind a title on a page: in a mail it stands below it."""
    title = named.get("summary") or named.get("title") or named.get("name") or named.get("label") or " ".join(plain)
    return f"\n\n**{title}**\n\n" if re.search(r"\w", title) else "\n\n"


EMBEDS: dict[str, Callable[[list[str], dict[str, str]], str]] = {
    "youtube": _film("https://www.youtube.com/embed/"),
    "youtubeiframe": _film("https://www.youtube.com/embed/"),
    "vimeo": _film("https://player.vimeo.com/video/"),
    "figure": _picture,
    "img": _picture,
    "image": _picture,
    "asset_img": _picture,
    "iframe": _frame,
    "details": _titled,
    "expand": _titled,
    "collapse": _titled,
    "accordion": _titled,
    "spoiler": _titled,
    "tab": _titled,
    "tabitem": _titled,
    "post_link": _post_link,
    "asset_link": _post_link,
}


# ------------------------------------------------------------------------------------------------ JSX


def _jsx(text: str) -> str:
    """Drop the tags of components (what stands between them stays), and attributes that hold program."""
    done: list[str] = []
    at, waste = 0, LONGEST_TAG + WASTE * len(text)
    for found in TAG_OPEN.finditer(text):
        if found.start() < at:
            continue
        component = found[2][0].isupper()
        end, read = _tag_end(text, found.end())
        whole = text[found.start() : end]
        if end < 0:
            waste -= read
            if waste < 0:
                break
        if end < 0 or not (component or "={" in whole):
            continue
        done.append(text[at : found.start()])
        if not component:
            done.append(_without_braces(whole))
        elif not found[1]:
            done.append(_called(found[2], whole[found.end() - found.start() : -1]))
        at = end
    return "".join([*done, text[at:]])


def _tag_end(text: str, at: int) -> tuple[int, int]:
    """Where the tag ends that is open at `at` (-1: it does not), and how much was read to find that out.

    Braces nest, quotes hide; a tag that begins within it says that this one is none.
    """
    depth, quote = 0, ""
    limit = min(len(text), at + LONGEST_TAG)
    for found in TAG_SIGNS.finditer(text, at, limit):
        sign, index = found[0], found.start()
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'`":
            quote = sign if depth or text[index - 1] == "=" else ""
        elif sign in "{}":
            depth += 1 if sign == "{" else -1
        elif depth <= 0:
            return (index + 1 if sign == ">" else -1), index - at
    return -1, limit - at


def _without_braces(tag: str) -> str:
    """A tag without its `name={…}` attributes."""
    done: list[str] = []
    depth, at = 0, 0
    for found in re.finditer("[{}]", tag):
        index = found.start()
        if found[0] == "{":
            if not depth and tag[index - 1] == "=":
                named = tag[at : index - 1]
                kept = named.rstrip(NAME_SIGNS)
                done.append(kept.rstrip() if len(kept) < len(named) else tag[at:index])
                at = -1
            depth += 1
        else:
            depth -= 1
            if not depth and at < 0:
                at = index + 1
    return "".join([*done, tag[at:] if at >= 0 else ">"])


NAME_SIGNS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:.-"
