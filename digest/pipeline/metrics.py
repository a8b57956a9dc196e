"""What a metrics collector reads: one small file in the OpenMetrics text format, made anew after each run.

All are gauges, so that collectors of the older Prometheus format read it as well. No name of a person is in it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from digest.interfaces import FrozenIssue
from digest.lifecycle import IssueState

__all__ = ["LastRun", "last_success", "text", "write"]

SUCCESS = "digest_run_success_timestamp_seconds"
Samples = list[tuple[Mapping[str, str], float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRun:
    """The run that has just ended; `success` is the end of the last one that ended with 0, this one or an earlier."""

    ended: datetime
    seconds: float
    exit_code: int
    success: float | None


def text(run: LastRun, newsletters: Sequence[str], issues: Sequence[FrozenIssue]) -> str:
    """Write the whole file: the run, and of each newsletter its latest issue."""
    sent = {i.newsletter: i for i in issues if i.frozen_at is not None}  # issues come oldest first: the latest stays
    latest = [sent[name] for name in newsletters if name in sent]
    families = (
        _family("digest_run_timestamp_seconds", "When the last run ended.", [({}, run.ended.timestamp())]),
        _family("digest_run_duration_seconds", "How long the last run took.", [({}, run.seconds)]),
        _family("digest_run_exit_code", "What the last run ended with.", [({}, run.exit_code)]),
        _family(SUCCESS, "When a run last ended with 0.", [] if run.success is None else [({}, run.success)]),
        _family("digest_recipients", "People of the latest issue, by state.", _recipients(latest)),
        _family("digest_list_size", "People of the latest issue, all together.", _sizes(latest)),
        _family("digest_issue_sending", "1 while the latest issue is not over.", _open(latest)),
        _family("digest_issue_duration_seconds", "From the first message to the end.", _durations(latest)),
        _family("digest_success_timestamp_seconds", "When an issue was last sent to the end.", _successes(issues)),
    )
    return "".join(line + "\n" for family in families for line in family) + "# EOF\n"


def _family(name: str, what: str, samples: Samples) -> Iterator[str]:
    if not samples:
        return
    yield f"# HELP {name} {what}"
    yield f"# TYPE {name} gauge"
    for labels, value in samples:
        written = ",".join(f'{label}="{_escaped(said)}"' for label, said in labels.items())
        yield f"{name}{{{written}}} {value:.15g}" if written else f"{name} {value:.15g}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _labels(issue: FrozenIssue) -> dict[str, str]:
    return {"newsletter": issue.newsletter, "issue": issue.id, "revision": str(issue.revision)}


def _recipients(latest: Iterable[FrozenIssue]) -> Samples:
    return [
        (_labels(issue) | {"state": state}, people)
        for issue in latest
        for state, people in asdict(issue.counts).items()
        if state != "list"
    ]


def _sizes(latest: Iterable[FrozenIssue]) -> Samples:
    return [(_labels(issue), issue.counts.list) for issue in latest]


def _open(latest: Iterable[FrozenIssue]) -> Samples:
    over = (IssueState.DONE, IssueState.CANCELLED)
    return [(_labels(issue), int(issue.state not in over)) for issue in latest]


def _durations(latest: Iterable[FrozenIssue]) -> Samples:
    return [
        (_labels(issue), (issue.finished_at - issue.started_at).total_seconds())
        for issue in latest
        if issue.started_at and issue.finished_at
    ]


def _successes(issues: Iterable[FrozenIssue]) -> Samples:
    last: dict[str, datetime] = {}
    for issue in issues:
        if issue.state is IssueState.DONE and issue.finished_at:
            last[issue.newsletter] = max(issue.finished_at, last.get(issue.newsletter, issue.finished_at))
    return [({"newsletter": name}, moment.timestamp()) for name, moment in last.items()]


def last_success(before: str) -> float | None:
    """Read from an earlier file when a run last ended well; anything else in it is of no interest."""
    found = re.search(rf"^{SUCCESS} ([\d.e+]+)$", before, re.MULTILINE)
    return float(found[1]) if found else None


def write(path: Path, content: str) -> None:
    """Put the file there whole: a collector that reads meanwhile gets the old one or the new one. Raises OSError."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(content, encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
