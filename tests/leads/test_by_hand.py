"""`muster leads explain` and `distribute`: each buyer's verdict, each rule's choice, and a sale by hand."""

import json
from contextlib import closing
from typing import Any

from tests.leads.yard import Yard


def opened(yard: Yard, state: str = "published", **distribution: Any) -> None:
    yard.campaign(state, **distribution)
    yard.partner()
    yard.buyer("acme", qualityScore=5)
    yard.buyer("beta", minLeadScore=50)
    yard.buyer("gamma", price={"amount": "12.00", "currency": "USD"})
    yard.apply()


def told(yard: Yard, code: str) -> dict[str, Any]:
    answer = yard.room.cli("leads", "explain", code, "--format", "json")
    assert answer.code == 0, answer.err
    return json.loads(answer.out)  # type: ignore[no-any-return]


def test_every_buyer_has_a_verdict_and_every_rule_a_choice(yard: Yard) -> None:
    """L-15, L-24, AMB-L4: those too whose contracts are for another version."""
    opened(yard, shareCount=1, select=[{"rule": "roundRobin"}])
    yard.campaign("published", 2)
    yard.buyer("later", version=2)
    yard.apply()
    yard.arrive()
    found = told(yard, "L1")
    assert [(one["contract"], one["bar"]) for one in found["buyers"]] == [
        ("acme", None),
        ("gamma", None),
        ("beta", "minLeadScore"),
        ("later", "version"),
    ]
    chosen = found["buyers"][0]["chosen"]
    price = {"amount": "10.00", "currency": "EUR"}
    assert chosen == {"place": 1, "rule": "roundRobin", "reason": "its first turn", "price": price}
    assert found["buyers"][1]["chosen"] is None
    text = yard.room.cli("leads", "explain", "L1").out
    assert "chosen 1" in text and "roundRobin: its first turn" in text and "no rule chooses it" in text
    assert yard.accounts() == [], "nothing is sold"


def test_what_was_sold_is_told_with_its_rule(yard: Yard) -> None:
    opened(yard, mode="manual", shareCount=2)
    yard.arrive(stage="manual")
    answer = yard.room.cli("leads", "distribute", "L1", "--to", "gamma")
    assert (answer.code, answer.out) == (0, "L1-1: sold to gamma for 12.00 USD\n")
    found = told(yard, "L1")
    assert [(one["account"], one["rule"]) for one in found["sold"]] == [("gamma", "manual")]
    assert ("gamma", "account") in [(one["account"], one["bar"]) for one in found["buyers"]]
    assert "sold to gamma for 12.00 USD" in yard.room.cli("leads", "explain", "L1").out


def test_by_hand_it_goes_to_all_or_to_none(yard: Yard) -> None:
    """The contracts' terms hold: each refusal has its reason, exit 4."""
    opened(yard, mode="manual", shareCount=3)
    yard.arrive(stage="manual")
    answer = yard.room.cli("leads", "distribute", "L1", "--to", "acme", "--to", "beta")
    assert answer.code == 4 and "beta: minLeadScore: the lead scores 0, it wants 50" in answer.err
    assert yard.accounts() == [] and yard.stages() == {"manual": 1}
    assert yard.room.cli("leads", "distribute", "L1", "--to", "acme", "--to", "gamma").code == 0
    again = yard.room.cli("leads", "distribute", "L1", "--to", "acme")
    assert again.code == 4 and "acme: account" in again.err
    assert yard.accounts() == ["acme", "gamma"] and yard.stages() == {"sold": 1}


def test_by_hand_no_more_buyers_share_a_lead_than_may(yard: Yard) -> None:
    opened(yard, mode="manual", shareCount=1)
    yard.arrive(stage="manual")
    answer = yard.room.cli("leads", "distribute", "L1", "--to", "acme", "--to", "gamma")
    assert answer.code == 4 and "gamma: maxShareCount" in answer.err
    assert yard.accounts() == []


def test_nothing_is_sold_by_hand_while_the_version_rests(yard: Yard) -> None:
    """L-29, AMB-L5."""
    opened(yard, mode="manual")
    yard.arrive(stage="manual")
    yard.campaign("sundowned", mode="manual")
    yard.apply()
    answer = yard.room.cli("leads", "distribute", "L1", "--to", "acme")
    assert answer.code == 4 and "sundowned" in answer.err
    assert yard.accounts() == []


def test_a_test_lead_is_seen_only_in_test(yard: Yard) -> None:
    """L-14, AMB-L2."""
    opened(yard, "test", mode="manual")
    yard.arrive(stage="manual")
    assert told(yard, "L1")["state"] == "test"
    yard.campaign("published", mode="manual")
    yard.apply()
    assert yard.room.cli("leads", "explain", "L1").code == 64
    assert yard.room.cli("leads", "distribute", "L1", "--to", "acme").code == 64


def test_what_is_not_there_is_said(yard: Yard) -> None:
    opened(yard, mode="manual")
    yard.campaign("published", 2)
    yard.buyer("later", version=2)
    yard.apply()
    yard.arrive(stage="manual")
    assert "no lead" in yard.room.cli("leads", "explain", "L9\x1b[2J").err
    assert yard.room.cli("leads", "distribute", "L1", "--to", "nobody").code == 64
    answer = yard.room.cli("leads", "distribute", "L1", "--to", "later")
    assert answer.code == 64 and "is not for LeadCampaign/cars@1" in answer.err


def test_a_lead_that_waits_says_when_it_is_offered_again(yard: Yard) -> None:
    opened(yard, mode="directPost", window={"retryEvery": "1h", "for": "24h"})
    yard.arrive(until=(yard.room.clock.now().timestamp() + 86_400))
    assert told(yard, "L1")["again"] is not None
    assert "offered again at" in yard.room.cli("leads", "explain", "L1").out


def test_who_would_be_asked_for_a_bid(yard: Yard) -> None:
    """Nobody is, by an explanation."""
    ping = {"url": "https://bids.example/ask"}
    yard.campaign("published", mode="pingPost")
    yard.buyer("asked", ping=ping)
    yard.buyer("full", ping=ping, caps=[{"leads": 0, "per": "day"}])
    yard.buyer("mute")
    yard.apply()
    yard.arrive()
    bars = {one["contract"]: one["bar"] for one in told(yard, "L1")["buyers"]}
    assert bars == {"asked": None, "full": "cap", "mute": "ping"}
    assert "it would be asked for a bid" in yard.room.cli("leads", "explain", "L1").out


def test_a_sale_by_hand_that_was_made_before_its_answer_was_lost_is_made_once(yard: Yard) -> None:
    """The same sale, done again at the same instant, finds itself."""
    from reconciler.kinds.leads.market import Outlook
    from reconciler.kinds.leads.selling import Shop

    opened(yard, mode="manual", shareCount=2)
    yard.arrive(stage="manual")
    with closing(yard.room.open()) as store:
        market = Outlook().market(store)
        version = market.version("cars", 1)
        assert version is not None
        shop, now = Shop.of(market, version), yard.room.clock.now()
        lead = store.lead_sales.find("L1")
        assert lead is not None
        decide = shop.by_hand([market.buyers["acme"]], lambda *_: None)
        first = store.lead_sales.sell(shop.book, [lead.id], now, decide, shop.deliver)
        assert store.lead_sales.sell(shop.book, [lead.id], now, decide, shop.deliver) == first
    assert yard.accounts() == ["acme"]
