"""What is dear is worked out once for all who look, in the background."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta

import pytest

from reconciler.app import passing_store
from reconciler.dashboard.kept import MOST, Kept
from reconciler.model.errors import StoreError
from reconciler.model.ports import Store
from reconciler.web.desks import Desks
from tests.world import START, FixedClock

PATIENCE = 60.0


class Room:
    """Real threads, a clock to advance, and work that counts itself and can be made to wait."""

    def __init__(self, desks: Desks) -> None:
        self.clock, self.seconds, self.done = FixedClock(), 0.0, 0
        self.go = threading.Event()
        self.go.set()
        self.begun = threading.Semaphore(0)
        self.kept = Kept(desks.submit, self.clock, lambda: self.seconds)
        self.raises: Exception | None = None

    def work(self, store: Store) -> int:
        assert store.serial() == 0
        self.begun.release()
        assert self.go.wait(PATIENCE)
        self.done += 1
        if self.raises:
            raise self.raises
        return self.done

    def pass_by(self, seconds: float) -> None:
        self.seconds += seconds
        self.clock.advance(seconds=seconds)


@pytest.fixture
def room() -> Iterator[Room]:
    with closing(Desks(passing_store, 2)) as desks:
        made = Room(desks)
        yield made
        made.go.set()


def test_many_who_look_at_once_have_it_worked_out_once(room: Room) -> None:
    room.go.clear()

    def look(_number: int) -> object:
        return room.kept.glance("k", room.work, patience=PATIENCE)

    with ThreadPoolExecutor(20) as pool:
        looks = pool.map(look, range(20))
        assert room.begun.acquire(timeout=PATIENCE)
        room.go.set()
        found = list(looks)
    assert room.done == 1
    assert {one.value for one in found if one} == {1}  # type: ignore[attr-defined]


def test_who_has_no_patience_gets_nothing_at_first_and_the_old_one_later(room: Room) -> None:
    room.go.clear()
    assert room.kept.glance("k", room.work) is None
    room.go.set()
    first = room.kept.glance("k", room.work, patience=PATIENCE)
    assert first and (first.value, first.as_of) == (1, START)
    room.pass_by(31)
    room.go.clear()
    again = room.kept.glance("k", room.work)
    assert again and again.value == 1, "the old one, while the new one is on its way"
    room.go.set()
    newer = room.kept.glance("k", room.work, patience=PATIENCE)
    assert newer and (newer.value, newer.as_of) == (2, START + timedelta(seconds=31))


def test_it_is_kept_for_as_long_as_was_said(room: Room) -> None:
    def value() -> int:
        found = room.kept.glance("k", room.work, every=10, patience=PATIENCE)
        assert found
        return found.value

    assert value() == 1
    room.pass_by(9)
    assert value() == 1
    room.pass_by(1)
    assert value() == 2
    room.kept.renew("k")
    assert value() == 3
    room.kept.renew("another")


def test_work_that_fails_is_raised_and_tried_again_later(room: Room) -> None:
    room.raises = StoreError("the store is away")
    with pytest.raises(StoreError, match="away"):
        room.kept.glance("k", room.work, patience=PATIENCE)
    _until(lambda: _raises(lambda: room.kept.glance("k", room.work)))
    assert room.done == 1
    room.raises = None
    room.pass_by(30)
    found = room.kept.glance("k", room.work, patience=PATIENCE)
    assert found and (found.value, found.trouble) == (2, "")


def test_what_was_there_stays_where_newer_work_fails_and_says_why(room: Room) -> None:
    room.kept.glance("k", room.work, patience=PATIENCE)
    room.pass_by(30)
    room.raises = StoreError("the store is away")
    found = room.kept.glance("k", room.work, patience=PATIENCE)
    assert found and (found.value, found.as_of, found.trouble) == (1, START, "the store is away")
    later = room.kept.glance("k", room.work)
    assert later and later.value == 1


def test_what_nobody_asks_for_is_let_go(room: Room) -> None:
    for number in range(MOST + 1):
        room.kept.glance(number, room.work, patience=PATIENCE)
    assert room.done == MOST + 1
    room.kept.glance(MOST, room.work, patience=PATIENCE)
    assert room.done == MOST + 1, "the last one is there"
    room.kept.glance(0, room.work, patience=PATIENCE)
    assert room.done == MOST + 2, "the first one had gone"


def _raises(look: Callable[[], object]) -> bool:
    try:
        look()
    except StoreError:
        return True
    return False


def _until(holds: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(int(PATIENCE * 100)):
        if holds():
            return
        pause.wait(0.01)
    raise AssertionError("it never came to that")
