"""What a referral campaign shows: who sees what of it now, what came of it, what is owed, what a move means. (R-01 to R-25)"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote

from reconciler.dashboard.charts import Point, bars
from reconciler.dashboard.kept import Held
from reconciler.dashboard.panel import Card, Panel, Section
from reconciler.dashboard.programs.figures import NOTHING, Came, Figures, figures, program
from reconciler.dashboard.programs.sums import amounts, listed, sum_rows, total
from reconciler.dashboard.render import href, money, number
from reconciler.dashboard.visit import Visit
from reconciler.kinds.referral.answer import Running
from reconciler.kinds.referral.audience import sights, tills
from reconciler.kinds.referral.programs import Offering, spec_of
from reconciler.kinds.referral.referral_campaign.spec import InProgress, ReferralCampaignSpec
from reconciler.kinds.referral.referral_campaign.spec import Reward as Rule
from reconciler.lifecycle.said import said
from reconciler.model.lifecycle import Lifecycle
from reconciler.model.requirement import Requirement
from reconciler.model.resource import Resource
from reconciler.model.reward import Fate, Owed
from reconciler.plan.operate import legal

_MEANS: Final = {"allow": "allowed", "review": "looked at by a person", "deny": "denied"}


@dataclass(frozen=True, slots=True)
class MoveRow:
    """What moving the campaign into a state would mean: for visitors, and for what is owed (R-15, R-16, X-10)."""

    event: str
    target: str
    href: str
    words: str
    effects: tuple[str, ...]
    danger: str
    risk: str
    requirement: Requirement


def panel(visit: Visit, one: Resource) -> Panel:
    """All of it; of a campaign whose program is not in use what its document says."""
    spec = spec_of(one.document)
    offering = program(visit, spec.program)
    running = offering.running(one.ref) if offering else None
    header = tuple(_header(spec))
    if offering is None or running is None:
        return Panel(header, sections=(_terms(spec),))
    held = figures(visit, offering)
    came = held.value.campaigns.get(one.ref, NOTHING) if held else NOTHING
    name = f"/programs/{quote(spec.program)}"
    law = visit.premises.repository.kinds.table[one.ref.kind].lifecycle
    sections = (
        _seen(visit, offering, running),
        _moves(one, law, came),
        _came(one.ref.name, spec, came, held),
        _terms(spec),
    )
    links = (("Program", name), ("Rewards", listed(spec.program, campaign=one.ref.name)))
    return Panel(header, cards=tuple(_cards(one, spec, came, held)), sections=sections, links=links)


def program_panel(visit: Visit, one: Resource) -> Panel:
    """What a program shows: where it is told of in full."""
    name = f"/programs/{quote(one.ref.name)}"
    return Panel(links=(("Program", name), ("Rewards", listed(one.ref.name)), ("Participants", f"{name}/participants")))


def _header(spec: ReferralCampaignSpec) -> Iterator[tuple[str, str]]:
    yield "Program", spec.program
    yield "Goes live as", "a burst: the program's others rest meanwhile" if spec.go_live_as == "burst" else "a test"
    if spec.weight is not None:
        yield "Weight", str(spec.weight)
    if spec.offer and spec.offer.friend:
        yield "Promised to friends", spec.offer.friend
    if spec.offer and spec.offer.advocate:
        yield "Promised to advocates", spec.offer.advocate
    if spec.creative and spec.creative.cta:
        yield "Call to action", spec.creative.cta
    if spec.creative and spec.creative.landing:
        yield "Links lead to", spec.creative.landing


def _cards(one: Resource, spec: ReferralCampaignSpec, came: Came, held: Held[Figures] | None) -> Iterator[Card]:
    if held is None:
        yield Card("What came of it", "…", "it is being counted; look again")
        return
    campaign = one.ref.name
    yield Card("Clicks", number(came.funnel.clicks), f"by {number(came.funnel.links)} links")
    yield Card("Friends who opened it", number(came.funnel.friends))
    yield Card(
        "Rewards earned", number(came.earned), "", listed(spec.program, campaign=campaign) if came.earned else ""
    )
    unpaid = came.unpaid
    if unpaid.count:
        note = f"{number(unpaid.count)} rewards; stopping it would void them"
        yield Card("At risk", total(amounts(unpaid)), note, "#moves", "warn")
    review = came.sums.get(Fate.REVIEW, Owed()).count
    if review:
        where = listed(spec.program, campaign=campaign, state=Fate.REVIEW.value)
        yield Card("To review", number(review), "a person decides", where, "warn")
    paid = came.sums.get(Fate.FULFILLED)
    if paid:
        yield Card("Paid", total(amounts(paid)), f"{number(paid.count)} rewards", "", "good")


def _seen(visit: Visit, offering: Offering, running: Running) -> Section:
    rows = sights(offering.program, running, visit.now)
    return Section("seen", "Who sees what now", "panel_referral_seen.html", {
        "rows": rows, "tills": tills(running.state), "name": running.ref.name,
        "hrefs": {part.ref: href(part.ref) for row in rows for part in row.sees},
        "fallback": offering.spec.fallback or "",
    })  # fmt: skip


def _moves(one: Resource, law: Lifecycle, came: Came) -> Section:
    rows = tuple(_move_rows(one, law, came)) if one.state in law.states else ()
    return Section("moves", "What moving it would mean", "panel_referral_moves.html", {"rows": rows})


def _move_rows(one: Resource, law: Lifecycle, came: Came) -> Iterator[MoveRow]:
    facts = {
        "rewardsAtRisk": came.unpaid.count,
        "rewardsAtRiskAmounts": {currency: str(amount) for currency, amount in sorted(came.unpaid.amounts.items())},
    }
    for edge in legal(law, one.state):
        risks = [law.guards[name] for effect in edge.effects for name in law.effects[effect].risks]
        told = tuple(law.effects[effect].summary for effect in edge.effects)
        risk = "; ".join(said(guard.message, facts) for guard in risks) if came.unpaid.count else ""
        where = href(one.ref, "do", "take", edge.event)
        yield MoveRow(edge.event, edge.target, where, edge.summary, told, edge.danger, risk, edge.requirement)


def _came(name: str, spec: ReferralCampaignSpec, came: Came, held: Held[Figures] | None) -> Section:
    funnel = came.funnel
    counts: list[tuple[str, int]] = [
        ("links shared", funnel.links), ("clicks", funnel.clicks), ("friends who opened it", funnel.friends),
        *((step, funnel.steps.get(step, 0)) for step in spec.journey),
        *((step, count) for step, count in funnel.steps.items() if step not in spec.journey),
        ("rewards", came.earned),
    ]  # fmt: skip
    points = [Point(label, (count,)) for label, count in counts]
    chart = bars("How far its links have led", ["how many"], points, "Step")
    return Section("came", "What came of it", "panel_referral_came.html", {
        "chart": chart, "sums": sum_rows(came.sums, spec.program, name), "as_of": held.as_of if held else None,
    })  # fmt: skip


def _terms(spec: ReferralCampaignSpec) -> Section:
    return Section("terms", "Terms", "panel_referral_terms.html", {
        "journey": spec.journey, "rules": tuple(map(_rule, spec.rewards)), "kept": tuple(_kept(spec.in_progress)),
        "fraud": (
            ("The friend is the advocate", _MEANS[spec.fraud.self_referral]),
            ("They share an address or device", _MEANS[spec.fraud.same_household]),
        ),
    })  # fmt: skip


def _rule(one: Rule) -> Mapping[str, Any]:
    limit = f"at most {one.limit.count} a {one.limit.per}" if one.limit else ""
    return {
        "to": one.to, "on": one.on, "value": money(Decimal(one.value), one.currency), "wait": one.wait, "limit": limit,
        "approval": "by a person" if one.approval == "manual" else "by itself",
    }  # fmt: skip


def _kept(terms: InProgress) -> Iterator[tuple[str, str]]:
    """What becomes of friends who are under way when it is no longer live (R-20 to R-23)."""
    if not terms.keep_offer:
        yield "Friends under way", "lose the offer as soon as it is not live"
        return
    yield "Friends under way", f"keep the offer while it is paused, from {terms.from_ or 'opening the link'} on"
    if terms.cutoff:
        yield "Last day", terms.cutoff
    if terms.pending_period:
        then = f"then it is {terms.then_state}" if terms.then_state else "then it stays paused"
        yield "Pending period", f"{terms.pending_period} after the pause; {then}"
