"""What a body holds besides Markdown: Liquid tags, shortcodes, JSX, admonitions. Turned, or out of the way.

Each site generator adds signs of its own to Markdown. Here they become plain Markdown or HTML where they carry content
(a film, a picture, a note, a block of code) and vanish where they do not. Code, fenced or inline, is never touched:
a post about templates keeps its examples. The result is still untrusted and is sanitised afterwards.

Here: whole lines, and what is code. Signs inside lines are in `shortcodes`. Bodies may be hostile: no pattern here
reads a text more often than a few times, so that time grows with the text.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

from digest.render.shortcodes import without_signs

__all__ = ["code_spans", "outside_fences", "plain_markdown"]

FENCE = re.compile(r"^[ \t>]*(?:[-*+][ \t]+|\d+[.)][ \t]+)*(`{3,}|~{3,})")
TICKS = re.compile("`++")
PARAGRAPH_END = re.compile(r"\n[ \t]*+\n")
CODE_OPEN = re.compile(
    r"^\s*+(?:\{%-?\s*+(?:highlight|codeblock|code)\b[^%]*+%\}|\{\{[<%]\s*+highlight\b[^{}]*+\}\})\s*+$"
)
CODE_CLOSE = re.compile(
    r"^\s*+(?:\{%-?\s*+end(?:highlight|codeblock|code)\s*+-?%\}|\{\{[<%]\s*+/\s*+highlight\s*+[>%]\}\})\s*+$"
)
MODULE = re.compile(
    r"^(?:import\s++(?:[\w*{][^'\"]*\sfrom\s++)?['\"][^'\"]++['\"]\s*+(?:;\s*+)?$|import\s*+\{\s*+$"
    r"|export\s++(?:const|let|var|function|async|class|default)\b.*|export\s*+[{*].*)"
)
BOX = re.compile(
    r"^(?P<indent>[ \t]*+)(?:!!!|\?\?\?)\+?\s*+(?P<kind>[A-Za-z][\w-]*+)(?:\s++[\w-]++)*+"
    r"(?:\s++[\"“](?P<title>[^\"”]*+)[\"”])?\s*+$"
)
TAB = re.compile(r"^(?P<indent>[ \t]*+)===[!+]*+\s++[\"“](?P<title>[^\"”]++)[\"”]\s*+$")
COLONS = re.compile(
    r"^(?P<indent>[ \t]*+)(?P<colons>:{3,}+)\s*+(?P<kind>[A-Za-z][\w-]*+)?\s*+(?P<braced>\{[^}]*+\})?(?P<title>.*)$"
)
CALLOUT = re.compile(r"\.callout-(\w++)")  # Quarto
TITLE = re.compile(r"\btitle=\"([^\"]*+)\"")
HEADING = re.compile(r"^#{1,6}\s++(.*)$")
# What is set side by side or behind tabs on a page stands one below the other in a mail: no box, no title of its own.
LAYOUTS = frozenset(
    {"panel-tabset", "columns", "column", "code-group", "code-tabs", "tabs", "tab", "raw", "v-pre", "div", "center",
     "group", "grid", "cards", "lead"}
)  # fmt: skip
CHUNK = re.compile(r"^(?P<fence>[ \t]*+(?:`{3,}+|~{3,}+))\s*+\{(?P<language>[a-z]\w*+)\b(?P<options>[^}]*+)\}\s*+$")
CHUNK_OPTION = re.compile(r"^\s*+(?:#|//)\|")
HIDDEN = re.compile(r"\b(?:include|echo)\s*+[=:]\s*+(?:false|f)\b", re.IGNORECASE)
ABBREVIATION = re.compile(r"^\*\[[^\]]++\]:")
BLOCK_END = re.compile(r"^\^\s*+$")  # kramdown
TOC_ITEM = re.compile(r"^\s*+(?:[-*+]|1\.)\s")
TOC_MARK = re.compile(r"^\s*+\{:\s*+(?:\.[\w-]++\s++)*toc\b[^}]*+\}\s*+$")
SNIPPET = re.compile(r"^\s*+<<<\s*+@?[\w./~-]|^\s*+<!--\s*+@include:")  # VitePress, VuePress
MARKDOWN_WITHIN = re.compile(
    r"^\s*+<(?:div|section|article|aside|figure|header|footer|main|details|center|p)\b[^<>]*?\smarkdown\b[^<>]*+>\s*+$",
    re.IGNORECASE,
)
ALERT = re.compile(r"^(?P<quote>\s*>\s*)\[!(?P<kind>[A-Za-z]+)\][+-]?\s*(?P<title>.*)$")
CONTENTS = re.compile(r"^\s*(?:\[TOC\]|\[\[_?toc_?\]\]|\{:\s*toc\s*\}|\$\{toc\})\s*$", re.IGNORECASE)
DEEPEST = 8  # boxes within one another; nobody writes more, and each is read once more


def plain_markdown(body: str, dialect: str = "") -> str:
    """Turn a body as its generator reads it into Markdown and HTML; `dialect` says which signs are never text."""
    lines = _boxes(_noise(_modules(_chunks(_code_tags(body.split("\n"))))))
    pieces = _split("\n".join(lines))
    return "".join(text if code else without_signs(text, dialect) for code, text in pieces)


def outside_fences(text: str) -> str:
    """Give the lines that stand in no fenced code."""
    fences = _Fences()
    return "\n".join(line for line in text.split("\n") if not fences.inside(line))


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


def _chunks(lines: list[str]) -> list[str]:
    """Quarto, R Markdown: code that is run when the page is made. What its options hide goes, and so do they."""
    done: list[str] = []
    fences = _Fences()
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        found = None if fences.mark else CHUNK.match(line)
        end = next((i for i in range(at, len(lines)) if FENCE.match(lines[i])), len(lines)) if found else at
        if found is None or end == len(lines) or lines[end].strip() != found["fence"].strip():
            fences.inside(line)
            done.append(line)
            continue
        options = [found["options"], *(text for text in lines[at:end] if CHUNK_OPTION.match(text))]
        if not any(HIDDEN.search(option) for option in options):
            shown = [text for text in lines[at:end] if not CHUNK_OPTION.match(text)]
            done += [found["fence"] + found["language"], *shown, lines[end]]
        at = end + 1
    return done


def _noise(lines: list[str]) -> list[str]:
    """Lines that tell a generator something and a reader nothing."""
    done: list[str] = []
    fences = _Fences()
    for line in lines:
        if fences.inside(line):
            done.append(line)
        elif TOC_MARK.match(line):
            if done and TOC_ITEM.match(done[-1]):
                done.pop()
        elif MARKDOWN_WITHIN.match(line):
            done += [line, ""]
        elif not any(sign.match(line) for sign in (ABBREVIATION, BLOCK_END, SNIPPET)):
            done.append(line)
    return done


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


def _boxes(lines: list[str], depth: int = 0) -> list[str]:
    """Admonitions and tabs become quotations with a bold title; notes of every dialect look alike."""
    if depth > DEEPEST:
        return lines
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
            done += _quoted(found["indent"], found["title"] or _title(found["kind"]), inner, depth)
        elif found := TAB.match(line):
            inner, at = _indented(lines, at, found["indent"])
            done += [f"{found['indent']}**{found['title']}**", "", *_boxes(inner, depth + 1), ""]
        elif (found := COLONS.match(line)) and (found["kind"] or found["braced"]):
            inner, at = _enclosed(lines, at, len(found["colons"]))
            done += _container(found, inner, depth)
        elif found := ALERT.match(line):
            done += [f"{found['quote']}**{found['title'] or _title(found['kind'])}**", found["quote"].rstrip()]
        else:
            done.append(line)
    return done


def _container(found: re.Match[str], inner: list[str], depth: int) -> list[str]:
    """What stands between colons: a note with its title, or a part of the page's layout, which is no box."""
    braced = found["braced"] or ""
    callout = CALLOUT.search(braced)
    if (callout is None and found["kind"] is None) or (found["kind"] or "") in LAYOUTS:
        return ["", *_boxes(inner, depth + 1), ""]
    titled = TITLE.search(braced)
    title = titled[1] if titled else found["title"].strip("[]\"' \t")
    first = next((i for i, line in enumerate(inner) if line.strip()), len(inner))
    if callout and not title and first < len(inner) and (heading := HEADING.match(inner[first].strip())):
        title, inner = heading[1].rstrip("# \t"), inner[first + 1 :]
    return _quoted(found["indent"], title or _title(callout[1] if callout else found["kind"]), inner, depth)


def _title(kind: str) -> str:
    return kind.replace("-", " ").replace("_", " ").capitalize()


def _quoted(indent: str, title: str, inner: list[str], depth: int) -> list[str]:
    """A quotation with its title, unless the text says that itself (`**Note:** …`)."""
    first = next((line for line in inner if line.strip()), "")
    said = first.strip("*_ \t").lower().startswith(title.lower())
    head = [] if said or not title else [f"{indent}> **{title}**", f"{indent}>"]
    return ["", *head, *(f"{indent}> {text}" for text in _boxes(inner, depth + 1)), ""]


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
        if found and (found["kind"] or found["braced"]):
            depth += 1
        elif found and (depth == 1 or len(found["colons"]) < colons or depth > 1):
            depth -= 1
            if not depth:
                break
        inner.append(line)
    return inner, at


# ------------------------------------------------------------------------------------------------ code and prose


def _split(text: str) -> list[tuple[bool, str]]:
    """Cut text into code (True) and prose."""
    pieces: list[tuple[bool, list[str]]] = []
    fences = _Fences()
    for line in text.splitlines(keepends=True):
        code = fences.inside(line.rstrip("\n"))
        if pieces and pieces[-1][0] == code:
            pieces[-1][1].append(line)
        else:
            pieces.append((code, [line]))
    return [part for code, run in pieces for part in ([(True, "".join(run))] if code else _with_spans("".join(run)))]


def _with_spans(prose: str) -> Iterator[tuple[bool, str]]:
    at = 0
    for start, end in code_spans(prose):
        yield False, prose[at:start]
        yield True, prose[start:end]
        at = end
    yield False, prose[at:]


def code_spans(text: str) -> Iterator[tuple[int, int]]:
    """Find code spans: from a run of backticks to the next run as long in the same paragraph (CommonMark 6.1)."""
    runs = [found.span() for found in TICKS.finditer(text)]
    if not runs:
        return
    ends = [found.start() for found in PARAGRAPH_END.finditer(text)]
    places: dict[int, list[int]] = {}
    for start, end in runs:
        places.setdefault(end - start, []).append(start)
    at = 0
    for start, end in runs:
        if start < at:
            continue
        same = places[end - start]
        later = bisect_left(same, end)
        paragraph = bisect_left(ends, end)
        if later < len(same) and (paragraph == len(ends) or same[later] < ends[paragraph]):
            at = same[later] + end - start
            yield start, at
