"""Leads and sales as rows of a table. What they say of people is not among it: a lead's own page has that, masked."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote

from reconciler.dashboard.leads.figures import amount
from reconciler.dashboard.render import href
from reconciler.kinds.leads.market import Market
from reconciler.model.leads import Lead, LeadStage, Outbound

TONES: Final[Mapping[LeadStage, str]] = {
    LeadStage.WAITING: "calm", LeadStage.MANUAL: "warn", LeadStage.SOLD: "good", LeadStage.UNSOLD: "", LeadStage.ENDED: "",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class LeadRow:
    """An inbound lead. `campaign` is empty where its version is gone."""

    code: str
    href: str
    at: datetime
    campaign: str
    campaign_href: str
    workflow: str
    vertical: str
    partner: str
    score: int
    stage: str
    tone: str
    is_test: bool
    twin: str


@dataclass(frozen=True, slots=True)
class SaleRow:
    """A lead that was sold."""

    code: str
    at: datetime
    lead: str
    lead_href: str
    account: str
    price: str
    rule: str
    is_test: bool


def lead_address(code: str) -> str:
    """The page of a lead."""
    return f"/leads/inbound/{quote(code, safe='')}"


def lead_rows(leads: Iterable[Lead], market: Market) -> Iterator[LeadRow]:
    """Each lead, with the version that took it."""
    for one in leads:
        version = market.version_of(one.uid)
        yield LeadRow(
            one.code, lead_address(one.code), one.at, str(version.ref).partition("/")[2] if version else "",
            href(version.ref) if version else "", one.workflow, one.vertical, one.partner, one.score, one.stage.value,
            TONES[one.stage], one.is_test, one.twin,
        )  # fmt: skip


def sale_rows(sold: Iterable[Outbound], codes: Mapping[int, str]) -> Iterator[SaleRow]:
    """Each sale; `codes` are those of the inbound leads."""
    for one in sold:
        lead = codes.get(one.lead, "")
        price = amount(one.price, one.currency)
        yield SaleRow(one.code, one.at, lead, lead_address(lead), one.account, price, one.rule, one.is_test)
