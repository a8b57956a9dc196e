"""Well-known relays as data: what each allows, and what it does to a message. Each figure has its source and its month.

A figure is the provider's published limit for an ordinary account, on the careful side; an account of one's own may
have more, and `rate`, `daily`, `connections` in [smtp] win over all of it. What a provider does not publish is not made
up: there is no figure then (`NOT_PUBLISHED`), or one of ours that says so (`OURS`). docs/delivery.md shows all of it,
and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["FIGURES", "NONE", "NOT_PUBLISHED", "OURS", "PRESETS", "Preset", "known"]

NOT_PUBLISHED = "not published"
OURS = "ours, not published"
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

PRESETS: dict[str, Preset] = {
    "ses": Preset(
        host="email-smtp.REGION.amazonaws.com",
        rate=14.0,
        connections=4,
        size=40 * MB,
        message_id="replaced",
        date="replaced",
        sources={
            "host": "Amazon SES Developer Guide, Connecting to an SMTP endpoint (2026-11)",
            "rate": OURS + "; the sandbox has 1/s and 200 a day, any other account its own figures, which the console "
            "shows: Amazon SES Developer Guide, Service quotas (2026-11)",
            "connections": OURS,
            "size": "Amazon SES Developer Guide, Service quotas: 40 MB by SMTP, encoded (2026-11)",
            "message_id": "Amazon SES Developer Guide, Header fields (2026-11)",
            "date": "Amazon SES Developer Guide, Header fields: the moment at which SES took it (2026-11)",
        },
    ),
    "gmail": Preset(
        host="smtp.gmail.com",
        rate=1.0,
        daily=500,
        per_connection=100,
        size=25 * MB,
        sources={
            "host": "pages of third parties (2026-11)",
            "rate": OURS,
            "daily": "pages of third parties that cite Gmail Help: 500 recipients in 24 hours (2026-11)",
            "connections": OURS,
            "per_connection": OURS,
            "size": "pages of third parties: 25 MB (2026-11)",
        },
    ),
    "google-workspace": Preset(
        host="smtp.gmail.com",
        rate=2.0,
        daily=2000,
        per_connection=100,
        sources={
            "host": "Google Workspace Admin Help, Gmail sending limits (2026-11)",
            "rate": OURS,
            "daily": "Google Workspace Admin Help, Gmail sending limits: 2,000 messages and user in 24 hours, 500 on "
            "trial (2026-11)",
            "connections": OURS,
            "per_connection": OURS,
        },
    ),
    "microsoft365": Preset(
        host="smtp.office365.com",
        rate=0.5,
        daily=10_000,
        connections=3,
        sources={
            "host": OURS,
            "rate": "Microsoft Learn, Throttling for SMTP Authenticated Submission: 30 messages a minute (2026-11)",
            "daily": "Microsoft Learn, Throttling for SMTP Authenticated Submission: 10,000 recipients (2026-11)",
            "connections": "Microsoft Learn, Throttling for SMTP Authenticated Submission: 3 at a time (2026-11)",
        },
    ),
    "sendgrid": Preset(
        host="smtp.sendgrid.net",
        connections=4,
        per_connection=5000,
        sources={
            "host": "Twilio SendGrid docs, Integrating with the SMTP API (2026-11)",
            "connections": OURS + "; up to 10,000 from one server: Twilio SendGrid docs, Integrating with the SMTP "
            "API (2026-11)",
            "per_connection": "Twilio SendGrid docs, Integrating with the SMTP API (2026-11)",
        },
    ),
    "mailgun": Preset(
        host="smtp.mailgun.org",
        connections=4,
        sources={
            "host": "Mailgun docs, Send via SMTP; domains of the EU have a host of their own (2026-11)",
            "connections": OURS,
        },
    ),
    "postmark": Preset(
        host="smtp-broadcasts.postmarkapp.com",
        connections=4,
        size=10 * MB,
        message_id="replaced",
        sources={
            "host": "Postmark docs, Send email with SMTP: broadcasts go through their own host (2026-11)",
            "connections": OURS,
            "size": "Postmark Support, Attachment and email size limits: 10 MB, encoded (2026-11)",
            "message_id": "users of its API report it (nodemailer-postmark-transport, issue 41 of 2025-11), and its "
            "docs say nothing of it (2026-11)",
        },
    ),
    "brevo": Preset(
        host="smtp-relay.brevo.com",
        rate=5.0,
        connections=2,
        message_id="replaced",
        sources={
            "host": "Brevo developer docs, SMTP relay integration: ports 587 and 465 (2026-11)",
            "rate": OURS,
            "connections": OURS,
            "message_id": "users report it, the old one stands in another header (PHPMailer, issue 2859 of 2023-01)",
        },
    ),
    "fastmail": Preset(
        host="smtp.fastmail.com",
        port=465,
        tls="tls",
        rate=1.0,
        sources={
            "host": "pages of third parties (2026-11)",
            "rate": OURS + "; its help has limits by plan on a page Account limits, whose figures could not be read",
            "connections": OURS,
        },
    ),
    "zoho": Preset(
        host="smtp.zoho.com",
        port=465,
        tls="tls",
        rate=50 / 3600,
        sources={
            "host": "pages of third parties; accounts of the EU have smtp.zoho.eu (2026-11)",
            "rate": "Zoho Mail Help, Limits and policies: 50 to 500 an hour to other organisations, by reputation; "
            "newsletters are not what it is for (2026-11)",
            "connections": OURS,
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
            "connections": OURS + "; smtpd_client_connection_count_limit is 50: postconf -d of 3.7 (2026-11)",
            "size": "message_size_limit: postconf -d of 3.7 (2026-11)",
            "message_id": "always_add_missing_headers is no, what is there stays: postconf -d of 3.7 (2026-11)",
            "date": "always_add_missing_headers is no, what is there stays: postconf -d of 3.7 (2026-11)",
            "envelope": "unless sender_canonical_maps say otherwise, which are empty: postconf -d of 3.7 (2026-11)",
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
