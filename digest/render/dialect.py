"""What a body holds besides Markdown: Liquid tags, shortcodes, JSX, admonitions. Turned, or out of the way.

Each site generator adds signs of its own to Markdown. Here they become plain Markdown or HTML where they carry content
(a film, a picture, a note, a block of code) and vanish where they do not. Code, fenced or inline, is never touched:
a post about templates keeps its examples. The result is still untrusted and is sanitised afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

__all__ = ["plain_markdown"]

LIQUID = frozenset({"jekyll", "eleventy", "hexo", "nunjucks", "liquid"})  # `{{ }}` and `{% %}` are never text there
KNOWN = (
    "end[a-z]*|include|include_relative|link|post_url|highlight|raw|asset_img|asset_path|asset_link|post_link|post_path"
    "|youtube|vimeo|twitter|tweet|gist|codeblock|code|img|image|figure|link_to|blockquote|quote|pullquote|jsfiddle"
    "|iframe|assign|capture|if|elsif|else|unless|for|case|when|comment|render|note|tip|warning|set|block|extends|macro"
)
FENCE = re.compile(r"^[ \t>]*(?:[-*+][ \t]+|\d+[.)][ \t]+)*(`{3,}|~{3,})")
CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)((?:(?!\n[ \t]*\n).)+?)(?<!`)\1(?!`)", re.DOTALL)
CODE_OPEN = re.compile(
    r"^\s*(?:\{%-?\s*(?:highlight|codeblock|code)\b[^%]*-?%\}|\{\{[<%]\s*highlight\b.*?[>%]\}\})\s*$"
)
CODE_CLOSE = re.compile(
    r"^\s*(?:\{%-?\s*end(?:highlight|codeblock|code)\s*-?%\}|\{\{[<%]\s*/\s*highlight\s*[>%]\}\})\s*$"
)
MODULE = re.compile(
    r"^(?:import\s+(?:[\w*{][^'\"]*\sfrom\s+)?['\"][^'\"]+['\"]\s*;?\s*$|import\s*\{\s*$"
    r"|export\s+(?:const|let|var|function|async|class|default)\b.*|export\s*[{*].*)"
)
BOX = re.compile(
    r"^(?P<indent>[ \t]*)(?:!!!|\?\?\?)\+?\s*(?P<kind>[A-Za-z][\w-]*)[\w -]*?"
    r"(?:\s+[\"“](?P<title>[^\"”]*)[\"”])?\s*$"
)
TAB = re.compile(r"^(?P<indent>[ \t]*)===[!+]*\s+[\"“](?P<title>[^\"”]+)[\"”]\s*$")
COLONS = re.compile(
    r"^(?P<indent>[ \t]*)(?P<colons>:{3,})\s*(?P<kind>[A-Za-z][\w-]*)?\s*(?:\{[^}]*\})?\s*(?P<title>.*?)\s*$"
)
ALERT = re.compile(r"^(?P<quote>\s*>\s*)\[!(?P<kind>[A-Za-z]+)\][+-]?\s*(?P<title>.*)$")
CONTENTS = re.compile(r"^\s*(?:\[TOC\]|\[\[_?toc_?\]\]|\{:\s*toc\s*\}|\$\{toc\})\s*$", re.IGNORECASE)
# kramdown and attr_list: {#anchor}, {: .class}, {target=_blank}, and Docusaurus' {/* #anchor */}
ATTRIBUTES = re.compile(
    r"[ \t]?\{:?[ \t]*(?:[#.][\w:.-]+|[\w-]+=(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s}\"']+))"
    r"(?:[ \t]+(?:[#.][\w:.-]+|[\w-]+=(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s}\"']+)|markdown))*[ \t]*\}"
    r"|\{:[^}\n]*\}|\{/\*.*?\*/\}",
    re.DOTALL,
)
ARGUMENT = re.compile(r"(?:([\w-]+)\s*[=:]\s*)?(?:\"([^\"]*)\"|'([^']*)'|`([^`]*)`|([^\s\"']+))")
TAG_OPEN = re.compile(r"<(/?)([A-Za-z][\w.:-]*)(?=[\s/>])")


def plain_markdown(body: str, dialect: str = "") -> str:
    """Turn a body as its generator reads it into Markdown and HTML; `dialect` says which signs are never text."""
    lines = _boxes(_modules(_code_tags(body.split("\n"))))
    pieces = _split("\n".join(lines))
    return "".join(text if code else _prose(text, dialect) for code, text in pieces)


# ------------------------------------------------------------------------------------------------ whole lines


class _Fences:
    """Follows fenced code while lines go by."""

    def __init__(self) -> None:
        self.mark = ""

    def inside(self, line: str) -> bool:
        """True for each line of a fence, its ends included."""
        found = FENCE.match(line)
        if self.mark:
            rest = line.strip(" \t>")
            if found and found[1].startswith(self.mark) and not rest.strip(self.mark[0]):
                self.mark = ""
            return True
        if found and not (found[1][0] == "`" and "`" in line[found.end() :]):
            self.mark = found[1]
            return True
        return False


def _code_tags(lines: list[str]) -> list[str]:
    """`{% highlight x %}` and its kin become fences."""
    done: list[str] = []
    fences, open_tag = _Fences(), False
    for line in lines:
        if open_tag:
            open_tag = CODE_CLOSE.match(line) is None
            done.append(line if open_tag else "~~~~~~")
        elif not fences.inside(line) and CODE_OPEN.match(line):
            open_tag = True
            done.append("~~~~~~")
        else:
            done.append(line)
    return [*done, "~~~~~~"] if open_tag else done


def _modules(lines: list[str]) -> list[str]:
    """MDX: lines that import and export are program, not text."""
    done: list[str] = []
    fences, depth = _Fences(), 0
    for line in lines:
        if depth > 0:
            depth += _depth(line)
        elif fences.inside(line) or not MODULE.match(line):
            done.append(line)
        else:
            depth = _depth(line)
    return done


def _depth(line: str) -> int:
    return sum(line.count(c) for c in "{([") - sum(line.count(c) for c in "})]")


def _boxes(lines: list[str]) -> list[str]:
    """Admonitions and tabs become quotations with a bold title; notes of every dialect look alike."""
    done: list[str] = []
    fences = _Fences()
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if fences.inside(line):
            done.append(line)
        elif CONTENTS.match(line):
            continue
        elif found := BOX.match(line):
            inner, at = _indented(lines, at, found["indent"])
            done += _quoted(found["indent"], found["title"] or _title(found["kind"]), inner)
        elif found := TAB.match(line):
            inner, at = _indented(lines, at, found["indent"])
            done += [f"{found['indent']}**{found['title']}**", "", *_boxes(inner), ""]
        elif (found := COLONS.match(line)) and found["kind"]:
            inner, at = _enclosed(lines, at, len(found["colons"]))
            title = found["title"].strip("[]\"' ") or _title(found["kind"])
            done += _quoted(found["indent"], title, inner)
        elif found := ALERT.match(line):
            done += [f"{found['quote']}**{found['title'] or _title(found['kind'])}**", found["quote"].rstrip()]
        else:
            done.append(line)
    return done


def _title(kind: str) -> str:
    return kind.replace("-", " ").replace("_", " ").capitalize()


def _quoted(indent: str, title: str, inner: list[str]) -> list[str]:
    """A quotation with its title, unless the text says that itself (`**Note:** …`)."""
    first = next((line for line in inner if line.strip()), "")
    said = first.strip("*_ \t").lower().startswith(title.lower())
    head = [] if said or not title else [f"{indent}> **{title}**", f"{indent}>"]
    return ["", *head, *(f"{indent}> {text}" for text in _boxes(inner)), ""]


def _indented(lines: list[str], at: int, indent: str) -> tuple[list[str], int]:
    """The lines that stand four columns (or a tab) deeper, and where they end."""
    inner: list[str] = []
    deeper = (indent + "    ", indent + "\t")
    while at < len(lines) and (not lines[at].strip() or lines[at].startswith(deeper)):
        start = next((len(d) for d in deeper if lines[at].startswith(d)), 0)
        inner.append(lines[at][start:] if start else "")
        at += 1
    return inner, at


def _enclosed(lines: list[str], at: int, colons: int) -> tuple[list[str], int]:
    """The lines up to the closing colons, with boxes inside boxes counted."""
    inner: list[str] = []
    fences, depth = _Fences(), 1
    while at < len(lines):
        line = lines[at]
        at += 1
        found = None if fences.inside(line) else COLONS.match(line)
        if found and found["kind"]:
            depth += 1
        elif found and (depth == 1 or len(found["colons"]) < colons or depth > 1):
            depth -= 1
            if not depth:
                break
        inner.append(line)
    return inner, at


# ------------------------------------------------------------------------------------------------ inside lines


def _split(text: str) -> list[tuple[bool, str]]:
    """Cut text into code (True) and prose."""
    pieces: list[tuple[bool, str]] = []
    fences = _Fences()
    for line in text.splitlines(keepends=True):
        code = fences.inside(line.rstrip("\n"))
        if pieces and pieces[-1][0] == code:
            pieces[-1] = (code, pieces[-1][1] + line)
        else:
            pieces.append((code, line))
    return [part for code, piece in pieces for part in ([(True, piece)] if code else _spans(piece))]


def _spans(prose: str) -> list[tuple[bool, str]]:
    parts: list[tuple[bool, str]] = []
    at = 0
    for found in CODE_SPAN.finditer(prose):
        parts += [(False, prose[at : found.start()]), (True, found[0])]
        at = found.end()
    return [*parts, (False, prose[at:])]


def _prose(text: str, dialect: str) -> str:
    if "{" in text:
        text = _shortcodes(text, dialect)
        text = ATTRIBUTES.sub("", text)
        text = re.sub(r"\{(?:' '|\" \"|`\s*`)\}", " ", text)
        text = re.sub(r"\]\(\{(?:static|attach|filename|author|category|tag|index)\}", _pelican, text)
    return _jsx(text) if "<" in text else text


def _pelican(found: re.Match[str]) -> str:
    return "](" if "static" in found[0] or "attach" in found[0] else "](#"


def _shortcodes(text: str, dialect: str) -> str:
    liquid = dialect in LIQUID
    text = re.sub(r"\{%-?\s*raw\s*-?%\}(.*?)\{%-?\s*endraw\s*-?%\}", _raw, text, flags=re.DOTALL)
    text = re.sub(r"\{%-?\s*comment\s*-?%\}.*?\{%-?\s*endcomment\s*-?%\}", "", text, flags=re.DOTALL)
    text = re.sub(r"\{\{[<%]\s*/?\s*([\w./-]+)(.*?)/?\s*[>%]\}\}", _called, text, flags=re.DOTALL)  # Hugo
    text = re.sub(r"\{[{%]\s*([\w:]+)\((.*?)\)\s*[}%]\}", _called, text, flags=re.DOTALL)  # Zola
    name = r"[\w-]+" if liquid or dialect == "zola" else KNOWN
    text = re.sub(rf"\{{%-?\s*({name})\b(.*?)-?%\}}", _called, text, flags=re.DOTALL)  # Liquid, Nunjucks, Hexo
    text = re.sub(r"\{#(?![\w:.-]+\}).*?#\}", "", text, flags=re.DOTALL) if liquid else text
    return (re.sub(r"\{\{-?(.*?)-?\}\}", _value, text, flags=re.DOTALL) if liquid else text).replace(HELD, "{")


HELD = "\ufdd6"  # a brace out of {% raw %}, held back until the tags are gone


def _raw(found: re.Match[str]) -> str:
    return found[1].replace("{", HELD)


def _value(found: re.Match[str]) -> str:
    """`{{ "/logo.png" | relative_url }}` is the path; anything else is known to the site alone."""
    quoted = re.match(r"\s*(?:\"([^\"]*)\"|'([^']*)')", found[1])
    return (quoted[1] or quoted[2] or "") if quoted else ""


def _called(found: re.Match[str]) -> str:
    """A shortcode: content for those that carry some."""
    if re.match(r"\{\{[<%]\s*/", found[0]):
        return ""
    return EMBEDS.get(found[1].lower(), _nothing)(*_arguments(found[2]))


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


EMBEDS: dict[str, Callable[[list[str], dict[str, str]], str]] = {
    "youtube": _film("https://www.youtube.com/embed/"),
    "youtubeiframe": _film("https://www.youtube.com/embed/"),
    "vimeo": _film("https://player.vimeo.com/video/"),
    "figure": _picture,
    "img": _picture,
    "image": _picture,
    "asset_img": _picture,
    "iframe": _frame,
    "post_link": _post_link,
    "asset_link": _post_link,
}


def _jsx(text: str) -> str:
    """Drop the tags of components (what stands between them stays), and attributes that hold program."""
    done: list[str] = []
    at = 0
    for found in TAG_OPEN.finditer(text):
        if found.start() < at:
            continue
        component = found[2][0].isupper()
        end = _tag_end(text, found.end())
        whole = text[found.start() : end]
        if end < 0 or not (component or "={" in whole):
            continue
        done.append(text[at : found.start()])
        if not component:
            done.append(_without_braces(whole))
        elif not found[1]:
            done.append(EMBEDS.get(found[2].lower(), _nothing)(*_arguments(whole[found.end() - found.start() : -1])))
        at = end
    return "".join([*done, text[at:]])


def _tag_end(text: str, at: int) -> int:
    """Where the tag ends that is open at `at`; braces nest, quotes hide. -1: it does not end."""
    depth, quote = 0, ""
    for index in range(at, min(len(text), at + 4000)):
        char = text[index]
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'`" and (depth or text[index - 1] == "="):
            quote = char
        elif char in "{}":
            depth += 1 if char == "{" else -1
        elif char == ">" and depth <= 0:
            return index + 1
    return -1


def _without_braces(tag: str) -> str:
    """A tag without its `name={…}` attributes."""
    done, depth, at = [], 0, 0
    for index, char in enumerate(tag):
        if char == "{":
            if not depth and index and tag[index - 1] == "=":
                start = re.search(r"\s*[\w:.-]+=$", tag[at:index])
                done.append(tag[at : at + start.start()] if start else tag[at:index])
                at = -1
            depth += 1
        elif char == "}":
            depth -= 1
            if not depth and at < 0:
                at = index + 1
    return "".join([*done, tag[at:] if at >= 0 else ">"])
