"""Distribution by workers, on every store: who gets a lead, once each, however often it is tried."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from reconciler.engine.lane import Slice
from reconciler.model.ports import Store
from reconciler.model.work import Phase
from reconciler.store.sqlite import SqliteStore
from tests.leads.desk import NOW, WORKFLOW, buyer, campaign, move, partner
from tests.leads.saleroom import Saleroom, rows, version_ref


def room_of(store: Store, state: str = "published", **distribution: Any) -> Saleroom:
    """A saleroom whose workflow distributes like this."""
    workflow = {**WORKFLOW, "distribution": {"mode": "directPost", **distribution}}
    return Saleroom(store, campaign(store, "cars", state=state, workflows=[workflow]))


def test_a_lead_goes_to_the_best_buyers_up_to_its_share_count(store: Store) -> None:
    """L-15, L-24: without rules the highest quality score first; equal ones by name."""
    room = room_of(store, shareCount=2)
    for name, score in (("low", 10), ("beta", 500), ("alpha", 500)):
        buyer(store, name, "cars", qualityScore=score)
    room.arrive()
    room.work()
    assert room.sold() == [("L1", "alpha"), ("L1", "beta")]
    assert room.stages() == {"L1": "sold"}
    assert set(room.units().values()) == {"sent"}


def test_a_unit_that_is_done_again_sells_nothing_twice(store: Store) -> None:
    """A worker dies after the sale and before it is recorded: the unit is in doubt, is done again, and finds the sale."""
    room = room_of(store, shareCount=3)
    for name in ("alpha", "beta", "gamma", "delta"):
        buyer(store, name, "cars")
    room.arrive(5)
    room.work()
    before = room.sold()
    assert len(before) == 15
    desk = store.ledger._desk  # type: ignore[attr-defined]
    desk.writing(lambda sql: sql.run("UPDATE unit SET stage = 'sending', owner = 'gone' WHERE uid = ?", (room.uid,)))
    assert store.ledger.doubt(room.uid, room.now) == 5
    assert list(room.workers.reports()) == []
    assert set(room.units().values()) == {"pending"}
    room.work()
    assert room.sold() == before
    assert set(room.units().values()) == {"sent"}


def test_turns_over_ten_thousand_leads_differ_by_at_most_one(store: Store) -> None:
    """Acceptance: round robin is exact, across lanes. A server has a longer way for each, so fewer go it."""
    many = 10_000 if isinstance(store, SqliteStore) else 2_000
    room = room_of(store, select=[{"rule": "roundRobin", "take": 1}])
    for number in range(7):
        buyer(store, f"b{number}", "cars", qualityScore=number)
    room.arrive(many)
    room.work(slice=Slice(window=20, span=timedelta(minutes=9)))
    count = Counter(room.accounts())
    assert sum(count.values()) == many and len(count) == 7
    assert max(count.values()) - min(count.values()) <= 1


def test_turns_are_taken_by_those_who_may_buy(store: Store) -> None:
    """Who could not buy for a while is first once, not until it has caught up."""
    room = room_of(store, select=[{"rule": "roundRobin", "take": 1}])
    buyer(store, "a", "cars")
    buyer(store, "b", "cars", minLeadScore=10)
    room.arrive(4)
    room.work()
    assert room.accounts() == ["a"] * 4
    room.arrive(4, score=10)
    room.work()
    assert sorted(room.accounts()[4:]) == ["a", "a", "b", "b"]


def test_nobody_takes_more_than_the_cap(store: Store) -> None:
    """L-24: the rest goes to others, or stays unsold; the day after begins anew at midnight in the campaign's zone."""
    room = room_of(store)
    buyer(store, "acme", "cars", caps=[{"leads": 3, "per": "day"}], qualityScore=9)
    room.arrive(5)
    room.work()
    assert room.accounts() == ["acme"] * 3
    assert sorted(room.stages().values()) == ["sold"] * 3 + ["unsold"] * 2
    room.now = datetime(2027, 1, 4, 22, 59, 59, tzinfo=NOW.tzinfo)
    room.arrive()
    room.work()
    assert len(room.accounts()) == 3
    room.now = datetime(2027, 1, 4, 23, 0, tzinfo=NOW.tzinfo)  # midnight in Amsterdam
    room.arrive(4)
    room.work()
    assert len(room.accounts()) == 6


def test_a_cap_of_money_is_exact(store: Store) -> None:
    """As many as fit into the amount, to the last ten-thousandth."""
    room = room_of(store)
    price = {"amount": "0.3333", "currency": "EUR"}
    buyer(store, "acme", "cars", price=price, caps=[{"amount": "1.00", "per": "month"}])
    room.arrive(5)
    room.work()
    assert len(room.accounts()) == 3
    buyer(store, "acme", "cars", price=price, caps=[{"amount": "1.3332", "per": "month"}])
    room.arrive(5)
    room.work()
    assert len(room.accounts()) == 4, "a cap that is raised counts from what was sold"


def test_a_cap_that_comes_later_counts_what_was_sold_before(store: Store) -> None:
    """Also where it was there, taken away and put back meanwhile; and where sales are many, so that they are written down."""
    room = room_of(store)
    capped = [{"leads": 130, "per": "day"}]
    buyer(store, "acme", "cars")
    room.arrive(120)
    room.work()
    buyer(store, "acme", "cars", caps=capped)
    room.arrive(4)
    room.work()
    assert rows(store, "SELECT leads, period FROM lead_use") != [], "it was worth writing down"
    buyer(store, "acme", "cars")
    room.arrive(4)
    room.work()
    buyer(store, "acme", "cars", caps=capped)
    room.arrive(4)
    room.work()
    assert len(room.accounts()) == 130


def test_sales_of_the_same_transaction_are_counted_by_whoever_asks_after_them(store: Store) -> None:
    """A cap that comes later is exact also where another workflow's rule was the first to ask, in the middle of a window."""
    rule = {
        **WORKFLOW,
        "name": "others",
        "distribution": {"mode": "directPost", "select": [{"rule": "leadCount", "per": "month"}]},
    }
    room = Saleroom(store, campaign(store, "cars", workflows=[WORKFLOW, rule]))
    buyer(store, "acme", "cars")
    room.arrive(120)
    room.work()
    room.arrive(4)
    room.arrive(4, workflow="others")  # each in a lane, and a window, behind one of those
    room.work()
    buyer(store, "acme", "cars", caps=[{"leads": 130, "per": "month"}])
    room.arrive(4)
    room.work()
    assert len(room.accounts()) == 130


def test_money_in_another_currency_is_another_cap(store: Store) -> None:
    room = room_of(store)
    caps = [{"amount": "20.00", "per": "day"}]
    buyer(store, "acme", "cars", caps=caps)
    room.arrive(3)
    room.work()
    buyer(store, "acme", "cars", caps=caps, price={"amount": "10.00", "currency": "USD"})
    room.arrive(3)
    room.work()
    assert len(room.accounts()) == 4


def test_an_account_with_two_contracts_gets_a_lead_once(store: Store) -> None:
    """Never twice to one account."""
    room = room_of(store, shareCount=3)
    buyer(store, "acme-one", "cars", account="acme")
    buyer(store, "acme-two", "cars", account="acme")
    buyer(store, "beta", "cars")
    room.arrive()
    room.work()
    assert sorted(room.accounts()) == ["acme", "beta"]


def test_who_buys_exclusively_shares_with_nobody(store: Store) -> None:
    room = room_of(store, shareCount=3)
    buyer(store, "alone", "cars", maxShareCount=1, qualityScore=2)
    buyer(store, "shares", "cars", qualityScore=1)
    room.arrive()
    room.work()
    assert room.accounts() == ["alone"]
    buyer(store, "shares", "cars", qualityScore=3)
    room.arrive()
    room.work()
    assert room.accounts() == ["alone", "shares"]


def test_a_lead_that_nobody_takes_is_offered_again_until_its_window_ends(store: Store) -> None:
    """window.retryEvery and window.for; the last time is at the window's end."""
    room = room_of(store, window={"retryEvery": "15m", "for": "40m"})
    room.arrive(window=timedelta(minutes=40))
    seen = []
    for _ in range(4):
        room.work()
        seen += [(at - NOW) // timedelta(minutes=1) for at in room.due()]
        if room.due():
            room.now = room.due()[0]
    assert seen == [15, 30, 40]
    assert room.stages() == {"L1": "unsold"}
    assert set(room.units().values()) == {"failed"}


def test_one_who_comes_within_the_window_gets_it(store: Store) -> None:
    room = room_of(store, window={"retryEvery": "15m", "for": "24h"})
    room.arrive(window=timedelta(hours=24))
    room.work()
    buyer(store, "late", "cars")
    room.work()
    assert room.accounts() == []
    room.now += timedelta(minutes=15)
    room.work()
    assert room.accounts() == ["late"]
    room.now += timedelta(days=2)
    room.work()
    assert room.stages() == {"L1": "sold"}


def test_leads_are_distributed_in_the_hours_of_the_workflow(store: Store) -> None:
    """Outside them nothing is tried, and an only attempt is not lost."""
    room = room_of(store, hours={"from": "11:00", "to": "12:00", "days": ["tue"]})
    buyer(store, "acme", "cars")
    room.arrive()
    room.work()
    assert room.due() == [datetime(2027, 1, 5, 10, 0, tzinfo=NOW.tzinfo)]
    room.now = room.due()[0]
    room.work()
    assert room.accounts() == ["acme"]


def test_the_hours_of_a_buyer_are_its_own(store: Store) -> None:
    room = room_of(store)
    buyer(store, "night", "cars", hours={"from": "22:00", "to": "06:00", "timezone": "Asia/Tokyo"})
    room.arrive()
    room.work()
    assert room.stages() == {"L1": "unsold"}
    room.now = datetime(2027, 1, 4, 20, 59, tzinfo=NOW.tzinfo)  # 05:59 in Tokyo
    room.arrive()
    room.work()
    assert room.accounts() == ["night"]


def test_test_leads_are_sold_in_test_and_cost_nobody_anything(store: Store) -> None:
    """L-15, L-16, L-21: they have caps and turns of their own."""
    room = room_of(store, state="test")
    source = partner(store, "affiliate", "cars", commission={"perOutbound": "4.00", "currency": "USD"})
    buyer(store, "acme", "cars", caps=[{"leads": 1, "per": "day"}])
    room.arrive(2, is_test=1, contract=source)
    room.work()
    assert room.accounts() == ["acme"]
    assert rows(store, "SELECT is_test, cost FROM outbound") == [(1, 0)]
    move(store, version_ref(), "published")
    room.arrive(2, contract=source)
    room.work()
    assert len(room.accounts()) == 2, "test sales do not fill the cap"
    assert rows(store, "SELECT is_test, cost, cost_currency FROM outbound WHERE is_test = 0") == [(0, 40_000, "USD")]


def test_a_share_of_the_sale_is_owed_in_its_currency(store: Store) -> None:
    """L-44: rounded half up to four places."""
    room = room_of(store)
    source = partner(store, "affiliate", "cars", commission={"percentOfSale": 50, "currency": "USD"})
    buyer(store, "acme", "cars", price={"amount": "0.0003", "currency": "EUR"})
    room.arrive(contract=source)
    room.work()
    assert rows(store, "SELECT cost, cost_currency FROM outbound") == [(2, "EUR")]


def test_what_was_taken_in_test_is_not_sold_once_published(store: Store) -> None:
    """AMB-L2: also one that came in while the version was being published."""
    room = room_of(store, state="test")
    buyer(store, "acme", "cars")
    room.arrive(is_test=1)
    move(store, version_ref(), "published")
    room.work()
    assert room.stages() == {"L1": "ended"}
    assert room.sold() == [] and set(room.units().values()) == {"cancelled"}


def test_nothing_is_sold_while_the_version_rests(store: Store) -> None:
    """L-29, AMB-L5: not even by a lane that had begun."""
    room = room_of(store)
    buyer(store, "acme", "cars")
    room.arrive()
    move(store, version_ref(), "sundowned")
    room.work()
    assert room.stages() == {"L1": "waiting"} and room.sold() == []
    move(store, version_ref(), "published")
    room.now += timedelta(seconds=2)
    room.work()
    assert room.accounts() == ["acme"]


def test_nothing_is_sold_once_its_job_was_stopped(store: Store) -> None:
    """AMB-L5: the state is still published while the sundown is performed."""
    room = room_of(store)
    buyer(store, "acme", "cars")
    (lead,) = room.arrive()
    store.ledger.enter(room.uid, Phase.STOPPED, NOW)
    shop = room.workers._shop_of(room.workers.outlook.market(store), room.uid)
    assert shop is not None
    done = store.lead_sales.sell(shop.book, [lead], NOW, shop.by_rules(lambda *_: None), shop.deliver)
    assert done is not None and done[0].lead.stage == "waiting" and not done[0].outbound


def test_nothing_is_sold_on_terms_of_before(store: Store) -> None:
    """A price that was changed between the look at the market and the sale is the price of the sale."""
    room = room_of(store)
    buyer(store, "acme", "cars")
    (lead,) = room.arrive()
    shop = room.workers._shop_of(room.workers.outlook.market(store), room.uid)
    assert shop is not None
    buyer(store, "acme", "cars", price={"amount": "12.00", "currency": "EUR"})
    assert store.lead_sales.sell(shop.book, [lead], NOW, shop.by_rules(lambda *_: None), shop.deliver) is None
    room.work()
    assert rows(store, "SELECT price FROM outbound") == [(120_000,)]


def test_a_contract_that_ended_buys_nothing(store: Store) -> None:
    room = room_of(store)
    buyer(store, "acme", "cars", state="deleted")
    room.arrive()
    room.work()
    assert room.stages() == {"L1": "unsold"}


def test_the_highest_bids_win_and_are_the_price(store: Store) -> None:
    """pingPost: ties by quality score; who bids nothing that counts gets nothing."""
    room = room_of(store, mode="pingPost", shareCount=2)
    ping = {"url": "https://bids.example/ask"}
    uids = {
        name: buyer(store, name, "cars", ping=ping, qualityScore=score)
        for name, score in (("a", 1), ("b", 3), ("c", 5))
    }
    mute = buyer(store, "mute", "cars", ping=ping, qualityScore=99)
    buyer(store, "unasked", "cars", qualityScore=100)
    full = buyer(store, "full", "cars", ping=ping, caps=[{"leads": 0, "per": "day"}])
    asked: list[int] = []

    def ask(buyers: Any, _lead: Any) -> dict[int, Decimal | str]:
        asked.extend(one.uid for one in buyers)
        return {uids["a"]: Decimal("9.10"), uids["b"]: Decimal("7.00"), uids["c"]: Decimal("7.00"), mute: "no answer"}

    room.ask = ask
    room.arrive()
    room.work()
    assert room.sold() == [("L1", "a"), ("L1", "c")], "of b and c, c is the better buyer and the later name"
    assert rows(store, "SELECT price, rule FROM outbound ORDER BY id") == [(91_000, "bid"), (70_000, "bid")]
    assert sorted(asked) == sorted([*uids.values(), mute]) and full not in asked


def test_a_lead_for_a_person_waits_for_one(store: Store) -> None:
    room = room_of(store, mode="manual")
    buyer(store, "acme", "cars")
    room.arrive()
    room.work()
    assert room.stages() == {"L1": "manual"}


@pytest.mark.parametrize("many", [1, 5])
def test_what_is_delivered_is_written_with_the_sale(store: Store, many: int) -> None:
    """L-18, AMB-L5: a unit of the contract's own job for each delivery that leaves the house."""
    room = room_of(store)
    hook = {"method": "webhook", "url": "https://acme.example/leads"}
    uid = buyer(store, "acme", "cars", deliveries=[{"method": "portal"}, hook])
    room.arrive(many)
    room.work()
    found = rows(store, "SELECT key, stage FROM unit WHERE uid = ? ORDER BY id", uid)
    assert found == [(f"outbound:{one}:1", "pending") for (one,) in rows(store, "SELECT id FROM outbound ORDER BY id")]
    assert len(found) == many


def test_a_person_sells_nothing_of_a_version_that_rests(store: Store) -> None:
    """L-29: the state alone forbids it, whatever its job does."""
    room = room_of(store, mode="manual")
    buyer(store, "acme", "cars")
    (lead,) = room.arrive(stage="manual")
    move(store, version_ref(), "sundowned")
    market = room.workers.outlook.market(store)
    shop = room.workers._shop_of(market, room.uid)
    assert shop is not None
    book = replace(shop.book, contracts={one.uid: one.revision for one in market.buyers.values()})
    done = store.lead_sales.sell(
        book, [lead], NOW, shop.by_hand(list(market.buyers.values()), lambda *_: None), shop.deliver
    )
    assert done is not None and done[0].lead.stage == "manual" and not done[0].outbound
