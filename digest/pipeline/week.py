"""The weekly job of one newsletter: go on with what is unfinished, then send the issue that is due.

Everything that touches the outside is handed in; every way it can end is a report with an exit code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from digest.errors import ConfigError, DigestError
from digest.interfaces import Freeze, FrozenIssue, Waiting
from digest.lifecycle import Event, IssueState
from digest.model import Counts, Post
from digest.pipeline import edition as editions
from digest.pipeline import origin, people, preflight, report, work
from digest.pipeline.allowance import lasting, relay_of, time_needed
from digest.pipeline.choose import occasion_for
from digest.pipeline.look import Chosen, Looker, Shown
from digest.pipeline.report import Report
from digest.pipeline.work import Hands
from digest.posts import select as selector
from digest.settings import Newsletter

__all__ = ["Orders", "attempt", "plan", "run"]


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
        reports.append(_go_on(hands, looker, newsletter, issue, orders))
        if reports[-1].exit_code not in (0, 75):
            return reports  # the relay refuses us: a second issue would fare no better
    occasion = occasion_for(newsletter, looker.history(newsletter), looker.now, at_once=orders.at_once)
    if not (occasion.due or orders.at_once):  # asked before a post is read: most runs end here
        if not reports:
            reports.append(report.of_occasion(occasion, state="nothing-due"))
        return reports
    return [*reports, _due(hands, looker, newsletter, orders)]


def _due(hands: Hands, looker: Looker, newsletter: Newsletter, orders: Orders) -> Report:
    """Send what is due, or say why not. What is told only once is told also where something stops it afterwards."""
    notes: list[str] = []
    try:
        chosen = looker.choose(newsletter, at_once=orders.at_once)
        notes += _told_once(hands, chosen, orders)
        if chosen.selection.skip:
            return _skip(hands, chosen, orders, tuple(notes))
        return _send(hands, looker, chosen, orders, notes)
    except ConfigError:
        raise
    except DigestError as error:
        return _stopped(newsletter, error, notes)


def _stopped(newsletter: Newsletter, error: DigestError, notes: Sequence[str] = ()) -> Report:
    told = (*notes, report.sentence(error))
    return Report(newsletter=newsletter.name, issue="", state="stopped", notes=told, exit_code=error.exit_code)


def _go_on(hands: Hands, looker: Looker, newsletter: Newsletter, issue: FrozenIssue, orders: Orders) -> Report:
    if issue.state is IssueState.PAUSED:
        return _paused(hands, newsletter, issue, orders)
    waits = issue.state is IssueState.STOPPED and issue.go_on_at is not None and issue.go_on_at > hands.clock()
    if waits or orders.dry_run:
        return report.of_issue(issue, zone=newsletter.timezone, exit_code=75 if waits else 0, waiting=waits)
    if (due := _idle_until(hands, issue)) and issue.deadline > hands.clock():
        made = report.of_issue(issue, zone=newsletter.timezone, retry_at=due, exit_code=75, waiting=True)
        return report.with_turns(made, hands.ledger.waiting(issue.id, issue.revision, hands.clock()))
    notes = _too_late(hands, looker, newsletter, issue)
    done = work.work_off(hands, newsletter, issue)
    return replace(done, notes=(*notes, *done.notes))


def _idle_until(hands: Hands, issue: FrozenIssue) -> datetime | None:
    """When the first of an issue's people is due again, where nothing can be done for any of them before."""
    key, now = (issue.id, issue.revision), hands.clock()
    turns = hands.ledger.waiting(*key, now) if issue.counts.queued else Waiting()
    if turns.people != issue.counts.queued:
        return None
    due = min((moment for moment in (hands.ledger.next_due(*key), turns.first) if moment), default=None)
    return due if due is not None and due > now + hands.wait else None


def _paused(hands: Hands, newsletter: Newsletter, issue: FrozenIssue, orders: Orders) -> Report:
    """Left as it is, and not forgotten: what the brake paused is told by each run, a person's own pause by one."""
    told = bool(not issue.reason and not orders.dry_run) and not hands.ledger.tell_once(
        issue.id, issue.revision, "pause-told", hands.clock(), since=Event.PAUSE
    )
    left = issue.counts.queued + issue.counts.deferred
    note = (
        f"{issue.id} is paused{f' ({issue.reason})' if issue.reason else ''}: {left:,} "
        f"{'person' if left == 1 else 'people'} still to go; go on with digest resume {issue.id}, or digest cancel it"
    )
    notes = () if told else (note,)
    return report.of_issue(issue, zone=newsletter.timezone, notes=notes, exit_code=75, waiting=True)


def _moved(hands: Hands, newsletter: Newsletter) -> tuple[str, ...]:
    """That the run before was elsewhere, once an issue: of a copied folder, no ledger sees what the other sends.

    Whatever this run does: the lock forgets it with the run.
    """
    if not hands.moved_from:
        return ()
    unfinished = work.unfinished(hands.ledger, newsletter.name)
    last = (*hands.ledger.issues(newsletter.name)[-1:], *unfinished[:1])[-1:]
    if any(not hands.ledger.tell_once(i.id, i.revision, "moved", hands.clock(), since="frozen") for i in last):
        return ()
    what = f"{unfinished[0].id} was begun" if unfinished else f"the last run of {newsletter.name} was"
    return (
        f"{what} on another machine ({hands.moved_from}): if digest still runs there, with its own copy "
        "of the state folder, people get it twice; leave the folder on one machine",
    )


def _too_late(hands: Hands, looker: Looker, newsletter: Newsletter, issue: FrozenIssue) -> tuple[str, ...]:
    """Which files were changed after the freeze, each change told once. Whatever became of them, the issue goes out."""
    try:
        now = looker.drawn_from(looker.choose(newsletter, issue.id))
    except DigestError:
        return ()
    frozen, told = hands.ledger.drawn_from(issue.id, issue.revision)
    files = origin.changed(told or frozen, now)
    if not files:
        return ()
    hands.ledger.note_drawn(issue.id, issue.revision, now, hands.clock())
    word = "was" if len(files) == 1 else "were"
    return (f"{', '.join(files)} {word} changed after {issue.id} was frozen: it goes out as it was frozen",)


def _told_once(hands: Hands, chosen: Chosen, orders: Orders) -> tuple[str, ...]:
    """Broken posts, each named once when it is new or changed."""
    broken = [(p.path, _first_fault(p)) for p in chosen.posts if p.broken]
    told = broken if orders.dry_run else hands.ledger.new_problems(broken)
    return tuple(f"{path}{fault}. The post was left out." for path, fault in told)


def _first_fault(post: Post) -> str:
    fault = next(x for x in post.problems if x.severity == "error")
    return (f":{fault.line}: " if fault.line else ": ") + fault.message.rstrip(".")


def _skip(hands: Hands, chosen: Chosen, orders: Orders, notes: tuple[str, ...]) -> Report:
    selection = chosen.selection
    words = "too few posts" if selection.skip == "too-few" else "nothing new"
    if not orders.dry_run:
        held = selector.held(selection)
        hands.ledger.skip(selection.occasion, words, hands.clock(), seen=chosen.posts, held=held)
    return report.of_occasion(selection.occasion, state="skipped", reason=words, notes=notes, next_due=None)


def _nobody(hands: Hands, chosen: Chosen, orders: Orders, notes: tuple[str, ...]) -> Report:
    """Everybody has left the lists: the send time is worked off, and its posts wait for whoever comes."""
    words = "nobody is left on the list"
    if not orders.dry_run:
        hands.ledger.skip(chosen.selection.occasion, words, hands.clock())
    return report.of_occasion(chosen.selection.occasion, state="skipped", reason=words, notes=notes, next_due=None)


def _send(hands: Hands, looker: Looker, chosen: Chosen, orders: Orders, notes: list[str]) -> Report:
    newsletter, occasion = chosen.newsletter, chosen.selection.occasion
    now = hands.clock()
    if orders.dry_run:
        audiences = people.audiences_in_files(orders.lists, newsletter)
    else:
        people.sync(hands.roster, orders.lists, newsletter, hands.keys, now, notes)
        audiences = hands.roster.audiences(newsletter.name, newsletter.lists)
    if not audiences:
        return _nobody(hands, chosen, orders, tuple(notes))
    shown = Shown(chosen=chosen, edition=looker.edition(chosen, audiences), audiences=audiences)
    edition, total = shown.edition, shown.people or 0
    notes += preflight.judge(newsletter, preflight.findings(looker, shown, to_list=True), orders.force)
    if orders.dry_run:
        return report.of_occasion(
            occasion, state="coming", subject=edition.variants[0].subject, counts=_sums(total), notes=tuple(notes)
        )
    freeze = _in_time(hands, newsletter, editions.freeze_of(edition, newsletter.lists, now), total, now)
    # All of it in one transaction: a run that is killed behind it leaves nothing unsaid that the next issue needs.
    freeze = replace(
        freeze, seen=chosen.posts, held=selector.held(chosen.selection), drawn_from=looker.drawn_from(chosen)
    )
    frozen = hands.ledger.freeze(freeze, now)
    done = work.work_off(hands, newsletter, frozen)
    return replace(done, notes=(*notes, *done.notes), waiting=False)  # also where it waits from the start: not told yet


def _in_time(hands: Hands, newsletter: Newsletter, freeze: Freeze, total: int, now: datetime) -> Freeze:
    """Give an issue that the relay's limits stretch over days as much longer: nobody fails for having had to wait."""
    zone, first = hands.config.site.timezone, hands.ledger.first_sent()
    needed = time_needed(total, relay_of(hands.config), newsletter, zone, first, now)
    return replace(freeze, deadline=freeze.deadline + needed)


def _sums(total: int) -> Counts:
    return Counts(list=total, queued=total)


def plan(looker: Looker, shown: Shown) -> tuple[str, ...]:
    """What is about to be sent, and how long it takes by the relay's limits, in lines for a person."""
    total, newsletter = shown.people or 0, shown.chosen.newsletter
    lines = [
        f"{shown.edition.issue.id}: {shown.edition.variants[0].subject}",
        *(f"  {n}. {p.title}" for n, p in enumerate(shown.edition.issue.posts, 1)),
        f"to {total:,} {'person' if total == 1 else 'people'} on {', '.join(newsletter.lists) or 'no list'}",
    ]
    first = looker.ledger.first_sent() if looker.ledger else None
    zone = looker.config.site.timezone
    smtp = relay_of(looker.config)
    takes = time_needed(total, smtp, newsletter, zone, first, looker.now)
    if takes > timedelta(minutes=1):
        lines.append(f"takes about {lasting(takes)} with the limits of the relay")
    if smtp is not None and smtp.domains:
        lines.append("domains with a pace of their own may take longer: digest rehearse says how long")
    return tuple(lines)


def attempt(hands: Hands, looker: Looker, newsletter: Newsletter, orders: Orders) -> list[Report]:
    """Run one newsletter, and turn an error into its report: its trouble does not stop the next one."""
    moved: tuple[str, ...] = ()
    try:
        moved = _moved(hands, newsletter)
        reports = run(hands, looker, newsletter, orders)
    except ConfigError:
        raise
    except DigestError as error:
        reports = [_stopped(newsletter, error)]
    return [replace(r, notes=(*moved, *r.notes)) if i == 0 else r for i, r in enumerate(reports)]
