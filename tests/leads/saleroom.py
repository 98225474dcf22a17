"""Leads that wait, and workers that sell them, over a store: no intake, no threads, no files.

room = Saleroom(store, "cars")
room.arrive(3)                            three leads, and their units
room.work()                               until nothing is due
room.sold()                               [("L1", "acme"), …] in the order of sale
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from reconciler.engine.lane import LaneRun, Slice
from reconciler.kinds.leads.bidding import Ask
from reconciler.kinds.leads.distributing import LeadWorker
from reconciler.kinds.leads.market import Buyer
from reconciler.model import canonical
from reconciler.model.leads import LANES, Lead
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.work import ALWAYS, Posted
from reconciler.store.desk import Sql
from reconciler.store.standing import post
from tests.leads.desk import NOW, campaign

LEASE = timedelta(minutes=5)
SHORT = Slice(span=timedelta(seconds=1))
"""The clock stands still: a lane that waited for a unit would wait for ever."""


def unasked(_buyers: Sequence[Buyer], _lead: Lead) -> Mapping[int, Decimal | str]:
    """Nobody is to be asked in a test that does not say what is bid."""
    raise AssertionError("a buyer was asked for a bid")


@dataclass
class Saleroom:
    """A version of a campaign, 1 of `cars`, whose job stands open."""

    store: Store
    uid: int = 0
    ask: Ask = unasked
    now: datetime = NOW
    arrived: int = 0
    workers: LeadWorker = field(init=False)

    def __post_init__(self) -> None:
        self.uid = self.uid or campaign(self.store, "cars")
        self.store.ledger.stand(self.uid, [""] * LANES, self.now)
        self.workers = LeadWorker(self.store, self._asked)

    def _asked(self, buyers: Sequence[Buyer], lead: Lead) -> Mapping[int, Decimal | str]:
        return self.ask(buyers, lead)

    def arrive(self, many: int = 1, **given: Any) -> list[int]:
        """Leads as intake takes them: L1, L2, …; their ids. `window` is how long they are offered."""
        return put_leads(self.store, self.uid, [self._row(given) for _ in range(many)], self.now)

    def _row(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        self.arrived += 1
        window = given.get("window", timedelta())
        until = (self.now + window).timestamp() if window else 0
        row = {
            "code": f"L{self.arrived}", "contract": 0, "partner": "affiliate", "workflow": "quotes", "vertical": "car",
            "is_test": 0, "stage": "waiting", "score": 0, "cost": 0, "fields": {}, **given, "until": until,
        }  # fmt: skip
        row.pop("window", None)
        return row

    def work(self, slices: int = 1000, slice: Slice | None = None) -> None:
        """Everything that is due, lane after lane."""
        for _ in range(slices):
            offers = [one for one in self.store.ledger.offers(self.now, 2 * LANES) if one.uid == self.uid]
            if not offers:
                return
            for offer in offers:
                claim = self.store.ledger.claim(offer, f"w{offer.number}", self.now, self.now + LEASE, 0)
                assert claim is not None
                lane = LaneRun(self.store.ledger, claim, lambda: self.now, slice or SHORT)
                self.workers.work(lane)
                lane.close()
        raise AssertionError("there is no end to it")

    def stages(self) -> dict[str, str]:
        """The stage of every lead."""
        return dict(rows(self.store, "SELECT code, stage FROM lead ORDER BY id"))

    def sold(self) -> list[tuple[str, str]]:
        """Which lead went to which account."""
        sales = (
            "SELECT lead.code, outbound.account FROM outbound JOIN lead ON lead.id = outbound.lead ORDER BY outbound.id"
        )
        return [(lead, account) for lead, account in rows(self.store, sales)]

    def accounts(self) -> list[str]:
        """Who bought, in the order of sale."""
        return [account for _, account in self.sold()]

    def units(self) -> dict[str, str]:
        """The stage of every unit of the version's job."""
        return dict(rows(self.store, "SELECT key, stage FROM unit WHERE uid = ? ORDER BY id", self.uid))

    def due(self) -> list[datetime]:
        """When what waits is due."""
        found = rows(self.store, "SELECT due_at FROM unit WHERE uid = ? AND stage = 'pending' ORDER BY id", self.uid)
        return [datetime.fromtimestamp(at, NOW.tzinfo) for (at,) in found]


def put_leads(store: Store, uid: int, leads: Sequence[Mapping[str, Any]], at: datetime) -> list[int]:
    """Rows of leads and, for those that wait, their units, in one transaction."""

    def put(sql: Sql) -> list[int]:
        ids = []
        for lead in leads:
            row = {"uid": uid, "at": at.timestamp(), **lead, "fields": canonical.encode(lead["fields"]).decode()}
            ((id_,),) = sql.rows(
                f"INSERT INTO lead ({', '.join(row)}) VALUES ({', '.join('?' * len(row))}) RETURNING id",
                list(row.values()),
            )
            ids.append(id_)
        waiting = [id_ for id_, lead in zip(ids, leads, strict=True) if lead["stage"] == "waiting"]
        post(sql, uid, [Posted(f"lead:{id_}", {"lead": id_}, at, id_ % LANES, ALWAYS) for id_ in waiting])
        return ids

    return store.ledger._desk.writing(put)  # type: ignore[attr-defined, no-any-return]


def rows(store: Store, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """What a statement gives."""
    return store.ledger._desk.reading(lambda sql: sql.rows(statement, values))  # type: ignore[attr-defined, no-any-return]


def version_ref() -> Ref:
    return Ref("LeadCampaign", "cars", 1)
