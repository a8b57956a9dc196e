"""An issue against the last one sent: for a terminal, for programs, and as Markdown for a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from digest.cli import output, words

if TYPE_CHECKING:
    from digest.pipeline.diff import Difference, Named, Sizes

__all__ = ["as_json", "markdown", "show"]

MOST = 200  # lines of a comparison that a person is shown
ACTIVE = re.compile(r"([\\`*_\[\]<>#|~&])")


def show(d: Difference) -> None:
    """Print the comparison for a person; what is not known is said on stderr."""
    against = f" against {d.last.id}, {words.people(d.last.counts.sent)}" if d.last else ""
    output.line(f"{d.issue}{against}", bold=True)
    output.line(f"  subject    {d.subject or '(the issue holds nothing)'}")
    if d.last:
        output.line(f"  before     {d.last.subject}")
    output.line(f"  size       {_size(d)}")
    if d.moved:
        output.line(f"  people     {_moved(d.moved)}")
    output.line(f"  posts      {_numbers(d)}")
    for sign, posts in _signed(d):
        for post in posts:
            output.line(f"    {sign} {_one_line(post.title)}")
    if d.template is not None and d.last:
        output.line(f"  template   {_template(d)}")
        for text in _shown(d.template):
            output.line(f"    {text}", fg=_colour(text))
    for text in unknown(d):
        output.say(text)


def unknown(d: Difference) -> Iterator[str]:
    """What could not be compared, and why."""
    if not d.history_known:
        yield "No ledger is here: nothing is known of earlier issues, so every post counts as new."
    elif d.last is None:
        yield f"No issue of {d.newsletter} was sent before this one: there is nothing to compare it with."
        return
    if d.last is None:
        return
    if d.missing:
        yield f"Gone since {d.last.id}, so drawn without: {', '.join(d.missing)}"
    if d.template is None:
        yield f"No post of {d.last.id} is here any more: the template could not be compared."
    if d.moved is None:
        yield "No list is here: who joined and left is not known."


def as_json(d: Difference) -> dict[str, Any]:
    """The object of `diff --json`. `last` is null where nothing was sent before, or no ledger is here."""
    before, after = d.last_octets, d.octets
    return {
        "newsletter": d.newsletter,
        "issue": d.issue,
        "history": d.history_known,
        "last": _last(d),
        "subject": {"before": d.last.subject if d.last else None, "after": d.subject or None},
        "posts": {sign: [_post(p) for p in getattr(d, sign)] for sign in ("came", "went", "stayed")},
        "octets": {"before": asdict(before) if before else None, "after": asdict(after) if after else None},
        "subscribers": {"joined": d.moved[0], "left": d.moved[1]} if d.moved else None,
        "template": list(d.template) if d.template is not None else None,
        "missing": list(d.missing),
    }


def _last(d: Difference) -> dict[str, Any] | None:
    if d.last is None:
        return None
    return {
        "issue": d.last.id,
        "revision": d.last.revision,
        "state": str(d.last.state),
        "send_at": d.last.send_at.isoformat(),
        "list": d.last.counts.list,
        "sent": d.last.counts.sent,
    }


def _post(p: Named) -> dict[str, Any]:
    return {"id": p.id, "title": p.title, "url": p.url or None, "path": p.path or None}


def markdown(d: Difference) -> str:
    """The comparison as Markdown for a pull request. Titles are text: none becomes markup or mentions anybody."""
    lines = [f"### {_text(d.issue)}", ""]
    lines += [f"**{_text(d.subject)}**" if d.subject else "The issue holds nothing.", ""]
    lines += ["| | before | now |", "|---|---|---|", *(f"| {a} | {b} | {c} |" for a, b, c in _rows(d)), ""]
    for sign, title in (("came", "New"), ("stayed", "As before"), ("went", "Not in it any more")):
        posts: Sequence[Named] = getattr(d, sign)
        if posts:
            lines += [f"**{title}**", "", *(f"- {_link(p)}" for p in posts), ""]
    if d.template:
        fence = "`" * max(3, 1 + max((len(x) for x in re.findall("`+", "\n".join(d.template))), default=0))
        lines += [f"<details><summary>Template: {_template(d)}</summary>", "", f"{fence}diff", *_shown(d.template)]
        lines += [fence, "", "</details>", ""]
    elif d.template is not None:
        lines += [f"Template: {_template(d)}.", ""]
    lines += [f"_{_text(text)}_\n" for text in unknown(d)]
    return "\n".join(lines).rstrip("\n")


def _rows(d: Difference) -> Iterator[tuple[str, str, str]]:
    if d.last:
        yield "issue", _text(d.last.id), _text(d.issue)
        yield "subject", _text(d.last.subject), _text(d.subject)
    for name in ("html", "text", "message"):
        yield f"{name}, octets", _octets(d.last_octets, name), _octets(d.octets, name)
    if d.moved:
        yield "people", "", _moved(d.moved)


def _octets(sizes: Sizes | None, name: str) -> str:
    return f"{getattr(sizes, name):,}" if sizes else "–"


def _link(p: Named) -> str:
    safe = p.url.startswith(("https://", "http://")) and not re.search(r"[\s<>()\\]", p.url)
    return f"[{_text(p.title)}](<{p.url}>)" if safe else _text(p.title)


def _text(words_: str) -> str:
    """Words as they are: no markup, no line break, nobody mentioned."""
    return ACTIVE.sub(r"\\\1", _one_line(words_)).replace("@", "@\N{ZERO WIDTH NON-JOINER}")


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _size(d: Difference) -> str:
    if d.octets is None:
        return "nothing to send"
    change = f" ({d.octets.html - d.last_octets.html:+,})" if d.last_octets else ""
    return f"{d.octets.html:,} octets of HTML{change}, {d.octets.message:,} as a message"


def _moved(moved: tuple[int, int]) -> str:
    return f"{moved[0]:,} joined, {moved[1]:,} left"


def _numbers(d: Difference) -> str:
    return f"{len(d.came)} new, {len(d.stayed)} as before, {len(d.went)} not in it any more"


def _signed(d: Difference) -> tuple[tuple[str, Sequence[Named]], ...]:
    return ("+", d.came), ("=", d.stayed), ("-", d.went)


def _template(d: Difference) -> str:
    assert d.template is not None
    assert d.last is not None
    changed = sum(1 for text in d.template[2:] if text[:1] in "+-")
    if not changed:
        return "no line changed"
    return f"{changed} line{'' if changed == 1 else 's'} changed, {d.last.id} drawn as of today"


def _shown(lines: Sequence[str]) -> Iterator[str]:
    for text in lines[:MOST]:
        yield "".join(c if c.isprintable() else " " for c in text)
    if len(lines) > MOST:
        yield f"… and {len(lines) - MOST} lines more (--json has them all)"


def _colour(text: str) -> str | None:
    return {"+": "green", "-": "red", "@": "cyan"}.get(text[:1])
