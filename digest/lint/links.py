"""Addresses of links and pictures, read for rules: scheme, host, whose house a host belongs to. Never fetched."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

__all__ = ["host", "is_here", "loopback", "private", "related", "scheme", "urls_in"]

URL = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)
SECOND_LEVEL = frozenset({"ac", "co", "com", "edu", "gov", "net", "or", "org"})
OPENED = {")": "(", "]": "[", "}": "{"}


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url.strip())
    except ValueError:  # an IPv6 address that never closes
        return None


def scheme(url: str) -> str:
    """The scheme in small letters; empty for a relative address or none at all."""
    found = _split(url)
    return found.scheme if found else ""


def host(url: str) -> str:
    """The host in small letters, without port, user or `www.`; empty where there is none."""
    found = _split(url)
    name = (found.hostname or "") if found else ""
    return name.removeprefix("www.").rstrip(".")


def is_here(name: str) -> bool:
    """True for a host that only this machine or this network can reach."""
    return loopback(name) or private(name) or name.endswith((".local", ".internal", ".lan", ".home.arpa"))


def loopback(name: str) -> bool:
    """True for this machine itself."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def private(name: str) -> bool:
    """True for an address that is not routed on the internet."""
    try:
        return not ipaddress.ip_address(name).is_global
    except ValueError:
        return False


def related(one: str, other: str) -> bool:
    """True where two hosts share their registrable domain (by the usual shapes: no list of suffixes is at hand)."""
    return bool(one and other) and _house(one) == _house(other)


def _house(name: str) -> str:
    labels = name.lower().removeprefix("www.").split(".")
    keep = 3 if len(labels) > 2 and labels[-2] in SECOND_LEVEL and len(labels[-1]) == 2 else 2
    return ".".join(labels[-keep:])


def urls_in(text: str) -> tuple[str, ...]:
    """The web addresses that stand in a text, without the sentence's punctuation after them."""
    return tuple(_trimmed(found) for found in URL.findall(text))


def _trimmed(url: str) -> str:
    while url[-1] in ".,;:!?*_'’”»…" or url.count(url[-1]) > url.count(OPENED.get(url[-1], url[-1])):
        url = url[:-1]
    return url
