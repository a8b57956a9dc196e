"""An issue as files: the page to look at, HTML, text, MJML, what is in it, and one message."""

from __future__ import annotations

import json
from pathlib import Path

from digest.model import Sample
from digest.pipeline.edition import Edition
from digest.render import look, mime

__all__ = ["write"]


def write(edition: Edition, sample: Sample, out: Path) -> tuple[Path, ...]:
    """Write the files of one reader's issue; gives them, the page to open first."""
    out.mkdir(parents=True, exist_ok=True)
    _, text, html = mime.read(sample.data)
    issue, variant = edition.issue, edition.variants[0]
    local = {p.image.url: p.image.file for p in issue.posts if p.image and p.image.file}
    contents: dict[str, str | bytes] = {
        "index.html": look.page(issue, variant, html=look.with_local_pictures(html, local), text=text),
        "issue.html": html,
        "issue.txt": text,
        "issue.mjml": variant.mjml,
        "issue.json": json.dumps(_facts(edition), ensure_ascii=False, indent=2) + "\n",
        "issue.eml": sample.data,
    }
    for name, content in contents.items():
        data = content.encode() if isinstance(content, str) else content
        (out / name).write_bytes(data)
    return tuple(out / name for name in contents)


def _facts(edition: Edition) -> dict[str, object]:
    issue = edition.issue
    return {
        "newsletter": issue.newsletter,
        "issue": issue.id,
        "number": issue.number,
        "revision": issue.revision,
        "subject": edition.variants[0].subject,
        "preheader": edition.variants[0].preheader,
        "send_at": issue.send_at.isoformat(),
        "window": {"start": issue.window.start.isoformat(), "end": issue.window.end.isoformat()},
        "language": issue.language,
        "posts": [{"id": p.id, "path": p.path, "title": p.title, "url": p.url} for p in issue.posts],
        "variants": [{"variant": v.variant, "language": v.language, "posts": list(v.posts)} for v in edition.variants],
        "octets": {"html": len(edition.variants[0].html.encode()), "text": len(edition.variants[0].text.encode())},
    }
