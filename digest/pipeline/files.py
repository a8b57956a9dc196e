"""An issue as files: the page to look at, HTML, text, MJML, what is in it, and one message."""

from __future__ import annotations

import json
from pathlib import Path

from digest.audience import tokens
from digest.model import Finding, Rendered
from digest.pipeline.edition import Edition
from digest.pipeline.reader import Reader, message
from digest.render import look, mime
from digest.settings import Config

__all__ = ["write"]


def write(
    config: Config, edition: Edition, who: Reader, keys: tokens.Keys | None, findings: tuple[Finding, ...], out: Path
) -> tuple[Path, ...]:
    """Write the files of one reader's issue, in that reader's variant; gives them, the page to open first."""
    out.mkdir(parents=True, exist_ok=True)
    issue, variant = edition.issue, edition.variant_of(who.topics, who.lang) or edition.variants[0]
    sample = message(config, edition, who, keys)
    headers, text, html = mime.read(sample.data)
    local = {p.image.url: p.image.file for p in issue.posts if p.image and p.image.file}
    kept = look.Kept(
        html=html,
        text=text,
        headers=headers,
        data=sample.data,
        findings=findings,
        postal_address=config.sender.postal_address,
    )
    contents: dict[str, str | bytes] = {
        "index.html": look.page(issue, variant, kept, pictures=local),
        "issue.html": html,
        "issue.txt": text,
        "issue.mjml": variant.mjml,
        "issue.json": json.dumps(_facts(edition, variant), ensure_ascii=False, indent=2) + "\n",
        "issue.eml": sample.data,
    }
    for name, content in contents.items():
        data = content.encode() if isinstance(content, str) else content
        (out / name).write_bytes(data)
    return tuple(out / name for name in contents)


def _facts(edition: Edition, variant: Rendered) -> dict[str, object]:
    issue = edition.issue
    return {
        "newsletter": issue.newsletter,
        "issue": issue.id,
        "number": issue.number,
        "revision": issue.revision,
        "subject": variant.subject,
        "preheader": variant.preheader,
        "send_at": issue.send_at.isoformat(),
        "window": {"start": issue.window.start.isoformat(), "end": issue.window.end.isoformat()},
        "language": variant.language,
        "posts": [{"id": p.id, "path": p.path, "title": p.title, "url": p.url} for p in issue.posts],
        "variants": [{"variant": v.variant, "language": v.language, "posts": list(v.posts)} for v in edition.variants],
        "octets": {"html": len(variant.html.encode()), "text": len(variant.text.encode())},
    }
