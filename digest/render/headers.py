"""The header of a message, written line by line by ourselves, with slots for what differs from reader to reader.

The standard library folds a long URL into RFC 2047 words, which kills one-click unsubscribing; so every line is made
here: folded before a token, never inside one, at most 76 characters wherever the tokens allow it. Only words in other
scripts come from `email.header`. Not here: the body and its parts (`mime`).
"""

from __future__ import annotations

import re
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from hashlib import blake2b
from urllib.parse import quote

from digest.errors import Bug, ConfigError, DataError
from digest.render.slots import CLOSE, OPEN, Slot, mark
from digest.settings import Newsletter, Public, Sender, Site

__all__ = ["head", "letter_head", "list_id", "mailbox", "sender_id", "tagged", "unsubscribe_mailto", "unsubscribe_url"]

_WIDTH = 76  # RFC 2047 section 2 for lines with encoded words; 78 (RFC 5322 section 2.1.1) is near enough for all
_LONGEST_WORD = 60  # a longer ASCII word cannot be folded; encoded, it can
_SLOT_WIDTH = {Slot.TO: 0, Slot.TOKEN: 26, Slot.MESSAGE_ID: 32}
_MARK = re.compile(f"{OPEN}([^{CLOSE}]*){CLOSE}")
# C0, DEL, C1, the two line ends of Unicode, lone surrogates, noncharacters of the basic plane (slot marks among them)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*").fullmatch
_DOT_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*").fullmatch
_DOMAIN = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*").fullmatch
_URL = re.compile(r"https?://[!-;=?-~]+").fullmatch
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*").fullmatch


def head(
    *,
    subject: str,
    language: str,
    boundary: str,
    newsletter: Newsletter,
    site: Site,
    sender: Sender,
    public: Public,
    issue_id: str,
    date: datetime,
) -> str:
    """Write the whole header with its slots, each line ended by CRLF, without the empty line after it.

    Raises DataError where a value cannot stand in a header; nothing is ever dropped or made a line of its own.
    """
    if date.utcoffset() is None:
        raise Bug("the date of an issue has no zone")
    address = _address("the address of the sender", sender.address)
    if public.url and not _URL(public.url):
        raise DataError(
            f"the url of [public], {public.url!r}, cannot stand in a header",
            hint="write it in ASCII, without blanks: https://news.example.org",
        )
    title = newsletter.title or site.name or newsletter.name
    lines = [
        _field("Date", format_datetime(date)),
        _field("From", *mailbox("the name of the sender", sender.name.strip(" ") or title, address, field="From")),
        *_reply_to(sender),
        _field("To", f"<{mark(Slot.TO)}>"),
        _field("Message-ID", f"<{mark(Slot.MESSAGE_ID)}@{sender.domain}>"),
        _field("Subject", *_words("the subject", subject, field="Subject")),
        _field("List-Id", *mailbox("the newsletter's title", title, list_id(newsletter, sender), field="List-Id")),
        *_ways_out(sender, public),
        *_list_pages(newsletter, public),
        _field("List-Post", "NO"),
        _field("Feedback-ID", _feedback_id(issue_id, newsletter, site, sender)),
        _field("Content-Language", _language(language)),
        _field("MIME-Version", "1.0"),
        _field("Content-Type", "multipart/alternative;", f'boundary="{boundary}"'),
    ]
    return "".join(lines)


def letter_head(*, sender: Sender, name: str, to: str, subject: str, date: datetime, message_id: str) -> str:
    """Write the header of a mail that this program composes for one person, in plain text (RFC 3834 section 5)."""
    address = _address("the address of the sender", sender.address)
    return "".join(
        (
            _field("Date", format_datetime(date)),
            _field("From", *mailbox("the name of the sender", sender.name or name, address, field="From")),
            _field("To", f"<{_address('the address of the report', to)}>"),
            _field("Message-ID", f"<{message_id}@{sender.domain}>"),
            _field("Subject", *_words("the subject", subject, field="Subject")),
            _field("Auto-Submitted", "auto-generated"),
            _field("MIME-Version", "1.0"),
            _field("Content-Type", "text/plain;", 'charset="utf-8"'),
            _field("Content-Transfer-Encoding", "quoted-printable"),
        )
    )


# ------------------------------------------------------------------------------------------------ addresses and names


def mailbox(what: str, name: str, address: str, *, field: str) -> list[str]:
    """Give the tokens of `name <address>`; a name that is no plain ASCII becomes RFC 2047 words.

    `what` names the value in an error, `field` the header it is for (the first word is shorter by it).
    """
    name = _one_line(what, name)
    phrase = name if _ATOMS(name) else '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    return [*(_at_blanks(phrase) if _is_plain(phrase) else _encoded(name, field)), f"<{address}>"]


def tagged(address: str, tag: str) -> str:
    """Put a tag into an address: `local+TAG@domain`. `tag` may be a token or its slot mark.

    Raises ConfigError where the local part would exceed 64 octets (RFC 5321 section 4.5.3.1.1).
    """
    local, _, domain = address.rpartition("@")
    if len(_shown(local)) + 1 + len(_shown(tag)) > 64:
        raise ConfigError(
            f"{address} leaves no room for a tag of {len(_shown(tag))} characters before its @",
            hint="take an address whose part before the @ has at most 37 characters",
        )
    return f"{local}+{tag}@{domain}"


def unsubscribe_url(public: Public, token: str) -> str:
    """Give the page that ends a subscription; empty without public pages. `token` may be the slot mark."""
    return f"{public.url}/u/{token}" if public.url else ""


def unsubscribe_mailto(sender: Sender, token: str) -> str:
    """Give the mailto way out (RFC 6068), in the style of the settings. `token` may be the slot mark."""
    address = _address("the address to unsubscribe at", sender.unsubscribe or sender.address)
    if sender.unsubscribe_style == "plus":
        return f"mailto:{_in_mailto(tagged(address, token))}?subject=unsubscribe"
    return f"mailto:{_in_mailto(address)}?subject=unsubscribe%20{token}"


def list_id(newsletter: Newsletter, sender: Sender) -> str:
    """Give the list's identifier for ever: as set, else NAME.from-domain (RFC 2919 section 2)."""
    value = newsletter.list_id.strip().removeprefix("<").removesuffix(">") or f"{newsletter.name}.{sender.domain}"
    if not _DOT_ATOM(value) or "." not in value or len(value) > 255:
        raise DataError(
            f"{value!r} cannot be the List-Id of {newsletter.name}",
            hint=f"set list_id in [newsletters.{newsletter.name}] to a name in a domain of yours, all ASCII",
        )
    return value


def sender_id(site: Site, sender: Sender) -> str:
    """Give the constant name of who sends, for feedback loops: 5 to 15 letters and digits."""
    raw = (site.id if site.id != "default" else site.name) or sender.domain
    letters = re.sub(r"[^a-z0-9]", "", raw.lower())[:15]
    if len(letters) >= 5 and letters != "newsletter":
        return letters
    return letters[:5] + blake2b(raw.encode(errors="replace"), digest_size=5).hexdigest()


def _reply_to(sender: Sender) -> list[str]:
    if not sender.reply_to:
        return []
    name, bracket, address = sender.reply_to.strip().rpartition("<")
    name = name.strip()
    address = _address("reply_to", address.removesuffix(">") if bracket else address)
    if len(name) > 1 and name.startswith('"') and name.endswith('"'):
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    elif "<" in name:
        raise DataError(f"reply_to {sender.reply_to!r} is not one mailbox", hint="write Name <address>, or an address")
    if not name:
        return [_field("Reply-To", address)]
    return [_field("Reply-To", *mailbox("the name in reply_to", name, address, field="Reply-To"))]


def _address(what: str, address: str) -> str:
    local, _, domain = address.rpartition("@")
    if not (_DOT_ATOM(local) and _DOMAIN(domain)):
        raise DataError(
            f"{what} {address!r} cannot stand in a header", hint="write one plain address, in ASCII (xn--… for domains)"
        )
    return address


def _in_mailto(address: str) -> str:
    """Percent-encode what RFC 6068 section 2 does not let stand; slot marks stay."""
    return quote(address, safe="@!$'*+-._~" + OPEN + CLOSE).replace(quote(OPEN), OPEN).replace(quote(CLOSE), CLOSE)


# ------------------------------------------------------------------------------------------------ the list's fields


def _ways_out(sender: Sender, public: Public) -> list[str]:
    """List-Unsubscribe, and the one-click promise only where an https address can keep it (RFC 8058 section 3.1)."""
    mailto = f"<{unsubscribe_mailto(sender, mark(Slot.TOKEN))}>"
    if not public.url:
        return [_field("List-Unsubscribe", mailto)]
    lines = [_field("List-Unsubscribe", f"<{unsubscribe_url(public, mark(Slot.TOKEN))}>,", mailto)]
    if public.url.startswith("https://"):
        lines.append(_field("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    return lines


def _list_pages(newsletter: Newsletter, public: Public) -> list[str]:
    if not public.url:
        return []
    archive = f"{public.url}/{quote(newsletter.name, safe='', errors='replace')}/"
    return [_field("List-Archive", f"<{archive}>"), _field("List-Help", f"<{public.url}/help>")]


def _feedback_id(issue_id: str, newsletter: Newsletter, site: Site, sender: Sender) -> str:
    """Campaign, newsletter, kind and sender: four fields, no value twice, none unique to one mail."""
    who = sender_id(site, sender)
    name = newsletter.name if newsletter.name not in {"newsletter", who} else f"{newsletter.name}-list"
    return ":".join(re.sub(r"[^A-Za-z0-9._-]", "-", value) for value in (issue_id, name, "newsletter", who))


def _language(language: str) -> str:
    if not _LANGUAGE(language):
        raise DataError(f"{language!r} is no language tag", hint="write it like en, de or pt-BR")
    return language


# ------------------------------------------------------------------------------------------------ lines


def _field(name: str, *tokens: str) -> str:
    """Write one field; a line ends before a token that would make it too long, and never inside one.

    The first token leaves the line of the name only where that brings it under the limit, and only in brackets: of
    another, a reader might keep the blank.
    """
    lines = [f"{name}:"]
    width = len(lines[0])
    for i, token in enumerate(tokens):
        step = 1 + len(_shown(token))
        if width + step > _WIDTH and (i or (step <= _WIDTH and token.startswith("<"))):
            lines.append("")
            width = 0
        lines[-1] += f" {token}"
        width += step
    return "\r\n".join(lines) + "\r\n"


def _shown(text: str) -> str:
    """The text with its slots as long as their values will be."""
    return _MARK.sub(lambda found: "x" * _SLOT_WIDTH[Slot(found[1])], text)


def _words(what: str, text: str, *, field: str) -> list[str]:
    """The tokens of an unstructured value."""
    text = _one_line(what, text)
    return _at_blanks(text) if _is_plain(text) else _encoded(text, field)


def _one_line(what: str, text: str) -> str:
    """Refuse what could end a line or hide (RFC 5322 section 2.2); runs of blanks become one."""
    if found := _CONTROL.search(text):
        raise DataError(
            f"{what} holds a control character, U+{ord(found[0]):04X}, after {text[: found.start()][-30:]!r}",
            hint="take it out; a header is one line of text",
        )
    return " ".join(_at_blanks(text))


def _at_blanks(text: str) -> list[str]:
    return [word for word in text.split(" ") if word]


def _is_plain(text: str) -> bool:
    """True for ASCII that can stand as it is: foldable, and not to be taken for an encoded word."""
    return text.isascii() and "=?" not in text and all(len(word) <= _LONGEST_WORD for word in _at_blanks(text))


def _encoded(text: str, field: str) -> list[str]:
    """RFC 2047 words of at most 75, no character split (section 5); the first leaves room for the field's name."""
    return Header(text, "utf-8", maxlinelen=_WIDTH, header_name=field).encode(linesep="\n").split("\n ")
