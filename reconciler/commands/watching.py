"""What `watch` runs: a daemon wired to its source, its signals and its log."""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from reconciler.app import RUN, App, BuiltIn, SystemClock, actor
from reconciler.commands.crewing import at_work, crew_of
from reconciler.commands.options import Common
from reconciler.commands.planning import span_ahead
from reconciler.commands.running import Log, signals, unheard
from reconciler.controller.alarm import Alarm, Ring
from reconciler.controller.chronicle import Chronicle
from reconciler.controller.courier import Courier
from reconciler.controller.daemon import Daemon, Pace
from reconciler.controller.gather import Wishes
from reconciler.controller.listen import Door, Pulse, serve
from reconciler.controller.metrics import CONTENT_TYPE, Metrics
from reconciler.controller.passing import Passes, Tools
from reconciler.controller.postman import Postman
from reconciler.controller.receivers import receivers
from reconciler.controller.roll import Roll
from reconciler.controller.statuses import Statuses
from reconciler.controller.talk import Level
from reconciler.controller.verdict import INVALID, most_urgent, of_outcome, of_plan
from reconciler.model.diagnostic import has_errors
from reconciler.model.errors import Interrupted, Invalid, Usage
from reconciler.model.instant import parse_duration
from reconciler.model.ports import Runtime, Store
from reconciler.source.branch import BranchSource, Trust
from reconciler.source.catalog import Library
from reconciler.source.directory import DirectorySource, Place
from reconciler.source.environment import state_of
from reconciler.source.git_remote import Remote
from reconciler.source.project import Project
from reconciler.source.watch import Watcher


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line says."""

    remote: str | None
    branch: str
    allow_force_push: bool
    accept: str | None
    interval: str
    retry: str
    horizon: str
    listen: str | None
    once: bool
    dry_run: bool
    no_work: bool
    log: str | None


@dataclass(slots=True)
class Stores:
    """Opens the store that the settings name; while these are wrong, the one that they named before."""

    common: Common
    app: App

    def open(self) -> Store:
        """The store, opened."""
        with suppress(Invalid):
            common = self.common
            self.app = App.open(Path(common.directory), (), common.store, environment=common.environment)
        return self.app.store()


def watched(common: Common, paths: tuple[str, ...], wanted: Wanted) -> int:
    """Run the daemon, or one pass of it. The exit code."""
    own = _own(common, wanted)
    app, alarm, clock = own.app(paths), Alarm(), SystemClock()
    say = Log.on_stderr(common, wanted.log, clock)
    source = _source(common, paths, app, wanted, lambda: alarm.stopping)
    wishes = Wishes(horizon=span_ahead(wanted.horizon, clock.now()))

    def runtimes(store: Store, project: Project, library: Library) -> Mapping[str, Runtime]:
        return BuiltIn(project, clock, store, library) if app.given is None else app.given

    tools = Tools(clock, runtimes, f"daemon:{actor().partition(':')[2]}", wishes, wanted.dry_run)
    passes = Passes(source, tools, lambda: alarm.stopping)
    pace = Pace(_span(wanted.interval), _span(wanted.retry))
    told = receivers(app.project.notifications)
    statuses = Statuses(Postman(told).turned, RUN)
    metrics, pulse = Metrics(clock, lambda: statuses.known), Pulse(3 * pace.interval.total_seconds() + 300)
    stores, watching = Stores(own, app), (Chronicle(say), statuses, Roll(tools.actor), metrics, pulse)
    daemon = Daemon(passes, stores.open, alarm, clock, say, watching, pace)
    courier = Courier(told, stores.open, clock, say)
    secret = os.environ.get("MUSTER_WEBHOOK_SECRET", "").encode()
    door = Door(metrics.text, CONTENT_TYPE, pulse, lambda: alarm.ring(Ring.HINT), secret)
    with signals(alarm, "stopped at once; what was done is in the log"), _listening(wanted.listen, door, say):
        if wanted.once:
            return _once(daemon, courier, stores)
        works = not (wanted.no_work or wanted.dry_run)
        crew = crew_of(app, alarm, say, told=lambda: alarm.ring(Ring.WORK)) if works else None
        with at_work(crew, alarm):
            return _run(daemon, source, alarm, say, courier)


def _once(daemon: Daemon, courier: Courier, stores: Stores) -> int:
    """One pass, and what it has to tell."""
    one = daemon.once()
    with closing(stores.open()) as store:
        courier.deliver(store)
    codes = {of_plan(one.plan, False) if one.dry else of_outcome(one.plan, one.outcome)}
    return most_urgent(codes | ({INVALID} if has_errors(one.diagnostics) else set()))


@contextmanager
def _listening(address: str | None, door: Door, say: Log) -> Iterator[None]:
    """The HTTP door, where one was asked for."""
    if address is None:
        yield
        return
    with unheard():
        server = serve(address, door)
    say("listening", at=":".join(map(str, server.server_address[:2])))
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def _own(common: Common, wanted: Wanted) -> Common:
    """What the daemon's own directory is opened with: where a repository is followed, environments stand there. Usage."""
    if wanted.remote is None or not common.environment:
        return common
    if not common.store:
        raise Usage("--git with --env needs --store: two environments in one store would undo each other's work")
    return replace(common, environment=None)


def _source(
    common: Common, paths: tuple[str, ...], app: App, wanted: Wanted, stopping: Callable[[], bool]
) -> DirectorySource | BranchSource:
    directory = Path(common.directory)
    if wanted.remote is None:
        if wanted.accept or wanted.allow_force_push:
            raise Usage("--accept and --allow-force-push say something about --git, which is not given")
        return DirectorySource(Place(directory, paths, common.store, environment=common.environment))
    state = state_of(app.project.state_directory, common.environment)
    if wanted.accept and not re.fullmatch("[0-9a-f]{7,64}", wanted.accept):
        raise Usage(f"{wanted.accept!r} is no commit; write at least seven of its digits")
    remote = replace(Remote.of(wanted.remote, wanted.branch, state), stopping=stopping)
    # What the repository says of a store is not followed: the daemon's own directory and command line name it.
    place = Place(directory, paths, app.project.store, state, confined=True, environment=common.environment)
    return BranchSource(remote, place, Trust(wanted.allow_force_push, wanted.accept or ""))


def _run(daemon: Daemon, source: DirectorySource | BranchSource, alarm: Alarm, say: Log, courier: Courier) -> int:
    def deaf(why: str) -> None:
        say("files cannot be watched; they are looked at by the interval alone", Level.WARNING, error=why)

    watcher = Watcher(source.roots, lambda: alarm.ring(Ring.FILES), deaf)
    with unheard():
        if isinstance(source, DirectorySource):
            watcher.start()
        courier.start()
    say("watching", interval=daemon.pace.interval.total_seconds())
    try:
        code = daemon.run()
    except Interrupted:
        raise  # at once: what the threads are at ends with the process
    except BaseException:
        _end(watcher, courier)
        raise
    _end(watcher, courier)
    say("stopped")
    return code


def _end(watcher: Watcher, courier: Courier) -> None:
    watcher.stop()
    courier.stop()


def _span(text: str) -> timedelta:
    """A span of the command line, at least a tenth of a second. Usage where it is none."""
    try:
        found = parse_duration(text)
    except ValueError as error:
        raise Usage(str(error)) from None
    if found <= timedelta():
        raise Usage(f"{text!r} is no span to wait")
    return found
