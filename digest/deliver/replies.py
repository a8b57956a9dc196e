"""What well-known servers say, as data: one row a wording that the bare codes would misjudge, or that we must not.

The first row that fits decides; what no row fits is judged by its codes alone (`outcome`). Rows about us stand before
those about a recipient, for a server that does not know our address says "user unknown" too. Each row carries a reply
as the server words it, and a test holds every row to its own sample.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from re import IGNORECASE, Pattern
from re import compile as pattern

__all__ = ["KINDS", "ROWS", "Row"]

KINDS = {
    "gone": "the address does not exist: failed, and suppressed",
    "failed": "this message is refused for this recipient",
    "suspect": "a refusal that may mean us: failed, unless several follow one another; then it stops",
    "astray": "it lost the thread, and judged no recipient: later, unless several follow one another",
    "hiccup": "it cannot look us up now: later, unless several follow one another; then the next run goes on",
    "deferred": "later",
    "slow": "later, and we are too fast",
    "later": "the run stops; the next one goes on (a quota is used up)",
    "stop": "the run stops: somebody has to change something",
}

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Row:
    """One wording: `codes` and `words` are searched for; `reason` says what to do, `wait` when to go on."""

    relay: str
    codes: str
    words: str
    kind: str
    sample: tuple[str, int, str]
    reason: str = ""
    wait: timedelta | None = None

    def patterns(self) -> tuple[Pattern[str], Pattern[str]]:
        """Its two patterns, ready to search with."""
        return pattern(self.codes), pattern(self.words, IGNORECASE)


VERIFY = "Amazon SES does not know the From address or is still in its sandbox: verify the domain, ask to leave it"
RELAY = "the relay does not take mail from us for other domains: sign in (user and password), or allow this machine"
SENDER = "the relay does not let this account send as the From address: use one of its own, or verify the domain there"
OUR_ADDRESS = (
    "the relay does not take the address we send from (MAIL FROM): see that it exists and its domain has an MX or A "
    "record, or set [sender] bounces"
)
OUR_NAME = (
    "the relay does not take the name that this machine calls itself (EHLO): give it a full one, with its domain, that "
    "DNS knows"
)
NO_PTR = "our machine's address has no name in reverse DNS (PTR): have one set, or send through a relay"
LISTED = "our machine's address is on a blocklist: send through a relay, or have it taken off"
OUR_DOMAIN = "the domain we send from is on a blocklist: have it taken off"
LINK = "a link in the message leads to a domain on a blocklist: take it out"
PROOF = "the receiver wants SPF, DKIM and DMARC for the From domain: publish them (digest check --online shows which)"
SIZE = "the message is larger than this relay takes: fewer posts, or excerpts"
QUOTA = "the relay's sending quota is used up"
SIGN_IN = "the relay does not accept this user and password: check DIGEST_SMTP_USER and DIGEST_SMTP_PASSWORD"
SIGN_IN_FIRST = "the relay wants a sign-in first: see that DIGEST_SMTP_USER and DIGEST_SMTP_PASSWORD are set, and right"
TLS_FIRST = 'the relay wants TLS before anything else: set [smtp] tls = "starttls", or "tls" with port 465'
APP_ACCESS = "the account needs an app password (or OAuth2) for SMTP: make one in its security settings"
SUSPENDED = "the relay has suspended sending for this account: look at its console"
HELD_BACK = "the relay holds us back for a while: what it saw looked like spam"
AGAIN = "the relay refuses message after message in the same words"

ROWS: tuple[Row, ...] = (
    # -- whom a refusal speaks of, whoever words it: our address beside "user unknown" is ours
    Row("many", "5..", r"(blocked|refused|rejected|blacklisted|not (accepted|allowed)) by (the |this )?"
        r"(recipient|user|addressee)|recipient'?s? (preferences|block ?list|has blocked)|RESOLVER\.RST", "suspect",
        ("rcpt", 550, "5.1.1 Refused due to recipient preferences")),
    Row("Yahoo", "550", "request failed; mailbox unavailable|reject due to policy", "suspect",
        ("dot", 550, "Request failed; Mailbox unavailable")),
    Row("Microsoft 365", "5..", r"bad outbound sender|OutboundSpamException|5\.7\.(705|708|750)\b", "stop",
        ("dot", 550, "5.1.8 Access denied, bad outbound sender AS(42004)"), SUSPENDED),
    Row("many", "5..", "access to submit messages|your account (is |has been )?(suspended|disabled|blocked)", "stop",
        ("dot", 554, "5.7.1 Your access to submit messages to this e-mail system has been rejected."), SUSPENDED),
    Row("Zoho", "5..", r"out(going|bound) (mail |email )?(from \S+ )?(is |was |has been )?(blocked|disabled|suspended)",
        "stop", ("dot", 554, "5.1.8 Email Outgoing Blocked"), SUSPENDED),
    Row("Zoho", "5..", "relaying disallowed as", "stop",
        ("rcpt", 553, "Relaying disallowed as news@example.org"), SENDER),
    Row("Zoho", "[45]..", "unusual (sending )?activity", "later",
        ("dot", 550, "5.4.6 Unusual sending activity detected. Please try after sometime"), HELD_BACK, HOUR),
    Row("Gmail", "5..", r"5\.7\.28\b|unusual rate of unsolicited", "later",
        ("dot", 550, "5.7.28 [192.0.2.1] Gmail has detected an unusual rate of unsolicited mail from your IP address."),
        HELD_BACK, HOUR),
    Row("cPanel", "[45]..", r"exceeded the max(imum)? (number of )?(e-?mails|messages|recipients|defers)\b", "later",
        ("rcpt", 550, "Domain example.org has exceeded the max emails per hour (151/150 (100%)) allowed. Message "
         "discarded."), QUOTA, HOUR),
    Row("GoDaddy", "5..", "too many (recipients|messages|e-?mails) (this|per|in an?) (hour|day)", "later",
        ("rcpt", 550, "5.1.1 <reader@example.net> - 192.0.2.1 has sent to too many recipients this hour. IB607"),
        QUOTA, HOUR),
    Row("Postfix", "5..|45.", r"sender (address|domain) \S+ blocked using", "stop",
        ("rcpt", 554, "5.7.1 Service unavailable; Sender address [news@example.org] blocked using dbl.spamhaus.org"),
        OUR_DOMAIN),
    Row("Postfix", "5..", "sender address rejected: (not owned|not logged in|access denied)", "stop",
        ("rcpt", 553, "5.7.1 <news@example.org>: Sender address rejected: not owned by user news"), SENDER),
    Row("Postfix", "4..", "sender address rejected: (domain|malformed|unverified|undeliverable|user unknown)"
        "|domain of sender address|sender (address )?verif|verify (the )?sender", "hiccup",
        ("rcpt", 450, "4.1.8 <news@example.org>: Sender address rejected: Domain not found"),
        "the relay cannot look up the address we send from (MAIL FROM): see that it exists and DNS knows its domain"),
    Row("Postfix", "5..", "sender address rejected|domain of sender address|domain name required for sender"
        "|sender'?s? (address )?(domain )?(verif|must (exist|resolve)|does(n't| not) exist|unknown|(is )?not found)"
        "|verify (the )?sender|as a valid sender", "stop",
        ("rcpt", 550, "5.1.0 <news@example.org>: Sender address rejected: User unknown in virtual mailbox table"),
        OUR_ADDRESS),
    Row("many", "5..", r"\b(invalid|bad|unknown|unverified|unauthori[sz]ed|forged) (envelope )?sender\b"
        r"|\bsender (e-?mail )?(address )?(is |was |has been )?(rejected|refused|denied|blocked|invalid|unknown"
        r"|not (a )?(allowed|permitted|accepted|authori[sz]ed|verified|valid))"
        r"|envelope sender is in|from address (is )?not (verified|one of|allowed|valid)"
        r"|not authori[sz]ed to send (from|as)|must match (the |your )?(authenticated|login)", "stop",
        ("dot", 550, "Requested action not taken: mailbox unavailable\nSender address is not allowed."), SENDER),
    # -- whom we are taken for: the name, the address and the proof of this machine
    Row("Postfix", "4..", "helo command rejected", "hiccup",
        ("rcpt", 450, "4.7.1 <news>: Helo command rejected: Host not found"), OUR_NAME),
    Row("Postfix", "5..", r"(helo|ehlo) command rejected|(invalid|bad|malformed|unqualified|forged) (helo|ehlo)\b"
        r"|\b(helo|ehlo) (name |argument |hostname )?(is )?(invalid|rejected|not valid|must)", "stop",
        ("rcpt", 504, "5.5.2 <news>: Helo command rejected: need fully-qualified hostname"), OUR_NAME),
    Row("Postfix", "4..", "client host rejected: cannot find", "hiccup",
        ("rcpt", 450, "4.7.25 Client host rejected: cannot find your hostname, [192.0.2.1]"), NO_PTR),
    Row("Gmail", "5..", r"\bPTR\b|5\.7\.25\b|cannot find your (reverse )?hostname|reverse dns|\brdns\b", "stop",
        ("dot", 550, "5.7.25 [192.0.2.1] The IP address sending this message does not have a PTR record setup"),
        NO_PTR),
    Row("many", "5..", r"\b(surbl|uribl)\b|\b(url|uri|link)s? (\S+ ){0,2}(black|block)?listed", "stop",
        ("dot", 554, "5.7.1 Message contains a URL listed at dbl.spamhaus.org"), LINK),
    Row("many", "5..", r"spamhaus|spamcop|barracudacentral|\bsorbs\b|csi\.cloudmark|ipcheck\.proofpoint|is in an rbl"
        r"|\(BL\)", "stop",
        ("rcpt", 550, "JunkMail rejected - mail.example.org [192.0.2.1] is in an RBL, see "
         "https://www.spamcop.net/bl.shtml?192.0.2.1"), LISTED),
    Row("many", "5..", r"openspf|\bspf (check |validation )?fail|\bdmarc\b|unauthenticated e?mail from", "stop",
        ("dot", 550, "5.7.1 Unauthenticated email from example.org is not accepted due to domain's DMARC policy."),
        PROOF),
    Row("many", "530|55.", "starttls", "stop", ("mail", 530, "5.7.0 Must issue a STARTTLS command first"), TLS_FIRST),
    Row("many", "503|55.", r"smtp auth|auth(entication)? (is )?required|anonymous mail|client (was )?not authenticated"
        r"|not permitted to relay through|(must|need to|please|have to) (first )?authenticate(?! (with|the))"
        r"|\bauth(enticat\w+)? first", "stop",
        ("rcpt", 550, "Please turn on SMTP Authentication in your mail client."), SIGN_IN_FIRST),
    # -- Amazon SES
    Row("Amazon SES", "454", "maximum sending rate exceeded", "slow",
        ("dot", 454, "Throttling failure: Maximum sending rate exceeded.")),
    Row("Amazon SES", "454", "daily message quota exceeded", "later",
        ("dot", 454, "Throttling failure: Daily message quota exceeded."), QUOTA, HOUR),
    Row("Amazon SES", "554", "address(es)? (is|are)? ?not verified", "stop",
        ("dot", 554, "Message rejected: Email address is not verified. The following identities failed the check in "
         "region EU-WEST-1: news@example.org"), VERIFY),
    Row("Amazon SES", "554", "sending (suspended|paused) for this account|account is paused", "stop",
        ("dot", 554, "Message rejected: Sending suspended for this account. For more information, please check the "
         "inbox of the email address associated with your AWS account."), SUSPENDED),
    Row("Amazon SES", "554", "is not authorized to perform", "stop",
        ("dot", 554, "Access denied: User `arn:aws:iam::1:user/x' is not authorized to perform `ses:SendRawEmail' on "
         "resource `arn:aws:ses:eu-west-1:1:identity/example.org'"), "the SMTP user lacks the right ses:SendRawEmail"),
    # -- Gmail and Google Workspace
    Row("Gmail", "550|454", r"daily (user |smtp relay )?(sending )?(limit|quota) exceeded", "later",
        ("dot", 550, "5.4.5 Daily user sending limit exceeded. For more information on Gmail\n5.4.5 sending limits go "
         "to a page of its help - gsmtp"), QUOTA, DAY),
    Row("Gmail", "454", "too many login attempts", "later",
        ("sign-in", 454, "4.7.0 Too many login attempts, please try again later. - gsmtp"),
        "the relay wants us to sign in less often", HOUR),
    Row("Gmail", "53[45]", r"application-specific password|5\.7\.9 |web browser", "stop",
        ("sign-in", 534, "5.7.9 Application-specific password required. - gsmtp"), APP_ACCESS),
    Row("Gmail", "535", "username and password not accepted|badcredentials", "stop",
        ("sign-in", 535, "5.7.8 Username and Password not accepted. - gsmtp"), APP_ACCESS),
    Row("Gmail", "550", "receiving mail (too quickly|at a rate)", "failed",
        ("rcpt", 550, "5.2.1 The user you are trying to contact is receiving mail at a rate that\n5.2.1 prevents "
         "additional messages from being delivered.")),
    Row("Gmail", "550", "account that you tried to reach (does not exist|is (inactive|disabled))", "gone",
        ("rcpt", 550, "5.1.1 The email account that you tried to reach does not exist. Please try\n5.1.1 "
         "double-checking the recipient's email address for typos or unnecessary spaces.")),
    Row("Gmail", "5..", r"5\.7\.(2\d|30)\b", "stop",
        ("dot", 550, "5.7.26 Your email has been blocked because the sender is unauthenticated. Gmail requires all "
         "senders to authenticate with either SPF or DKIM."), PROOF),
    Row("Gmail", "4..", r"4\.7\.(2[3-9]|3[0-2])\b|unusual rate of unsolicited mail", "slow",
        ("dot", 421, "4.7.28 Gmail has detected an unusual rate of unsolicited mail from your IP address.")),
    Row("Gmail", "550", "likely (unsolicited|suspicious)", "suspect",
        ("dot", 550, "5.7.1 [192.0.2.1] Gmail has detected that this message is likely unsolicited mail.")),
    # -- Microsoft 365, Outlook.com
    Row("Microsoft 365", "535|530|550", "smtpclientauthentication is disabled|basic authentication is disabled", "stop",
        ("sign-in", 535, "5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant."),
        "SMTP sign-in is switched off for this tenant or mailbox: allow authenticated SMTP, or use OAuth2"),
    Row("Microsoft 365", "55.", r"send ?as ?denied|permissions to send as|5\.7\.60\b|5\.2\.252\b", "stop",
        ("dot", 550, "5.7.60 SMTP; Client does not have permissions to send as this sender"), SENDER),
    Row("Microsoft 365", "55.|4..", r"submissionquotaexceeded|reached your daily limit|5\.1\.90\b|5\.7\.233\b", "later",
        ("dot", 554, "5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; Failed to process "
         "message due to a permanent exception"), QUOTA, DAY),
    Row("Microsoft 365", "4..", "concurrent connections limit|thread limit|server busy|submissions? rate", "slow",
        ("mail", 432, "4.3.2 Concurrent connections limit exceeded. Visit its help for more information.")),
    Row("Outlook.com", "55.", r"5\.7\.(515|509)\b", "stop",
        ("dot", 550, "5.7.515 Access denied, sending domain example.org does not meet the required authentication "
         "level."), PROOF),
    Row("Outlook.com", "55.", r"banned send(ing ip|er)|part of their network is on our block list|\(S3150\)", "stop",
        ("mail", 550, "5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your Internet "
         "service provider since part of their network is on our block list (S3150)."), LISTED),
    Row("Outlook.com", "550", r"RecipientNotFound|5\.1\.10\b", "gone",
        ("rcpt", 550, "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup")),
    Row("Outlook.com", "550", r"recipient address(es)? rejected ?: access denied|mailbox unavailable", "failed",
        ("rcpt", 550, "5.4.1 Recipient address rejected: Access denied. [example.protection.outlook.com]")),
    # -- Yahoo, AOL
    Row("Yahoo", "55[34]", r"\[BL\d+\]|spamhaus", "stop",
        ("mail", 553, "5.7.1 [BL21] Connections will not be accepted from 192.0.2.1, because the ip is in Spamhaus's "
         "list"), LISTED),
    Row("Yahoo", "5..", r"\[TSS?\d+\]", "stop",
        ("mail", 553, "5.7.2 [TSS11] All messages from 192.0.2.1 will be permanently deferred; Retrying will NOT "
         "succeed."), LISTED),
    Row("Yahoo", "4..", r"\[TSS?\d+\]|temporarily deferred due to", "slow",
        ("mail", 421, "4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user "
         "complaints - 4.16.55.1")),
    Row("Yahoo", "55[24]", "doesn't have an? \\S+ account|mailbox not found|mailbox is disabled"
        "|account has been disabled or discontinued", "gone",
        ("dot", 554, "delivery error: dd This user doesn't have a yahoo.com account (x@yahoo.com) [0]")),
    Row("Yahoo", "554", "not accepted for policy reasons", "suspect",
        ("dot", 554, "5.7.9 Message not accepted for policy reasons.")),
    # -- SendGrid, Mailgun, Postmark, Brevo
    Row("SendGrid", "5..", "does not match a verified sender identity", "stop",
        ("dot", 550, "The from address does not match a verified Sender Identity. Mail cannot be sent until this error "
         "is resolved."), SENDER),
    Row("SendGrid", "4..|5..", "maximum credits exceeded|exceeded your messaging limits", "later",
        ("sign-in", 451, "Authentication failed: Maximum credits exceeded"), QUOTA, HOUR),
    Row("SendGrid", "550", "unauthenticated senders not allowed", "stop",
        ("mail", 550, "Unauthenticated senders not allowed"), SIGN_IN),
    Row("Mailgun", "4..|5..", "not allowed to send.*(limit exceeded|limit has been)", "later",
        ("dot", 421, "Domain example.org is not allowed to send: request limit exceeded, try again after some time"),
        QUOTA, HOUR),
    Row("Mailgun", "4..|5..", "sandbox subdomains are for test|not allowed to send|for test purposes only", "stop",
        ("dot", 421, "Domain example.mailgun.org is not allowed to send: Sandbox subdomains are for test purposes "
         "only. Please add your own domain or add the address to authorized recipients"), SENDER),
    Row("Mailgun", "4..|5..", r"domain \S+ is disabled|your domain (is |has been )?(disabled|suspended)", "stop",
        ("dot", 421, "Domain example.org is disabled"), SUSPENDED),
    Row("Postmark", "5..", "sender signature|pending approval", "stop",
        ("dot", 550, "5.7.1 The 'From' address you supplied is not a Sender Signature on your account."), SENDER),
    Row("Postmark", "5..", "inactive recipient", "suspect",
        ("dot", 550, "5.7.1 You tried to send to a recipient that has been marked as inactive: inactive recipient.")),
    Row("Brevo", "525|535|5..", "unauthorized ip address|smtp account is not yet activated", "stop",
        ("sign-in", 525, "5.7.1 Unauthorized IP address"),
        "the relay allows this account from known addresses only: add this machine's there"),
    # -- Postfix
    Row("Postfix", "5..|45.", "relay(ing)? (access )?(denied|prohibited|disallowed|refused)"
        "|(unable to|(do|does|will) not) relay", "stop",
        ("rcpt", 554, "5.7.1 <reader@example.net>: Relay access denied"), RELAY),
    Row("qmail", "5..", "allowed rcpthosts|not a gateway", "stop",
        ("rcpt", 553, "sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)"), RELAY),
    Row("Postfix", "[45]5.", r"blocked using \S+|listed (in|at|by) \S+\.(org|net|com)", "stop",
        ("rcpt", 554, "5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org"), LISTED),
    Row("Postfix", "55.", "client host rejected", "stop",
        ("rcpt", 554, "5.7.1 <unknown[192.0.2.1]>: Client host rejected: Access denied"), RELAY),
    Row("Postfix", "4..", "too much mail from|too many (connections|recipients|messages)|rate ?limit", "slow",
        ("mail", 450, "4.7.1 Error: too much mail from 192.0.2.1")),
    Row("Postfix", "55.", "user unknown in", "gone",
        ("rcpt", 550, "5.1.1 <reader@example.net>: Recipient address rejected: User unknown in virtual mailbox table")),
    Row("Postfix", "552|554", r"5\.3\.4\b|message (size )?(is )?(exceeds|too (long|large|big))", "stop",
        ("mail", 552, "5.3.4 Message size exceeds fixed limit"), SIZE),
    # -- Exim
    Row("Exim", "55.", "relay(ing)? not (permitted|allowed)", "stop",
        ("rcpt", 550, "relay not permitted"), RELAY),
    Row("Exim", "55.", "unrouteable address", "failed", ("rcpt", 550, "Unrouteable address")),
    Row("Exim", "55.", "size exceeds maximum permitted", "stop",
        ("dot", 552, "Message size exceeds maximum permitted"), SIZE),
    # -- words that many servers share
    # 454 speaks of our account (RFC 4954 6), and so does what is sent in a time; a mailbox over quota is the reader's.
    Row("many", "454", r"quota (has been |is |was )?(exceeded|reached)|(over|out of) quota", "later",
        ("dot", 454, "4.7.0 Account quota exceeded"), QUOTA, HOUR),
    Row("many", "4..|5..", r"\b(send(ing)?|daily|hourly|monthly|submission|relay) ((?!receiv)\w+ ){0,2}(quota|limit) "
        r"(has been |is |was )?(exceeded|reached)"
        r"|exceeded (your|the|its) ([\w-]+ )?(send(ing)?|daily|hourly|monthly) ((?!receiv)\w+ ){0,2}(quota|limit)",
        "later",
        ("mail", 451, "4.7.1 You have exceeded your hourly sending limit"), QUOTA, HOUR),
    Row("many", "5..", r"\brate ?limit", "later", ("dot", 550, "5.7.1 Rate limit exceeded"), QUOTA, HOUR),
    Row("many", "5..", r"5\.7\.\d.*\b(over quota|quota exceeded)", "suspect",
        ("rcpt", 550, "5.7.1 <reader@example.net>: Recipient address rejected: 550 5.7.1 Message over quota")),
    Row("many", "5..", r"no such (user|recipient|mailbox|address|account|person)"
        r"|(user|recipient|mailbox) (is )?unknown|unknown (local )?(user|recipient|mailbox)"
        r"|(user|mailbox|address|recipient|account) ((does|do|is) not|doesn't|not|no longer) (exist|found)"
        r"|no mailbox (here )?by that name|not a registered (gateway )?user", "gone",
        ("rcpt", 550, "No such user here")),
    Row("many", "5..", r"\b(over quota|mailbox (is )?full|quota exceeded|out of storage)\b|suppression list", "failed",
        ("rcpt", 552, "5.2.2 The email account that you tried to reach is over quota")),
    Row("many", "5..", r"\bmailbox (is |has been )?(currently )?(disabled|inactive|suspended|locked|closed|blocked)"
        r"|recipient(('s)? (account|mailbox))? (is |has been )?(disabled|inactive|suspended|locked|blocked)", "failed",
        ("rcpt", 550, "5.5.0 The recipient account is blocked")),
    Row("many", "5..", r"invalid (recipient|mailbox)|recipient (address )?(is |was )?(invalid|malformed|not valid)"
        r"|malformed (address|local part)|recipient address rejected: (need|domain not found)|#5\.1\.0 address rejected"
        r"|user not local|no such (domain|host)|(unknown|no such) host|host (is )?unknown|unroutable address", "failed",
        ("rcpt", 504, "5.5.2 <reader>: Recipient address rejected: need fully-qualified address")),
    Row("many", "5..", r"address unknown|DNS domain .*does not exist", "failed", ("rcpt", 550, "Address unknown")),
)  # fmt: skip
