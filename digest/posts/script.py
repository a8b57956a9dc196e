"""Object literals of JavaScript, read and never run: `export const meta = { … }` in MDX, `module.exports = { … }`.

Texts, numbers, lists and objects are read; where a value is a program, the whole is not taken.
"""

from __future__ import annotations

import json
import re

from digest.posts.written import Mistake, Value, from_yaml

__all__ = ["data", "exported", "literal"]

LIMIT = 20_000  # characters
NAMES = "meta|metadata|frontmatter|frontMatter|attributes|article|post"
EXPORTED = re.compile(rf"(?m)^export\s+(?:const|let|var)\s+(?:{NAMES})\s*(?::\s*\w+\s*)?=\s*(?=\{{)")
BEFORE = re.compile(r"\s*(?:(?:import\b[^\n]*|//[^\n]*|export\s+\{[^\n]*)(?:\n|$)\s*)*")
DATA = re.compile(r"(?:module\.exports|export\s+default)\s*=?\s*(?=\{)")
TOKEN = re.compile(
    r"""(?P<text>"(?:[^"\\\n]|\\.)*+"|'(?:[^'\\\n]|\\.)*+'|`[^`\\$]*+`)|(?P<note>//[^\n]*|/\*.*?\*/)"""
    r"|(?P<open>[{\[])|(?P<close>[}\]])|(?P<colon>:)|(?P<other>[^\"'`/{}\[\]:]+|.)",
    re.DOTALL,
)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": ""}
INSTANT = re.compile(r"new\s+Date\(\s*(\"[^\"]*\")\s*\)")


def literal(text: str, at: int, first: int) -> tuple[dict[str, Value], int] | None:
    """Read the object that opens at `at`, in line `first`; also the offset behind it. None where it is a program."""
    done: list[str] = []
    depth = 0
    end = at
    for found in TOKEN.finditer(text, at, at + LIMIT):
        if found["text"]:
            done.append(json.dumps(_plain(found[0][1:-1]), ensure_ascii=False) + "\n" * found[0].count("\n"))
        elif found["note"]:
            done.append(" " + "\n" * found[0].count("\n"))
        else:
            depth += 1 if found["open"] else -1 if found["close"] else 0
            done.append(": " if found["colon"] else found[0])
        end = found.end()
        if not depth:
            break
    else:
        return None
    try:
        return from_yaml(INSTANT.sub(r"\1", "".join(done)), first)[0], end
    except Mistake:
        return None


def _plain(inner: str) -> str:
    """The text between two quotes, its escapes undone."""
    return re.sub(r"\\u([0-9a-fA-F]{4})|\\(.)", lambda m: chr(int(m[1], 16)) if m[1] else ESCAPES.get(m[2], m[2]),
                  inner, flags=re.DOTALL)  # fmt: skip


def exported(text: str) -> tuple[dict[str, Value], int] | None:
    """Read the object that an MDX text exports as its metadata, above its prose; also the offset behind it."""
    opening = EXPORTED.match(text, _prose(text))
    if opening is None:
        return None
    read = literal(text, opening.end(), text.count("\n", 0, opening.end()) + 1)
    return (read[0], read[1] + (text[read[1] : read[1] + 1] == ";")) if read else None


def _prose(text: str) -> int:
    before = BEFORE.match(text)
    return before.end() if before else 0


def data(text: str) -> dict[str, Value]:
    """Read the object that a data file of Eleventy's exports; empty where there is none, or it is a program."""
    opening = DATA.search(text[:LIMIT])
    read = literal(text, opening.end(), 1) if opening else None
    return read[0] if read else {}
