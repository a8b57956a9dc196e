"""What a reply means for its recipient and for the run. Pure: a step, a code and words in, an `Outcome` out.

The basic code rules (RFC 5321 4.2.1), the enhanced one (RFC 3463) refines it, and known wordings (`replies`) overrule
both where servers use codes in ways of their own. Careful by rule: a refusal that speaks of us never costs a
recipient, one that does not clearly speak of the recipient is a suspect, only a clear "no such user" suppresses
anybody, and what nobody can know is uncertain.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from digest.deliver import pace
from digest.deliver.replies import AGAIN, OUR_ADDRESS, ROWS, SENDER, SIGN_IN, SIGN_IN_FIRST, SIZE

__all__ = ["Outcome", "classify", "enhanced_code"]

ENHANCED = re.compile(r"(?:^|[\s#(\[])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])", re.MULTILINE)
GONE = {"5.1.1", "5.1.6", "5.1.10", "5.2.1"}  # no mailbox, moved away, null MX (RFC 7505), disabled
THEIRS = {"5.1.2", "5.1.3", "5.1.4", "5.2.2", "5.2.4", "5.4.4", "5.6.7"}  # their domain, spelling, space; not SMTPUTF8
OURS = {"5.1.7", "5.1.8"}  # the sender's address: its spelling, its domain (RFC 3463 3.2)
UNFIT = {"mail": ("gone", "failed"), "sign-in": ("gone", "failed", "suspect")}  # it speaks of no recipient there
TABLE = tuple((row, *row.patterns()) for row in ROWS)
SIGN_IN_CODES = {530, 534, 535, 538}  # RFC 4954 6
ASTRAY_CODES = {500, 502, 503}  # it did not know the command, or not there (RFC 5321 4.2.2)
ASTRAY = {"5.5.0", "5.5.1", "5.5.2"}  # protocol errors (RFC 3463 3.6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a reply means.

    kind       sent, deferred, failed, stop, uncertain or released
    suppress   failed for good: no such user
    suspect    several such in a row mean us: the sender then stops, and charges nobody
    slow       deferred because we are too fast
    wait       how long to wait, where the server or its kind tells
    exit_code  of a stop: 77 somebody must change something, 75 the next run goes on
    reason     of a stop: one sentence for a person
    step       of a refusal: what it answers
    """

    kind: str
    code: int = 0
    enhanced: str = ""
    text: str = ""
    suppress: bool = False
    suspect: bool = False
    slow: bool = False
    wait: timedelta | None = None
    exit_code: int = 77
    reason: str = ""
    step: str = ""


def classify(step: str, code: int, text: str) -> Outcome:
    """Judge the reply to one step: those of `interfaces.Reply`, or `sign-in`."""
    if step == "lost":
        return Outcome(kind="uncertain", text=text)
    if step == "released":
        return Outcome(kind="released", text=text)
    if step == "unsendable":
        too_big = "octets" in text
        return Outcome(kind="failed", text=text, suspect=too_big, reason=SIZE if too_big else "")
    if code < 400:
        return Outcome(kind="sent", code=code, text=text)
    enhanced = enhanced_code(code, text)
    kind, reason, wait = _judge(step, code, enhanced, text)
    return _outcome(kind, step, code, enhanced, text, reason, wait)


def enhanced_code(code: int, text: str) -> str:
    """The enhanced code in a reply's words (RFC 3463), or empty; one that contradicts the basic code is none."""
    for found in ENHANCED.finditer(text):
        if found[1] == str(code)[0]:
            return f"{found[1]}.{int(found[2])}.{int(found[3])}"
    return ""


def _judge(step: str, code: int, enhanced: str, text: str) -> tuple[str, str, timedelta | None]:
    number = str(code)
    unfit = UNFIT.get("mail" if enhanced in OURS and step != "sign-in" else step, ())
    for row, codes, words in TABLE:
        if codes.fullmatch(number) and words.search(text) and row.kind not in unfit:
            return row.kind, row.reason or AGAIN, row.wait
    if code >= 500 and (code in SIGN_IN_CODES or step == "sign-in"):
        return "stop", SIGN_IN if step == "sign-in" else SIGN_IN_FIRST, None
    if step == "sign-in":
        return "later", "the relay does not let us sign in now", None
    if code < 500:
        return "deferred", "", None
    return _permanent(step, code, enhanced), _permanent_reason(step, enhanced), None


def _permanent(step: str, code: int, enhanced: str) -> str:
    """No known wording: what is not clearly this recipient's is a suspect."""
    if enhanced == "5.3.4" or enhanced in OURS:
        return "stop"
    if enhanced in ASTRAY or (not enhanced and code in ASTRAY_CODES):
        return "astray"
    if step == "mail":  # nothing about the recipient was said yet
        return "stop" if enhanced.startswith(("5.1.", "5.7.")) else "suspect"
    if step == "data":
        return "suspect"
    if enhanced in GONE:
        return "gone"
    return "failed" if enhanced in THEIRS else "suspect"


def _permanent_reason(step: str, enhanced: str) -> str:
    if enhanced == "5.3.4":
        return SIZE
    if enhanced in OURS or (step == "mail" and enhanced.startswith("5.1.")):
        return OUR_ADDRESS
    return SENDER if step == "mail" else AGAIN


def _outcome(kind: str, step: str, code: int, enhanced: str, text: str, reason: str, wait: timedelta | None) -> Outcome:
    stops, waits = kind in ("stop", "later"), kind in ("deferred", "slow", "astray", "hiccup")
    return Outcome(
        kind="stop" if stops else "deferred" if waits else "failed",
        code=code,
        enhanced=enhanced,
        text=text,
        suppress=kind == "gone",
        suspect=kind in ("suspect", "astray", "hiccup"),
        slow=kind == "slow",
        wait=wait or (pace.asked_to_wait(text) if waits else None),
        exit_code=75 if kind in ("later", "hiccup") else 77,
        reason=reason,
        step=step,
    )
