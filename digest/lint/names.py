"""Looking names up in the DNS for the online rules, by dnspython where it is installed (email-validator brings it)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from digest.lint.network import Records

__all__ = ["Names", "available"]


def available() -> bool:
    """True where names can be looked up."""
    return find_spec("dns") is not None


@dataclass(frozen=True, kw_only=True)
class Names:
    """Looks names up: at this machine's servers, or at those that are named (tests)."""

    servers: Sequence[str] = ()
    port: int = 53
    timeout: float = 10.0  # seconds for one name, all tries together

    def records(self, name: str, kind: str) -> Records:
        """The records of one kind under a name; strings of a TXT record are joined (RFC 7208 section 3.3)."""
        import dns.exception
        import dns.resolver

        try:
            resolver = dns.resolver.Resolver(configure=not self.servers)
            resolver.lifetime = self.timeout
            if self.servers:
                resolver.nameservers, resolver.port = list(self.servers), self.port
            found = resolver.resolve(name, kind, search=False)
        except dns.resolver.NXDOMAIN:
            return Records(exists=False)
        except dns.resolver.NoAnswer:
            return Records()
        except dns.exception.DNSException as exc:
            return Records(fault=f"{name} could not be looked up ({type(exc).__name__})")
        return Records(values=tuple(_text(record) for record in found))


def _text(record: object) -> str:
    strings: tuple[bytes, ...] | None = getattr(record, "strings", None)
    return str(record) if strings is None else b"".join(strings).decode("utf-8", "replace")
