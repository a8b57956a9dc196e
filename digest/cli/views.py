"""Posts, selections, findings and projects as tables and as the JSON whose names are a contract."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from digest.cli import output, words

if TYPE_CHECKING:
    from digest.demo import Played
    from digest.errors import ConfigError, TemplateError
    from digest.model import Finding, Post, Selection
    from digest.project import Made

__all__ = ["demo", "findings", "made", "missing", "post_json", "posts", "selection", "selection_json"]


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def post_json(p: Post) -> dict[str, Any]:
    """One object of `posts --json`."""
    return {
        "path": p.path,
        "source": p.source,
        "id": p.id,
        "title": p.title,
        "date": _iso(p.date),
        "updated": _iso(p.updated),
        "tags": list(p.tags),
        "categories": list(p.categories),
        "author": p.author,
        "excerpt": p.excerpt,
        "image": p.image.url if p.image else None,
        "url": p.url or None,
        "slug": p.slug,
        "source_url": p.source_url or None,
        "draft": p.draft,
        "lang": p.lang or None,
        "problems": [{"line": x.line, "message": x.message} for x in p.problems],
    }


def posts(found: Sequence[Post]) -> None:
    """The posts as a table, newest last, and what is wrong with them on stderr."""
    rows = [
        (f"{p.date:%Y-%m-%d}" if p.date else "no date", p.title or p.path, _few(p.tags), _mark(p))
        for p in sorted(found, key=lambda p: (p.date.isoformat() if p.date else "", p.path))
    ]
    output.table(("date", "title", "tags", ""), rows, flexible=1)
    said = Counter(x.message for p in found for x in p.problems if x.line is None)
    for p in found:
        for problem in p.problems:
            if problem.line is not None or said[problem.message] == 1:
                output.say(words.problem(p.path, problem))
    for message, times in said.items():
        if times > 1:
            output.say(f"{_number(times, 'post')}: {message}")
    broken = sum(p.broken for p in found)
    output.say(_number(len(found), "post") + (f", {broken} of them broken and left out" if broken else ""))


def _number(count: int, thing: str) -> str:
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def _few(tags: tuple[str, ...]) -> str:
    """The first tags, as many as stand in 24 columns."""
    return _cut(", ".join(tags), 24)


def _cut(text: str, columns: int) -> str:
    return text if len(text) <= columns else text[: columns - 1].rstrip(", ") + "…"


def _mark(p: Post) -> str:
    return "broken" if p.broken else "draft" if p.draft else "unlisted" if p.unlisted else ""


def selection_json(s: Selection, *, explain: bool) -> dict[str, Any]:
    """The object of `select --json`."""
    shown: dict[str, Any] = {
        "newsletter": s.occasion.newsletter,
        "issue": s.occasion.issue,
        "window": {"start": _iso(s.occasion.window.start), "end": _iso(s.occasion.window.end)},
        "posts": [
            {
                "path": k.post.path,
                "id": k.post.id,
                "title": k.post.title,
                "date": _iso(k.post.date),
                "tags": list(k.post.tags),
                "url": k.post.url or None,
                "reason": k.reason,
            }
            for k in s.picked
        ],
    }
    if explain:
        shown["left_out"] = [{"path": o.path, "id": o.id, "reason": o.reason, "detail": o.detail} for o in s.left_out]
    return shown


def selection(s: Selection, *, explain: bool) -> None:
    """The posts of an issue as a table; with `explain` every other post and its reason."""
    at = s.occasion
    state = "due since" if at.due else "coming on"
    zone = at.window.zone
    output.line(f"{at.issue}, {state} {words.when(at.send_at, zone)}", bold=True)
    output.line(f"posts from  {words.when(at.window.start, zone)}")
    output.line(f"until       {words.when(at.window.end, zone)}")
    if s.picked:
        rows = [(f"{k.post.date:%Y-%m-%d}" if k.post.date else "", k.post.title, k.reason) for k in s.picked]
        output.table(("date", "title", "why"), rows, flexible=1)
    else:
        output.line("No post is in it.")
    if explain and s.left_out:
        output.line("Left out:")
        rows = [(_cut(o.title or o.path, 32), o.reason, o.detail) for o in s.left_out]
        output.table(("post", "why", "what"), rows, flexible=2)
    for text in _afterwords(s):
        output.say(text)


def _afterwords(s: Selection) -> Iterable[str]:
    if s.skip == "too-few":
        yield "There are too few posts: this issue would be skipped, and they come first next time."
    elif s.skip:
        yield "There is nothing new: this issue would be skipped."
    if s.waiting:
        number = len(s.waiting)
        yield f"{number} of today's posts wait{'s' if number == 1 else ''} for the next issue: {', '.join(s.waiting)}"
    if not s.history_known:
        yield "No ledger is here: nothing is known of what earlier issues carried."


def findings(found: Sequence[Finding], form: str, *, quiet: bool, to_stderr: bool = False) -> None:
    """Findings for editors (file:line …), for programs (JSON), or as annotations of a pull request."""
    from dataclasses import asdict

    if form == "json":
        names = ("rule", "severity", "file", "line", "message", "hint")
        output.data([{n: asdict(f)[n] for n in names} for f in found])
        return
    put = output.say if to_stderr else output.line
    for f in found:
        if quiet and f.severity == "info":
            continue
        put(_annotation(f) if form == "github" else words.finding(f))
        if f.hint and form == "text":
            put(f"    {f.hint}")
    errors = sum(f.severity == "error" for f in found)
    warnings = sum(f.severity == "warning" for f in found)
    if not quiet:
        told = f"{_number(errors, 'error')}, {_number(warnings, 'warning')}"
        output.say(told if errors or warnings else "Fit to send.")


def broken_template(wrong: TemplateError) -> None:
    """Annotate the line that keeps an issue from being drawn."""
    from digest.model import Finding

    told = Finding(
        rule="template",
        severity="error",
        message=wrong.message,
        file=wrong.file or "",
        line=wrong.line,
        hint=wrong.hint,
        part="mjml",
    )
    output.line(_annotation(told))


def _annotation(f: Finding) -> str:
    kind = {"error": "error", "warning": "warning"}.get(f.severity, "notice")
    said = f"{f.message}\n{f.hint}" if f.hint else f.message
    message = said.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    place = f" file={f.file},line={f.line or 1}," if f.file else " "
    return f"::{kind}{place}title={f.rule}::{message}"


def missing(wants: Sequence[ConfigError]) -> None:
    """What `run` still asks for, on stderr."""
    for want in wants:
        output.say(f"{words_place(want)}{want.message}" + (f" ({want.hint})" if want.hint else ""))


def words_place(want: ConfigError) -> str:
    """Where a setting is missing."""
    return f"still missing for a run: {want.place}"


def made(result: Made) -> None:
    """What `init` made, left alone and found, and what comes next."""
    for path in result.written:
        output.line(f"wrote  {path}")
    for path in result.kept:
        output.line(f"kept   {path} (it was there)")
    for text in (*result.found, *result.next_steps):
        output.say(text)


def demo(played: Played) -> int:
    """What the demo did, and what to look at."""
    for text in played.lines:
        output.line(text)
    return played.exit_code
