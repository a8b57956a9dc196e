"""What replies mean: real wordings, one test a row, and the codes behind them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.deliver import outcome
from digest.deliver.replies import KINDS, ROWS, Row

AS = {"gone": "failed", "suspect": "failed", "failed": "failed", "slow": "deferred", "later": "stop", "stop": "stop"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.relay}-{row.words[:30]}")
def test_each_row_fits_its_own_sample_and_no_row_before_it_does(row: Row) -> None:
    """A wording as its server writes it is judged by the row that was written for it."""
    found = outcome.classify(*row.sample)
    assert row.kind in KINDS
    assert found.kind == AS[row.kind]
    assert found.suppress is (row.kind == "gone")
    assert found.suspect is (row.kind == "suspect")
    assert found.slow is (row.kind == "slow")
    if found.kind == "stop":
        assert found.exit_code == (75 if row.kind == "later" else 77)
        assert found.reason == row.reason
        assert found.wait == row.wait
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
        ("rcpt", 550, "4.2.2 confused the other way", "failed", False, False),
        ("rcpt", 550, "5.1.1 unknown", "failed", True, False),
        ("rcpt", 550, "5.1.6 has moved", "failed", True, False),
        ("rcpt", 556, "5.1.10 null MX", "failed", True, False),
        ("rcpt", 550, "5.2.1 disabled", "failed", True, False),
        ("rcpt", 550, "5.1.0 address", "failed", False, False),
        ("rcpt", 550, "5.1.2 no such domain", "failed", False, False),
        ("rcpt", 550, "5.1.3 bad syntax", "failed", False, False),
        ("rcpt", 550, "#5.1.1 in another style", "failed", True, False),
        ("rcpt", 550, "5.7.1 refused", "failed", False, True),
        ("rcpt", 550, "no", "failed", False, False),
        ("dot", 550, "5.7.1 content", "failed", False, True),
        ("dot", 554, "no", "failed", False, True),
        ("dot", 550, "5.1.1 late", "failed", True, False),
        ("dot", 550, "5.2.0 mailbox", "failed", False, False),
        ("dot", 552, "5.2.2 full", "failed", False, False),
        ("dot", 552, "5.3.4 too much", "stop", False, False),
        ("dot", 550, "5.3.4 too much", "stop", False, False),
        ("dot", 451, "4.3.0 try again", "deferred", False, False),
        ("mail", 550, "no", "failed", False, True),
        ("mail", 550, "5.7.1 no", "stop", False, False),
        ("mail", 553, "5.1.8 no such sender domain", "stop", False, False),
        ("mail", 530, "5.7.0 Must issue a STARTTLS command first", "stop", False, False),
        ("mail", 452, "4.3.1 Insufficient system storage", "deferred", False, False),
        ("data", 554, "5.5.1 no valid recipients", "deferred", False, True),
        ("data", 554, "no", "failed", False, True),
        ("rcpt", 503, "bad sequence of commands", "deferred", False, True),
        ("rcpt", 503, "5.1.1 out of step in its code alone", "failed", True, False),
        ("rcpt", 500, "what?", "deferred", False, True),
        ("dot", 502, "5.5.1 not now", "deferred", False, True),
        ("rcpt", 550, "5.5.0 protocol", "deferred", False, True),
        ("rcpt", 550, "5.5.4 arguments", "failed", False, False),
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
