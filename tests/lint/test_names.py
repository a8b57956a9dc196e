"""Looking names up, at a real DNS server on loopback: what is there, what is not, and what does not answer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from digest.lint import names
from digest.lint.names import Names

dns_message = pytest.importorskip("dns.message", reason="dnspython is not installed")

ZONE = {
    ("example.test.", "TXT"): ['"v=spf1 include:" "mail.example.test -all"', '"other"'],
    ("example.test.", "MX"): ["10 mail.example.test."],
}


@contextmanager
def serving(*, silent: bool = False, broken: bool = False) -> Iterator[int]:
    """Answer from ZONE until the block ends: NOERROR where only other kinds are there, NXDOMAIN where nothing is."""
    import dns.message
    import dns.rcode
    import dns.rrset

    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))

    def answer(query: dns.message.Message) -> bytes:
        (question,) = query.question
        name, kind = question.name.to_text(), dns.rdatatype.to_text(question.rdtype)
        reply = dns.message.make_response(query)
        if broken:
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif (name, kind) in ZONE:
            reply.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *ZONE[name, kind]))
        elif not any(known == name or known.endswith(f".{name}") for known, _ in ZONE):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply.to_wire()

    def serve() -> None:
        while True:
            data, who = server.recvfrom(4096)
            if data == b"end":
                return
            if not silent:
                server.sendto(answer(dns.message.from_wire(data)), who)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield server.getsockname()[1]
    finally:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"end", server.getsockname())
        thread.join()
        server.close()


def look(port: int, timeout: float = 5) -> Names:
    return Names(servers=("127.0.0.1",), port=port, timeout=timeout)


def test_records_are_told_and_strings_joined() -> None:
    """Every TXT record in one piece; other kinds as text; a name that has other kinds exists."""
    with serving() as port:
        there = look(port)
        assert set(there.records("example.test", "TXT").values) == {"v=spf1 include:mail.example.test -all", "other"}
        assert there.records("example.test", "MX").values == ("10 mail.example.test.",)
        empty = there.records("example.test", "A")
        assert (empty.values, empty.exists, empty.fault) == ((), True, "")


def test_what_is_not_there_is_no_fault() -> None:
    """Nothing under the name, nor below."""
    with serving() as port:
        gone = look(port).records("_domainkey.example.test", "TXT")
        assert (gone.exists, gone.fault) == (False, "")


@pytest.mark.parametrize("how", ["silent", "broken"])
def test_a_server_that_does_not_answer_is_told(how: str) -> None:
    """Nothing is known then, and nothing is claimed."""
    with serving(**{how: True}) as port:
        unknown = look(port, timeout=0.3).records("example.test", "TXT")
        assert "could not be looked up" in unknown.fault
        assert (unknown.values, unknown.exists) == ((), True)


@pytest.mark.parametrize("name", ["a..b", "x" * 70 + ".test", ""])
def test_a_name_that_cannot_be_is_told(name: str) -> None:
    """A domain comes from a configuration: it may be anything."""
    with serving() as port:
        found = look(port, timeout=0.3).records(name, "TXT")
        assert found.fault or found.values == ()


def test_the_resolver_is_there() -> None:
    """email-validator brings it."""
    assert names.available()


def test_the_machine_s_own_servers_are_asked_where_none_are_named() -> None:
    """No time is given, so nothing is sent and nothing is known."""
    assert "could not be looked up" in Names(timeout=0).records("example.test", "TXT").fault
