"""Receivers refuse bulk mail that its domain does not vouch for: SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 9989).

Which key the relay signs with shows in a message alone, so a key is only said to be missing where no key can be there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from digest.lint.brought import config
from digest.lint.links import loopback, related
from digest.lint.network import Network, Records
from digest.lint.place import finding, in_config
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "error"
LOOK_UPS = 10  # RFC 7208 section 4.6.4
LONGEST_WALK = 8  # labels, RFC 9989 section 4.10
ASKING = re.compile(r"[+?~-]?(?:(include|exists):(\S+)|(a|mx|ptr)(?:[:/]\S*)?|(redirect)=(\S+))\Z", re.IGNORECASE)
LETS_ALL = re.compile(r"\+?all\Z", re.IGNORECASE)
Look = Callable[[str, str], Records]


def check(proof: Proof, network: Network) -> Iterator[Finding]:
    """Look up what the domain of From and of the return path say about who may write in their name."""
    place = in_config(proof, "sender.from")
    domain = config(proof).sender.domain
    path = proof.samples[0].mail_from.rpartition("@")[2] or domain
    if not domain or loopback(domain):
        return
    if network.records is None:
        yield finding("info", "SPF, DKIM and DMARC were not looked up: dnspython is not installed", place)
        return
    for judge in (_dmarc(domain, network.records), _spf(path, network.records), _dkim(domain, network.records)):
        yield from (finding(severity, message, place, hint) for severity, message, hint in judge)
    if not related(path, domain):
        message = f"the return path is at {path}, not at {domain}: only DKIM can make DMARC pass"
        yield finding("warning", message, place, "let the relay sign as your domain, or bounce to a name under it")


Judged = Iterator[tuple[str, str, str]]


def _dmarc(domain: str, look: Look) -> Judged:
    """The record of the domain, else of the next one up that has one."""
    for name in _walk(domain):
        found = look(f"_dmarc.{name}", "TXT")
        if found.fault:
            yield "info", found.fault, ""
            return
        records = [v for v in found.values if v.replace(" ", "").lower().startswith("v=dmarc1")]
        if len(records) > 1:
            yield SEVERITY, f"_dmarc.{name} holds {len(records)} DMARC records: receivers heed none", "leave one"
            return
        if records:
            return
    hint = f'publish at _dmarc.{domain}: "v=DMARC1; p=none; rua=mailto:…", and later a stricter p'
    yield SEVERITY, f"{domain} has no DMARC record", hint


def _walk(domain: str) -> Iterator[str]:
    labels = domain.split(".")
    yield domain
    for count in range(min(len(labels) - 1, LONGEST_WALK - 1), 1, -1):
        yield ".".join(labels[-count:])


def _spf(domain: str, look: Look) -> Judged:
    found = look(domain, "TXT")
    if found.fault:
        yield "info", found.fault, ""
        return
    records = _policies(found)
    if len(records) != 1:
        said = f"has {len(records)} SPF records: receivers heed none" if records else "has no SPF record"
        yield (
            SEVERITY,
            f"{domain} {said}",
            f'publish one TXT record at {domain}: "v=spf1 include:… -all", as the relay says',
        )
        return
    if any(LETS_ALL.match(term) for term in records[0].split()[1:]):
        yield SEVERITY, f"the SPF record of {domain} lets everybody send in its name", "end it with -all or ~all"
    if _count(records[0], look, LOOK_UPS) > LOOK_UPS:
        yield SEVERITY, f"the SPF record of {domain} needs over {LOOK_UPS} look-ups: receivers stop there", "name fewer"


def _policies(found: Records) -> list[str]:
    return [v for v in found.values if v.lower().split(" ")[0] == "v=spf1"]


def _count(record: str, look: Look, left: int) -> int:
    """How many names a receiver looks up for a record; counting ends a little over what is left."""
    count = 0
    for term in record.split()[1:]:
        asks = ASKING.match(term)
        if asks is None:
            continue
        count += 1
        below = asks[2] if (asks[1] or "").lower() == "include" else asks[5]
        if below and "%" not in below and count <= left:
            policies = _policies(look(below, "TXT"))
            count += _count(policies[0], look, left - count) if policies else 0
        if count > left:
            break
    return count


def _dkim(domain: str, look: Look) -> Judged:
    """Keys stand below this name: where it does not exist, there is none (RFC 8020)."""
    found = look(f"_domainkey.{domain}", "TXT")
    if found.fault:
        yield "info", found.fault, ""
    elif not found.exists:
        hint = "publish the key that the relay gives you, of 2048 bits"
        yield SEVERITY, f"{domain} publishes no DKIM key: nothing is there under _domainkey.{domain}", hint
