"""Pictures of over 200 KB make a mail slow on a phone, and cost readers who pay by the
megabyte; all of them together should stay under 1 MB."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.links import scheme
from digest.lint.network import Network, Request
from digest.lint.page import Element
from digest.lint.place import Place, at, finding, page, short
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "warning"
EACH, TOGETHER = 200_000, 1_000_000
HINT = "1200 pixels wide as JPEG of quality 80 is enough, 264 for a small one"


def check(proof: Proof, network: Network) -> Iterator[Finding]:
    """Weigh each picture once; one that does not come is told by link-broken."""
    pictures = dict(_pictures(proof))
    answers = network.ask([Request(url=url, most=TOGETHER) for url in pictures])
    sum_of_all = 0
    for (url, element), answer in zip(pictures.items(), answers, strict=True):
        if not answer.good:
            continue
        if not answer.kind.startswith("image/"):
            yield finding(SEVERITY, f"{short(url)} is no picture but {answer.kind}", at(proof, element))
            continue
        weight = answer.octets or 0
        sum_of_all += weight
        if weight > EACH:
            yield finding(SEVERITY, f"the picture {short(url)} weighs {_said(weight)}", at(proof, element), HINT)
    if sum_of_all > TOGETHER:
        yield finding(SEVERITY, f"the pictures weigh {_said(sum_of_all)} together", Place(part="html"), HINT)


def _pictures(proof: Proof) -> Iterator[tuple[str, Element]]:
    for image in page(proof).all("img"):
        url = (image.get("src") or "").strip()
        if scheme(url) in ("http", "https") and proof.samples[0].token not in url:
            yield url, image


def _said(octets: int) -> str:
    return f"over {TOGETHER // 1000:,} KB" if octets == TOGETHER + 1 else f"{octets / 1000:,.0f} KB"
