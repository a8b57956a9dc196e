"""What `status` says: an issue as the ledger has it, or the latest one of each newsletter, and what is next."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from digest.lifecycle import IssueState
from digest.pipeline import control, report
from digest.pipeline.choose import next_due, occasion_for
from digest.pipeline.report import Report
from digest.settings import Config, Newsletter
from digest.standing import FrozenIssue, History

if TYPE_CHECKING:
    from digest.interfaces import Ledger

__all__ = ["finished", "of_issue", "of_newsletters"]


def of_newsletters(config: Config, ledger: Ledger | None, now: datetime) -> list[Report]:
    """Report on the latest issue of each newsletter, or on the one that is due or coming."""
    return [_latest(config, ledger, n, now) for n in config.newsletters]


def of_issue(config: Config, ledger: Ledger | None, issue: str, now: datetime) -> Report:
    """Report on one issue. Raises UsageError where there is none of that ID."""
    found = control.named(ledger, issue)
    assert ledger is not None
    return _in_ledger(config, ledger, found, now)


def _latest(config: Config, ledger: Ledger | None, newsletter: Newsletter, now: datetime) -> Report:
    issues = ledger.issues(newsletter.name) if ledger else ()
    if ledger is not None and issues:
        return _in_ledger(config, ledger, issues[-1], now)
    history = History(newsletter=newsletter.name, known=ledger is not None)
    occasion = occasion_for(newsletter, history, now)
    coming = report.of_occasion(occasion, reason="due, the next run sends it" if occasion.due else "")
    return finished(config, ledger, coming, now)


def _in_ledger(config: Config, ledger: Ledger, issue: FrozenIssue, now: datetime) -> Report:
    newsletter = next((n for n in config.newsletters if n.name == issue.newsletter), None)
    key = (issue.id, issue.revision)
    made = report.of_issue(
        issue,
        zone=newsletter.timezone if newsletter else config.site.timezone,
        uncertain=ledger.uncertain(*key),
        failures=ledger.failures(*key),
        retry_at=issue.go_on_at or ledger.next_due(*key),
    )
    if issue.counts.queued:
        made = report.with_turns(made, ledger.waiting(*key, now))
    if newsletter and newsletter.quiet and issue.state in (IssueState.FROZEN, IssueState.SENDING):
        made = _in_quiet_hours(made, newsletter, now)
    return finished(config, ledger, made, now)


def _in_quiet_hours(made: Report, newsletter: Newsletter, now: datetime) -> Report:
    """An issue that waits for the end of quiet hours without having been stopped by them."""
    from digest.deliver import quiet

    ends = quiet.until(newsletter.quiet, newsletter.timezone, now)
    if ends is None:
        return made
    return replace(made, reason=f"quiet hours ({newsletter.quiet})", retry_at=max(made.retry_at or ends, ends))


def finished(config: Config, ledger: Ledger | None, made: Report, now: datetime) -> Report:
    """Add what the ledger and the configuration know besides: what is next, and what the relay does to Message-IDs."""
    same_id = not made.counts.uncertain or _keeps_ids(config)
    newsletter = next((n for n in config.newsletters if n.name == made.newsletter), None)
    if newsletter is None:
        return replace(made, same_id=same_id)
    history = ledger.history(newsletter.name) if ledger else History(newsletter=newsletter.name, known=False)
    return replace(made, next_due=next_due(newsletter, history, now), same_id=same_id)


def _keeps_ids(config: Config) -> bool:
    """Whether the relay keeps Message-IDs, as far as it is known. Loaded only where it matters: `status` is quick."""
    from digest.deliver import presets
    from digest.pipeline.allowance import relay_of

    smtp = relay_of(config)
    return smtp is None or presets.known(smtp.preset, smtp.host).message_id != "replaced"
