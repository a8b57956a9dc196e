"""Links are read out of context, as a list: "click here" and a bare "read more" say nothing there (WCAG 2.2, 2.4.4)."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.place import at, finding, page, short
from digest.lint.wording import label
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "warning"
VAGUE = frozenset(
    {
        "click here",
        "click",
        "here",
        "more",
        "read more",
        "learn more",
        "continue reading",
        "read on",
        "see more",
        "this",
        "this link",
        "link",
        "details",
        "hier",
        "hier klicken",
        "klicken sie hier",
        "mehr",
        "mehr lesen",
        "mehr erfahren",
        "weiterlesen",
        "ici",
        "cliquez ici",
        "lire la suite",
        "en savoir plus",
        "aquí",
        "haz clic aquí",
        "leer más",
        "clicca qui",
        "leggi di più",
        "lees meer",
        "klik hier",
        "leia mais",
        "clique aqui",
    }
)


def check(proof: Proof) -> Iterator[Finding]:
    """Find links whose whole label is such a word; in a post's own text it is an advice only."""
    read = page(proof)
    for link in read.all("a"):
        words = label(read, link).strip(" .!…→←»>›").casefold()
        if link.get("href") is None or words not in VAGUE:
            continue
        place = at(proof, link)
        message = f'the link "{words}" does not say that it opens {short(link.get("href") or "")}'
        hint = 'name the thing, or give it an aria-label: aria-label="Read more: TITLE"'
        yield finding("info" if place.brought else SEVERITY, message, place, hint)
