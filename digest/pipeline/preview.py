"""One look at an issue for the preview page: a variant as a reader gets it, what is left out; then the findings."""

from __future__ import annotations

from digest.audience import tokens
from digest.model import Finding, PreviewAudience, PreviewState
from digest.pipeline import look, people, preflight, reader
from digest.pipeline.look import Looker, Shown
from digest.render import mime
from digest.render.album import inlined

__all__ = ["findings", "state"]

READERS = 5  # addresses to look as, a variant


def state(
    looker: Looker, shown: Shown, variant: int | None, as_address: str | None, keys: tokens.Keys | None
) -> PreviewState:
    """Stamp the message of one reader and tell all about it."""
    who = reader.find(as_address or reader.NOBODY, shown.chosen, looker, keys)
    edition = shown.edition
    index = variant if variant is not None else edition.assign.get((who.topics, who.lang)) or 0
    index = min(index, len(edition.variants) - 1)
    sample = reader.message(looker.config, edition, who, keys, variant=index)
    headers, text, html = mime.read(sample.data)
    selection = shown.chosen.selection
    return PreviewState(
        issue=edition.issue.id,
        subject=edition.variants[index].subject,
        preheader=edition.variants[index].preheader,
        html=inlined(html, mime.pictures(sample.data)),
        text=text,
        headers=headers,
        raw=sample.data,
        size=len(html.encode()),
        picked=selection.picked,
        left_out=selection.left_out,
        audiences=tuple(_audience(looker, shown, i) for i in range(len(edition.variants))),
        variant=index,
    )


def findings(looker: Looker, shown: Shown) -> tuple[Finding, ...]:
    """What the preflight has to say of what is shown."""
    return preflight.findings(looker, shown, to_list=False) + look.post_findings(shown.chosen)


def _audience(looker: Looker, shown: Shown, index: int) -> PreviewAudience:
    who = [a for a in shown.audiences if shown.edition.assign.get((a.topics, a.lang)) == index]
    labels = {" · ".join(filter(None, (", ".join(a.topics), a.lang))) or "everything" for a in who}
    return PreviewAudience(
        label="; ".join(sorted(labels)) or "everything",
        people=sum(a.people for a in who),
        readers=people.readers_in_files(looker.lists, shown.chosen.newsletter, who, READERS),
    )
