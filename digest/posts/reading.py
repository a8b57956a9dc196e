"""One file becomes one Post, or nothing where it is no post. What a key means is in fields, addresses are in links.

Whatever is wrong with a file is a problem of its Post; nothing is raised.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from digest.model import Image, Post, Problem
from digest.posts import fields, links
from digest.posts.body import clean, fingerprint, first_heading, tidy, without_heading
from digest.posts.dates import midnight
from digest.posts.dialects import Dialect
from digest.posts.fields import Keys, Zones
from digest.posts.front_matter import Front, read
from digest.posts.inherited import Inherited
from digest.posts.permalinks import Words, fill, hugo, jekyll, template
from digest.posts.pictures import picture
from digest.posts.site_files import SiteFile
from digest.posts.walk import Found

__all__ = ["LARGEST", "Blog", "broken", "decoded", "post_of"]

LARGEST = 5_000_000  # bytes
TOO_LARGE = "the file has more than 5 MB, and that is no post; shorten it, or name it in `exclude`"
PAGES = {"page", "pages", "archive", "archives", "search", "about", "links", "tags", "categories", "home", "contact",
         "404", "index", "section", "terms", "authors", "author", "list"}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Blog:
    """What holds for every post of one source."""

    source: str
    root: Path  # of the source
    shown: str = ""  # what stands before a path below the root where it is shown; empty, or it ends in a slash
    rule: Dialect
    site: SiteFile = field(default_factory=SiteFile)
    base: str = ""  # the site's address
    language: str = "en"
    template: str = ""  # [sources.X] url
    zones: Zones = field(default_factory=Zones)
    authors: Mapping[str, str] = field(default_factory=dict)
    tops: tuple[Path, ...] = ()  # where pictures may lie
    dated: frozenset[str] = frozenset()  # folders that hold dated posts
    inherited: Inherited | None = None  # what posts have from their site


def decoded(raw: bytes) -> tuple[str, Problem | None]:
    """The text of a file. One that is no UTF-8 is read as Windows-1252 and told as an error, with its line."""
    if raw[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return "", Problem(line=1, message="the file is UTF-16; save it as UTF-8")
    if b"\0" in raw[:8000]:
        return "", Problem(line=None, message="the file is no text; take it out of the folder, or name it in `exclude`")
    try:
        return raw.decode("utf-8-sig"), None
    except UnicodeDecodeError as wrong:
        line = raw.count(b"\n", 0, wrong.start) + 1
        said = f"byte 0x{raw[wrong.start]:02x} is not UTF-8; save the file as UTF-8 (it may be Windows-1252)"
        return raw.decode("cp1252", "replace").replace("\ufffd", ""), Problem(line=line, message=said)


def broken(blog: Blog, rel: str, line: int | None, message: str) -> Post:
    """A post of which nothing can be read but its name."""
    path = blog.shown + rel
    place = links.place_of(rel, blog.root, blog.rule, blog.site)
    return Post(
        path=path, source=blog.source, id=f"{blog.source}:{path}", title=place.name, dialect=blog.rule.name,
        date=midnight(place.day, blog.zones.zone) if place.day else None, bare_day=place.day is not None,
        problems=(Problem(line=line, message=message),),
    )  # fmt: skip


def post_of(blog: Blog, file: Found) -> Post | None:
    """Read one file; None where it is no post."""
    try:
        with Path(file.full).open("rb") as opened:
            raw = opened.read(LARGEST + 1)
        if len(raw) > LARGEST:
            return broken(blog, file.rel, None, TOO_LARGE)
        beside = Path(file.full).with_suffix(".meta") if blog.rule.name == "nikola" else None
        meta = beside.read_bytes() if beside and beside.is_file() else None
    except OSError as wrong:
        return broken(blog, file.rel, None, f"the file cannot be read ({wrong.strerror}); give us the right to read it")
    if not raw.strip() and meta is None:
        return broken(blog, file.rel, None, "the file is empty; write the post, or take it away")
    text, trouble = decoded(raw)
    if trouble and not text:
        return broken(blog, file.rel, trouble.line, trouble.message)
    front = _front(clean(text), file.rel, meta)
    return _Assembly(blog, file, front, trouble).post()


def _front(text: str, rel: str, meta: bytes | None) -> Front:
    kind = rel.rpartition(".")[2].lower()
    if meta is None:
        return read(text, kind=kind)
    head = read(clean(decoded(meta)[0]), kind="md")
    return Front(values=head.values, lines=head.lines, body=text, form=head.form, problems=head.problems)


class _Assembly:
    """The steps from a file taken apart to its Post, each a method; they share the keys and what was found wrong."""

    def __init__(self, blog: Blog, file: Found, front: Front, trouble: Problem | None) -> None:
        self.blog, self.file, self.front = blog, file, front
        given = blog.inherited.of(file.rel) if blog.inherited else {}
        self.keys = Keys(front, given, joined="tags" if blog.rule.name == "eleventy" else "")
        if trouble:
            self.keys.problems.insert(0, trouble)
        self.place = links.place_of(file.rel, blog.root, blog.rule, blog.site)
        self.path = blog.shown + file.rel
        self.body, self.line = tidy(front.body, front.body_line)

    def warn(self, line: int | None, message: str) -> None:
        """Note what was mended; of a post that is left out anyway nobody needs to hear it."""
        if any(p.severity == "error" for p in self.keys.problems):
            return
        self.keys.problems.append(Problem(line=line, message=message, severity="warning"))

    def post(self) -> Post | None:
        keys, blog, rule = self.keys, self.blog, self.blog.rule
        when = fields.published(keys, self.place, blog.zones, rule)
        draft = fields.draft(keys, (blog.root.name, *self.place.folders))
        if when is None and not draft and not self.undated():
            return None
        title = self.title()
        categories = self.categories()
        slug_written = " ".join((keys.text("slug", "postslug") or "").split())
        slug = links.slug_of(slug_written or self.last_of_path(), self.place, title, rule, blog.site)
        canonical = links.absolute(keys.text("canonical", "canonicalurl", "canonicallink", "relcanonical") or "",
                                   blog.base, blog.site)  # fmt: skip
        source_url = self.source_url()
        words = self.words(when.at if when else None, title, slug, bool(slug_written), categories)
        url, guessed = self.url(words, slug, slug_written, canonical, source_url)
        marks = fingerprint(title, self.body)
        if self.file.rel.lower().endswith((".rst", ".txt")):
            self.warn(self.line, "the text is reStructuredText, not Markdown, and is shown as it stands; "
                                 "mail its excerpt, or write it in Markdown")  # fmt: skip
        return Post(
            path=self.path, source=blog.source, id=self.identity(canonical), title=title,
            date=when.at if when else None, bare_day=when.bare if when else False,
            updated=fields.updated(keys, blog.zones), expires=fields.expiry(keys, blog.zones),
            tags=self.tags(), categories=categories, author=fields.authors(keys, blog.authors),
            excerpt=fields.excerpt(keys), image=self.image(url), url=url, url_guessed=guessed, canonical=canonical,
            slug=slug, source_url=source_url, draft=draft, unlisted=fields.unlisted(keys), lang=self.lang(),
            flags=fields.flags(self.front), body=self.body, body_line=self.line, dialect=rule.name,
            fingerprint=marks[0], body_hash=marks[1],
            problems=tuple(sorted(keys.problems, key=lambda p: p.line or 0)),
        )  # fmt: skip

    # -- is it a post

    def undated(self) -> bool:
        """Whether a file without a date is a post all the same: then the missing date is its error."""
        keys, place = self.keys, self.place
        if any(p.severity == "error" for p in keys.problems):
            return True
        if place.index and not place.folders and self.file.rel.count("/") == 0:
            return False  # the blog's own page
        kind = keys.text("layout", "template", "type", "model") or ""
        if re.sub(r"\.\w+$", "", kind.rpartition("/")[2]).lower() in PAGES or self.translation():
            return False
        folder = "/".join(place.folders)
        if self.front.form:
            if folder not in self.blog.dated or (place.index and self.file.rel.rpartition("/")[0] in self.blog.dated):
                return False  # a page among pages
            if not keys.text("title") and not self.body:
                return False
            self.missing("the post has no date; write `date: YYYY-MM-DD` in its metadata")
            return True
        if place.index:
            return False
        self.missing("the post has no metadata and so no date; begin it with --- lines that hold title and date")
        return True

    def translation(self) -> bool:
        """Whether the file's name says that it is a translation: its date is the original's."""
        return bool(self.place.lang) and f".{self.place.lang}." in self.file.rel.rpartition("/")[2]

    def missing(self, message: str) -> None:
        line = self.keys.line("title") if "title" in self.keys.values else 1
        self.keys.problems.append(Problem(line=line, message=message))

    # -- its fields

    def title(self) -> str:
        """The title: written, else the first heading (which then leaves the body), else the file's name."""
        value = self.keys.values.get("title")
        if value is not None and not isinstance(value, str):
            self.keys.wrong("title", "title is a list or a mapping, so it is passed over; write one line of text")
        written = self.keys.text("title")
        if written is not None:
            title = " ".join(written.split())
            heading = first_heading("\n".join(self.body.split("\n", 2)[:2]))
            if heading and heading[:2] == (title, 0):  # said twice
                self.body, self.line = without_heading(self.body, self.line, 0, heading[2])
            return title
        heading = first_heading(self.body)
        if heading is not None:
            self.body, self.line = without_heading(self.body, self.line, heading[1], heading[2])
            return heading[0]
        name = re.sub(r"[-_\s]+", " ", self.place.name).strip() or self.place.name
        jekyll = self.blog.rule.name == "jekyll"  # which makes a title of the name itself, each word with a capital
        title = (
            " ".join(word[:1].upper() + word[1:] for word in name.split()) if jekyll else name[:1].upper() + name[1:]
        )
        self.warn(1, f'the post has no title, so its file gives one ("{title}"); write `title:` in its metadata')
        return title

    def tags(self) -> tuple[str, ...]:
        rule, keys = self.blog.rule, self.keys
        found = fields.labels(keys, "tags", at=rule.tag_split) or fields.labels(keys, "tag")
        return found or (fields.labels(keys, "keywords") if rule.keywords and "tags" not in keys.values else ())

    def categories(self) -> tuple[str, ...]:
        whole = ("category",) if self.blog.rule.name == "jekyll" else ()
        found = fields.labels(self.keys, "category", "categories", at=self.blog.rule.tag_split, whole=whole)
        if self.blog.rule.name == "pelican" and not found:
            default = self.blog.site.category
            return self.place.folders[-1:] or ((default,) if default else ())  # USE_FOLDER_AS_CATEGORY
        return tuple(dict.fromkeys((*self.folders_as_categories(), *found)))

    def folders_as_categories(self) -> tuple[str, ...]:
        """Jekyll: the folders above _posts, where it is known where the site begins."""
        site = self.blog.site
        if self.blog.rule.name != "jekyll" or site.root is None or "_posts" not in self.place.below:
            return ()
        above = self.place.below[: self.place.below.index("_posts")]
        return tuple(a for a in above if not a.startswith("_"))

    def lang(self) -> str:
        written = self.keys.text("lang", "language", "locale")
        tag = written.strip().replace("_", "-") if written else ""
        return tag if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", tag) else self.place.lang

    def image(self, url: str) -> Image | None:
        return picture(self.keys.values, file=Path(self.file.full), url=url, base=self.blog.base, tops=self.blog.tops,
                       rooted=self.blog.rule.rooted_pictures)  # fmt: skip

    def source_url(self) -> str:
        """Where the text was taken from, where that is a web address."""
        for key in ("source", "sourceurl", "originalurl", "externalurl", "externallink"):
            value = self.keys.values.get(key)
            if isinstance(value, dict):
                value = value.get("url", value.get("href"))
            if isinstance(value, str) and links.is_web(value.strip()):
                return str(value.strip())
        return ""

    def identity(self, canonical: str) -> str:
        guid = self.keys.text(*fields.ID_KEYS)
        if guid is not None:
            return f"{self.blog.source}#{' '.join(guid.split())}"
        return canonical or f"{self.blog.source}:{self.path}"

    def last_of_path(self) -> str:
        """Zola: the last part of the path that the metadata ask for is the slug."""
        path = self.keys.text("path") if self.blog.rule.name == "zola" else None
        return path.strip().strip("/").rpartition("/")[2] if path else ""

    # -- its address

    def words(self, at: datetime | None, title: str, slug: str, asked: bool, categories: tuple[str, ...]) -> Words:
        """What the pattern of an address may name."""
        rule, site = self.blog.rule, self.blog.site
        at = at.astimezone(self.blog.zones.zone) if at and rule.site_day else at
        if rule.name == "hexo":
            categories = fields.category_path(self.keys) or ((site.category,) if site.category else ())
        return links.words_of(self.place, title, slug, asked=asked, at=at, categories=categories, lang=self.lang(),
                              rule=rule, site=site)  # fmt: skip

    def url(self, words: Words, slug: str, slug_written: str, canonical: str, source: str) -> tuple[str, bool]:
        """The address for readers, and whether it was guessed (DESIGN: link).

        A canonical address on another site's host names the original; readers of this site are sent to this site's
        page as long as its rule is known.
        """
        blog = self.blog
        asked, program = self.asked(words)
        if asked:
            return asked, False
        host = re.sub(r"^https?://(www\.)?", "", blog.base.lower()).partition("/")[0]
        own = re.sub(r"^https?://(www\.)?", "", canonical.lower()).partition("/")[0] == host
        external = source if not self.body and self.keys.text("externalurl", "externallink") else ""
        filled = links.templated(blog.template, words, blog.base) if blog.template else ""
        ruled = links.address(words, self.place, slug_written, blog.base, blog.language, blog.rule, blog.site)
        first = [canonical if own else "", external, filled, "" if program else ruled, canonical, source]
        found = next((url for url in first if url), "")
        if found or not blog.base:
            return found, False
        why = "its permalink is a program of the site's" if program else "the post's address is not known"
        self.warn(None, f"{why}, so it is guessed from the site's and the slug; "
                        f"set `url` in [sources.{blog.source}]")  # fmt: skip
        return ruled or links.joined(blog.base, f"/{slug}/"), True

    def asked(self, words: Words) -> tuple[str, bool]:
        """The address that the metadata ask for; and whether they ask for one that only the site can make."""
        blog, keys = self.blog, self.keys
        names = ("permalink", "url", "path") if blog.rule.name == "zola" else ("permalink", "url")
        written = keys.text(*(n for n in names if keys.truth(n) is None))
        if written is None:
            return "", False
        text = written.strip()
        if "://" not in text:
            text = self.patterned(text, words)
        url = links.absolute(text, blog.base, blog.site)
        program = re.search(r"\{\{|\{%|\$\{", written) is not None
        if not url and blog.base and not program:
            key = next(n for n in names if keys.text(n) is written)
            keys.wrong(key, f"{keys.names[key]} is no web address, so it is passed over; write https://… or /path/")
        return url, program and not url and blog.rule.name == "eleventy"

    def patterned(self, text: str, words: Words) -> str:
        """The path that a permalink in the metadata means in this dialect."""
        name = self.blog.rule.name
        if name in {"jekyll", "hugo"} and ":" in text:
            text = re.sub("/{2,}", "/", fill(jekyll(text) if name == "jekyll" else hugo(text), words))
        elif name == "eleventy" and "{{" in text:
            text = fill(template(text), words)
        whole = name == "zola" or (name == "hugo" and not re.search(r"\.\w+$", text))
        return text + "/" if whole and text and not text.endswith("/") else text
