"""Contracts in a store, leads that are sold under them, and the real engine that delivers.

desk.contract(WEBHOOK); desk.relay(port)
desk.sell(1)
desk.work()                       until nothing is left to do
desk.results()                    what became of each unit, by its key
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from reconciler.app import SystemClock
from reconciler.engine.crew import Crew
from reconciler.engine.inline import Inline
from reconciler.engine.lane import Slice
from reconciler.engine.shift import Hall
from reconciler.kinds.leads.account_contract.spec import AccountContractSpec
from reconciler.kinds.leads.deliveries import units_of, vias_of
from reconciler.kinds.leads.delivering import DeliveryWorker
from reconciler.model.ports import Store, Worker
from reconciler.model.ref import Ref
from reconciler.model.secret import revealer
from reconciler.model.work import JobView, Stage
from tests.deliveries.sold import contract, lead, outbound
from tests.engine.desk import Opener, move

ACME = Ref("AccountContract", "acme")
DEADLINE = 60.0
SECRETS = {"ACME_SECRET": "canary-7f3a"}


def no_files(path: str) -> bytes:
    raise OSError(path)


@dataclass(slots=True)
class Desk:
    """One contract, `acme`, and who delivers for it."""

    opener: Opener
    store: Store
    clock: SystemClock = field(default_factory=SystemClock)
    environment: dict[str, str] = field(default_factory=lambda: dict(SECRETS))
    said: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    spec: AccountContractSpec = field(default_factory=contract)
    uid: int = 0

    def contract(self, *deliveries: dict[str, Any], state: str = "present") -> None:
        """The contract with these deliveries, its job standing."""
        self.spec = contract(*deliveries)
        move(self.store, ACME, state, {"spec": {"deliveries": list(deliveries)}})
        self.uid = self.store.ledger.uid(ACME)
        self.store.ledger.stand(self.uid, vias_of(self.spec), self.clock.now())

    def supporting(self, kind: str, name: str, state: str = "present", **spec: Any) -> None:
        move(self.store, Ref(kind, name), state, {"spec": spec})

    def relay(self, port: int, name: str = "lead-relay", **spec: Any) -> None:
        self.supporting("SmtpConnection", name, host="127.0.0.1", port=port, tls="none", **spec)

    def sell(self, number: int = 1, is_test: bool = False, **fields: Any) -> int:
        """A lead, sold; how many units that makes."""
        found = outbound(number, is_test, self.uid, at=self.store.time(self.clock.now()))
        return self.store.ledger.post(self.uid, units_of(found, lead(number, **fields), self.spec))

    def workers(self, store: Store) -> Mapping[str, Worker]:
        return {"AccountContract": DeliveryWorker(store, revealer(self.environment, no_files))}

    def crew(self, stopping: threading.Event | None = None) -> Crew:
        stop = stopping.is_set if stopping else lambda: False
        slices = Slice(span=timedelta(seconds=1))
        hall = Hall(self.opener, self.workers, self.clock, self._say, stop, slices)
        return Crew(hall, Inline(), 4)

    def work(self) -> None:
        self.crew().run(until_idle=True)

    @contextmanager
    def working(self) -> Iterator[None]:
        stop = threading.Event()
        thread = threading.Thread(target=self.crew(stop).run)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(DEADLINE)
            assert not thread.is_alive()

    def view(self) -> JobView:
        with closing(self.opener()) as store:
            found = store.ledger.view(self.uid, store.time(self.clock.now()))
        assert found is not None
        return found

    def stages(self) -> dict[Stage, int]:
        return dict(self.view().stages)

    def first(self, stage: Stage) -> Mapping[str, Any]:
        with closing(self.opener()) as store:
            return store.ledger.first_answer(self.uid, stage)

    def _say(self, message: str, /, **data: object) -> None:
        self.said.append((message, data))


@pytest.fixture
def desk(opener: Opener, store: Store) -> Desk:
    return Desk(opener, store)
