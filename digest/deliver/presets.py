"""Well-known relays as data: what each allows, and what it does to a message. Each has its source, address and month.

A figure is the provider's published limit for an ordinary account, on the careful side; an account of one's own may
have more, and `rate`, `daily`, `connections` in [smtp] win over all of it. What becomes of a header few providers tell;
there a mail in a public archive shows it, that left by the relay (`SEEN`): the month is that of the mail then. What is
found in neither way is not made up: there is no figure (`NOT_PUBLISHED`), or one of ours that says so (`OURS`).
docs/delivery.md shows all of it, and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["FIGURES", "NONE", "NOT_PUBLISHED", "OURS", "PRESETS", "Preset", "known"]

NOT_PUBLISHED = "not published"
OURS = "ours, not published"
SEEN = "seen in a mail that left by it, https://lore.kernel.org/all/"
FIGURES = ("host", "rate", "daily", "connections", "per_connection", "size", "message_id", "date", "envelope")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """One relay. `rate` is messages a second, `size` octets of a message; None: no limit that we should keep.

    message_id, date, envelope   `kept`, `replaced`, or not published (then taken as kept, as RFC 5321 6.4 asks for);
                                 where Message-ID is replaced, a second copy cannot be recognised, and where the
                                 envelope's sender is replaced, bounces do not come to [sender] bounces
    sources                      of each of FIGURES that there is: where it is from, and the month it was read there
    """

    host: str = ""
    port: int = 587
    tls: str = "starttls"
    rate: float | None = None
    daily: int | None = None
    per_connection: int | None = None
    connections: int = 1
    size: int | None = None
    message_id: str = NOT_PUBLISHED
    date: str = NOT_PUBLISHED
    envelope: str = NOT_PUBLISHED
    sources: Mapping[str, str] = field(default_factory=dict)


NONE = Preset()

MB = 1_000_000

SES = "Amazon SES Developer Guide, "
SES_QUOTAS = "Service quotas, https://docs.aws.amazon.com/ses/latest/dg/quotas.html"
SES_HEADERS = "Header fields, https://docs.aws.amazon.com/ses/latest/dg/header-fields.html"
NYLAS = "a third party's page, https://developer.nylas.com/docs/cookbook/email/gmail-smtp-settings/"
THROTTLING = (
    "Microsoft Learn, Throttling for SMTP Authenticated Submission, "
    "https://learn.microsoft.com/exchange/troubleshoot/send-emails/smtp-submission-improvements"
)
SENDGRID = (
    "Twilio SendGrid docs, Integrating with the SMTP API, "
    "https://www.twilio.com/docs/sendgrid/for-developers/sending-email/integrating-with-the-smtp-api"
)
MAILGUN = "Mailgun docs, Sending messages, https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages"
POSTMARK = "https://postmarkapp.com/"
FASTMAIL = "https://www.fastmail.com/help/"
POSTFIX = "https://www.postfix.org/"

PRESETS: dict[str, Preset] = {
    "ses": Preset(
        host="email-smtp.REGION.amazonaws.com",
        rate=14.0,
        connections=4,
        size=40 * MB,
        message_id="replaced",
        date="replaced",
        sources={
            "host": SES + "Connecting to an SMTP endpoint, https://docs.aws.amazon.com/ses/latest/dg/smtp-connect.html "
            "(2026-11)",
            "rate": OURS + "; the sandbox has 1/s and 200 a day, any other account its own figures, which the console "
            "shows: " + SES + SES_QUOTAS + " (2026-11)",
            "connections": OURS,
            "size": SES + SES_QUOTAS + ": 40 MB by SMTP, encoded (2026-11)",
            "message_id": SES + SES_HEADERS + " (2026-11)",
            "date": SES + SES_HEADERS + ": the moment at which SES took it (2026-11)",
        },
    ),
    "gmail": Preset(
        host="smtp.gmail.com",
        rate=1.0,
        daily=500,
        per_connection=100,
        size=25 * MB,
        message_id="kept",
        date="kept",
        sources={
            "host": NYLAS + " (2026-11)",
            "rate": OURS,
            "daily": NYLAS + ": 500 messages (2026-11)",
            "connections": OURS,
            "per_connection": OURS,
            "size": "a third party's page, https://helpdesk.lowercolumbia.edu/kb/faq.php?id=487: 25 MB (2026-11)",
            "message_id": SEEN + "20250331195038.7aafa82a@pumpkin/; one that is malformed is replaced, "
            "https://lore.kernel.org/all/6835eaa4.c80a0220.2baf57.d14b@mx.google.com/ (2025-05)",
            "date": SEEN + "20250331195038.7aafa82a@pumpkin/ (2025-03)",
        },
    ),
    "google-workspace": Preset(
        host="smtp.gmail.com",
        rate=2.0,
        daily=2000,
        per_connection=100,
        message_id="kept",
        date="kept",
        sources={
            "host": NYLAS + " (2026-11)",
            "rate": OURS,
            "daily": "Google Workspace Admin Help, Gmail sending limits, https://support.google.com/a/answer/166852: "
            "2,000 messages and user in 24 hours, 500 on trial (2026-11)",
            "connections": OURS,
            "per_connection": OURS,
            "message_id": SEEN + "dee481c3-f6bd-4ba9-a2d4-528dfb668159@redhat.com/ (2023-10)",
            "date": SEEN + "dee481c3-f6bd-4ba9-a2d4-528dfb668159@redhat.com/ (2023-10)",
        },
    ),
    "microsoft365": Preset(
        host="smtp.office365.com",
        rate=0.5,
        daily=10_000,
        connections=3,
        message_id="replaced",
        sources={
            "host": "the docs of Git name it, https://git-scm.com/docs/git-send-email (2026-11)",
            "rate": THROTTLING + ": 30 messages a minute (2026-11)",
            "daily": THROTTLING + ": 10,000 recipients (2026-11)",
            "connections": THROTTLING + ": 3 at a time (2026-11)",
            "message_id": "the docs of Git, under --outlook-id-fix, https://git-scm.com/docs/git-send-email (2026-11)",
        },
    ),
    "sendgrid": Preset(
        host="smtp.sendgrid.net",
        connections=4,
        per_connection=5000,
        message_id="kept",
        date="replaced",
        sources={
            "host": SENDGRID + " (2026-11)",
            "connections": OURS + "; up to 10,000 from one server: " + SENDGRID + " (2026-11)",
            "per_connection": SENDGRID + " (2026-11)",
            "message_id": SEEN + "6a968e28-bb98-cf99-82bf-7154249e77ed@kwiboo.se/ (2023-08)",
            "date": SEEN + "6a968e28-bb98-cf99-82bf-7154249e77ed@kwiboo.se/: the moment at which SendGrid took it "
            "(2023-08)",
        },
    ),
    "mailgun": Preset(
        host="smtp.mailgun.org",
        connections=4,
        size=25 * MB,
        message_id="kept",
        date="kept",
        sources={
            "host": MAILGUN + "; domains of the EU have smtp.eu.mailgun.org, a third party's page, "
            "https://smtptester.org/guides/mailgun-smtp-test/ (2026-11)",
            "connections": OURS,
            "size": MAILGUN + ": 25 MB (2026-11)",
            "message_id": SEEN + "316a5cf9-ca71-6506-bf8b-e79ded9055b2@codeaurora.org/ (2020-06)",
            "date": SEEN + "316a5cf9-ca71-6506-bf8b-e79ded9055b2@codeaurora.org/ (2020-06)",
        },
    ),
    "postmark": Preset(
        host="smtp-broadcasts.postmarkapp.com",
        connections=4,
        size=10 * MB,
        message_id="replaced",
        sources={
            "host": "Postmark docs, Send email with SMTP, " + POSTMARK + "developer/user-guide/send-email-with-smtp: "
            "broadcasts go through their own host (2026-11)",
            "connections": OURS,
            "size": "Postmark Support, Attachment and email size limits, "
            + POSTMARK
            + "support/article/1056-what-are-the-attachment-and-email-size-limits: 10 MB, encoded (2026-11)",
            "message_id": "users report it, https://github.com/killmenot/nodemailer-postmark-transport/issues/41; not "
            "where X-PM-KeepID is set, as PostmarkSmtpTransport.php of Symfony does, "
            "https://github.com/symfony/symfony (2026-11)",
        },
    ),
    "brevo": Preset(
        host="smtp-relay.brevo.com",
        rate=5.0,
        connections=2,
        message_id="replaced",
        date="kept",
        sources={
            "host": "Brevo developer docs, SMTP relay integration, https://developers.brevo.com/docs/smtp-integration: "
            "ports 587 and 465 (2026-11)",
            "rate": OURS,
            "connections": OURS,
            "message_id": SEEN + "ea7d7850-fdb8-49a7-90fd-89432dfe555a@smtp-relay.sendinblue.com/: the old one stands "
            "in Origin-messageId (2026-04)",
            "date": SEEN + "ea7d7850-fdb8-49a7-90fd-89432dfe555a@smtp-relay.sendinblue.com/ (2026-04)",
        },
    ),
    "fastmail": Preset(
        host="smtp.fastmail.com",
        port=465,
        tls="tls",
        rate=1.0,
        message_id="kept",
        date="kept",
        sources={
            "host": "Fastmail Help, Server names and ports, "
            + FASTMAIL
            + "technical/servernamesandports.html (2026-11)",
            "rate": OURS
            + "; its figures by plan, which could not be read, stand in Fastmail Help, Account limits, "
            + FASTMAIL
            + "account/limits.html (2026-11)",
            "connections": OURS,
            "message_id": SEEN + "Z172-TL96Dy0d95d@shredder/ (2024-12)",
            "date": SEEN + "Z172-TL96Dy0d95d@shredder/ (2024-12)",
        },
    ),
    "zoho": Preset(
        host="smtp.zoho.com",
        port=465,
        tls="tls",
        rate=50 / 3600,
        message_id="kept",
        date="kept",
        sources={
            "host": "a third party's page, https://postigo.net/smtp/zoho: with a domain of one's own smtppro.zoho.com, "
            "and each region has its own (2026-11)",
            "rate": "Zoho Mail Help, Limits and policies, "
            "https://www.zoho.com/mail/help/adminconsole/rates-and-limits.html: 50 to 500 an hour to other "
            "organisations, by reputation; newsletters are not what it is for (2026-11)",
            "connections": OURS,
            "message_id": SEEN + "lfmhqurnpjmfy6pfjxd5aczxujislv2p5bsurcbl7capyt7zv3@hy2twvjj53uz/ (2025-03)",
            "date": SEEN + "lfmhqurnpjmfy6pfjxd5aczxujislv2p5bsurcbl7capyt7zv3@hy2twvjj53uz/ (2025-03)",
        },
    ),
    "postfix": Preset(
        port=25,
        connections=10,
        size=10_240_000,
        message_id="kept",
        date="kept",
        envelope="kept",
        sources={
            "connections": OURS
            + "; smtpd_client_connection_count_limit is 50: postconf -d of 3.7, "
            + POSTFIX
            + "postconf.5.html (2026-11)",
            "size": "message_size_limit: postconf -d of 3.7, " + POSTFIX + "postconf.5.html (2026-11)",
            "message_id": "only a missing one is added, and only to mail of its own machine: "
            + POSTFIX
            + "cleanup.8.html (2026-11)",
            "date": "only a missing one is added, and only to mail of its own machine: "
            + POSTFIX
            + "cleanup.8.html (2026-11)",
            "envelope": "unless sender_canonical_maps say otherwise, which are empty: postconf -d of 3.7, "
            + POSTFIX
            + "postconf.5.html (2026-11)",
        },
    ),
}


def known(preset: str, host: str) -> Preset:
    """Give the relay of that name, else the one that has that host, else `NONE`: what is true without being asked."""
    if preset in PRESETS:
        return PRESETS[preset]
    labels = host.lower().split(".")
    for one in PRESETS.values():
        wanted = one.host.split(".")
        if (
            one.host
            and len(wanted) == len(labels)
            and all(a in (b, "REGION") for a, b in zip(wanted, labels, strict=True))
        ):
            return one
    return NONE
