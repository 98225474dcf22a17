"""Many at once, each with a connection of its own, on every store: nothing slips in beside a cancel, nobody is taken twice."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier, Event

import pytest

from reconciler.model.contact_queue import Begun, ItemStage
from tests.contact_queue.files import LATER, NOW, Files, always, anywhere
from tests.engine.desk import Opener

CREW = 8


@pytest.fixture
def files(opener: Opener) -> Iterator[Files]:
    with closing(opener()) as store:
        yield Files(store)


def at_once(opener: Opener, work: Callable[[int, Files], object]) -> list[object]:
    """Eight at it from the same moment on; what each came to."""
    start = Barrier(CREW)

    def one(number: int) -> object:
        with closing(opener()) as store:
            own = Files.__new__(Files)
            own.store = store
            start.wait()
            return work(number, own)

    with ThreadPoolExecutor(CREW) as crew:
        return list(crew.map(one, range(CREW)))


def test_queued_by_eight_is_queued_once(opener: Opener, files: Files) -> None:
    """AMB-C10, C-21, C-26."""
    uid = files.campaign("q2")
    files.join(uid, files.accounts(100))
    counts = at_once(opener, lambda _number, own: own.queue.enqueue(uid, NOW))
    assert sorted(counts) == [0] * 7 + [100]  # type: ignore[type-var]
    posted = at_once(opener, lambda _number, own: own.queue.post(uid, NOW, 30, anywhere))
    assert sum(posted) == 100  # type: ignore[arg-type]


def test_assigned_by_eight_belongs_to_one(opener: Opener, files: Files) -> None:
    """AMB-C9: to whichever came first, and to it alone."""
    uids = [files.campaign(f"c{number}") for number in range(CREW)]
    ids = files.accounts(100)
    given = at_once(opener, lambda number, own: own.store.accounts.assign(uids[number], ids, NOW, NOW))
    assert sum(given) == 100  # type: ignore[arg-type]
    found = Counter(files.get(number).campaign for number in range(100))
    assert [found[uid] for uid in uids] == given
    totals = [files.store.collection_books.figures(uid, None).total for uid in uids]
    assert totals == given


def test_begun_by_eight_is_begun_once(opener: Opener, files: Files) -> None:
    """AMB-C10: each contact is written down once, whoever tries; one that is begun already is known as such."""
    files.running(20)
    items = files.items()

    def begin(number: int, own: Files) -> list[int]:
        order = random.Random(number).sample(items, len(items))
        return [one.item.id for item in order if isinstance(one := own.begin(item), Begun) and not one.is_repeated]

    begun = [id_ for found in at_once(opener, begin) for id_ in found]  # type: ignore[attr-defined]
    assert sorted(begun) == [item.id for item in items]
    counted = [len(files.store.collection_books.interactions(item.account)) for item in items]
    assert counted == [1] * 20


def test_nothing_begins_once_a_cancel_has_returned(opener: Opener, files: Files) -> None:
    """AMB-C1, AMB-C6, C-11: whoever was first has begun it, and all the others find it cancelled."""
    uid = files.running(200)
    items = files.items()
    is_shut = Event()

    def go_on(number: int, own: Files) -> list[tuple[bool, int]]:
        if number == 0:
            own.queue.cancel(uid, "it was paused", NOW)
            is_shut.set()
            return []
        found = []
        for item in random.Random(number).sample(items, len(items)):
            was_shut = is_shut.is_set()
            made = own.begin(item)
            is_new = isinstance(made, Begun) and not made.is_repeated
            found.append((was_shut, item.id if is_new else 0))
            own.queue.enqueue(uid, NOW)
        return found

    seen = [one for found in at_once(opener, go_on) for one in found]  # type: ignore[attr-defined]
    begun = {item.id for item in files.items() if item.stage is ItemStage.PROCESSING}
    assert {id_ for was_shut, id_ in seen if was_shut and id_} == set()
    assert {id_ for _, id_ in seen if id_} == begun
    assert Counter(files.stages()) == Counter({"cancelled": 200 - len(begun), "processing": len(begun)})


def test_two_who_begin_one_account_see_each_other(opener: Opener, files: Files) -> None:
    """AMB-C11: each sees the contact of the other one, or is the first: limits cannot be passed side by side."""
    uid = files.running(1)
    counts = []
    for turn in range(5):
        item = files.items()[-1]
        files.begun(item)
        files.settle(item)
        counts.append(len(files.store.collection_books.interactions(item.account)))
        assert files.queue.enqueue(uid, NOW + LATER) == 1
        seen: list[int] = []

        def decide(_account: object, _item: object, past: tuple[object, ...], seen: list[int] = seen) -> object:
            seen.append(len(past))
            return always(_account, _item, past)  # type: ignore[arg-type]

        last = files.items()[-1]
        at_once(opener, lambda _n, own, last=last, decide=decide: own.begin(last, decide, NOW + LATER))  # type: ignore[misc]
        assert min(seen) == 2 * turn + 1
        files.settle(last)
        files.store.accounts.restart(uid, NOW, NOW)
        files.queue.enqueue(uid, NOW)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_eight_do_nothing_is_broken(opener: Opener, files: Files, seed: int) -> None:
    """AMB-C1, AMB-C9, AMB-C10: queue, begin, settle, cancel, open, assign and free, all at once."""
    one, two = files.campaign("one"), files.campaign("two")
    ids = files.accounts(12)
    files.join(one, ids)

    def do(number: int, own: Files) -> list[int]:
        dice, begun = random.Random(f"{seed} {number}"), []
        for _ in range(25):
            uid = dice.choice((one, two))
            match dice.randrange(8):
                case 0 | 1:
                    own.queue.enqueue(uid, NOW)
                case 2 | 3:
                    begun += _begin_some(own, dice)
                case 4:
                    own.queue.cancel(uid, "it was paused", NOW)
                    own.queue.open(uid, NOW)
                case 5:
                    own.store.accounts.assign(uid, dice.sample(ids, 6), NOW, NOW)
                case 6:
                    own.store.accounts.free(uid, dice.sample(ids, 3), NOW)
                case 7:
                    own.store.accounts.restart(uid, NOW, NOW)
        return begun

    begun = [id_ for found in at_once(opener, do) for id_ in found]  # type: ignore[attr-defined]
    assert len(begun) == len(set(begun))
    items = files.items()
    tries = [(item.account, item.round, item.step, item.tries) for item in items if item.begun_at]
    assert len(tries) == len(set(tries))
    is_open = Counter(item.account for item in items if item.stage in (ItemStage.PENDING, ItemStage.PROCESSING))
    assert max(is_open.values(), default=0) <= 1
    assert {item.id for item in items if item.begun_at} == set(begun)
    members = files.members()
    assert members == {(files.get(n).campaign, files.get(n).id) for n in range(12) if files.get(n).campaign}


def _begin_some(own: Files, dice: random.Random) -> list[int]:
    found = [item for item in own.items() if item.stage is ItemStage.PENDING]
    begun = []
    for item in dice.sample(found, min(3, len(found))):
        made = own.begin(item)
        if isinstance(made, Begun) and not made.is_repeated:
            begun.append(item.id)
            own.settle(item, dice.choice((ItemStage.COMPLETED, ItemStage.FAILED)))
    return begun


def test_deciders_that_raise_leave_nothing_behind(files: Files) -> None:
    """AMB-C10: a condition that cannot be asked begins nothing."""
    files.running()
    item = files.items()[0]

    def broken(*_: object) -> None:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        files.begin(item, broken)  # type: ignore[arg-type]
    assert files.stages() == ["pending"]
    assert isinstance(files.begin(item), Begun)
