"""What tests of the queue of contacts begin with: a campaign with a strategy and dates, and accounts of a source.

files = Files(store)
files.campaign("q2"); ids = files.accounts(3)
files.join("q2", ids); files.queue.enqueue(files.uid("q2"), NOW)
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from reconciler.model.accounts import Account, AccountRow, Position
from reconciler.model.canonical import Document
from reconciler.model.contact_queue import (
    Begun,
    ContactQueue,
    Decision,
    Go,
    Item,
    ItemStage,
    Outcome,
    Past,
    Sort,
    Told,
)
from reconciler.model.ports import Store, Write
from reconciler.model.ref import Ref
from reconciler.model.work import Place
from reconciler.store.contact_items import item_of
from reconciler.store.contact_statements import ITEM_COLUMNS
from reconciler.store.desk import Desk, Rows

NOW: Final = datetime(2027, 4, 5, 15, 0, tzinfo=UTC)
"""A Monday, 10:00 in Chicago."""
LATER: Final = timedelta(days=3)
GO: Final = Go("letters", "email", "reminder")
SPEC: Final[Mapping[str, Any]] = {
    "strategy": "medium",
    "startDate": "2027-04-01",
    "endDate": "2027-06-30",
    "accounts": {"source": "portfolio"},
}


def always(_account: Account, _item: Item, _past: tuple[Past, ...]) -> Decision:
    return GO


def anywhere(_step: int, _account: int) -> Place:
    return Place(0, 0)


@dataclass
class Files:
    """One store with settings, a strategy and a source."""

    store: Store
    source: int = 0
    numbers: int = 0
    uids: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.settings()
        self.put(Ref("Strategy", "medium"), "present", {"spec": {"type": "medium", "steps": []}})
        self.source = self.put(Ref("AccountSource", "portfolio"), "present", {"spec": {}})

    @property
    def queue(self) -> ContactQueue:
        return self.store.contact_queue

    def settings(self, **spec: Any) -> None:
        whole = {"timezone": "America/Chicago", **spec}
        self.put(Ref("CollectionSettings", "organisation"), "present", {"spec": whole})

    def strategy(self, name: str = "medium", **spec: Any) -> None:
        self.put(Ref("Strategy", name), "present", {"spec": {"type": "medium", "steps": [], **spec}})

    def campaign(self, name: str, state: str = "active", **spec: Any) -> int:
        """A campaign in a state, with an open queue where it is active; its uid."""
        uid = self.put(Ref("CollectionCampaign", name), state, {"spec": {**SPEC, **spec}})
        self.uids[name] = uid
        if state == "active":
            self.queue.open(uid, NOW)
        return uid

    def put(self, ref: Ref, state: str, document: Document) -> int:
        """A resource in a state; its uid."""
        found = self.store.load([ref]).get(ref)
        revision = found.revision if found else 0
        body = {"ref": str(ref), "op": "transition" if found else "create", "event": "given", "at": "2027-04-01T09:00:00Z",
                "actor": "test", "to": state, "satisfied": (state,), "document": document, "digest": "d"}  # fmt: skip
        write = Write(ref, revision, state, (state,), (), NOW, body, "d", document, entered=True)
        assert not self.store.commit([write])
        return self.store.ledger.uid(ref)

    def accounts(self, count: int = 1, **row: Any) -> list[int]:
        """So many accounts of the source; their ids."""
        rows = [account_row(str(self.numbers + number), **row) for number in range(count)]
        self.numbers += count
        self.store.accounts.take(self.source, rows, NOW)
        return [self.get(one.number).id for one in rows]

    def change(self, number: str, **row: Any) -> None:
        """The source says this of an account."""
        self.store.accounts.take(self.source, [account_row(number, **row)], NOW)

    def get(self, number: str | int) -> Account:
        found = self.store.accounts.get(self.source, str(number))
        assert found is not None
        return found

    def join(self, campaign: int, ids: Sequence[int], due_at: datetime = NOW) -> int:
        return self.store.accounts.assign(campaign, ids, due_at, NOW)

    def running(self, count: int = 1) -> int:
        """An active campaign that has so many accounts, all of them queued; its uid."""
        uid = self.campaign("q2")
        self.join(uid, self.accounts(count))
        assert self.queue.enqueue(uid, NOW) == count
        return uid

    def items(self) -> list[Item]:
        """Every contact there is, in the order in which they were queued."""
        rows = self.sql(f"SELECT {ITEM_COLUMNS} FROM contact_item ORDER BY id")
        return [item_of(row) for row in rows]

    def members(self) -> set[tuple[int, ...]]:
        """Which campaign has which account, as its total is counted."""
        return set(self.sql("SELECT uid, account FROM campaign_account"))

    def sql(self, statement: str) -> Rows:
        desk: Desk = self.store.ledger._desk  # type: ignore[attr-defined]
        return desk.reading(lambda sql: sql.rows(statement))

    def stages(self) -> list[str]:
        return [item.stage.value for item in self.items()]

    def begin(
        self, item: Item, decide: Callable[[Account, Item, tuple[Past, ...]], Decision] = always, now: datetime = NOW
    ) -> Begun | Item | None:
        return self.queue.begin(item.id, item.turn, decide, now)

    def begun(self, item: Item) -> Begun:
        found = self.begin(item)
        assert isinstance(found, Begun), found
        return found

    def settle(self, item: Item, stage: ItemStage = ItemStage.COMPLETED, **given: Any) -> bool:
        """The contact has come to this; the account's next step is due in three days."""
        position = Position(item.round, item.step + 1, 0, NOW + LATER, 1, NOW, None)
        return self.queue.settle(item.id, Outcome(stage, "said", position, **given), NOW)

    def tell(self, number: str | int, sort: Sort, event_id: str, at: datetime = NOW, **given: Any) -> str:
        told = Told(event_id, sort, at, **given)
        return self.queue.told(self.source, str(number), told, max(at, NOW)).value


def account_row(number: str, **given: Any) -> AccountRow:
    whole: dict[str, Any] = {
        "status": "pending_contact", "paused": False, "opted_out": False, "score": 0.5, "balance": Decimal("120.50"),
        "currency": "USD", "zone": "", "data": {"number": number}, **given,
    }  # fmt: skip
    return AccountRow(number, **whole, digest=str(sorted(whole.items(), key=str)))
