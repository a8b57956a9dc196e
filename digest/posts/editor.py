"""The editor's hand: issues/ID.md parsed, and the posts it names found. Opens no file; `draft` writes the text of one.

The file is YAML front matter (subject, preheader, number, order, pins, left_out) and the intro in Markdown. It wins
over the newsletter's rules, not over what a post says of itself (draft, unlisted, expired, a date to come), and nothing
that was sent goes again. `order` puts posts in, and in order; posts it does not name follow by the rules.

The YAML is read as events, two levels deep, so that neither aliases nor nesting can do harm, and a scalar is the text
that stands there ("No" is a subject).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from digest.errors import FrontMatterError
from digest.model import Post
from digest.posts.draft import draft_text
from digest.posts.known import key_of

if TYPE_CHECKING:
    from yaml.events import Event

__all__ = ["Editor", "Hand", "draft_text", "file_name", "parse", "resolve", "unresolved"]

TEXTS = ("subject", "preheader")
LISTS = ("order", "pins", "left_out")
KEYS = (*TEXTS, "number", *LISTS)
LARGEST = 65_536  # characters of front matter
FENCE = re.compile(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
NEVER = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")  # in what readers get
HINT = f"Known are {', '.join(KEYS)}; the text below the front matter is the intro."


@dataclass(frozen=True, slots=True, kw_only=True)
class Editor:
    """What an editor says of one issue. References are kept as written; `lines` tells where keys and they stand."""

    file: str
    subject: str = ""
    preheader: str = ""
    number: int | None = None
    order: tuple[str, ...] = ()
    pins: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    intro: str = ""  # Markdown
    intro_line: int = 1
    lines: tuple[tuple[str, int], ...] = ()

    def line(self, what: str) -> int | None:
        """The line of a key or a reference."""
        return dict(reversed(self.lines)).get(what)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """An editor's references as keys of posts (known.key_of), each once; a pin that is also in `order` is a pin."""

    order: tuple[tuple[str, str], ...] = ()
    pins: tuple[tuple[str, str], ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()

    @property
    def named(self) -> tuple[tuple[str, str], ...]:
        """What is put in, in its order."""
        return self.pins + tuple(key for key in self.order if key not in self.pins)


def file_name(issue_id: str) -> str:
    """Say where the editor's file of an issue lies in the project."""
    return f"issues/{issue_id}.md"


def parse(text: str, file: str) -> Editor:
    """Parse an editor's file; FrontMatterError with its line where something is no front matter of ours."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    found = FENCE.match(text)
    if not found and re.match(r"---[ \t]*(?:\n|\Z)", text):
        raise FrontMatterError("the front matter has no end", hint="Close it with a line ---.", file=file, line=1)
    front, body, lines_above = (found[1], text[found.end() :], found[0].count("\n")) if found else ("", text, 0)
    if len(front) > LARGEST:
        raise FrontMatterError(f"the front matter is over {LARGEST} characters long", file=file, line=1)
    values: dict[str, Any] = {}
    lines: list[tuple[str, int]] = []
    for key, value, line in _pairs(_events(front, file), file):
        if key in values:
            raise FrontMatterError(f"{key} stands here twice", hint="Keep one of them.", file=file, line=line)
        values[key] = _checked(key, value, file, line)
        lines += [(key, line), *(value if isinstance(value, list) else ())]
    blank = len(body) - len(body.lstrip())
    return Editor(
        file=file,
        intro=NEVER.sub("", body).strip(),
        intro_line=1 + lines_above + body[:blank].count("\n"),
        lines=tuple(lines),
        **{key: value for key, value in values.items() if value is not None},
    )


# ------------------------------------------------------------------------------------------------ reading


Pair = tuple[str, "str | list[tuple[str, int]]", int]


def _events(front: str, file: str) -> Iterator[Event]:
    """YAML events; every complaint of the parser as an error of ours, with the line of the file."""
    import yaml

    try:
        yield from yaml.parse(front, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        line = mark.line + 2 if mark else 1
        raise FrontMatterError(
            f"this is not YAML: {exc.problem or exc.context}", hint=HINT, file=file, line=line
        ) from exc
    except yaml.YAMLError as exc:
        raise FrontMatterError(f"this is not YAML: {exc}", hint=HINT, file=file, line=1) from exc


def _pairs(events: Iterator[Event], file: str) -> Iterator[Pair]:
    """Keys with a text or a list of texts, and the line of each."""
    import yaml

    inside = False
    for event in events:
        if isinstance(event, yaml.MappingStartEvent):
            inside = True
        elif isinstance(event, yaml.MappingEndEvent):
            inside = False
        elif inside:
            key, line = _scalar(event, file), _line(event)
            yield _named(key, file, line), _value(next(events), events, file), line
        elif isinstance(event, yaml.NodeEvent) and not _empty(event):
            raise FrontMatterError("keys with values are expected here", hint=HINT, file=file, line=_line(event))


def _empty(event: Event) -> bool:
    """A front matter of comments alone is one empty scalar."""
    return getattr(event, "value", None) == ""


def _value(event: Event, events: Iterator[Event], file: str) -> str | list[tuple[str, int]]:
    import yaml

    if not isinstance(event, yaml.SequenceStartEvent):
        return _scalar(event, file)
    items = takewhile(lambda item: not isinstance(item, yaml.SequenceEndEvent), events)
    return [(text, _line(item)) for item in items if (text := _scalar(item, file))]


def _scalar(event: Event, file: str) -> str:
    """The text of a scalar; empty where nothing, ~ or null is written."""
    import yaml

    if not isinstance(event, yaml.ScalarEvent) or event.anchor:
        raise FrontMatterError("a text is expected here, and nothing else", hint=HINT, file=file, line=_line(event))
    value: str = event.value
    return "" if event.style is None and value in {"~", "null"} else value.strip()


def _line(event: Event) -> int:
    return event.start_mark.line + 2 if event.start_mark else 1


def _named(written: str, file: str, line: int) -> str:
    plain = re.sub(r"[\s_-]+", "", written.casefold())
    for key in KEYS:
        if plain == key.replace("_", ""):
            return key
    close = get_close_matches(written.casefold(), KEYS, n=1)
    asked = f", did you mean {close[0]}?" if close else ""
    raise FrontMatterError(f'"{written}" is no key of an issue\'s file{asked}', hint=HINT, file=file, line=line)


def _checked(key: str, value: str | list[tuple[str, int]], file: str, line: int) -> Any:
    """The value in its type; None where it is left empty."""
    if key in LISTS:
        items = value if isinstance(value, list) else [(value, line)] if value else []
        return tuple(dict.fromkeys(text for text, _ in items))
    if isinstance(value, list):
        raise FrontMatterError(f"{key} is one value, not a list", file=file, line=line)
    if key in TEXTS:
        return NEVER.sub("", " ".join(value.split()))  # one line, and nothing that an escape has smuggled in
    if value and not re.fullmatch(r"[0-9]{1,9}", value):
        raise FrontMatterError(f'number "{value}" is not a whole number', file=file, line=line)
    return int(value) if value else None


# ------------------------------------------------------------------------------------------------ references


def resolve(editor: Editor | None, posts: Iterable[Post]) -> Hand:
    """Find the posts that an editor names by path, id, URL or slug; FrontMatterError names the nearest."""
    if editor is None:
        return Hand()
    index = _Index(posts)
    found = {key: tuple(dict.fromkeys(index.find(ref, editor) for ref in getattr(editor, key))) for key in LISTS}
    for ref in editor.left_out:
        if index.find(ref, editor) in {*found["order"], *found["pins"]}:
            raise FrontMatterError(
                f'"{ref}" is both put in and left out',
                hint="Keep one of them.",
                file=editor.file,
                line=editor.line(ref),
            )
    return Hand(**found)


def unresolved(editor: Editor | None, posts: Iterable[Post]) -> tuple[str, ...]:
    """Give the references that none of these posts answers to: older posts may, where not all were read."""
    if editor is None:
        return ()
    index = _Index(posts)
    return tuple(ref for ref in (*editor.order, *editor.pins, *editor.left_out) if not index.hits(ref))


class _Index:
    """Posts by what an editor may call them, the surest first."""

    def __init__(self, posts: Iterable[Post]) -> None:
        self.by: tuple[dict[str, list[Post]], ...] = tuple(defaultdict(list) for _ in range(4))
        for post in posts:
            for table, names in zip(self.by, ((post.path,), (post.id,), _urls(post), (post.slug,)), strict=True):
                for name in filter(None, names):
                    table[name].append(post)

    def hits(self, ref: str) -> list[Post]:
        for table, name in zip(self.by, (_path(ref), ref, ref.rstrip("/"), ref), strict=True):
            if name in table:
                return table[name]
        return []

    def find(self, ref: str, editor: Editor) -> tuple[str, str]:
        hits = self.hits(ref)
        if len(hits) == 1:
            return key_of(hits[0])
        line = editor.line(ref)
        if hits:
            names = ", ".join(sorted(post.id for post in hits))
            raise FrontMatterError(
                f'"{ref}" is the name of several posts', hint=f"Write one of {names}.", file=editor.file, line=line
            )
        known = sorted({name for table in self.by for name in table})
        close = get_close_matches(ref, known, n=1, cutoff=0.5)
        hint = (
            f'Did you mean "{close[0]}"?' if close else "Write a post's path, id, URL or slug; digest posts lists them."
        )
        raise FrontMatterError(f'no post is called "{ref}"', hint=hint, file=editor.file, line=line)


def _urls(post: Post) -> tuple[str, ...]:
    return tuple({url.rstrip("/") for url in (post.url, post.canonical)})


def _path(ref: str) -> str:
    return ref.replace("\\", "/").removeprefix("./")
