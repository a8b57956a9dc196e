"""The way out names the subscription by a token that shows no address and cannot be made by others (RFC 8058
section 6): links are logged, forwarded and guessed."""

from __future__ import annotations

import base64
import binascii
import codecs
import hashlib
import re
from collections.abc import Iterator
from urllib.parse import unquote

from digest.lint.letter import message
from digest.lint.place import finding, in_headers
from digest.model import Finding, Proof, Sample

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"
RUN = re.compile(r"[A-Za-z0-9+/_=-]{8,}")


def check(proof: Proof) -> Iterator[Finding]:
    """Look for the reader's address in the ways out: plain, rot13, base64, hex, or as its bare hash."""
    for sample in proof.samples:
        if way := next((w for w in _ways(sample) if _shows(w, sample.rcpt_to.lower())), ""):
            text = f"the unsubscribe address shows whose it is: {way.partition(':')[0]} with the reader's address in it"
            yield finding(SEVERITY, text, in_headers(), "use the token that digest makes")
            return


def _ways(sample: Sample) -> Iterator[str]:
    for value in message(sample.data).get_all("List-Unsubscribe", []):
        yield from ("".join(uri.split()) for uri in re.findall(r"<([^>]*)>", str(value)))


def _shows(way: str, address: str) -> bool:
    text = unquote(way).lower()
    turned = codecs.encode(address, "rot13")
    hashes = (
        hashlib.new(kind, address.encode(), usedforsecurity=False).hexdigest() for kind in ("md5", "sha1", "sha256")
    )
    if address in text or turned in text or any(h in text for h in hashes):
        return True
    runs = (piece for run in RUN.findall(unquote(way)) for piece in (run, *run.split("/")))
    return any(address in decoded for piece in runs for decoded in _decoded(piece))


def _decoded(run: str) -> Iterator[str]:
    padded = run + "=" * (-len(run) % 4)
    for read in (base64.b64decode, base64.urlsafe_b64decode, lambda r: bytes.fromhex(r.rstrip("="))):
        try:
            yield read(padded).decode().lower()
        except (binascii.Error, ValueError):
            continue
