"""In Campaign %: of the tenant, of each campaign, and why invoices are outside. (I-21, I-25, AMB-I2)

Counted over the invoices themselves whenever somebody asks: no figure is kept that could be wrong.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from reconciler.kinds.receivables.claims import Claim
from reconciler.kinds.receivables.matching import Day
from reconciler.kinds.receivables.seen import invoice_seen
from reconciler.model.in_campaign import Cause, Collectable, Gap, Share
from reconciler.model.ports import Store
from reconciler.model.ref import Ref

EXAMPLES: Final = 5
"""Invoices that are named for each cause."""
_PAGE: Final = 1000

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
    """Count all invoices that could be collected, on a day. What it takes grows with invoices × campaigns."""
    count, names = _Count(), {claim.uid: claim for claim in claims}
    for one in _all(store):
        count.collectable += 1
        seen = _seen(one, names, day)
        meant = [claim for claim in claims if claim.means(one, seen, day)]
        count.meant.update(claim.ref for claim in meant)
        count.held.update(claim.ref for claim in meant if claim.uid == one.campaign)
        if one.is_active:
            count.inside += 1
        else:
            count.add_outside(_why(one, meant, names), one.invoice.row.number)
    shares = {claim.ref: Share(count.held[claim.ref], count.meant[claim.ref]) for claim in claims}
    return Figures(Share(count.inside, count.collectable), shares, tuple(_gaps(count)))


def _all(store: Store) -> Iterator[Collectable]:
    after = 0
    while page := store.in_campaign.collectable(after, _PAGE):
        yield from page
        after = page[-1].invoice.id


def _seen(one: Collectable, names: Mapping[int, Claim], day: Day) -> Mapping[str, Any]:
    last = one.last
    exit_ = (last.why.value, names[last.campaign].ref.name if last.campaign in names else "") if last else None
    return invoice_seen(one.invoice.row, day.today, exit_)


def _why(one: Collectable, meant: Sequence[Claim], names: Mapping[int, Claim]) -> _Why:
    """Why an invoice is outside, and which campaign that is about: the nearest way in that there is."""
    if one.campaign:
        return Cause.CLAIMED, str(names[one.campaign].ref) if one.campaign in names else ""
    taking = {state: [claim for claim in meant if claim.state == state] for state in ("active", "draft", "stopped")}
    for cause, state in ((Cause.WAITING, "active"), (Cause.DRAFT, "draft")):
        found = [claim for claim in taking[state] if claim.may_take(one)]
        if found:
            return cause, str(found[0].ref)
    if one.left:
        return Cause.TREATED, ""
    stopped = taking["stopped"]
    return (Cause.STOPPED, str(stopped[-1].ref)) if stopped else (Cause.UNMATCHED, "")


def _gaps(count: _Count) -> Iterator[Gap]:
    """The most invoices first."""
    for (cause, campaign), invoices in sorted(count.outside.items(), key=lambda item: (-item[1], item[0])):
        yield Gap(cause, campaign, invoices, tuple(count.examples[cause, campaign]))
