"""What an element looks like: colour, ground, size, line and whether it is hidden, in the light or the dark palette.

The cascade as far as mails need it: style attributes, presentational attributes, and rules whose selector is made of
types, classes, ids and attributes. What needs a browser (pseudo-classes, widths) is left out, so that nothing is
blamed that may not be there. The view is a phone's: rules under `min-width` do not apply.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from digest.lint.page import Element, Page, read
from digest.lint.styles import Color, Declaration, Rule, color, declarations, length, rules

__all__ = ["Look", "looks"]

FONT = re.compile(
    r"(?<![\w.#-])((?:\d+\.?\d*|\.\d+)(?:px|pt|em|rem|%))(?:\s*/\s*([\d.]+(?:px|pt|em|%|)))?", re.IGNORECASE
)
BOLD = re.compile(r"\b(bold|[6-9]00)\b", re.IGNORECASE)
COMPOUND = re.compile(r"(\*|[a-z][\w-]*)?((?:[.#][\w-]+|\[[^\]]+\]|:root)*)", re.IGNORECASE)
SIMPLE = re.compile(r"[.#][\w-]+|\[[^\]]+\]|:root")
SIZES = {"h1": 2.0, "h2": 1.5, "h3": 1.17, "h5": 0.83, "h6": 0.67, "small": 0.83, "sub": 0.83, "sup": 0.83}
STRONG = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "b", "strong", "th"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How one element's own text is shown. A colour is None where it cannot be known here."""

    color: Color | None = (0, 0, 0)
    ground: Color | None = (255, 255, 255)
    size: float = 16.0
    line: float | None = None  # as a multiple of the size; None: the client's own
    bold: bool = False
    hidden: str = ""  # the declaration that hides it (or what is around it), or empty
    link: bool = False  # inside a link without a colour of its own: the client picks one


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One compound of a selector, and how it is joined to the one before."""

    joined: str  # "" first | " " inside | ">" directly inside
    tag: str
    simple: tuple[str, ...]


Sheet = tuple[tuple[Rule, tuple[_Part, ...]], ...]


@lru_cache(maxsize=16)
def looks(html: str, *, dark: bool = False) -> tuple[Look, ...]:
    """The look of every element of a page, by its index."""
    page = read(html)
    sheet = tuple(_applicable(page, dark))
    near: dict[tuple[str, str], Sheet] = {}  # the rules that may be meant for a tag with these classes: there are few
    seen: list[Look] = []
    for element in page.elements:
        around = seen[element.parent] if element.parent >= 0 else Look()
        kind = element.tag, element.get("class") or ""
        if kind not in near:
            near[kind] = tuple(pair for pair in sheet if _may_be(*kind, pair[1][-1]))
        seen.append(_look(element, around, _cascade(page, element, near[kind])))
    return tuple(seen)


def _may_be(tag: str, classes: str, part: _Part) -> bool:
    wanted = {simple[1:] for simple in part.simple if simple[0] == "."}
    return part.tag in ("*", tag) and wanted <= set(classes.split())


def _applicable(page: Page, dark: bool) -> Iterator[tuple[Rule, tuple[_Part, ...]]]:
    for style in page.styles:
        for rule in rules(style):
            parts = _parts(rule.selector)
            if parts and all(_media(at, dark) for at in rule.around):
                yield rule, parts


def _media(at: str, dark: bool) -> bool:
    words = re.sub(r"\s", "", at.lower())
    if not words.startswith("@media") or "width" in words or "not" in words or "print" in words:
        return False
    scheme = re.search(r"prefers-color-scheme:(\w+)", words)
    known = re.sub(r"\(prefers-color-scheme:\w+\)", "", words)
    return "(" not in known and (scheme is None or (scheme[1] == "dark") is dark)


def _parts(selector: str) -> tuple[_Part, ...]:
    """Take a selector apart; empty where it says more than this reading understands."""
    found: list[_Part] = []
    joined = ""
    for word in re.sub(r"\s*>\s*", " > ", selector).split():
        if word == ">":
            joined = ">"
            continue
        match = COMPOUND.fullmatch(word)
        if not match:
            return ()
        tag, simple = (match[1] or "*").lower(), tuple(SIMPLE.findall(match[2]))
        found.append(_Part(joined=joined if found else "", tag=tag, simple=simple))
        joined = " "
    return tuple(found)


def _matches(page: Page, element: Element, parts: tuple[_Part, ...]) -> bool:
    *before, last = parts
    if not _is(element, last):
        return False
    if not before:
        return True
    around = page.around(element)
    if last.joined == ">":
        near = next(around, None)
        return near is not None and _matches(page, near, tuple(before))
    return any(_matches(page, other, tuple(before)) for other in around)


def _is(element: Element, part: _Part) -> bool:
    if part.tag not in ("*", element.tag):
        return False
    return all(_has(element, simple) for simple in part.simple)


def _has(element: Element, simple: str) -> bool:
    if simple == ":root":
        return element.tag == "html"
    if simple[0] == ".":
        return simple[1:] in (element.get("class") or "").split()
    if simple[0] == "#":
        return simple[1:] == element.get("id")
    name, equals, value = simple[1:-1].partition("=")
    held = element.get(name.strip().lower())
    return held is not None and (not equals or held == value.strip("\"' "))


def _cascade(page: Page, element: Element, sheet: Sheet) -> tuple[Declaration, ...]:
    """The declarations for one element, the winning ones last."""
    ranked: list[tuple[tuple[bool, bool, tuple[int, int]], Declaration]] = []
    for rule, parts in sheet:
        if _matches(page, element, parts):
            names = sum(len(p.simple) for p in parts)
            weight = (names, sum(p.tag != "*" for p in parts))
            ranked += (((d.important, False, weight), d) for d in rule.declarations)
    own = declarations(element.get("style") or "")
    ranked += (((d.important, True, (0, 0)), d) for d in own)
    if ground := element.get("bgcolor"):
        ranked.insert(0, ((False, False, (0, 0)), Declaration(name="background-color", value=ground)))
    return tuple(d for _, d in sorted(ranked, key=lambda entry: entry[0]))


def _look(element: Element, around: Look, said: tuple[Declaration, ...]) -> Look:
    look = replace(around, size=around.size * SIZES.get(element.tag, 1.0), bold=around.bold or element.tag in STRONG)
    if element.tag == "a" and element.get("href") is not None:
        look = replace(look, link=True)
    for declaration in said:
        look = _apply(look, around, declaration)
    return look


def _apply(look: Look, around: Look, said: Declaration) -> Look:
    name, value = said.name, said.value
    if name == "color":
        return look if value == "inherit" else replace(look, color=color(value), link=False)
    if name in ("background-color", "background"):
        return replace(look, ground=_ground(value, look.ground))
    if name == "background-image":
        return look if value == "none" else replace(look, ground=None)
    if name == "font":
        return _font(look, around, value)
    if name == "font-size":
        size = length(value, around.size)
        return look if size is None else replace(look, size=size)
    if name == "line-height":
        return replace(look, line=_line(value, look.size))
    if name == "font-weight":
        return replace(look, bold=bool(BOLD.search(value)))
    if hides(name, value):
        return replace(look, hidden=f"{name}:{value}")
    return look


def hides(name: str, value: str) -> bool:
    """True for a declaration that keeps an element from being seen."""
    value = value.lower()
    return (name, value) in {
        ("display", "none"),
        ("visibility", "hidden"),
        ("opacity", "0"),
        ("mso-hide", "all"),
    } or (name == "max-height" and value in {"0", "0px"})


def _ground(value: str, before: Color | None) -> Color | None:
    if value.lower() in {"transparent", "none", "inherit"}:
        return before
    return color(value)  # a shorthand with a picture is not a colour: unknown


def _font(look: Look, around: Look, value: str) -> Look:
    found = FONT.search(value)
    size = length(found[1], around.size) if found else None
    if found is None or size is None:
        return look
    look = replace(look, size=size, bold=bool(BOLD.search(value[: found.start()])))
    return replace(look, line=_line(found[2], size) if found[2] else None)


def _line(value: str, size: float) -> float | None:
    points = length(value, size)
    return points / size if points is not None and size else None
