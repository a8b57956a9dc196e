"""The only place that calls a plug's open, and reads the clock: one method a command, values in, values out.

What is decided stands in `pipeline` and the rooms. `App` opens what a command needs, no more: `posts`, `select`,
`draft`, `build` and `check` need no secret, list, state or network.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from digest import config as configuration
from digest import machine
from digest.errors import ConfigError, DataError, Locked, StateRefused
from digest.lifecycle import Event
from digest.pipeline import guards, report
from digest.settings import Config, Newsletter, Smtp, State

if TYPE_CHECKING:
    from digest.audience import tokens
    from digest.interfaces import Source, Transport
    from digest.lint.network import Network
    from digest.model import Post, Selection
    from digest.pipeline.diff import Difference
    from digest.pipeline.look import Looker
    from digest.pipeline.rehearse import Rehearsed
    from digest.pipeline.results import Built, Checked, Drafted, Planned, PreviewSent
    from digest.pipeline.week import Orders
    from digest.pipeline.work import Hands
    from digest.project import Made
    from digest.standing import Counts
    from digest.store.ledger import Store

    Progress = Callable[[Counts], None] | None

__all__ = ["App", "Clock", "make_project"]

AN_HOUR = timedelta(hours=1)
LEDGER = "digest.sqlite3"  # store.sqlite.FILE, known here so that looking does not load the store


class Clock:
    """The time: the machine's, or a what-if time that goes on from where it was set."""

    def __init__(self, what_if: datetime | None = None) -> None:
        self._what_if, self._began = what_if, time.monotonic()

    def __call__(self) -> datetime:
        """Give the present, aware, in UTC."""
        if self._what_if is None:
            return datetime.now(UTC)
        return self._what_if + timedelta(seconds=time.monotonic() - self._began)

    @property
    def far_off(self) -> bool:
        """True where this clock is more than an hour off the machine's."""
        return abs(self() - datetime.now(UTC)) > AN_HOUR


class App:
    """One project, opened: configuration, environment and clock. Everything else is opened when it is needed."""

    def __init__(self, config: Config, environment: Mapping[str, str], clock: Clock, *, verbose: int = 0) -> None:
        self.config, self.clock, self.verbose = config, clock, verbose
        self._environment = environment

    @classmethod
    def open(cls, project: Path | None, *, what_if: str = "", verbose: int = 0, clock: Clock | None = None) -> App:
        """Find and read the project's configuration. Raises ConfigError with every mistake at once."""
        from digest.pipeline.choose import moment

        root = configuration.find(project if project is not None else Path.cwd())
        config = configuration.load(root, os.environ)
        return cls(config, os.environ, clock or Clock(moment(what_if, config.site.timezone)), verbose=verbose)

    # -- names and places

    def newsletter(self, name: str) -> Newsletter:
        """The newsletter of that name; without a name the only one there is."""
        from digest.pipeline.choose import named

        return named(self.config, name)

    def _newsletters(self, name: str) -> tuple[Newsletter, ...]:
        return (self.newsletter(name),) if name else self.config.newsletters

    @property
    def state_folder(self) -> Path:
        """Where ledger, lock and secret lie."""
        return self.config.root / self.config.state.path

    # -- opening

    def _sources(self) -> list[Source]:
        return [
            import_module(f"digest.posts.sources.{plug.kind}").open(
                plug.options, name=plug.name, project=self.config.root, site=self.config.site
            )
            for plug in self.config.sources
        ]

    def _store(self, *, read_only: bool, secret: str = "", state: State | None = None) -> Store:
        from digest.store import sqlite

        return sqlite.open(
            state or self.config.state,
            project=self.config.root,
            site=self.config.site.id,
            secret_fingerprint=_fingerprint(secret) if secret else None,
            machine=machine.name(),
            boot_id=machine.boot_id(),
            pid=os.getpid(),
            now=self.clock(),
            read_only=read_only,
        )

    @contextmanager
    def _ledger_to_read(self) -> Iterator[Store | None]:
        """The ledger as it is, never made and never changed; None where there is none."""
        if not (self.state_folder / LEDGER).exists():
            yield None
            return
        store = self._store(read_only=True)
        try:
            yield store
        finally:
            store.close()

    @contextmanager
    def looker(self) -> Iterator[Looker]:
        """Open what looking at issues needs; nothing is written through it."""
        from digest.pipeline.look import Looker
        from digest.render import theme

        with self._ledger_to_read() as store:
            yield Looker(
                config=self.config,
                sources=self._sources(),
                ledger=store,
                roster=store,
                read_editor=self._editor,
                drafts=lambda name: tuple(p.stem for p in (self.config.root / "issues").glob(f"{name}-*.md")),
                load_theme=lambda name: theme.load(name, self.config.root),
                lists=self.lists_folder,
                now=self.clock(),
            )

    def _editor(self, issue: str) -> Any:
        from digest.posts import editor

        path = self.config.root / "issues" / f"{issue}.md"
        if not path.is_file():
            return None
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as wrong:
            raise DataError("is not UTF-8", file=str(path), hint="save it as UTF-8") from wrong
        return editor.parse(text, path.relative_to(self.config.root).as_posix())

    def transport(self, stop: Callable[[], bool] = lambda: False) -> Transport:
        """Open the way out that is configured. Raises ConfigError, RelayUnreachable, RelayRefused."""
        plug = self.config.transport
        if plug is None:
            raise configuration.no_relay(self.config)
        module = import_module(f"digest.deliver.transports.{plug.kind}")
        if plug.kind != "smtp":
            opened: Transport = module.open(plug.options, project=self.config.root)
            return opened
        from digest import credentials

        known = credentials.relay(self.config, self._environment)
        relay: Transport = module.open(plug.options, user=known.user, password=known.password, stop=stop)
        return relay

    # -- looking (writes nothing, needs no secret, list, state or network)

    def posts(self) -> tuple[Post, ...]:
        """Every post as read, broken ones among them."""
        from digest.model import Query
        from digest.pipeline.choose import read_posts

        return read_posts(self._sources(), Query())

    def select(self, newsletter: str, issue: str = "", *, explain: bool = False) -> Selection:
        """The posts of the issue that is due, coming or named; with `explain` no post is too old to be told of."""
        with self.looker() as looker:
            return looker.choose(self.newsletter(newsletter), issue, everything=explain).selection

    def draft(self, newsletter: str, issue: str = "") -> Drafted:
        """Write the editor's file of the issue. Raises UsageError where it is there already."""
        from digest.pipeline import files

        with self.looker() as looker:
            return files.draft(self.config.root / "issues", looker.choose(self.newsletter(newsletter), issue))

    def check(self, newsletter: str, issue: str = "", *, online: bool = False, spam: bool = False) -> Checked:
        """Run the preflight over every variant of the issue; what takes seconds only where it is asked for."""
        from digest.pipeline import preflight

        with self.looker() as looker:
            network = self.network() if online else None
            return preflight.checked(looker, self.newsletter(newsletter), issue, network=network, score=spam)

    def network(self) -> Network:
        """Open what the online rules may ask: web servers of the internet, and the DNS."""
        from digest.lint import fetching

        return fetching.internet()

    def diff(self, newsletter: str, issue: str = "") -> Difference:
        """Compare the issue with the last one sent; without a ledger there is nothing to compare it with."""
        from digest.pipeline import diff

        with self.looker() as looker:
            return diff.against_last(looker, self.newsletter(newsletter), issue)

    def build(self, newsletter: str, issue: str, out: Path, as_address: str = "") -> Built:
        """Write the issue as files into `out`."""
        from digest.pipeline import files

        with self.looker() as looker:
            shown = looker.show(self.newsletter(newsletter), issue)
            return files.build(looker, shown, as_address, self.keys_if_any(), out)

    def _secret(self, *, create: bool) -> str:
        from digest import credentials

        found = credentials.signing_secret(self.config, self._environment, create=create)
        return found.decode("utf-8", "surrogateescape") if found else ""

    def weaknesses(self) -> tuple[str, ...]:
        """What is weak about the signing secret, if there is one."""
        from digest import credentials

        secret = credentials.signing_secret(self.config, self._environment, create=False)
        weak = credentials.weakness(secret) if secret else ""
        return (weak,) if weak else ()

    def keys_if_any(self) -> tokens.Keys | None:
        """The keys of the signing secret, if there is one."""
        from digest.audience import tokens

        secret = self._secret(create=False)
        return tokens.keys(secret) if secret else None

    # -- sending

    @property
    def lists_folder(self) -> Path:
        """The one folder that holds addresses."""
        return self.config.root / "subscribers"

    def missing(self, newsletter: str = "") -> tuple[ConfigError, ...]:
        """What `run` still asks for."""
        return tuple(w for n in self._newsletters(newsletter) for w in configuration.ready_to_run(self.config, n))

    def send_preview(self, newsletter: str, issue: str, to: tuple[str, ...], *, exact: bool) -> PreviewSent:
        """Send the issue to these addresses alone, marked and with inert links, or `exact`; touches no ledger row."""
        from digest.deliver import handful
        from digest.pipeline import preflight, reader
        from digest.pipeline.results import PreviewSent

        guards.what_if(self.config, far_off=self.clock.far_off)
        wanted = reader.addresses(to, self.config.sender.reviewers)
        keys = self.keys_if_any() if exact else None
        with self.looker() as looker:
            shown = looker.show(self.newsletter(newsletter), issue)
            found = preflight.findings(looker, shown, to_list=False)
            edition = shown.edition if exact else looker.edition(shown.chosen, kind="preview")
            readers = [reader.find(a, shown.chosen, looker if exact else None, keys) for a in wanted]
            samples = [reader.message(self.config, edition, r, keys, fresh_id=os.urandom(16).hex()) for r in readers]
        transport = self.transport()
        try:
            answers = handful.send(transport, [(s.mail_from, s.rcpt_to, s.data) for s in samples])
        finally:
            transport.close()
        return PreviewSent(answers=answers, findings=found)

    def plan(self, newsletter: str) -> Planned:
        """Say what `send` is about to do: subject, posts, lists, people, duration."""
        from digest.pipeline import week
        from digest.pipeline.results import Planned

        with self.looker() as looker:
            shown = looker.show(self.newsletter(newsletter), at_once=True)
            return Planned(name=shown.chosen.newsletter.name, lines=week.plan(looker, shown))

    def send_now(self, newsletter: str, *, first_issue: bool, force: str, progress: Progress = None) -> report.Report:
        """Send the issue of this moment to its lists."""
        from digest.pipeline.week import Orders

        orders = Orders(at_once=True, force=force, lists=self.lists_folder)
        return self._work((self.newsletter(newsletter),), orders, timedelta(seconds=10), first_issue, progress)[-1]

    def run(
        self,
        newsletter: str,
        *,
        dry_run: bool,
        wait: timedelta,
        first_issue: bool,
        force: str,
        progress: Progress = None,
    ) -> list[report.Report]:
        """The weekly job: go on, retry, and send what is due; one report an issue."""
        from digest.pipeline.week import Orders

        orders = Orders(dry_run=dry_run, force=force, lists=self.lists_folder)
        return self._work(self._newsletters(newsletter), orders, wait, first_issue, progress)

    def _work(
        self,
        newsletters: tuple[Newsletter, ...],
        orders: Orders,
        wait: timedelta,
        first_issue: bool,
        progress: Progress,
    ) -> list[report.Report]:
        from digest.onlookers import Onlookers
        from digest.pipeline import status, week

        guards.what_if(self.config, far_off=self.clock.far_off and not orders.dry_run)
        onlookers = Onlookers(self.config, self.clock, verbose=bool(self.verbose), silent=orders.dry_run)
        hands: Hands | None = None
        reports: list[report.Report] = []
        with ExitStack() as stack:
            try:
                self._refuse_unready(newsletters, history=orders.dry_run or first_issue)
                hands = replace(stack.enter_context(self._hands(orders.dry_run, wait, progress)), log=onlookers.log)
                looker = stack.enter_context(self.looker())
                if not orders.dry_run:
                    looker = replace(looker, ledger=hands.ledger, roster=hands.roster)
                onlookers.begins(tuple(n.name for n in newsletters))
                for newsletter in newsletters:
                    reports += week.attempt(hands, looker, newsletter, orders)
                    if hands.stop():
                        break
            except Locked:
                raise  # the run at work tells how it ends
            except BaseException as error:
                onlookers.broke(hands.ledger if hands else None, error)
                raise
            now = hands.clock()
            return onlookers.ended(hands, [status.finished(self.config, hands.ledger, r, now) for r in reports])

    def _refuse_unready(self, newsletters: tuple[Newsletter, ...], *, history: bool) -> None:
        """Refuse newsletters whose past is unknown, unless it is said to be known, or whose settings do not suffice."""
        if not history:
            self._refuse_unknown_past(newsletters)
        for newsletter in newsletters:
            configuration.refuse_unready(configuration.ready_to_run(self.config, newsletter))

    @contextmanager
    def _hands(self, dry_run: bool, wait: timedelta, progress: Progress) -> Iterator[Hands]:
        """Take the lock and open the ledger to write; for a dry run open what is there, to read."""
        from digest.audience import tokens
        from digest.deliver import pace
        from digest.pipeline.work import Hands
        from digest.store import lock

        with ExitStack() as stack:
            interrupt = stack.enter_context(machine.interruptible())
            secret = moved_from = ""
            if not dry_run:
                self._need_state_folder()
                held = stack.enter_context(
                    lock.RunLock(
                        self.state_folder,
                        machine=machine.name(),
                        boot_id=machine.boot_id(),
                        pid=os.getpid(),
                        now=self.clock(),
                    )
                )
                moved_from, secret = held.moved_from, self._secret(create=True)
            store = self._store(read_only=dry_run, secret=secret)
            stack.callback(store.close)
            yield Hands(
                config=self.config,
                ledger=store,
                roster=store,
                transport=lambda: self.transport(interrupt),
                clock=self.clock,
                sleep=interrupt.sleep,
                stop=interrupt,
                keys=tokens.keys(secret),
                pace=pace.Pace.of(self._smtp),
                wait=wait,
                progress=progress,
                moved_from=moved_from,
            )

    @property
    def _smtp(self) -> Smtp | None:
        options = self.config.transport.options if self.config.transport else None
        return options if isinstance(options, Smtp) else None

    def _need_state_folder(self) -> None:
        try:
            self.state_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as wrong:
            raise StateRefused(
                f"the state folder cannot be made: {wrong.strerror}",
                file=str(self.state_folder),
                hint="give this user the right to write there, or set [state] path",
            ) from wrong

    def needs_first_word(self, newsletter: str) -> bool:
        """True where a newsletter has no history here, so that its first issue needs a person's word."""
        return bool(self._without_past(self._newsletters(newsletter)))

    def _without_past(self, newsletters: tuple[Newsletter, ...]) -> tuple[Newsletter, ...]:
        """Newsletters that may have been sent before, and of which there is no issue here. Makes nothing."""
        if not guards.unknown_past(self.config, self._environment, self.state_folder, LEDGER):
            return ()
        with self._ledger_to_read() as store:
            return tuple(n for n in newsletters if not (store and store.issues(n.name)))

    def _refuse_unknown_past(self, newsletters: tuple[Newsletter, ...]) -> None:
        for newsletter in self._without_past(newsletters):
            raise guards.no_history(newsletter, self.state_folder)

    def rehearse(self, newsletter: str, *, faults: str, flat_out: bool, progress: Progress = None) -> Rehearsed:
        """Send the issue that is due or coming to its lists, into a sink on this machine; keeps and changes nothing."""
        import tempfile

        from digest.deliver.transports import smtp
        from digest.pipeline.rehearse import Stage

        with ExitStack() as stack:
            stop = stack.enter_context(machine.interruptible())
            looker = stack.enter_context(self.looker())
            stage = Stage(looker=looker, keys=self.keys_if_any(), stop=stop, clock=self.clock, progress=progress)
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="digest-rehearsal-"))
            store = stack.enter_context(self._store(read_only=False, state=State(path=Path(folder))))
            return stage.play(self.newsletter(newsletter), store, smtp.open, faults=faults, flat_out=flat_out)

    # -- afterwards

    def status(self, issue: str = "") -> list[report.Report]:
        """What happened to an issue, or to the latest one of each newsletter, and what is next."""
        from digest.pipeline import status

        with self._ledger_to_read() as store:
            if issue:
                return [status.of_issue(self.config, store, issue, self.clock())]
            return status.of_newsletters(self.config, store, self.clock())

    def run_at_work(self) -> str:
        """Who is sending now, in words; empty where nobody is."""
        from digest.store import lock

        return lock.holder(self.state_folder) or ""

    def resend(self, issue: str, which: str) -> int:
        """Carry out a person's decision about uncertain or failed people; gives how many rows it changed."""
        from digest.pipeline import control

        with self._hands(False, timedelta(0), None) as hands:
            return control.decide(hands.ledger, self.config, issue, which, hands.clock())

    def move(self, issue: str, event: str) -> tuple[report.Report, bool]:
        """Pause, resume or cancel an issue, also while a run is at work; says too whether it changed anything."""
        from digest.pipeline import control, status

        if not (self.state_folder / LEDGER).exists():
            control.named(None, issue)
        store = self._store(read_only=False)
        try:
            moved, changed = control.by_person(store, self.config, issue, Event(event), self.clock())
            return status.of_issue(self.config, store, moved.id, self.clock()), changed
        finally:
            store.close()

    def schedule(self, newsletter: str, form: str) -> str:
        """A crontab line, a systemd timer, or a CI workflow."""
        from digest import schedule

        return schedule.text(self.config, self.newsletter(newsletter) if newsletter else None, form)


def _fingerprint(secret: str) -> str:
    from digest.audience import tokens

    return tokens.fingerprint(secret)


def make_project(folder: Path, *, theme: str = "") -> Made:
    """Make a project in `folder`, its mails in this theme: nothing that is there is overwritten."""
    from digest import project

    return project.make(folder, project.Answers(theme=theme))
