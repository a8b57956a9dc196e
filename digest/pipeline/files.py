"""An issue as files: the page to look at, HTML, text, MJML, what is in it, and one message; and the editor's file."""

from __future__ import annotations

import json
from pathlib import Path

from digest.audience import tokens
from digest.errors import ConfigError, UsageError
from digest.model import Finding, Rendered, Sample
from digest.pipeline import preflight, reader
from digest.pipeline.edition import Edition
from digest.pipeline.look import Chosen, Looker, Shown, post_findings
from digest.pipeline.results import Built, Drafted
from digest.posts.draft import draft_text
from digest.render import look, mime
from digest.render.album import inlined
from digest.settings import Config

__all__ = ["build", "draft"]


def draft(folder: Path, chosen: Chosen) -> Drafted:
    """Write the editor's file of an issue into `folder`. Raises UsageError where it is there already."""
    path = folder / f"{chosen.selection.occasion.issue}.md"
    if chosen.frozen is not None:
        raise UsageError(
            f"{chosen.frozen.id} is frozen: a draft would change nothing", hint="--issue ID drafts another"
        )
    if path.exists():
        raise UsageError("is there already", file=str(path), hint="change it, or move it away first")
    path.parent.mkdir(exist_ok=True)
    with path.open("x", encoding="utf-8") as file:
        file.write(draft_text(chosen.selection, chosen.newsletter))
    return Drafted(path=path, broken=chosen.broken)


def build(looker: Looker, shown: Shown, as_address: str, keys: tokens.Keys | None, out: Path) -> Built:
    """Write the files of one reader's issue, in that reader's variant (nobody's, where no address is given)."""
    who = reader.find(as_address or reader.NOBODY, shown.chosen, looker, keys)
    variant = shown.edition.variant_of(who.topics, who.lang) or shown.edition.variants[0]
    sample = reader.message(looker.config, shown.edition, who, keys)
    found = preflight.findings(looker, shown, to_list=False) + post_findings(shown.chosen)
    files = _write(looker.config, shown.edition, variant, sample, found, out)
    return Built(files=files, notes=who.notes, broken=shown.chosen.broken)


def _write(
    config: Config, edition: Edition, variant: Rendered, sample: Sample, found: tuple[Finding, ...], out: Path
) -> tuple[Path, ...]:
    issue = edition.issue
    headers, text, html = mime.read(sample.data)
    local = {p.image.url: p.image.file for p in issue.posts if p.image and p.image.file}
    kept = look.Kept(
        html=inlined(html, mime.pictures(sample.data)),
        text=text,
        headers=headers,
        data=sample.data,
        findings=found,
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
    _refuse_somebody_s(out)
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            data = content.encode() if isinstance(content, str) else content
            (out / name).write_bytes(data)
    except OSError as exc:
        said = f"{exc.filename or out} cannot be written: {exc.strerror}"
        raise ConfigError(said, hint="take another folder: --out DIR") from exc
    return tuple(out / name for name in contents)


def _refuse_somebody_s(out: Path) -> None:
    """Leave a folder alone whose index.html is not ours: it is a site's."""
    page = out / "index.html"
    if page.is_file() and look.MADE_BY.encode() not in page.read_bytes()[:2000]:
        hint = "take a folder of its own: --out DIR"
        raise UsageError("is there and is not from digest build; nothing was written", file=str(page), hint=hint)


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
