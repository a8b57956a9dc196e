"""A link to the web version serves everyone whose client shows the mail badly, and whoever it was forwarded to."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.brought import config
from digest.lint.place import finding, in_html, in_text, page
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "warning"


def check(proof: Proof) -> Iterator[Finding]:
    """Look for it in both parts, where there are public pages for it to lead to."""
    public = config(proof).public.url
    if not public:
        return
    archive = f"{public}/{proof.issue.newsletter}/"
    if not any((a.get("href") or "").startswith(archive) for a in page(proof).all("a")):
        yield finding(SEVERITY, "the HTML part has no link to the web version", in_html(proof), "show web_url in it")
    if archive not in proof.text:
        yield finding(SEVERITY, "the text part has no link to the web version", in_text(proof), "show web_url in it")
