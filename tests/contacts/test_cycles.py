"""Whose turn a cycle is: of many workers one, once in a cycle, and another's where that one is gone."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta

from tests.email.mailroom import Mailroom

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
EVERY, LEASE = timedelta(minutes=5), timedelta(seconds=30)


def taking(room: Mailroom, after: timedelta) -> Callable[[int], bool]:
    def take(_worker: int) -> bool:
        with closing(room.open()) as store:
            return store.contact_cycles.take(0, EVERY, LEASE, NOW + after)

    return take


def test_of_many_workers_one_has_the_cycle(room: Mailroom) -> None:
    """C-26: at once, while it is at it, when it is done, in the next cycle, and when it is lost."""
    moments = [timedelta(), LEASE / 2, timedelta(minutes=4), EVERY]
    for after, had in zip(moments, (1, 0, 0, 1), strict=True):
        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(taking(room, after), range(16))) == had, after
        if after == LEASE / 2:
            with closing(room.open()) as store:
                store.contact_cycles.keep(0, LEASE, NOW + after)
                store.contact_cycles.done(0)
    lost = EVERY + LEASE
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(taking(room, lost - timedelta(seconds=1)), range(8))) == 0
        assert sum(pool.map(taking(room, lost), range(8))) == 1


def test_nobody_waits_for_the_time_of_a_clock_that_was_set_back(room: Mailroom) -> None:
    """C-26: it was a year ahead for a moment; else nobody would be queued, nor found to be in doubt, for that year."""
    year = timedelta(days=365)
    assert taking(room, year)(0)
    assert taking(room, timedelta())(0), "whoever was at it then"
    assert not taking(room, -LEASE / 2)(0), "clocks of machines differ a little"
    assert taking(room, year)(0)
    with closing(room.open()) as store:
        store.contact_cycles.done(0)
    assert taking(room, timedelta())(0), "and done"
