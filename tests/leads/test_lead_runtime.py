"""What promotion, publishing, sundown, republishing and deletion do to leads that are on their way, on every store."""

from collections import Counter
from contextlib import closing
from datetime import timedelta

from reconciler.model.work import Demand, Phase
from tests.email.mailroom import until
from tests.email.test_stopping import dead
from tests.leads.saleroom import Saleroom
from tests.leads.yard import CARS, Yard

LEADS = 2_000
"""More than are sold while a step is taken."""


def opened(yard: Yard, state: str = "published", **distribution: object) -> Yard:
    yard.campaign(state, **distribution)
    yard.partner()
    yard.buyer("acme")
    yard.apply()
    assert yard.state() == state
    return yard


def test_what_a_partner_sends_is_sold(yard: Yard) -> None:
    """L-24: through the real door, to the real worker."""
    opened(yard)
    with yard.running():
        assert yard.post() and yard.post()
        until(lambda: yard.stages() == {"sold": 2}, "two sales")
    assert yard.accounts() == ["acme", "acme"]


def test_a_sundown_keeps_what_waits_and_a_republish_goes_on(yard: Yard) -> None:
    """AMB-L5, L-38, L-40, L-43: in the middle of it; nothing starts, nothing is lost, nothing is sold twice."""
    opened(yard)
    with yard.running():
        yard.arrive(LEADS)
        until(lambda: len(yard.accounts()) > 20, "the first sales")
        yard.campaign("sundowned")
        yard.apply()
        sold = len(yard.accounts())
        assert yard.state() == "sundowned"
        waiting = {"waiting": LEADS - sold} if sold < LEADS else {}  # a quick machine may have been done before
        assert yard.stages() == {"sold": sold, **waiting}
        assert not yard.post()
        yard.buyer("beta", qualityScore=0)
        assert len(yard.accounts()) == sold
        yard.campaign("published")
        yard.apply()
        until(lambda: yard.stages() == {"sold": LEADS}, "the rest")
    assert max(Counter(lead for (lead,) in yard.rows("SELECT lead FROM outbound")).values()) == 1


def test_a_deletion_ends_what_waits_and_delivers_what_was_sold(yard: Yard) -> None:
    """AMB-L5, L-39, L-41: sold leads stay sold, their deliveries stay due."""
    yard.campaign("published")
    yard.partner()
    hook = {"method": "webhook", "url": "https://acme.example/leads"}
    yard.buyer("acme", deliveries=[hook], caps=[{"leads": 3, "per": "day"}])
    yard.apply()
    yard.campaign("published", window={"retryEvery": "1h", "for": "24h"})
    yard.apply()
    yard.arrive(5, until=(yard.room.clock.now() + timedelta(days=1)).timestamp())
    with closing(yard.room.open()) as store:
        Saleroom(store, yard.uid(), now=yard.room.clock.now()).work()
    assert yard.stages() == {"sold": 3, "waiting": 2}
    yard.campaign("deleted")
    yard.apply()
    assert yard.state() == "deleted"
    assert yard.stages() == {"ended": 2, "sold": 3}
    units = yard.rows("SELECT stage, count(*) FROM unit WHERE key LIKE ? GROUP BY stage", "outbound:%")
    assert units == [("pending", 3)]
    with closing(yard.room.open()) as store:
        now = store.time(yard.room.clock.now())
        assert {one.ref.kind for one in store.ledger.offers(now, 10)} == {"AccountContract"}
    assert not yard.post()


def test_who_has_leads_on_their_way_is_not_forgotten(yard: Yard) -> None:
    """AMB-L5: nobody works for a resource that is not there, and what was sold is owed; so is what waits for a republish."""
    opened(yard)
    yard.buyer(
        "acme",
        deliveries=[{"method": "webhook", "url": "https://acme.example/leads"}],
        caps=[{"leads": 1, "per": "day"}],
    )
    yard.campaign("published", window={"retryEvery": "1h", "for": "24h"})
    yard.apply()
    yard.arrive(2, until=(yard.room.clock.now() + timedelta(days=1)).timestamp())
    with closing(yard.room.open()) as store:
        Saleroom(store, yard.uid(), now=yard.room.clock.now()).work()
    yard.campaign("sundowned")
    yard.apply()
    world = yard.room.world
    for one in world.root.glob("**/*-*.yaml"):
        one.unlink()
    for name in ("AccountContract/acme", "LeadCampaign/cars@1"):
        answer = world.cli("forget", name, "--yes")
        assert (answer.code, "1 unit of work" in answer.err) == (64, True), answer
    assert world.cli("forget", "PartnerContract/affiliate", "--yes").code == 0


def test_publishing_retires_what_was_taken_in_test(yard: Yard) -> None:
    """AMB-L2, L-36: test leads that wait end; contracts made in test sell from then on; real leads are sold."""
    opened(yard, "test", window={"retryEvery": "1h", "for": "24h"})
    yard.arrive(3, until=(yard.room.clock.now() + timedelta(days=1)).timestamp())
    yard.campaign("published")
    yard.apply()
    assert yard.stages() == {"ended": 3}
    with yard.running():
        yard.arrive(2)
        until(lambda: yard.stages() == {"ended": 3, "sold": 2}, "real sales")
    assert yard.rows("SELECT DISTINCT is_test FROM outbound") == [(0,)]


def test_what_was_sold_in_test_is_no_work_that_anybody_is_told_of(yard: Yard) -> None:
    """L-14, L-23, AMB-L2: not in `get` and `describe` either."""
    opened(yard, "test")
    with yard.running():
        yard.arrive(3)
        until(lambda: yard.stages() == {"sold": 3}, "test sales")
    world = yard.room.world
    assert "3 sold" in world.cli("get", "LeadCampaign").out
    yard.campaign("published")
    yard.apply()
    assert "0 sold" in world.cli("get", "LeadCampaign").out
    with yard.running():
        yard.arrive(2)
        until(lambda: yard.stages() == {"sold": 5}, "real sales")
    assert "2 leads sold" in world.cli("describe", "LeadCampaign/cars").out


def test_nobody_who_is_dead_is_waited_for(yard: Yard) -> None:
    """AMB-L5: what a killed worker had in hand is in doubt while the version rests, and goes on with it."""
    opened(yard)
    yard.arrive(4)
    with closing(yard.room.open()) as store:
        now = store.time(yard.room.clock.now())
        for offer in store.ledger.offers(now, 10):
            claim = store.ledger.claim(offer, dead(), now, now + timedelta(hours=1), 0)
            assert claim and store.ledger.window(claim, None, Demand(1, 10, now + timedelta(hours=1)), now)
    yard.campaign("sundowned")
    yard.apply()
    assert yard.stages() == {"waiting": 4}
    yard.campaign("published")
    yard.apply()
    with yard.running():
        until(lambda: yard.stages() == {"sold": 4}, "the rest")


def test_no_lead_comes_in_between_the_end_and_the_deletion(yard: Yard) -> None:
    """L-43, AMB-L5: once its job is stopped no lead is taken, though the state is still the old one."""
    opened(yard)
    with closing(yard.room.open()) as store:
        store.ledger.enter(store.ledger.uid(CARS), Phase.STOPPED, yard.room.clock.now())
    assert not yard.post()
    assert yard.stages() == {}


def test_what_is_observed(yard: Yard) -> None:
    """L-30, AMB-L6: how many wait, how many came lately, and when the last one did."""
    opened(yard, mode="manual")
    yard.arrive(2, stage="manual")
    app = yard.room.app()
    with closing(app.store()) as store:
        resource = store.load([CARS])[CARS]
        facts = app.runtimes(store)["LeadCampaign"].observe(CARS, resource.document, lambda _ref: None)
    assert facts["waitingLeads"] == facts["leadsLately"] == 2
    assert facts["lastLeadAt"] is not None
    spec = {**resource.document["spec"], "deletion": {"lately": "999999d"}}
    with closing(app.store()) as store:
        observe = app.runtimes(store)["LeadCampaign"].observe
        assert observe(CARS, {**resource.document, "spec": spec}, lambda _ref: None)["leadsLately"] == 2
