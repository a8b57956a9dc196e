"""A lead with a picture is what the layout is made for; without one it works, plainer."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.place import Place, finding, short
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "info"


def check(proof: Proof) -> Iterator[Finding]:
    """Tell a lead without a picture, where other posts of the issue have one."""
    lead = proof.issue.lead
    if lead and not lead.image and any(post.image for post in proof.issue.posts):
        message = f'the lead "{short(lead.title, 40)}" has no picture, though other posts have'
        yield finding(SEVERITY, message, Place(part="posts", file=lead.path), "add image to its front matter")
