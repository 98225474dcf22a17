"""Who sees which leads where: the matrix of L-13 … L-23 and AMB-L2, as data in one place. (ADR 36)

A lead that was taken in published is real for good: it is seen wherever leads of its side are, whatever became of its
version since. One that was taken in test is a test for good: it is seen only in the places named here, and only while its
version is in the states named here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class View(StrEnum):
    """A place where leads are seen."""

    INBOUND_LIST = "inbound-list"
    LEAD = "lead"
    """One inbound lead, with whom it was sold to."""
    CAMPAIGN = "campaign"
    WORKFLOW = "workflow"
    PARTNER = "partner"
    PARTNER_CONTRACT = "partner-contract"
    OUTBOUND_LIST = "outbound-list"
    ACCOUNT = "account"
    ACCOUNT_CONTRACT = "account-contract"
    PORTAL = "portal"
    PORTAL_WITH_TESTS = "portal-with-tests"
    """What a portal user sees for whom `showTest` is set."""
    TURNOVER = "turnover"
    """Every report."""
    STATEMENT = "statement"
    """What a buyer owes."""
    PURCHASE_ORDER = "purchase-order"
    """What a partner is owed."""


Tests = tuple[str, ...]
"""The states of a version in which its test leads are seen; none: never."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a place shows of each side; None where it shows nothing of it, not even what is real."""

    inbound: Tests | None = None
    outbound: Tests | None = None


_REAL: Final[Tests] = ()
_AND_TESTS: Final[Tests] = ("test",)
"""L-14: "only while the version is in test"; AMB-L2: they leave every list when it is published."""

MATRIX: Final[Mapping[View, Sight]] = {
    View.INBOUND_LIST: Sight(inbound=_AND_TESTS),  # L-13, L-14, L-22
    View.LEAD: Sight(inbound=_AND_TESTS, outbound=_AND_TESTS),  # L-13, L-19: beside their inbound lead
    View.CAMPAIGN: Sight(inbound=_AND_TESTS, outbound=_REAL),  # L-13, L-19: and on no other list
    View.WORKFLOW: Sight(inbound=_AND_TESTS, outbound=_REAL),  # L-13, L-19
    View.PARTNER: Sight(inbound=_AND_TESTS),  # L-22
    View.PARTNER_CONTRACT: Sight(inbound=_AND_TESTS),  # L-22
    View.OUTBOUND_LIST: Sight(outbound=_REAL),  # L-19
    View.ACCOUNT: Sight(outbound=_REAL),  # L-19
    View.ACCOUNT_CONTRACT: Sight(outbound=_REAL),  # L-19
    View.PORTAL: Sight(outbound=_REAL),  # L-17
    View.PORTAL_WITH_TESTS: Sight(outbound=_AND_TESTS),  # L-17
    View.TURNOVER: Sight(inbound=_REAL, outbound=_REAL),  # L-23, L-44
    View.STATEMENT: Sight(outbound=_REAL),  # L-16, L-44
    View.PURCHASE_ORDER: Sight(inbound=_REAL, outbound=_REAL),  # L-21, L-44
}
