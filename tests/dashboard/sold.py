"""Leads that came in and were really sold, by the workers that sell them: a version that is published, and one in test.

with world.store() as store:
    lot = sold(store)           versions cars@1 (published) and cars@2 (test), buyers, a partner, a queue
"""

from dataclasses import dataclass
from datetime import timedelta

from reconciler.model.leads import LeadStage, QueueReason
from reconciler.model.ports import Store
from tests.leads import desk, rows
from tests.leads.desk import NOW
from tests.leads.saleroom import Saleroom

HOSTILE = '<script>alert(1)</script> \u202e" onload="x'


@dataclass(frozen=True)
class Lot:
    """What is there, by uid and code."""

    published: int
    test: int
    buyer: int
    partner: int
    test_lead: str


def sold(store: Store, many: int = 6) -> Lot:
    """So many real leads, sold one each by turns to two buyers; one that waits, and one test."""
    turns = {"mode": "directPost", "shareCount": 1, "select": [{"rule": "roundRobin"}]}
    published = desk.campaign(store, "cars", 1, "published", workflows=[{**desk.WORKFLOW, "distribution": turns}])
    test = desk.campaign(store, "cars", 2, "test")
    caps = [{"leads": 4, "per": "month"}, {"amount": "500.00", "per": "month"}]
    buyer = desk.buyer(store, "acme", "cars", caps=caps, verticals=["car"])
    desk.buyer(store, "bolt", "cars", where='lead.postcode != ""', verticals=["car"])
    partner = desk.partner(store, "affiliate", "cars", version=1, vertical="car")
    room = Saleroom(store, published)
    room.arrive(many, contract=partner, cost=30_000, currency="EUR", fields={
        "email": "ana@home.example", "phone": "+31612345678", "postcode": "1234 AB", "note": HOSTILE,
    })  # fmt: skip
    room.work()
    room.arrive(1, stage="manual", fields={"email": "bea@home.example"})
    _, code = rows.lead(
        store, test, contract=partner, is_test=True, at=NOW + timedelta(hours=1), stage=LeadStage.UNSOLD
    )
    rows.queued(store, published, QueueReason.DUPLICATE)
    return Lot(published, test, buyer, partner, code)
