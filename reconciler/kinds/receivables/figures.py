"""In Campaign %: of the tenant, of each campaign, and why invoices are outside. (I-21, I-25, AMB-I2)

Counted over the invoices themselves whenever somebody asks: no figure is kept that could be wrong.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from reconciler.kinds.receivables.claims import Claim
from reconciler.kinds.receivables.matching import Day
from reconciler.kinds.receivables.seen import LastExit, invoice_seen
from reconciler.model.enrolments import Past
from reconciler.model.in_campaign import Cause, Gap, Share
from reconciler.model.invoices import Invoice, InvoiceStatus, Wanted
from reconciler.model.ports import Store
from reconciler.model.ref import Ref

EXAMPLES: Final = 5
"""Invoices that are named for each cause."""
_PAGE: Final = 500
_COLLECTABLE: Final = Wanted(status=InvoiceStatus.AWAITING_PAYMENT, listed=True, held=False)

_Why = tuple[Cause, str]


@dataclass(frozen=True, slots=True)
class Figures:
    """What was counted. `campaigns`: of the invoices that a campaign means now, those that are in it."""

    tenant: Share
    campaigns: Mapping[Ref, Share]
    gaps: tuple[Gap, ...]


@dataclass(slots=True)
class _Count:
    """Under way: a count over all invoices, and the first few examples."""

    collectable: int = 0
    inside: int = 0
    meant: Counter[Ref] = field(default_factory=Counter)
    held: Counter[Ref] = field(default_factory=Counter)
    outside: Counter[_Why] = field(default_factory=Counter)
    examples: dict[_Why, list[str]] = field(default_factory=dict)

    def add_outside(self, why: _Why, number: str) -> None:
        """One more invoice is outside for this."""
        self.outside[why] += 1
        named = self.examples.setdefault(why, [])
        if len(named) < EXAMPLES:
            named.append(number)


def figures(store: Store, claims: Sequence[Claim], day: Day) -> Figures:
    """Count all invoices that could be collected, on a day. What it takes grows with invoices and campaigns."""
    count, of, today = _Count(), {claim.uid: claim for claim in claims}, day.values()["today"].date()
    for one, past in _all(store):
        seen = invoice_seen(one.row, today, _last(past))
        meant = [claim for claim in claims if claim.means(one, seen, day)]
        inside = of.get(past.open.uid) if past.open else None
        count.collectable += 1
        count.meant.update(claim.ref for claim in meant)
        count.held.update(claim.ref for claim in meant if claim is inside)
        if inside is not None and inside.is_active:
            count.inside += 1
        else:
            count.add_outside(_why(past, meant, inside), one.row.number)
    shares = {claim.ref: Share(count.held[claim.ref], count.meant[claim.ref]) for claim in claims}
    return Figures(Share(count.inside, count.collectable), shares, tuple(_gaps(count)))


def _all(store: Store) -> Iterator[tuple[Invoice, Past]]:
    after, nothing = 0, Past()
    while page := store.invoices.page(_COLLECTABLE, after, _PAGE):
        pasts = store.enrolments.past([one.id for one in page])
        yield from ((one, pasts.get(one.id, nothing)) for one in page)
        after = page[-1].id


def _last(past: Past) -> LastExit | None:
    return LastExit(past.last.reason, past.last.campaign) if past.last else None


def _why(past: Past, meant: Sequence[Claim], inside: Claim | None) -> _Why:
    """Why an invoice is outside, and which campaign that is about: the nearest way in that there is."""
    if past.open is not None:
        return Cause.CLAIMED, str(inside.ref) if inside else ""
    for cause, state in ((Cause.WAITING, "active"), (Cause.DRAFT, "draft")):
        taking = next((claim for claim in meant if claim.state == state and claim.may_take(past)), None)
        if taking is not None:
            return cause, str(taking.ref)
    if past.campaigns:
        return Cause.TREATED, ""
    stopped = [claim for claim in meant if claim.state == "stopped"]
    return (Cause.STOPPED, str(stopped[-1].ref)) if stopped else (Cause.UNMATCHED, "")


def _gaps(count: _Count) -> Iterator[Gap]:
    """The most invoices first."""
    for (cause, campaign), invoices in sorted(count.outside.items(), key=lambda item: (-item[1], item[0])):
        yield Gap(cause, campaign, invoices, tuple(count.examples[cause, campaign]))
