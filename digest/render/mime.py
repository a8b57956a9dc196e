"""The whole message: assembled once per variant as a stencil, read back, and checked as finished bytes.

Here: the two parts (text first, both quoted-printable), pictures that go along, the order of it all, the one check of
what goes out, and who is named to the relay as the return path. Not here: header lines (`headers`), slots and stamping
(`slots`).

The same input gives the same octets in any process: no clock, no random boundary, no order of a set.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from datetime import datetime
from email import message_from_string
from email.errors import NonASCIILocalPartDefect
from email.message import EmailMessage, Message
from email.policy import default
from hashlib import blake2b
from itertools import chain

from digest.errors import Bug
from digest.model import Picture, Rendered
from digest.render import headers, quoted_printable
from digest.render.slots import CLOSE, OPEN, Slot, Stencil, split
from digest.settings import Newsletter, Public, Sender, Site

__all__ = ["PREVIEW", "assemble", "check", "mail_from", "pictures", "read"]

PREVIEW = "[Preview] "

_PREFIX = {"issue": "", "preview": PREVIEW}
_PART = (
    '--{boundary}\r\nContent-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
)
_RELATED = '--{boundary}\r\nContent-Type: multipart/related; type="text/html";\r\n boundary="{inner}"\r\n\r\n'
_PICTURE = (
    "\r\n--{inner}\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\nContent-ID: <{id}>\r\n"
    'Content-Disposition: inline; filename="{name}"\r\n\r\n'
)
_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif"}
_IN_HEADERS = frozenset({Slot.TO, Slot.TOKEN, Slot.MESSAGE_ID})


def assemble(
    rendered: Rendered,
    *,
    newsletter: Newsletter,
    site: Site,
    sender: Sender,
    public: Public,
    issue_id: str,
    date: datetime,
    kind: str = "issue",
) -> Stencil:
    """Make the message of one variant, with slots for the reader.

    `date` carries the newsletter's zone. A `kind` of "preview" marks the subject and changes nothing else. Raises
    DataError for a value that cannot stand in a header, TemplateError for a slot that there is not.
    """
    if kind not in _PREFIX:
        raise Bug(f"there is no kind of message {kind!r}")
    boundary = _boundary(rendered)
    head = headers.head(
        subject=_PREFIX[kind] + rendered.subject,
        language=rendered.language,
        boundary=boundary,
        newsletter=newsletter,
        site=site,
        sender=sender,
        public=public,
        issue_id=issue_id,
        date=date,
    )
    return Stencil.of(
        chain(
            (piece if isinstance(piece, Slot) else piece.encode("ascii") for piece in split(head, _IN_HEADERS)),
            [b"\r\n", _PART.format(boundary=boundary, kind="plain").encode()],
            _body(rendered.text, Slot.ADDRESS),
            [b"\r\n"],
            _page(rendered, boundary),
            [f"\r\n--{boundary}--\r\n".encode()],
        )
    )


def _page(rendered: Rendered, boundary: str) -> Iterator[bytes | Slot]:
    """The HTML part; with pictures, it and they in a multipart/related of their own (RFC 2387)."""
    inner = f"=_r{boundary[2:]}"  # no hash begins with r: neither boundary begins with the other
    if rendered.pictures:
        yield _RELATED.format(boundary=boundary, inner=inner).encode()
    yield _PART.format(boundary=inner if rendered.pictures else boundary, kind="html").encode()
    yield from _body(rendered.html, Slot.ADDRESS_HTML)
    for number, picture in enumerate(rendered.pictures, 1):
        if picture.kind not in _ENDINGS or not _CONTENT_ID(picture.id) or len(picture.id) > 62:
            raise Bug(f"a picture cannot go along as {picture.kind} with the id {picture.id!r}")
        name = f"picture-{number}.{_ENDINGS[picture.kind]}"
        yield _PICTURE.format(inner=inner, kind=picture.kind, id=picture.id, name=name).encode()
        coded = b64encode(picture.data)
        yield b"\r\n".join(coded[at : at + 76] for at in range(0, len(coded), 76))
    if rendered.pictures:
        yield f"\r\n--{inner}--\r\n".encode()


def mail_from(sender: Sender, token: str) -> str:
    """Give the return path: `bounces+TOKEN@…` (VERP) where bounces have an address of their own, else From."""
    return headers.tagged(sender.bounces, token) if sender.bounces else sender.address


def _boundary(rendered: Rendered) -> str:
    """A boundary by content: `=_` cannot occur in quoted-printable (RFC 2045 section 6.7), the rest is a hash.

    What pictures hold is in the HTML: their ids are made of their octets.
    """
    content = f"{rendered.text}\0{rendered.html}".encode(errors="surrogatepass")
    return "=_" + blake2b(content, digest_size=16).hexdigest()


def _body(text: str, address: Slot) -> list[bytes | Slot]:
    """One part's octets and slots. Each slot has lines of its own between soft breaks: stamping is a copy."""
    pieces = split(text.rstrip("\r\n") + "\n")
    out: list[bytes | Slot] = []
    for i, piece in enumerate(pieces):
        if isinstance(piece, Slot):
            out.append(address if piece is Slot.ADDRESS else piece)
            continue
        try:
            data = quoted_printable.encode(piece.encode())
        except UnicodeEncodeError as exc:
            raise Bug(f"a lone surrogate came through rendering, after {piece[: exc.start][-30:]!r}") from exc
        if i and not data.startswith(b"\r\n"):
            data = quoted_printable.SOFT_BREAK + data
        if i + 1 < len(pieces) and data and not data.endswith(b"\r\n"):
            data += quoted_printable.SOFT_BREAK
        out.append(data)
    return out


# ------------------------------------------------------------------------------------------------ finished bytes

_REQUIRED = (
    *("date", "from", "to", "message-id", "subject", "list-id", "list-unsubscribe", "list-post"),
    *("feedback-id", "content-language", "mime-version", "content-type"),
)
_OPTIONAL = ("reply-to", "list-unsubscribe-post", "list-archive", "list-help")
_WITH_WORDS = ("from", "reply-to", "subject", "list-id")
_CONTENT_ID = re.compile(r"[A-Za-z0-9]+@[A-Za-z0-9.-]+").fullmatch
_SHOWN = re.compile(r"<img\b[^>]*\ssrc=\"cid:([^\"]+)\"")
_ENCODED_WORD = re.compile(r"=\?[^? ]*\?[bBqQ]\?[^? ]*\?=")


def read(data: bytes) -> tuple[tuple[tuple[str, str], ...], str, str]:
    """Read a message of ours back: its headers decoded and in order, its text and its HTML with LF line ends."""
    message = _parse(data)
    headers = tuple((name, str(value).strip()) for name, value in message.items())
    parts = {
        part.get_content_type(): _decoded(part) for part in _leaves(message) if part.get_content_maintype() == "text"
    }
    return headers, parts.get("text/plain", ""), parts.get("text/html", "")


def pictures(data: bytes) -> tuple[Picture, ...]:
    """Read back the pictures that go along in a message of ours, in their order."""
    return tuple(
        Picture(id=_content_id(part), kind=part.get_content_type(), data=_octets(part))
        for part in _leaves(_parse(data))
        if part.get_content_maintype() == "image"
    )


def check(data: bytes, *, mail_from: str, rcpt_to: str) -> None:
    """Check finished bytes against every rule that only our own code can break; raise Bug with all that is wrong.

    What a template, a post or a setting can get wrong is a finding of the preflight, and not judged here.
    """
    wrong = [*_wrong_octets(data, rcpt_to), *_wrong_envelope(mail_from, rcpt_to)]
    if not wrong:
        head, _, _ = data.decode().partition("\r\n\r\n")
        wrong = [*_wrong_head(head, rcpt_to), *_wrong_parts(_parse(data), data)]
    if wrong:
        raise Bug("the finished message is not fit to leave: " + "; ".join(wrong))


def _wrong_octets(data: bytes, rcpt_to: str) -> Iterator[str]:
    """Lines (RFC 5321 section 2.3.8, RFC 5322 section 2.1.1, RFC 2045 section 6.7) and octets."""
    if re.search(rb"\r(?!\n)|(?<!\r)\n|\0", data):
        yield "it holds a CR or LF alone, or a NUL"
    if not data.endswith(b"\r\n"):
        yield "it does not end with a line end"
    _, gap, body = data.partition(b"\r\n\r\n")
    if not gap:
        yield "it has no body"
    lines = data.split(b"\r\n")
    if max(map(len, lines)) > 998:
        yield "a line is over 998 octets"
    if max(map(len, body.split(b"\r\n"))) > 76:
        yield "a line of the body is over 76 octets"
    if any(line.startswith((b".", b"From ")) for line in lines):
        yield "a line begins with a dot or with From"
    if any(line.endswith((b" ", b"\t")) for line in lines):
        yield "a line ends in a blank"
    if not data.replace(b"\r\nTo: <%s>\r\n" % rcpt_to.encode(errors="replace"), b"\r\n", 1).isascii():
        yield "it holds an octet over 127 elsewhere than in the address of To"


def _wrong_envelope(mail_from: str, rcpt_to: str) -> Iterator[str]:
    local, at, domain = mail_from.rpartition("@")
    if not (local and at and domain) or not re.fullmatch(r"[!-;=?-~]+", mail_from):
        yield "the return path is no address"
    if len(local) > 64:
        yield "the return path is over 64 octets before its @"
    if not re.search(r".@.", rcpt_to):
        yield "the recipient is no address"


def _wrong_head(head: str, rcpt_to: str) -> Iterator[str]:
    """The fields: all there, once, no other; words where words may be; To is the envelope's recipient."""
    fields = [field.partition(":") for field in re.split(r"\r\n(?![ \t])", head)]
    names = [name.lower() for name, _, _ in fields]
    yield from (f"{name} is missing" for name in _REQUIRED if name not in names)
    yield from (f"{name} is there twice" for name in dict.fromkeys(names) if names.count(name) > 1)
    yield from (f"the field {name!r} has no business there" for name in names if name not in {*_REQUIRED, *_OPTIONAL})
    values = {name.lower(): value.strip() for name, _, value in fields}
    if values.get("to") != f"<{rcpt_to}>":
        yield "To is not the recipient of the envelope"
    one_click = values.get("list-unsubscribe-post")
    if one_click != ("List-Unsubscribe=One-Click" if "<https://" in values.get("list-unsubscribe", "") else None):
        yield "the one-click promise and the https way out do not go together"
    for name, value in values.items():
        words = _ENCODED_WORD.findall(value)
        if words and name not in _WITH_WORDS:
            yield f"{name} holds an encoded word"
        if any(len(word) > 75 for word in words):
            yield f"{name} holds an encoded word over 75 characters"


def _wrong_parts(message: EmailMessage, data: bytes) -> Iterator[str]:
    """What the standard library makes of it: no defect anywhere, two parts that decode, no slot left."""
    for part in message.walk():
        yield from (f"it reads with a defect: {type(defect).__name__}" for defect in _defects(part))
    leaves: list[Message] = list(_leaves(message))
    boundaries = [part.get_boundary("") for part in message.walk() if part.is_multipart()]
    delimiters = [line for line in data.split(b"\r\n") if line.startswith(b"--=_")]
    images = sum(part.get_content_maintype() == "image" for part in leaves)
    due = 3 + (images + 2 if images else 0)  # before each part, and at the end of what holds some
    if not all(b.startswith("=_") and len(b) <= 70 for b in boundaries) or len(delimiters) != due:
        yield "its boundary is none of ours, or stands inside a part"
    shape = [part.get_content_type() for part in message.walk() if part.get_content_maintype() != "image"]
    page = ["text/html"] if len(leaves) == 2 else ["multipart/related", "text/html"]
    if shape != ["multipart/alternative", "text/plain", *page]:
        yield "its parts are not text and HTML, in this order"
    yield from _wrong_pictures(leaves)
    for leaf in leaves[:2]:
        if leaf.get_content_charset() != "utf-8" or leaf["Content-Transfer-Encoding"] != "quoted-printable":
            yield f"{leaf.get_content_type()} is not quoted-printable utf-8"
            continue
        try:
            decoded = _decoded(leaf)
        except UnicodeDecodeError:
            yield f"{leaf.get_content_type()} does not decode"
        else:
            if OPEN in decoded or CLOSE in decoded:
                yield f"{leaf.get_content_type()} still holds a slot mark"


def _wrong_pictures(leaves: list[Message]) -> Iterator[str]:
    """Each picture that goes along is shown, and each that is shown goes along."""
    html = _octets(leaves[1]).decode(errors="replace") if len(leaves) > 1 else ""
    ids = [_content_id(part) for part in leaves[2:]]
    if set(ids) != set(_SHOWN.findall(html)) or len(ids) != len(set(ids)):
        yield "the pictures that go along are not those that the HTML shows"
    for part in leaves[2:]:
        if part.get_content_type() not in _ENDINGS or part.get_content_disposition() != "inline":
            yield f"{part.get_content_type()} goes along and is no picture"
        elif part["Content-Transfer-Encoding"] != "base64" or not _octets(part):
            yield "a picture is not base64, or empty"


def _content_id(part: Message) -> str:
    return str(part["Content-ID"] or "").strip().strip("<>")


def _leaves(message: Message) -> Iterator[Message]:
    return (part for part in message.walk() if not part.is_multipart())


def _defects(part: Message) -> Iterator[Exception]:
    """Defects of a part and of its header values; a non-ASCII local part in To is SMTPUTF8, and none."""
    yield from part.defects
    for value in part.values():
        yield from (d for d in getattr(value, "defects", ()) if not isinstance(d, NonASCIILocalPartDefect))


def _parse(data: bytes) -> EmailMessage:
    """Parse as text: all of it is ASCII but for the address of an SMTPUTF8 recipient (RFC 6532 section 3.2)."""
    message = message_from_string(data.decode(), policy=default)
    assert isinstance(message, EmailMessage)
    return message


def _octets(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _decoded(part: Message) -> str:
    return _octets(part).decode().replace("\r\n", "\n")
