"""The head of a post: where its metadata ends and its text begins, in each form that generators know.

Fenced YAML (`---`), TOML (`+++`) and JSON (`;;;`, `{`) here, and `---json` as JavaScript's generators have it; forms
without a fence are in `unfenced`. What the values mean is no concern of this module (see fields). A head that cannot be
read is told with its line, never raised.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from frontmatter.default_handlers import BaseHandler, YAMLHandler

from digest.model import Problem
from digest.posts.script import exported, literal
from digest.posts.unfenced import Head, lektor, unfenced
from digest.posts.written import Mistake, Value, Written, from_json, from_toml, from_yaml

__all__ = ["Front", "read"]

HEAD = 4000  # characters in which a text that exports its metadata does so
LIMIT = 256_000  # characters of metadata: more is no metadata
ONE_LINE = re.compile(r"\+{3,}[ \t]+\S.*=.*\+{3,}[ \t]*$")
BRACED = re.compile(r'\{\s*("|\}\s*$)')
NAMED = re.compile(r"---[ \t]*(yaml|yml|toml|json5?|js|javascript)[ \t]*\n", re.IGNORECASE)
NAMED_END = re.compile(r"^---[ \t]*$", re.MULTILINE)
LOOKS_LIKE_A_KEY = re.compile(r"""\s*["']?[\w.$@-]+["']?\s*[:=](\s|$)""")


class _Yaml(YAMLHandler):
    """YAML as written; `...` may close it too."""

    FM_BOUNDARY = re.compile(r"^(?:-{3,}|\.{3})\s*$", re.MULTILINE)
    form = "yaml"

    def load(  # type: ignore[override]  # frontmatter hands over what ours gives, and we alone call it
        self, fm: str, first: int = 1
    ) -> tuple[dict[str, Value], list[tuple[str, int]]]:
        return from_yaml(fm, first)


class _Toml(BaseHandler):
    """TOML through the standard library."""

    FM_BOUNDARY = re.compile(r"^\+{3,}\s*$", re.MULTILINE)
    form = "toml"

    def load(  # type: ignore[override]  # frontmatter hands over what ours gives, and we alone call it
        self, fm: str, first: int = 1
    ) -> tuple[dict[str, Value], list[tuple[str, int]]]:
        return from_toml(fm, first), []


class _Json(BaseHandler):
    """JSON between semicolons, its outer braces left out as Hexo has it."""

    FM_BOUNDARY = re.compile(r"^;{3,}\s*$", re.MULTILINE)
    form = "json"

    def load(  # type: ignore[override]  # frontmatter hands over what ours gives, and we alone call it
        self, fm: str, first: int = 1
    ) -> tuple[dict[str, Value], list[tuple[str, int]]]:
        inner = fm.strip()
        braced = inner if inner.startswith("{") else "{" + inner.rstrip(",") + "}"
        return from_json(braced, first + fm[: len(fm) - len(fm.lstrip())].count("\n"))[0], []


HANDLERS: dict[str, _Yaml | _Toml | _Json] = {"---": _Yaml(), "+++": _Toml(), ";;;": _Json()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """A post taken apart. `values` are as written; `lines` says where each key stands; `form` is empty without a head.

    `body` is all that follows the metadata, and begins at line `body_line`.
    """

    values: Mapping[str, Value] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)
    body: str = ""
    body_line: int = 1
    form: str = ""  # yaml | toml | json | headers | nikola | meta | rest | lektor | ""
    problems: tuple[Problem, ...] = ()

    def line(self, *keys: str) -> int:
        """The line of the first of these keys that is there; of the head where none is."""
        return next((self.lines[k] for k in keys if k in self.lines), 1)


def read(text: str, *, kind: str = "md", loose: bool = True) -> Front:
    """Take a text apart. `kind` is the file name's ending; `loose` admits heads without a fence (`Title: …`).

    Whatever is wrong with the head is a problem of the Front; the body is given either way.
    """
    if kind == "lr":
        return _unfenced(text, lektor(text)) or Front(body=text)
    shift = len(text) - len(text.lstrip())
    opening = text[shift : shift + 3]
    front = None
    if opening in {"---", "+++", ";;;"} or text[shift : shift + 1] == "{":
        front = _fenced(text, shift, opening)
    if front is None and kind in {"mdx", "md"} and "export" in text[:HEAD]:
        front = _exported(text)
    if front is None and loose:
        front = _unfenced(text, unfenced(text, kind))
    if front is None:
        return Front(body=text)
    if front.form in {"yaml", "toml", "json"} and shift and text[:shift].strip("\n") and text[shift] != "{":
        told = Problem(
            line=text.count("\n", 0, shift) + 1,
            message="blanks stand before the opening fence, so that the site's generator sees no metadata; "
            "take them out",
            severity="warning",
        )
        front = replace(front, problems=(*front.problems, told))
    return front


def _fenced(text: str, shift: int, opening: str) -> Front | None:
    """Read a fenced head that opens at offset `shift`; None where there is none."""
    first = text.count("\n", 0, shift) + 1
    rest = text[shift:]
    line, _, following = rest.partition("\n")
    if opening == "+++" and ONE_LINE.match(line):
        said = "all metadata stands on one line between +++ and +++; put each key on its own line"
        return _broken(text, shift + len(line) + 1, "toml", said, first)
    if (named := NAMED.match(rest)) is not None:
        return _named(text, shift, named, first)
    if opening[0] == "{":
        return _braced(text, shift, first) if BRACED.match(rest) else None
    handler = HANDLERS[opening]
    if not handler.detect(rest):
        return None
    try:
        head, body = handler.split(rest)
    except ValueError:
        if not LOOKS_LIKE_A_KEY.match(following.lstrip("\n")):
            return None  # a thematic break opens the text
        said = f"the metadata opened by {opening} is never closed; put {opening} on a line of its own below it"
        return _broken(text, shift + len(line) + 1, handler.form, said, first)
    body_at = len(text) - len(body)
    if len(head) > LIMIT:
        return _broken(text, body_at, handler.form, "the metadata is far too long; close it above the text", first)
    try:
        values, twice = handler.load(head, first)
    except Mistake as wrong:
        return _broken(text, body_at, handler.form, wrong.message, wrong.line)
    return _made(text, values, body_at, handler.form, [_twice(key, at) for key, at in twice])


def _named(text: str, shift: int, named: re.Match[str], first: int) -> Front | None:
    """A fence that says in which language the metadata stand (Eleventy, Gatsby). JavaScript is read, never run."""
    start = shift + named.end()
    closing = NAMED_END.search(text, start)
    if closing is None:
        return None
    form = named[1].lower()
    head, body_at = text[start : closing.start()], min(closing.end() + 1, len(text))
    try:
        if form == "toml":
            return _made(text, from_toml(head, first + 1), body_at, form, [])
        if form in {"yaml", "yml"}:
            values, twice = from_yaml(head, first + 1)
            return _made(text, values, body_at, "yaml", [_twice(key, at) for key, at in twice])
    except Mistake as wrong:
        return _broken(text, body_at, form, wrong.message, wrong.line)
    read = literal(head, head.find("{"), first + 1) if "{" in head else None
    if read is None:
        said = f"the metadata opened by ---{named[1]} is no plain object, and programs are not run; write it as YAML"
        return _broken(text, body_at, "json", said, first)
    return _made(text, read[0], body_at, "json", [])


def _exported(text: str) -> Front | None:
    """MDX that exports its metadata as an object."""
    read = exported(text)
    return _made(text, read[0], read[1], "json", []) if read else None


def _braced(text: str, shift: int, first: int) -> Front:
    """JSON between braces, without a fence (Hugo)."""
    try:
        values, end = from_json(text[shift : shift + LIMIT], first)
    except Mistake as wrong:
        closing = re.compile(r"^}[ \t]*$", re.MULTILINE).search(text, shift)
        return _broken(text, closing.end() if closing else len(text), "json", wrong.message, wrong.line)
    return _made(text, values, shift + end, "json", [])


def _unfenced(text: str, head: Head | None) -> Front | None:
    if head is None:
        return None
    front = _made(text, head.values, head.body_at, head.form, list(head.problems))
    return front if head.body is None else replace(front, body=head.body, body_line=head.body_line)


def _made(text: str, values: Mapping[str, Value], body_at: int, form: str, problems: list[Problem]) -> Front:
    return Front(
        values=values,
        lines={str(k): k.line for k in values if isinstance(k, Written)},
        body=text[body_at:],
        body_line=text.count("\n", 0, body_at) + 1,
        form=form,
        problems=tuple(problems),
    )


def _broken(text: str, body_at: int, form: str, said: str, line: int) -> Front:
    """A head that cannot be read: one error, and the text behind it."""
    return _made(text, {}, min(body_at, len(text)), form, [Problem(line=line, message=said)])


def _twice(key: str, line: int) -> Problem:
    said = f"{key} is written a second time; the last one counts, so take one out"
    return Problem(line=line, message=said, severity="warning")
