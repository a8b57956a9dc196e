"""The weekly job of one newsletter: go on with what is unfinished, then send the issue that is due.

Everything that touches the outside is handed in; every way it can end is a report with an exit code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from digest.errors import ConfigError, DigestError, PreflightFailed
from digest.interfaces import FrozenIssue
from digest.lifecycle import IssueState
from digest.lint import runner
from digest.model import Counts, Finding, Selection
from digest.pipeline import edition as editions
from digest.pipeline import people, report, work
from digest.pipeline.edition import Edition
from digest.pipeline.look import Chosen, Looker
from digest.pipeline.report import Report
from digest.pipeline.work import Hands
from digest.posts import select as selector
from digest.settings import Newsletter

__all__ = ["Orders", "attempt", "findings_of", "plan", "run"]


GRAVITY = ("error", "warning", "info")


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What a person said with the command."""

    dry_run: bool = False
    at_once: bool = False  # `send`: whatever the configuration says about when
    force: str = ""  # the reason why findings do not stop it
    lists: Path = Path("subscribers")


def run(hands: Hands, looker: Looker, newsletter: Newsletter, orders: Orders) -> list[Report]:
    """Work off one newsletter; the last report is about what is due or coming."""
    reports = []
    for issue in work.unfinished(hands.ledger, newsletter.name):
        reports.append(_go_on(hands, newsletter, issue, orders))
        if reports[-1].exit_code not in (0, 75):
            return reports  # the relay refuses us: a second issue would fare no better
    chosen = looker.choose(newsletter, at_once=orders.at_once)
    occasion = chosen.selection.occasion
    if not (occasion.due or orders.at_once):
        if not reports:
            reports.append(report.of_occasion(occasion, state="nothing-due"))
        return reports
    notes = _told_once(hands, chosen.selection, orders)
    if chosen.selection.skip:
        return [*reports, _skip(hands, chosen, orders, notes)]
    return [*reports, _send(hands, looker, chosen, orders, notes)]


def _go_on(hands: Hands, newsletter: Newsletter, issue: FrozenIssue, orders: Orders) -> Report:
    waits = issue.state is IssueState.STOPPED and issue.go_on_at is not None and issue.go_on_at > hands.clock()
    if waits or orders.dry_run:
        return report.of_issue(issue, zone=newsletter.timezone, exit_code=75 if waits else 0)
    due = hands.ledger.next_due(issue.id, issue.revision)
    idle = not issue.counts.queued and due is not None and due > hands.clock() + hands.wait
    if idle and issue.deadline > hands.clock():
        return report.of_issue(issue, zone=newsletter.timezone, retry_at=due, exit_code=75)
    return work.work_off(hands, newsletter, issue)


def _told_once(hands: Hands, selection: Selection, orders: Orders) -> tuple[str, ...]:
    broken = [(o.path, o.detail) for o in selection.left_out if o.reason == "broken"]
    if orders.dry_run:
        return tuple(f"{detail} The post was left out." for _, detail in broken)
    return tuple(f"{detail} The post was left out." for _, detail in hands.ledger.new_problems(broken))


def _skip(hands: Hands, chosen: Chosen, orders: Orders, notes: tuple[str, ...]) -> Report:
    selection = chosen.selection
    words = "too few posts" if selection.skip == "too-few" else "nothing new"
    if not orders.dry_run:
        hands.ledger.skip(selection.occasion, words, hands.clock())
        hands.ledger.note_posts(chosen.posts, hands.clock())
        hands.ledger.note_held(chosen.newsletter.name, selector.held(selection))
    return report.of_occasion(selection.occasion, state="skipped", reason=words, notes=notes, next_due=None)


def _send(hands: Hands, looker: Looker, chosen: Chosen, orders: Orders, notes: tuple[str, ...]) -> Report:
    newsletter, occasion = chosen.newsletter, chosen.selection.occasion
    now = hands.clock()
    if orders.dry_run:
        audiences = people.audiences_in_files(orders.lists, newsletter)
    else:
        notes += people.sync(hands.roster, orders.lists, newsletter, hands.secret, now)
        audiences = hands.roster.audiences(newsletter.name, newsletter.lists)
    edition = looker.edition(chosen, audiences)
    total = sum(a.people for a in audiences)
    found = findings_of(looker, chosen, edition, recipients=total, to_list=True)
    notes += _judge(newsletter, found, orders)
    if orders.dry_run:
        return report.of_occasion(
            occasion, state="coming", subject=edition.variants[0].subject, counts=_sums(total), notes=notes
        )
    frozen = hands.ledger.freeze(editions.freeze_of(edition, newsletter.lists, now), now)
    hands.ledger.note_posts(chosen.posts, now)
    hands.ledger.note_held(newsletter.name, selector.held(chosen.selection))
    done = work.work_off(hands, newsletter, frozen)
    return replace(done, notes=notes + done.notes)


def _sums(total: int) -> Counts:
    return Counts(list=total, queued=total)


def _judge(newsletter: Newsletter, found: tuple[Finding, ...], orders: Orders) -> tuple[str, ...]:
    """Raise PreflightFailed on errors; with a reason to send all the same, tell it with what it overrides."""
    errors = [f for f in found if f.severity == "error"]
    if not errors:
        return ()
    if orders.force:
        return (f"sent in spite of {', '.join(f.rule for f in errors)}: {orders.force}",)
    first = errors[0]
    more = f" and {len(errors) - 1} more" if len(errors) > 1 else ""
    raise PreflightFailed(
        f"nothing was sent, the issue is not fit to send: {first.rule}: {first.message}{more}",
        file=first.file or None,
        line=first.line,
        hint=f"digest check {newsletter.name} shows all of it",
    )


def findings_of(
    looker: Looker, chosen: Chosen, edition: Edition, *, recipients: int | None, to_list: bool
) -> tuple[Finding, ...]:
    """Run the preflight over every variant, and add what rendering mended."""
    config = looker.config
    last = _last_recipients(looker, chosen)
    found: dict[Finding, None] = {}
    for index, variant in enumerate(edition.variants):
        samples = tuple(
            editions.sample(config, variant, to=to, token=token * 26, message_id=digit * 32)
            for to, token, digit in (("reader@example.net", "a", "a"), ("other@example.com", "b", "b"))
        )
        proof = editions.proof_of(
            config,
            edition,
            chosen.history,
            samples,
            looker.now,
            recipients=recipients,
            last_recipients=last,
            to_list=to_list,
            variant=index,
        )
        found.update(dict.fromkeys(runner.check(proof, config.lint)))
    found.update(dict.fromkeys(editions.repaired(edition)))
    return tuple(sorted(found, key=lambda f: (GRAVITY.index(f.severity), f.rule)))


def _last_recipients(looker: Looker, chosen: Chosen) -> int | None:
    if looker.ledger is None:
        return None
    sent = [i for i in looker.ledger.issues(chosen.newsletter.name) if i.counts.list]
    return sent[-1].counts.list if sent else None


def plan(chosen: Chosen, edition: Edition, total: int, seconds: float | None) -> tuple[str, ...]:
    """What is about to be sent, in lines for a person."""
    lines = [
        f"{chosen.selection.occasion.issue}: {edition.variants[0].subject}",
        *(f"  {n}. {p.title}" for n, p in enumerate(edition.issue.posts, 1)),
        f"to {total:,} {'person' if total == 1 else 'people'} on {', '.join(chosen.newsletter.lists) or 'no list'}",
    ]
    if seconds:
        lines.append(f"takes about {seconds / 60:.0f} minutes at the configured rate")
    return tuple(lines)


def attempt(work_it: Callable[[], list[Report]], newsletter: str) -> list[Report]:
    """Turn an error into a report, so that one newsletter's trouble does not stop the next one."""
    try:
        return work_it()
    except ConfigError:
        raise
    except DigestError as error:
        note = str(error) + (f"\n        {error.hint}" if error.hint else "")
        return [Report(newsletter=newsletter, issue="", state="stopped", notes=(note,), exit_code=error.exit_code)]
