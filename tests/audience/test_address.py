"""Addresses: two spellings of one person, what is none, and the short way that never disagrees with the long one."""

from __future__ import annotations

import email_validator
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from digest.audience.address import _validator, mask, parse, plain
from digest.errors import DataError


@pytest.mark.parametrize(
    ("text", "address", "key"),
    [
        ("reader@example.org", "reader@example.org", "reader@example.org"),
        ("Ada.Reader@EXAMPLE.Org", "Ada.Reader@example.org", "ada.reader@example.org"),
        ("  reader@example.org\t", "reader@example.org", "reader@example.org"),
        ("\u00a0reader@example.org\u200b\ufeff", "reader@example.org", "reader@example.org"),
        ("reader+tag@example.com", "reader+tag@example.com", "reader+tag@example.com"),
        ("o'reader@example.com", "o'reader@example.com", "o'reader@example.com"),
        ("=1+reader04@example.com", "=1+reader04@example.com", "=1+reader04@example.com"),
        ("anna@bücher.example.org", "anna@xn--bcher-kva.example.org", "anna@xn--bcher-kva.example.org"),
        ("anna@XN--BCHER-KVA.example.org", "anna@xn--bcher-kva.example.org", "anna@xn--bcher-kva.example.org"),
        ("Jörg@example.org", "Jörg@example.org", "jörg@example.org"),
        ("jo\u0308rg@example.org", "jörg@example.org", "jörg@example.org"),
        ("用户@example.com", "用户@example.com", "用户@example.com"),
        ('"reader one"@example.com', '"reader one"@example.com', '"reader one"@example.com'),
        ('"reader"@example.com', "reader@example.com", "reader@example.com"),
        ("reader@a.test", "reader@a.test", "reader@a.test"),
        ('"a b"@mail.invalid', '"a b"@mail.invalid', '"a b"@mail.invalid'),
        ("a" * 64 + "@example.org", "a" * 64 + "@example.org", "a" * 64 + "@example.org"),
    ],
)
def test_an_address_is_read(text: str, address: str, key: str) -> None:
    """As mail goes to it, and as one person."""
    found = parse(text)
    assert (found.address, found.key) == (address, key)
    assert parse(found.address) == found, "reading it again changes nothing"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \u200b ",
        "n/a",
        "postmaster",
        "@example.org",
        "reader@",
        "reader@@example.org",
        "reader@example",
        "reader@example..org",
        ".reader@example.org",
        "reader.@example.org",
        "re..ader@example.org",
        "reader@-example.org",
        "reader@example-.org",
        "reader@[192.0.2.1]",
        "reader@192.0.2.1",
        "reader@exa mple.org",
        "re ader@example.org",
        "x" * 65 + "@example.org",
        "reader@" + "x" * 64 + ".example.org",
        "reader@" + ".".join(["x" * 61] * 4) + ".org",
        "ö" * 33 + "@example.org",
        "reader@example.org\nBcc: victim@example.com",
        "reader@example.org\r\n.\r\n",
        "<reader@example.org>",
        "Reader <reader@example.org>",
        "reader@example.org,victim@example.com",
        "reader@example,org",
        "reader@example.org.",
        "reader@ab--cd.org",
        "reader@xn--zzzzzz.org",
        "\u202ereader@example.org",
        "reader\x00@example.org",
        "mailto:reader@exam ple.org",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    """In one sentence, without repeating it: reports show no address in clear."""
    with pytest.raises(DataError) as caught:
        parse(text)
    message = caught.value.message
    assert "\n" not in message
    assert ". " not in message
    assert "victim" not in message
    assert message[0].islower()
    assert caught.value.exit_code == 65


LOCAL = st.text(alphabet="aZ09.-_+'!#=\"\\ @é", min_size=1, max_size=70)
LABEL = st.text(alphabet="aZ0-_é", min_size=1, max_size=66)
DOMAIN = st.lists(LABEL | st.sampled_from(["org", "x" * 63, "xn--bcher-kva", "ab--cd", "1"]), min_size=1, max_size=5)


@settings(max_examples=300, deadline=None)
@given(local=LOCAL, domain=DOMAIN)
@example(local="a", domain=["x" * 63, "x" * 63, "x" * 63, "x" * 50, "org"])
@example(local="-a", domain=["a-b", "org"])
@example(local="a", domain=["a--b", "org"])
@example(local="a", domain=["b", "c", "comm1"])
def test_the_short_way_accepts_nothing_that_the_long_one_refuses(local: str, domain: list[str]) -> None:
    """And gives the same address."""
    text = f"{local}@{'.'.join(domain)}"
    found = plain(text)
    if found is not None:
        checked = _validator()(text)
        assert found == f"{checked.local_part}@{checked.ascii_domain}"


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=80))
def test_no_text_brings_anything_but_an_address_or_its_error(text: str) -> None:
    """And an address has no line break, no blank outside quotes, one @ that separates, and fits a command line."""
    try:
        found = parse(text)
    except DataError:
        return
    assert len(found.address.encode()) <= 254
    assert not set(found.address) & set("\r\n\0<>")
    assert found.key == found.key.lower()


def test_the_long_way_is_not_taken_for_plain_addresses() -> None:
    """Nearly all are plain: a million of them must not each cost what a library call costs."""
    for text in ("reader@example.org", "a.b-c_d+e'f@sub.example.co.uk", "x@a.io"):
        assert plain(text) == text
    assert email_validator.SPECIAL_USE_DOMAIN_NAMES == [] or plain("a@b.test")


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("reader@example.org", "r…@example.org"),
        ('"a@b"@example.org', '"…@example.org'),
        ("ü@example.org", "ü…@example.org"),
    ],
)
def test_masked_an_address_can_be_recognised_and_not_written_to(address: str, masked: str) -> None:
    """The first sign and the domain are enough for the owner of the list."""
    assert mask(address) == masked
