"""What an operator does from a page at once: the brake, holds and releases, on every store (R-15, R-16)."""

import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from reconciler.controller.operate import Hand, Whose
from reconciler.dashboard.actions import taking
from reconciler.model.audit import Sought
from reconciler.model.hold import hold_until
from reconciler.model.ref import Ref
from tests.commands.test_hold import CAMPAIGN, SHARED
from tests.dashboard.showroom import Room, showroom
from tests.dashboard.staff import Person, named
from tests.world import START, World

GENTLE, FIRM = "CollectionCampaign/gentle", "CollectionCampaign/firm"
PAGE = "/resources/CollectionCampaign/gentle@1"


@pytest.fixture
def room(world: World, any_store: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    world.write("shared.yaml", SHARED)
    world.write("gentle.yaml", CAMPAIGN % ("gentle", "growth"))
    world.write("firm.yaml", CAMPAIGN % ("firm", "risk"))
    named(world, monkeypatch)
    world.runtime("CollectionCampaign")
    world.apply()
    with showroom(world) as opened:
        yield opened


def test_the_brake_stops_at_once_and_holds(room: Room, world: World) -> None:
    """R-15, R-16: picked from the menu, confirmed on a page that says what will happen, taken with a reason and an end."""
    olga = Person(room, "olga")
    menu = olga.get(PAGE)
    assert [link for link in menu.links if link.endswith("/do/take/pause")]
    asks = olga.get(f"{PAGE}/do/take/pause")
    assert "cancel-pending-items : what waits in the queue is cancelled" in asks.words
    assert "C-11" in asks.words
    assert world.state(GENTLE) == "active"
    came = olga.goes_on(olga.does(f"{PAGE}/do/take/pause", reason="complaints about the letters", end="4h"))
    assert "is paused, held by olga until 2027-01-04 13:00Z: complaints about the letters" in came.words
    found = world.resource(GENTLE)
    assert found is not None
    assert (found.state, found.holds[0].owner, found.holds[0].until) == ("paused", "olga", "2027-01-04T13:00:00Z")
    last = world.events(GENTLE)[-1].body
    assert (last["actor"], last["event"], last["reason"]) == ("user:olga", "pause", "complaints about the letters")
    with world.store() as store:
        line = store.audit.find(Sought(action="pause"), 1)[0]
    assert (line.actor, line.action, line.target) == ("user:olga", "pause", "CollectionCampaign/gentle@1")
    assert "complaints" in line.detail


def test_ends_are_those_of_the_project(room: Room, world: World) -> None:
    olga = Person(room, "olga")
    assert olga.does(f"{PAGE}/do/take/pause", reason="x", end="at").status == 400
    assert olga.does(f"{PAGE}/do/take/pause", reason="x", end="at", at="2027-01-03T10:00").status == 400
    assert olga.does(f"{PAGE}/do/take/pause", reason="x", end="at", at="2029-01-03T10:00").status == 400
    assert olga.does(f"{PAGE}/do/take/pause", reason="x", end="never").status == 400
    assert world.state(GENTLE) == "active"
    assert olga.does(f"{PAGE}/do/take/pause", reason="x", end="tomorrow").status == 303
    found = world.resource(GENTLE)
    assert found is not None
    assert found.holds[0].until == "2027-01-05T09:00:00Z"


@pytest.mark.parametrize("reason", ["", "two\nlines", "x" * 501, "bell\a"])
def test_a_reason_is_a_line(room: Room, world: World, reason: str) -> None:
    came = Person(room, "olga").does(f"{PAGE}/do/take/pause", reason=reason, end="1h")
    assert came.status == 400
    assert "the reason is a line of text" in came.words
    assert world.state(GENTLE) == "active"


def test_what_was_typed_stands_there_again(room: Room) -> None:
    hostile = '"><script>alert(1)</script>\u202e'
    came = Person(room, "olga").does(f"{PAGE}/do/take/pause", reason=hostile, end="1h")
    assert came.status == 400
    assert "<script>alert" not in came.text
    assert "\u202e" not in came.text


def test_a_form_sent_twice_does_it_once(room: Room, world: World) -> None:
    olga = Person(room, "olga")
    form = olga.form(olga.get(f"{PAGE}/do/take/pause"), reason="once", end="1h")
    first, second = (olga.send(f"{PAGE}/do/take/pause", form) for _ in range(2))
    assert (first.status, second.status) == (303, 303)
    assert "already, as you asked" in olga.goes_on(second).words
    assert [event.body["event"] for event in world.events(GENTLE)].count("pause") == 1


def test_who_was_slower_is_told_what_is_there(room: Room, world: World) -> None:
    olga, otto = Person(room, "olga"), Person(room, "otto")
    form = otto.form(otto.get(f"{PAGE}/do/take/pause"), reason="me too", end="1h")
    olga.does(f"{PAGE}/do/take/complete", reason="done with it", end="1h", typed="gentle")
    came = otto.send(f"{PAGE}/do/take/pause", form)
    assert came.status == 409
    assert "Somebody was faster: CollectionCampaign/gentle@1 is completed now" in came.words
    assert world.state(GENTLE) == "completed"


def test_of_two_at_once_one_does_it(room: Room, world: World) -> None:
    people = [Person(room, "olga"), Person(room, "otto")]
    forms = [
        one.form(one.get(f"{PAGE}/do/take/pause"), reason=f"by {number}", end="1h") for number, one in enumerate(people)
    ]
    statuses: list[int] = []
    start = threading.Barrier(2)

    def send(number: int) -> None:
        start.wait()
        statuses.append(people[number].send(f"{PAGE}/do/take/pause", forms[number]).status)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(statuses) == [303, 409]
    assert [event.body["event"] for event in world.events(GENTLE)].count("pause") == 1


def test_what_cannot_be_taken_back_asks_for_the_name(room: Room, world: World) -> None:
    olga = Person(room, "olga")
    path, menu = f"{PAGE}/do/take/complete", olga.get(PAGE)
    assert (
        f'class="button danger" href="{path}"' in menu.text
        and f'class="button main" href="{PAGE}/do/take/pause"' in menu.text
    )
    assert "It cannot be taken back" in olga.get(path).words
    came = olga.does(path, reason="over", end="1h", typed="firm")
    assert (came.status, "type the name, gentle" in came.words) == (400, True)
    assert world.state(GENTLE) == "active"
    assert olga.does(path, reason="over", end="1h", typed="gentle").status == 303
    assert world.state(GENTLE) == "completed"


def test_what_a_guard_denies_is_not_done(room: Room, world: World) -> None:
    """C-05: what cannot be activated is in the menu with its reason, and refused on its page too."""
    world.write("empty.yaml", CAMPAIGN.replace("strategy: soft, ", "") % ("empty", "risk"))
    world.stored("CollectionCampaign/empty", "draft")
    olga, path = Person(room, "olga"), "/resources/CollectionCampaign/empty@1"
    menu = olga.get(path)
    assert "assign a strategy" in menu.words
    assert not any(link.endswith("/take/activate") for link in menu.links)
    asks = olga.get(f"{path}/do/take/activate")
    assert "It cannot be taken now" in asks.words
    came = olga.send(f"{path}/do/take/activate", olga.form(asks, revision="1", reason="go", end="1h"))
    assert came.status == 409
    assert "assign a strategy" in came.words
    assert world.state("CollectionCampaign/empty") == "draft"


def test_what_is_not_legal_here_is_refused(room: Room, world: World) -> None:
    olga = Person(room, "olga")
    asks = olga.get(f"{PAGE}/do/take/resume")
    assert "'resume' is not legal for CollectionCampaign/gentle@1, which is 'active'" in asks.words
    seal = olga.form(olga.get(f"{PAGE}/do/take/pause"), reason="x", end="1h")
    assert olga.send(f"{PAGE}/do/take/resume", seal).status == 409
    assert olga.get(f"{PAGE}/do/take/expire").status == 404  # a timer's
    assert olga.get(f"{PAGE}/do/take/nonsense").status == 404
    assert world.state(GENTLE) == "active"


def test_each_role_does_what_it_may(room: Room, world: World) -> None:
    vera, olga, ada = (Person(room, name) for name in ("vera", "olga", "ada"))
    menu = vera.get(PAGE)
    assert not any("/do/" in link for link in menu.links)
    assert "this takes the role operator" in menu.words
    assert vera.get(f"{PAGE}/do/take/pause").status == 403
    seal = olga.form(olga.get(f"{PAGE}/do/take/pause"), reason="x", end="1h", typed="gentle")
    assert vera.send(f"{PAGE}/do/take/pause", seal).status == 403
    asks = olga.get(f"{PAGE}/do/take/delete")
    assert "Deleting at once takes the role administrator" in asks.words
    assert olga.send(f"{PAGE}/do/take/delete", seal).status == 403
    assert world.state(GENTLE) == "active"
    assert ada.does(f"{PAGE}/do/take/delete", reason="a mistake", end="1h", typed="gentle").status == 303
    assert world.state(GENTLE) == "deleted"


def test_holds_and_releases(room: Room, world: World) -> None:
    olga, otto, ada = (Person(room, name) for name in ("olga", "otto", "ada"))
    came = olga.goes_on(olga.does(f"{PAGE}/do/hold", reason="an audit", end="1h"))
    assert "is held by olga until 2027-01-04 10:00Z: an audit" in came.words
    assert any(link.endswith("/do/release") for link in came.links)
    assert "until 2027-01-04 10:00Z: an audit" in otto.get(f"{PAGE}/do/release").words, (
        "as it was written, no letter changed"
    )
    assert "One hold a person: release yours first" in olga.get(f"{PAGE}/do/hold").words
    assert "What others hold is released by an administrator" in otto.get(f"{PAGE}/do/release").words
    seal = otto.form(otto.get(f"{FIRM_PAGE}/do/hold"), revision=_revision(world))
    assert otto.send(f"{PAGE}/do/release", seal).status == 403
    assert _holds(world) == 1
    assert olga.does(f"{PAGE}/do/release", reason="over").status == 303
    assert _holds(world) == 0
    olga.does(f"{PAGE}/do/hold", reason="once more", end="1h")
    assert ada.does(f"{PAGE}/do/release").status == 303
    assert _holds(world) == 0


def test_several_hold_and_each_releases_their_own(room: Room, world: World) -> None:
    olga, otto, ada = (Person(room, name) for name in ("olga", "otto", "ada"))
    olga.does(f"{PAGE}/do/hold", reason="an audit", end="4h")
    asks = otto.get(f"{PAGE}/do/hold")
    assert "since 2027-01-04 09:00Z, until 2027-01-04 13:00Z: an audit. Yours stands beside" in asks.words
    assert otto.does(f"{PAGE}/do/hold", reason="a complaint", end="1h").status == 303
    assert _owners(world) == ["olga", "otto"]
    shown = olga.get(PAGE)
    assert "It is held by olga since" in shown.words and "It is held by otto since" in shown.words
    listed = olga.get("/campaigns?held=yes").words
    assert "by olga until 2027-01-04 13:00 UTC by otto until 2027-01-04 10:00 UTC" in listed
    came = otto.goes_on(otto.does(f"{PAGE}/do/release"))
    assert "The hold of otto on CollectionCampaign/gentle@1 is over; it is still held by olga until" in came.words
    assert _owners(world) == ["olga"]
    otto.does(f"{PAGE}/do/hold", reason="once more", end="1h")
    assert ada.does(f"{PAGE}/do/release").status == 409, "whose?"
    assert ada.does(f"{PAGE}/do/release", whose="of olga").status == 303
    assert _owners(world) == ["otto"]
    olga.does(f"{PAGE}/do/hold", reason="an audit", end="4h")
    assert ada.does(f"{PAGE}/do/release", whose="all").status == 303
    assert _owners(world) == []


def test_who_stops_what_others_hold_takes_nothing_from_them(room: Room, world: World) -> None:
    """Both holds stay, and the audit and the log name both; who has stopped it does not let it go on past the other."""
    olga, otto, ada = (Person(room, name) for name in ("olga", "otto", "ada"))
    olga.does(f"{PAGE}/do/hold", reason="an audit", end="tomorrow")
    assert "A brake sets your hold beside" in otto.get(f"{PAGE}/do/take/pause").words
    came = otto.goes_on(otto.does(f"{PAGE}/do/take/pause", reason="an emergency", end="1h", typed="gentle"))
    told = "is paused, held by otto until 2027-01-04 10:00Z and by olga until 2027-01-05 09:00Z: an emergency"
    assert told in came.words
    assert _owners(world) == ["olga", "otto"]
    assert world.events(GENTLE)[-1].body["actor"] == "user:otto"
    assert told in ada.get("/audit").words
    assert "What others hold is let go on by an administrator" in otto.get(f"{PAGE}/do/take/resume").words
    assert otto.does(f"{PAGE}/do/release").status == 303
    assert (_owners(world), world.state(GENTLE)) == (["olga"], "paused")


def test_what_others_hold_is_stopped_further_but_not_let_go_on(room: Room, world: World) -> None:
    """The brake sets a hold beside that of another, which only they and an administrator take off: no way around theirs."""
    otto, ada = Person(room, "otto"), Person(room, "ada")
    ada.does(f"{PAGE}/do/take/pause", reason="a court order", end="tomorrow")
    asks = otto.get(f"{PAGE}/do/take/resume")
    assert "What others hold is let go on by an administrator, or by themselves" in asks.words
    sent = otto.form(ada.get(f"{PAGE}/do/take/resume"), reason="more money", end="1h", typed="gentle")
    sent["seal"] = otto.form(otto.get(f"{PAGE}/do/release"))["seal"]
    assert otto.send(f"{PAGE}/do/take/resume", sent).status == 403
    assert world.state(GENTLE) == "paused"
    assert ada.does(f"{PAGE}/do/take/resume", reason="it is lifted", end="1h", typed="gentle").status == 303
    assert world.state(GENTLE) == "active"
    assert otto.does(f"{PAGE}/do/take/pause", reason="an emergency", end="1h", typed="gentle").status == 303


@pytest.mark.parametrize("whose", ["", "all"])
def test_a_hold_that_comes_meanwhile_is_not_released_unseen(
    room: Room, world: World, monkeypatch: pytest.MonkeyPatch, whose: str
) -> None:
    """Between the look at the holds and the release somebody else comes to hold it: theirs was never shown."""
    olga, ada = Person(room, "olga"), Person(room, "ada")
    olga.does(f"{PAGE}/do/hold", reason="an audit", end="1h")
    release = Hand.release

    def late(hand: Hand, refs: Sequence[Ref], reason: str, whose: Whose) -> None:
        _hold_beside(world, "otto")
        release(hand, refs, reason, whose)

    monkeypatch.setattr(Hand, "release", late)
    came = ada.does(f"{PAGE}/do/release", whose=whose)
    assert (came.status, "somebody was faster: the holds" in came.words) == (409, True)
    assert _owners(world) == ["olga", "otto"]


def test_a_hold_that_comes_meanwhile_is_not_let_go_on_past(
    room: Room, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at who holds it and the judgement somebody else comes to hold it."""
    otto = Person(room, "otto")
    otto.does(f"{PAGE}/do/take/pause", reason="an emergency", end="1h")
    form = otto.form(otto.get(f"{PAGE}/do/take/resume"), reason="over", end="1h", typed="gentle")
    monkeypatch.setattr(taking, "settle", lambda *_: _hold_beside(world, "ada"))
    came = otto.send(f"{PAGE}/do/take/resume", form)
    assert (came.status, world.state(GENTLE), _owners(world)) == (403, "paused", ["otto", "ada"])


FIRM_PAGE = "/resources/CollectionCampaign/firm@1"


def _hold_beside(world: World, owner: str) -> None:
    with world.store() as store:
        hold = hold_until("a court order", owner, START, START + timedelta(hours=4))
        Hand(store, world.clock, f"user:{owner}").hold([Ref.parse(GENTLE)], hold, extend=False)


def _owners(world: World) -> list[str]:
    found = world.resource(GENTLE)
    assert found is not None
    return [one.owner for one in found.holds]


def _holds(world: World) -> int:
    found = world.resource(GENTLE)
    assert found is not None
    return len(found.holds)


def _revision(world: World) -> str:
    found = world.resource(GENTLE)
    assert found is not None
    return str(found.revision)


def test_no_look_at_a_page_changes_anything(room: Room, world: World) -> None:
    with world.store() as store:
        before = store.mark()
    ada = Person(room, "ada")
    for word in (
        "take/pause",
        "take/delete",
        "take/pause/patch",
        "hold",
        "release",
        "duplicate",
        "edit-schedule",
        "enqueue",
    ):
        assert ada.get(f"{PAGE}/do/{word}").status in (200, 409)
    with world.store() as store:
        assert store.mark() == before
