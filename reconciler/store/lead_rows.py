"""Rows of leads and sales, as both databases give them."""

from collections.abc import Sequence
from typing import Any, Final

from reconciler.model import canonical
from reconciler.model.leads import Lead, LeadStage, Outbound
from reconciler.model.money import amount_of
from reconciler.store.desk import instant

LEAD: Final = (
    "id, code, uid, contract, partner, workflow, vertical, at, is_test, stage, score, twin, until, cost, currency,"
    " fields"
)
OUTBOUND: Final = (
    "id, code, lead, uid, contract, account, at, is_test, price, currency, cost, cost_currency, shares, rule"
)


def lead_of(row: Sequence[Any]) -> Lead:
    """The lead of a row with the columns LEAD."""
    id_, code, uid, contract, partner, workflow, vertical, at, is_test, stage, score, twin, until, *rest = row
    cost, currency, fields = rest
    return Lead(
        id_, code, uid, contract, partner, workflow, vertical, instant(at), bool(is_test), LeadStage(stage), score,
        canonical.decode(fields), twin, instant(until) if until else None, amount_of(cost), currency,
    )  # fmt: skip


def outbound_of(row: Sequence[Any]) -> Outbound:
    """The sale of a row with the columns OUTBOUND."""
    id_, code, lead, uid, contract, account, at, is_test, price, currency, cost, cost_currency, shares, rule = row
    return Outbound(
        id_, code, lead, uid, contract, account, instant(at), bool(is_test), amount_of(price), currency, amount_of(cost),
        rule, cost_currency, shares,
    )  # fmt: skip
