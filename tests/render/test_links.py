"""Addresses: made absolute and encoded, or refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.render.links import absolute, bare, host, watch_page

BASE = "https://example.org/blog/a/"


@pytest.mark.parametrize(
    ("written", "followed"),
    [
        ("https://example.com", "https://example.com/"),
        ("HTTP://Example.COM:8080/a?b#c", "http://example.com:8080/a?b#c"),
        ("../b", "https://example.org/blog/b"),
        ("/c d/ü", "https://example.org/c%20d/%C3%BC"),
        ("//cdn.example/x", "https://cdn.example/x"),
        ("?q=1", "https://example.org/blog/a/?q=1"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://[2606:4700::1111]/x", "https://[2606:4700::1111]/x"),
        ("https://example.org/%20%zz", "https://example.org/%20%zz"),
        ("https://example.org/it's", "https://example.org/it%27s"),
        ("mailto:a b@example.org", "mailto:a%20b@example.org"),
        ("tel:+43 1", "tel:+43%201"),
        ("#part", ""),
        ("", ""),
        ("mailto:", ""),
        ("javascript:alert(1)", ""),
        ("java\nscript:alert(1)", ""),
        ("ftp://example.org/", ""),
        ("https:///x", "https://example.org/x"),
        ("https://[::1", ""),
        ("https://example.org:99999/", ""),
        ("https://user:secret@example.org/", ""),
        ("http://localhost/", ""),
        ("http://a.localhost/", ""),
        ("http://printer.local/", ""),
        ("http://10.1.2.3/", ""),
        ("http://[::1]/", ""),
        ("http://intranet/", ""),
        ("https://a..b.example/", ""),
    ],
)
def test_what_can_be_followed(written: str, followed: str) -> None:
    """Each line: an address on a page, and what a reader gets."""
    assert absolute(written, BASE) == followed


def test_pictures_have_no_mailto() -> None:
    """Without `mail`, and without a page to start from."""
    assert absolute("mailto:a@example.org", BASE, mail=False) == ""
    assert absolute("a.png") == ""


@given(st.text(max_size=60))
def test_whatever_is_written_an_address_is_plain(text: str) -> None:
    """ASCII without blanks, quotes, brackets or controls; once made, it stays as it is."""
    for address in (absolute(text, BASE), absolute(f"https://example.org/{text}")):
        assert address.isascii()
        assert not set(address) & set("\"'<>\\ \n\t")
        assert absolute(address) == address


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see https://e.org/a.", ["https://e.org/a"]),
        ("(https://e.org/a_(b)), <https://e.org/c>!", ["https://e.org/a_(b)", "https://e.org/c"]),
        ("**https://e.org/a**", ["https://e.org/a"]),
        ("nothing http:// here", []),
        ("https://", []),
    ],
)
def test_addresses_in_running_text(text: str, found: list[str]) -> None:
    """What closes a sentence is not part of them."""
    assert [text[a:b] for a, b in bare(text)] == found


def test_names_of_hosts_and_pages_of_films() -> None:
    """As people say them, and where people watch."""
    assert host("https://www.example.org/x") == "example.org"
    assert host("nothing") == ""
    assert watch_page("https://www.youtube-nocookie.com/embed/a-b?x") == "https://www.youtube.com/watch?v=a-b"
    assert watch_page("https://example.org/embed/a") == "https://example.org/embed/a"
