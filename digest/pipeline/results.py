"""What the commands give back, besides the values of `model`: small, frozen, and ready to print."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from digest.model import Finding

__all__ = ["Built", "Checked", "Drafted", "Planned", "PreviewSent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """The editor's file that was written."""

    path: Path
    broken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """Files written by `build`, the page to open first."""

    files: tuple[Path, ...]
    notes: tuple[str, ...]
    broken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the preflight found."""

    findings: tuple[Finding, ...]
    broken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewSent:
    """How each address answered (code 0: nothing was said), and what the preflight found."""

    answers: tuple[tuple[str, int, str], ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What `send` is about to do, in lines for a person."""

    name: str
    lines: tuple[str, ...]
