"""A From at a mail provider's domain fails DMARC unless that provider itself sends: the mail is refused or junked."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.brought import config
from digest.lint.letter import addresses, header
from digest.lint.place import finding, in_config
from digest.model import Finding, Proof
from digest.settings import Smtp

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"
# The provider's domains, and the end of its relay's host name.
GOOGLE, YAHOO, MICROSOFT, APPLE = "gmail.com", "yahoo.com", "outlook.com", "mail.me.com"
PROVIDERS = {
    "gmail.com": (GOOGLE, "google.com"),
    "googlemail.com": (GOOGLE, "google.com"),
    "yahoo.com": (YAHOO,),
    "ymail.com": (YAHOO,),
    "rocketmail.com": (YAHOO,),
    "aol.com": ("aol.com", YAHOO),
    "outlook.com": (MICROSOFT, "office365.com"),
    "hotmail.com": (MICROSOFT, "office365.com"),
    "live.com": (MICROSOFT, "office365.com"),
    "msn.com": (MICROSOFT, "office365.com"),
    "icloud.com": (APPLE,),
    "me.com": (APPLE,),
    "mac.com": (APPLE,),
    "gmx.net": ("gmx.net", "gmx.com"),
    "gmx.de": ("gmx.net",),
    "gmx.com": ("gmx.com",),
    "gmx.at": ("gmx.net",),
    "web.de": ("web.de",),
    "proton.me": ("proton.me", "protonmail.ch"),
    "protonmail.com": ("proton.me", "protonmail.ch"),
    "mail.ru": ("mail.ru",),
    "yandex.ru": ("yandex.ru", "yandex.com"),
    "qq.com": ("qq.com",),
    "163.com": ("163.com",),
}
FAMILIES = {"yahoo": (YAHOO,), "hotmail": (MICROSOFT, "office365.com"), "live": (MICROSOFT,), "outlook": (MICROSOFT,)}


def check(proof: Proof) -> Iterator[Finding]:
    """Compare the domain of From with the relay that is configured."""
    for sender in addresses(header(proof, "From")):
        relays = _relays(sender.domain.lower())
        if relays and not _relay(proof).endswith(relays):
            message = f"From is at {sender.domain}, whose policy refuses mail that another server sends"
            hint = "send from a domain of your own, or through that provider's own relay"
            yield finding(SEVERITY, message, in_config(proof, "sender.from"), hint)


def _relays(domain: str) -> tuple[str, ...]:
    family, _, rest = domain.partition(".")
    country = len(rest) == 2 or rest in {"co.uk", "com.br", "com.au", "co.jp", "co.in", "com.mx", "com.ar"}
    return PROVIDERS.get(domain) or (FAMILIES.get(family, ()) if country else ())


def _relay(proof: Proof) -> str:
    transport = config(proof).transport
    return transport.options.host.lower() if transport and isinstance(transport.options, Smtp) else ""
