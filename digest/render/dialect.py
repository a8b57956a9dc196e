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
    r"^(?P<indent>[ \t]*+)(?P<colons>:{3,}+)\s*+(?P<kind>[A-Za-z][\w-]*+)?\s*+(?:\{[^}]*+\})?(?P<title>.*)$"
)
ALERT = re.compile(r"^(?P<quote>\s*>\s*)\[!(?P<kind>[A-Za-z]+)\][+-]?\s*(?P<title>.*)$")
CONTENTS = re.compile(r"^\s*(?:\[TOC\]|\[\[_?toc_?\]\]|\{:\s*toc\s*\}|\$\{toc\})\s*$", re.IGNORECASE)
DEEPEST = 8  # boxes within one another; nobody writes more, and each is read once more


def plain_markdown(body: str, dialect: str = "") -> str:
    """Turn a body as its generator reads it into Markdown and HTML; `dialect` says which signs are never text."""
    lines = _boxes(_modules(_code_tags(body.split("\n"))))
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
        elif (found := COLONS.match(line)) and found["kind"]:
            inner, at = _enclosed(lines, at, len(found["colons"]))
            title = found["title"].strip("[]\"' \t") or _title(found["kind"])
            done += _quoted(found["indent"], title, inner, depth)
        elif found := ALERT.match(line):
            done += [f"{found['quote']}**{found['title'] or _title(found['kind'])}**", found["quote"].rstrip()]
        else:
            done.append(line)
    return done


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
        if found and found["kind"]:
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
