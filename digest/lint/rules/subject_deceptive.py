"""A subject that plays a reply, shouts or flashes is what the law calls deceptive (15 USC 7704(a)(2)) and what Gmail's
sender guidelines forbid."""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.lint.place import finding, in_headers
from digest.lint.subject import subject
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "warning"
REPLY = re.compile(r"(re|fwd?|aw|wg|antw|rv|tr|sv|vs)\s*(\[\d+\])?\s*:", re.IGNORECASE)
# Emoji and dingbats; a mark that only joins or colours them continues a run.
EMOJI_RUN = re.compile("(?:[\u2600-\u27bf\u2b50\u2b55\U0001f300-\U0001faff][\ufe0f\u200d]*\\s*){3,}")


def check(proof: Proof) -> Iterator[Finding]:
    """Find Re: and Fwd:, all capitals, repeated exclamation marks, runs of emoji."""
    for fault in _faults(subject(proof)):
        yield finding(SEVERITY, f"the subject {fault}", in_headers(), "say plainly what is in the issue")


def _faults(line: str) -> Iterator[str]:
    if REPLY.match(line):
        yield "begins as if it were an answer or a forwarded mail"
    letters = [c for c in line if c.isupper() or c.islower()]
    if len(letters) >= 12 and " " in line.strip() and all(c.isupper() for c in letters):
        yield "is all capitals"
    if re.search(r"[!?]{2,}|!.*!.*!", line):
        yield "shouts: more than one exclamation mark"
    if EMOJI_RUN.search(line):
        yield "holds a run of emoji"
