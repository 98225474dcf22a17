"""A project that mails for real: manifests on disk, the real runtime, engine and store, servers on 127.0.0.1.

room = Mailroom(World(tmp_path))
room.relay("a", counter.port); room.recipients("all", 100)
room.campaign(state="running")
room.apply()                                  the launch
room.work()                                   until nothing is left to do
room.stages()                                 what became of everyone
"""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from reconciler.app import App, SystemClock
from reconciler.controller.report import Reporting
from reconciler.engine.crew import Crew
from reconciler.engine.inline import Inline
from reconciler.engine.lane import Slice
from reconciler.engine.shift import Hall
from reconciler.model.event import Event
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Plan
from reconciler.model.ports import Clock, Store, Worker
from reconciler.model.ref import Ref
from reconciler.model.work import JobView, Stage
from tests.world import Answer, World

SPRING = Ref("EmailCampaign", "spring", 1)
DEADLINE = 60.0
"""Seconds within which anything happens that is waited for."""


@dataclass
class Mailroom:
    """One campaign, `spring`, its lists and its connections; `said` is what the engine complains of."""

    world: World
    clock: Clock = field(default_factory=SystemClock)
    said: list[tuple[str, dict[str, object]]] = field(default_factory=list)

    def relay(self, name: str, port: int, **spec: Any) -> None:
        """An SmtpConnection."""
        self.manifest("SmtpConnection", name, {"host": "127.0.0.1", "port": port, "tls": "none", **spec})

    def recipients(self, name: str, many: int | Sequence[str]) -> None:
        """A RecipientList: so many, or these addresses."""
        addresses = [f"u{n}@r.example" for n in range(many)] if isinstance(many, int) else many
        rows = "".join(f"{one},name {place}\n" for place, one in enumerate(addresses))
        self.world.write(f"{name}.csv", "email,name\n" + rows)
        self.manifest("RecipientList", name, {"source": {"csv": f"{name}.csv"}})

    def template(self, text: str = "Hello {{ name }}", **spec: Any) -> None:
        """The Template, of text alone."""
        self.manifest("Template", "hello", {"text": {"inline": text}, **spec})

    def suppressions(self, name: str, addresses: Sequence[str] = ()) -> None:
        """A SuppressionList, with a source where there are addresses."""
        spec = {"source": {"inline": [{"email": one} for one in addresses]}} if addresses else {}
        self.manifest("SuppressionList", name, spec)

    def campaign(
        self, state: str, connections: Mapping[str, int] | Sequence[str] = ("a",), mode: str = "", **spec: Any
    ) -> None:
        """The EmailCampaign: shares by connection, or connections that take turns or stand alone."""
        if isinstance(connections, Mapping):
            smtp: dict[str, Any] = {
                "mode": "percentage",
                "connections": [{"name": name, "percent": share} for name, share in connections.items()],
            }
        else:
            smtp = {
                "mode": mode or ("single" if len(connections) == 1 else "roundRobin"),
                "connections": [{"name": name} for name in connections],
            }
        schedule = spec.pop("schedule", None)
        body = {
            "subject": "Hi",
            "from": {"email": "news@sender.example", "name": "News"},
            "content": {"template": "hello"},
            "targets": {"include": [{"list": "all"}]},
            "smtp": smtp,
            **spec,
        }
        more = {"schedule": {"timezone": "UTC", "entries": schedule}} if schedule else {}
        kept = {key: value for key, value in body.items() if value is not None}
        self.manifest("EmailCampaign", "spring", kept, state=state, **more)

    def manifest(self, kind: str, name: str, spec: Mapping[str, Any], **more: Any) -> None:
        """Any manifest, in a file of its own."""
        document = {"apiVersion": "muster/v1", "kind": kind, "metadata": {"name": name}, **more, "spec": spec}
        self.world.write(f"{kind.lower()}-{name}.yaml", json.dumps(document))

    def app(self) -> App:
        return App.open(self.world.root, store=self.world.url, clock=self.clock)

    def plan(self) -> Plan:
        app = self.app()
        with closing(app):
            return app.reconciler().plan()[0]

    def apply(self) -> Outcome:
        """Settle, plan and carry out; whatever became of it."""
        app = self.app()
        with closing(app):
            reconciler = app.reconciler()
            reconciler.settle()
            return reconciler.apply(reconciler.plan()[0])

    def launch(self, *campaign: Any, **spec: Any) -> None:
        """Ask for `running`, and see it running."""
        self.campaign("running", *campaign, **spec)
        outcome = self.apply()
        assert not (outcome.failed or outcome.denied or outcome.waiting), outcome
        assert self.state() == "running"

    def engine(self, threads: int = 4, stopping: Callable[[], bool] = lambda: False, window: int = 10) -> Crew:
        app = self.app()
        kinds = app.kinds().table
        hall = Hall(self.open, app.workers, self.clock, self._say, stopping, Slice(window, timedelta(seconds=1)))

        def turn(store: Store, workers: Mapping[str, Worker]) -> None:
            runtimes = app.runtimes(store)
            Reporting(kinds, runtimes, self.clock, "worker:test").take_down(store, workers.values())

        return Crew(hall, Inline(), threads, turn)

    def work(self, threads: int = 4) -> None:
        """Until the campaign has ended, or has nothing left to do."""
        with self.running(threads):
            until(lambda: self.state() != "running" or self._is_idle(), "the end", 4 * DEADLINE)
        self.report()

    def report(self) -> None:
        """Take down what there is to report."""
        app = self.app()
        with closing(app.store()) as store:
            Reporting(app.kinds().table, app.runtimes(store), self.clock, "worker:test").take_down(
                store, app.workers(store).values()
            )

    def _is_idle(self) -> bool:
        with closing(self.open()) as store:
            return store.ledger.is_idle()

    @contextmanager
    def running(self, threads: int = 4, window: int = 10) -> Iterator[None]:
        """An engine at work, in a thread of its own."""
        stop = threading.Event()
        engine = self.engine(threads, stop.is_set, window)
        thread = threading.Thread(target=engine.run)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(DEADLINE)
            assert not thread.is_alive()

    def open(self) -> Store:
        return self.app().store()

    def view(self) -> JobView:
        with closing(self.open()) as store:
            found = store.ledger.view(store.ledger.uid(SPRING), self.clock.now())
        assert found is not None
        return found

    def stages(self) -> dict[Stage, int]:
        return dict(self.view().stages)

    def state(self, ref: Ref = SPRING) -> str:
        with closing(self.open()) as store:
            found = store.load([ref]).get(ref)
        return found.state if found else ""

    def by_connection(self) -> dict[str, int]:
        """How many units each connection has to carry or has carried well."""
        found: dict[str, int] = {}
        for lane in self.view().lanes:
            found[lane.via] = found.get(lane.via, 0) + lane.sent + lane.left + lane.failed
        return found

    def first_answer(self, stage: Stage) -> Mapping[str, Any]:
        with closing(self.open()) as store:
            return store.ledger.first_answer(store.ledger.uid(SPRING), stage)

    def events(self) -> list[Event]:
        with closing(self.open()) as store:
            return list(store.events(SPRING))

    def cli(self, *arguments: str) -> Answer:
        return self.world.cli(*arguments)

    def _say(self, message: str, /, **data: object) -> None:
        self.said.append((message, data))


def until(true: Callable[[], bool], what: str, seconds: float = DEADLINE) -> None:
    """Wait for something."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.02)
