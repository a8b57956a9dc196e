"""An address: what mail goes to, and the key that makes two spellings one person. No DNS, no file.

Syntax is email-validator's (RFC 5321, 5322, 6531, IDNA 2008); plain addresses, nearly all there are, take a shorter way
that accepts nothing which it would refuse (a test holds the two together).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from digest.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

    from email_validator import ValidatedEmail

__all__ = ["Address", "mask", "parse", "plain"]

# One dot-atom of letters, digits and the signs that occur, 64 octets at most; labels of 63 at most without a double
# hyphen (those are A-labels or reserved, RFC 5891 2.3.2.1); a last label that is a word.
PLAIN = re.compile(
    r"(?=[^@]{1,64}@)[A-Za-z0-9_+'-]+(?:\.[A-Za-z0-9_+'-]+)*"
    r"@(?:(?!.{2}--)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)
LONGEST = 254  # octets of an address (RFC 5321 4.5.3.1.3: a path of 256 with its brackets)
LONGEST_LOCAL = 64
BLANK = " \t\r\n\u00a0\u200b\u200c\u200d\u2060\ufeff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """An address that mail can go to: its domain in A-labels, lower case; its local part as written."""

    address: str
    key: str  # in lower case, NFC


def parse(text: str) -> Address:
    """Read one address; raise DataError, whose sentence does not repeat it, where it is none.

    Blanks around it do not count, nor do invisible ones. A name or brackets beside it are refused.
    """
    found = plain(text) or plain(text.strip().strip(BLANK))
    if found is not None:
        return Address(address=found, key=found.lower())
    return _parse_any(text.strip().strip(BLANK))


def plain(text: str) -> str | None:
    """Give a plain ASCII address with its domain in lower case, or None where it takes a closer look."""
    if len(text) > LONGEST or PLAIN.fullmatch(text) is None:
        return None
    local, _, domain = text.partition("@")
    return f"{local}@{domain.lower()}"


def mask(address: str) -> str:
    """Show enough of an address to recognise it, and too little to write to it."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"


def _parse_any(text: str) -> Address:
    if not text:
        raise DataError("there is no address")
    if "@" not in text:
        raise DataError("not an address: there is no @ in it")
    try:
        found = _validator()(text)
    except ValueError as exc:
        raise DataError(f"not an address: {_sentence(str(exc))}") from exc
    address = f"{found.local_part}@{found.ascii_domain}"
    # The library counts signs; on the wire octets count (RFC 6531 3.3 keeps the limits of RFC 5321 4.5.3.1).
    if len(found.local_part.encode()) > LONGEST_LOCAL or len(address.encode()) > LONGEST:
        raise DataError(f"not an address: longer than {LONGEST} octets, or than {LONGEST_LOCAL} before the @-sign")
    return Address(address=address, key=unicodedata.normalize("NFC", address.lower()))


def _sentence(reason: str) -> str:
    return reason[:1].lower() + reason[1:].rstrip(".").replace(". It", ": it")


@cache
def _validator() -> Callable[[str], ValidatedEmail]:
    import email_validator

    # Syntax alone is asked: whether anybody is there, the mail server says. `.test` and `.local` exist behind a relay.
    email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()

    def validate(text: str) -> ValidatedEmail:
        return email_validator.validate_email(
            text, check_deliverability=False, allow_smtputf8=True, allow_quoted_local=True, strict=True
        )

    return validate
