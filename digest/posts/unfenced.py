"""Heads without a fence: Pelican's and MultiMarkdown's `Key: value` lines, Nikola's `.. key:` lines and <meta> tags,
Franklin's `@def` lines, reStructuredText's title and field list, Hexo's old form, Lektor's contents.lr.

Each reader gives a Head, or None where the text has no such head. Nothing here knows what a key means.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from digest.model import Problem
from digest.posts.written import Mistake, Value, Written, from_yaml

__all__ = ["Head", "lektor", "unfenced"]

LINES = 60  # a head without a fence is short
HEADER = re.compile(r"([A-Za-z][\w .-]{0,40}?)[ \t]*:(?:[ \t]+(.*)|[ \t]*)$")
NIKOLA = re.compile(r"\.\. ([a-z_][\w-]*):(?:[ \t]+(.*)|[ \t]*)$")
DEFINED = re.compile(r"@def[ \t]+(\w+)[ \t]*=[ \t]*(.*)$")
QUOTED = re.compile(r"""\"{1,3}([^"]*)\"{1,3}""")
JULIAN = re.compile(r"Date\((\d{4}),\s*(\d{1,2}),\s*(\d{1,2})\)")
META = re.compile(
    r"""<meta\s+name\s*=\s*["']([\w.-]+)["']\s+content\s*=\s*(?:"([^"]*)"|'([^']*)')\s*/?>\s*$""", re.IGNORECASE
)
FIELD = re.compile(r":([A-Za-z][\w -]*):(?:[ \t]+(.*)|[ \t]*)$")
KNOWN = {
    "title", "date", "slug", "tags", "category", "categories", "author", "authors", "status", "summary", "lang",
    "layout", "modified", "description", "published", "updated", "permalink",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What an unfenced head says, and where the text behind it begins; `body` is given where it is no plain rest."""

    values: Mapping[str, Value]
    form: str  # headers | nikola | franklin | meta | rest | yaml | lektor
    body_at: int
    body: str | None = None
    body_line: int = 1
    problems: tuple[Problem, ...] = ()


def unfenced(text: str, kind: str) -> Head | None:
    """Find a head without a fence in a text of this kind (the file name's ending)."""
    readers: tuple[Callable[[str], Head | None], ...] = (_nikola, _franklin, _old_hexo, _headers)
    if kind in {"rst", "txt"}:
        readers = (_nikola, _rest, _headers)
    elif kind in {"html", "htm"}:
        readers = (_nikola, _meta)
    return next((head for reader in readers if (head := reader(text))), None)


def _offset(lines: list[str], count: int) -> int:
    return sum(len(line) + 1 for line in lines[:count])


def _opening_lines(text: str) -> list[str]:
    """The first lines of a text, as many as a head may have, each without its end."""
    return text[:20_000].split("\n")[:LINES]


def _nikola(text: str) -> Head | None:
    """`.. key: value` lines, bare or in one HTML comment at the top."""
    lines = _opening_lines(text)
    at = next((i for i, line in enumerate(lines) if line.strip()), 0)
    commented = lines[at].strip() == "<!--" if lines else False
    at += commented
    values: dict[str, Value] = {}
    for number in range(at, len(lines)):
        if commented and lines[number].strip() == "-->":
            return Head(values=values, form="nikola", body_at=_offset(lines, number + 1)) if values else None
        found = NIKOLA.match(lines[number].rstrip())
        if found is None:
            return Head(values=values, form="nikola", body_at=_offset(lines, number)) if values else None
        values[Written(found[1], number + 1)] = Written((found[2] or "").strip(), number + 1)
    return Head(values=values, form="nikola", body_at=min(_offset(lines, len(lines)), len(text))) if values else None


def _franklin(text: str) -> Head | None:
    """`@def key = value` lines: a text, a list of texts or a day of Julia's; other values are programs."""
    lines = _opening_lines(text)
    values: dict[str, Value] = {}
    number = 0
    while number < len(lines) and (found := DEFINED.match(lines[number])) is not None:
        key, value = Written(found[1], number + 1), found[2].strip()
        parts = [Written(part, number + 1) for part in QUOTED.findall(value)]
        if day := JULIAN.fullmatch(value):
            values[key] = Written(f"{day[1]}-{int(day[2]):02}-{int(day[3]):02}", number + 1)
        elif value.startswith("["):
            values[key] = list(parts)
        else:
            values[key] = parts[0] if parts else Written(value, number + 1)
        number += 1
    if not values:
        return None
    return Head(values=values, form="franklin", body_at=min(_offset(lines, number), len(text)))


def _headers(text: str) -> Head | None:
    """`Key: value` lines up to the first empty one; the first key must be one that posts have."""
    lines = _opening_lines(text)
    at = next((i for i, line in enumerate(lines) if line.strip()), 0)
    opening = HEADER.match(lines[at].rstrip())
    if opening is None or opening[1].lower() not in KNOWN or not opening[2]:
        return None
    values: dict[str, Value] = {}
    key: Written | None = None
    number = at
    for number in range(at, len(lines)):
        line = lines[number].rstrip()
        if not line:
            break
        found = HEADER.match(line)
        if line[0] in " \t" and key is not None:
            values[key] = Written(f"{values[key]} {line.strip()}".strip(), key.line)
        elif found is not None:
            key = Written(found[1].lower(), number + 1)
            values[key] = Written((found[2] or "").strip(), number + 1)
        else:
            return None
    else:
        number += 1
    return Head(values=values, form="headers", body_at=min(_offset(lines, number), len(text)))


def _old_hexo(text: str) -> Head | None:
    """YAML that opens the file without a fence and ends in one."""
    lines = _opening_lines(text)
    end = next((i for i, line in enumerate(lines) if re.fullmatch(r"-{3,}[ \t]*", line)), 0)
    opening = HEADER.match(lines[0].rstrip())
    if end < 1 or not opening or not all(line.strip() for line in lines[:end]):
        return None
    if end == 1 and opening[1].lower() not in KNOWN:
        return None  # one line over a rule is a heading
    try:
        values, _ = from_yaml("\n".join(lines[:end]))
    except Mistake as wrong:
        told = Problem(line=wrong.line, message=wrong.message)
        return Head(values={}, form="yaml", body_at=_offset(lines, end + 1), problems=(told,))
    return Head(values=values, form="yaml", body_at=min(_offset(lines, end + 1), len(text)))


def _meta(text: str) -> Head | None:
    """<meta name= content=> lines at the top of an HTML post."""
    lines = _opening_lines(text)
    values: dict[str, Value] = {}
    for number, line in enumerate(lines, 1):
        found = META.match(line.strip())
        if found is None:
            break
        content = html.unescape(found[2] if found[2] is not None else found[3])
        values[Written(found[1].lower(), number)] = Written(content, number)
    return Head(values=values, form="meta", body_at=min(_offset(lines, len(values)), len(text))) if values else None


def _rest(text: str) -> Head | None:
    """A reStructuredText title (underlined, perhaps overlined) and the field list below it."""
    lines = _opening_lines(text)
    at = next((i for i, line in enumerate(lines) if line.strip()), 0)
    if at + 2 < len(lines) and re.fullmatch(r"([=\-~^*#\"'`+])\1+", lines[at].rstrip()):
        at += 1
    values: dict[str, Value] = {}
    if at + 1 < len(lines) and re.fullmatch(r"([=\-~^*#\"'`+])\1+", lines[at + 1].rstrip()) and lines[at].strip():
        values[Written("title", at + 1)] = Written(lines[at].strip(), at + 1)
        at += 2
    number = next((i for i in range(at, len(lines)) if lines[i].strip()), at)
    key: Written | None = None
    fields = 0
    while number < len(lines) and lines[number].strip():
        found = FIELD.match(lines[number].rstrip())
        if found is not None:
            key = Written(found[1].lower(), number + 1)
            values[key] = Written((found[2] or "").strip(), number + 1)
            fields += 1
        elif lines[number][0] in " \t" and key is not None:
            values[key] = Written(f"{values[key]} {lines[number].strip()}".strip(), key.line)
        else:
            break
        number += 1
    if not values:
        return None
    return Head(values=values, form="rest", body_at=min(_offset(lines, number if fields else at), len(text)))


# ------------------------------------------------------------------------------------------------ Lektor

RULE = re.compile(r"-{3}[ \t]*$")
BLOCK = re.compile(r"#{4} ([\w-]+) #{4}[ \t]*$")
PROSE = ("text", "body", "contents", "content", "markdown")


def lektor(text: str) -> Head:
    """Read contents.lr: fields in any order between lines of three hyphens; a body of flow blocks gives their prose.

    Lektor escapes lines of hyphens in a value by one hyphen more; that is undone.
    """
    values: dict[str, Value] = {}
    problems: list[Problem] = []
    body, body_line = "", 1
    for first, chunk in _fields(text.split("\n"), RULE, 1):
        name, value, line = _field(chunk, first)
        if name == "body":
            body, body_line = _flow(value, line)
        elif name:
            values[Written(name, first)] = Written("\n".join(_unescaped(value)).strip(), line)
        elif any(row.strip() for row in chunk):
            problems.append(Problem(line=first, message="this field has no `key:`; each field begins with one"))
    return Head(
        values=values, form="lektor", body_at=len(text), body=body, body_line=body_line, problems=tuple(problems)
    )


def _fields(lines: list[str], rule: re.Pattern[str], first: int) -> list[tuple[int, list[str]]]:
    """Part lines at each that is a rule; with the number of each part's first line."""
    parts: list[tuple[int, list[str]]] = [(first, [])]
    for number, line in enumerate(lines, first):
        if rule.match(line):
            parts.append((number + 1, []))
        else:
            parts[-1][1].append(line)
    return parts


def _field(chunk: list[str], first: int) -> tuple[str, list[str], int]:
    """The name of a field, its lines, and where they begin."""
    for skipped, line in enumerate(chunk):
        if not line.strip():
            continue
        found = re.match(r"([A-Za-z_][\w-]*):(.*)$", line)
        if found is None:
            return "", [], first
        rest = found[2].strip()
        if rest:
            return found[1], [rest, *chunk[skipped + 1 :]], first + skipped
        return found[1], chunk[skipped + 1 :], first + skipped + 1
    return "", [], first


def _unescaped(lines: list[str]) -> list[str]:
    return [line[1:] if re.fullmatch(r"-{4,}[ \t]*", line) else line for line in lines]


def _flow(lines: list[str], first: int) -> tuple[str, int]:
    """The prose of a body: of its flow blocks where it has them, else all of it; and the line where it begins."""
    starts = [i for i, line in enumerate(lines) if BLOCK.match(line)]
    if not starts:
        return "\n".join(_unescaped(lines)), first
    prose: list[tuple[int, str]] = []
    for start, stop in zip(starts, [*starts[1:], len(lines)], strict=True):
        for at, chunk in _fields(lines[start + 1 : stop], re.compile(r"-{4}[ \t]*$"), first + start + 1):
            name, value, line = _field(chunk, at)
            said = "\n".join(_unescaped(value)).strip("\n")
            if name in PROSE and said.strip():
                prose.append((line, said))
    return "\n\n".join(said for _, said in prose) + "\n", prose[0][0] if prose else first
