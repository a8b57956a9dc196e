"""The plain-text part: written from the same data, never stripped from HTML. Columns, wrapping, and a body as text.

Wide characters count two columns. A URL is never broken. No Markdown signs, no box drawing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import pairwise

from digest.render.slots import CLOSE, OPEN
from digest.render.tree import Element, Node, text_of

__all__ = ["Links", "as_line", "as_text", "capitals", "rule", "settled", "width", "wrap"]

ENDLESS = 1_000_000
WIDEST_RULE = 72
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def width(text: str) -> int:
    """Count columns: wide characters are two, combining and invisible ones none."""
    if text.isascii():
        return len(text)
    return sum(_columns(c) for c in text)


def _columns(char: str) -> int:
    if _wide(char):
        return 2
    hidden = unicodedata.combining(char) or unicodedata.category(char) in ("Cf", "Me") or char in (OPEN, CLOSE)
    return 0 if hidden else 1


def wrap(text: str, columns: int, *, first: str = "", rest: str = "") -> str:
    """Wrap paragraphs; `first` and `rest` open the first line and the others. No columns: one line a paragraph."""
    room = columns or ENDLESS
    done: list[str] = []
    for paragraph in text.split("\n"):
        line = [rest if done else first]
        used, start = width(line[0]), True
        for follows, word in _words(paragraph, room - width(rest)):
            wide = width(word)
            if not start and used + (not follows) + wide > room:
                done.append("".join(line))
                line, used, start = [rest], width(rest), True
            if not start and not follows:
                line.append(" ")
                used += 1
            line.append(word)
            used, start = used + wide, False
        said = "".join(line)
        done.append(said if said.strip() else "")
    return "\n".join(done).replace("\xa0", " ")


def _words(paragraph: str, room: int) -> Iterable[tuple[bool, str]]:
    """Words, with True where one follows the last without a blank: scripts without blanks break between characters."""
    for word in re.split(r"[ \t]+", paragraph.strip(" \t")):
        if not word:
            continue
        if width(word) <= room or "://" in word or OPEN in word or word.isascii():
            yield False, word
            continue
        for index, piece in enumerate(_pieces(word)):
            yield index > 0, piece


def _pieces(word: str) -> list[str]:
    """A long word in another script, cut where it may be: beside wide characters, but not before closing signs or
    after opening ones."""
    cuts = [0]
    for at, (before, char) in enumerate(pairwise(word), 1):
        closing = unicodedata.category(char) in ("Pe", "Pf", "Po") or not _columns(char)
        opening = unicodedata.category(before) in ("Ps", "Pi")
        if not (closing or opening) and (_wide(char) or _wide(before)):
            cuts.append(at)
    return [word[start:end] for start, end in pairwise([*cuts, len(word)])]


def _wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"


def rule(columns: int, sign: str = "-") -> str:
    """Draw a line across the text."""
    return sign * min(columns or WIDEST_RULE, WIDEST_RULE)


def capitals(text: str) -> str:
    """Set a label in capitals, where its script has them (a sharp s stays readable)."""
    return text.replace("ß", "ẞ").upper()


class Links:
    """Numbers the links of running text, in order; each address once."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def number(self, address: str) -> int:
        """Give the number of an address."""
        return self.numbers.setdefault(address, len(self.numbers) + 1)


# ------------------------------------------------------------------------------------------------ a body


def as_text(nodes: Iterable[Node], columns: int, links: Links) -> str:
    """Write a body (the tree that a mail shows) as text; links are numbered and listed by the template."""
    return re.sub(r"\n{3,}", "\n\n", _Writer(links).blocks(nodes, columns)).strip("\n")


class _Writer:
    def __init__(self, links: Links) -> None:
        self.links = links

    def blocks(self, nodes: Iterable[Node], columns: int) -> str:
        parts: list[str] = []
        run: list[Node] = []

        def close() -> None:
            said = self.inline(run).strip()
            if said:
                parts.append(wrap(said, columns))
            run.clear()

        for node in nodes:
            if isinstance(node, Element) and node.tag in ("p", "h3", "h4", "ul", "ol", "blockquote", "table", "pre"):
                close()
                parts.append(self.block(node, columns))
            else:
                run.append(node)
        close()
        return "\n\n".join(p for p in parts if p.strip())

    def block(self, node: Element, columns: int) -> str:
        if node.tag in ("ul", "ol"):
            return self.items(node, columns)
        if node.tag == "blockquote":
            return self.indented(self.blocks(node.children, _narrow(columns, 4)), "    ")
        if node.tag == "pre":
            code = text_of(node).split("\n")
            return "\n".join(part for line in code for part in _chopped(line, _narrow(columns, 4)))
        if node.tag == "table":
            return self.table(node, columns)
        said = self.inline(node.children).strip()
        if node.has_class("note"):
            said = re.sub(r"^\[(\d+)\]", lambda found: found[1].translate(RAISED), said)
        return wrap(said, columns)

    def indented(self, text: str, by: str) -> str:
        return "\n".join(by + line if line else line for line in text.split("\n"))

    def items(self, node: Element, columns: int) -> str:
        done: list[str] = []
        items = [c for c in node.children if isinstance(c, Element)]
        start = int(node.attributes.get("start", "1"))  # of at most six digits (mailbody)
        for number, item in enumerate(items, start):
            mark = f"{number}. " if node.tag == "ol" else ("" if node.has_class("tasks") else "- ")
            inner = self.blocks(item.children, _narrow(columns, len(mark)))
            lines = self.indented(re.sub(r"\n\n(?=- |\d+\. )", "\n", inner), " " * len(mark)).split("\n")
            done.append(mark + lines[0].strip() + "".join(f"\n{line}" for line in lines[1:]))
        loose = any("\n\n" in text for text in done)
        return ("\n\n" if loose else "\n").join(done)

    def table(self, node: Element, columns: int) -> str:
        if node.attributes.get("role") == "presentation":
            cells = [e for e in node.walk() if e.tag == "td"]
            if any(c.has_class("rule") for c in cells):
                return rule(min(columns or WIDEST_RULE, 24))
            indent = "    " if node.find("pre") else ""
            return self.indented("\n\n".join(self.blocks(c.children, columns) for c in cells), indent)
        rows = [e for e in node.walk() if e.tag == "tr"]
        table = [[self.inline(c.children).strip() for c in r.children if isinstance(c, Element)] for r in rows]
        headed = bool(rows) and all(isinstance(c, Element) and c.tag == "th" for c in rows[0].children)
        return _columned(table, columns) or self.listed(table, headed, columns)

    def listed(self, table: list[list[str]], headed: bool, columns: int) -> str:
        """A table that is too wide: each row as lines of name and value."""
        head = table[0] if headed else []
        rows: list[str] = []
        for row in table[1:] if headed else table:
            lines = [f"{head[i]}: {cell}" if i < len(head) and head[i] else cell for i, cell in enumerate(row) if cell]
            rows.append("\n".join(wrap(line, columns, rest="  ") for line in lines))
        return "\n\n".join(rows)

    # ---------------------------------------------------------------------------------------- inline

    def inline(self, nodes: Iterable[Node]) -> str:
        return "".join(self._piece(node) for node in nodes)

    def _piece(self, node: Node) -> str:
        if isinstance(node, str):
            return re.sub(r"[ \t\n]+", " ", node)
        if node.tag == "br":
            return "\n"
        if node.tag == "img":
            alt = node.attributes.get("alt", "")
            return f"({alt})" if alt else ""
        inner = self.inline(node.children)
        if node.tag == "a":
            return self._link(node.attributes["href"], inner.strip())
        if node.tag == "sup" and re.fullmatch(r"\[\d+(?::\d+)?\]", inner):
            return inner[1:-1].partition(":")[0].translate(RAISED)
        return inner

    def _link(self, address: str, said: str) -> str:
        mark = f"[{self.links.number(address)}]"
        bare = said.removeprefix("▶\ufe0e ").removeprefix("◀\ufe0e ")
        if not bare or bare.rstrip("/") == address.rstrip("/"):
            return mark
        return f"{bare} {mark}".replace(" [", "\xa0[") if len(bare) < 40 and "[" not in bare else f"{bare} {mark}"


def _narrow(columns: int, by: int) -> int:
    return max(columns - by, 20) if columns else 0


def _chopped(line: str, columns: int) -> list[str]:
    """A line of code, broken where it must be; its blanks stay."""
    if not columns or width(line) <= columns:
        return [line]
    done, current = [], ""
    for char in line:
        if width(current) + _columns(char) > columns:
            done.append(current)
            current = ""
        current += char
    return [*done, current]


def _columned(table: list[list[str]], columns: int) -> str:
    """A table in columns, or nothing where it does not fit."""
    if not table or any("\n" in cell for row in table for cell in row):
        return ""
    count = max(len(row) for row in table)
    filled = [row + [""] * (count - len(row)) for row in table]
    widths = [max(width(row[i]) for row in filled) for i in range(count)]
    if columns and sum(widths) + 2 * (count - 1) > columns:
        return ""
    lines = ["  ".join(cell + " " * (w - width(cell)) for cell, w in zip(row, widths, strict=True)) for row in filled]
    return "\n".join(line.rstrip() for line in lines).replace("\xa0", " ")


def as_line(nodes: Iterable[Node]) -> str:
    """Give all words of a body as one line, without its links."""
    return " ".join(" ".join(text_of(node) for node in nodes).split())


def settled(text: str) -> str:
    """A finished text part: no blanks at line ends (but after the signature's dashes), no more than two empty lines."""
    lines = [line if line == "-- " else line.rstrip(" \t") for line in text.split("\n")]
    return re.sub(r"\n{4,}", "\n\n\n", "\n".join(lines)).strip("\n") + "\n"
