"""Headers, sender and ways out: near misses, and the defect that each rule is there for."""

from __future__ import annotations

import base64
import codecs
import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from digest.model import Finding, Proof
from digest.settings import Plug, Public, Smtp

Seeded = Callable[..., Proof]
Found = Callable[[str, Proof], list[Finding]]
READER = "reader@example.net"
TOKEN = "wbzstfr2u6hn5y3jufd5bcxe4y"
MAILTO = f"<mailto:out@example.org?subject=unsubscribe%20{TOKEN}>"


def headers(**fields: str | None) -> dict[str, Any]:
    return {"headers": {name.replace("_", "-"): value for name, value in fields.items()}}


def way(value: str) -> dict[str, Any]:
    return headers(List_Unsubscribe=f"<https://news.example.org/u/{value}>")


def relay(host: str, sender: str) -> dict[str, Any]:
    return {"config": {"transport": Plug(name="smtp", kind="smtp", options=Smtp(host=host))}, **headers(From=sender)}


ENCODED = base64.urlsafe_b64encode(f'{{"a":"{READER}"}}'.encode()).decode().rstrip("=")
LOOPBACK = {
    "config": {"public": Public(url="http://127.0.0.1:9")},
    **headers(List_Unsubscribe="<http://127.0.0.1:9/u/x>"),
}

QUIET = [
    ("subject-length", headers(Subject="[Preview] " + "a" * 60)),
    ("subject-deceptive", headers(Subject="Regarding Fwd: what it means! Really?")),
    ("subject-deceptive", headers(Subject="NASA, ESA")),
    ("subject-deceptive", headers(Subject="Two stars ⭐ ⭐")),
    ("subject-repeated", {"last_subject": "Something else"}),
    ("subject-repeated", {"last_subject": ""}),
    ("from-freemail", relay("smtp.gmail.com.evil.example", "A <a@example.org>")),
    ("from-freemail", relay("smtp-relay.google.com", "A <a@gmail.com>")),
    ("from-freemail", relay("smtp.gmail.com", "A <a@gmail.com>")),
    ("from-freemail", relay("smtp.mail.yahoo.com", "A <a@yahoo.co.uk>")),
    ("from-freemail", relay("smtp.example.org", "A <a@live.example.org>")),
    ("from-name", headers(From="Ärzteblatt & Co. <news@example.org>")),
    ("from-name", headers(From="not an address")),
    ("noreply", headers(From="A <noreply@example.org>", Reply_To="ann@example.org")),
    ("list-id", {"last_list_id": "Old Name <weekly.EXAMPLE.org>"}),
    ("list-id", headers(List_Id="<weekly.localhost.example.org>")),
    ("unsubscribe-https", LOOPBACK),
    ("unsubscribe-https", {"recipients": None}),
    ("unsubscribe-post", headers(List_Unsubscribe=MAILTO, List_Unsubscribe_Post=None)),
    ("unsubscribe-opaque", headers(List_Unsubscribe="<mailto:reader@example.org?subject=out>")),
    ("unsubscribe-visible", {"html": [(f"https://news.example.org/u/{TOKEN}", "mailto:out+x@example.org")]}),
    ("feedback-id", headers(Feedback_ID=None)),
    ("postal-address", {"sender": {"postal_address": "", "postal_exempt": "a club of four people"}}),
    ("postal-address", {"html": [("Example Weekly,<br>1", "Example Weekly,</td><td>1")]}),
    ("reason", {"rendered": {"language": "tlh"}, "html": [("You receive this because you subscribed", "Qapla'")]}),
    (
        "reason",
        {
            "rendered": {"language": "de-AT"},
            "html": [("You receive this because you subscribed", "Sie erhalten das")],
            "text": [("You receive this because you subscribed", "Sie erhalten das")],
        },
    ),
    ("web-link", {"config": {"public": Public()}, "html": [("news.example.org/weekly", "x.test")]}),
    ("text-missing", headers(Subject="x")),
    ("smtputf8-needed", {"reader": "reader@müller.example"}),
    ("message-size", headers(Subject="x")),
]

DEFECTS = [
    ("subject-empty", headers(Subject="[Preview] "), "error", "the subject is empty"),
    ("subject-length", headers(Subject="a" * 61), "warning", "61 characters"),
    ("subject-length", headers(Subject="a" * 201), "error", "201 characters"),
    ("subject-deceptive", headers(Subject="Re: your order"), "warning", "as if it were an answer"),
    ("subject-deceptive", headers(Subject="FWD : your order"), "warning", "as if it were an answer"),
    ("subject-deceptive", headers(Subject="READ THIS RIGHT NOW"), "warning", "all capitals"),
    ("subject-deceptive", headers(Subject="Only today!!"), "warning", "shouts"),
    ("subject-deceptive", headers(Subject="Now 🎉🎉 🎉 it is"), "warning", "run of emoji"),
    ("subject-repeated", {"last_subject": "about plain folders, and one more "}, "info", "same as the last issue's"),
    ("from-single", headers(From="a@example.org, b@example.org"), "error", "2 addresses"),
    ("from-single", headers(From=None), "error", "0 addresses"),
    ("from-single", headers(From="somebody"), "error", "no address"),
    ("from-freemail", relay("smtp.example.org", "A <a@gmail.com>"), "error", "gmail.com"),
    ("from-freemail", relay("smtp.example.org", "A <a@yahoo.co.uk>"), "error", "yahoo.co.uk"),
    ("from-freemail", {"config": {"transport": None}, **headers(From="A <a@web.de>")}, "error", "web.de"),
    ("from-name", headers(From="news@example.org"), "warning", "is empty"),
    ("from-name", headers(From="Example ⭐ <news@example.org>"), "warning", "an emoji"),
    ("from-name", headers(From='"me@example.com" <news@example.org>'), "warning", "an @"),
    ("from-name", headers(From='"Example (2)" <news@example.org>'), "warning", "a counter"),
    ("from-name", headers(From="One More About Plain Folders <news@example.org>"), "warning", "is the subject"),
    ("from-name", headers(From="Reader <news@example.org>"), "warning", "the reader's own"),
    ("noreply", headers(Reply_To="no-reply@example.org"), "warning", "no-reply@example.org, which nobody reads"),
    ("noreply", headers(From="A <donotreply@example.org>", Reply_To=None), "warning", "donotreply@example.org"),
    ("list-id", headers(List_Id=None), "error", "is missing"),
    ("list-id", headers(List_Id="weekly"), "error", "is not of the form"),
    ("list-id", headers(List_Id=f"<{'a' * 250}.example.org>"), "error", "262 octets"),
    ("list-id", headers(List_Id="<weekly.list-manage.example>"), "error", "in no domain of yours"),
    ("list-id", {"last_list_id": "A <news.example.org>"}, "error", "was news.example.org in the last issue"),
    ("unsubscribe-https", headers(List_Unsubscribe=MAILTO), "warning", "by mail alone"),
    ("unsubscribe-https", {"recipients": 5000, **headers(List_Unsubscribe=MAILTO)}, "error", "by mail alone"),
    ("unsubscribe-https", headers(List_Unsubscribe=None), "warning", "no List-Unsubscribe"),
    ("unsubscribe-https", headers(List_Unsubscribe="<https://a.test/>, <https://b.test/>"), "warning", "2 https"),
    ("unsubscribe-post", headers(List_Unsubscribe_Post=None), "error", "is missing"),
    ("unsubscribe-post", headers(List_Unsubscribe_Post="list-unsubscribe=one-click"), "error", "not List-Unsub"),
    ("unsubscribe-post", headers(List_Unsubscribe=MAILTO), "error", "without an https address"),
    ("unsubscribe-opaque", way("?who=Reader%40example.net"), "error", "shows whose it is: https"),
    ("unsubscribe-opaque", way(codecs.encode(READER, "rot13")), "error", "shows whose it is"),
    ("unsubscribe-opaque", way(ENCODED), "error", "shows whose it is"),
    ("unsubscribe-opaque", way(base64.b64encode(READER.encode()).decode()), "error", "shows whose it is"),
    ("unsubscribe-opaque", way(READER.encode().hex()), "error", "shows whose it is"),
    ("unsubscribe-opaque", way(hashlib.sha256(READER.encode()).hexdigest()), "error", "shows whose it is"),
    ("unsubscribe-visible", {"html": [("Unsubscribe</a>", "→</a>")]}, "error", "the HTML part has no visible link"),
    (
        "unsubscribe-visible",
        {"html": [(f'/u/{TOKEN}" style="', f'/u/{TOKEN}" style="display:none;')]},
        "error",
        "the HTML part has no visible link",
    ),
    ("unsubscribe-visible", {"text": [("/u/", "/x/")]}, "error", "the text part has no address"),
    ("feedback-id", headers(Feedback_ID="a:b:sender1"), "warning", "3 fields"),
    ("feedback-id", headers(Feedback_ID="a:b:c:abc"), "warning", "5 to 15 characters"),
    ("feedback-id", headers(Feedback_ID="a:A:c:sender1"), "warning", "repeats a value"),
    ("feedback-id", headers(Feedback_ID=f"{TOKEN}:b:c:sender1"), "warning", "different for each reader"),
    ("postal-address", {"sender": {"postal_address": ""}}, "error", "no postal address is configured"),
    ("postal-address", {"sender": {"postal_address": ""}, "to_list": False}, "warning", "no postal address"),
    ("postal-address", {"html": [("1 Example Street", "a street")]}, "error", "missing in the HTML part"),
    ("postal-address", {"text": [("Street, 1010", "1010")]}, "error", "missing in the text part"),
    ("reason", {"html": [("You receive this because you subscribed", "Hello")]}, "warning", "the HTML part"),
    ("reason", {"text": [("You receive this because you subscribed", "Hello")]}, "warning", "the text part"),
    ("web-link", {"html": [("news.example.org/weekly", "x.test")]}, "warning", "the HTML part has no link"),
    ("web-link", {"text": [("news.example.org/weekly", "x.test")]}, "warning", "the text part has no link"),
    ("smtputf8-needed", {"reader": "jürgen@example.net"}, "warning", "readers' addresses"),
    ("smtputf8-needed", {"sender": {"reply_to": "Jürgen <jürgen@example.org>"}}, "warning", "jürgen@example.org"),
]


@pytest.mark.parametrize(("rule", "defect"), QUIET)
def test_what_is_right_is_not_blamed(rule: str, defect: dict[str, Any], seeded: Seeded, found: Found) -> None:
    """Near misses: what looks like the defect and is none."""
    assert found(rule, seeded(**defect)) == []


@pytest.mark.parametrize(("rule", "defect", "severity", "words"), DEFECTS)
def test_a_defect_is_found(
    rule: str, defect: dict[str, Any], severity: str, words: str, seeded: Seeded, found: Found
) -> None:
    """Once, with its severity, naming the thing."""
    (finding,) = found(rule, seeded(**defect))
    assert finding.severity == severity
    assert words in finding.message


def test_a_setting_is_blamed_by_its_line(seeded: Seeded, found: Found) -> None:
    """Where digest.toml says it, that line; where the environment does, the file alone."""
    (finding,) = found("from-single", seeded(**headers(From=None)))
    assert (finding.part, finding.file, finding.line) == ("config", "digest.toml", 12)
    (finding,) = found("postal-address", seeded(sender={"postal_address": ""}))
    assert (finding.part, finding.file, finding.line) == ("config", "digest.toml", None)


def test_no_reader_is_named(seeded: Seeded, found: Found) -> None:
    """A finding is printed and logged: it never holds a reader's address."""
    for rule, defect in (("smtputf8-needed", {"reader": "jürgen@example.net"}), ("unsubscribe-opaque", way(READER))):
        (finding,) = found(rule, seeded(**defect))
        assert "@example.net" not in finding.message + finding.hint


def test_parts_and_attachments(seeded: Seeded, found: Found) -> None:
    """Text first, HTML last, nothing more; a picture that the HTML shows by its cid is no attachment."""
    html_alone = b"From: a@example.org\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>x</p>\r\n"
    (finding,) = found("text-missing", seeded(data=html_alone))
    assert finding.message == "the mail has no text part"
    turned = (
        b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/html\r\n\r\n<p>x</p>\r\n--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--\r\n"
    )
    (finding,) = found("text-missing", seeded(data=turned))
    assert finding.message == "the text part comes after text/html"
    mixed = (
        b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n"
        b"--b\r\nContent-Type: image/png\r\nContent-ID: <logo@example.org>\r\n\r\nx\r\n"
        b'--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="a.pdf"\r\n\r\nx\r\n'
        b"--b\r\nContent-Type: text/calendar\r\n\r\nx\r\n--b--\r\n"
    )
    told = found("attachment", seeded(data=mixed))
    assert [f.message for f in told] == [
        "the mail carries an attachment: a.pdf",
        "the mail carries an attachment: text/calendar",
    ]


def test_a_large_message_is_told(seeded: Seeded, found: Found) -> None:
    """By the finished bytes of the largest sample."""
    (finding,) = found("message-size", seeded(data=b"Subject: x\r\n\r\n" + b"x" * 250_000))
    assert finding.message == "the message has 250,014 octets, over 250,000"
