"""The programs, and one of them: all its campaigns, who answers now and at each coming date, and what is owed. (R-15, R-25)"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from reconciler.dashboard.outlook.foresight import YEAR, Foreseen, foreseen
from reconciler.dashboard.outlook.picturing import picture_of
from reconciler.dashboard.page import Page
from reconciler.dashboard.paging import part
from reconciler.dashboard.panel import Card
from reconciler.dashboard.programs.figures import NOTHING, Came, Figures, figures, offering_named, programs
from reconciler.dashboard.programs.sums import amounts, listed, sum_rows, total
from reconciler.dashboard.programs.turns import Turn, turns
from reconciler.dashboard.render import href, number
from reconciler.dashboard.visit import Visit
from reconciler.kinds.referral.answer import Running
from reconciler.kinds.referral.audience import Part, live
from reconciler.kinds.referral.programs import PROGRAM, Offering
from reconciler.model.lifecycle import Lifecycle
from reconciler.model.ref import Ref
from reconciler.model.reward import Fate, Wanted
from reconciler.plan.operate import legal
from reconciler.web.door import Answer

_COMING: Final = 20
"""Programs that are not applied yet and are named; of more the rest is counted."""
_TURNS: Final = 50
"""Dates to come that a page shows; the calendar has all."""
_PAST: Final = timedelta(days=90)
"""How far back the picture goes."""


@dataclass(frozen=True, slots=True)
class ProgramRow:
    """A program in the list."""

    name: str
    href: str
    title: str
    zone: str
    live: tuple[Part, ...]
    states: tuple[tuple[str, int], ...]
    review: int
    review_href: str


@dataclass(frozen=True, slots=True)
class Target:
    """A state that a campaign may be moved to by hand, and the page that asks (R-15, R-16)."""

    state: str
    event: str
    words: str
    danger: str
    href: str


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """A campaign of the program. `percent` is its share of the traffic where it is live."""

    ref: Ref
    href: str
    title: str
    state: str
    since: datetime
    sort: str
    percent: float | None
    came: Came
    unpaid: str
    next: "tuple[datetime, str] | None"
    targets: tuple[Target, ...]


def _list(visit: Visit) -> Answer:
    found = programs(visit)
    known = found or {}
    unknown = sorted(ref.name for ref in visit.premises.repository.manifests() if ref.kind == PROGRAM)
    rows = part(visit, "page", [one for _, one in sorted(known.items())], partial(_program, visit))
    coming = [name for name in unknown if name not in known] if found is not None else []
    return visit.show(
        "programs.html", rows=rows, coming=coming[:_COMING], more=len(coming[_COMING:]), reading=found is None
    )


def _program(visit: Visit, one: Offering) -> ProgramRow:
    states = Counter(each.state for each in one.program.running)
    review = visit.store.rewards.count(Wanted(one.uid, fates=[Fate.REVIEW]))
    name = one.ref.name
    return ProgramRow(
        name,
        f"/programs/{quote(name)}",
        one.spec.title or "",
        one.spec.timezone,
        live(one.program),
        tuple(sorted(states.items())),
        review,
        listed(name, state=Fate.REVIEW.value),
    )


def _one(visit: Visit) -> Answer:
    offering = offering_named(visit, visit.ask.params["name"])
    came, ahead = figures(visit, offering), foreseen(visit, YEAR)
    known = ahead.value if ahead else Foreseen(None)
    counted = came.value if came else Figures({}, 0)
    shown = turns(offering, known.plan, known.coming)
    refs = list(
        {one.ref: None for one in offering.program.running} | {ref: None for turn in shown for ref in _refs(turn)}
    )
    law = visit.premises.repository.kinds.table["ReferralCampaign"].lifecycle
    return visit.show(
        "program.html",
        one=offering,
        name=offering.ref.name,
        place=ZoneInfo(offering.spec.timezone),
        campaigns=[_campaign(one, offering, counted, shown, law) for one in _in_order(offering)],
        turns=shown[:_TURNS],
        more=len(shown[_TURNS:]),
        cards=tuple(_cards(offering, counted, came is None)),
        sums=sum_rows(counted.sums, offering.ref.name),
        counting=came is None,
        as_of=came.as_of if came else None,
        foreseen=ahead,
        is_invalid=ahead is not None and ahead.value.plan is None,
        picture=picture_of(visit, known.plan, refs, known.plan.made_at - _PAST, offering.spec.timezone)
        if known.plan
        else "",
        rewards_href=listed(offering.ref.name),
        resource_href=href(offering.ref),
    )


def _refs(turn: Turn) -> Iterator[Ref]:
    return (move.ref for move in turn.moves)


def _in_order(offering: Offering) -> list[Running]:
    """Those that answer first, then those that are paused or have ended, then the others."""
    order = {"live": 0, "paused": 1, "ended": 2, "not_launched": 3, "stopped": 4}
    return sorted(offering.program.running, key=lambda one: (order.get(one.state, 5), one.ref))


def _campaign(
    one: Running, offering: Offering, counted: Figures, shown: tuple[Turn, ...], law: Lifecycle
) -> CampaignRow:
    came = counted.campaigns.get(one.ref, NOTHING)
    shares = {part.ref: part.percent for part in live(offering.program)}
    return CampaignRow(
        ref=one.ref,
        href=href(one.ref),
        title=one.spec.title or "",
        state=one.state,
        since=one.entered_at,
        sort=one.spec.go_live_as,
        percent=shares.get(one.ref),
        came=came,
        unpaid=total(amounts(came.unpaid)) if came.unpaid.count else "",
        next=_next(one.ref, shown),
        targets=tuple(_targets(one, law)) if one.state in law.states else (),
    )


def _next(ref: Ref, shown: tuple[Turn, ...]) -> "tuple[datetime, str] | None":
    found = (
        (turn.at, move.way) for turn in shown if turn.at for move in turn.moves if move.ref == ref and move.happens
    )
    return next(found, None)


def _targets(one: Running, law: Lifecycle) -> Iterator[Target]:
    for edge in legal(law, one.state):
        yield Target(edge.target, edge.event, edge.summary, edge.danger, href(one.ref, "do", "take", edge.event))


def _cards(offering: Offering, counted: Figures, is_counting: bool) -> Iterator[Card]:
    answers = live(offering.program)
    names = ", ".join(part.ref.name for part in answers)
    if len(answers) == 1:
        yield Card("Answers now", names, "everybody who keeps no other offer", href(answers[0].ref), "good")
    else:
        note = names if answers else "links lead to the fallback page, or to a plain one"
        yield Card("Answer now", number(len(answers)), note, "", "good" if answers else "warn")
    if is_counting:
        return
    came, name = counted.campaigns.values(), offering.ref.name
    yield Card(
        "Clicks", number(sum(one.funnel.clicks for one in came)), f"{number(counted.nowhere)} more while none was live"
    )
    yield Card("Friends who opened an offer", number(sum(one.funnel.friends for one in came)))
    review = counted.sums.get(Fate.REVIEW)
    count = review.count if review else 0
    yield Card(
        "To review", number(count), "", listed(name, state=Fate.REVIEW.value) if count else "", "warn" if count else ""
    )
    paid = counted.sums.get(Fate.FULFILLED)
    if paid:
        yield Card(
            "Paid", total(amounts(paid)), f"{number(paid.count)} rewards", listed(name, state=Fate.FULFILLED.value)
        )


PAGES: Final = (Page("programs", "/programs", _list), Page("program", "/programs/{name}", _one))
