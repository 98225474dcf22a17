"""In Campaign %: of the tenant, of each campaign, who is outside and why, and the alerts about it. (I-21 … I-27)"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from reconciler.dashboard.debtors import remark
from reconciler.dashboard.panel import Bar, Card
from reconciler.dashboard.personal import Curtain, address, curtain
from reconciler.dashboard.receiving.figures import Level, level_of
from reconciler.dashboard.receiving.invoice import found_at
from reconciler.dashboard.render import href, number
from reconciler.dashboard.visit import Visit
from reconciler.kinds.receivables.claims import KIND
from reconciler.kinds.receivables.guidance import advice_of, named, percent_text
from reconciler.kinds.receivables.settings import Settings, settings_of
from reconciler.model.errors import Permanent
from reconciler.model.in_campaign import Alert, Cause, Gap, Share
from reconciler.model.ref import Ref
from reconciler.model.work import Stage
from reconciler.web.door import Answer

_ALERTS: Final = 50
_NONE: Final = Share(0, 0)


@dataclass(frozen=True, slots=True)
class Row:
    """A campaign, with its share of the invoices that it means."""

    ref: Ref
    title: str
    state: str
    share: str
    part: int
    whole: int


@dataclass(frozen=True, slots=True)
class Outside:
    """Invoices outside for one cause. `way` leads to where something can be done about it; empty: nowhere here."""

    cause: str
    invoices: int
    what: str
    examples: tuple[tuple[str, str], ...]
    more: bool
    todo: str
    way: str
    way_words: str


@dataclass(frozen=True, slots=True)
class Mails:
    """What became of the mails about alerts; `subscribers` as they may be shown."""

    subscribers: tuple[str, ...]
    sent: int = 0
    left: int = 0
    failed: int = 0
    trouble: str = ""


def make(visit: Visit) -> Answer:
    """The page."""
    store, seen = visit.store, curtain(visit)
    with store.snapshot():
        level, settings = level_of(visit), settings_of(store)
        found = sorted(store.load(store.heads(KIND)).items())
        past = tuple(store.in_campaign.alerts(_ALERTS))
        outside = tuple(_outside(visit, gap) for gap in level.overview.gaps)
        mails = _mails(visit, settings, seen)
    one = level.overview
    titles = {ref: str(each.document.get("spec", {}).get("title", "")) for ref, each in found}
    shares = [(each, one.campaigns.get(ref, _NONE)) for ref, each in found if each.state != "deleted"]
    return visit.show(
        "receivables.html",
        level=level,
        one=one,
        settings=settings.ref,
        bar=Bar("In campaign", one.tenant.part, one.tenant.whole, f"expected {one.expected} %"),
        cards=tuple(_cards(level)),
        rows=[
            Row(each.ref, titles[each.ref], each.state, percent_text(share), share.part, share.whole)
            for each, share in shares
        ],
        outside=outside,
        past=[(each, _was(each)) for each in past],
        mails=mails,
        seen=seen,
    )


def _cards(level: Level) -> Iterator[Card]:
    one = level.overview
    below = one.tenant.is_below(one.expected)
    yield Card("In Campaign %", percent_text(one.tenant), f"expected {one.expected} %", tone="bad" if below else "good")
    yield Card("In an active campaign", number(one.tenant.part), "of those that could be collected")
    yield Card("Could be collected", number(one.tenant.whole), "awaiting payment, not on hold, named by their source")
    outside = one.tenant.whole - one.tenant.part
    yield Card("Outside", number(outside), tone="warn" if outside else "")


def _outside(visit: Visit, gap: Gap) -> Outside:
    advice = advice_of(gap)
    examples = tuple((name, found_at(visit.store, name)) for name in gap.examples)
    way, words = _way(gap, examples)
    return Outside(gap.cause.value, gap.invoices, advice.what, examples, "…" in named(gap), advice.todo, way, words)


def _way(gap: Gap, examples: tuple[tuple[str, str], ...]) -> tuple[str, str]:
    """Where in the dashboard one goes on."""
    campaign = Ref.parse(gap.campaign) if gap.campaign else None
    if gap.cause is Cause.UNMATCHED:
        return next((f"{to}#rule-sets" for _, to in examples if to), ""), "Which condition it misses"
    if campaign is None:
        return "", ""
    if gap.cause is Cause.DRAFT:
        return href(campaign, "launch"), "What its launch lacks"
    if gap.cause is Cause.STOPPED:
        return href(campaign, "do", "duplicate"), "Duplicate it"
    return href(campaign), "Its page"


def _was(one: Alert) -> str:
    return f"{percent_text(one.share)}: {number(one.share.part)} of {number(one.share.whole)}"


def _mails(visit: Visit, settings: Settings, seen: Curtain) -> Mails:
    """Who is written to, and what became of that (I-26)."""
    names = tuple(address(one, seen) for one in sorted(settings.spec.in_campaign.email_subscribers))
    if settings.ref is None:
        return Mails(names)
    store, now = visit.store, visit.store.time(visit.now)
    try:
        job = store.ledger.view(store.ledger.uid(settings.ref), now)
    except Permanent:
        job = None
    if job is None:
        return Mails(names)
    left = sum(units for stage, units in job.stages.items() if not stage.is_final)
    odd = sum(job.stages.get(stage, 0) for stage in (Stage.FAILED, Stage.UNKNOWN))
    trouble = next((lane.trouble.message for lane in job.lanes if lane.trouble and lane.left), "")
    return Mails(names, job.stages.get(Stage.SENT, 0), left, odd, remark(trouble, seen))
