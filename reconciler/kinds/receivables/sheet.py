"""What there is to see of a receivables campaign, and of them all. (I-19, I-21, I-24)"""

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.kinds.receivables.batch import Batch
from reconciler.model.enrolments import Saying
from reconciler.model.in_campaign import Alert, Flow, Gap, Share
from reconciler.model.ref import Ref


@dataclass(frozen=True, slots=True)
class Overview:
    """The tenant's figure beside what is expected, the alert if one is open, and each campaign's figure.

    `gaps` are the invoices outside as they are now; `unheard` says why subscribers are not written to, empty where they are.
    """

    tenant: Share
    expected: int
    alert: Alert | None
    campaigns: Mapping[Ref, Share]
    gaps: tuple[Gap, ...]
    support: str
    unheard: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the workflow, from 1: how many are due by today, and what became of those that were."""

    number: int
    day: int
    way: str
    due: int
    said: Mapping[Saying, int]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One campaign."""

    ref: Ref
    state: str
    title: str
    share: Share
    flow: Flow
    steps: tuple[Step, ...]
    first: Batch
    overview: Overview
