"""The subject of the mail, as the reader gets it: without the mark of a preview send."""

from __future__ import annotations

from digest.lint.letter import header
from digest.model import Proof

__all__ = ["subject"]

MARK = "[Preview] "


def subject(proof: Proof) -> str:
    """The decoded subject of the first sample."""
    return header(proof, "Subject").removeprefix(MARK.rstrip()).lstrip()
