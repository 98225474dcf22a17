"""Who may have a lead and who gets it, as pure functions over made-up standings."""

import json
from collections import Counter as Tally
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from reconciler.kinds.leads.account_contract.spec import AccountContractSpec
from reconciler.kinds.leads.eligible import Bar, Matter, Offer, Shares, fits, may_buy, offer_of
from reconciler.kinds.leads.lead_campaign.spec import LeadCampaignSpec
from reconciler.kinds.leads.market import Buyer, Version
from reconciler.kinds.leads.selecting import select
from reconciler.model.lead_sales import Counter, Standing, Used
from reconciler.model.leads import Lead, LeadStage, Outbound
from reconciler.model.ref import Ref

NOW = datetime(2027, 3, 2, 9, 30, tzinfo=UTC)
"""A Tuesday, 10:30 in Amsterdam."""


def lead(**given: Any) -> Lead:
    whole: dict[str, Any] = {
        "id": 1, "code": "L1", "uid": 1, "contract": 2, "partner": "p", "workflow": "quotes", "vertical": "car", "at": NOW,
        "is_test": False, "stage": LeadStage.WAITING, "score": 20, "fields": {}, **given,
    }  # fmt: skip
    return Lead(**whole)


def buyer(name: str, **spec: Any) -> Buyer:
    whole = {"account": name, "campaign": "cars", "price": {"amount": "10.00", "currency": "EUR"}, **spec}
    ref = Ref("AccountContract", name)
    return Buyer(sum(name.encode()), ref, "present", AccountContractSpec.model_validate_json(json.dumps(whole)))


def matter(one: Lead | None = None, now: datetime = NOW, **distribution: Any) -> Matter:
    workflow = {"name": "quotes", "distribution": {"mode": "directPost", **distribution}}
    spec = LeadCampaignSpec.model_validate_json(json.dumps({"workflows": [workflow]}))
    version = Version(1, Ref("LeadCampaign", "cars", 1), "published", spec, "Europe/Amsterdam")
    found = one or lead()
    return Matter(found, dict(found.fields), version, spec.workflows[0], now)


def standing(
    sold: tuple[Outbound, ...] = (), turns: dict[int, int] | None = None, used: dict[int, Used] | None = None
) -> Standing:
    def taken(counter: Counter) -> Used:
        return (used or {}).get(counter.contract, Used())

    return Standing(lead(), "published", True, NOW, sold, turns or {}, taken)


def sale(account: str, shares: int = 0) -> Outbound:
    return Outbound(1, "L1-1", 1, 1, 9, account, NOW, False, Decimal(10), "EUR", shares=shares)


def picks(what: Matter, buyers: list[Buyer], how: Standing | None = None) -> list[tuple[str, str]]:
    found = select(what, [offer_of(one) for one in buyers], how or standing())
    return [(one.offer.buyer.ref.name, one.rule) for one in found.picks]


@pytest.mark.parametrize(
    ("spec", "one", "bar"),
    [
        ({}, {}, None),
        ({"verticals": ["boat"]}, {}, Bar.VERTICAL),
        ({"verticals": ["boat", "car"]}, {}, None),
        ({"workflows": ["calls"]}, {}, Bar.WORKFLOW),
        ({"where": 'lead.plate == "X"'}, {"fields": {"plate": "X"}}, None),
        ({"where": 'lead.plate == "X"'}, {"fields": {"plate": "Y"}}, Bar.WHERE),
        ({"where": "lead.nothing > 3"}, {}, Bar.WHERE),
        ({"where": "1"}, {}, Bar.WHERE),
        ({"hours": {"from": "10:30", "to": "18:00"}}, {}, None),
        ({"hours": {"from": "08:00", "to": "10:30"}}, {}, Bar.HOURS),
        ({"hours": {"from": "22:00", "to": "11:00", "days": ["mon"]}}, {}, None),
        ({"hours": {"from": "09:00", "to": "10:00", "timezone": "UTC"}}, {}, None),
        ({"hours": {"from": "00:00", "to": "00:00", "days": ["wed"]}}, {}, Bar.HOURS),
        ({"minLeadScore": 20}, {}, None),
        ({"minLeadScore": 21}, {}, Bar.MIN_LEAD_SCORE),
        ({"maxLeadAge": "1h"}, {"at": NOW - timedelta(hours=1)}, None),
        ({"maxLeadAge": "1h"}, {"at": NOW - timedelta(hours=1, seconds=1)}, Bar.MAX_LEAD_AGE),
        ({"verticals": ["boat"], "minLeadScore": 99}, {}, Bar.VERTICAL),
    ],
)
def test_a_contract_is_for_a_lead_or_the_first_reason_says_why_not(
    spec: dict[str, Any], one: dict[str, Any], bar: Bar | None
) -> None:
    assert fits(matter(lead(**one)), buyer("acme", **spec)).bar is bar


@pytest.mark.parametrize(
    ("night", "is_in"),
    [("2027-10-30T20:59", False), ("2027-10-30T21:00", True), ("2027-10-31T04:59", True), ("2027-10-31T05:00", False)],
)
def test_hours_over_midnight_hold_through_the_night_in_which_clocks_go_back(night: str, is_in: bool) -> None:
    """23:00 to 06:00 in Amsterdam are eight hours then: 21:00 to 05:00 UTC."""
    now = datetime.fromisoformat(night).replace(tzinfo=UTC)
    found = fits(matter(now=now), buyer("acme", hours={"from": "23:00", "to": "06:00"}))
    assert (found.bar is None) is is_in


@pytest.mark.parametrize(
    ("caps", "used", "price", "bar"),
    [
        ([{"leads": 3, "per": "day"}], Used(2, Decimal(0)), "10", None),
        ([{"leads": 3, "per": "day"}], Used(3, Decimal(0)), "10", Bar.CAP),
        ([{"leads": 0, "per": "year"}], Used(), "10", Bar.CAP),
        ([{"amount": "30.00", "per": "day"}], Used(2, Decimal("20.00")), "10.00", None),
        ([{"amount": "30.00", "per": "day"}], Used(2, Decimal("20.01")), "10.00", Bar.CAP),
        ([{"leads": 9, "per": "day"}, {"amount": "10.00", "per": "month"}], Used(1, Decimal(10)), "0.01", Bar.CAP),
    ],
)
def test_all_caps_hold(caps: list[dict[str, Any]], used: Used, price: str, bar: Bar | None) -> None:
    one = buyer("acme", caps=caps)
    offer = Offer(one, Decimal(price), "EUR")
    found = may_buy(matter(), offer, standing(used={one.uid: used}), Shares.of((), 1))
    assert found.bar is bar


@pytest.mark.parametrize(
    ("sold", "own", "share_count", "bar"),
    [
        ((), None, 1, None),
        ((sale("beta"),), None, 2, None),
        ((sale("beta"),), None, 1, Bar.SHARE_COUNT),
        ((sale("beta"),), 1, 3, Bar.SHARE_COUNT),
        ((sale("beta", shares=1),), None, 3, Bar.SHARE_COUNT),
        ((sale("beta", shares=2),), None, 3, None),
        ((sale("acme"),), None, 3, Bar.ACCOUNT),
    ],
)
def test_shares_are_the_strictest_of_all_who_have_the_lead(
    sold: tuple[Outbound, ...], own: int | None, share_count: int, bar: Bar | None
) -> None:
    """Who bought exclusively ends sharing, by the contract as it was then."""
    one = buyer("acme", **({"maxShareCount": own} if own else {}))
    assert may_buy(matter(), offer_of(one), standing(sold), Shares.of(sold, share_count)).bar is bar


def test_rules_choose_one_after_another_of_those_left() -> None:
    buyers = [buyer("a", qualityScore=1), buyer("b", qualityScore=9), buyer("c", qualityScore=5), buyer("d")]
    rules = [{"rule": "qualityScore", "take": 2}, {"rule": "roundRobin", "take": 1}]
    turns = {buyers[0].uid: 4, buyers[3].uid: 3}
    found = picks(matter(shareCount=3, select=rules), buyers, standing(turns=turns))
    assert found == [("b", "qualityScore"), ("c", "qualityScore"), ("d", "roundRobin")]
    assert len(picks(matter(shareCount=2, select=rules), buyers)) == 2
    assert len(picks(matter(shareCount=9, select=rules), buyers)) == 3, "no more than the rules take"


def test_who_shares_with_fewer_is_passed_over_for_the_next() -> None:
    buyers = [buyer("a", qualityScore=9), buyer("b", qualityScore=5, maxShareCount=1), buyer("c")]
    assert [name for name, _ in picks(matter(shareCount=2), buyers)] == ["a", "c"]


def test_fewest_leads_and_least_turnover() -> None:
    buyers = [buyer("a"), buyer("b"), buyer("c")]
    used = {
        buyers[0].uid: Used(5, Decimal(10)),
        buyers[1].uid: Used(1, Decimal(90)),
        buyers[2].uid: Used(1, Decimal(95)),
    }
    for rule, expected in (("leadCount", "b"), ("turnover", "a")):
        assert picks(matter(select=[{"rule": rule, "per": "day"}]), buyers, standing(used=used)) == [(expected, rule)]


@pytest.mark.parametrize("rule", ["leadCount", "turnover"])
def test_what_is_counted_is_the_period_of_the_rule(rule: str) -> None:
    """In the campaign's zone; without one, all that there ever was."""
    asked: list[Counter] = []

    def taken(counter: Counter) -> Used:
        asked.append(counter)
        return Used()

    watched = replace(standing(), used=taken)
    for per in ({"per": "month"}, {}):
        picks(matter(select=[{"rule": rule, **per}]), [buyer("a")], watched)
    begins, ends = datetime(2027, 2, 28, 23, tzinfo=UTC), datetime(2027, 3, 31, 22, tzinfo=UTC)
    assert {(one.period, one.begins_at, one.ends_at) for one in asked} == {("month", begins, ends), ("", None, None)}


def test_a_lot_is_the_same_for_the_same_seed_and_lead_whoever_else_there_is() -> None:
    buyers = [buyer(name) for name in ("a", "b", "c", "d")]

    def winner(code: str, seed: int | None, among: list[Buyer]) -> str:
        rule = {"rule": "random", **({"seed": seed} if seed is not None else {})}
        return picks(matter(lead(code=code), select=[rule]), among)[0][0]

    first = [winner(f"L{n}", 7, buyers) for n in range(400)]
    assert first == [winner(f"L{n}", 7, buyers[::-1]) for n in range(400)]
    assert first != [winner(f"L{n}", 8, buyers) for n in range(400)]
    assert first != [winner(f"L{n}", None, buyers) for n in range(400)]
    less = [winner(f"L{n}", 7, buyers[:3]) for n in range(400)]
    assert all(one == two for one, two in zip(first, less, strict=True) if one != "d")
    assert all(70 <= many <= 130 for many in Tally(first).values()), Tally(first)


def test_bids_in_several_currencies_are_not_compared() -> None:
    """Those in the currency that most bid in come first."""
    offers = [
        Offer(buyer("yen"), Decimal(900), "JPY"),
        Offer(buyer("low"), Decimal(7), "EUR"),
        Offer(buyer("high"), Decimal(9), "EUR"),
    ]
    found = select(matter(mode="pingPost", shareCount=3), offers, standing())
    assert [one.offer.buyer.ref.name for one in found.picks] == ["high", "low", "yen"]
