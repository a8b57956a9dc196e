"""SpamAssassin's opinion of a finished message. Not a rule: it runs a program, so `app` asks for it where it is wanted.

It runs without network tests (-L): the same bytes get the same score on every machine with the same rules.
"""

from __future__ import annotations

import re
import shutil
import subprocess

from digest.model import Finding

__all__ = ["available", "score"]

SCORE = re.compile(rb"(?ms)^X-Spam-Status:\s*\w+,\s*score=(-?[\d.]+)\s.*?tests=(.*?)(?:\s+autolearn|\r?\n\S)")


def available() -> bool:
    """True where SpamAssassin is installed."""
    return shutil.which("spamassassin") is not None


def score(data: bytes, *, timeout: float = 60.0) -> tuple[Finding, ...]:
    """Judge one message: a warning over 0 points, an info below; what could not be judged is told, never hidden."""
    program = shutil.which("spamassassin")
    if program is None:
        return ()
    try:
        done = subprocess.run([program, "-L", "-t"], input=data, capture_output=True, timeout=timeout, check=True)  # noqa: S603 - no shell, the bytes go to stdin
    except subprocess.TimeoutExpired:
        return (_said("info", f"SpamAssassin gave no answer within {timeout:g} seconds"),)
    except (subprocess.CalledProcessError, OSError) as exc:
        return (_said("info", f"SpamAssassin could not judge the mail: {exc}"),)
    found = SCORE.search(done.stdout)
    if found is None:
        return (_said("info", "SpamAssassin gave no score"),)
    points, tests = float(found[1]), ", ".join(_names(found[2]))
    message = f"SpamAssassin gives {points:g} points ({tests or 'no test fired'})"
    return (_said("warning" if points > 0 else "info", message),)


def _names(tests: bytes) -> list[str]:
    return [
        name.decode("ascii", "replace") for name in re.split(rb"[\s,]+", tests.strip()) if name not in (b"", b"none")
    ]


def _said(severity: str, message: str) -> Finding:
    hint = "spamassassin -L -t < message.eml explains each test" if severity == "warning" else ""
    return Finding(rule="spam-score", severity=severity, message=message, hint=hint, part="headers")
