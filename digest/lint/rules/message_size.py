"""A message over 250 KB is slow on a phone, and each reader costs it again. Pictures that go along have a budget of
their own (`images = "embed"`)."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.letter import leaves
from digest.lint.place import finding, in_headers
from digest.model import Finding, Proof, Sample

__all__ = ["SEVERITY", "check"]

SEVERITY = "warning"
LIMIT = 250_000


def check(proof: Proof) -> Iterator[Finding]:
    """Weigh the finished bytes of the largest sample."""
    size = max(len(sample.data) - _pictures(sample) for sample in proof.samples)
    if size > LIMIT:
        message = f"the message has {size:,} octets, over {LIMIT:,}"
        yield finding(SEVERITY, message, in_headers(), "fewer or shorter posts; pictures stay on the web")


def _pictures(sample: Sample) -> int:
    return sum(len(part.get_payload()) for part in leaves(sample) if part.get_content_maintype() == "image")
