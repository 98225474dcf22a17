"""Why a lead goes to whom, as it is told: its sales, and what is to be said of every buyer of its campaign."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from reconciler.model.leads import Lead, Outbound
from reconciler.model.ref import Ref


@dataclass(frozen=True, slots=True)
class Chosen:
    """A buyer whom a rule would choose: at which place, and what speaks for it."""

    place: int
    rule: str
    reason: str
    price: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A buyer: why it may not have the lead, `bar` being empty where it may, and by what it would get it."""

    contract: str
    account: str
    bar: str = ""
    detail: str = ""
    chosen: Chosen | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """A lead of a version, its sales, and every buyer, those who may buy first.

    `mode` is how its workflow distributes, empty where that is gone. `again` is when it would be offered next if nobody took
    it now. Where buyers are asked for bids, those who may buy are those who would be asked, and nobody is chosen.
    """

    lead: Lead
    version: Ref
    state: str
    mode: str
    sold: tuple[Outbound, ...]
    findings: tuple[Finding, ...] = ()
    again: datetime | None = None
