"""The pictures that a post names: which key of the metadata holds one, its address, and where it lies here.

Nothing is opened: sizes are read by whoever needs them. A file is named only where it lies inside the project or site.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from digest.model import Image
from digest.posts.links import is_web, joined
from digest.posts.written import Value

__all__ = ["KEYS", "allowed", "lies_at", "picture"]

KEYS = (
    "coverimage", "cover", "heroimage", "hero", "featuredimage", "featureimage", "featured", "image", "images",
    "thumbnail", "thumb", "banner", "bannerimage", "headerimage", "header", "ogimage", "socialimage", "teaser",
    "previewimage", "preview", "img", "photo", "topimg", "indeximg", "picture",
)  # fmt: skip
INSIDE = ("url", "src", "image", "path", "href", "file", "publicurl", "teaser", "overlayimage", "cover", "feature")
STATIC = ("static", "public", "source", "src", "assets", "src/assets", "content", "docs", "files", "images", "")
PICTURE = re.compile(r"\.(jpe?g|png|gif|webp|avif|svg|bmp)$", re.IGNORECASE)


def picture(
    values: Mapping[str, Value], *, file: Path, url: str, base: str, tops: tuple[Path, ...], rooted: bool = False
) -> Image | None:
    """The first picture that these metadata (keys in lower case, without `_` and `-`) name, or None.

    `file` is the post, `url` its address, `base` the site's; `tops` are the folders that a picture may lie in;
    `rooted` counts a bare path from the site.
    """
    for key in KEYS:
        named, alt = _named(values.get(key))
        if not named:
            continue
        alt = alt or next((str(v) for k in (f"{key}alt", f"{key}alttext", f"alt{key}") if (v := values.get(k))), "")
        found = _image(named.strip(), alt, file, url, base, tops, rooted)
        if found is not None:
            return found
    return None


def _named(value: Value | None, depth: int = 0) -> tuple[str, str]:
    """The address and the alternative text in a value of any shape."""
    if isinstance(value, str):
        return value, ""
    if isinstance(value, list):
        return _named(value[0], depth + 1) if value and depth < 3 else ("", "")
    if isinstance(value, dict) and depth < 3:
        lowered = {re.sub(r"[-_]", "", k.lower()): v for k, v in value.items()}
        for key in INSIDE:
            named, alt = _named(lowered.get(key), depth + 1)
            if named:
                own = next((lowered[k] for k in ("alt", "imagealt", "alttext", "caption") if lowered.get(k)), "")
                return named, alt or (own if isinstance(own, str) else "")
    return "", ""


def _image(named: str, alt: str, file: Path, url: str, base: str, tops: tuple[Path, ...], rooted: bool) -> Image | None:
    alt = " ".join(alt.split())
    if named.startswith("//"):
        named = "https:" + named
    if is_web(named):
        return Image(url=named, alt=alt)
    if re.match(r"[A-Za-z][\w+.-]*:", named) or re.search(r"\{\{|\{%|\$\{|[<>\"\n]", named):
        return None
    path = unquote(urlsplit(named).path)
    if not PICTURE.search(path) and "/" not in path:
        return None  # `cover: true`, `banner: blue`: no picture
    beside = _inside(file.parent / path, tops) if not path.startswith("/") else None
    served = None if beside else _served(path, file, tops)
    if path.startswith("/") or ((served or (rooted and not beside)) and not named.startswith(".")):
        link = joined(base, named) if base else ""
    else:
        link = urljoin(url if not beside or url.endswith("/") or not url else url + "/", named.replace(" ", "%20"))
    here = beside or served
    return (
        Image(url=link if is_web(link) else "", alt=alt, file=str(here) if here else "")
        if here or is_web(link)
        else None
    )


def lies_at(named: str, *, file: Path, base: str, tops: tuple[Path, ...]) -> str:
    """Say where a picture lies that the text of a post names; empty where it is on the web alone, or outside.

    `file` is the post. It lies beside it, in its own folder (Hexo), or where generators serve files from.
    """
    if base and named.startswith(base.rstrip("/") + "/"):
        named = named.removeprefix(base.rstrip("/"))
    if not named or is_web(named) or named.startswith("//") or re.match(r"[A-Za-z][\w+.-]*:", named):
        return ""
    try:
        path = unquote(urlsplit(named).path)
    except ValueError:
        return ""
    if not path or len(path) > 1000:
        return ""
    own = () if path.startswith("/") else (file.parent / path, file.with_suffix("") / path)
    found = next((here for p in own if (here := _inside(p, tops))), None) or _served(path, file, tops)
    return str(found) if found else ""


def allowed(file: str, tops: tuple[Path, ...]) -> bool:
    """Say whether a file lies inside one of the folders, whatever links lead to it."""
    return _inside(Path(file), tops) is not None


def _inside(path: Path, tops: tuple[Path, ...]) -> Path | None:
    """The path with its links resolved, where it is a file inside one of the folders."""
    try:
        real = path.resolve()
        return real if any(real.is_relative_to(top) for top in tops) and real.is_file() else None
    except (OSError, ValueError, RuntimeError):
        return None


def _served(path: str, file: Path, tops: tuple[Path, ...]) -> Path | None:
    """Where a path of the site lies among the folders that generators serve files from."""
    if len(path) > 1000:
        return None
    for top in tops:
        for folder in STATIC:
            found = _inside(top / folder / path.lstrip("/"), tops)
            if found is not None:
                return found
    return None
