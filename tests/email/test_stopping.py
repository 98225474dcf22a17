"""Pause, resume and cancel, seen from the server; and what a worker that is gone leaves behind."""

import subprocess
import sys
import time
from contextlib import closing
from datetime import timedelta

import pytest

from reconciler.engine.owner import new_owner
from reconciler.model.work import Demand, Phase, Stage
from tests.email.mailroom import SPRING, Mailroom, until
from tests.smtp_counter import smtp_counter


def test_a_pause_inside_an_hours_window_returns_at_once_and_the_rest_is_exact(room: Mailroom) -> None:
    """E-14, E-19, E-21, E-22, E-57, E-58, AMB-E6: five of twenty an hour; nothing begins after, resume sends the rest."""
    with smtp_counter() as counter:
        room.relay("a", counter.port, limits=[{"max": 5, "per": "1h"}])
        room.recipients("all", 20)
        room.launch()
        with room.running():
            until(lambda: counter.count() == 5, "the hour's five")
            began = time.monotonic()
            room.campaign("paused")
            assert not room.apply().failed
            assert time.monotonic() - began < 20, "not an hour"
            assert room.state() == "paused"
            before = counter.recipients()
            assert room.stages() == {Stage.SENT: 5, Stage.PENDING: 15}
            room.relay("a", counter.port)
            assert not room.apply().failed, "limits may change at any time"
            time.sleep(0.5)  # what must not happen has no end to wait for
            assert counter.recipients() == before
            room.campaign("running")
            assert not room.apply().failed
            until(lambda: room.state() == "completed", "the end")
        assert len(counter.taken) == 20
        assert not counter.twice()
    assert room.stages() == {Stage.SENT: 20}


def test_a_limit_that_is_raised_counts_at_once(room: Mailroom) -> None:
    """AMB-E12: without a pause, though the lane had been told to come back in an hour."""
    with smtp_counter() as counter:
        room.relay("a", counter.port, limits=[{"max": 5, "per": "1h"}])
        room.recipients("all", 20)
        room.launch()
        with room.running():
            until(lambda: counter.count() == 5, "the hour's five")
            room.relay("a", counter.port, limits=[{"max": 500, "per": "1h"}])
            assert not room.apply().failed
            until(lambda: room.state() == "completed", "the end")
        assert not counter.twice()


def test_a_campaigns_own_rate_is_fixed_while_it_runs(room: Mailroom) -> None:
    """AMB-E12, E-13: it is one of its settings."""
    room.relay("a", 9)
    room.recipients("all", 3)
    room.launch(sending={"rate": "5/h"})
    room.campaign("running", sending={"rate": "500/h"})
    (blocked,) = room.plan().blocked
    assert blocked.refusals[0].code == "frozen-field"


def test_a_cancel_stops_for_good(room: Mailroom) -> None:
    """E-15, E-33, E-34, E-59, AMB-E6: what is out stays out, the rest never goes."""
    with smtp_counter() as counter:
        room.relay("a", counter.port, limits=[{"max": 100, "per": "1s"}])
        room.recipients("all", 2000)
        room.launch()
        with room.running():
            until(lambda: counter.count() > 20, "the first few")
            room.campaign("cancelled")
            assert not room.apply().failed
            assert room.state() == "cancelled"
            out = counter.count()
            assert room.stages() == {Stage.SENT: out, Stage.CANCELLED: 2000 - out}
            time.sleep(0.5)  # what must not happen has no end to wait for
            assert counter.count() == out
    room.campaign("running")
    assert [one.ref for one in room.plan().blocked] == [SPRING]


def test_a_paused_campaign_is_cancelled_too(room: Mailroom) -> None:
    """E-20, E-60."""
    room.relay("a", 9)
    room.recipients("all", 7)
    room.launch()
    for state in ("paused", "cancelled"):
        room.campaign(state)
        assert not room.apply().failed
    assert room.state() == "cancelled"
    assert room.stages() == {Stage.CANCELLED: 7}


def dead() -> str:
    """The token of an execution on this machine whose process is gone."""
    process = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    table, _, unique = new_owner().rsplit("/", 2)
    return f"{table}/{process.stdout.decode().strip()}/{unique}"


def left_by_the_dead(room: Mailroom) -> None:
    """A launched campaign of twelve, ten of which a worker had in hand when it was killed; its lease lasts for an hour."""
    room.relay("a", 9, maxConnections=1)
    room.recipients("all", 12)
    room.launch()
    with closing(room.open()) as store:
        now = store.time(room.clock.now())
        (offer,) = store.ledger.offers(now, 10)
        claim = store.ledger.claim(offer, dead(), now, now + timedelta(hours=1), 0)
        assert claim is not None
        window = store.ledger.window(claim, None, Demand(1, 10, now + timedelta(hours=1)), now)
        assert window is not None and len(window.units) == 10


@pytest.mark.parametrize("state", ["paused", "cancelled"])
def test_whoever_is_dead_is_not_waited_for_and_leaves_doubt(room: Mailroom, state: str) -> None:
    """AMB-E6, AMB-E13: the stop returns, and nothing stays "sending" for ever."""
    left_by_the_dead(room)
    room.campaign(state)
    assert not room.apply().failed
    assert room.state() == state
    rest = Stage.PENDING if state == "paused" else Stage.CANCELLED
    assert room.stages() == {Stage.UNKNOWN: 10, rest: 2}


def test_what_a_dead_worker_left_is_sent_after_a_pause_only_where_that_is_asked_for(room: Mailroom) -> None:
    """AMB-E13, E-19: resume sends the two that were never begun; `resolve --resend` the ten."""
    left_by_the_dead(room)
    room.campaign("paused")
    room.apply()
    with smtp_counter() as counter:
        room.relay("a", counter.port)
        room.campaign("running")
        room.apply()
        with room.running():
            until(lambda: counter.count() == 2, "the two")
            until(lambda: room.state() == "completed", "the end")
        assert counter.count() == 2
    assert room.cli("email", "resolve", "spring", "--resend").code == 4


def test_what_is_in_doubt_may_be_sent_again_while_paused(room: Mailroom) -> None:
    """AMB-E13: all twelve, once each as far as the server knows."""
    left_by_the_dead(room)
    room.campaign("paused")
    room.apply()
    assert room.cli("email", "resolve", "spring", "--resend").code == 0
    with smtp_counter() as counter:
        room.relay("a", counter.port)
        room.campaign("running")
        room.apply()
        room.work()
        assert len(set(counter.recipients())) == counter.count() == 12
    assert room.state() == "completed"


def test_what_was_not_launched_to_the_end_sends_nothing(room: Mailroom) -> None:
    """E-47: recipients that were gathered and never assigned are nobody's."""
    room.relay("a", 9)
    room.recipients("all", 3)
    room.campaign("draft")
    room.apply()
    with closing(room.open()) as store:
        uid = store.ledger.uid(SPRING)
        store.ledger.prepare(uid, "running", lambda: None)
        store.ledger.add(uid, [("u0@r.example", {})])
        assert store.ledger.offers(store.time(room.clock.now()), 10) == ()
        view = store.ledger.view(uid, room.clock.now())
        assert view is not None and view.phase is Phase.STAGED
    room.launch()
    assert room.stages() == {Stage.PENDING: 3}, "what was left is taken out"
