"""Well-known relays as data: what each allows, and what it does to a message. Figures carry where from.

A figure is the provider's published limit for an ordinary account, on the careful side; an account of one's own may
have more, and `rate`, `daily`, `connections` in [smtp] win over all of it.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["NONE", "PRESETS", "Preset", "known"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """One relay. `rate` is messages a second; None means no limit that we should keep.

    `message_id`, `date`: `kept` or `replaced`. Where Message-ID is replaced, a second copy cannot be recognised.
    """

    host: str = ""
    port: int = 587
    tls: str = "starttls"
    rate: float | None = None
    daily: int | None = None
    per_connection: int | None = None
    connections: int = 1
    message_id: str = "kept"
    date: str = "kept"
    source: str = ""  # where the figures are published
    read: str = ""  # the month they were last compared with it; empty: not yet, so ask your provider


NONE = Preset()

PRESETS: dict[str, Preset] = {
    "ses": Preset(
        host="email-smtp.REGION.amazonaws.com",
        rate=14.0,
        connections=4,
        message_id="replaced",
        date="kept",
        source="Amazon SES Developer Guide, Service quotas and Message headers: the sandbox has 1/s and 200 a "
        "day; 14/s is a usual first production quota. Its quotas are the account's: see your console.",
        read="2026-11",
    ),
    "gmail": Preset(
        host="smtp.gmail.com",
        rate=1.0,
        daily=500,
        per_connection=100,
        source="Gmail Help, Gmail sending limits: 500 recipients in 24 hours; the rate is ours.",
        read="2026-11",
    ),
    "google-workspace": Preset(
        host="smtp.gmail.com",
        rate=2.0,
        daily=2000,
        per_connection=100,
        source="Google Workspace Admin Help, Gmail sending limits: 2,000 messages a day and user (trial 500); "
        "the rate is ours. smtp-relay.gmail.com allows 10,000 recipients a day.",
        read="2026-11",
    ),
    "microsoft365": Preset(
        host="smtp.office365.com",
        rate=0.5,
        daily=10_000,
        connections=3,
        message_id="kept",
        source="Microsoft Learn, Exchange Online limits: 30 messages a minute, 10,000 recipients a day; "
        "its page on SMTP AUTH names 3 connections at a time (not read again).",
        read="2026-11",
    ),
    "sendgrid": Preset(
        host="smtp.sendgrid.net",
        connections=4,
        per_connection=5000,
        source="Twilio SendGrid docs, SMTP service: 10,000 connections and 100 messages a connection and "
        "request burst are no hard limits; quota is the plan's. Message-ID is kept where one is given.",
    ),
    "mailgun": Preset(
        host="smtp.mailgun.org",
        connections=4,
        source="Mailgun docs, Sending messages: no fixed rate on paid plans; new accounts 100 an hour.",
    ),
    "postmark": Preset(
        host="smtp-broadcasts.postmarkapp.com",
        connections=4,
        message_id="replaced",
        source="Postmark docs, Sending with SMTP: broadcasts go through their own host; Message-ID is "
        "replaced unless X-PM-KeepID is true; no fixed rate.",
    ),
    "brevo": Preset(
        host="smtp-relay.brevo.com",
        rate=5.0,
        connections=2,
        source="Brevo Help, SMTP relay and sending limits: 300 a day on the free plan, else the plan's; the "
        "rate is ours.",
    ),
    "fastmail": Preset(
        host="smtp.fastmail.com",
        port=465,
        tls="tls",
        rate=1.0,
        daily=4000,
        source="Fastmail Help, Account limits: 4,000 a day (Basic 2,000 and fewer for new ones); the rate is "
        "ours. Mass mail is not what it is for.",
    ),
    "zoho": Preset(
        host="smtp.zoho.com",
        port=465,
        tls="tls",
        rate=0.5,
        daily=500,
        source="Zoho Mail Help, Usage policy: 500 a day and user at most, by plan and age; the rate is ours.",
    ),
    "postfix": Preset(
        port=25,
        connections=10,
        source="Postfix postconf(5), 3.8: smtpd_client_connection_count_limit is 50; no rate by default.",
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
