"""Lanes of standing jobs, which only grow. (C-31, E-44)"""

import threading
from contextlib import closing

import pytest

from reconciler.kinds.messaging.lanes import MAILS, WEBHOOKS, Lanes
from reconciler.kinds.messaging.trying import REPEATED
from reconciler.model.work import Place
from tests.messaging.desk import Desk


def vias(desk: Desk) -> list[str]:
    return [one.via for one in desk.view().lanes]


def test_a_job_has_a_few_lanes_for_calls_and_each_connections_own(desk: Desk) -> None:
    desk.relay(1, "wide", maxConnections=50)
    desk.relay(1, "narrow", maxConnections=1)
    hook, wide, narrow = desk.hook("https://agent.example"), desk.mail("w", "wide"), desk.mail("n", "narrow")
    desk.lanes.stand(desk.uid, [hook, wide, narrow, wide], desk.clock.now())
    assert vias(desk) == [""] * WEBHOOKS + ["narrow"] + ["wide"] * MAILS
    assert [desk.lanes.cap(via) for via in ("", "narrow", "wide")] == [0, 1, 50]


def test_turns_spread_over_the_lanes_of_a_channel(desk: Desk) -> None:
    desk.relay(1, maxConnections=2)
    hook, mail = desk.hook("https://agent.example"), desk.mail()
    now = desk.clock.now()
    desk.lanes.stand(desk.uid, [hook, mail], now)
    assert [desk.lanes.place(desk.uid, hook, turn, now) for turn in range(5)] == [
        Place(turn % WEBHOOKS, REPEATED) for turn in range(5)
    ]
    assert [desk.lanes.place(desk.uid, mail, turn, now) for turn in range(3)] == [
        Place(WEBHOOKS + turn % 2, 0) for turn in range(3)
    ]


def test_a_lane_never_goes_another_way(desk: Desk) -> None:
    """What waits in it knows no other: lanes are added behind, wherever and by whomever."""
    desk.relay(1, "a", maxConnections=1)
    desk.relay(1, "b", maxConnections=1)
    now = desk.clock.now()
    desk.lanes.lane_of(desk.uid, desk.mail("x", "b"), 0, now)
    before = vias(desk)
    Lanes(desk.store).lane_of(desk.uid, desk.mail("y", "a"), 0, now)
    Lanes(desk.store).lane_of(desk.uid, desk.hook("https://agent.example"), 0, now)
    desk.relay(1, "b", maxConnections=3)
    Lanes(desk.store).stand(desk.uid, [desk.mail("x", "b")], now)
    desk.relay(1, "b", maxConnections=1)
    Lanes(desk.store).stand(desk.uid, [desk.mail("x", "b")], now)
    assert (before, vias(desk)) == (["b"], ["b", "a", *[""] * WEBHOOKS, "b", "b"])
    assert desk.lanes.lane_of(desk.uid, desk.mail("x", "b"), 0, now) == 0


def test_who_remembers_an_older_job_is_not_wrong(desk: Desk) -> None:
    desk.relay(1, "a", maxConnections=1)
    desk.relay(1, "b", maxConnections=1)
    now, old = desk.clock.now(), Lanes(desk.store)
    mail, other = desk.mail("x", "a"), desk.mail("y", "b")
    assert old.lane_of(desk.uid, mail, 7, now) == 0
    assert desk.lanes.lane_of(desk.uid, other, 7, now) == 1
    assert (old.lane_of(desk.uid, mail, 7, now), old.lane_of(desk.uid, other, 7, now)) == (0, 1)


@pytest.mark.parametrize("threads", [8])
def test_two_who_add_lanes_at_once_do_not_give_one_two_ways(desk: Desk, threads: int) -> None:
    """On both stores: each finds the lanes of its own connection, and nobody's were overwritten."""
    names = [f"relay-{number}" for number in range(threads)]
    for name in names:
        desk.relay(1, name, maxConnections=2)
    channels = [desk.mail(f"mail-{name}", name) for name in names]
    told: list[tuple[str, list[int]]] = []
    ready = threading.Barrier(threads)

    def add(place: int) -> None:
        with closing(desk.opener()) as store:
            lanes = Lanes(store)
            store.load([])
            ready.wait(30)
            now = desk.clock.now()
            told.append((names[place], [lanes.lane_of(desk.uid, channels[place], turn, now) for turn in range(2)]))

    hands = [threading.Thread(target=add, args=(place,)) for place in range(threads)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join(60)
    found = vias(desk)
    assert sorted(found) == sorted(names * 2)
    assert len(told) == threads
    assert all([found[number] for number in numbers] == [name] * 2 for name, numbers in told)


def test_a_stopped_job_stays_stopped(desk: Desk) -> None:
    """To make room in a job does not open it: its phase is a gate (AMB-C1)."""
    from reconciler.model.work import Phase

    now, channel = desk.clock.now(), desk.hook("https://agent.example")
    desk.lanes.stand(desk.uid, [channel], now)
    desk.store.ledger.enter(desk.uid, Phase.STOPPED, now)
    desk.relay(1)
    Lanes(desk.store).stand(desk.uid, [channel, desk.mail()], now)
    assert desk.view().phase is Phase.STOPPED
    assert len(vias(desk)) == WEBHOOKS + 2
