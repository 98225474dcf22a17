"""A project that contacts debtor accounts for real: manifests on disk, the real runtime, engine and store, servers that note
whom they were asked to reach, and when.

with agency(world) as office:
    office.settings(limits={"perDay": 1})
    office.strategy(office.step("mail"), office.step("sms", wait="3d"))
    office.accounts([account(1), account(2, timezone="Asia/Tokyo")])
    office.campaign("active", end="2027-03-31")
    office.apply()
    office.turn()                       what is due, by the world's clock
    office.contacts()                   what the servers were asked, each contact once
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from reconciler.engine.lane import LaneRun, Slice
from reconciler.model.contact_terms import Brake
from reconciler.model.ports import Store, Worker
from reconciler.model.ref import Ref
from reconciler.store.contact_queue import SqlContactQueue
from tests.email.mailroom import Mailroom
from tests.hooks.servers import Request, serving
from tests.leads.saleroom import rows
from tests.smtp_counter import Taken, smtp_counter
from tests.world import FixedClock, World

KIND: Final = "CollectionCampaign"
QUARTER: Final = Ref(KIND, "quarter", 1)
SHORT: Final = Slice(span=timedelta(milliseconds=1))
"""The clock may stand still: a lane that waited for a unit would wait for ever."""
LEASE: Final = timedelta(minutes=5)
_MARK: Final = re.compile(r"account:(\S+)")


@dataclass(frozen=True, slots=True)
class Seen:
    """A contact as a server has seen it: by its key, whom it was for, when that came first, and how often."""

    key: str
    account: str
    at: datetime
    medium: str
    times: int = 1


@dataclass
class Agency:
    """One campaign, `quarter`, with its strategy, channels and accounts. `answer` is what the agents answer to a call."""

    room: Mailroom
    mail_port: int = 0
    agent_url: str = ""
    answer: Callable[[Mapping[str, Any]], tuple[int, Mapping[str, Any]]] = lambda _body: (200, {"reached": True})
    heard: list[tuple[datetime, str, Mapping[str, Any]]] = field(default_factory=list)
    """Every call: when, by which key, and what it said."""
    mailed: list[tuple[datetime, str, str]] = field(default_factory=list)
    """Every mail: when, its Message-ID, and whose account it named."""

    @property
    def clock(self) -> FixedClock:
        """The world's, where it stands still."""
        assert isinstance(self.room.clock, FixedClock)
        return self.room.clock

    @property
    def world(self) -> World:
        return self.room.world

    def settings(self, **spec: Any) -> None:
        """The CollectionSettings: UTC, queued on every cycle of a second, at any time, unless it is said."""
        usual = {"timezone": "UTC", "autoEnqueue": True, "schedulerCycle": "1s"}
        self.room.manifest("CollectionSettings", "organisation", {**usual, **spec})

    def channels(self, **webhook: Any) -> None:
        """`mail`, and the agents `sms` and `voice`."""
        self.room.relay("relay", self.mail_port, maxConnections=2)
        sender = {"email": "desk@collect.example"}
        self.room.manifest("Channel", "mail", {"type": "email", "smtp": "relay", "from": sender})
        for medium in ("sms", "voice"):
            url = f"{self.agent_url}/{medium}"
            spec = {"type": "webhook", "medium": medium, "url": url, "allowPrivate": True, **webhook}
            self.room.manifest("Channel", medium, spec)
        text = {"inline": "account:{{ account.number }} {{ account.balance }}"}
        self.room.manifest("Template", "reminder", {"subject": "Your account", "text": text})

    def step(self, channel: str, **spec: Any) -> dict[str, Any]:
        """A step of a strategy."""
        return {"channel": channel, "action": "reminder", "template": "reminder", **spec}

    def strategy(self, *steps: Mapping[str, Any], name: str = "firm", **spec: Any) -> None:
        """A Strategy."""
        self.room.manifest("Strategy", name, {"type": "medium", "steps": list(steps), **spec})

    def accounts(self, found: Sequence[Mapping[str, Any]]) -> None:
        """The AccountSource, with these rows."""
        lines = "".join(json.dumps(one) + "\n" for one in found)
        self.world.write("portfolio.jsonl", lines)
        self.room.manifest("AccountSource", "portfolio", {"source": {"jsonl": "portfolio.jsonl"}, "id": "number"})

    def campaign(
        self, state: str, start: str = "2020-01-01", end: str = "2099-12-31", name: str = "quarter", **spec: Any
    ) -> None:
        """A CollectionCampaign over all accounts."""
        usual = {"strategy": "firm", "accounts": {"source": "portfolio"}}
        self.room.manifest(KIND, name, {"startDate": start, "endDate": end, **usual, **spec}, state=state)

    def apply(self) -> None:
        outcome = self.room.apply()
        assert not (outcome.failed or outcome.denied or outcome.waiting or outcome.stale), outcome

    def brake(self, *, is_on: bool) -> None:
        """The operator's brake, on or off."""
        with closing(self.room.open()) as store:
            store.contact_queue.brake(Brake(is_on, "an audit", "dana", self.room.clock.now()))

    def enqueue(self) -> int:
        """What `muster collections enqueue` does."""
        with closing(self.room.open()) as store:
            return store.contact_queue.enqueue(store.ledger.uid(QUARTER), self.room.clock.now())

    def state(self, ref: Ref = QUARTER) -> str:
        return self.room.state(ref)

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(self.room.open()) as store:
            return rows(store, statement, *values)

    def stages(self) -> dict[str, int]:
        """How many contacts of the queue are in each stage."""
        return dict(self.rows("SELECT stage, count(*) FROM contact_item GROUP BY stage ORDER BY stage"))

    def uid(self, ref: Ref = QUARTER) -> int:
        with closing(self.room.open()) as store:
            return store.ledger.uid(ref)

    def turn(self, store: Store | None = None) -> None:
        """What a worker does by now, in this thread: a look, and then every lane until nothing is due."""
        if store is None:
            with closing(self.room.open()) as opened:
                self.turn(opened)
            return
        worker = self.room.app().workers(store)[KIND]
        self.worked(store, worker)

    def cycles(self, many: int) -> None:
        """So many cycles, one after another."""
        for _ in range(many):
            self.turn()
            self.clock.advance(seconds=2)

    def until(self, text: str, step: timedelta = timedelta(minutes=30)) -> None:
        """Turn after turn up to this time."""
        end = datetime.fromisoformat(text)
        while self.clock.now() < end:
            self.clock.moment = min(end, self.clock.now() + step)
            self.turn()

    def worked(self, store: Store, worker: Worker, looks: int = 200) -> None:
        """See `turn`; with a worker that is kept."""
        for _ in range(looks):
            assert not tuple(worker.reports())
            now = self.room.clock.now()
            offers = [one for one in store.ledger.offers(now, 100) if one.ref.kind == KIND]
            if not offers:
                return
            for offer in offers:
                claim = store.ledger.claim(offer, f"w{offer.number}", now, now + LEASE, 0)
                assert claim is not None
                lane = LaneRun(store.ledger, claim, self.room.clock.now, SHORT)
                worker.work(lane)
                lane.close()
        raise AssertionError("there is no end to it")

    def dies_in_a_call(self) -> None:
        """A worker that begins one contact, and is gone when it was made and not yet written down."""

        class Gone(Exception):
            """What no worker catches."""

        def gone(*_said: object) -> bool:
            raise Gone

        with closing(self.room.open()) as store, suppress(Gone), pytest.MonkeyPatch.context() as patch:
            patch.setattr(SqlContactQueue, "settle", gone)
            patch.setattr(SqlContactQueue, "withdraw", gone)
            self.turn(store)
            raise AssertionError("nothing was due")
        self.clock.moment += LEASE  # what it had in hand is offered when its lease has run out

    def rows_changed(self, statement: str, *values: object) -> None:
        """Change what is stored, as no command does."""
        with closing(self.room.open()) as store:
            store.ledger._desk.writing(lambda sql: sql.run(statement, values))  # type: ignore[attr-defined]

    def contacts(self) -> list[Seen]:
        """Each contact once, by its key, in the order in which the servers saw it first."""
        found: dict[str, Seen] = {}
        calls = [(at, key, body["account"]["number"], body.get("medium", "")) for at, key, body in tuple(self.heard)]
        for at, key, number, medium in [*calls, *((at, key, number, "email") for at, key, number in self.mailed)]:
            one = found.get(key)
            first = min(at, one.at) if one else at
            found[key] = Seen(key, number, first, medium, one.times + 1 if one else 1)
        return sorted(found.values(), key=lambda one: (one.at, one.account))

    def hear(self, request: Request) -> None:
        """What the agents do with a call."""
        body = json.loads(request.body)
        status, answer = self.answer(body)
        self.heard.append((self.room.clock.now(), request.headers["idempotency-key"], body))
        request.answer(status, json.dumps(answer).encode())

    def take(self, one: Taken) -> bytes:
        """What the mail server does with a mail."""
        text = one.message.decode("utf-8", "replace")
        named, key = _MARK.search(text), re.search(r"(?im)^message-id:\s*(\S+)", text)
        assert named and key, text
        self.mailed.append((self.room.clock.now(), key[1], named[1]))
        return b"250 2.0.0 taken"


@contextmanager
def agency(room: Mailroom) -> Iterator[Agency]:
    """One with its channels, and servers that end with it."""
    office = Agency(room)
    with ExitStack() as stack:
        office.mail_port = stack.enter_context(smtp_counter(office.take)).port
        office.agent_url = stack.enter_context(serving(office.hear)).url.removesuffix("/leads")
        office.settings()
        office.channels()
        yield office


def account(number: int, **row: Any) -> dict[str, Any]:
    """A row of the portfolio, who can be reached by all channels."""
    reach = {
        "contactEmail": f"a{number}@debtor.example",
        "contactPhone": f"+1312555{number:04}",
        "contactName": "Jo Doe",
    }
    return {"number": f"A{number}", "balance": "120.50", "currency": "USD", **reach, **row}


def at(text: str) -> FixedClock:
    """A clock that stands at a time, such as 2027-03-01T08:00:00Z."""
    clock = FixedClock(datetime(2027, 1, 1, tzinfo=UTC))
    clock.set(text)
    return clock
