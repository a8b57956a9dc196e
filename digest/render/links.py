"""Addresses of links and pictures: made absolute, in the characters that every client takes, or refused."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from digest.render.text import clean

__all__ = ["absolute", "bare", "host", "watch_page"]

BARE = re.compile(r"https?://[^\s<>\"'`“”‘’«»]+")
SAFE = "!#$%&'()*+,/:;=?@[]~-._"


def absolute(address: str, base: str = "", *, mail: bool = True) -> str:
    """Make an address absolute against the page it stood on; empty where a reader could not follow it.

    Only http and https are followed (and mailto, tel with `mail`), never a fragment alone, a page of this machine or of
    a private network. Spaces and what is not ASCII are percent-encoded, hosts written in A-labels.
    """
    address = re.sub(r"[\n\t]", "", clean(address)).strip()
    if not address or address.startswith("#"):
        return ""
    scheme = address.partition(":")[0].lower()
    if mail and scheme in ("mailto", "tel"):
        return quote(address, safe=SAFE) if len(address) > len(scheme) + 1 else ""
    try:
        parts = urlsplit(urljoin(base, address) if base else address)
        name = (parts.hostname or "").encode("idna").decode("ascii")
        port = parts.port
    except (ValueError, UnicodeError):
        return ""
    if parts.scheme not in ("http", "https") or not _public(name) or parts.username is not None:
        return ""
    place = f"[{name}]" if ":" in name else name
    path = quote(parts.path, safe=SAFE) if parts.path else "/"
    query, fragment = quote(parts.query, safe=SAFE), quote(parts.fragment, safe=SAFE)
    return urlunsplit((parts.scheme, f"{place}:{port}" if port else place, path, query, fragment)).replace("'", "%27")


def _public(name: str) -> bool:
    if not name or name == "localhost" or name.endswith((".localhost", ".local", ".internal")):
        return False
    try:
        return ipaddress.ip_address(name).is_global
    except ValueError:
        return "." in name


def bare(text: str) -> Iterator[tuple[int, int]]:
    """Find addresses that stand in running text; what closes the sentence around them is not theirs."""
    for found in BARE.finditer(text):
        end = found.end()
        unopened = found[0].count(")") - found[0].count("(")
        while text[end - 1] in ".,;:!?*]}" or (text[end - 1] == ")" and unopened > 0):
            unopened -= text[end - 1] == ")"
            end -= 1
        yield found.start(), end


def host(address: str) -> str:
    """Name the host of an address as people say it."""
    name = urlsplit(address).hostname or ""
    return name.removeprefix("www.").removeprefix("m.")


def watch_page(address: str) -> str:
    """Find the page on which people watch a film, from the address that is embedded."""
    for pattern, page in PLAYERS:
        if found := pattern.match(address):
            return page + found[1]
    return address


PLAYERS = (
    (re.compile(r"https?://(?:www\.)?youtube(?:-nocookie)?\.com/embed/([\w-]+)"), "https://www.youtube.com/watch?v="),
    (re.compile(r"https?://player\.vimeo\.com/video/(\d+)"), "https://vimeo.com/"),
    (re.compile(r"https?://(?:www\.)?dailymotion\.com/embed/video/(\w+)"), "https://www.dailymotion.com/video/"),
)
