"""A standing job whose units are messages, and the real engine that says them.

desk.relay(port); desk.mail(); desk.hook("sms", url)
desk.post("sms", {"phone": "+1555"}, key="m-1")
desk.work()                                  until nothing is left to do
desk.told                                    what was begun, settled and put back, in order
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from reconciler.app import SystemClock
from reconciler.engine.crew import Crew
from reconciler.engine.inline import Inline
from reconciler.engine.lane import Slice
from reconciler.engine.shift import Hall
from reconciler.kinds.messaging.channels import Channel, stored_channel
from reconciler.kinds.messaging.crossing import Crossing, result_of
from reconciler.kinds.messaging.lanes import Lanes
from reconciler.kinds.messaging.outcome import Outcome
from reconciler.kinds.messaging.outreach import Message, Outreach
from reconciler.kinds.messaging.texts import StoredTemplates, text_of
from reconciler.model.ports import Report, Store, Worker
from reconciler.model.ref import Ref
from reconciler.model.secret import Reveal, revealer
from reconciler.model.work import JobView, Lane, Posted, Result, Stage, Unit
from tests.engine.desk import Opener, move

SOFT = Ref("ReceivablesCampaign", "soft")
ANA = {"name": "Ana", "email": "ana@home.example", "phone": "+1 555 0100"}
INVOICE = {"number": "INV-1", "amountDue": "120.50"}
SECRETS = {"SMS_SECRET": "canary-51c9"}
DEADLINE = 60.0


def no_files(path: str) -> bytes:
    raise OSError(path)


Told = list[tuple[str, str, str]]
"""What a case was asked: the word, the unit's key, and what came of it."""


@dataclass(frozen=True, slots=True)
class Reminding:
    """Implements `crossing.Case`: a unit says through which channel and template, and to whom; `over` are those who paid."""

    store: Store
    told: Told
    over: set[str]
    shut: dict[str, int]

    def begin(self, unit: Unit) -> Message | Result:
        if self.shut.get(unit.key, 0):
            self.shut[unit.key] -= 1
            return Result(Stage.PENDING, {"why": "outside its hours"}, SystemClock().now())
        if unit.key in self.over:
            self.told.append(("begin", unit.key, "over"))
            return Result(Stage.CANCELLED, {"why": "paid"})
        payload = unit.payload
        channel = stored_channel(self.store, payload["channel"])
        text = text_of(payload["template"], StoredTemplates(self.store))
        self.told.append(("begin", unit.key, channel.name))
        return Message(unit.key, channel, text, payload["contact"], payload["values"], "reminder")

    def settle(self, unit: Unit, outcome: Outcome) -> Result:
        self.told.append(("settle", unit.key, outcome.fate.value))
        return result_of(outcome, SystemClock().now())

    def put_back(self, unit: Unit) -> None:
        self.told.append(("put back", unit.key, ""))


@dataclass(slots=True)
class Reminder:
    """Implements `ports.Worker` with them."""

    store: Store
    reveal: Reveal
    told: Told
    over: set[str]
    shut: dict[str, int]

    def cap(self, via: str) -> int:
        return Lanes(self.store).cap(via)

    def work(self, lane: Lane) -> None:
        crossing = Crossing(self.store, Outreach(self.store, self.reveal), Lanes(self.store))
        crossing.work(lane, Reminding(self.store, self.told, self.over, self.shut))

    def reports(self) -> tuple[Report, ...]:
        return ()


@dataclass(slots=True)
class Desk:
    """One campaign, `soft`, and who works for it."""

    opener: Opener
    store: Store
    clock: SystemClock = field(default_factory=SystemClock)
    environment: dict[str, str] = field(default_factory=lambda: dict(SECRETS))
    told: Told = field(default_factory=list)
    over: set[str] = field(default_factory=set)
    shut: dict[str, int] = field(default_factory=dict)
    """How often a message is put off when its turn comes."""
    said: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    lanes: Lanes = field(init=False)
    uid: int = field(init=False)

    def __post_init__(self) -> None:
        move(self.store, SOFT, "active")
        self.uid = self.store.ledger.uid(SOFT)
        self.lanes = Lanes(self.store)

    @property
    def outreach(self) -> Outreach:
        return Outreach(self.store, revealer(self.environment, no_files))

    def supporting(self, kind: str, name: str, state: str = "present", **spec: Any) -> None:
        move(self.store, Ref(kind, name), state, {"spec": spec})

    def relay(self, port: int, name: str = "relay", **spec: Any) -> None:
        self.supporting("SmtpConnection", name, host="127.0.0.1", port=port, tls="none", **spec)

    def mail(self, name: str = "letters", smtp: str = "relay", **spec: Any) -> Channel:
        sender = {"email": "billing@sender.example", "name": "Billing"}
        self.supporting("Channel", name, **{"type": "email", "smtp": smtp, "from": sender, **spec})
        return stored_channel(self.store, name)

    def hook(self, url: str, name: str = "sms", **spec: Any) -> Channel:
        self.supporting("Channel", name, **{"type": "webhook", "url": url, "allowPrivate": True, **spec})
        return stored_channel(self.store, name)

    def template(self, name: str = "nudge", text: str = "{{ invoice.amountDue }} is open.", **spec: Any) -> None:
        self.supporting(
            "Template", name, **{"subject": "Invoice {{ invoice.number }}", "text": {"inline": text}, **spec}
        )

    def message(self, channel: Channel, contact: Mapping[str, Any] = ANA, key: str = "m-1", **values: Any) -> Message:
        text = text_of("nudge", StoredTemplates(self.store))
        return Message(key, channel, text, contact, {"invoice": INVOICE, **values}, "reminder")

    def post(self, channel: Channel, contact: Mapping[str, Any] = ANA, key: str = "m-1", **more: Any) -> None:
        """A message; `template`, `turn` and the campaign's `uid` are others where they are given."""
        now, uid = self.store.time(self.clock.now()), more.get("uid", self.uid)
        template = more.get("template", "nudge")
        payload = {"channel": channel.name, "contact": contact, "template": template, "values": {"invoice": INVOICE}}
        place = self.lanes.place(uid, channel, more.get("turn", 0), now)
        assert self.store.ledger.post(uid, [Posted(key, payload, now, place.lane, place.repeats)]) == 1

    def campaign(self, name: str) -> int:
        """Another campaign's uid."""
        ref = Ref(SOFT.kind, name)
        move(self.store, ref, "active")
        return self.store.ledger.uid(ref)

    def workers(self, store: Store) -> Mapping[str, Worker]:
        return {SOFT.kind: Reminder(store, revealer(self.environment, no_files), self.told, self.over, self.shut)}

    def crew(self, stopping: Callable[[], bool] = lambda: False) -> Crew:
        hall = Hall(self.opener, self.workers, self.clock, self._say, stopping, Slice(span=timedelta(seconds=1)))
        return Crew(hall, Inline(), 4)

    def work(self) -> None:
        self.crew().run(until_idle=True)
        assert not self.said, self.said

    @contextmanager
    def working(self) -> Iterator[None]:
        stop = threading.Event()
        thread = threading.Thread(target=self.crew(stop.is_set).run)
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

    def _say(self, message: str, /, **data: object) -> None:
        self.said.append((message, data))
