"""Leads: what partners send in, what buyers take of it, and what was not taken. (L-04, L-16, L-43, L-45)

lead       an inbound lead, taken by one version of a campaign; one that was taken in test stays a test for ever
outbound   a lead sold to an account: the unit of charges, deliveries and returns
queue      what was posted and is no lead: parked with one reason, to be corrected
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

LANES: Final = 4
"""Lanes of the job that stands open for a version; a lead is distributed in the one of its number's rest."""


class LeadStage(StrEnum):
    """How far a lead has come."""

    WAITING = "waiting"
    """To be distributed, at once or when its window comes round again."""
    MANUAL = "manual"
    """Waits for a person to choose its buyers."""
    SOLD = "sold"
    UNSOLD = "unsold"
    """Its window is over and nobody took it."""
    ENDED = "ended"
    """Its version is no longer distributed: promoted out of test, or deleted (AMB-L2, AMB-L5)."""


class QueueStage(StrEnum):
    """What became of something in the queue."""

    OPEN = "open"
    RELEASED = "released"
    """It was corrected, and is a lead."""
    DISCARDED = "discarded"


class QueueReason(StrEnum):
    """Why something that was posted is no lead; exactly one. (L-43)"""

    VALIDATION = "validation"
    DUPLICATE = "duplicate"
    CAMPAIGN_MISSING = "campaign-missing"
    VERSION_MISSING = "version-missing"
    VERSION_DRAFT = "version-draft"
    VERSION_SUNDOWNED = "version-sundowned"
    VERSION_DELETED = "version-deleted"
    CONTRACT_MISSING = "contract-missing"
    CONTRACT_ENDED = "contract-ended"
    CONTRACT_CAP = "contract-cap"
    VERTICAL_MISSING = "vertical-missing"
    WORKFLOW_MISSING = "workflow-missing"


@dataclass(frozen=True, slots=True)
class Lead:
    """An inbound lead. `uid` is the version's, `contract` the partner contract's; `until` ends its distribution.

    `twin` is the code of the lead that it repeats, where a workflow only flags that. `cost` is owed to the partner for taking it.
    """

    id: int
    code: str
    uid: int
    contract: int
    partner: str
    workflow: str
    vertical: str
    at: datetime
    is_test: bool
    stage: LeadStage
    score: int
    fields: Mapping[str, Any]
    twin: str = ""
    until: datetime | None = None
    cost: Decimal = Decimal(0)
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Outbound:
    """A lead that was sold. `contract` is the buyer's, `rule` what chose it; `cost` is owed to the partner for this sale.

    `shares` is to how many accounts the lead may be sold at most, this one included, as its contract said then; 0: any.
    """

    id: int
    code: str
    lead: int
    uid: int
    contract: int
    account: str
    at: datetime
    is_test: bool
    price: Decimal
    currency: str
    cost: Decimal = Decimal(0)
    rule: str = ""
    cost_currency: str = ""
    shares: int = 0


@dataclass(frozen=True, slots=True)
class Queued:
    """Something that was posted and not taken. `uid` and `contract` are 0 where there is none; `lead` once it was released."""

    id: int
    code: str
    uid: int
    contract: int
    campaign: str
    version: int
    at: datetime
    stage: QueueStage
    reason: QueueReason
    detail: str
    body: Mapping[str, Any]
    lead: int = 0
