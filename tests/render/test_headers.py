"""Header lines: what each says, where it folds, and what can never become a header."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import HeaderParser
from email.policy import default
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import Bug, ConfigError, DataError
from digest.render import headers
from digest.render.slots import Slot, mark
from digest.settings import Newsletter, Public, Sender, Site

TOKEN = "wbzstfr2u6hn5y3jufd5bcxe4y"
ID = "5c3fa3ba0e4d2c43485c9f543f3f4691"
VALUES = {
    mark(Slot.TO): "reader@example.net",
    mark(Slot.TOKEN): TOKEN,
    mark(Slot.MESSAGE_ID): ID,
}
SENDER = {"name": "Example Weekly", "address": "weekly@news.example.org", "unsubscribe": "u@news.example.org"}
LETTER = """\
Date: Tue, 24 Nov 2026 09:00:00 +0100
From: Example Weekly <weekly@news.example.org>
Reply-To: Example Weekly <editors@example.org>
To: <reader@example.net>
Message-ID: <5c3fa3ba0e4d2c43485c9f543f3f4691@news.example.org>
Subject: How we moved eleven years of posts into a folder, and 2 more
List-Id: Example Weekly <weekly.news.example.org>
List-Unsubscribe: <https://news.example.org/u/wbzstfr2u6hn5y3jufd5bcxe4y>,
 <mailto:u@news.example.org?subject=unsubscribe%20wbzstfr2u6hn5y3jufd5bcxe4y>
List-Unsubscribe-Post: List-Unsubscribe=One-Click
List-Archive: <https://news.example.org/weekly/>
List-Help: <https://news.example.org/help>
List-Post: NO
Feedback-ID: weekly-2026-11-24:weekly:newsletter:exampleweekly
Content-Language: en
MIME-Version: 1.0
Content-Type: multipart/alternative;
 boundary="=_b76e91cb8a8bea23d457d351922247db"
"""


def head(*, sender: dict[str, str] | None = None, stamped: bool = True, **fields: Any) -> str:
    values: dict[str, Any] = {
        "subject": "How we moved eleven years of posts into a folder, and 2 more",
        "language": "en",
        "boundary": "=_b76e91cb8a8bea23d457d351922247db",
        "newsletter": Newsletter(name="weekly", title="Example Weekly"),
        "site": Site(name="Example Weekly"),
        "sender": Sender(**(SENDER | (sender or {}))),
        "public": Public(url="https://news.example.org"),
        "issue_id": "weekly-2026-11-24",
        "date": datetime(2026, 11, 24, 9, 0, tzinfo=ZoneInfo("Europe/Vienna")),
    }
    text = headers.head(**(values | fields))
    if stamped:
        for slot, value in VALUES.items():
            text = text.replace(slot, value)
    return text


def parse(text: str) -> EmailMessage:
    """Read by the standard library; no defect in any value, no field twice, no line too long."""
    message = HeaderParser(policy=default).parsestr(text + "\r\n")
    assert isinstance(message, EmailMessage)
    assert not message.defects
    for name, value in message.items():
        assert not value.defects, (name, value.defects)
    names = [name.lower() for name in message]
    assert len(names) == len(set(names))
    assert max(map(len, text.split("\r\n"))) <= 998
    return message


def shown(message: EmailMessage, field: str) -> str:
    """The display name. Encoded words are read by email.header: the parser of Python 3.11 keeps the blank between two
    of them, against RFC 2047 section 6.2."""
    phrase = dict(message.raw_items())[field].rpartition("<")[0]
    if "=?utf-8?" in phrase:
        return str(make_header(decode_header(phrase.rstrip())))
    return str(message[field].addresses[0].display_name)


# ------------------------------------------------------------------------------------------------ as a whole


def test_the_header_is_as_the_letter_of_the_law_has_it() -> None:
    """Every field, in its order, with its folds; the reference is written by hand."""
    assert head(sender={"reply_to": "Example Weekly <editors@example.org>"}) == LETTER.replace("\n", "\r\n")


def test_without_public_pages_only_mail_leads_out() -> None:
    """No https way, so no one-click promise, no archive and no help; the mailto way stays."""
    message = parse(head(public=Public()))
    assert message["List-Unsubscribe"] == f"<mailto:u@news.example.org?subject=unsubscribe%20{TOKEN}>"
    assert not {"list-unsubscribe-post", "list-archive", "list-help"} & {name.lower() for name in message}
    assert message["List-Post"] == "NO"


def test_pages_on_loopback_promise_no_one_click() -> None:
    """RFC 8058 section 3.1 asks for https; a page by http is named, and promises nothing."""
    message = parse(head(public=Public(url="http://localhost:8025")))
    assert message["List-Unsubscribe"].startswith(f"<http://localhost:8025/u/{TOKEN}>, <mailto:")
    assert message["List-Unsubscribe-Post"] is None


def test_no_field_that_leaks_or_lies_is_there() -> None:
    """What must not be there is not, and the reader's address stands in To alone."""
    text = head()
    names = {line.partition(":")[0].lower() for line in text.split("\r\n") if line[:1] != " "}
    forbidden = {"bcc", "return-path", "received", "x-mailer", "user-agent", "sender", "precedence", "auto-submitted"}
    assert not names & forbidden
    assert text.count("reader@example.net") == 1


# ------------------------------------------------------------------------------------------------ hostile values

HOSTILE = [
    "a\r\nBcc: x@example.org",
    "a\nb",
    "a\rb",
    "a\0b",
    "a\tb",
    "a\x85b",
    "a\u2028b",
    "a\u2029b",
    "\ud800",
    "\ufdd0",
]


@pytest.mark.parametrize("text", [*HOSTILE, f"free {mark(Slot.TOKEN)}"], ids=ascii)
@pytest.mark.parametrize("field", ["subject", "title", "sender", "reply_to"])
def test_a_control_character_is_an_error_and_never_a_header(field: str, text: str) -> None:
    """The error names the value; nothing is dropped in silence, nothing starts a line."""
    given: dict[str, Any] = {
        "subject": {"subject": text},
        "title": {"newsletter": Newsletter(name="weekly", title=text)},
        "sender": {"sender": {"name": text}},
        "reply_to": {"sender": {"reply_to": f"{text} <a@example.org>"}},
    }[field]
    with pytest.raises(DataError, match="control character") as caught:
        head(**given)
    assert {"subject": "subject", "title": "title", "sender": "sender", "reply_to": "reply_to"}[field] in str(
        caught.value
    )
    assert caught.value.hint


@pytest.mark.parametrize(
    "fields",
    [
        {"language": "en\r\nX: y"},
        {"language": ""},
        {"language": "en_US"},
        {"public": Public(url="https://news.example.org/a b")},
        {"public": Public(url="https://news.example.org/\r\nX: y")},
        {"public": Public(url="https://bücher.example")},
        {"public": Public(url="https://a.example/>,<mailto:b@example.org")},
        {"public": Public(url="ftp://a.example")},
        {"sender": {"address": "weekly@news.example.org\r\nX: y"}},
        {"sender": {"address": "weekly"}},
        {"sender": {"address": "wéekly@example.org"}},
        {"sender": {"address": "weekly@bücher.example"}},
        {"sender": {"address": ""}},
        {"sender": {"reply_to": "no address at all"}},
        {"sender": {"reply_to": "A <a@example.org>, B <b@example.org>"}},
        {"sender": {"unsubscribe": "a b@example.org"}},
        {"newsletter": Newsletter(name="weekly", list_id="a list")},
        {"newsletter": Newsletter(name="weekly", list_id="nodomain")},
        {"newsletter": Newsletter(name="weekly", list_id="weekly.example.org>\r\nX: <y")},
        {"newsletter": Newsletter(name="wöchentlich")},
        {"newsletter": Newsletter(name="weekly", list_id="a" * 250 + ".example.org")},
    ],
    ids=ascii,
)
def test_what_cannot_stand_in_a_header_is_told(fields: dict[str, Any]) -> None:
    """Addresses, URLs, language tags and list ids are refused with what to do, and never bent into shape."""
    with pytest.raises(DataError) as caught:
        head(**fields)
    assert caught.value.hint


def test_a_date_without_zone_is_our_bug() -> None:
    """Dates are aware."""
    with pytest.raises(Bug):
        head(date=datetime(2026, 11, 24, 9, 0))


# ------------------------------------------------------------------------------------------------ names and words

NAMES = [
    "Example Weekly",
    "Example Inc.",
    'Café "W", Inc.',
    'The "Quoted" \\ Weekly',
    "Comma, Semicolon; <Angle> (Paren)",
    "Déjà vu",
    "أسبوعية المثال",
    "עברית ואנגלית Mixed",
    "例の週刊ニュースレター" * 4,
    "🙂🙂 Weekly 👩‍👩‍👧‍👦",
    "=?utf-8?q?not_a_word?=",
    "a =?b",
    "x" * 300,
    '"' * 50,
    "word " * 60 + "end",
    "é" * 5000,
    "@",
    "a@b",
]


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[:30])
def test_a_name_is_read_as_it_was_written(name: str) -> None:
    """Quotes, commas, other scripts, what looks like an encoded word, 5,000 letters: one mailbox with that name."""
    text = head(sender={"name": name, "reply_to": '"' + re.sub(r'(["\\])', r"\\\1", name) + '" <e@example.org>'})
    message = parse(text)
    for field, address in (("From", "weekly@news.example.org"), ("Reply-To", "e@example.org")):
        (mailbox,) = message[field].addresses
        assert mailbox.addr_spec == address
        assert shown(message, field) == name
    assert max(map(len, text.split("\r\n"))) <= 78


@pytest.mark.parametrize("text", NAMES, ids=lambda name: ascii(name)[:30])
def test_a_subject_and_a_title_are_read_as_they_were_written(text: str) -> None:
    """The same for the subject and the list's name; every line short, every word within 75."""
    written = head(subject=text, newsletter=Newsletter(name="weekly", title=text))
    message = parse(written)
    assert message["Subject"] == text
    assert max(map(len, written.split("\r\n"))) <= 78
    listed = str(message["List-Id"])
    assert listed.endswith(" <weekly.news.example.org>")
    phrase = listed.removesuffix(" <weekly.news.example.org>")
    if "List-Id: =?" not in written and phrase.startswith('"'):
        phrase = re.sub(r"\\(.)", r"\1", phrase[1:-1])
    assert phrase == text


def test_words_split_no_character_and_stay_short() -> None:
    """Each encoded word decodes by itself (RFC 2047 section 5) and has at most 75 characters (section 2)."""
    words = re.findall(r"=\?utf-8\?[^ \r]*\?=", head(subject="Größe 🙂 " * 60, sender={"name": "日本語" * 40}))
    assert len(words) > 10
    for word in words:
        assert len(word) <= 75
        ((octets, charset),) = decode_header(word)
        assert isinstance(octets, bytes)
        assert octets.decode(charset or "")


def test_blanks_in_a_name_become_one() -> None:
    """A header is one line of words; no-break spaces are letters."""
    message = parse(head(subject="  two   blanks ", sender={"name": " a  b "}))
    assert message["Subject"] == "two blanks"
    assert message["From"].addresses[0].display_name == "a b"
    assert parse(head(subject="5\xa0min"))["Subject"] == "5\xa0min"


def test_an_empty_subject_is_left_to_the_preflight() -> None:
    """The field is there and empty: `subject-empty` says so to the editor."""
    assert parse(head(subject=" "))["Subject"] == ""


@pytest.mark.parametrize(
    ("sender", "title", "site", "shown"),
    [
        ("Editors", "The Weekly", "Site", "Editors"),
        ("", "The Weekly", "Site", "The Weekly"),
        ("", "", "Site", "Site"),
        ("", "", "", "weekly"),
    ],
)
def test_from_always_says_who_writes(sender: str, title: str, site: str, shown: str) -> None:
    """The sender's name, else the newsletter's title, else the site's."""
    text = head(sender={"name": sender}, newsletter=Newsletter(name="weekly", title=title), site=Site(name=site))
    assert parse(text)["From"].addresses[0].display_name == shown


def test_an_address_alone_is_enough_to_reply_to() -> None:
    """reply_to may be an address or a mailbox; without one there is no field."""
    assert parse(head(sender={"reply_to": "editors@example.org"}))["Reply-To"] == "editors@example.org"
    assert parse(head(sender={"reply_to": "<editors@example.org>"}))["Reply-To"] == "editors@example.org"
    assert parse(head())["Reply-To"] is None


# ------------------------------------------------------------------------------------------------ folding


@pytest.mark.parametrize("length", [1, 20, 40, 47, 48, 49, 50, 100, 200])
def test_no_url_id_or_word_is_ever_broken(length: int) -> None:
    """However long the domain is: tokens stay whole, lines stay short wherever a token allows it."""
    label = "d" * 50
    domain = ".".join([label[: max(1, length % 50)], *[label] * (length // 50), "example"])
    text = head(
        sender={"address": f"weekly@{domain}", "unsubscribe": f"u@{domain}", "reply_to": f"Editors <e@{domain}>"},
        public=Public(url=f"https://{domain}/some/where"),
    )
    message = parse(text)
    assert message["From"].addresses[0].addr_spec == f"weekly@{domain}"
    assert message["Message-ID"] == f"<{ID}@{domain}>"
    https, mailto = re.findall("<([^>]*)>", message["List-Unsubscribe"])
    assert https == f"https://{domain}/some/where/u/{TOKEN}"
    assert mailto == f"mailto:u@{domain}?subject=unsubscribe%20{TOKEN}"
    for line in text.split("\r\n"):
        assert len(line) <= 78 or len(line.removeprefix(" ").partition(": ")[2].split(" ")) == 1


@given(
    st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs", "Cn", "Z"), include_characters=" "), max_size=200),
    st.sampled_from(["subject", "name"]),
)
def test_any_text_makes_the_same_fields_and_comes_back(text: str, where: str) -> None:
    """No title and no name adds a field, a defect or a long line; what is read is what was written."""
    given: dict[str, Any] = {"subject": text} if where == "subject" else {"sender": {"name": text}}
    message = parse(head(**given))
    assert [*message] == [*parse(head())]
    wanted = " ".join(word for word in text.split(" ") if word)
    if where == "subject":
        assert message["Subject"] == wanted
    else:
        assert shown(message, "From") == (wanted or "Example Weekly")


# ------------------------------------------------------------------------------------------------ the list's fields


def test_the_list_keeps_its_name_for_ever() -> None:
    """As set, with or without brackets; else the newsletter's name in the sender's domain (RFC 2919)."""
    sender = Sender(**SENDER)
    assert headers.list_id(Newsletter(name="weekly"), sender) == "weekly.news.example.org"
    assert headers.list_id(Newsletter(name="weekly", list_id="old.example.org"), sender) == "old.example.org"
    assert headers.list_id(Newsletter(name="weekly", list_id="<old.example.org>"), sender) == "old.example.org"


@pytest.mark.parametrize(
    ("site", "sender"),
    [
        (Site(name="Example Weekly"), "exampleweekly"),
        (Site(name="Example Weekly", id="blog-of-example"), "blogofexample"),
        (Site(name="A very long name of a newsletter"), "averylongnameof"),
        (Site(name="Ex"), None),
        (Site(name="例の週刊"), None),
        (Site(name=""), "newsexampleorg"),
        (Site(name="Newsletter"), None),
        (Site(name="\ud800"), None),
    ],
)
def test_a_sender_is_known_by_5_to_15_letters_that_stay(site: Site, sender: str | None) -> None:
    """From the site's id or name; where too few letters are left, a hash of it makes them up."""
    found = headers.sender_id(site, Sender(**SENDER))
    assert re.fullmatch("[a-z0-9]{5,15}", found)
    assert found == headers.sender_id(site, Sender(**SENDER))
    assert sender is None or found == sender


@pytest.mark.parametrize("name", ["weekly", "newsletter", "exampleweekly", "a b", "dev"])
def test_feedback_fields_are_four_and_differ(name: str) -> None:
    """Gmail groups complaints by them: four fields, none twice, nothing but plain letters."""
    text = head(newsletter=Newsletter(name=name, title="T", list_id="a.example.org"), issue_id=f"{name}-2026-11-24")
    fields = parse(text)["Feedback-ID"].split(":")
    assert len(fields) == len(set(fields)) == 4
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+", field) for field in fields)


@pytest.mark.parametrize(
    ("address", "style", "url"),
    [
        ("u@example.org", "subject", f"mailto:u@example.org?subject=unsubscribe%20{TOKEN}"),
        ("u@example.org", "plus", f"mailto:u+{TOKEN}@example.org?subject=unsubscribe"),
        ("a&b=c%@example.org", "subject", f"mailto:a%26b%3Dc%25@example.org?subject=unsubscribe%20{TOKEN}"),
        ("", "subject", f"mailto:weekly@news.example.org?subject=unsubscribe%20{TOKEN}"),
    ],
)
def test_the_mailto_way_is_a_url(address: str, style: str, url: str) -> None:
    """In both styles, with the token or its slot mark; what RFC 6068 reserves is percent-encoded."""
    sender = Sender(**(SENDER | {"unsubscribe": address, "unsubscribe_style": style}))
    assert headers.unsubscribe_mailto(sender, TOKEN) == url
    marked = headers.unsubscribe_mailto(sender, mark(Slot.TOKEN))
    assert marked.replace(mark(Slot.TOKEN), TOKEN) == url
    assert unquote(url).startswith(f"mailto:{(address or 'weekly@').partition('@')[0]}")
    assert url in parse(head(sender={"unsubscribe": address, "unsubscribe_style": style}))["List-Unsubscribe"]


def test_the_page_that_ends_a_subscription_is_one_place() -> None:
    """Header and body take it from here."""
    assert headers.unsubscribe_url(Public(), TOKEN) == ""
    assert headers.unsubscribe_url(Public(url="https://e.example"), TOKEN) == f"https://e.example/u/{TOKEN}"


def test_a_tag_needs_room() -> None:
    """A local part has 64 octets (RFC 5321 section 4.5.3.1.1): 37 before a tag of 26."""
    assert headers.tagged("b" * 37 + "@e.example", TOKEN) == "b" * 37 + f"+{TOKEN}@e.example"
    assert headers.tagged("b" * 37 + "@e.example", mark(Slot.TOKEN)).startswith("b" * 37 + "+")
    for tag in (TOKEN, mark(Slot.TOKEN)):
        with pytest.raises(ConfigError, match="no room") as caught:
            headers.tagged("b" * 38 + "@e.example", tag)
        assert caught.value.hint


@pytest.mark.parametrize(
    ("date", "written"),
    [
        (datetime(2026, 7, 3, 9, 0, 0, 999, tzinfo=ZoneInfo("Europe/Vienna")), "Fri, 03 Jul 2026 09:00:00 +0200"),
        (datetime(2026, 11, 27, 8, 0, tzinfo=UTC), "Fri, 27 Nov 2026 08:00:00 +0000"),
        (datetime(2026, 11, 27, 8, 0, tzinfo=ZoneInfo("America/St_Johns")), "Fri, 27 Nov 2026 08:00:00 -0330"),
    ],
)
def test_the_date_has_the_zone_of_the_newsletter(date: datetime, written: str) -> None:
    """With its offset on that day (RFC 5322 section 3.3)."""
    assert f"Date: {written}\r\n" in head(date=date)
    assert parse(head(date=date))["Date"].datetime == date.replace(microsecond=0)
