"""The name in From says who writes; Gmail's sender guidelines forbid emoji, addresses, counters and subject words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.lint.letter import addresses, header
from digest.lint.place import finding, in_config
from digest.lint.subject import subject
from digest.lint.wording import words
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "warning"
EMOJI = re.compile("[\u2600-\u27bf\u2b50\u2b55\U0001f300-\U0001faff]")


def check(proof: Proof) -> Iterator[Finding]:
    """Judge the display name of From."""
    for sender in addresses(header(proof, "From")):
        if sender.domain and (fault := _fault(proof, sender.display_name.strip())):
            message = f'the name in From, "{sender.display_name}", {fault}'
            yield finding(SEVERITY, message, in_config(proof, "sender.from"), "name the newsletter or the person alone")


def _fault(proof: Proof, name: str) -> str:
    if not name:
        return "is empty: readers see a bare address"
    if EMOJI.search(name):
        return "holds an emoji"
    if "@" in name:
        return "holds an @, as if it were another address"
    if re.search(r"\(\d+\)", name):
        return "holds a counter, as if it were a conversation"
    said, line = words(name), words(subject(proof))
    if len(said) > 2 and said == line:
        return "is the subject"
    reader = proof.samples[0].rcpt_to.partition("@")[0].casefold()
    return "is the reader's own" if len(reader) > 3 and reader == name.casefold() else ""
