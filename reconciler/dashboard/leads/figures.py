"""What the leads of a version, or of a contract, come to: worked out once for all who look, kept for some seconds.

Every number goes through the matrix of `visibility` (ADR 36): tests are counted only where they may be seen, and money never is
theirs (L-16, L-21, L-23).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from reconciler.dashboard.glancing import glanced
from reconciler.dashboard.kept import Held
from reconciler.dashboard.visit import Visit
from reconciler.kinds.leads.eligible import counter_of
from reconciler.kinds.leads.market import Buyer, Market, Source, Version
from reconciler.kinds.leads.reading import LastUse, Overview, Subject, last_use, overview
from reconciler.kinds.leads.turnover import By, Row, turnover
from reconciler.kinds.leads.visibility import View
from reconciler.model.lead_bills import Span
from reconciler.model.lead_books import Sold, Which
from reconciler.model.ports import Store
from reconciler.model.resource import Resource

EVER: Final = Span(datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))
MOST: Final = 50
"""Contracts of a version that are told of one by one."""
_EVERY: Final = 10.0
"""Seconds for which figures are kept."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A cap of a contract in its present period: so much `used` of so much, in words too; `share` from 0 to 1."""

    said: str
    share: float
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Bought:
    """A buyer's contract: what it has bought of this version, and how full its caps are. Tests are no part of either."""

    buyer: Buyer
    sold: Sequence[Sold]
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True)
class VersionFigures:
    """A version: its leads, its money by day, who buys, who sends in, and whether it is still used."""

    overview: Overview
    days: Sequence[Row]
    buyers: tuple[Bought, ...]
    more_buyers: int
    sources: tuple[Source, ...]
    use: LastUse


@dataclass(frozen=True, slots=True)
class ContractFigures:
    """A contract: its leads or sales, and how full its caps are."""

    overview: Overview
    limits: tuple[Limit, ...] = ()


def version_figures(visit: Visit, one: Resource) -> Held[VersionFigures] | None:
    """Of a LeadCampaign; None while they are being worked out."""
    market, uid = visit.premises.outlook.market(visit.store), visit.store.ledger.uid(one.ref)

    def work(store: Store) -> VersionFigures:
        with store.snapshot():
            return _of_version(store, market, one, visit.now)

    return glanced(visit, ("lead-version", uid, one.revision), work, _EVERY)


def contract_figures(visit: Visit, one: Resource, view: View) -> Held[ContractFigures] | None:
    """Of an AccountContract or a PartnerContract; None while they are being worked out."""
    market, uid = visit.premises.outlook.market(visit.store), visit.store.ledger.uid(one.ref)

    def work(store: Store) -> ContractFigures:
        with store.snapshot():
            told = overview(store.lead_books, view, Subject(str(one.ref), one.state), Which(contract=uid))
            buyer = market.buyer_of(uid)
            return ContractFigures(told, _limits(store, market, buyer, visit.now) if buyer else ())

    return glanced(visit, ("lead-contract", uid, one.revision), work, _EVERY)


def workflow_figures(visit: Visit, one: Resource, workflow: str) -> Held[Overview] | None:
    """Of one workflow of a version."""
    uid = visit.store.ledger.uid(one.ref)

    def work(store: Store) -> Overview:
        with store.snapshot():
            subject = Subject(f"{workflow} of {one.ref}", one.state)
            return overview(store.lead_books, View.WORKFLOW, subject, Which(uid=uid, workflow=workflow))

    return glanced(visit, ("lead-workflow", uid, one.revision, workflow), work, _EVERY)


def amount(value: Decimal, currency: str) -> str:
    """Money as it is written, with gaps between thousands: 12 345.00 EUR."""
    return f"{value:,.2f} {currency}".replace(",", "\u202f")


def _of_version(store: Store, market: Market, one: Resource, now: datetime) -> VersionFigures:
    uid, books = store.ledger.uid(one.ref), store.lead_books
    version = market.version_of(uid)
    zone = ZoneInfo(version.zone if version else "UTC")
    buyers = market.buyers_of(version) if version else ()
    return VersionFigures(
        overview(books, View.CAMPAIGN, Subject(str(one.ref), one.state), Which(uid=uid), books.attempts(uid)),
        turnover(store.lead_bills, By.DAY, EVER, zone, uid),
        tuple(_bought(store, market, buyer, (uid, now)) for buyer in buyers[:MOST]),
        max(len(buyers) - MOST, 0),
        tuple(_sources(market, version)) if version else (),
        last_use(books, uid, one.ref, one.state, one.entered_at),
    )


def _bought(store: Store, market: Market, buyer: Buyer, place: tuple[int, datetime]) -> Bought:
    uid, now = place
    sold = store.lead_books.turnover(Which(uid=uid, contract=buyer.uid))
    return Bought(buyer, sold, _limits(store, market, buyer, now))


def _limits(store: Store, market: Market, buyer: Buyer, now: datetime) -> tuple[Limit, ...]:
    """Each cap with what was taken of it in the period that `now` lies in."""
    caps = buyer.spec.caps
    zone = _zone(market, buyer)
    counters = [counter_of(buyer, cap.per, cap.timezone or zone, now) for cap in caps]
    found = []
    for cap, counter, used in zip(caps, counters, store.lead_sales.used(counters), strict=True):
        if cap.leads is not None:
            said, part = f"{used.leads} of {cap.leads} leads a {cap.per}", _part(used.leads, cap.leads)
        else:
            most = Decimal(cap.amount or 0)
            said = f"{amount(used.amount, counter.currency)} of {amount(most, counter.currency)} a {cap.per}"
            part = _part(float(used.amount), float(most))
        found.append(Limit(said, part, counter.ends_at))
    return tuple(found)


def _part(used: float, most: float) -> float:
    return min(used / most, 1.0) if most else 1.0


def _zone(market: Market, buyer: Buyer) -> str:
    version = market.version(buyer.spec.campaign, market.begins_at(buyer))
    return version.zone if version else "UTC"


def _sources(market: Market, version: Version) -> Iterator[Source]:
    """The partners' contracts that name this version, or no version at all, by name."""
    for source in market.sources.values():
        spec = source.spec
        if (
            source.state == "present"
            and spec.campaign == version.ref.name
            and spec.version in (None, version.ref.version)
        ):
            yield source
