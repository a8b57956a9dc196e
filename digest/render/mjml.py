"""MJML: checked by our own table, then compiled by mrml (mjml-python), with every mistake told by file and line.

mrml is silent where it matters: unknown tags come out raw, unknown attributes vanish, a semicolon in a colour becomes
CSS, and it asks a third party for fonts. `check` says what is wrong first; `compiled` never loads a font.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from html import unescape
from pathlib import Path
from typing import Any

from mjml import mjml2html

from digest.errors import TemplateError
from digest.render.slots import CLOSE, OPEN

__all__ = ["Problem", "check", "compiled", "place"]

Problem = tuple[int, str, str]
"""(line of the MJML, the lint rule, what is wrong)."""

Origin = tuple[tuple[int, str, int], ...]

TABLE = Path(__file__).parent / "data" / "mjml.json"
VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())  # noqa: SIM905
TOKEN = re.compile(
    r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<![A-Za-z][^>]*>"
    r"|<(?P<close>/?)(?P<tag>[A-Za-z][\w:-]*)(?P<rest>(?:\"[^\"]*\"|'[^']*'|[^>\"'])*)>|(?P<stray><)",
    re.DOTALL,
)
ATTRIBUTE = re.compile(
    r"\s*(?:(?P<name>[^\s\"'=<>/]+)(?:\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<bare>[^\s\"'>]+)))?|(?P<junk>\S))"
)
IGNORED = {
    "mj-include": "mj-include is not followed; use Jinja's {% include %}",
    "mj-preview": "mj-preview hides tiny white text, which filters mark down; write the preheader as its own div",
    "mj-html-attributes": "mj-html-attributes is not understood; write the attribute where it belongs",
}
LENGTH = r"-?(?:\d+(?:\.\d+)?|\.\d+)(?:px|%|em)?"
KINDS = {
    "colour": re.compile(
        r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})|transparent|none|inherit|rgba?\([\d., %]+\)|[a-zA-Z]{3,20}"
    ),
    "length": re.compile(rf"(?:{LENGTH}|auto|inherit|normal)"),
    "lengths": re.compile(rf"(?:{LENGTH}|auto)(?:\s+(?:{LENGTH}|auto)){{0,3}}"),
    "number": re.compile(r"\d+"),
    "boolean": re.compile(r"true|false"),
    "align": re.compile(r"left|right|center|justify"),
    "valign": re.compile(r"top|middle|bottom"),
    "direction": re.compile(r"ltr|rtl|auto"),
    "url": re.compile(r"(?:https?://|mailto:|tel:|cid:|#)[^\s]*|"),
    "text": re.compile(r"(?s:.*)"),
}


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    """Each tag: its parents, its attributes by kind, and what may stand inside (tags, text, html)."""
    raw = json.loads(TABLE.read_text(encoding="utf-8"))
    groups = raw["groups"]
    tags = {}
    for name, spec in raw["tags"].items():
        attributes = dict(raw["everywhere"]) if name.startswith("mj-") else {}
        for group in spec.get("groups", ()):
            attributes |= groups[group]
        tags[name] = {
            "in": set(spec["in"]),
            "holds": spec["holds"],
            "attributes": attributes | spec.get("attributes", {}),
        }
    return tags


def check(mjml: str) -> list[Problem]:
    """Say all that is wrong in an MJML source: tags, attributes, nesting, balance, values, classes, what is ignored."""
    return sorted(_Check(mjml).problems())


def compiled(mjml: str, origin: Origin = ()) -> str:
    """Compile MJML to HTML. Raises TemplateError with the template's file and line; loads no font from anywhere."""
    problems = check(mjml)
    if problems:
        raise _refused(problems, origin)
    try:
        html = mjml2html(_guarded(mjml), fonts={})
    except ValueError as exc:
        raise _translated(mjml, str(exc), origin) from exc
    return _unguarded(html)


def _refused(problems: list[Problem], origin: Origin) -> TemplateError:
    """All that is wrong, under the first of it."""
    mistakes = []
    for number, rule, message in problems:
        file, line = place(origin, number)
        mistakes.append(TemplateError(message, file=file, line=line, rule=rule))
    first = mistakes[0]
    more = f" (and {len(mistakes) - 1} more)" if len(mistakes) > 1 else ""
    return TemplateError(
        f"{first.rule}: {first.message}{more}",
        file=first.file,
        line=first.line,
        rule=first.rule,
        mistakes=tuple(mistakes),
    )


def place(origin: Origin, line: int) -> tuple[str | None, int | None]:
    """Find the template line behind a line of the MJML."""
    before = [entry for entry in origin if entry[0] <= line]
    if not before:
        return None, None
    return before[-1][1], before[-1][2]


def _translated(mjml: str, message: str, origin: Origin) -> TemplateError:
    """mrml says `position START:END` in octets of the source, or nothing."""
    found = re.search(r"(\d+)(?::|\.\.)(\d+)", message)
    if not found:
        return TemplateError(f"the MJML cannot be compiled: {message}", file=origin[0][1] if origin else None)
    line = mjml.encode()[: int(found[1])].count(b"\n") + 1
    file, at = place(origin, line)
    return TemplateError(f"the MJML cannot be compiled: {message}", file=file, line=at)


# ------------------------------------------------------------------------------------------------ past mrml's quoting

# mrml writes attribute values as a Rust string literal: a backslash doubles, an invisible character becomes `\u{…}`.
# As character references they pass untouched; slot marks, which HTML knows no reference for, are put back afterwards.
# The title is repeated as an attribute (aria-label), so it is guarded too.
VALUE = re.compile(r"=\"([^\"]*)\"")
TITLE = re.compile(r"(<mj-title\b[^>]*>)([^<]*)")
SLOTS = {f"&#{ord(mark)};": mark for mark in (OPEN, CLOSE)}


def _guarded(mjml: str) -> str:
    titled = TITLE.sub(lambda title: title[1] + _references(title[2]), mjml)
    return TOKEN.sub(lambda tag: VALUE.sub(_escaped, tag[0]) if tag["tag"] else tag[0], titled)


def _escaped(found: re.Match[str]) -> str:
    return f'="{_references(found[1])}"'


def _references(text: str) -> str:
    return "".join(c if c.isprintable() and c != "\\" and ord(c) < 0x300 else f"&#{ord(c)};" for c in text)


def _unguarded(html: str) -> str:
    for reference, mark in SLOTS.items():
        html = html.replace(reference, mark)
    return html


# ------------------------------------------------------------------------------------------------ the check


class _Check:
    """One pass over the source, with the open tags on a stack."""

    def __init__(self, mjml: str) -> None:
        self.mjml = mjml
        self.open: list[tuple[str, int]] = []
        self.classes = set(re.findall(r"<mj-class\s[^>]*?name=\"([^\"]+)\"", mjml))
        self.found: list[Problem] = []
        self.rooted = False
        self.seen_line = 1
        self.seen_at = 0

    def line(self, at: int) -> int:
        if at < self.seen_at:
            return self.mjml.count("\n", 0, at) + 1
        self.seen_line += self.mjml.count("\n", self.seen_at, at)
        self.seen_at = at
        return self.seen_line

    def tell(self, at: int, rule: str, message: str) -> None:
        self.found.append((self.line(at), rule, message))

    def problems(self) -> list[Problem]:
        at = 0
        for token in TOKEN.finditer(self.mjml):
            self.text(self.mjml[at : token.start()], at)
            at = token.end()
            if token["stray"]:
                self.tell(token.start(), "mjml-balance", "a < that opens no tag; write &lt;")
            elif token["tag"]:
                (self.closing if token["close"] else self.opening)(token)
            elif not token[0].startswith("<!--"):
                what = "CDATA" if token[0].startswith("<![") else "a declaration"
                self.tell(token.start(), "mjml-ignored", f"{what} is not understood")
            elif "--" in token[0][4:-3]:
                self.tell(token.start(), "mjml-balance", "a comment that holds -- ends the compiler")
        self.text(self.mjml[at:], at)
        for tag, start in self.open:
            self.tell(start, "mjml-balance", f"<{tag}> is never closed")
        return self.found

    @property
    def holder(self) -> str:
        """The innermost MJML tag that is open."""
        return next((tag for tag, _ in reversed(self.open) if tag in _table()), "")

    def text(self, text: str, at: int) -> None:
        if not text.strip():
            return
        holder = self.holder
        if self.open and self.open[-1][0].startswith("mj") and self.open[-1][0] not in _table():
            return  # in a tag that was told already
        if not holder or _table()[holder]["holds"] == "tags":
            where = f"in <{holder}>" if holder else "outside <mjml>"
            shown = " ".join(text.split())[:40]
            self.tell(at + len(text) - len(text.lstrip()), "mjml-nesting", f'text "{shown}" has no place {where}')

    def opening(self, token: re.Match[str]) -> None:
        tag, at = token["tag"], token.start()
        rest = token["rest"].rstrip()
        alone = rest.endswith("/")
        if tag in IGNORED:
            self.tell(at, "mjml-ignored", IGNORED[tag])
        elif tag in _table():
            self.placed(tag, at)
            self.attributes(tag, rest.rstrip("/"), at)
        elif tag.startswith("mj") or not self.holder or _table()[self.holder]["holds"] != "html":
            self.unknown(tag, at)
        else:
            self.html(tag, rest, at)
        if not alone and not (tag in VOID and tag not in _table()):
            self.open.append((tag, at))

    def unknown(self, tag: str, at: int) -> None:
        close = difflib.get_close_matches(tag, list(_table()), n=1)
        if tag.startswith("mj"):
            self.tell(at, "mjml-tag", f"there is no <{tag}>" + (f"; did you mean <{close[0]}>?" if close else ""))
        else:
            self.tell(
                at,
                "mjml-nesting",
                f"<{tag}> has no place in <{self.holder or 'nothing'}>; put it into mj-raw or mj-text",
            )

    def placed(self, tag: str, at: int) -> None:
        parent = self.open[-1][0] if self.open else ""
        allowed = _table()[tag]["in"]
        if tag == "mjml" and self.rooted:
            self.tell(at, "mjml-nesting", "a second <mjml>; a mail has one")
        self.rooted = self.rooted or tag == "mjml"
        if parent in IGNORED or parent in allowed:
            return
        if parent == "mj-attributes" and tag.startswith("mj-"):
            return  # defaults of any tag may stand there
        wanted = ", ".join(f"<{a}>" if a else "the top" for a in sorted(allowed))
        self.tell(at, "mjml-nesting", f"<{tag}> has no place in <{parent or 'nothing'}>; it stands in {wanted}")

    def attributes(self, tag: str, rest: str, at: int) -> None:
        known = _table()[tag]["attributes"]
        if self.open and self.open[-1][0] == "mj-attributes" and tag in ("mj-all", "mj-class"):
            known = _every_attribute()
        for name, value, single in _attributes(rest):
            if single:
                self.tell(at, "mjml-value", f'{name} of <{tag}> stands in single quotes; write "…"')
            elif value is None:
                self.tell(at, "mjml-value", f"{name.rstrip('=')} of <{tag}> has no quoted value")
            elif name not in known:
                close = difflib.get_close_matches(name, list(known), n=1)
                hint = f"; did you mean {close[0]}?" if close else ""
                self.tell(at, "mjml-attribute", f"<{tag}> has no attribute {name}{hint}")
            else:
                self.value(tag, name, value, known[name], at)
        if tag == "mj-style" and re.search(r"\binline\b", rest):
            self.tell(at, "mjml-ignored", "mj-style inline is not inlined; write a style attribute")

    def value(self, tag: str, name: str, value: str, kind: str, at: int) -> None:
        plain = unescape(value)
        if kind not in ("text", "url") and (";" in plain or '"' in plain):
            self.tell(
                at, "mjml-value", f'{name} of <{tag}> holds {"a semicolon" if ";" in plain else "a quote"}: "{value}"'
            )
        elif not KINDS[kind].fullmatch(plain.strip()):
            self.tell(at, "mjml-value", f'{name} of <{tag}> is "{value}", which is no {NAMES.get(kind, kind)}')
        if name == "mj-class":
            for missing in (c for c in plain.split() if c not in self.classes):
                self.tell(at, "mjml-class", f'mj-class "{missing}" is defined nowhere')

    def html(self, tag: str, rest: str, at: int) -> None:
        """HTML inside a tag that may hold it: its quotes and its scheme matter, the rest is the lint's."""
        for name, value, single in _attributes(rest.rstrip("/")):
            if single and '"' in (value or ""):
                self.tell(at, "mjml-value", f"{name} of <{tag}> holds a quote; mrml breaks it")
            elif single:
                self.tell(at, "mjml-value", f'{name} of <{tag}> stands in single quotes; write "…"')
            elif value is None and name.endswith("="):
                self.tell(at, "mjml-value", f"{name[:-1]} of <{tag}> has no quoted value")

    def closing(self, token: re.Match[str]) -> None:
        tag, at = token["tag"], token.start()
        if self.open and self.open[-1][0] == tag:
            self.open.pop()
        elif tag in {name for name, _ in self.open}:
            while self.open[-1][0] != tag:
                inner, start = self.open.pop()
                self.tell(start, "mjml-balance", f"<{inner}> is not closed before </{tag}>")
            self.open.pop()
        else:
            self.tell(at, "mjml-balance", f"</{tag}> closes nothing")


NAMES = {
    "colour": "colour",
    "length": "length",
    "lengths": "list of lengths",
    "valign": "vertical alignment",
    "url": "address",
}


@lru_cache(maxsize=1)
def _every_attribute() -> dict[str, str]:
    return {"name": "text"} | {name: kind for spec in _table().values() for name, kind in spec["attributes"].items()}


def _attributes(rest: str) -> Iterator[tuple[str, str | None, bool]]:
    """(name, value or None, in single quotes); a name that ends in = has a value without quotes."""
    for found in ATTRIBUTE.finditer(rest):
        name = found["name"] or found["junk"]
        if found["bare"] is not None or found["junk"]:
            yield f"{name.rstrip('=')}=", None, False
        else:
            single = found["single"] is not None
            yield name, found["single"] if single else found["double"], single
