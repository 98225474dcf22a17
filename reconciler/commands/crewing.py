"""What runs outside work: the crew of `worker`, and the one that `watch` has beside its daemon."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from reconciler.app import App, SystemClock, actor
from reconciler.commands.options import Common
from reconciler.commands.running import Log, signals
from reconciler.controller.alarm import Alarm, Ring
from reconciler.controller.report import Reporting
from reconciler.controller.talk import Level
from reconciler.engine.crew import THREADS, Crew
from reconciler.engine.shift import Hall
from reconciler.model.errors import Interrupted
from reconciler.model.ports import Runtime, Store
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
    crew.run(wanted.until_idle)
    say("stopped")


def crew_of(app: App, alarm: Alarm, say: Log, threads: int = THREADS, told: Callable[[], None] = lambda: None) -> Crew:
    """A crew for the project's store. `told` is called when what it did has changed a campaign's state."""

    def warn(message: str, /, **data: object) -> None:
        say(message, Level.WARNING, **data)

    hall = Hall(app.open_another_store, app.workers, app.clock, warn, lambda: alarm.stopping)
    return Crew(hall, app.engine(warn), threads, _turn(app, say, told))


@contextmanager
def at_work(crew: Crew | None, alarm: Alarm) -> Iterator[None]:
    """The crew, if any, works in a thread of its own within. It is waited for, unless a second signal ends all at once."""
    if crew is None:
        yield
        return
    thread = threading.Thread(target=crew.run, name="crew", daemon=True)
    thread.start()
    try:
        yield
    except (Interrupted, KeyboardInterrupt):
        raise
    except BaseException:
        alarm.ring(Ring.STOP)
        thread.join()
        raise
    thread.join()


def _turn(app: App, say: Log, told: Callable[[], None]) -> Callable[[Store], None]:
    """What is done with every look: campaigns whose running has ended of itself are moved on, and said."""
    kinds, who = app.kinds().table, f"worker:{actor().partition(':')[2]}"

    def turn(store: Store) -> None:
        workers = app.workers(store)
        performing = {kind: one for kind, one in workers.items() if isinstance(one, Runtime)}
        reporting = Reporting(kinds, {**app.runtimes, **performing}, app.clock, who)
        taken = reporting.take_down(store, workers.values())
        for report in taken:
            say("reported", ref=report.ref, event=report.event, reason=report.reason)
        if taken:
            told()

    return turn
