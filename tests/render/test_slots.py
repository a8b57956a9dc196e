"""Slots and stencils: marks, the frozen format, and stamping."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import Bug, StateRefused, TemplateError
from digest.render.slots import CLOSE, OPEN, Slot, Stencil, mark, split

TOKEN = "wbzstfr2u6hn5y3jufd5bcxe4y"
ID = "5c3fa3ba0e4d2c43485c9f543f3f4691"
HEAD: tuple[bytes | Slot, ...] = (b"To: <", Slot.TO, b">\r\nMessage-ID: <", Slot.MESSAGE_ID, b"@example.org>\r\n\r\n")
SMALL = Stencil.of((*HEAD, b"=\r\n", Slot.TOKEN, b"=\r\n", Slot.ADDRESS, b"=\r\n", Slot.ADDRESS_HTML, b"\r\n"))

# Format 1, written on 2026-11-24 and never to be changed: a change here orphans every issue frozen so far.
FROZEN = bytes.fromhex(
    "6469676573742d7374656e63696c20310a"  # digest-stencil 1
    "3d20350a546f3a203c0a2b20746f0a"  # = 5, "To: <", + to
    "3d2031360a3e0d0a4d6573736167652d49443a203c0a"  # = 16, ">CRLF Message-ID: <"
    "2b206d6573736167652d69640a"  # + message-id
    "3d2031370a406578616d706c652e6f72673e0d0a0d0a0a"  # = 17, "@example.org>CRLF CRLF"
    "2b20746f6b656e0a3d20330a3d0d0a0a"  # + token, = 3, "= CRLF"
    "2b20616464726573730a3d20300a0a"  # + address, = 0
    "2b20616464726573732d68746d6c0a3d20320a0d0a0a"  # + address-html, = 2, CRLF
    "656e640a"  # end
)


def stamp(stencil: Stencil = SMALL, **values: str) -> bytes:
    return stencil.stamp(**({"to": "reader@example.net", "token": TOKEN, "message_id": ID} | values))


# ------------------------------------------------------------------------------------------------ marks


@pytest.mark.parametrize(
    "text",
    [
        f"{OPEN}name{CLOSE}",  # no such slot
        f"{OPEN}to{CLOSE}",  # a slot, but none for templates
        f"{OPEN}{CLOSE}",
        f"{OPEN}TOKEN{CLOSE}",
        f"{OPEN}token",  # cut short
        f"token{CLOSE}",
        f"{OPEN}{OPEN}token{CLOSE}{CLOSE}",
        f"{CLOSE}token{OPEN}",
    ],
)
def test_a_slot_that_is_none_is_an_error_of_the_template(text: str) -> None:
    """Neither an unknown name nor half a mark ever goes out."""
    with pytest.raises(TemplateError) as caught:
        split(f"before {text} after")
    assert caught.value.hint


def test_text_is_cut_at_its_slots() -> None:
    """Texts and slots in turn, texts at both ends, also where they are empty."""
    assert split("") == ("",)
    assert split("no slot {{ token }} here") == ("no slot {{ token }} here",)
    assert split(mark(Slot.TOKEN)) == ("", Slot.TOKEN, "")
    pieces = split(f"a{mark(Slot.TOKEN)}{mark(Slot.ADDRESS)}b")
    assert pieces == ("a", Slot.TOKEN, "", Slot.ADDRESS, "b")
    assert all(isinstance(piece, Slot) is bool(i % 2) for i, piece in enumerate(pieces))


# ------------------------------------------------------------------------------------------------ shape


@pytest.mark.parametrize(
    "segments",
    [
        (),
        (b"a", b"b"),
        (Slot.TO, b"", Slot.MESSAGE_ID),
        (b"", Slot.TO, Slot.MESSAGE_ID),
        (b"", b"", b""),
        (b"To", Slot.TO, b""),  # no Message-ID
        (b"", Slot.TO, b"", Slot.MESSAGE_ID, b"", Slot.TO, b""),  # two To
    ],
)
def test_a_stencil_of_another_shape_cannot_be_built(segments: tuple[bytes | Slot, ...]) -> None:
    """Literals and slots in turn, one To, one Message-ID: anything else is our mistake."""
    with pytest.raises(Bug):
        Stencil(segments=segments)


def test_segments_in_any_run_become_a_stencil() -> None:
    """Neighbouring literals are one, and an empty one stands where slots meet."""
    made = Stencil.of([Slot.TO, b"a", b"b", Slot.MESSAGE_ID, Slot.TOKEN])
    assert made.segments == (b"", Slot.TO, b"ab", Slot.MESSAGE_ID, b"", Slot.TOKEN, b"")


# ------------------------------------------------------------------------------------------------ stamping


@pytest.mark.parametrize(
    "values",
    [
        {"token": "abc\r\nBcc: x"},
        {"token": ""},
        {"token": "a b"},
        {"token": "tokén"},
        {"token": "a" * 76},
        {"message_id": ""},
        {"message_id": "<x@y>"},
        {"message_id": "a\n"},
        {"to": ""},
        {"to": "nobody"},
        {"to": "a@b\r\nBcc: c@example.org"},
        {"to": "a@b\n"},
        {"to": "a@b@c"},
        {"to": "a@b>, <c@d"},
        {"to": "a b@example.org"},
        {"to": "a@b, c@d"},
        {"to": "a@b@c,d"},
        {"to": '"a\r\nb"@example.org'},
        {"to": '"a@example.org'},
        {"to": "a\x85b@example.org"},
        {"to": "a\u2028b@example.org"},
        {"to": "a\ud800@example.org"},
    ],
)
def test_nothing_that_could_start_a_header_is_stamped(values: dict[str, str]) -> None:
    """A value that is not one address, token or id stops with Bug and makes no message."""
    with pytest.raises(Bug) as caught:
        stamp(**values)
    assert not any(value and value in str(caught.value) for value in values.values())


@pytest.mark.parametrize(
    ("to", "raw", "text", "html"),
    [
        ("reader@example.net", "reader@example.net", "reader@example.net", "reader@example.net"),
        ("a=b@example.net", "a=b@example.net", "a=3Db@example.net", "a=3Db@example.net"),
        ("o'b&c@example.net", "o'b&c@example.net", "o'b&c@example.net", "o&#x27;b&amp;c@example.net"),
        ("josé@example.net", "josé@example.net", "jos=C3=A9@example.net", "jos=C3=A9@example.net"),
        (
            '"a b"@example.net',
            '"a b"@example.net',
            '"a b"@example.net',
            "&quot;a b&quot;@example.net",
        ),
        (
            "x" * 64 + "@" + "d" * 20 + ".example",
            "x" * 64 + "@" + "d" * 20 + ".example",
            "x" * 64 + "@" + "d" * 10 + "=\r\n" + "d" * 10 + ".example",
            "x" * 64 + "@" + "d" * 10 + "=\r\n" + "d" * 10 + ".example",
        ),
    ],
)
def test_an_address_is_written_as_its_place_asks(to: str, raw: str, text: str, html: str) -> None:
    """Raw in To, quoted-printable in the text, escaped and quoted-printable in the HTML."""
    assert stamp(to=to).decode() == (
        f"To: <{raw}>\r\nMessage-ID: <{ID}@example.org>\r\n\r\n=\r\n{TOKEN}=\r\n{text}=\r\n{html}\r\n"
    )


def test_the_same_values_give_the_same_octets() -> None:
    """Stamping keeps nothing from one reader to the next."""
    first = stamp()
    stamp(to="other@example.org", token="a" * 26, message_id="b" * 32)
    assert stamp() == first


# ------------------------------------------------------------------------------------------------ frozen form


def test_what_was_frozen_in_format_1_is_read_for_ever() -> None:
    """The fixture's octets give the same message as on the day they were written, and are written the same."""
    read = Stencil.from_bytes(FROZEN)
    made = Stencil.of((*HEAD, Slot.TOKEN, b"=\r\n", Slot.ADDRESS, Slot.ADDRESS_HTML, b"\r\n"))
    assert read == made
    assert made.to_bytes() == FROZEN
    assert stamp(read).endswith(f"{TOKEN}=\r\nreader@example.netreader@example.net\r\n".encode())


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is none"),
        (b"From: x", "is none"),
        (b"digest-stencil x\nend\n", "is none"),
        (b"digest-stencil 2\nend\n", "format 2"),
        (b"digest-stencil 1\nend\n", "damaged"),
        (b"digest-stencil 1\n", "damaged"),
        (FROZEN[:-4], "damaged"),
        (FROZEN[:-1], "damaged"),
        (FROZEN + b"x", "damaged"),
        (FROZEN.replace(b"= 16\n", b"= 17\n", 1), "damaged"),
        (FROZEN.replace(b"= 16\n", b"= -6\n", 1), "damaged"),
        (FROZEN.replace(b"+ token", b"+ name"), "damaged"),
        (FROZEN.replace(b"+ token", b"+ t\xffken"), "damaged"),
        (FROZEN.replace(b"+ to\n", b"? to\n"), "damaged"),
    ],
)
def test_what_is_no_frozen_message_is_refused(data: bytes, says: str) -> None:
    """A newer format, a cut or a changed octet count is told with what to do, and never half read."""
    with pytest.raises(StateRefused, match=says) as caught:
        Stencil.from_bytes(data)
    assert caught.value.hint


@given(st.lists(st.one_of(st.binary(max_size=40), st.sampled_from([Slot.TOKEN, Slot.ADDRESS, Slot.ADDRESS_HTML]))))
def test_any_stencil_survives_freezing(body: list[bytes | Slot]) -> None:
    """from_bytes(to_bytes()) is the same stencil, whatever octets the message has."""
    made = Stencil.of([*HEAD, *body])
    assert Stencil.from_bytes(made.to_bytes()) == made


@given(st.binary(max_size=80))
def test_reading_any_octets_gives_a_stencil_or_a_refusal(data: bytes) -> None:
    """No octets in the database make anything else than StateRefused."""
    with pytest.raises(StateRefused):
        Stencil.from_bytes(b"digest-stencil 1\n" + data)
