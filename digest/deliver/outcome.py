"""What a reply means for its recipient and for the run. Pure: a step, a code and words in, an `Outcome` out.

The basic code rules (RFC 5321 4.2.1), the enhanced one (RFC 3463) refines it, and known wordings (`replies`) overrule
both where servers use codes in ways of their own. Careful by rule: a refusal that speaks of us never costs a
recipient, only a clear "no such user" suppresses one, and what nobody can know is uncertain.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from digest.deliver import pace
from digest.deliver.replies import ROWS, SENDER, SIGN_IN, SIZE

__all__ = ["Outcome", "classify", "enhanced_code"]

ENHANCED = re.compile(r"(?:^|[\s#(\[])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])", re.MULTILINE)
GONE = {"5.1.1", "5.1.6", "5.1.10", "5.2.1"}  # no mailbox, moved away, null MX (RFC 7505), disabled
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
    for row, codes, words in TABLE:
        if codes.fullmatch(number) and words.search(text):
            return row.kind, row.reason, row.wait
    if code >= 500 and (code in SIGN_IN_CODES or step == "sign-in"):
        return "stop", SIGN_IN, None
    if step == "sign-in":
        return "later", "the relay does not let us sign in now", None
    if code < 500:
        return "deferred", "", None
    return _permanent(step, code, enhanced), _permanent_reason(step, enhanced), None


def _permanent(step: str, code: int, enhanced: str) -> str:
    if enhanced == "5.3.4":
        return "stop"
    policy = enhanced.startswith("5.7.")
    if step == "mail":  # nothing about the recipient was said yet
        return "stop" if policy or enhanced in ("5.1.7", "5.1.8") else "suspect"
    if enhanced in ASTRAY or (not enhanced and code in ASTRAY_CODES):
        return "astray"
    if step == "data":
        return "suspect"
    if enhanced in GONE:
        return "gone"
    return "suspect" if policy or (step == "dot" and not enhanced.startswith(("5.1.", "5.2."))) else "failed"


def _permanent_reason(step: str, enhanced: str) -> str:
    if enhanced == "5.3.4":
        return SIZE
    return SENDER if step == "mail" else "the relay refuses message after message in the same words"


def _outcome(kind: str, step: str, code: int, enhanced: str, text: str, reason: str, wait: timedelta | None) -> Outcome:
    stops, waits = kind in ("stop", "later"), kind in ("deferred", "slow", "astray")
    return Outcome(
        kind="stop" if stops else "deferred" if waits else "failed",
        code=code,
        enhanced=enhanced,
        text=text,
        suppress=kind == "gone",
        suspect=kind in ("suspect", "astray"),
        slow=kind == "slow",
        wait=wait or (pace.asked_to_wait(text) if waits else None),
        exit_code=75 if kind == "later" else 77,
        reason=reason,
        step=step,
    )
