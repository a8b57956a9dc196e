"""The Jinja2 environments of themes: sandboxed, strict, and able to say where each line of their output came from.

Untrusted text becomes neither markup (autoescape), nor template code (it is a value, never a source), nor a slot
(`text.clean` drops every noncharacter, so no input can hold a slot mark).

While a template is rendered, its lines carry marks of the template line they came from (U+FDD4 to U+FDD5); `Output`
takes them out again.
"""

from __future__ import annotations

import difflib
import re
import traceback
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
from jinja2 import pass_context
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.runtime import Context
from jinja2.sandbox import MAX_RANGE
from markupsafe import Markup

from digest.errors import TemplateError
from digest.render.bounded import BoundedEnvironment, TooLong, counted
from digest.render.plain import capitals, wrap
from digest.render.theme import outside

__all__ = ["Foreign", "Output", "environment", "phrase", "render"]

ORIGIN_START, ORIGIN_END = "\ufdd4", "\ufdd5"
LIMIT = 5_000_000  # characters that a template may put out
SHIPPED = "shipped/"  # before a name: the file that comes with digest, past the project's own

ORIGIN = re.compile(f"{ORIGIN_START}(\\d+)@([^{ORIGIN_END}]*){ORIGIN_END}")


SAID = re.compile(f"{ORIGIN.pattern}(?=[^{ORIGIN_START}\n])")  # a mark with text of that line after it
LEADING = re.compile(f"(?:{ORIGIN.pattern})+")  # of marks in a row, the last is that of the text after them


class Foreign(Markup):
    """HTML that we made of somebody else's text: safe to print as it is."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What a template put out, and where it came from."""

    text: str
    origin: tuple[tuple[int, str, int], ...]  # (line of text, template file, line there), ascending

    @classmethod
    def of(cls, marked: str) -> Output:
        """Read the marks of origin and take them out."""
        lines = marked.split("\n")
        origin: list[tuple[int, str, int]] = []
        for number, line in enumerate(lines, 1):
            found = LEADING.match(line) or ORIGIN.search(line)
            if found:
                origin.append((number, found[2], int(found[1])))
        return cls(text=ORIGIN.sub("", marked), origin=tuple(origin))


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


class _Files(jinja2.FileSystemLoader):
    """Files of the folders, earlier ones winning; `shipped/NAME` is the last folder's, for one that extends its own."""

    def get_source(self, environment: jinja2.Environment, template: str) -> Any:
        past = template.startswith(SHIPPED)
        for folder in self.searchpath[-1:] if past else self.searchpath:
            found = jinja2.FileSystemLoader(folder)
            try:
                source = found.get_source(environment, template.removeprefix(SHIPPED) if past else template)
            except jinja2.TemplateNotFound:
                continue
            except UnicodeDecodeError as exc:
                raise TemplateError(f"{template} is not UTF-8: {exc.reason}", hint="Save it as UTF-8.") from exc
            if outside(Path(source[1]), Path(folder)):
                hint = "A theme is made of files in templates/ alone: copy the file there."
                raise TemplateError(f"{template} is a link that leads out of templates/", hint=hint)
            return source
        raise jinja2.TemplateNotFound(template)


def _something(value: Any) -> Any:
    """Refuse to print None: a mail that says "None" is a mistake of its template."""
    if value is None:
        raise TypeError("a value that is None cannot be printed")
    return value


@pass_context
def _wrap(context: Context, text: str) -> str:
    """Break text at the newsletter's text_width."""
    return wrap(str(text), int(context["columns"]))


@pass_context
def _capitals(context: Context, text: str) -> str:
    """Set a label in capitals, where the script has them."""
    return capitals(str(text)) if context["cased"] else str(text)


@lru_cache(maxsize=16)
def environment(folders: tuple[Path, ...], *, markup: bool) -> jinja2.Environment:
    """Make the environment over these folders, earlier ones winning file by file; `markup` escapes what is printed."""
    made = BoundedEnvironment(
        loader=_Files(folders),
        autoescape=markup,
        undefined=jinja2.StrictUndefined,
        finalize=_something,
        extensions=[_Origins],
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {"wrap": _wrap, "capitals": _capitals}
    return made


def render(made: jinja2.Environment, name: str, values: Mapping[str, Any]) -> Output:
    """Render a template file; every mistake in it becomes a TemplateError with its file and line."""
    parts: list[str] = []
    size = 0
    try:
        with counted():
            for part in made.get_template(name).generate(values):
                size += len(part)
                parts.append(part)
                if size > LIMIT:
                    raise _endless(made, name, parts)
    except TemplateError as exc:
        if exc.file is not None:
            raise
        file, line = _place(exc, made)
        raise TemplateError(
            exc.message, hint=exc.hint, file=file or str(Path(_folder(made)) / name), line=line
        ) from None
    except Exception as exc:  # a theme is somebody's program: whatever it raises is its author's news
        raise _translated(made, name, exc, values) from exc
    return Output.of("".join(parts))


def _endless(made: jinja2.Environment, name: str, parts: list[str]) -> TemplateError:
    """What to say of five million characters: the last mark of origin in them tells the place."""
    marks = (SAID.findall(part[-100_000:]) for part in reversed(parts))
    line, file = next((found[-1] for found in marks if found), (0, _path(made, name)))
    hint = "Look for a loop that never ends."
    return TemplateError("the template puts out more than 5 MB", hint=hint, file=file, line=int(line) or None)


def _folder(made: jinja2.Environment) -> str:
    return str(getattr(made.loader, "searchpath", [""])[0])


def phrase(source: str, values: Mapping[str, Any], *, file: str, key: str) -> str:
    """Render one line of configuration (a subject, a preheader). Text without `{{` or `{%` is taken as it stands."""
    if "{{" not in source and "{%" not in source:
        return source
    made = _phrases()
    try:
        with counted():
            return str(made.from_string(source).render(values))
    except Exception as exc:  # as in `render`
        error = _translated(made, "", exc, values)
        raise TemplateError(f"{key}: {error.message}", hint=error.hint, file=file) from exc


@lru_cache(maxsize=1)
def _phrases() -> jinja2.Environment:
    return BoundedEnvironment(undefined=jinja2.StrictUndefined, autoescape=False)


def _path(made: jinja2.Environment, name: str) -> str:
    """The file of a template, as far as it can be found."""
    return (made.loader.get_source(made, name)[1] if made.loader else None) or name


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
        parts = wanted.replace("\\", "/").split("/")
        inside = "" not in parts and ".." not in parts
        hint = _nearest(wanted, made.list_templates() if made.loader else ()) if inside else ONLY_INSIDE
        return TemplateError(f"there is no template {wanted}", hint=hint, file=file, line=line)
    if isinstance(exc, jinja2.UndefinedError):
        return TemplateError(exc.message or "a name is not known", hint=_names(exc, values), file=file, line=line)
    file = file or (_path(made, name) if name else None)
    if isinstance(exc, RecursionError):
        file, line = _circle(exc, made)
        hint = (
            "Take the include, the extends or the macro's call of itself out, or give it an end; "
            "to extend your own file's namesake, name shipped/…"
        )
        return TemplateError("a template includes or calls itself without end", hint=hint, file=file, line=line)
    if isinstance(exc, TooLong):
        return TemplateError(f"the template has no end in sight: it {exc}", hint=END, file=file, line=line)
    if isinstance(exc, OverflowError) and "MAX_RANGE" in str(exc):
        said = f"a range of more than {MAX_RANGE:,} numbers"
        return TemplateError(said, hint="Go through the posts, their tags, or a shorter range.", file=file, line=line)
    return TemplateError(f"the template fails: {str(exc) or type(exc).__name__}", file=file, line=line)


END = "Look for loops within loops, and for macros or includes that lead back to themselves; give them an end."
ONLY_INSIDE = "A template names files of templates/ alone, from that folder on: parts/card.mjml.j2."


def _place(exc: Exception, made: jinja2.Environment) -> tuple[str | None, int | None]:
    """The innermost frame of the traceback that lies in a template (Jinja2 rewrites their lines)."""
    frames = _frames(exc, made)
    return frames[-1] if frames else (None, None)


def _frames(exc: Exception, made: jinja2.Environment) -> list[tuple[str, int | None]]:
    folders = tuple(str(f) for f in getattr(made.loader, "searchpath", ()))
    found = traceback.extract_tb(exc.__traceback__)
    return [(f.filename, f.lineno) for f in found if folders and f.filename.startswith(folders)]


def _circle(exc: Exception, made: jinja2.Environment) -> tuple[str | None, int | None]:
    """Where a template without end goes round: the last place before one comes again, in a project's file if it can."""
    round_once: list[tuple[str, int | None]] = []
    for place in _frames(exc, made):
        if place in round_once:
            break
        round_once.append(place)
    shipped = str(getattr(made.loader, "searchpath", ("",))[-1])
    own = [place for place in round_once if not place[0].startswith(shipped)]
    return (own or round_once)[-1] if round_once else (None, None)


def _names(exc: jinja2.UndefinedError, values: Mapping[str, Any]) -> str:
    quoted = re.findall(r"'([^']*)'", exc.message or "") or [""]
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
