"""Many at once, each with a store of its own: nothing is earned twice, and no limit is passed (R-25, AMB-R6)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import Any

from reconciler.kinds.referral.asked import EventSaid
from reconciler.kinds.referral.judging import report
from reconciler.model.ports import Store
from reconciler.model.referral import FriendEvent, Taken
from reconciler.model.reward import LOST, Due, Fate
from tests.referral.bureau import ADVOCATE, FRIEND, Bureau

THREADS = 8


def at_once(bureau: Bureau, count: int, act: Callable[[Store, int], Any]) -> list[Any]:
    """What each of so many acts gave, done in threads that each have a store."""

    def part(first: int) -> list[Any]:
        with closing(bureau.open_store()) as store:
            return [act(store, number) for number in range(first, count, THREADS)]

    with ThreadPoolExecutor(THREADS) as pool:
        return [one for found in pool.map(part, range(THREADS)) for one in found]


def test_a_thousand_replays_earn_once(bureau: Bureau) -> None:
    """R-25: by one id, and by ten ids for one step; whoever asks hears the same rewards."""
    bureau.put("summer", "live")
    bureau.open("fred", bureau.share("ada"))

    def act(store: Store, number: int) -> Any:
        said = EventSaid(f"e{number % 10}", "fred", "account_created")
        return report(store, bureau.programs, "friends", said, bureau.clock.now())

    taken = at_once(bureau, 1000, act)
    assert all(isinstance(one, Taken) for one in taken)
    kept = bureau.rewards()
    assert sorted(one.role for one in kept) == ["advocate", "friend"]
    assert {frozenset(one.id for one in each.rewards) for each in taken if each.is_first} == {
        frozenset(one.id for one in kept)
    }
    assert len({each.event.id for each in taken if each.is_first}) == 1


def test_the_store_keeps_one_reward_for_a_rule_an_event_and_a_beneficiary(bureau: Bureau) -> None:
    """R-25: whatever it is called and whoever asks; the index holds it, not the caller."""
    bureau.put("summer", "live", [FRIEND])
    bureau.refer("fred", bureau.share("ada"))
    (kept,) = bureau.rewards()
    again = Due(replace(kept, id="r-another", event_id="e2"))
    event = FriendEvent(kept.uid, "e2", "fred", "first_deposit", bureau.clock.now(), "said", "", ())
    with bureau.store() as store:
        taken = store.referral.take(event, {}, [again], bureau.clock.now())
    assert taken is not None and taken.is_first and not taken.rewards
    assert [one.id for one in bureau.rewards()] == [kept.id]


def test_a_limit_is_exact_however_many_come(bureau: Bureau) -> None:
    """R-25: 60 friends of one advocate at once, ten rewards a year."""
    bureau.put("summer", "live", [{**ADVOCATE, "limit": {"count": 10, "per": "year"}}])
    code = bureau.share("ada")

    def act(store: Store, number: int) -> Any:
        said = EventSaid(f"e{number}", f"f{number}", "account_created", code=code)
        return report(store, bureau.programs, "friends", said, bureau.clock.now())

    at_once(bureau, 60, act)
    assert bureau.fates() == {"pending": 10, "denied": 50}


def test_whatever_is_earned_while_a_campaign_stops_is_void(bureau: Bureau) -> None:
    """R-13, AMB-R6: a stop in the middle leaves nothing behind that could be paid, nor do events that come after it."""
    bureau.put("summer", "live", [FRIEND])
    code = bureau.share("ada")
    uid = bureau.uid("summer")

    def act(store: Store, number: int) -> Any:
        if number == 77:
            return store.rewards.void(uid, "its campaign was stopped", bureau.clock.now())
        said = EventSaid(f"e{number}", f"f{number}", "account_created", code=code)
        return report(store, bureau.programs, "friends", said, bureau.clock.now())

    at_once(bureau, 160, act)
    kept = bureau.rewards()
    assert len(kept) == 159
    assert all(one.fate in LOST for one in kept), "some were voided by the stop, the rest came after it"


def test_a_reward_is_begun_by_one_and_handed_over_once(bureau: Bureau) -> None:
    """R-10: exports under two names at once share what is payable."""
    bureau.put("summer", "live", [FRIEND])
    code = bureau.share("ada")
    for number in range(20):
        bureau.refer(f"f{number}", code)
    with bureau.store() as store:
        program = bureau.offering(store).uid

    def act(store: Store, number: int) -> Any:
        return number % 4, {one.id for one in store.rewards.hand_over(program, f"b{number % 4}", bureau.clock.now(), 7)}

    found = at_once(bureau, 16, act)
    by_batch: dict[int, set[frozenset[str]]] = {}
    for batch, ids in found:
        by_batch.setdefault(batch, set()).add(frozenset(ids))
    assert all(len(one) == 1 for one in by_batch.values()), "each name gives the same rewards, however often"
    handed = [id_ for one in by_batch.values() for ids in one for id_ in ids]
    assert sorted(handed) == sorted(one.id for one in bureau.rewards(Fate.FULFILLED)) and len(handed) == 20
