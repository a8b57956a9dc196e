"""The whole send of a real issue to a real list, into a sink on this machine: what would happen, and how long it takes.

The project's ledger is only read; the rehearsal has one of its own, that is thrown away. Its clock runs ahead where a
run would wait, so that retries of hours take no time; where it is the wire that waits (`MINUTES`), it waits for seconds
or less. It can reach no other machine: `relay` makes sure of that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Protocol

from digest.audience import tokens
from digest.deliver.faults import Faults, parse
from digest.deliver.pace import Pace
from digest.deliver.sink import Sink
from digest.errors import ConfigError
from digest.interfaces import Ledger, Roster, Transport
from digest.model import Counts, Finding
from digest.pipeline import edition as editions
from digest.pipeline import people, preflight, work
from digest.pipeline.allowance import relay_of, time_for_domains, time_needed
from digest.pipeline.look import Looker, Shown, need_content
from digest.pipeline.report import Report
from digest.pipeline.work import Hands
from digest.settings import Config, Newsletter, Smtp

__all__ = ["Ahead", "Rehearsed", "Stage", "relay"]

CRON = timedelta(minutes=15)
MOST_RUNS = 1000  # of cron, ten days of them
IN_VAIN = 2  # such runs in a row, and a person would look before the next
PATIENCE = 10.0  # seconds for an answer of the sink while a line is made
MINUTES = {"drop": 0.25, "stall": 0.1}
"""Seconds of a protocol minute, by fault: a line that stalls costs two to ten of them, a new one a share of one."""


class Keeper(Ledger, Roster, Protocol):
    """A ledger and a roster over one database."""


class Ahead:
    """A clock that sleeping puts ahead."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        """Give the time as it would be."""
        return self._clock() + self.ahead

    def sleep(self, seconds: float) -> None:
        """Let time pass, at once."""
        self.ahead += timedelta(seconds=max(0.0, seconds))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """How a rehearsal went. `takes`: how long the real relay's limits make it last; `ahead`: what waiting added."""

    report: Report
    people: int
    arrived: int
    twice: int
    at_first: int  # what arrived in the first run, which took `seconds`
    seconds: float
    ahead: timedelta
    takes: timedelta
    runs: int
    pace: Pace
    flat_out: bool
    in_vain: bool = False  # the last runs got nothing across: cron would go on, a rehearsal does not
    faults: tuple[tuple[str, int], ...] = ()
    findings: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = field(default=())

    @property
    def rate(self) -> float:
        """Messages a second that arrived in the first run."""
        return self.at_first / self.seconds if self.seconds else 0.0

    @property
    def exit_code(self) -> int:
        """As of a run: 1 where the preflight would have stopped it."""
        return 1 if any(f.severity == "error" for f in self.findings) else self.report.exit_code


def relay(config: Config, port: int, *, flat_out: bool) -> Smtp:
    """Give settings for the sink that keep what is measured of the real relay's: connections and their limits."""
    real = Pace.of(relay_of(config))
    made = Smtp(
        host="127.0.0.1",
        port=port,
        tls="none",
        rate=None if flat_out else real.rate,
        connections=real.connections,
        per_connection=real.per_connection,
        timeout=PATIENCE,
    )
    assert ip_address(made.host).is_loopback, "a rehearsal must not leave this machine"
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What a rehearsal is given by `app`. `keys`: of the project's secret, where there is one."""

    looker: Looker
    keys: tokens.Keys | None
    stop: Callable[[], bool]
    clock: Callable[[], datetime]
    progress: Callable[[Counts], None] | None = None

    def play(
        self,
        newsletter: Newsletter,
        store: Keeper,
        open_relay: Callable[..., Transport],
        *,
        faults: str,
        flat_out: bool,
    ) -> Rehearsed:
        """Do what a run does, to the end, over a ledger that is thrown away."""
        wanted = parse(faults)
        with Sink(None, faults=Faults(wanted)) as sink:
            options = relay(self.looker.config, sink.port, flat_out=flat_out)
            minute = min((MINUTES.get(fault.what, PATIENCE) for fault in wanted), default=PATIENCE)
            clock = Ahead(self.clock)
            hands = self._hands(store, lambda: open_relay(options, minute=minute), clock, Pace.of(options))
            return _play(hands, self.looker, newsletter, sink, clock, flat_out=flat_out)

    def _hands(self, store: Keeper, transport: Callable[[], Transport], clock: Ahead, pace: Pace) -> Hands:
        config = self.looker.config
        return Hands(
            config=replace(config, transport=None, sender=replace(config.sender, report_to="")),
            ledger=store,
            roster=store,
            transport=transport,
            clock=clock,
            sleep=clock.sleep,
            stop=self.stop,
            keys=self.keys or tokens.keys("links of a rehearsal open nothing"),
            pace=pace,
            wait=timedelta(0),
            progress=self.progress,
        )


def _play(
    hands: Hands, looker: Looker, newsletter: Newsletter, sink: Sink, clock: Ahead, *, flat_out: bool
) -> Rehearsed:
    if not newsletter.lists:
        raise ConfigError(
            f"newsletter {newsletter.name} has no list to go to",
            hint=f'write lists = ["readers"] into [newsletters.{newsletter.name}]',
        )
    real, zone = relay_of(looker.config), looker.config.site.timezone
    warnings, shown = _prepare(hands, looker, newsletter)
    found = preflight.findings(looker, shown, to_list=True)
    now = hands.clock()
    frozen = hands.ledger.freeze(editions.freeze_of(shown.edition, newsletter.lists, now), now)
    first = looker.ledger.first_sent() if looker.ledger else None
    by_domain = hands.ledger.people_by_domain(frozen.id, frozen.revision) if real and real.domains else ()
    takes = max(
        time_needed(frozen.counts.queued, real, newsletter, zone, first, now),
        time_for_domains(by_domain, real, newsletter),
    )
    loud = replace(newsletter, quiet="")
    report = work.work_off(hands, loud, frozen)
    seconds, at_first = report.seconds, sink.taken
    report, runs, in_vain = _later_runs(hands, loud, report, clock)
    faults = sink.faults or Faults(())
    return Rehearsed(
        report=report,
        people=frozen.counts.queued,
        arrived=sink.taken,
        twice=sink.twice,
        at_first=at_first,
        seconds=seconds,
        ahead=clock.ahead,
        takes=takes,
        runs=runs,
        pace=Pace.of(real),
        flat_out=flat_out,
        in_vain=in_vain,
        faults=tuple(sorted(faults.made.items())),
        findings=tuple(f for f in found if f.severity == "error"),
        warnings=warnings,
    )


def _prepare(hands: Hands, looker: Looker, newsletter: Newsletter) -> tuple[tuple[str, ...], Shown]:
    """Bring list and opt-outs into the throw-away ledger, and make the edition for the people that leaves."""
    now = hands.clock()
    if looker.roster is not None:
        hands.roster.take_opt_outs(looker.roster.opt_outs(), "as in the project's ledger", now)
    warnings: list[str] = []
    people.sync(hands.roster, looker.lists, newsletter, hands.keys, now, warnings)
    chosen = looker.choose(newsletter)
    need_content(chosen)
    audiences = hands.roster.audiences(newsletter.name, newsletter.lists)
    return tuple(warnings), Shown(chosen=chosen, edition=looker.edition(chosen, audiences), audiences=audiences)


def _later_runs(hands: Hands, newsletter: Newsletter, report: Report, clock: Ahead) -> tuple[Report, int, bool]:
    """Run as cron would, again and again, until nothing is left to try or a person would have to look."""
    runs, sent, vain = 1, 0, 0
    while report.exit_code in (69, 75) and report.state in ("sending", "stopped") and runs < MOST_RUNS:
        vain = vain + 1 if report.exit_code == 69 and report.counts.sent == sent else 0
        if vain == IN_VAIN:
            break
        sent = report.counts.sent
        wait = report.retry_at - hands.clock() if report.retry_at else CRON
        clock.sleep(max(wait, CRON).total_seconds())
        issue = hands.ledger.issue(report.issue, report.revision)
        assert issue is not None
        report, runs = work.work_off(hands, newsletter, issue), runs + 1
    return report, runs, vain == IN_VAIN
