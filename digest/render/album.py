"""The pictures of one variant: how large those are that lie on this machine, and which go along inside the message.

While a mail is drawn, an embedded picture has a placeholder for an address. The finished HTML says how wide
each one is shown and in what order they come; then they are made, as long as the budget lasts. What does not fit keeps
its address on the web, and that is told. Not here: what is done to a picture (`images`).
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from digest.errors import DataError
from digest.model import Picture, Post
from digest.render import images
from digest.render.images import NO_PICTURE, TOGETHER, TooHeavy, Unfit

__all__ = ["Album", "Developed", "Local", "Seen", "inlined"]

Tell = Callable[[str, str], None]
LONGEST_DOMAIN = 29  # so that a Content-ID fits on its line
TAG = re.compile(r"<img\b[^>]*>")
SOURCE = re.compile(r"\ssrc=\"cid:([0-9a-f]{32})@[^\"]*\"")
WIDTH = re.compile(r"\swidth=\"([0-9]{1,5})\"")
ALT = re.compile(r"\salt=\"([^\"]*)\"")


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """What lies on this machine: where a picture lies that a post names (empty: not here), and its octets.

    `read` raises DataError whose message ends a sentence that begins with the picture's name.
    """

    find: Callable[[Post, str], str]
    read: Callable[[Post, str], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A picture as the mail names it: its address (or a placeholder for one), and its size where that is known."""

    url: str
    width: int | None = None
    height: int | None = None

    @property
    def goes_along(self) -> bool:
        """True where it is to stand inside the message."""
        return self.url.startswith("cid:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Developed:
    """The finished HTML, the pictures it shows by `cid:`, and what did not fit: (path of the post, rule, message)."""

    html: str
    pictures: tuple[Picture, ...] = ()
    told: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Negative:
    post: Post
    file: str
    url: str  # on the web; empty where mail clients could not show it from there


class Album:
    """The pictures of one variant. `at_least` is the width in pixels that even the smallest are made for."""

    def __init__(
        self, local: Local | None, *, embed: bool, domain: str, home: str, project: Path | None, at_least: int
    ) -> None:
        self._local, self._embed, self._home = local, embed, home
        self._domain = domain if 0 < len(domain) <= LONGEST_DOMAIN else "digest.invalid"
        self._project, self._at_least = project, at_least
        self._measured: dict[str, tuple[int, int, str] | Unfit] = {}
        self._negatives: dict[str, _Negative] = {}

    def see(self, post: Post | None, named: str, url: str, tell: Tell, *, file: str = "") -> Seen:
        """Look at a picture that a post names; `url` is its address on the web. What is wrong with it is told."""
        plain = Seen(url=url)
        if post is None or self._local is None or (not self._embed and NO_PICTURE.search(url)):
            return plain
        file = file or self._local.find(post, named)
        if not file:
            if self._embed and self._own(named):
                tell("image-file", f"the picture {_short(named)} does not lie on this machine; it stays on the web")
            return plain
        try:
            width, height, digest = self._measure(post, file)
        except Unfit as unfit:
            if not NO_PICTURE.search(url):  # which is told anyway
                tell("image-file", f"the picture {self._shown(file)} {unfit}")
            return plain
        if not self._embed:
            return Seen(url=url, width=width, height=height)
        there = url if url.startswith("https:") and not NO_PICTURE.search(url) else ""
        self._negatives.setdefault(digest, _Negative(post=post, file=file, url=there))
        return Seen(url=f"cid:{digest}@{self._domain}", width=width, height=height)

    def developed(self, html: str) -> Developed:
        """Make the pictures that the finished HTML shows, in its order, as wide as it shows them."""
        made: dict[str, Picture] = {}
        told: list[tuple[str, str, str]] = []

        def printed(tag: re.Match[str]) -> str:
            source = SOURCE.search(tag[0])
            negative = self._negatives.get(source[1]) if source else None
            if source is None or negative is None:
                return tag[0]
            try:
                picture, stilled = self._print(negative, tag[0])
                if picture.id not in made and sum(len(p.data) for p in made.values()) + len(picture.data) > TOGETHER:
                    raise TooHeavy(f"does not fit any more: {TOGETHER // 1_000_000} MB of pictures go along at most")
            except Unfit as unfit:
                rest = "it stays on the web" if negative.url else "its alternative text stands instead"
                rule = "image-weight" if isinstance(unfit, TooHeavy) else "image-file"
                told.append((negative.post.path, rule, f"the picture {self._shown(negative.file)} {unfit}; {rest}"))
                return _elsewhere(tag[0], source, negative.url)
            if stilled:
                what = f"the picture {self._shown(negative.file)} moves and is too large for that; it goes along still"
                told.append((negative.post.path, "image-weight", what))
            made.setdefault(picture.id, picture)
            return tag[0].replace(source[0], f' src="cid:{picture.id}"')

        finished = TAG.sub(printed, html) if self._negatives else html
        return Developed(html=finished, pictures=tuple(made.values()), told=tuple(dict.fromkeys(told)))

    def _own(self, named: str) -> bool:
        """Whether a picture is the site's own, so that somebody may expect it to go along."""
        return not re.match(r"(?i)[a-z][a-z0-9+.-]*:|//", named) or named.startswith(f"{self._home}/")

    def _print(self, negative: _Negative, tag: str) -> tuple[Picture, bool]:
        """The picture as it goes along, and whether it had to stop moving for it."""
        width = WIDTH.search(tag)
        across = 2 * max(int(width[1]) if width else 0, self._at_least)
        made = images.made(self._read(negative.post, negative.file), across)
        name = f"{images.digest_of(made.data)}@{self._domain}"
        return Picture(id=name, kind=made.kind, data=made.data, brought=negative.post.path), made.stilled

    def _measure(self, post: Post, file: str) -> tuple[int, int, str]:
        """Width, height and digest of a file; each is read once a variant."""
        if file not in self._measured:
            try:
                data = self._read(post, file)
                self._measured[file] = (*images.measured(data), images.digest_of(data))
            except Unfit as unfit:
                self._measured[file] = unfit
        found = self._measured[file]
        if isinstance(found, Unfit):
            raise found
        return found

    def _read(self, post: Post, file: str) -> bytes:
        assert self._local is not None
        try:
            return self._local.read(post, file)
        except DataError as wrong:
            raise Unfit(wrong.message) from wrong

    def _shown(self, file: str) -> str:
        """A file as a person knows it: from the project, else its name."""
        path = Path(file)
        if self._project is not None and path.is_relative_to(self._project):
            return path.relative_to(self._project).as_posix()
        return path.name


def inlined(html: str, pictures: tuple[Picture, ...]) -> str:
    """Write the pictures that go along into the HTML itself, for a browser to show: no mail client would."""
    for picture in pictures:
        data = b64encode(picture.data).decode("ascii")
        html = html.replace(f'src="cid:{picture.id}"', f'src="data:{picture.kind};base64,{data}"')
    return html


def _short(named: str) -> str:
    return named if len(named) <= 80 else f"{named[:79]}…"


def _elsewhere(tag: str, source: re.Match[str], url: str) -> str:
    """The picture from the web after all; where it is not there, its alternative text."""
    if url:
        return tag.replace(source[0], f' src="{_escaped(url)}"')
    alt = ALT.search(tag)
    return alt[1] if alt else ""


def _escaped(url: str) -> str:
    return url.replace("&", "&amp;")  # of an address that `links.absolute` made, nothing else needs it
