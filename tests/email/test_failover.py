"""When connections take turns, one that is out leaves its recipients to the others; a split by percent stays as it is."""

from contextlib import closing
from datetime import timedelta

import pytest

from reconciler.kinds.email.failover import fail_over
from reconciler.kinds.email.mailing import Terms
from reconciler.model.work import Stage, Trouble
from tests.email.mailroom import SPRING, Mailroom, until
from tests.mail.liar import liar
from tests.smtp_counter import smtp_counter
from tests.smtp_sink import free_port

REFUSED = {"EHLO": b"250-liar\r\n250 AUTH PLAIN\r\n", "AUTH": b"535 5.7.8 who are you\r\n"}


def with_password(room: Mailroom, name: str, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELAY", "tops3cret")
    room.relay(name, port, auth={"user": "u", "password": {"env": "RELAY"}}, maxConnections=1)


def test_in_turn_the_others_take_over_from_one_that_is_of_no_use(
    room: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E-44, AMB-E7: at once, each recipient once, and the campaign completes."""
    with liar(REFUSED) as server, smtp_counter() as good:
        with_password(room, "a", server.port, monkeypatch)
        room.relay("b", good.port)
        room.recipients("all", 41)
        room.launch(["a", "b"])
        room.work()
        assert server.messages == []
        assert good.count() == len(set(good.recipients())) == 41
    assert (room.state(), room.stages()) == ("completed", {Stage.SENT: 41})


def test_an_outage_longer_than_the_back_off_is_taken_over(room: Mailroom) -> None:
    """AMB-E7."""
    with smtp_counter() as good:
        room.relay("a", free_port())
        room.relay("b", good.port)
        room.recipients("all", 11)
        room.launch(["a", "b"], sending={"backoff": ["1s"]})
        room.work()
        assert good.count() == 11
    assert room.state() == "completed"


@pytest.mark.parametrize("share", [50, 90])
def test_a_split_is_never_crossed(room: Mailroom, monkeypatch: pytest.MonkeyPatch, share: int) -> None:
    """AMB-E14: whom a connection of a split cannot reach, no other reaches; with the rest done, the campaign fails."""
    with liar(REFUSED) as server, smtp_counter() as good:
        with_password(room, "a", server.port, monkeypatch)
        room.relay("b", good.port)
        room.recipients("all", 20)
        room.launch({"a": share, "b": 100 - share})
        with room.running():
            until(lambda: room.state() == "failed", "the end")
        assert good.count() == 20 - share // 5
    assert room.stages() == {Stage.SENT: 20 - share // 5, Stage.CANCELLED: share // 5}
    assert "a: AUTH" in room.events()[-1].body["reason"]


def test_where_all_are_out_nobody_takes_over(room: Mailroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """AMB-E7: failed, with each one's reason."""
    with liar(REFUSED) as one, liar(REFUSED) as two:
        with_password(room, "a", one.port, monkeypatch)
        with_password(room, "b", two.port, monkeypatch)
        room.recipients("all", 10)
        room.launch(["a", "b"])
        room.work()
    assert room.state() == "failed"
    assert room.events()[-1].body["reason"].count("535 who are you") == 2


def test_a_lane_that_somebody_is_at_work_on_keeps_what_it_has(room: Mailroom) -> None:
    """AMB-E6: only what nobody has in hand is moved, in equal parts, and what is due later stays due later."""
    room.relay("a", 9, maxConnections=2)
    room.relay("b", 9, maxConnections=2)
    room.recipients("all", 21)
    room.launch(["a", "b"])
    with closing(room.open()) as store:
        ledger, now = store.ledger, store.time(room.clock.now())
        uid = ledger.uid(SPRING)
        offers = {one.number: one for one in ledger.offers(now, 10)}
        lanes = {lane.number: lane for lane in room.view().lanes}
        held, other = sorted(number for number in lanes if lanes[number].via == "a")
        well = [number for number in lanes if lanes[number].via == "b"]
        assert ledger.claim(offers[held], "x/1/y", now, now + timedelta(minutes=1), 0)
        assert ledger.move(uid, "a", well) == lanes[other].left
        after = {lane.number: lane.left for lane in room.view().lanes}
        assert after[held] == lanes[held].left
        assert after[other] == 0
        assert sum(after.values()) == 21
        assert abs(after[well[0]] - after[well[1]]) <= 1


def test_only_what_takes_turns_fails_over(room: Mailroom) -> None:
    """AMB-E14: by percent and single nothing moves, whatever the trouble."""
    room.relay("a", 9, maxConnections=1)
    room.relay("b", 9, maxConnections=1)
    room.recipients("all", 10)
    room.launch(["a", "b"])
    with closing(room.open()) as store:
        ledger, now = store.ledger, store.time(room.clock.now())
        uid = ledger.uid(SPRING)
        offer = next(one for one in ledger.offers(now, 10) if one.via == "a")
        claim = ledger.claim(offer, "x/1/y", now, now + timedelta(minutes=1), 0)
        assert claim is not None
        ledger.release(claim, None, now, Trouble(now, True, "of no use"), now)
        job = ledger.view(uid, now)
        assert job is not None
        terms = Terms(4, (30.0,), 3600.0, False)
        assert fail_over(ledger, uid, job, terms, now) == 0
        assert fail_over(ledger, uid, job, Terms(4, (30.0,), 3600.0, False, takes_turns=True), now) == 5
