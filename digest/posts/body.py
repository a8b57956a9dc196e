"""The text of a post: blank lines are thinned, a heading may give the title. What Markdown means is no concern here."""

from __future__ import annotations

import re
from hashlib import sha256

__all__ = ["clean", "fingerprint", "first_heading", "tidy", "without_heading"]

FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)$")
ATX = re.compile(r" {0,3}#[ \t]+(.+?)(?:[ \t]+#+)?[ \t]*$")
SETEXT = re.compile(r" {0,3}=+[ \t]*$")
ANCHOR = re.compile(r"\s*\{\s*[#.:][^{}]*\}\s*$")
KEPT = re.compile(r"<(pre|script|style|textarea)\b", re.IGNORECASE)
BLANKS = re.compile(r"\n[^\S\n]+\n")
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]")


def clean(text: str) -> str:
    """Give a text one kind of line end and take out what no text may hold: control characters and noncharacters."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return FORBIDDEN.sub("", text)


def tidy(body: str, line: int) -> tuple[str, int]:
    """Thin runs of blank lines to one and drop them at both ends; also the line where the rest begins.

    Code keeps its lines: between fences, in <pre>, and inside an indented block.
    """
    first = len(body) - len(body.lstrip())
    if first == len(body):
        return "", line
    if "\n\n\n" not in body[first:] and not BLANKS.search(body, first):  # nothing to thin: most posts
        start = body.rfind("\n", 0, first) + 1
        return body[start:].rstrip() + "\n", line + body.count("\n", 0, start)
    lines = body.rstrip().split("\n")
    skipped = next(i for i, row in enumerate(lines) if row.strip())
    kept: list[str] = []
    blanks: list[str] = []
    fence = tag = ""
    for row in lines[skipped:]:
        if not row.strip() and not fence and not tag:
            blanks.append("")
            continue
        if blanks:
            kept += blanks if _indented(kept[-1]) and _indented(row) else [""]
            blanks = []
        kept.append(row)
        fence, tag = _fence(row, fence) if not tag else fence, _tag(row, tag) if not fence else tag
    return "\n".join(kept) + "\n", line + skipped


def _indented(row: str) -> bool:
    return row.startswith(("    ", "\t"))


def _fence(row: str, fence: str) -> str:
    """The fence that is open after this line."""
    found = FENCE.match(row)
    if found is None:
        return fence
    mark, rest = found[1], found[2]
    if not fence:
        return "" if mark[0] == "`" and "`" in rest else mark
    return "" if mark[0] == fence[0] and len(mark) >= len(fence) and not rest.strip() else fence


def _tag(row: str, tag: str) -> str:
    """The tag whose lines must be kept that is open after this line."""
    if not tag:
        found = KEPT.match(row.lstrip())
        tag = found[1].lower() if found else ""
    return "" if tag and f"</{tag}" in row.lower() else tag


def first_heading(body: str) -> tuple[str, int, int] | None:
    """The first heading of level 1 outside code: its text, its first line's index, and the index behind it."""
    fence = ""
    lines = body.split("\n")
    for i, row in enumerate(lines):
        fence = _fence(row, fence)
        if fence or FENCE.match(row):
            continue
        if found := ATX.match(row):
            return _shown(found[1]), i, i + 1
        if SETEXT.match(row) and i and lines[i - 1].strip() and (i == 1 or not lines[i - 2].strip()):
            return _shown(lines[i - 1]), i - 1, i + 1
    return None


def _shown(heading: str) -> str:
    return " ".join(ANCHOR.sub("", heading).split())


def without_heading(body: str, line: int, start: int, stop: int) -> tuple[str, int]:
    """The body without lines `start` to `stop`, tidy; also the line of the file where it now begins."""
    lines = body.split("\n")
    if not any(row.strip() for row in lines[:start]):
        return tidy("\n".join(lines[stop:]), line + stop)
    return tidy("\n".join(lines[:start] + lines[stop:]), line)


def fingerprint(title: str, body: str) -> tuple[str, str]:
    """Hashes of title and body together, and of the body; white space and case of the title do not count."""
    words = " ".join(body.split())
    whole = sha256(f"{' '.join(title.casefold().split())}\0{words}".encode()).hexdigest()
    return whole[:20], sha256(words.encode()).hexdigest()[:20]
