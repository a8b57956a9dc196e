"""The whole message: assembled, read back by the standard library, and checked as finished bytes."""

from __future__ import annotations

import difflib
import re
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.errors import Bug, DataError, TemplateError
from digest.model import Picture, Rendered
from digest.render import mime
from digest.render.slots import Slot, Stencil, mark
from digest.settings import Newsletter, Public, Sender, Site
from digest.testing import rendered

TOKEN = "wbzstfr2u6hn5y3jufd5bcxe4y"
ID = "5c3fa3ba0e4d2c43485c9f543f3f4691"
READER = {"to": "reader@example.net", "token": TOKEN, "message_id": ID}
SENDER = Sender(
    name="Example Weekly",
    address="weekly@news.example.org",
    reply_to="editors@example.org",
    unsubscribe="u@news.example.org",
    bounces="b@news.example.org",
)
RETURN = f"b+{TOKEN}@news.example.org"


def assemble(made: Rendered | None = None, **fields: Any) -> Stencil:
    values: dict[str, Any] = {
        "newsletter": Newsletter(name="weekly", title="Example Weekly"),
        "site": Site(name="Example Weekly"),
        "sender": SENDER,
        "public": Public(url="https://news.example.org"),
        "issue_id": "weekly-2026-11-24",
        "date": datetime(2026, 11, 24, 9, 0, tzinfo=ZoneInfo("Europe/Vienna")),
    }
    return mime.assemble(made or rendered(), **(values | fields))


def sound(data: bytes) -> EmailMessage:
    """Parse finished bytes by the standard library; hold them to every rule of lines, octets and defects."""
    assert data.isascii()
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert b"\r" not in data.replace(b"\r\n", b"")
    assert b"\0" not in data
    head, _, body = data.partition(b"\r\n\r\n")
    assert max(map(len, head.split(b"\r\n"))) <= 998
    assert max(map(len, body.split(b"\r\n"))) <= 76
    assert not re.search(rb"(?m)^\.|^From |[ \t]\r$", data)
    message = message_from_bytes(data, policy=default)
    for part in message.walk():
        assert not part.defects
        for name, value in part.items():
            assert not value.defects, (name, value.defects)
    names = [name.lower() for name in message]
    assert len(names) == len(set(names))
    return message


# ------------------------------------------------------------------------------------------------ structure


def test_a_message_is_text_and_html_and_nothing_else() -> None:
    """multipart/alternative of two leaves, text first, both quoted-printable utf-8, both as rendered."""
    data = assemble().stamp(**READER)
    message = sound(data)
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    for part, source in zip(message.iter_parts(), (rendered().text, rendered().html), strict=True):
        assert part.get_content_charset() == "utf-8"
        assert part["Content-Transfer-Encoding"] == "quoted-printable"
        wanted = source.replace(mark(Slot.TOKEN), TOKEN).replace(mark(Slot.ADDRESS), "reader@example.net")
        assert part.get_content().replace("\r\n", "\n").rstrip("\n") == wanted.rstrip("\n")
    boundary = message.get_boundary()
    assert re.fullmatch("=_[0-9a-f]{32}", boundary)
    assert data.endswith(f"\r\n--{boundary}--\r\n".encode())
    mime.check(data, mail_from=RETURN, rcpt_to="reader@example.net")


PHOTO = Picture(id="0123456789abcdef0123456789abcdef@news.example.org", kind="image/jpeg", data=bytes(range(256)) * 9)
DISC = Picture(id="fedcba9876543210fedcba9876543210@news.example.org", kind="image/png", data=b"\x89PNG and so on")


def with_pictures(*pictures: Picture, shown: tuple[Picture, ...] | None = None) -> Rendered:
    """A variant that shows these pictures from inside the message."""
    tags = "".join(f'<img src="cid:{p.id}" alt="">' for p in (pictures if shown is None else shown))
    made = rendered()
    return replace(made, html=made.html.replace("</body>", f"{tags}</body>"), pictures=pictures)


def test_pictures_go_along_with_the_page_that_shows_them() -> None:
    """The HTML leaf becomes multipart/related, HTML first; each picture is inline, base64, and has its id."""
    stencil = assemble(with_pictures(PHOTO, DISC))
    data = stencil.stamp(**READER)
    message = sound(data)
    text, related = message.iter_parts()
    assert (text.get_content_type(), related.get_content_type()) == ("text/plain", "multipart/related")
    assert related.get_param("type") == "text/html"
    assert not related.get_boundary().startswith(message.get_boundary())
    page, photo, disc = related.iter_parts()
    assert page.get_content_type() == "text/html"
    assert page["Content-Transfer-Encoding"] == "quoted-printable"
    for part, picture, name in ((photo, PHOTO, "picture-1.jpg"), (disc, DISC, "picture-2.png")):
        assert part.get_content_type() == picture.kind
        assert part["Content-ID"] == f"<{picture.id}>"
        assert part["Content-Transfer-Encoding"] == "base64"
        assert (part.get_content_disposition(), part.get_filename()) == ("inline", name)
        assert part.get_content() == picture.data
    mime.check(data, mail_from=RETURN, rcpt_to="reader@example.net")
    assert mime.pictures(data) == (PHOTO, DISC)
    assert mime.pictures(assemble().stamp(**READER)) == ()
    headers, plain, html = mime.read(data)
    assert (plain.rstrip("\n"), "cid:" in html) == (
        rendered().text.replace(mark(Slot.TOKEN), TOKEN).replace(mark(Slot.ADDRESS), "reader@example.net").rstrip("\n"),
        True,
    )
    assert dict(headers)["Content-Type"].startswith("multipart/alternative")
    assert (
        Stencil.from_bytes(stencil.to_bytes()).stamp(**READER)
        == data
        == assemble(with_pictures(PHOTO, DISC)).stamp(**READER)
    )


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (with_pictures(PHOTO, shown=()), "are not those that the HTML shows"),
        (with_pictures(shown=(PHOTO,)), "are not those that the HTML shows"),
        (with_pictures(PHOTO, PHOTO), "are not those that the HTML shows"),
        (with_pictures(replace(PHOTO, data=b"")), "a picture is not base64, or empty"),
    ],
)
def test_a_picture_that_nobody_shows_or_sends_never_leaves(made: Rendered, says: str) -> None:
    """The check of the finished bytes counts them: each is shown, each shown goes along, once."""
    with pytest.raises(Bug, match=says):
        mime.check(assemble(made).stamp(**READER), mail_from=RETURN, rcpt_to="reader@example.net")


@pytest.mark.parametrize(
    "picture",
    [
        replace(PHOTO, kind="image/svg+xml"),
        replace(PHOTO, kind="image/jpeg\r\nX-Header: y"),
        replace(PHOTO, id="no id"),
        replace(PHOTO, id="a>\r\nX-Header: y@z"),
        replace(PHOTO, id=f"{'a' * 32}@{'long.' * 9}example.org"),
    ],
)
def test_a_picture_that_could_change_a_header_is_refused(picture: Picture) -> None:
    """Types and ids are ours alone; any other is our mistake, and is told."""
    with pytest.raises(Bug, match="cannot go along"):
        assemble(with_pictures(picture))


def test_a_part_of_another_kind_never_leaves() -> None:
    """What goes along is a picture, inline: nothing is attached."""
    data = assemble(with_pictures(PHOTO)).stamp(**READER)
    for old, new, says in (
        (b"Content-Disposition: inline", b"Content-Disposition: attachment", "goes along and is no picture"),
        (b"Content-Type: image/jpeg", b"Content-Type: image/webp", "goes along and is no picture"),
        (b"Transfer-Encoding: base64", b"Transfer-Encoding: 7bit", "a picture is not base64"),
        (b"multipart/related", b"multipart/mixed", "its parts are not text and HTML"),
    ):
        with pytest.raises(Bug, match=says):
            mime.check(data.replace(old, new), mail_from=RETURN, rcpt_to="reader@example.net")


def test_each_field_once_and_to_is_the_reader() -> None:
    """From and To through their addresses; the fields of the rules, each exactly once, and no other."""
    message = sound(assemble().stamp(**READER))
    assert [a.addr_spec for a in message["From"].addresses] == ["weekly@news.example.org"]
    assert [a.addr_spec for a in message["To"].addresses] == ["reader@example.net"]
    assert message["To"].addresses[0].display_name == ""
    assert {name.lower() for name in message} == {
        *("date", "from", "reply-to", "to", "message-id", "subject", "list-id", "list-unsubscribe"),
        *("list-unsubscribe-post", "list-archive", "list-help", "list-post", "feedback-id", "content-language"),
        *("mime-version", "content-type"),
    }


def test_two_readers_differ_in_their_slots_alone() -> None:
    """A byte diff shows To, Message-ID, the ways out and the slots of the bodies, and not one octet more."""
    one = assemble().stamp(**READER).split(b"\r\n")
    other = assemble().stamp(to="o.ther@example.com", token="a" * 26, message_id="0" * 32).split(b"\r\n")
    assert len(one) == len(other)
    different = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    for a, b in different:
        for mine, theirs in ((b"reader@example.net", b"o.ther@example.com"), (TOKEN.encode(), b"a" * 26)):
            a, b = a.replace(mine, b"~"), b.replace(theirs, b"~")
        assert a.replace(ID.encode(), b"~") == b.replace(b"0" * 32, b"~")
    assert {a for a, _ in different} == {
        b"To: <reader@example.net>",
        f"Message-ID: <{ID}@news.example.org>".encode(),
        f"List-Unsubscribe: <https://news.example.org/u/{TOKEN}>,".encode(),
        f" <mailto:u@news.example.org?subject=unsubscribe%20{TOKEN}>".encode(),
        TOKEN.encode(),
        f"{TOKEN}=".encode(),
        b"reader@example.net=",
    }


def test_a_preview_differs_in_its_subject_alone() -> None:
    """`[Preview] ` before the subject, and nothing else: what was looked at is what is sent."""
    issue = assemble().stamp(**READER).decode().split("\r\n")
    preview = assemble(kind="preview").stamp(**READER).decode().split("\r\n")
    changes = [line for line in difflib.ndiff(issue, preview) if line[0] in "+-"]
    assert changes == ["- Subject: About a, and 2 more", "+ Subject: [Preview] About a, and 2 more"]
    hard = sound(assemble(rendered(subject="Größe"), kind="preview").stamp(**READER))
    assert hard["Subject"] == "[Preview] Größe"
    with pytest.raises(Bug, match="'Preview'"):
        assemble(kind="Preview")


def test_the_same_issue_has_the_same_octets_in_any_process() -> None:
    """No clock, no random boundary, no order of a set: a receiver can see a duplicate."""
    program = (
        "from tests_mime import assemble; import sys, hashlib;"
        "sys.stdout.write(hashlib.sha256(assemble().to_bytes()).hexdigest())"
    )
    load = (
        "import importlib.util as u, sys; s = u.spec_from_file_location('tests_mime', sys.argv[1]);"
        "m = u.module_from_spec(s); sys.modules['tests_mime'] = m; s.loader.exec_module(m);"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", load + program, __file__],
            env={"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }
    assert len(found) == 1
    assert re.fullmatch("[0-9a-f]{64}", found.pop())


def test_another_text_has_another_boundary() -> None:
    """The boundary is a hash of the content: two parts of one hash are one content."""
    made = {assemble(r).segments[-1] for r in (rendered(), rendered(text="x"), rendered(html="x"))}
    assert len(made) == 3


@pytest.mark.parametrize("part", ["html", "text"])
def test_a_boundary_in_the_content_ends_no_part(part: str) -> None:
    """A post that quotes a mail, boundary and all, stays a post."""
    boundary = sound(assemble().stamp(**READER)).get_boundary()
    quoted = f"before\n--{boundary}\nContent-Type: text/html\n\n--{boundary}--\nafter\n"
    data = assemble(rendered(**{part: quoted})).stamp(**READER)
    assert {"html": mime.read(data)[2], "text": mime.read(data)[1]}[part] == quoted
    mime.check(data, mail_from=RETURN, rcpt_to="reader@example.net")


def test_an_address_is_escaped_where_html_is() -> None:
    """The same address in both parts, each as its part is read."""
    hard = "o'b&c=d@example.net"
    _, text, html = mime.read(assemble().stamp(**READER | {"to": hard}))
    assert f"Sent to {hard}." in text
    assert "Sent to o&#x27;b&amp;c=d@example.net." in html


def test_a_non_ascii_local_part_is_raw_in_to_alone() -> None:
    """SMTPUTF8 (RFC 6532): the address as it is in To; everything else stays 7-bit."""
    hard = "josé@xn--bcher-kva.example"
    data = assemble().stamp(**READER | {"to": hard})
    mime.check(data, mail_from=RETURN, rcpt_to=hard)
    headers, text, _ = mime.read(data)
    assert hard in dict(headers)["To"]
    assert f"Sent to {hard}." in text
    assert data.replace(f"To: <{hard}>".encode(), b"").isascii()


@pytest.mark.parametrize("where", ["subject", "title", "name"])
def test_a_control_character_stops_the_assembly(where: str) -> None:
    """Nothing bound for a header starts one."""
    evil = "x\r\nBcc: all@example.org"
    fields: dict[str, Any] = {
        "subject": {"made": rendered(subject=evil)},
        "title": {"newsletter": Newsletter(name="weekly", title=evil)},
        "name": {"sender": Sender(name=evil, address="a@example.org")},
    }[where]
    with pytest.raises(DataError, match="control character"):
        assemble(**fields)


def test_a_template_with_an_unknown_slot_is_stopped() -> None:
    """In either part; slots of the header are not for templates."""
    for fields in ({"html": "\ufdd0name\ufdd1"}, {"text": "\ufdd0to\ufdd1"}):
        with pytest.raises(TemplateError):
            assemble(rendered(**fields))


def test_a_lone_surrogate_is_our_bug() -> None:
    """Rendering drops them; one that comes through is told, with what stands before it."""
    with pytest.raises(Bug, match="after 'abc'"):
        assemble(rendered(text="abc\ud800"))


def test_what_ends_without_a_line_end_gets_one() -> None:
    """Also where it ends in a slot, or is empty."""
    for text, wanted in (("", "\n"), ("a", "a\n"), ("a\n\n\n", "a\n"), (mark(Slot.TOKEN), f"{TOKEN}\n")):
        data = assemble(rendered(text=text)).stamp(**READER)
        sound(data)
        assert mime.read(data)[1] == wanted


def test_the_return_path_carries_the_token_where_bounces_have_an_address() -> None:
    """VERP, else From; never an address of a reader."""
    assert mime.mail_from(SENDER, TOKEN) == RETURN
    assert mime.mail_from(Sender(address="a@example.org"), TOKEN) == "a@example.org"


def test_reading_gives_headers_in_order_and_both_parts() -> None:
    """Decoded, with LF line ends, as the preflight and the preview look at them."""
    headers, text, html = mime.read(assemble(rendered(subject="Größe 🙂", text="a\nb\n")).stamp(**READER))
    assert headers[0] == ("Date", "Tue, 24 Nov 2026 09:00:00 +0100")
    assert dict(headers)["Subject"] == "Größe 🙂"
    assert text == "a\nb\n"
    assert html.endswith("</html>\n")
    assert mime.read(b"Subject: x\r\n\r\n")[1:] == ("", "")
    folded = mime.read(b"List-Unsubscribe:\r\n <mailto:u@example.org>\r\n\r\n")[0]
    assert folded == (("List-Unsubscribe", "<mailto:u@example.org>"),)


# ------------------------------------------------------------------------------------------------ the check

DATA = assemble().stamp(**READER)
BOUNDARY = re.findall(rb"=_[0-9a-f]{32}", DATA)[0]


def without(name: bytes) -> bytes:
    return re.sub(rb"(?m)^" + name + rb":.*\r\n(?:[ \t].*\r\n)*", b"", DATA, count=1)


def with_field(line: bytes) -> bytes:
    return line + b"\r\n" + DATA


BROKEN: dict[str, tuple[bytes, str]] = {
    "bare LF": (DATA.replace(b"\r\n", b"\n", 1), "alone"),
    "bare CR": (DATA.replace(b"Sent to", b"Sent\rto", 1), "alone"),
    "LF CR": (DATA + b"\n\r", "alone"),
    "NUL": (DATA.replace(b"Sent to", b"Sent\0to", 1), "NUL"),
    "no end": (DATA[:-2], "line end"),
    "no body": (DATA.partition(b"\r\n\r\n")[0] + b"\r\n", "no body"),
    "header line over 998": (with_field(b"Reply-To: " + b"x" * 1000), "998"),
    "body line over 76": (DATA.replace(b"EXAMPLE WEEKLY", b"x" * 77, 1), "76"),
    "dot": (DATA.replace(b"EXAMPLE WEEKLY", b".", 1), "dot"),
    "From": (DATA.replace(b"EXAMPLE WEEKLY", b"From here", 1), "From"),
    "blank at the end": (DATA.replace(b"EXAMPLE WEEKLY", b"EXAMPLE ", 1), "blank"),
    "8 bit": (DATA.replace(b"EXAMPLE WEEKLY", "ÉXAMPLE".encode(), 1), "127"),
    "8 bit in a header": (with_field("Reply-To: é <a@example.org>".encode()), "127"),
    "another To": (DATA.replace(b"To: <reader@", b"To: <other@", 1), "recipient of the envelope"),
    "a name in To": (DATA.replace(b"To: <reader@", b"To: Reader <reader@", 1), "recipient of the envelope"),
    "two To": (with_field(b"To: <reader@example.net>"), "to is there twice"),
    "Bcc": (with_field(b"Bcc: <reader@example.net>"), "'bcc' has no business"),
    "X-Mailer": (with_field(b"X-Mailer: us"), "'x-mailer' has no business"),
    "no From": (without(b"From"), "from is missing"),
    "no List-Id": (without(b"List-Id"), "list-id is missing"),
    "no promise": (without(b"List-Unsubscribe-Post"), "one-click"),
    "another promise": (DATA.replace(b"=One-Click", b"=one-click"), "one-click"),
    "no way out": (without(b"List-Unsubscribe"), "list-unsubscribe is missing"),
    "encoded URL": (DATA.replace(b"List-Help: <https", b"List-Help: =?utf-8?q?x?= <https"), "list-help holds"),
    "long word": (DATA.replace(b"Subject: ", b"Subject: =?utf-8?q?" + b"x" * 80 + b"?= ", 1), "over 75"),
    "no zone": (re.sub(rb"Date: [^\r]*", b"Date: yesterday", DATA), "InvalidDateDefect"),
    "two From": (DATA.replace(b"From: Example Weekly <", b"From: Example Weekly <<", 1), "Defect"),
    "boundary in a part": (DATA.replace(b"EXAMPLE WEEKLY", b"--" + BOUNDARY, 1), "boundary"),
    "foreign boundary": (DATA.replace(b"=_", b"xx"), "boundary"),
    "no closing": (DATA.replace(b"--" + BOUNDARY + b"--", b"--"), "Defect"),
    "another order": (DATA.replace(b"text/plain", b"text/html"), "not text and HTML"),
    "another charset": (DATA.replace(b'text/html; charset="utf-8"', b'text/html; charset="latin-1"'), "utf-8"),
    "base64": (DATA.replace(b"quoted-printable", b"base64", 1), "text/plain is not quoted-printable"),
    "no text": (DATA.replace(b"EXAMPLE", b"=FF=FE", 1), "text/plain does not decode"),
    "a slot left": (DATA.replace(b"EXAMPLE", b"=EF=B7=90token=EF=B7=91", 1), "text/plain still holds a slot"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_bytes_that_break_a_rule_never_leave(name: str) -> None:
    """Each way of breaking them is told by its name, and the reader's address is not."""
    data, says = BROKEN[name]
    assert data != DATA
    with pytest.raises(Bug, match=re.escape(says)) as caught:
        mime.check(data, mail_from=RETURN, rcpt_to="reader@example.net")
    assert "reader@" not in str(caught.value)


@pytest.mark.parametrize(
    ("mail_from", "rcpt_to", "says"),
    [
        ("", "reader@example.net", "return path is no address"),
        ("nobody", "reader@example.net", "return path is no address"),
        ("a b@example.org", "reader@example.net", "return path is no address"),
        ("a@example.org>\r\nDATA", "reader@example.net", "return path is no address"),
        ("a" * 65 + "@example.org", "reader@example.net", "64"),
        (RETURN, "reader", "recipient is no address"),
        (RETURN, "other@example.net", "recipient of the envelope"),
        (RETURN, "\ud800@example.net", "recipient of the envelope"),
    ],
)
def test_an_envelope_that_does_not_fit_is_told(mail_from: str, rcpt_to: str, says: str) -> None:
    """MAIL FROM is an address with a short local part, RCPT TO is what To says."""
    with pytest.raises(Bug, match=says):
        mime.check(DATA, mail_from=mail_from, rcpt_to=rcpt_to)


def test_all_that_is_wrong_is_told_at_once() -> None:
    """Not one mistake a run."""
    with pytest.raises(Bug) as caught:
        mime.check(without(b"From").replace(b"Subject:", b"X-Subject:"), mail_from=RETURN, rcpt_to="reader@example.net")
    assert all(word in str(caught.value) for word in ("from is missing", "subject is missing", "'x-subject'"))


# ------------------------------------------------------------------------------------------------ hostile content

ANY = st.one_of(
    st.text(alphabet=st.characters(exclude_categories=("Cs",), exclude_characters="\ufdd0\ufdd1"), max_size=300),
    st.text(alphabet=st.sampled_from(".=\r\n \tFrom-_?é🙂א\u2028\x85\0"), max_size=300),
    st.sampled_from(["x" * 5000, "é" * 5000, "\r\n.\r\n", ".", "From a", "{{ token }}", "%EF%B7%90token%EF%B7%91"]),
)
BODY = st.lists(st.one_of(ANY, st.sampled_from([mark(Slot.TOKEN), mark(Slot.ADDRESS)])), max_size=8).map("".join)
ADDRESSES = st.sampled_from(["r@e.example", "o'b=c&d@e.example", "-@e.example", "x" * 64 + "@" + "d" * 60 + ".example"])


def holds(text: str, html: str, to: str) -> None:
    """Whatever the bodies hold, the finished message is sound and says what was rendered."""
    data = assemble(rendered(text=text, html=html)).stamp(**READER | {"to": to})
    sound(data)
    mime.check(data, mail_from=RETURN, rcpt_to=to)
    _, read_text, read_html = mime.read(data)
    escaped = to.replace("&", "&amp;").replace("'", "&#x27;")
    for source, read, address in ((text, read_text, to), (html, read_html, escaped)):
        wanted = source.rstrip("\r\n").replace("\r\n", "\n").replace("\r", "\n") + "\n"
        assert read == wanted.replace(mark(Slot.TOKEN), TOKEN).replace(mark(Slot.ADDRESS), address)


@settings(max_examples=200, deadline=None)
@given(BODY, BODY, ADDRESSES)
def test_200_hostile_bodies_are_right(text: str, html: str, to: str) -> None:
    """Controls, dots, escapes, 5,000 characters without a blank, slots anywhere: 0 wrong."""
    holds(text, html, to)


@pytest.mark.soak
@settings(max_examples=3000, deadline=None, suppress_health_check=list(HealthCheck))
@given(BODY, BODY, ADDRESSES)
def test_3000_hostile_bodies_are_right(text: str, html: str, to: str) -> None:
    """The same, at length."""
    holds(text, html, to)
