"""A link that leads nowhere is the one thing a reader remembers of an issue.
Posts age: what worked when one was written need not work when it is mailed."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.brought import config
from digest.lint.links import scheme
from digest.lint.network import Answer, Network, Request
from digest.lint.page import Element
from digest.lint.place import at, finding, page, short
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "warning"
REFUSED = frozenset({401, 402, 403, 405, 406, 429, 451, 999})  # said to programs, whatever a browser would get
WHERE = (("a", "href", "link"), ("img", "src", "picture"))


def check(proof: Proof, network: Network) -> Iterator[Finding]:
    """Ask for each link and picture once: HEAD, and GET where that gave nothing good. Nobody's own link is asked for,
    nor any page of the newsletter itself: the issue's is not there before it is sent."""
    wanted = dict(_links(proof))
    answers = dict(zip(wanted, network.ask([Request(url=url, method="HEAD") for url in wanted]), strict=True))
    again = [url for url, answer in answers.items() if not (answer.good or answer.final)]
    answers |= zip(again, network.ask([Request(url=url) for url in again]), strict=True)
    for url, answer in answers.items():
        if not answer.good:
            element, what = wanted[url]
            severity, fault = _judged(answer, url)
            yield finding(severity, f"the {what} {short(url)} {fault}", at(proof, element))


def _links(proof: Proof) -> Iterator[tuple[str, tuple[Element, str]]]:
    seen: set[str] = set()
    own, token = config(proof).public.url, proof.samples[0].token
    for tag, attribute, what in WHERE:
        for element in page(proof).all(tag):
            url = (element.get(attribute) or "").strip().partition("#")[0]
            if scheme(url) not in ("http", "https") or url in seen or token in url or (own and url.startswith(own)):
                continue
            seen.add(url)
            yield url, (element, what)


def _judged(answer: Answer, url: str) -> tuple[str, str]:
    onward = f" by way of {short(answer.url)}" if answer.url != url else ""
    if answer.private or answer.status in REFUSED:
        fault = answer.fault or f"answers {answer.status} to programs: only a person can say whether it works"
        return "info", fault + onward
    return SEVERITY, (answer.fault or f"answers {answer.status}") + onward
