"""How far campaigns have come, in a list: a bar or a few words, by kind. Worked out in the background for the rows of a page."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from reconciler.dashboard.kept import Held
from reconciler.dashboard.panel import Bar
from reconciler.dashboard.receiving.figures import counted
from reconciler.dashboard.render import money, number
from reconciler.dashboard.visit import Visit
from reconciler.kinds.receivables.settings import settings_of
from reconciler.model.in_campaign import Share
from reconciler.model.lead_books import Which
from reconciler.model.leads import LeadStage
from reconciler.model.ports import Store
from reconciler.model.progress import Progress
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.model.work import Stage

EVERY: Final = 5.0
PATIENCE: Final = 0.04
"""Seconds that a page waits for it; of few and small campaigns it is there by then."""
_NOTHING: Final = Share(0, 0)


@dataclass(frozen=True, slots=True)
class Figure:
    """What a row shows. `alerts` are what is wrong with the work itself, each in a few words."""

    bar: Bar | None = None
    words: str = ""
    alerts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the rows of a page, those that there are; whether others are on their way, and of when the dear ones are."""

    by_ref: Mapping[Ref, Figure]
    is_coming: bool = False
    as_of: datetime | None = None
    """When In Campaign % was worked out; None where no row shows it."""


def figures(visit: Visit, rows: Sequence[Resource]) -> Figures:
    """The figures of these rows, as far as they are known."""
    wanted = tuple((one.ref, one.state) for one in rows if one.ref.kind in _MADE and one.state not in _QUIET)
    found = dict[Ref, Figure]()
    coming = False
    if wanted:
        held = _worked_out(visit, wanted)
        coming, found = held is None, dict(held.value) if held else {}
    shared = [one.ref for one in rows if one.ref.kind == "ReceivablesCampaign" and one.state == "active"]
    if not shared:
        return Figures(found, coming)
    share = counted(visit, PATIENCE)
    alerts = tuple(_alerts(visit.store))
    for ref in shared:
        found[ref] = Figure(_share(share.value.campaigns.get(ref, _NOTHING)) if share else None, "", alerts)
    return Figures(found, coming or share is None, share.as_of if share else None)


def _alerts(store: Store) -> Iterator[str]:
    """What all campaigns share: that too few invoices are in any."""
    if store.in_campaign.open_alert():
        yield f"tenant below {settings_of(store).expected} %"


def _worked_out(visit: Visit, wanted: tuple[tuple[Ref, str], ...]) -> Held[Mapping[Ref, Figure]] | None:
    clock = visit.premises.app.clock

    def work(store: Store) -> Mapping[Ref, Figure]:
        with store.snapshot():
            now = store.time(clock.now())
            return {ref: _MADE[ref.kind](store, ref, now) for ref, _ in wanted}

    return visit.premises.kept.glance(("figures", wanted), work, EVERY, PATIENCE)


def _mails(store: Store, ref: Ref, now: datetime) -> Figure:
    """E-48, E-49; in short, without what was heard of each."""
    job = store.ledger.view(store.ledger.uid(ref), now)
    if job is None:
        return Figure()
    one = Progress(job, now)
    done = one.total - one.left - one.count(Stage.CANCELLED)
    return Figure(Bar("Dealt with", done, one.total), "", tuple(_troubles(one)))


def _troubles(one: Progress) -> Iterator[str]:
    if one.is_open and one.resting:
        yield f"{len(one.resting)} of {len(one.job.lanes)} lanes rest"
    if one.stuck:
        yield f"{len(one.stuck)} of {len(one.job.lanes)} lanes wait for a worker"
    if failed := one.count(Stage.FAILED):
        yield f"{number(failed)} failed"


def _leads(store: Store, ref: Ref, _now: datetime) -> Figure:
    """Tests are seen while the version is in test, and called so (L-13, L-23)."""
    taken = store.lead_books.taken(Which(store.ledger.uid(ref), tests_in=("test",)))
    if not taken.total:
        return Figure(words="no leads yet")
    if taken.tests:
        return Figure(words=f"{number(taken.tests)} test leads")
    return Figure(words=f"{number(taken.total)} leads, {number(taken.stages.get(LeadStage.SOLD, 0))} sold")


def _rewards(store: Store, ref: Ref, _now: datetime) -> Figure:
    owed = store.rewards.owed(store.ledger.uid(ref))
    if not owed.count:
        return Figure(words="no rewards open")
    amounts = ", ".join(money(amount, currency) for currency, amount in sorted(owed.amounts.items()))
    return Figure(words=f"{number(owed.count)} rewards open{f', {amounts}' if amounts else ''}")


def _contacted(store: Store, ref: Ref, _now: datetime) -> Figure:
    from reconciler.kinds.collections.reading import figures as read

    one = read(store, ref)
    return Figure(Bar("Contacted", one.contacted, one.total))


def _share(one: Share) -> Bar:
    return Bar("In Campaign", one.part, one.whole)


_MADE: Final[Mapping[str, Callable[[Store, Ref, datetime], Figure]]] = {
    "CollectionCampaign": _contacted,
    "EmailCampaign": _mails,
    "LeadCampaign": _leads,
    "ReferralCampaign": _rewards,
}
_QUIET: Final = frozenset({"draft", "not_launched", "deleted"})
"""States in which there is nothing to count yet, or any more."""
