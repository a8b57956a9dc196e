"""Tables that only lay out say role="presentation", or a screen reader counts their rows; data tables do not say it
(WCAG 2.2, 1.3.1)."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.brought import source_of
from digest.lint.page import Element, Page
from digest.lint.place import at, finding, page, short
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"
ENOUGH = 12  # letters: fewer are found anywhere
LAYOUT = frozenset({"presentation", "none"})


def check(proof: Proof) -> Iterator[Finding]:
    """Tell data tables by their th or caption."""
    read = page(proof)
    for table in read.all("table"):
        data, layout = _holds_data(read, table), table.get("role") in LAYOUT
        if data and layout:
            message = f'a data table has role="presentation": "{short(read.text(table), 40)}"'
            yield finding(SEVERITY, message, at(proof, table), "leave the role out")
        elif not data and table.get("role") is None and not _of_a_post(proof, read, table):
            yield finding(SEVERITY, "a layout table has no role", at(proof, table), 'add role="presentation"')


def _holds_data(read: Page, table: Element) -> bool:
    own = (e for e in read.inside(table) if next((a for a in read.around(e) if a.tag == "table"), None) is table)
    return any(e.tag in ("th", "caption") for e in own)


def _of_a_post(proof: Proof, read: Page, table: Element) -> bool:
    """True where each cell's words stand in a post: a table that it brought without headings."""
    cells = [read.text(e) for e in read.inside(table) if e.tag == "td"]
    return len("".join(cells)) >= ENOUGH and all(not cell or source_of(proof, cell) for cell in cells)
