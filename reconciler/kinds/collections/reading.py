"""Collection campaigns read from the store as people look at them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from reconciler.kinds.collections.brakes import brakes
from reconciler.kinds.collections.collection_campaign.spec import CollectionCampaignSpec
from reconciler.kinds.collections.organisation import Organisation, organisation
from reconciler.kinds.collections.sheet import Blocked, Dates, Execution, Plan, Pulse, Sheet
from reconciler.kinds.collections.strategy.spec import StrategySpec
from reconciler.model import canonical
from reconciler.model.canonical import Document
from reconciler.model.collection_books import Figures, Filter
from reconciler.model.instant import from_text, parse_duration
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.model.work import Resting

KIND: Final = "CollectionCampaign"
STRATEGY: Final = "Strategy"
ACTIVE: Final = "active"
RUNS: Final = (ACTIVE, "paused")
"""States in which workers look at a campaign."""
CYCLE: Final = 0
"""Under which uid the organisation's cycle is kept: one for all campaigns, in their order."""
_GRACE: Final = timedelta(minutes=1)
"""So long after a cycle was due no worker is taken to be at it."""


def sheet(store: Store, ref: Ref, now: datetime) -> Sheet:
    """One campaign, which the store has."""
    resource, uid = store.load([ref])[ref], store.ledger.uid(ref)
    settings, books = organisation(store), store.collection_books
    spec, since = CollectionCampaignSpec.model_validate_json(_written(resource.document)), activated(store, ref)
    return Sheet(
        ref,
        resource.state,
        spec.title or "",
        spec.objective or "",
        plan_of(store, spec.strategy),
        _dates(spec, settings.today(now)),
        settings.spec.timezone,
        since,
        books.figures(uid, since),
        books.statuses(Filter(campaign=uid)),
        books.queue(settings.midnight(now)).get(uid, {}),
    )


def figures(store: Store, ref: Ref) -> Figures:
    """A campaign in numbers."""
    return store.collection_books.figures(store.ledger.uid(ref), activated(store, ref))


def execution(store: Store, now: datetime) -> Execution:
    """All campaigns that have something in the queue, or had today; and those that are active."""
    settings, books = organisation(store), store.collection_books
    campaigns = {store.ledger.uid(one.ref): one for one in _campaigns(store)}
    counts = books.queue(settings.midnight(now))
    told = [
        (one.ref, one.state, counts.get(uid, {}))
        for uid, one in campaigns.items()
        if uid in counts or one.state == ACTIVE
    ]
    waiting = [
        (campaigns[one.campaign].ref, one.reason, one.items, one.first_at)
        for one in books.waiting()
        if one.campaign in campaigns
    ]
    return Execution(
        settings.today(now),
        settings.spec.timezone,
        sorted(told, key=lambda one: one[0]),
        waiting,
        brakes(store),
        _pulse(store, settings, campaigns, now),
        _blocked(store, campaigns),
    )


def _pulse(store: Store, settings: Organisation, campaigns: Mapping[int, Resource], now: datetime) -> Pulse:
    """Workers make cycles while a campaign is active or paused."""
    begun, every = store.contact_cycles.last(CYCLE), parse_duration(settings.spec.scheduler_cycle)
    runs = any(one.state in RUNS for one in campaigns.values())
    late = begun is None or now - begun.at > every + _GRACE
    return Pulse(begun.at if begun else None, every, runs and late)


def _blocked(store: Store, campaigns: Mapping[int, Resource]) -> Sequence[Blocked]:
    """By campaign and what is gone through, for the reason that was there first."""
    rests: dict[tuple[Ref, str], list[Resting]] = {}
    for one in store.ledger.resting(sorted(campaigns)):
        rests.setdefault((campaigns[one.uid].ref, one.via), []).append(one)
    return [_rest(ref, via, found) for (ref, via), found in sorted(rests.items())]


def _rest(ref: Ref, via: str, found: Sequence[Resting]) -> Blocked:
    first = min(found, key=lambda one: one.trouble.since)
    until = min((one.until for one in found if one.until), default=None)
    return Blocked(ref, via, len(found), first.trouble.since, until, first.trouble.message)


def activated(store: Store, ref: Ref) -> datetime | None:
    """When it first became active (AMB-C12); None where it never was."""
    found = (from_text(one.body["at"]) for one in store.events(ref) if one.body.get("to") == ACTIVE)
    return next(found, None)


def _campaigns(store: Store) -> Sequence[Resource]:
    return [one for _, one in sorted(store.load(store.heads(KIND)).items())]


def plan_of(store: Store, name: str | None) -> Plan | None:
    """The strategy of this name in short; None where none is named."""
    ref = Ref(STRATEGY, name or "")
    found = store.load([ref]).get(ref) if name else None
    if found is None:
        return Plan(name) if name else None
    spec = StrategySpec.model_validate_json(_written(found.document))
    return Plan(ref.name, spec.type, len(spec.steps), spec.enabled)


def _dates(spec: CollectionCampaignSpec, today: date) -> Dates | None:
    if not (spec.start_date and spec.end_date):
        return None
    return Dates(date.fromisoformat(spec.start_date), date.fromisoformat(spec.end_date), today)


def _written(document: Document) -> bytes:
    return canonical.encode(document.get("spec", {}))
