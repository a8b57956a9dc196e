"""A post's sanitised HTML rewritten into what mail clients show: the table of EMAIL 4, "Markdown -> mail".

Works on the tree; colours and sizes come later from the theme's `body.css.j2`, by tag and class. The classes that stay
in a mail are those of the dark palette (i t m a l b k).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile

from digest.language import Language
from digest.render.body_pictures import WIDTH, Look, Repairs, picture
from digest.render.captions import CAPTION, has_picture, small_print, under_picture
from digest.render.contents import without_contents
from digest.render.emoji import emojified
from digest.render.images import NO_PICTURE
from digest.render.links import absolute, bare, host, watch_page
from digest.render.tree import Element, Node, text_of

__all__ = ["Look", "Repairs", "rewrite"]

DEEPEST = 6  # steps from the edge, of lists and quotations: what stands deeper stands there too
COLUMNS = 4  # a table with more becomes blocks
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
EMBEDDED = frozenset({"iframe", "video", "audio", "embed", "object"})
UNWRAPPED = frozenset({
    "div", "section", "article", "header", "footer", "main", "aside", "nav", "address", "center", "picture",
    "figcaption", "summary", "thead", "tbody", "tfoot", "tr", "td", "th", "caption", "li", "dt", "dd", "root",
})  # fmt: skip
BLOCKS = (
    UNWRAPPED | EMBEDDED | {*HEADINGS, "p", "figure", "table", "ul", "ol", "dl", "pre", "blockquote", "hr", "details"}
)
INLINE = {
    "strong": "strong", "b": "strong", "em": "em", "i": "em", "cite": "em", "dfn": "em", "var": "em", "del": "del",
    "s": "del", "strike": "del", "ins": "u", "u": "u", "sub": "sub", "sup": "sup", "code": "code", "kbd": "code",
    "samp": "code", "tt": "code", "math": "code", "mark": "mark",
}  # fmt: skip
START, SPAN = re.compile("[0-9]{1,6}"), re.compile("[1-9][0-9]?")


def rewrite(root: Element, *, base: str, language: Language, title: str, repairs: Repairs, look: Look) -> list[Node]:
    """Rewrite a body; `base` is the page it stands on, `title` is dropped where the body opens with it once more."""
    body = Element("root", {}, without_contents(_without_title(root.children, title)))
    return _parted(_Rewriter(base, language, repairs, _levels(body), look).blocks(body.children))


def _parted(nodes: list[Node]) -> list[Node]:
    """Rules part what stands around them: none at either end, no two in a row."""
    kept: list[Node] = []
    for node in nodes:
        if not (_rule(node) and (not kept or _rule(kept[-1]))):
            kept.append(node)
    return kept[:-1] if kept and _rule(kept[-1]) else kept


def _rule(node: Node) -> bool:
    cell = node.find("td") if isinstance(node, Element) and node.tag == "table" else None
    return cell is not None and cell.has_class("rule")


def _levels(root: Element) -> dict[str, str]:
    """The highest heading of the body becomes h3 (h1 is the newsletter, h2 the post), the others h4."""
    used = [h for h in HEADINGS if root.find(h)]
    return {h: "h3" if h == used[0] else "h4" for h in used}


def _without_title(children: list[Node], title: str) -> list[Node]:
    first = next((c for c in children if not (isinstance(c, str) and not c.strip())), None)
    if isinstance(first, Element) and first.tag in HEADINGS and _squeezed(text_of(first)) == _squeezed(title):
        return children[children.index(first) + 1 :]
    return children


def _squeezed(text: str) -> str:
    return re.sub(r"\W+", "", text).casefold()


def _box(*children: Node, of: str, inner: dict[str, str] | None = None) -> Element:
    cell = Element("td", {"class": of, **(inner or {})}, list(children))
    attributes = {"role": "presentation", "cellpadding": "0", "cellspacing": "0", "border": "0", "width": "100%"}
    return Element("table", attributes | {"class": "box"}, [Element("tr", {}, [cell])])


class _Rewriter:
    def __init__(self, base: str, language: Language, repairs: Repairs, levels: dict[str, str], look: Look) -> None:
        self.base, self.language, self.repairs, self.levels, self.look = base, language, repairs, levels, look
        self.depth = 0  # of lists and quotations around what is at hand
        self.quoting = 0  # how many quotations stand around

    # ---------------------------------------------------------------------------------------- blocks

    def blocks(self, nodes: list[Node]) -> list[Node]:
        """Blocks of blocks: runs of text between them become paragraphs."""
        done: list[Node] = []
        run: list[Node] = []
        for node in nodes:
            if isinstance(node, Element) and (node.tag in BLOCKS or self._holds_blocks(node)):
                done += self.paragraph(run)
                run = []
                after = bool(done) and has_picture(done[-1])
                done += self.paragraph(node.children, CAPTION) if after and small_print(node) else self.block(node)
            else:
                run.append(node)
        return done + self.paragraph(run)

    def _holds_blocks(self, node: Element) -> bool:
        return node.tag != "a" and any(e.tag in BLOCKS for e in node.walk())

    def block(self, node: Element) -> list[Node]:
        tag = node.tag
        if _hidden(node):
            return []
        if tag in HEADINGS:
            return self._heading(node)
        if tag in EMBEDDED:
            return self._embedded(node)
        maker = getattr(self, f"_{tag}", None)
        if maker is not None:
            made: list[Node] = maker(node)
            return made
        if node.has_class("footnotes"):
            return self._footnotes(node)
        if node.has_class("admonition"):
            return self._blockquote(node)
        return self.blocks(node.children)

    def paragraph(self, nodes: list[Node], kind: str = "") -> list[Node]:
        """A paragraph; pictures in it stand by themselves."""
        done: list[Node] = []
        run: list[Node] = []

        def close() -> None:
            trimmed = _trimmed(run)
            if trimmed:
                done.append(Element("p", {"class": kind} if kind else {}, trimmed))
            run.clear()

        for node in self.inline(nodes):
            if _picture(node):
                close()
                done.append(Element("p", {"class": "picture"}, [node]))
            elif isinstance(node, Element) and node.tag in ("table", "p"):
                close()
                done.append(node)
            else:
                run.append(node)
        close()
        return done

    def _p(self, node: Element) -> list[Node]:
        if node.has_class("admonition-title"):
            return self.paragraph([Element("strong", {}, node.children)])
        if words := under_picture(node):
            return self.paragraph([n for n in node.children if n is not words]) + self.paragraph([words], CAPTION)
        return self.blocks(node.children)

    def _heading(self, node: Element) -> list[Node]:
        made = self.paragraph(node.children)
        for part in made:
            if isinstance(part, Element) and part.tag == "p" and not part.attributes:
                part.tag, part.attributes = self.levels[node.tag], {"class": "i"}
        return made

    def _hr(self, node: Element) -> list[Node]:
        return [] if node.has_class("footnotes-sep") else [_box("\xa0", of="rule l")]

    def _pre(self, node: Element) -> list[Node]:
        code = text_of(node).strip("\n").rstrip()
        return [_box(Element("pre", {}, [code]), of="code k t", inner={"dir": "ltr"})] if code else []

    def _blockquote(self, node: Element) -> list[Node]:
        with self._deeper() as room:
            inner = self.blocks(node.children)
        return [Element("blockquote", {"class": "l"}, inner)] if inner and room else inner

    @contextmanager
    def _deeper(self) -> Iterator[bool]:
        """One step further from the edge; gives whether there is room for it on a telephone."""
        self.depth += 1
        try:
            yield self.depth <= DEEPEST
        finally:
            self.depth -= 1

    def _figure(self, node: Element) -> list[Node]:
        caption = node.find("figcaption")
        rest = [c for c in node.children if c is not caption]
        return self.blocks(rest) + (self.paragraph(caption.children, CAPTION) if caption else [])

    def _details(self, node: Element) -> list[Node]:
        summary = node.find("summary")
        head = self.paragraph([Element("strong", {}, summary.children)]) if summary and text_of(summary).strip() else []
        return head + self.blocks([c for c in node.children if c is not summary])

    def _ul(self, node: Element) -> list[Node]:
        with self._deeper() as room:
            items: list[Node] = [
                Element("li", {}, self._item(c)) for c in node.children if isinstance(c, Element) and not _hidden(c)
            ]
        kind = {"class": "tasks"} if any(_task(c) for c in node.children) else {}
        kept = {"start": node.attributes["start"]} if START.fullmatch(node.attributes.get("start", "")) else {}
        items = [i for i in items if isinstance(i, Element) and i.children]
        if not room:
            return [part for item in items for part in _unlisted(item)]
        return [Element(node.tag, kind | kept, items)] if items else []

    _ol = _ul

    def _item(self, node: Element) -> list[Node]:
        """What an item holds; its first paragraph needs no element of its own."""
        inner = self.blocks(node.children)
        if inner and isinstance(inner[0], Element) and inner[0].tag == "p" and not inner[0].attributes:
            return [*inner[0].children, *inner[1:]]
        return inner

    def _dl(self, node: Element) -> list[Node]:
        done: list[Node] = []
        for child in (c for c in node.children if isinstance(c, Element)):
            if child.tag == "dt":
                done += self.paragraph([Element("strong", {}, child.children)], "term")
            else:
                done += self._blockquote(child)
        return [d for d in done if not isinstance(d, Element) or d.children]

    def _footnotes(self, node: Element) -> list[Node]:
        items = [e for e in node.walk() if e.tag == "li"]
        done: list[Node] = [] if not items else [_box("\xa0", of="rule l")]
        for number, item in enumerate(items, 1):
            inner = self._item(item)
            label: list[Node] = [f"[{number}] "]
            first = [n for n in inner if not _is_block(n)]
            done.append(Element("p", {"class": "m note"}, _trimmed(label + first)))
            done += [n for n in inner if _is_block(n)]
        return done

    # ---------------------------------------------------------------------------------------- tables

    def _table(self, node: Element) -> list[Node]:
        rows = _rows(node)
        cells = [[c for c in r.children if isinstance(c, Element) and c.tag in ("td", "th")] for r in rows]
        cells = [row for row in cells if row]
        nested = any(e is not node and e.tag in ("table", "pre", "ul", "ol", "blockquote", "img") for e in node.walk())
        layout = node.attributes.get("role") == "presentation" or all(len(r) == 1 and r[0].tag == "td" for r in cells)
        if layout or nested:
            return [part for row in cells for cell in row for part in self.blocks(cell.children)]
        caption = node.find("caption")
        above = self.paragraph(caption.children, "m caption") if caption else []
        head = cells[0] if all(c.tag == "th" for c in cells[0]) else []
        body = cells[1:] if head else cells
        if max(len(row) for row in cells) > COLUMNS:
            return above + [part for row in body for part in self._row_as_block(head, row)]
        return [*above, self._data_table(head, body)]

    def _data_table(self, head: list[Element], body: list[list[Element]]) -> Element:
        rows: list[Node] = []
        if head:
            named: list[Node] = [self._cell(c, "th", {"scope": "col", "class": "m l"}) for c in head]
            rows.append(Element("tr", {}, named))
        for row in body:
            written: list[Node] = []
            for cell in row:
                scope = {"scope": "row"} if cell.tag == "th" else {}
                written.append(self._cell(cell, cell.tag, scope | {"class": "l"}))
            rows.append(Element("tr", {}, written))
        attributes = {"class": "data", "cellpadding": "0", "cellspacing": "0", "border": "0", "width": "100%"}
        return Element("table", attributes, rows)

    def _cell(self, cell: Element, tag: str, attributes: dict[str, str]) -> Element:
        aligned = re.search(r"text-align:\s*(left|right|center)", cell.attributes.get("style", ""))
        align = aligned[1] if aligned else cell.attributes.get("align", "")
        if align in ("left", "right", "center"):
            attributes = attributes | {"align": align}
        elif tag == "th":  # which clients would centre
            attributes = attributes | {"align": "right" if self.language.dir == "rtl" else "left"}
        spans = {k: cell.attributes[k] for k in ("colspan", "rowspan") if SPAN.fullmatch(cell.attributes.get(k, ""))}
        return Element(tag, attributes | spans, _trimmed(self.inline(cell.children)))

    def _row_as_block(self, head: list[Element], row: list[Element]) -> list[Node]:
        """A row of a wide table: each cell on a line, after the name of its column."""
        inner: list[Node] = []
        for index, cell in enumerate(row):
            value = _trimmed(self.inline(cell.children))
            if not value:
                continue
            name = text_of(head[index]).strip() if index < len(head) else ""
            label: list[Node] = [Element("strong", {}, [f"{name}:"]), " "] if name else []
            inner += ([Element("br")] if inner else []) + label + value
        return [Element("p", {}, inner)] if inner else []

    # ---------------------------------------------------------------------------------------- what cannot be mailed

    def _embedded(self, node: Element) -> list[Node]:
        """A film, a sound, a frame: a picture or a box that links to it."""
        sources = [node, *(e for e in node.walk() if e.tag == "source")]
        named = (s.attributes.get("src") or s.attributes.get("data", "") for s in sources)
        source = next((a for n in named if (a := absolute(n, self.base, mail=False))), "")
        if not source:
            return [] if node.tag in ("iframe", "embed") else self.blocks([c for c in node.children if _is_text(c)])
        page = watch_page(source)
        saying = "Listen on {host}" if node.tag == "audio" else "Watch on {host}"
        if node.tag in ("iframe", "embed", "object") and page == source and not VIDEO_HOST.search(host(page)):
            saying = "View on {host}"
        label = self.language.text(saying, host=host(page))
        poster = absolute(node.attributes.get("poster", ""), self.base, mail=False)
        if poster.startswith("https:") and not NO_PICTURE.search(poster):
            shown = Element("img", {"src": poster, "alt": label, "width": str(WIDTH)})
            return [Element("p", {"class": "picture"}, [Element("a", {"href": page, "class": "a"}, [shown])])]
        sign = "◀" if self.language.dir == "rtl" else "▶"
        return [_box(Element("a", {"href": page, "class": "a"}, [f"{sign}\ufe0e {label}"]), of="link k")]

    # ---------------------------------------------------------------------------------------- inline

    def inline(self, nodes: list[Node]) -> list[Node]:
        done: list[Node] = []
        for node in nodes:
            done += self._linked(emojified(node)) if isinstance(node, str) else self._inline(node)
        return done

    def _quoted(self, node: Element) -> list[Node]:
        """Words in quotation marks of the language; a quotation within one has the inner marks."""
        first, last = self.language.quotes(self.quoting)
        self.quoting += 1
        words = self.inline(node.children)
        self.quoting -= 1
        return [first, *words, last]

    def _inline(self, node: Element) -> list[Node]:
        tag = node.tag
        if _hidden(node):
            return []
        if tag == "br":
            return [Element("br")]
        if tag == "img":
            return picture(node, base=self.base, look=self.look, repairs=self.repairs)
        if tag == "input":
            return ["☑" if "checked" in node.attributes else "☐"] if node.attributes.get("type") == "checkbox" else []
        if tag == "a":
            return self._link(node)
        if tag in EMBEDDED:
            return self._embedded(node)
        if tag == "q":
            return self._quoted(node)
        if node.has_class("footnote-ref"):
            return [Element("sup", {}, [re.sub(r":\d+", "", text_of(node))])]  # [1:1] is a second link to 1
        if tag in INLINE:
            return self._wrapped(INLINE[tag], node)
        if tag in BLOCKS:
            return [" ", *self.inline(node.children), " "]
        return self.inline(node.children)

    def _wrapped(self, tag: str, node: Element) -> list[Node]:
        if tag == "code":
            code = re.sub(r"\s*\n\s*", " ", text_of(node))
            return [Element("code", {"class": "k"}, [code])] if code.strip() else []
        inner = self.inline(node.children)
        if any(_picture(n) or _is_block(n) for n in inner) or not inner:
            return inner
        return [Element(tag, {"class": "k"} if tag == "mark" else {}, inner)]

    def _linked(self, text: str) -> list[Node]:
        """Bare addresses in text become links, as the client would make them: then both parts agree."""
        done: list[Node] = []
        at = 0
        for start, end in bare(text):
            address = absolute(text[start:end], mail=False)
            if address:
                done += [text[at:start], Element("a", {"href": address, "class": "a"}, [text[start:end]])]
                at = end
        return [part for part in [*done, text[at:]] if part]

    def _link(self, node: Element) -> list[Node]:
        if node.has_class("footnote-backref"):
            return []
        address = absolute(node.attributes.get("href", ""), self.base)
        inner = [
            part
            for child in self.inline(node.children)
            for part in (child.children if isinstance(child, Element) and child.tag == "a" else [child])
        ]
        inner = [n for n in inner if not (isinstance(n, Element) and n.tag in ("table", "p"))]
        if not address:
            return inner
        done: list[Node] = []
        for pictured, group in _grouped(inner):
            if pictured:
                done += [Element("a", {"href": address, "class": "a"}, [image]) for image in group]
            elif "".join(text_of(n) for n in group).strip():
                done.append(Element("a", {"href": address, "class": "a"}, group))
            else:
                done += group
        return done


VIDEO_HOST = re.compile(r"(^|\.)(youtube|youtu|vimeo|dailymotion|twitch|peertube|loom|wistia|ted|video)\b")


def _rows(table: Element) -> list[Element]:
    """A table's own rows, not those of a table in it."""
    parts = [c for c in table.children if isinstance(c, Element)]
    return [
        r for p in parts for r in ([p] if p.tag == "tr" else _rows(p) if p.tag in ("thead", "tbody", "tfoot") else [])
    ]


def _task(node: Node) -> bool:
    return isinstance(node, Element) and (
        node.has_class("task-list-item") or any(e.attributes.get("type") == "checkbox" for e in node.walk())
    )


def _hidden(node: Element) -> bool:
    style = node.attributes.get("style", "").replace(" ", "").lower()
    return "hidden" in node.attributes or "display:none" in style


def _picture(node: Node) -> bool:
    """True for a picture, or a link around one."""
    if not isinstance(node, Element):
        return False
    if node.tag == "a":
        return len(node.children) == 1 and _picture(node.children[0])
    return node.tag == "img"


def _unlisted(item: Node) -> list[Node]:
    """An item of a list that stands too deep to be one: a paragraph with a dot before it, and what follows."""
    children = item.children if isinstance(item, Element) else []
    said = list(takewhile(lambda n: not _is_block(n), children))
    head: list[Node] = [Element("p", {}, ["• ", *said])] if said else []
    return [*head, *children[len(said) :]]


def _is_block(node: Node) -> bool:
    return isinstance(node, Element) and node.tag in (*BLOCKS, "table")


def _is_text(node: Node) -> bool:
    return isinstance(node, str) or node.tag not in ("source", "track")


def _grouped(nodes: list[Node]) -> list[tuple[bool, list[Node]]]:
    groups: list[tuple[bool, list[Node]]] = []
    for node in nodes:
        kind = _picture(node)
        if groups and groups[-1][0] == kind:
            groups[-1][1].append(node)
        else:
            groups.append((kind, [node]))
    return groups


def _trimmed(nodes: list[Node]) -> list[Node]:
    """Without blanks and line breaks at both ends; empty where nothing is left to see."""
    seen = [index for index, node in enumerate(nodes) if not _blank(node)]
    kept = nodes[seen[0] : seen[-1] + 1] if seen else []
    if kept and isinstance(kept[0], str):
        kept[0] = kept[0].lstrip()
    if kept and isinstance(kept[-1], str):
        kept[-1] = kept[-1].rstrip()
    return kept


def _blank(node: Node) -> bool:
    return not node.strip() if isinstance(node, str) else node.tag == "br"
