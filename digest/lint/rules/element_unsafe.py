"""Scripts, forms, frames and plug-ins are cut out by every client, and mails that hold them are junked."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.place import at, finding, page
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"
UNSAFE_WORDS = (
    "applet audio base button canvas embed form frame frameset iframe input link math meter noembed object portal "
    "progress script select svg template textarea video"
)
UNSAFE = frozenset(UNSAFE_WORDS.split())


def check(proof: Proof) -> Iterator[Finding]:
    """Find such elements, and attributes that would run a script."""
    for element in page(proof).all():
        if element.tag in UNSAFE:
            message = f"<{element.tag}> has no place in a mail"
            yield finding(SEVERITY, message, at(proof, element), "link to it, or show a picture of it")
        for name, _ in element.attributes:
            if name.startswith("on"):
                yield finding(
                    SEVERITY, f"<{element.tag} {name}=…> would run a script", at(proof, element), "leave it out"
                )
