"""Leads and sales as intake and distribution leave them, put straight into the tables: for tests of what is read of them."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from itertools import count

from reconciler.model import canonical
from reconciler.model.leads import LeadStage, QueueReason
from reconciler.model.money import kept
from reconciler.model.ports import Store
from reconciler.store.desk import Desk
from tests.leads.desk import NOW

_LEAD = """
INSERT INTO lead (code, uid, contract, partner, workflow, vertical, at, is_test, stage, score, fields, cost, currency)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?) RETURNING id
"""
_OUTBOUND = """
INSERT INTO outbound (code, lead, uid, contract, account, at, is_test, price, currency, cost, cost_currency, rule)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'qualityScore') RETURNING id
"""
_QUEUED = """
INSERT INTO lead_queue (code, uid, contract, campaign, version, at, stage, reason, detail, body)
VALUES (?, ?, 0, 'cars', 1, ?, 'open', ?, '', '{}')
"""
_NUMBER = count(1)


def desk_of(store: Store) -> Desk:
    return store.lead_books._desk  # type: ignore[attr-defined, no-any-return]


def lead(
    store: Store,
    uid: int,
    *,
    is_test: bool = False,
    contract: int = 0,
    partner: str = "affiliate",
    workflow: str = "quotes",
    at: datetime = NOW,
    cost: str = "0",
    currency: str = "",
    stage: LeadStage = LeadStage.SOLD,
) -> tuple[int, str]:
    """An inbound lead; its id and code."""
    code = f"L{next(_NUMBER):06}"
    fields = canonical.encode({"email": "ana@home.example"}).decode()
    values = (code, uid, contract, partner, workflow, "car", at.timestamp(), int(is_test), stage.value, fields)
    found = desk_of(store).writing(lambda sql: sql.rows(_LEAD, (*values, kept(Decimal(cost)), currency)))
    return found[0][0], code


def sale(
    store: Store,
    uid: int,
    lead: int,
    *,
    is_test: bool = False,
    contract: int = 0,
    account: str = "acme",
    at: datetime = NOW,
    price: str = "18.50",
    currency: str = "EUR",
    cost: str = "0",
    cost_currency: str = "",
) -> tuple[int, str]:
    """A lead sold; its id and code."""
    code = f"S{next(_NUMBER):06}"
    values: Sequence[object] = (
        code, lead, uid, contract, account, at.timestamp(), int(is_test), kept(Decimal(price)), currency,
        kept(Decimal(cost)), cost_currency,
    )  # fmt: skip
    found = desk_of(store).writing(lambda sql: sql.rows(_OUTBOUND, values))
    return found[0][0], code


def queued(store: Store, uid: int, reason: QueueReason, at: datetime = NOW) -> None:
    """Something that was sent and not taken."""
    code = f"Q{next(_NUMBER):06}"
    desk_of(store).writing(lambda sql: sql.run(_QUEUED, (code, uid, at.timestamp(), reason.value)))
