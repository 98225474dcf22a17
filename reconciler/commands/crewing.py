"""What runs outside work: the crew of `worker`, and the one that `watch` has beside its daemon."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from reconciler.app import App, SystemClock, actor
from reconciler.commands.options import Common
from reconciler.commands.running import Log, signals, unheard
from reconciler.controller.alarm import Alarm, Ring
from reconciler.controller.report import Reporting
from reconciler.controller.talk import Level
from reconciler.engine.crew import THREADS, Crew, Turn
from reconciler.engine.shift import Hall
from reconciler.model.errors import Interrupted
from reconciler.model.ports import Store, Worker
from reconciler.store.address import shown


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line of `worker` says."""

    threads: int = THREADS
    until_idle: bool = False
    log: str | None = None


def worked(common: Common, wanted: Wanted) -> int:
    """Run lanes until a signal says stop, or nothing is left to do. The exit code."""
    app, alarm = common.app(), Alarm()
    say = Log.on_stderr(common, wanted.log, SystemClock())
    with signals(alarm, "stopped at once; what was in hand is in doubt, and listed as unknown"):
        work(app, alarm, say, wanted)
    return 0


def work(app: App, alarm: Alarm, say: Log, wanted: Wanted) -> None:
    """The same, in this thread, for a project that is open."""
    app.store_in_use().close()  # said at once, where there is none
    crew = crew_of(app, alarm, say, wanted.threads)
    say("working", store=shown(app.project.store), threads=wanted.threads)
    with at_work(crew, alarm, wanted.until_idle):
        pass
    say("stopped")


def crew_of(app: App, alarm: Alarm, say: Log, threads: int = THREADS, told: Callable[[], None] = lambda: None) -> Crew:
    """A crew for the project's store. `told` is called when what it did has changed a campaign's state."""

    def warn(message: str, /, **data: object) -> None:
        say(message, Level.WARNING, **data)

    hall = Hall(app.open_another_store, app.workers, app.clock, warn, lambda: alarm.stopping)
    return Crew(hall, app.engine(warn), threads, _turn(app, say, told))


@contextmanager
def at_work(crew: Crew | None, alarm: Alarm, until_idle: bool = False) -> Iterator[None]:
    """The crew, if any, works in a thread of its own within. It is waited for, unless a second signal ends all at once."""
    if crew is None:
        yield
        return
    failures: list[Exception] = []
    thread = threading.Thread(target=_run, args=(crew, until_idle, failures), name="crew", daemon=True)
    with unheard():
        thread.start()
    try:
        yield
    except (Interrupted, KeyboardInterrupt):
        raise
    except BaseException:
        alarm.ring(Ring.STOP)
        _wait_for(thread)
        raise
    _wait_for(thread)
    if failures:
        raise failures[0]


def _run(crew: Crew, until_idle: bool, failures: list[Exception]) -> None:
    try:
        crew.run(until_idle)
    except Exception as error:  # noqa: BLE001 - it is raised where the crew is waited for
        failures.append(error)


def _wait_for(thread: threading.Thread) -> None:
    """In short spans: a signal's handler runs between two of them, whichever thread the signal came to."""
    while thread.is_alive():
        thread.join(0.1)


def _turn(app: App, say: Log, told: Callable[[], None]) -> Turn:
    """What is done with every look: campaigns whose running has ended of itself are moved on, and said."""
    kinds, who = app.kinds().table, f"worker:{actor().partition(':')[2]}"

    def turn(store: Store, workers: Mapping[str, Worker]) -> None:
        taken = Reporting(kinds, app.runtimes(store), app.clock, who).take_down(store, workers.values())
        for report in taken:
            say("reported", ref=report.ref, event=report.event, reason=report.reason)
        if taken:
            told()

    return turn
