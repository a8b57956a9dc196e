"""What a rule may ask of the network, and what it is told: values alone. What asks stands in `fetching` and `names`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["Answer", "Network", "Records", "Request"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One question to a web server. GET and HEAD follow redirects, POST follows none."""

    url: str
    method: str = "GET"
    body: bytes = b""  # of a POST: a form
    most: int = 0  # octets of the answer to read, where its length is not said


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a web server said. `fault` says in words why there was no answer; then `status` is 0."""

    url: str  # the last one asked, after redirects
    status: int = 0
    kind: str = ""  # the media type, in small letters
    octets: int | None = None  # how long the body is; one more than `most` where it is longer than that
    fault: str = ""
    private: bool = False  # not asked: it leads to this machine or network
    final: bool = False  # asking again would give the same fault

    @property
    def good(self) -> bool:
        """True where the server gave what was asked for."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """What the DNS holds under a name. `exists` False: nothing is there, nor below (RFC 8020)."""

    values: tuple[str, ...] = ()
    exists: bool = True
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """The network as rules see it: ask many servers at once, and look a name up (None: no resolver is installed)."""

    ask: Callable[[Sequence[Request]], tuple[Answer, ...]]
    records: Callable[[str, str], Records] | None = None
