"""What replies mean: real wordings, one test a row, and the codes behind them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.deliver import outcome
from digest.deliver.replies import KINDS, ROWS, Row

AS = {
    "gone": "failed",
    "suspect": "failed",
    "failed": "failed",
    "slow": "deferred",
    "hiccup": "deferred",
    "later": "stop",
    "stop": "stop",
}

# As servers word it: Gmail, Microsoft 365, Yahoo, iCloud, GMX, T-Online, Fastmail, Mailgun, Postmark, Brevo, GoDaddy,
# Postfix, Exim, Sendmail, qmail, Proofpoint, Barracuda, Mimecast.
WORDINGS = {
    "gone": (
        "rcpt 550 5.1.1 <reader@example.net>: Recipient address rejected: User unknown in local recipient table",
        "rcpt 550 5.1.1 <reader@example.net>: Recipient address rejected: User unknown in relay recipient table",
        "rcpt 550 5.1.0 <reader@example.net>: Recipient address rejected: User unknown in virtual alias table",
        "rcpt 550 <reader@example.net>: Recipient address rejected: User unknown in virtual mailbox table",
        "rcpt 556 5.1.10 <reader@example.net>: Recipient address rejected: Domain example.net does not accept mail",
        "rcpt 550 5.1.1 <reader@example.net>... User unknown",
        "rcpt 511 sorry, no mailbox here by that name (#5.1.1 - chkuser)",
        "rcpt 550 sorry, no mailbox here by that name. (#5.7.17)",
        "rcpt 550 5.1.1 RESOLVER.ADR.ExRecipNotFound; not found",
        "rcpt 550 5.1.1 <reader@icloud.com>: inactive email address",
        "rcpt 550 'reader@example.net' is not a registered gateway user",
        "rcpt 550 5.1.1 Mailbox does not exist",
        "rcpt 550 <reader@example.net>... User not exist",
        "rcpt 550 Unknown user reader@example.net",
        "rcpt 550 5.1.6 recipient no longer on server: reader@example.net",
        "rcpt 550 5.7.1 <reader@example.net>: user unknown",
        "rcpt 554 delivery error: dd Sorry, it cannot be delivered. This account has been disabled or discontinued",
    ),
    "failed": (
        "rcpt 550 5.1.2 <reader@example.net>: Recipient address rejected: Domain not found",
        "rcpt 504 5.5.2 <a>: Recipient address rejected: need fully-qualified address",
        "rcpt 550 5.4.1 All recipient addresses rejected : Access denied",
        "rcpt 550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional",
        "rcpt 552 5.2.2 <reader@icloud.com>: user is over quota",
        "rcpt 550 Address unknown",
        "rcpt 550 5.4.310 DNS domain example.net does not exist [Message=InfoDomainNonexistent]",
        "rcpt 550 Invalid Recipient - https://community.mimecast.com/docs/DOC-1369#550",
        "rcpt 550 #5.1.0 Address rejected.",
        "rcpt 550 Requested action not taken: mailbox unavailable\nFor explanation visit",
        "rcpt 550 Unrouteable address",
        "rcpt 501 <a@x..test>: malformed address: .test> may not follow <a@x.",
        "rcpt 501 5.1.3 Bad recipient address syntax",
        "rcpt 551 User not local; please try <reader@example.net>",
        "rcpt 550 5.5.0 Le compte du destinataire est bloque. The recipient account is blocked. LPN007_426",
        "rcpt 553 Address on the global suppression list",
        "rcpt 550 5.4.4 Host or domain name not found",
        "rcpt 550 Mailbox disabled",
    ),
    "suspect": (
        "rcpt 550 5.0.0 <reader@example.net>... We don't accept mail from you",
        "rcpt 550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required; Delivery restriction",
        "rcpt 550 5.7.1 RESOLVER.RST.AuthRequired; authentication required",
        "dot 550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient",
        "dot 550 5.7.520 Access denied, Your organization does not allow external forwarding",
        "mail 550 SC-001 Mail rejected by Outlook.com for policy reasons.",
        "dot 550 5.7.1 [192.0.2.1 18] Gmail has detected that this message is likely suspicious due to the very low",
        "dot 554 5.7.1 [CS01] Message rejected due to local policy. Please visit",
        "dot 550 Request failed; Mailbox unavailable",
        "dot 550 permanent failure for one or more recipients (reader@example.net:blocked)",
        "dot 554 Email rejected due to security policies - https://community.mimecast.com/docs/DOC-1369#554",
        "rcpt 550 Rejected by header based manually Blocked Senders - https://community.mimecast.com",
        "rcpt 550 Administrative prohibition - envelope blocked - https://community.mimecast.com/docs/DOC-1369#550",
        "rcpt 550 csi.mimecast.org Poor Reputation Sender. - https://community.mimecast.com",
        "rcpt 554 5.7.1 Local Policy Violation",
        "dot 550 Requested action not taken: mailbox unavailable\nReject due to policy restrictions.",
        "dot 554 Transaction failed\nReject due to policy restrictions.",
        "dot 550 5.7.1 Account suspended: sending disabled",
        "rcpt 550 5.1.1 RCP-P2 Refused due to recipient preferences",
        "dot 550 5.7.1 You tried to send to recipient(s) that have been marked as inactive. Found inactive addresses:",
        "rcpt 550 Administrative prohibition",
        "rcpt 550 Access denied",
        "rcpt 550 rejected because 192.0.2.1 is in a black list at dnsbl.example.net",
        "dot 550 Message was considered spam",
        "dot 550 Virus Detected; Content Rejected",
        "dot 554 5.6.0 This message has been scored as spam with a probability of more than 90%",
        "dot 500 5.6.1 Message content rejected",
        "rcpt 550 Requested action not taken",
        "mail 550 User unknown",
        "rcpt 550 domain [example.com] mismatches client ip 192.0.2.225.",
        "dot 554 Message rejected: Address blacklisted",
        "dot 550 5.7.1 Sender ID (PRA) Not Permitted",
        "dot 554 Transaction failed: Invalid domain name: 'exa_mple.org'.",
        "rcpt 550 5.7.1 Sender blocked by recipient",
        "rcpt 550 5.4.14 Hop count exceeded - possible mail loop",
        "rcpt 571 Email from 192.0.2.1 is currently blocked",
        "rcpt 550 This account is disabled",
    ),
    "stop": (
        "dot 550 5.7.511 Access denied, banned sender[192.0.2.1]",
        "rcpt 504 5.5.2 <news>: Sender address rejected: need fully-qualified address",
        "rcpt 553 5.7.1 <news@example.org>: Sender address rejected: not logged in",
        "rcpt 550 5.7.1 <news@example.org>: Sender address rejected: SPF fail",
        "rcpt 550 5.7.27 <news@example.org>: Sender address rejected: Domain example.org does not accept mail",
        "rcpt 554 5.7.1 <[192.0.2.1]>: Client host rejected: Access denied",
        "rcpt 550 5.1.8 <news@example.org>... Domain of sender address news@example.org does not exist",
        "mail 553 5.1.8 <news@example.org>... Domain of sender address news@example.org does not exist",
        "mail 553 5.5.4 <news>... Domain name required for sender address news",
        "rcpt 550 5.7.1 <reader@example.net>... Relaying denied. Proper authentication required.",
        "rcpt 550 5.7.1 <reader@example.net>... Relaying denied. IP name lookup failed [192.0.2.1]",
        "rcpt 553 5.3.0 <news@example.org>... Spam blocked see: http://spamcop.net/bl.shtml?192.0.2.1",
        "rcpt 553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
        "mail 553 sorry, your envelope sender is in my badmailfrom list (#5.7.1)",
        "rcpt 553 sorry, your envelope sender is in my badmailfrom list (#5.7.1)",
        "rcpt 550 550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain",
        "rcpt 550 5.7.1 Unable to relay",
        "rcpt 550 5.7.1 Relaying not permitted",
        "rcpt 550 reader@example.net is not local: relaying prohibited",
        "rcpt 550 not local host example.net, not a gateway",
        "mail 530 5.7.57 SMTP; Client was not authenticated to send anonymous mail during MAIL FROM",
        "rcpt 550 5.7.1 Client was not authenticated",
        "dot 550 5.7.708 Access denied, traffic not accepted from this IP",
        "dot 550 5.7.705 Access denied, tenant has exceeded threshold",
        "dot 550 5.7.750 Service unavailable. Client blocked from sending from unregistered domains",
        "mail 550 5.7.606 Access denied, banned sending IP [192.0.2.1]. To request removal from this list please",
        "mail 550 SC-001 Unfortunately, it was not sent, since part of their network is on our block list.",
        "dot 550 5.7.26 Unauthenticated email from example.org is not accepted due to domain's DMARC policy.",
        "dot 550 5.7.24 The SPF record of the sending domain has one or more suspicious entries.",
        "mail 550 5.7.1 Invalid credentials for relay for one of the domains in: example.org",
        "dot 550 5.7.0 From address is not one of your addresses.",
        "dot 553 From address not verified - see",
        "rcpt 554 5.7.1 Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.1",
        "rcpt 554 Service unavailable; Client host [192.0.2.1] blocked using Barracuda Reputation;",
        "dot 554 5.7.1 Your access to submit messages to this e-mail system has been rejected.",
        "mail 550 5.7.1 sender_domain_rejected",
        "dot 550 Requested action not taken: mailbox unavailable\nSender address is not allowed.\nFor explanation",
        "sign-in 554 gmx.net (mxgmx017) Nemesis ESMTP Service not available\nNo SMTP service\nBad DNS PTR resource",
        "mail 554 IP=192.0.2.1 - A problem occurred. (Ask your postmaster for help.) (BL)",
        "dot 551 5.7.1 Not authorised to send from this header address",
        "dot 550 5.7.1 Sender not valid",
        "rcpt 502 5.7.0 Your SMTP account is not yet activated. Contact us",
        "dot 550 5.7.1 The 'From' address you supplied (news@example.org) is not a Sender Signature on your account.",
        "dot 550 Sender's outgoing mail has been suspended",
        'rcpt 550 Outgoing mail from "news@example.org" has been suspended.',
        "rcpt 550 Please turn on SMTP Authentication in your mail client. host.example.org (x) [192.0.2.1]:4 is not",
        "rcpt 503 AUTH first.",
        "rcpt 550 SMTP AUTH is required for message submission on port 587",
        "rcpt 550 Sender verify failed",
        "rcpt 550 Verification failed\nThe mail server does not recognize news@example.org as a valid sender.",
        "rcpt 550 Sender domain not found",
        "rcpt 550 5.1.8 <news@example.org>: Sender address rejected: Domain not found",
        "rcpt 550 Verification failed for <news@example.org>\nNo Such User Here\nSender verify failed",
        "rcpt 550 relay not permitted, authentication required",
        "rcpt 550 Blocked - see https://www.spamcop.net/bl.shtml?192.0.2.1",
        "rcpt 553 Relaying disallowed as news@example.org",
        "dot 554 5.2.0 STOREDRV.Submission.Exception:OutboundSpamException; Failed to process message",
        "dot 550 5.7.1 Domain mg.example.org is disabled",
        "mail 550 5.1.1 <news@example.org>: User unknown",
        "rcpt 550 5.1.0 <x@amazonses.com> sender rejected. AUP#In-1310",
        "rcpt 550 Invalid sender",
        "rcpt 550 5.7.1 Sender rejected",
        "rcpt 530 5.7.0 Authentication required",
        "mail 530 5.7.0 Must issue a STARTTLS command first",
        "rcpt 521 5.7.1 Service refused, IP blacklisted at zen.spamhaus.org",
        "rcpt 550 5.7.1 Mail from 192.0.2.1 refused - see http://www.sorbs.net",
        "dot 554 5.7.1 The message From domain example.org is listed on dbl.spamhaus.org",
    ),
    "later": (
        "rcpt 550 5.7.1 <reader@example.net>: Recipient address rejected: hourly sending quota exceeded",
        "mail 550 5.7.1 Daily SMTP relay sending limit exceeded for user. For more information on SMTP relay sending",
        "rcpt 550 5.7.1 Daily SMTP relay limit exceeded for customer",
        "rcpt 450 Requested mail action not taken: mailbox unavailable\nMail send limit exceeded.",
        "dot 550 5.7.1 You've exceeded your daily sending limit",
        "rcpt 550 User news@example.org has exceeded its 24-hour sending limit. Messages to 250 recipients out of 250",
        "rcpt 550 Domain example.org has exceeded the max defers and failures per hour (5/5 (100%)) allowed. Message",
        "dot 421 Domain mg.example.org is not allowed to send: recipient limit exceeded, try again after Fri",
        "dot 452 4.3.1 Daily quota exceeded",
    ),
    "hiccup": (
        "rcpt 450 4.1.7 <news@example.org>: Sender address rejected: unverified address: Address verification in",
        "rcpt 450 4.7.1 <mx.local>: Helo command rejected: Host not found",
        "rcpt 450 4.7.25 Client host rejected: cannot find your reverse hostname, [192.0.2.1]",
        "mail 451 4.1.8 Domain of sender address news@example.org does not resolve",
        "rcpt 451 Could not complete sender verify callout",
    ),
    "slow": (
        "dot 432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded [Hostname=mail.example.net]",
        "rcpt 451 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP reputation.",
        "mail 421 4.7.32 The From: header (RFC5322) is not aligned with either the authenticated SPF or DKIM",
        'rcpt 451 Ratelimit "hostinger_out_ratelimit" exceeded',
    ),
    "deferred": (
        "rcpt 450 4.1.2 <reader@example.net>: Recipient address rejected: Domain not found",
        "rcpt 450 4.7.1 <news@example.org>: Sender address rejected: Greylisted",
        "rcpt 450 4.1.1 <reader@example.net>: Recipient address rejected: unverified address: connect to",
        "rcpt 452 4.2.2 The email account that you tried to reach is over quota",
        "rcpt 450 4.2.1 The Gmail user you are trying to contact is receiving mail too quickly",
        "dot 412 Your account is pending approval",
    ),
}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.relay}-{row.words[:30]}")
def test_each_row_fits_its_own_sample_and_no_row_before_it_does(row: Row) -> None:
    """A wording as its server writes it is judged by the row that was written for it."""
    found = outcome.classify(*row.sample)
    assert row.kind in KINDS
    assert found.kind == AS[row.kind]
    assert found.suppress is (row.kind == "gone")
    assert found.suspect is (row.kind in ("suspect", "hiccup"))
    assert found.slow is (row.kind == "slow")
    if found.kind == "stop":
        assert found.exit_code == (75 if row.kind == "later" else 77)
        assert found.reason == row.reason
        assert found.wait == row.wait
    if found.suspect:
        assert found.exit_code == (75 if row.kind == "hiccup" else 77)
        assert found.reason, "the run says why it stops, if it does"
    codes, words = row.patterns()
    assert codes.fullmatch(str(row.sample[1]))
    assert words.search(row.sample[2])


@pytest.mark.parametrize(
    ("step", "code", "text", "kind", "suppress", "suspect"),
    [
        ("dot", 250, "2.0.0 Ok: queued as 4F1", "sent", False, False),
        ("dot", 251, "User not local; will forward", "sent", False, False),
        ("lost", 0, "the connection broke", "uncertain", False, False),
        ("released", 0, "the connection broke", "released", False, False),
        ("unsendable", 0, "no SMTPUTF8", "failed", False, False),
        ("unsendable", 0, "the message has 10 octets and this server takes 5 at most", "failed", False, True),
        ("rcpt", 450, "4.2.0 Greylisted, see its page", "deferred", False, False),
        ("rcpt", 450, "5.1.1 confused: the basic code rules", "deferred", False, False),
        ("rcpt", 550, "4.2.2 confused the other way", "failed", False, True),
        ("rcpt", 550, "5.1.1 unknown", "failed", True, False),
        ("rcpt", 550, "5.1.6 has moved", "failed", True, False),
        ("rcpt", 556, "5.1.10 null MX", "failed", True, False),
        ("rcpt", 550, "5.2.1 disabled", "failed", True, False),
        ("rcpt", 550, "5.1.0 address", "failed", False, True),
        ("rcpt", 550, "5.1.2 no such domain", "failed", False, False),
        ("rcpt", 550, "5.1.3 bad syntax", "failed", False, False),
        ("rcpt", 550, "#5.1.1 in another style", "failed", True, False),
        ("rcpt", 550, "5.7.1 refused", "failed", False, True),
        ("rcpt", 550, "no", "failed", False, True),
        ("dot", 550, "5.7.1 content", "failed", False, True),
        ("dot", 554, "no", "failed", False, True),
        ("dot", 550, "5.1.1 late", "failed", True, False),
        ("dot", 550, "5.2.0 mailbox", "failed", False, True),
        ("dot", 552, "5.2.2 full", "failed", False, False),
        ("dot", 552, "5.3.4 too much", "stop", False, False),
        ("dot", 550, "5.3.4 too much", "stop", False, False),
        ("dot", 451, "4.3.0 try again", "deferred", False, False),
        ("mail", 550, "no", "failed", False, True),
        ("mail", 550, "5.7.1 no", "stop", False, False),
        ("mail", 553, "5.1.8 no such sender domain", "stop", False, False),
        ("mail", 550, "5.1.1 <news@example.org>: User unknown", "stop", False, False),
        ("mail", 550, "User unknown", "failed", False, True),
        ("mail", 503, "5.5.1 nested MAIL", "deferred", False, True),
        ("rcpt", 553, "5.1.7 unknown user", "stop", False, False),
        ("dot", 554, "5.1.8 no", "stop", False, False),
        ("rcpt", 550, "5.3.0 no", "failed", False, True),
        ("rcpt", 571, "no", "failed", False, True),
        ("rcpt", 550, "5.4.4 no host", "failed", False, False),
        ("rcpt", 550, "5.2.4 list expansion", "failed", False, False),
        ("mail", 530, "5.7.0 Must issue a STARTTLS command first", "stop", False, False),
        ("mail", 452, "4.3.1 Insufficient system storage", "deferred", False, False),
        ("data", 554, "5.5.1 no valid recipients", "deferred", False, True),
        ("data", 554, "no", "failed", False, True),
        ("rcpt", 503, "bad sequence of commands", "deferred", False, True),
        ("rcpt", 503, "5.1.1 out of step in its code alone", "failed", True, False),
        ("rcpt", 500, "what?", "deferred", False, True),
        ("dot", 502, "5.5.1 not now", "deferred", False, True),
        ("rcpt", 550, "5.5.0 protocol", "deferred", False, True),
        ("rcpt", 550, "5.5.4 arguments", "failed", False, True),
        ("data", 451, "later", "deferred", False, False),
        ("sign-in", 535, "no", "stop", False, False),
        ("sign-in", 454, "4.7.0 Temporary authentication failure", "stop", False, False),
        ("mail", 535, "5.7.8 session is over", "stop", False, False),
    ],
)
def test_codes_are_judged_by_step(step: str, code: int, text: str, kind: str, suppress: bool, suspect: bool) -> None:
    """Where no wording is known, the step, the basic and the enhanced code decide, carefully."""
    found = outcome.classify(step, code, text)
    assert (found.kind, found.suppress, found.suspect) == (kind, suppress, suspect)


def _verdict(found: outcome.Outcome) -> str:
    if found.kind == "stop":
        return "stop" if found.exit_code == 77 else "later"
    if found.kind == "failed":
        return "gone" if found.suppress else "suspect" if found.suspect else "failed"
    return "slow" if found.slow else "hiccup" if found.suspect else found.kind


@pytest.mark.parametrize(
    ("verdict", "reply"), [(verdict, reply) for verdict in WORDINGS for reply in WORDINGS[verdict]]
)
def test_real_wordings_are_judged_as_they_are_meant(verdict: str, reply: str) -> None:
    """Beside the rows' own samples: who is meant, us or the reader, is told apart in many servers' words."""
    step, code, text = reply.split(" ", 2)
    assert _verdict(outcome.classify(step, int(code), text)) == verdict


def test_nobody_is_suppressed_for_a_sender_that_is_refused() -> None:
    """Postfix says "user unknown" of our own address too: that stops the run; of a reader's address it suppresses."""
    for words in ("User unknown in virtual mailbox table", 'undeliverable address: unknown user: "news"'):
        ours = outcome.classify("rcpt", 550, f"5.1.1 <news@example.org>: Sender address rejected: {words}")
        theirs = outcome.classify("rcpt", 550, f"5.1.1 <reader@example.net>: Recipient address rejected: {words}")
        assert (ours.kind, ours.exit_code, ours.suppress) == ("stop", 77, False)
        assert "MAIL FROM" in ours.reason
        assert (theirs.kind, theirs.suppress) == ("failed", True)


@pytest.mark.parametrize("step", ["mail", "rcpt"])
def test_a_sign_in_that_is_wanted_is_no_wrong_password(step: str) -> None:
    """530 after no sign-in at all: the words are true with and without a user."""
    reason = outcome.classify(step, 530, "5.7.0 Authentication required").reason
    assert "wants a sign-in first" in reason
    assert "does not accept this user" not in reason


def test_only_a_clear_no_such_user_suppresses() -> None:
    """A full mailbox, a policy, a bad domain and a mail loop never put an address on the suppression list."""
    for text in (
        "5.2.2 over quota",
        "5.7.1 policy",
        "5.1.2 bad domain",
        "5.4.6 loop",
        "5.2.3 too long",
        "mailbox full",
    ):
        assert not outcome.classify("rcpt", 550, text).suppress


def test_a_temporary_refusal_to_sign_in_is_no_wrong_password() -> None:
    """4xx at sign-in: the next run goes on (75); 5xx: somebody has to act (77)."""
    assert outcome.classify("sign-in", 454, "4.7.0 Temporary failure").exit_code == 75
    assert outcome.classify("sign-in", 535, "5.7.8 wrong").exit_code == 77


@pytest.mark.parametrize(
    ("code", "text", "enhanced"),
    [
        (550, "5.1.1 gone", "5.1.1"),
        (550, "no code in here", ""),
        (550, "first line\n5.2.1 second line", "5.2.1"),
        (550, "4.1.1 then 5.1.1", "5.1.1"),
        (550, "the host 5.1.1.7 is no code", ""),
        (550, "[5.7.1] in brackets", "5.7.1"),
        (421, "4.007.000 zeros", "4.7.0"),
    ],
)
def test_enhanced_codes_are_found_in_all_lines(code: int, text: str, enhanced: str) -> None:
    """RFC 3463: the class must be that of the basic code, and an IP address is no code."""
    assert outcome.enhanced_code(code, text) == enhanced


@given(st.sampled_from(["mail", "rcpt", "data", "dot", "sign-in"]), st.integers(400, 599), st.text(max_size=80))
def test_no_reply_is_without_a_meaning(step: str, code: int, text: str) -> None:
    """Whatever a server says with a 4xx or 5xx, it never counts as sent, and 4xx never fails a recipient."""
    found = outcome.classify(step, code, text)
    assert found.kind in ("deferred", "failed", "stop")
    assert not (code < 500 and found.kind == "failed")
