"""Each mail says why the reader gets it: the cheapest protection against the spam button."""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.lint.place import finding, in_html, in_text, page
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "warning"
END = 1200  # characters: the footer stands in the last of them
# Beginnings of words with which it is said; a language that is not here is not judged.
SAID = {
    "en": (
        "you receive",
        "you get this",
        "you are getting",
        "you're receiving",
        "you are receiving",
        "subscri",
        "signed up",
    ),
    "de": ("du bekommst", "sie bekommen", "erhalten", "erhältst", "abonnier", "abonnement", "angemeldet", "anmeldung"),
    "fr": ("recevez", "reçois", "abonn", "inscri"),
    "es": ("recib", "suscri"),
    "it": ("ricev", "iscri", "abbon"),
    "nl": ("ontvang", "krijg", "abonn", "aangemeld", "ingeschreven"),
    "pt": ("receb", "inscri", "assin", "subscre"),
}


def check(proof: Proof) -> Iterator[Finding]:
    """Look in the last words of each part."""
    said = SAID.get(proof.rendered.language.partition("-")[0].lower(), ())
    parts = (("HTML", page(proof).text(), in_html(proof)), ("text", proof.text, in_text(proof)))
    for name, text, place in parts:
        end = " ".join(text[-END:].casefold().split())
        if said and not any(re.search(rf"(?<!\w){word}", end) for word in said):  # "unsubscribe" is no reason
            message = f"the {name} part does not say at its end why the reader gets it"
            yield finding(SEVERITY, message, place, '"You receive this because you subscribed at …" in the footer')
