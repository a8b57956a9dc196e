"""The Jinja2 environments of themes: sandboxed, strict, and honest about whose words are whose.

Three promises hold here. Untrusted text becomes neither markup (autoescape), nor template code (it is a value, never a
source), nor a slot (`clean` drops every noncharacter). Each value that a template prints is marked while it is
rendered, so that what the template itself says can be told from what a post, a name or the configuration brought. And
each line of the output knows the template line it came from.

The marks are noncharacters (U+FDD2 to U+FDD5), so no input can hold them; `Output` takes them out again.
"""

from __future__ import annotations

import difflib
import re
import traceback
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from digest.errors import TemplateError

__all__ = [
    "SLOT_END",
    "SLOT_START",
    "Foreign",
    "Output",
    "clean",
    "environment",
    "one_line",
    "phrase",
    "render",
    "slot",
]

SLOT_START, SLOT_END = "\ufdd0", "\ufdd1"
FOREIGN_START, FOREIGN_END = "\ufdd2", "\ufdd3"
ORIGIN_START, ORIGIN_END = "\ufdd4", "\ufdd5"
LIMIT = 5_000_000  # characters that a template may put out

ORIGIN = re.compile(f"{ORIGIN_START}(\\d+)@([^{ORIGIN_END}]*){ORIGIN_END}")
FOREIGN = re.compile(f"{FOREIGN_START}[^{FOREIGN_END}]*{FOREIGN_END}")
MARKS = re.compile(f"[{FOREIGN_START}{FOREIGN_END}]")

# C0 but tab and line feed, C1, U+FEFF, U+FFFD, surrogates, every noncharacter.
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ufffd\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + "".join(chr(plane << 16 | low) for plane in range(1, 17) for low in (0xFFFE, 0xFFFF))
    + "]"
)
LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
BIDI_OPEN = {"\u202a": "\u202c", "\u202b": "\u202c", "\u202d": "\u202c", "\u202e": "\u202c"} | {
    "\u2066": "\u2069",
    "\u2067": "\u2069",
    "\u2068": "\u2069",
}
BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """Make text safe to carry: NFC, no control characters, no noncharacters, bidi controls only where balanced.

    Line ends become line feeds. What is dropped could make clients clip a mail, mrml fail, or a slot be forged.
    """
    text = LINE_ENDS.sub("\n", text)
    text = unicodedata.normalize("NFC", FORBIDDEN.sub("", text))
    if not BIDI.search(text):
        return text
    return "\n".join(line if _balanced(line) else BIDI.sub("", line) for line in text.split("\n"))


def one_line(text: str) -> str:
    """Clean text and collapse its white space (no-break spaces stay)."""
    return " ".join(re.split(r"[ \t\n]+", clean(text))).strip(" \xa0")


def _balanced(line: str) -> bool:
    waiting: list[str] = []
    for sign in BIDI.findall(line):
        if sign in BIDI_OPEN:
            waiting.append(BIDI_OPEN[sign])
        elif not waiting or waiting.pop() != sign:
            return False
    return not waiting


def slot(name: str) -> str:
    """Write a hole that is filled for each recipient; only `token` and `address` exist."""
    return f"{SLOT_START}{name}{SLOT_END}"


class Foreign(Markup):
    """HTML that we made of somebody else's text: safe to print, and no word of the template's own."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What a template put out. `own` has the same lines without what foreign values brought."""

    text: str
    own: str
    origin: tuple[tuple[int, str, int], ...]  # (line of text, template file, line there), ascending

    @classmethod
    def of(cls, marked: str) -> Output:
        """Read the marks and take them out."""
        lines = marked.split("\n")
        origin: list[tuple[int, str, int]] = []
        for number, line in enumerate(lines, 1):
            found = ORIGIN.search(line)
            if found:
                origin.append((number, found[2], int(found[1])))
        bare = ORIGIN.sub("", marked)
        own = FOREIGN.sub(lambda m: "\n" * m[0].count("\n"), bare)
        return cls(text=MARKS.sub("", bare), own=MARKS.sub("", own), origin=tuple(origin))


class _Origins(Extension):
    """Writes, at each line of a template's text, where that line stands."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        name = stream.filename or stream.name or "template"
        for token in stream:
            yield Token(token.lineno, "data", _marked(token, name)) if token.type == "data" else token


def _marked(token: Token, name: str) -> str:
    lines = token.value.split("\n")
    return "\n".join(
        f"{ORIGIN_START}{number}@{name}{ORIGIN_END}{line}" for number, line in enumerate(lines, token.lineno)
    )


def _mark(value: Any) -> Any:
    """Mark what a template prints, unless it is the template's own (a macro's result, a captured block)."""
    if value is None:
        raise TypeError("a value that is None cannot be printed")
    if isinstance(value, jinja2.Undefined) or (isinstance(value, Markup) and not isinstance(value, Foreign)):
        return value
    return Markup(f"{FOREIGN_START}{escape(value)}{FOREIGN_END}")  # noqa: S704 - escaped right here


def _mark_plain(value: Any) -> Any:
    if value is None:
        raise TypeError("a value that is None cannot be printed")
    return value if isinstance(value, jinja2.Undefined) else f"{FOREIGN_START}{value}{FOREIGN_END}"


@lru_cache(maxsize=16)
def environment(folders: tuple[Path, ...], *, markup: bool) -> jinja2.Environment:
    """Make the environment over these folders, earlier ones winning file by file; `markup` escapes what is printed."""
    return ImmutableSandboxedEnvironment(
        loader=jinja2.FileSystemLoader(folders),
        autoescape=markup,
        undefined=jinja2.StrictUndefined,
        finalize=_mark if markup else _mark_plain,
        extensions=[_Origins],
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def render(made: jinja2.Environment, name: str, values: Mapping[str, Any]) -> Output:
    """Render a template file; every mistake in it becomes a TemplateError with its file and line."""
    parts: list[str] = []
    size = 0
    try:
        for part in made.get_template(name).generate(values):
            size += len(part)
            if size > LIMIT:
                raise TemplateError("the template puts out more than 5 MB", hint="Look for a loop that never ends.")
            parts.append(part)
    except TemplateError as exc:
        raise TemplateError(exc.message, hint=exc.hint, file=_path(made, name)) from None
    except Exception as exc:  # a theme is somebody's program: whatever it raises is its author's news
        raise _translated(made, name, exc, values) from exc
    return Output.of("".join(parts))


def phrase(source: str, values: Mapping[str, Any], *, file: str, key: str) -> str:
    """Render one line of configuration (a subject, a preheader). Text without `{{` or `{%` is taken as it stands."""
    if "{{" not in source and "{%" not in source:
        return source
    made = _phrases()
    try:
        return str(made.from_string(source).render(values))
    except Exception as exc:  # as in `render`
        error = _translated(made, "", exc, values)
        raise TemplateError(f"{key}: {error.message}", hint=error.hint, file=file) from exc


@lru_cache(maxsize=1)
def _phrases() -> jinja2.Environment:
    return ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined, autoescape=False)


def _path(made: jinja2.Environment, name: str) -> str:
    """The file of a template, as far as it can be found."""
    try:
        source = made.loader.get_source(made, name) if made.loader else ("", None, None)
    except jinja2.TemplateNotFound:
        return name
    return source[1] or name


def _translated(made: jinja2.Environment, name: str, exc: Exception, values: Mapping[str, Any]) -> TemplateError:
    if isinstance(exc, jinja2.TemplateSyntaxError):
        return TemplateError(
            f"the template cannot be read: {exc.message}",
            hint="See the Jinja2 documentation for the syntax.",
            file=exc.filename or _path(made, exc.name or name),
            line=exc.lineno,
        )
    file, line = _place(exc, made)
    if isinstance(exc, jinja2.TemplateNotFound):
        wanted = str(exc.name or name)
        hint = _nearest(wanted, made.list_templates() if made.loader else ())
        return TemplateError(f"there is no template {wanted}", hint=hint, file=file, line=line)
    if isinstance(exc, jinja2.UndefinedError):
        return TemplateError(exc.message or "a name is not known", hint=_names(exc, values), file=file, line=line)
    if isinstance(exc, RecursionError):
        return TemplateError("a template includes itself without end", file=file, line=line)
    return TemplateError(f"the template fails: {exc}", file=file or _path(made, name), line=line)


def _place(exc: Exception, made: jinja2.Environment) -> tuple[str | None, int | None]:
    """The innermost frame of the traceback that lies in a template (Jinja2 rewrites their lines)."""
    folders = tuple(str(f) for f in getattr(made.loader, "searchpath", ()))
    frames = [f for f in traceback.extract_tb(exc.__traceback__) if folders and f.filename.startswith(folders)]
    return (frames[-1].filename, frames[-1].lineno) if frames else (None, None)


def _names(exc: jinja2.UndefinedError, values: Mapping[str, Any]) -> str:
    quoted = re.findall(r"'([^']*)'", exc.message or "")
    if not quoted:
        return ""
    if "has no attribute" not in (exc.message or ""):
        return _nearest(quoted[0], values)
    wanted = quoted[-1]
    known = {n for v in values.values() for n in (v if isinstance(v, Mapping) else _fields(v))}
    return _nearest(wanted, known)


def _fields(value: Any) -> Iterable[str]:
    items = value if isinstance(value, tuple) else (value,)
    return {name for item in items for name in getattr(type(item), "__dataclass_fields__", ())}


def _nearest(wanted: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(wanted, sorted(str(k) for k in known), n=1, cutoff=0.5)
    return f"Did you mean {close[0]}?" if close else f"Known here: {', '.join(sorted(str(k) for k in known))}."
