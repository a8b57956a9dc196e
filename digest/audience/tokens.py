"""What is derived from the secret: tokens of links, Message-IDs, the hash of forgotten people. Pure.

Each use has a key of its own, so that what one of them shows says nothing of another.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

__all__ = ["INERT", "TOKEN_LENGTH", "Keys", "fingerprint", "forgotten", "keys", "message_id", "message_ids", "token"]

TOKEN_LENGTH = 26  # 130 bits
# Base32 (RFC 4648 6) in lower case, two signs at a time: the library's encoder works in Python too, and slower.
ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
SHIFTS = range(120, -1, -10)
# Stands in preview sends. No token can equal it: 0, 1, 8 and 9 are no base32 (RFC 4648 6).
INERT = "preview0preview0preview019"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The keys that a secret gives."""

    links: bytes
    messages: bytes
    forget: bytes


def keys(secret: str) -> Keys:
    """Derive the keys of a secret: one each, by HMAC over their names (the expand step of RFC 5869)."""
    return Keys(links=_key(secret, "links"), messages=_key(secret, "messages"), forget=_key(secret, "forget"))


def _key(secret: str, use: str) -> bytes:
    return hmac.digest(secret.encode("utf-8", "surrogatepass"), f"digest/{use}/1".encode(), "sha256")


def fingerprint(secret: str) -> str:
    """Give what the ledger keeps to know the secret again; it cannot be turned back."""
    return _key(secret, "fingerprint").hex()[:32]


def token(key: bytes, newsletter: str, address_key: str) -> str:
    """Make the token of a subscription: always the same for the same person and newsletter."""
    digest = hmac.digest(key, f"{newsletter}\0{address_key}".encode(), "sha256")
    bits = int.from_bytes(digest[:17], "big") >> 6  # the first 130
    return "".join([PAIRS[bits >> shift & 1023] for shift in SHIFTS])


def message_id(key: bytes, issue: str, revision: int, address_key: str) -> str:
    """Make the left part of a Message-ID: the same for the same issue, revision and person, and nobody else's."""
    return message_ids(key, issue, revision)(address_key)


def message_ids(key: bytes, issue: str, revision: int) -> Callable[[str], str]:
    """Give `message_id` of one issue: what is the same for all its readers is hashed once."""
    begun = blake2b(f"{issue}\0{revision}\0".encode(), digest_size=16, key=key)

    def identity(address_key: str) -> str:
        hashed = begun.copy()
        hashed.update(address_key.encode())
        return hashed.hexdigest()

    return identity


def forgotten(key: bytes, address_key: str) -> str:
    """Hash a forgotten person's key, so that no list brings them back and nobody can read who it was."""
    return "forgotten:" + hmac.digest(key, address_key.encode(), "sha256").hex()
