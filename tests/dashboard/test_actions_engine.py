"""The engine of collections by hand, from a page: enqueue (C-24, C-25), and its brake (AMB-C13), on every store."""

from collections.abc import Iterator

import pytest

from reconciler.kinds.collections.brakes import brakes
from reconciler.model.ref import Ref
from tests.collections import ledgers
from tests.collections.ledgers import NOW
from tests.dashboard.showroom import Room, showroom
from tests.dashboard.staff import Person, named
from tests.leads.desk import move
from tests.world import World

SPRING = Ref("CollectionCampaign", "spring")
PAGE = "/resources/CollectionCampaign/spring@1/do/enqueue"


@pytest.fixture
def room(world: World, any_store: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    """A campaign of three accounts, one of them paused; nobody is queued yet."""
    world.clock.moment = NOW
    named(world, monkeypatch)
    with world.store() as store:
        now = store.time(NOW)
        ledgers.settings(store)
        ledgers.strategy(store)
        source = ledgers.source(store)
        store.accounts.take(source, ledgers.rows(["A-1", "A-2"]) + ledgers.rows(["A-3"], paused=True), now)
        uid = ledgers.campaign(store, startDate="2020-01-01", endDate="2037-12-31")  # PostgreSQL has a clock of its own
        store.accounts.assign(uid, [one.id for one in store.accounts.unassigned(source, 0, 0, 9)], now, now)
    with showroom(world) as opened:
        yield opened


def test_accounts_are_queued_once(room: Room, world: World) -> None:
    """C-21, C-24: who is not queued is told with the cause; sent twice it queues nobody twice."""
    olga = Person(room, "olga")
    asks = olga.get(PAGE)
    assert "paused 1" in asks.words
    came = olga.goes_on(olga.does(PAGE))
    assert "2 accounts queued, 1 paused" in came.words
    again = olga.goes_on(olga.does(PAGE))
    assert "0 accounts queued" in again.words
    assert "2 queued already" in again.words
    assert Person(room, "vera").get(PAGE).status == 403


def test_from_the_execution_page_a_campaign_is_picked(room: Room) -> None:
    """C-25."""
    olga = Person(room, "olga")
    came = olga.get("/execution/enqueue?campaign=spring")
    assert (came.status, olga.get(came.headers["location"]).status) == (303, 200)
    assert olga.get("/execution/enqueue?campaign=//evil.example").status == 404
    assert olga.get("/execution/enqueue").status == 404
    assert olga.get("/resources/Strategy/soft@1/do/enqueue").status == 404


def test_nobody_is_queued_where_the_campaign_does_not_contact(room: Room, world: World) -> None:
    """C-08."""
    with world.store() as store:
        move(store, SPRING, "paused")
    olga = Person(room, "olga")
    asks = olga.get(PAGE)
    assert "a paused campaign contacts nobody; resume it" in asks.words
    came = olga.send(PAGE, olga.form(olga.get("/execution/pause")))
    assert (came.status, "Nobody is queued" in came.words) == (409, True)


def test_the_engine_is_paused_and_goes_on(room: Room, world: World) -> None:
    olga = Person(room, "olga")
    assert olga.does("/execution/pause", reason="").status == 400
    came = olga.does("/execution/pause", reason="wrong balances")
    assert (came.status, came.headers["location"].partition("?")[0]) == (303, "/execution")
    with world.store() as store:
        assert "wrong balances (user:olga" in brakes(store)[0]
    assert "The engine is paused, so nobody is contacted until it goes on: wrong balances" in olga.get(PAGE).words
    assert olga.does("/execution/resume").status == 303
    with world.store() as store:
        assert not brakes(store)
    assert "No brake is on that could be taken off." in olga.get("/execution/resume").words
