"""A project with one Tally campaign, a real clock, and an engine that counts it."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from reconciler.app import SystemClock
from reconciler.controller.report import Reporting
from reconciler.engine.crew import Crew
from reconciler.engine.inline import Inline
from reconciler.engine.lane import Slice
from reconciler.engine.port import Engine
from reconciler.engine.procrastinate import Procrastinate
from reconciler.engine.shift import Hall
from reconciler.model.ports import Store, Worker
from reconciler.model.ref import Ref
from reconciler.model.work import JobView, Stage
from tests.engine.tally import LAW, SCHEMA, Tallying
from tests.postgres import Server
from tests.world import World

FAIR = Ref("Tally", "fair", 1)
DEADLINE = 60.0
"""Seconds within which anything happens that is waited for."""


@dataclass
class Fair:
    """A campaign that counts; `tally` makes what counts it, over a store."""

    world: World
    make: Callable[[Store, Path], Tallying] = lambda store, file: Tallying(store, SystemClock(), file)
    said: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    sort: str = "inline"
    """Which engine it has."""

    @property
    def file(self) -> Path:
        return self.world.root / "counted"

    def ask(self, state: str, count: int = 100, lanes: int = 1) -> None:
        """Ask for a state, and apply."""
        self.world.write(
            "fair.yaml",
            f"apiVersion: muster/v1\nkind: Tally\nmetadata: {{name: fair}}\nstate: {state}\n"
            f"spec: {{count: {count}, lanes: {lanes}}}\n",
        )
        with closing(self.world.app().store()) as store:
            self.world.runtimes["Tally"] = self.make(store, self.file)  # type: ignore[assignment]
            outcome = self.world.apply()
            assert not (outcome.failed or outcome.stale), outcome

    def open(self) -> Store:
        return self.world.app().store()

    def workers(self, store: Store) -> Mapping[str, Worker]:
        return {"Tally": self.make(store, self.file)}

    def engine(self, stopping: Callable[[], bool] = lambda: False, window: int = 10, threads: int = 4) -> Crew:
        clock = SystemClock()
        hall = Hall(self.open, self.workers, clock, self._say, stopping, Slice(window, timedelta(seconds=1)))
        kinds = self.world.app().kinds().table

        def turn(store: Store, workers: Mapping[str, Worker]) -> None:
            Reporting(kinds, {}, clock, "worker:test").take_down(store, workers.values())

        engine: Engine = Inline()
        if self.sort == "procrastinate":
            engine = Procrastinate(self.world.url or "", self._say)
        return Crew(hall, engine, threads, turn)

    @contextmanager
    def running(self, **options: int) -> Iterator[None]:
        """An engine at work, in a thread of its own."""
        stop = threading.Event()
        engine = self.engine(stop.is_set, **options)
        thread = threading.Thread(target=engine.run)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(DEADLINE)
            assert not thread.is_alive()

    def view(self) -> JobView:
        with closing(self.open()) as store:
            found = store.ledger.view(store.ledger.uid(FAIR), SystemClock().now())
        assert found is not None
        return found

    def stages(self) -> dict[Stage, int]:
        return dict(self.view().stages)

    def state(self) -> str:
        return self.world.state(str(FAIR))

    def _say(self, message: str, /, **data: object) -> None:
        self.said.append((message, data))


def fair(root: Path, server: Server | None, sort: str = "inline") -> Fair:
    """A new one, in SQLite, or in a database of `server`; `sort` is its engine."""
    world = World(root, server, server.store() if server else "")
    world.clock = replace(world.clock)
    world.clock.moment = SystemClock().now()
    world.write("../muster.yaml", "kinds: [kinds]\n")
    world.write("../kinds/tally/kind.yaml", LAW)
    world.write("../kinds/tally/schema.json", SCHEMA)
    return Fair(world, sort=sort)


def until(true: Callable[[], bool], what: str) -> None:
    """Wait for something."""
    deadline = time.monotonic() + DEADLINE
    while not true():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.01)
