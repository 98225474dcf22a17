"""Who of those that may buy a lead gets it: the rules of its workflow one after another, or the highest bids.

qualityScore   the highest score first
roundRobin     who was served by this rule of the workflow longest ago first; who never was, first of all
random         by lot: the same seed and lead give the same buyers, whoever else there is; without a seed, the same lead does
leadCount      who has bought the fewest leads in the period first
turnover       who has paid the least in the period first

Ties go by the name of the contract, so that the same standing gives the same buyers.
"""

import hashlib
from collections import Counter as Tally
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from reconciler.kinds.leads.eligible import Matter, Offer, Shares, Verdict, counter_of, may_buy
from reconciler.kinds.leads.lead_campaign.spec import Select
from reconciler.model.lead_sales import Standing, Used

BID: Final = "bid"
"""What chose a buyer that was asked."""
MANUAL: Final = "manual"
"""What chose one that a person named."""

Ranked = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Pick:
    """A buyer that was chosen: by which rule, and what spoke for it."""

    offer: Offer
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Selection:
    """Who gets a lead, in order, and the verdicts on all who were looked at."""

    picks: tuple[Pick, ...]
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class _Ranking:
    """One rule: what puts the buyers in order, and how to say it."""

    rule: str
    take: int
    rank: Callable[[Offer], Ranked]
    said: Callable[[Offer], str]


def select(matter: Matter, offers: Sequence[Offer], standing: Standing) -> Selection:
    """Choose among buyers whose contracts fit, by their prices or bids."""
    distribution = matter.workflow.distribution
    shares = Shares.of(standing.sold, distribution.share_count)
    verdicts = [may_buy(matter, offer, standing, shares) for offer in offers]
    allowed = {verdict.buyer.uid for verdict in verdicts if verdict.bar is None}
    left = [offer for offer in offers if offer.buyer.uid in allowed]
    if distribution.mode == "pingPost":
        rankings = [_by_bid(left)]
    else:
        rules = distribution.select or (Select(rule="qualityScore", take=100),)
        rankings = [_ranking(rule, matter, standing) for rule in rules]
    return Selection(tuple(_picked(rankings, left, shares)), tuple(verdicts))


def choose(matter: Matter, offers: Sequence[Offer], standing: Standing) -> Selection:
    """The buyers that a person named, in that order, those that may have the lead."""
    shares = Shares.of(standing.sold, matter.workflow.distribution.share_count)
    picks, verdicts = [], []
    for offer in offers:
        verdict = may_buy(matter, offer, standing, shares)
        if verdict.bar is None:
            shares = shares.with_(offer.buyer)
            picks.append(Pick(offer, MANUAL, "chosen by a person"))
        verdicts.append(verdict)
    return Selection(tuple(picks), tuple(verdicts))


def _picked(rankings: Sequence[_Ranking], left: Sequence[Offer], shares: Shares) -> Iterator[Pick]:
    taken: set[int] = set()
    for ranking in rankings:
        given = 0
        for offer in sorted((one for one in left if one.buyer.uid not in taken), key=ranking.rank):
            if given == ranking.take:
                break
            # An account may have several contracts, and who bought exclusively ends sharing.
            if offer.buyer.spec.account in shares.accounts or shares.bar(offer.buyer):
                continue
            shares, given = shares.with_(offer.buyer), given + 1
            taken.add(offer.buyer.uid)
            yield Pick(offer, ranking.rule, ranking.said(offer))


def _ranking(rule: Select, matter: Matter, standing: Standing) -> _Ranking:
    match rule.rule:
        case "qualityScore":
            return _Ranking(rule.rule, rule.take, _by_quality, lambda one: f"score {one.buyer.spec.quality_score}")
        case "roundRobin":
            turns = standing.turns
            return _Ranking(
                rule.rule,
                rule.take,
                lambda one: (turns.get(one.buyer.uid, 0), one.buyer.ref.name),
                lambda one: f"its turn after {turns[one.buyer.uid]}" if one.buyer.uid in turns else "its first turn",
            )
        case "random":
            return _Ranking(
                rule.rule, rule.take, lambda one: _lot(rule.seed, matter.lead.code, one.buyer.ref.name), lambda _: "lot"
            )
        case "leadCount":
            count = _used(rule, matter, standing)
            return _Ranking(
                rule.rule,
                rule.take,
                lambda one: (count(one).leads, one.buyer.ref.name),
                lambda one: f"{count(one).leads} leads so far",
            )
        case "turnover":
            spent = _used(rule, matter, standing)
            return _Ranking(
                rule.rule,
                rule.take,
                lambda one: (spent(one).amount, one.buyer.ref.name),
                lambda one: f"{spent(one).amount} {one.currency} so far",
            )


def _used(rule: Select, matter: Matter, standing: Standing) -> Callable[[Offer], Used]:
    return lambda one: standing.used(counter_of(one.buyer, rule.per, matter.version.zone, matter.now))


def _by_quality(offer: Offer) -> Ranked:
    return -offer.buyer.spec.quality_score, offer.buyer.ref.name


def _lot(seed: int | None, lead: str, contract: str) -> Ranked:
    """A number that hangs on these three alone, so that a buyer who comes or goes does not change the others' order."""
    text = f"{'' if seed is None else seed}\n{lead}\n{contract}"
    return hashlib.sha256(text.encode()).digest(), contract


def _by_bid(offers: Sequence[Offer]) -> _Ranking:
    """The highest bids first, equal ones by quality score. Amounts compare in one currency: most bids' one comes first."""
    many = Tally(offer.currency for offer in offers)
    return _Ranking(
        BID,
        100,
        lambda one: (-many[one.currency], one.currency, -one.price, *_by_quality(one)),
        lambda one: f"bid {one.price} {one.currency}",
    )


def by_bar(verdicts: Sequence[Verdict]) -> Mapping[str, int]:
    """How many buyers did not get a lead, by the reason."""
    return dict(sorted(Tally(str(one.bar) for one in verdicts if one.bar).items()))
