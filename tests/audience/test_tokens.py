"""What is derived from the secret: stable, apart, unforgeable."""

from __future__ import annotations

import base64
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.audience import tokens
from digest.audience.tokens import INERT, TOKEN_LENGTH, fingerprint, forgotten, keys, message_id, token

KEYS = keys("a secret of the test")


def test_what_is_out_never_changes() -> None:
    """Links and Message-IDs are out for years: these values are a promise, and a secret is known again."""
    assert token(KEYS.links, "weekly", "reader@example.org") == "mkp4zgyxjnmg3jue452ichihwz"
    message = message_id(KEYS.messages, "weekly-2026-11-27", 1, "reader@example.org")
    assert message == "0e13cf075969b711d5354aa990bf35bf"
    assert fingerprint("a secret of the test") == "35ac51582625917429900fc5e51bdf14"


@given(newsletter=st.text("abc-", min_size=1), key=st.text("abcü@.", min_size=1))
def test_a_token_is_base32_of_the_hmac(newsletter: str, key: str) -> None:
    """26 signs of RFC 4648's alphabet in lower case: 130 bits."""
    found = token(KEYS.links, newsletter, key)
    whole = hmac.digest(KEYS.links, f"{newsletter}\0{key}".encode(), "sha256")
    assert found == base64.b32encode(whole).decode().lower()[:26]
    assert len(found) == TOKEN_LENGTH


def test_tokens_differ_where_anything_differs() -> None:
    """Person, newsletter, secret; and the border between the two names is no sign of either."""
    found = {
        token(KEYS.links, "weekly", "reader@example.org"),
        token(KEYS.links, "weekly", "reader@example.com"),
        token(KEYS.links, "monthly", "reader@example.org"),
        token(keys("another").links, "weekly", "reader@example.org"),
        token(KEYS.links, "weeklyr", "eader@example.org"),
    }
    assert len(found) == 5


def test_the_inert_token_is_nobody_s() -> None:
    """It has the shape of a token for every check of lengths, and a sign that no token has."""
    assert len(INERT) == TOKEN_LENGTH
    assert set(INERT) - set(tokens.ALPHABET)
    assert INERT.isascii()
    assert INERT.isalnum()
    assert INERT.lower() == INERT


def test_each_use_has_a_key_of_its_own() -> None:
    """What one of them shows says nothing of another."""
    found = {KEYS.links, KEYS.messages, KEYS.forget, fingerprint("a secret of the test").encode()}
    assert len(found) == 4
    assert all(len(key) == 32 for key in found)


def test_a_message_id_is_the_same_for_the_same_delivery_alone() -> None:
    """So that a receiver can see a duplicate, and takes nothing else for one."""
    first = message_id(KEYS.messages, "weekly-2026-11-27", 1, "reader@example.org")
    assert first == message_id(KEYS.messages, "weekly-2026-11-27", 1, "reader@example.org")
    assert len(first) == 32
    others = {
        message_id(KEYS.messages, "weekly-2026-11-27", 2, "reader@example.org"),
        message_id(KEYS.messages, "weekly-2026-12-04", 1, "reader@example.org"),
        message_id(KEYS.messages, "weekly-2026-11-27", 1, "reader@example.com"),
    }
    assert len(others - {first}) == 3


@pytest.mark.parametrize("secret", ["", "short", "ü" * 40, "\udcff"])
def test_any_text_is_a_secret(secret: str) -> None:
    """Whatever the environment holds; what is stored of it does not show it."""
    assert fingerprint(secret) == fingerprint(secret)
    assert len(fingerprint(secret)) == 32
    if secret:
        assert secret not in fingerprint(secret)


def test_a_forgotten_person_is_known_and_not_shown() -> None:
    """By a key of its own."""
    hashed = forgotten(KEYS.forget, "reader@example.org")
    assert hashed == forgotten(KEYS.forget, "reader@example.org")
    assert "reader" not in hashed
    assert hashed != forgotten(KEYS.links, "reader@example.org")
