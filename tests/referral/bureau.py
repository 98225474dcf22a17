"""A project whose referral program runs for real: manifests on disk, the real runtime and store, people who come and act.

bureau = Bureau(World(tmp_path))
bureau.campaign("summer", "live"); bureau.apply()
code = bureau.share("ada")
bureau.open("fred", code)
bureau.event("fred", "account_created")       what it earned
bureau.rewards()                              all there are
"""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from reconciler.app import App
from reconciler.controller.report import Reporting
from reconciler.engine.crew import Crew
from reconciler.engine.inline import Inline
from reconciler.engine.lane import Slice
from reconciler.engine.shift import Hall
from reconciler.kinds.referral.asked import AccessSaid, AdvocateSaid, EventSaid, LinkSaid
from reconciler.kinds.referral.judging import report
from reconciler.kinds.referral.programs import Offering, Programs
from reconciler.kinds.referral.reception import Reception, Refused, Seen
from reconciler.model.outcome import Outcome
from reconciler.model.ports import Clock, Store, Worker
from reconciler.model.ref import Ref
from reconciler.model.referral import Link, Taken
from reconciler.model.reward import Fate, Reward, Wanted
from tests.world import World

FRIEND = {"to": "friend", "on": "account_created", "value": "50.00", "currency": "USD"}
ADVOCATE = {"to": "advocate", "on": "account_created", "value": "25.00", "currency": "USD"}
JOURNEY = ["account_created", "first_deposit"]


@dataclass
class Bureau:
    """One program, `friends`, and its campaigns; `clock` is the world's unless another one is given."""

    world: World
    clock: Clock = field(init=False)
    programs: Programs = field(default_factory=Programs)
    said: list[tuple[str, dict[str, object]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = self.world.clock
        self.program()

    def program(self, **spec: Any) -> None:
        self.manifest("ReferralProgram", "friends", {"timezone": "America/New_York", **spec})

    def campaign(
        self, name: str, state: str, rewards: Sequence[Mapping[str, Any]] = (FRIEND, ADVOCATE), **spec: Any
    ) -> None:
        body = {
            "program": "friends",
            "creative": {"landing": f"https://shop.example/{name}/{{code}}"},
            "journey": JOURNEY,
            "rewards": list(rewards),
            **spec,
        }
        self.manifest("ReferralCampaign", name, body, state=state)

    def manifest(self, kind: str, name: str, spec: Mapping[str, Any], **more: Any) -> None:
        document = {"apiVersion": "muster/v1", "kind": kind, "metadata": {"name": name}, **more, "spec": spec}
        self.world.write(f"{kind.lower()}-{name}.yaml", json.dumps(document))

    def app(self) -> App:
        return App.open(self.world.root, store=self.world.url, clock=self.clock)

    def apply(self) -> Outcome:
        with closing(self.app()) as app:
            reconciler = app.reconciler()
            reconciler.settle()
            outcome = reconciler.apply(reconciler.plan()[0])
        assert not (outcome.failed or outcome.denied or outcome.waiting), outcome
        return outcome

    def put(self, name: str, state: str, *args: Any, **spec: Any) -> None:
        """A campaign, brought into this state."""
        self.campaign(name, state, *args, **spec)
        self.apply()
        assert self.world.state(f"ReferralCampaign/{name}") == state

    def open_store(self) -> Store:
        app = self.app()
        return app.open_another_store()

    @contextmanager
    def store(self) -> Iterator[Store]:
        with closing(self.open_store()) as store:
            yield store

    def offering(self, store: Store) -> Offering:
        found = self.programs.named(store, "friends")
        assert found is not None
        return found

    @contextmanager
    def reception(self) -> Iterator[Reception]:
        with self.store() as store:
            yield Reception(store, self.offering(store), self.clock.now())

    def share(self, advocate: str, **said: str) -> str:
        """An advocate, enrolled; the code of the link."""
        with self.reception() as reception:
            assert not isinstance(reception.enrol(AdvocateSaid(advocate, **said)), Refused)
            found = reception.share(LinkSaid(advocate), secrets.token_bytes)
        assert isinstance(found, Link)
        return found.code

    def open(self, friend: str, code: str, **said: str) -> str:
        """What the friend sees; empty: nothing."""
        with self.reception() as reception:
            found = reception.open(AccessSaid(friend, code, **said))
        assert isinstance(found, Seen)
        return found.answer.creative.name if found.answer.creative else ""

    def told(self, friend: str, event: str = "account_created", id_: str = "", **said: str) -> Taken | Refused:
        with self.store() as store:
            what = EventSaid(id_ or f"{friend}-{event}", friend, event, **said)
            return report(store, self.programs, "friends", what, self.clock.now())

    def event(self, friend: str, event: str = "account_created", id_: str = "", **said: str) -> Sequence[Reward]:
        """What the event has earned."""
        found = self.told(friend, event, id_, **said)
        assert isinstance(found, Taken), found
        return found.rewards

    def refer(self, friend: str, code: str) -> Sequence[Reward]:
        """A friend opens the offer, and creates an account."""
        self.open(friend, code)
        return self.event(friend)

    def rewards(self, *fates: Fate) -> list[Reward]:
        with self.store() as store:
            return list(store.rewards.find(Wanted(self.offering(store).uid, fates=fates)))

    def fates(self) -> dict[str, int]:
        """How many rewards there are by fate."""
        found: dict[str, int] = {}
        for one in self.rewards():
            found[one.fate.value] = found.get(one.fate.value, 0) + 1
        return found

    def uid(self, name: str) -> int:
        with self.store() as store:
            return store.ledger.uid(Ref("ReferralCampaign", name))

    def work(self, threads: int = 2) -> None:
        """Until nothing is left to pay."""
        app = self.app()
        kinds = app.kinds().table

        def turn(store: Store, workers: Mapping[str, Worker]) -> None:
            Reporting(kinds, app.runtimes(store), self.clock, "worker:test").take_down(store, workers.values())

        def say(message: str, /, **data: object) -> None:
            self.said.append((message, data))

        hall = Hall(self.open_store, app.workers, self.clock, say, lambda: False, Slice(5, timedelta(seconds=1)))
        Crew(hall, Inline(), threads, turn).run(until_idle=True)

    def set(self, text: str) -> datetime:
        return self.world.clock.set(text)
