"""The finished message as rules read it: header values, the unsubscribe ways, parts. Parsed once a sample."""

from __future__ import annotations

import email
import email.policy
import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import getaddresses
from functools import lru_cache

from digest.model import Proof, Sample

__all__ = ["addresses", "header", "headers", "leaves", "message", "ways_out"]


@lru_cache(maxsize=8)
def message(data: bytes) -> EmailMessage:
    """The parsed message."""
    return email.message_from_bytes(data, policy=email.policy.default)


def leaves(sample: Sample) -> tuple[EmailMessage, ...]:
    """The parts that are no containers, in order."""
    return tuple(part for part in message(sample.data).walk() if not part.is_multipart())


def headers(proof: Proof, name: str) -> tuple[str, ...]:
    """Every value of a field of the first sample."""
    return tuple(value for key, value in proof.headers if key.lower() == name.lower())


def header(proof: Proof, name: str) -> str:
    """The value of a field, or empty."""
    return next(iter(headers(proof, name)), "").strip()


def addresses(value: str) -> tuple[Address, ...]:
    """The addresses of a decoded From or Reply-To."""
    found = []
    for name, spec in getaddresses([value]):
        local, at, domain = spec.rpartition("@")
        found.append(Address(display_name=name, username=local, domain=domain) if at else Address(display_name=name))
    return tuple(found)


def ways_out(proof: Proof) -> tuple[str, ...]:
    """The addresses of List-Unsubscribe, in order."""
    return tuple("".join(uri.split()) for uri in re.findall(r"<([^>]*)>", header(proof, "List-Unsubscribe")))
