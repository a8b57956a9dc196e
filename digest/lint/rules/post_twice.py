"""One post stands in an issue once, and two posts lead to two places."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.place import Place, finding
from digest.model import Finding, Post, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"


def check(proof: Proof) -> Iterator[Finding]:
    """Find ids that come twice, and addresses that two posts share (their files or the source's rule say so)."""
    ids: dict[str, Post] = {}
    urls: dict[str, Post] = {}
    for post in proof.issue.posts:
        place = Place(part="posts", file=post.path)
        if post.id in ids:
            yield finding(SEVERITY, f"the post {post.id} stands in the issue twice", place)
        elif post.url and post.url in urls:
            message = f"{post.path} and {urls[post.url].path} have one address: {post.url}"
            yield finding("warning", message, place, "give one of them another slug or url")
        ids.setdefault(post.id, post)
        urls.setdefault(post.url, post)
