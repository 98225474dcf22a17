"""The read models of leads: every list and view goes through the matrix of `visibility`. (L-13 … L-23, L-30)"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from reconciler.kinds.leads.visibility import MATRIX, View
from reconciler.model.lead_books import Attempts, LeadBooks, Sold, Taken, Which
from reconciler.model.leads import Lead, Outbound
from reconciler.model.ref import Ref

LATEST: Final = 10
"""Leads of each side that a view shows."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a view is of, such as `AccountContract/acme-car@1`; its state where it is a resource, and what belongs to it."""

    name: str
    state: str = ""
    beside: Sequence[tuple[Ref, str]] = ()
    """Contracts, with their states."""


@dataclass(frozen=True, slots=True)
class Overview:
    """A campaign, a workflow, or somebody's leads. What the place does not show is None."""

    view: View
    subject: Subject
    taken: Taken | None
    leads: Sequence[Lead] | None
    sold: Sequence[Outbound] | None
    turnover: Sequence[Sold] | None
    attempts: Sequence[Attempts] = ()
    """What was sent to the version and not taken."""
    codes: Mapping[int, str] = field(default_factory=dict)
    """What the inbound leads of those sold are called."""


@dataclass(frozen=True, slots=True)
class LastUse:
    """Whether anything still uses a version: `since` is when it was taken out of use, None where it is in use. (L-30)"""

    ref: Ref
    state: str
    since: datetime | None
    last_lead_at: datetime | None
    attempts: Sequence[Attempts]

    @property
    def times(self) -> int:
        """How often it was tried since."""
        return sum(one.times for one in self.attempts)

    @property
    def last_attempt_at(self) -> datetime | None:
        """When it was tried last."""
        return max((one.last_at for one in self.attempts), default=None)


def inbound(books: LeadBooks, view: View, which: Which, after: str = "", limit: int = LATEST) -> Sequence[Lead]:
    """The inbound leads that a place shows, the latest first."""
    tests = MATRIX[view].inbound
    return books.leads(replace(which, tests_in=tests), after, limit) if tests is not None else ()


def outbound(books: LeadBooks, view: View, which: Which, after: str = "", limit: int = LATEST) -> Sequence[Outbound]:
    """The leads sold that a place shows, the latest first."""
    tests = MATRIX[view].outbound
    return books.sold(replace(which, tests_in=tests), after, limit) if tests is not None else ()


def overview(
    books: LeadBooks, view: View, subject: Subject, which: Which, attempts: Sequence[Attempts] = ()
) -> Overview:
    """A view: what its leads add up to, and the latest of them. Ask within one snapshot of the store."""
    sight = MATRIX[view]
    taken = books.taken(replace(which, tests_in=sight.inbound)) if sight.inbound is not None else None
    turnover = books.turnover(replace(which, tests_in=sight.outbound)) if sight.outbound is not None else None
    sold = outbound(books, view, which)
    return Overview(
        view=view,
        subject=subject,
        taken=taken,
        leads=inbound(books, view, which) if taken is not None else None,
        sold=sold if turnover is not None else None,
        turnover=turnover,
        attempts=attempts,
        codes=books.codes([one.lead for one in sold]),
    )


def last_use(books: LeadBooks, uid: int, ref: Ref, state: str, entered_at: datetime) -> LastUse:
    """When a version had its last lead, and what was sent to it since it was taken out of use.

    A lead that was taken in test is a use as long as it is seen.
    """
    since = entered_at if state in ("sundowned", "deleted") else None
    latest = inbound(books, View.CAMPAIGN, Which(uid=uid), limit=1)
    return LastUse(
        ref=ref,
        state=state,
        since=since,
        last_lead_at=latest[0].at if latest else None,
        attempts=books.attempts(uid, since),
    )
