"""Intents in somebody's hands, and names that change hands within one commit: promises of every store."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from reconciler.controller.doctor import examine
from reconciler.model.ports import Lease, Store
from reconciler.model.ref import Ref
from tests.store.stores import STORES
from tests.store.test_contract import AT, LIST, SPRING, SUMMER, intent, log, write

MINE, YOURS = Lease("me", AT + timedelta(minutes=1)), Lease("you", AT + timedelta(minutes=2))
AUTUMN = Ref("EmailCampaign", "autumn")


@pytest.fixture(params=sorted(STORES))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made = STORES[request.param](tmp_path)
    made.commit([write(SPRING, 0, "draft"), write(LIST, 0, "present")])
    yield made
    made.close()


def test_an_intent_keeps_its_lease(store: Store) -> None:
    store.begin(replace(intent(SPRING, 1, "running", key="a"), lease=MINE))
    store.begin(intent(LIST, 1, "deleted", key="b"))
    assert {one.key: one.lease for one in store.intents()} == {"a": MINE, "b": None}


@pytest.mark.parametrize(
    "act", [lambda store, one: store.advance(one), lambda store, one: store.abandon(one)], ids=["advance", "abandon"]
)
@pytest.mark.parametrize("mine", [MINE, None])
def test_only_whose_hands_it_is_in_may_end_it(store: Store, act: Callable[..., bool], mine: Lease | None) -> None:
    held = replace(intent(SPRING, 1, "running"), lease=mine)
    store.begin(held)
    assert store.hand_over(held, YOURS)
    assert not act(store, held)
    assert (log(store, SPRING), [one.lease for one in store.intents()]) == ([("create", "draft")], [YOURS])
    assert act(store, replace(held, lease=YOURS))
    assert store.intents() == ()


def test_it_is_handed_over_once(store: Store) -> None:
    held = replace(intent(SPRING, 1, "running"), lease=MINE)
    assert not store.hand_over(held, YOURS), "it was not begun"
    store.begin(held)
    assert store.hand_over(held, YOURS)
    assert not store.hand_over(held, Lease("they", AT))
    assert store.hand_over(replace(held, lease=YOURS), None)
    assert store.hand_over(replace(held, lease=None), MINE)


def test_a_name_that_is_given_up_may_be_taken_in_the_same_commit(store: Store) -> None:
    batch = [
        write(SPRING, 1, "scheduled"),
        write(SPRING, 2, "scheduled", op="move", renamed_to=SUMMER),
        write(SPRING, 0, "draft"),
        write(SUMMER, 3, "scheduled", op="move", renamed_to=AUTUMN),
        write(SPRING, 1, "draft", op="move", renamed_to=SUMMER),
        write(AUTUMN, 4, "running"),
    ]
    assert store.commit(batch) == ()
    assert {ref: (head.state, head.revision) for ref, head in store.heads().items()} == {
        AUTUMN: ("running", 5), SUMMER: ("draft", 2), LIST: ("present", 1),
    }  # fmt: skip
    assert [op for op, _ in log(store, AUTUMN)] == ["create", "transition", "move", "move", "transition"]


def test_a_log_in_which_a_name_passes_from_one_to_another_is_whole(store: Store) -> None:
    batch = [
        write(SPRING, 1, "draft", op="move", renamed_to=AUTUMN),
        write(SPRING, 0, "draft"),
        write(AUTUMN, 2, "scheduled"),
        write(SPRING, 1, "running"),
        write(LIST, 1, "present", op="forget", forgotten=True),
        write(LIST, 0, "present"),
    ]
    assert store.commit(batch) == ()
    assert examine(store).complaints == ()


def test_who_lost_a_move_does_nothing_under_the_new_name(store: Store) -> None:
    """The name belongs to somebody else, whose revision may fit by accident."""
    store.commit([write(SUMMER, 0, "draft"), write(SUMMER, 1, "scheduled")])
    batch = [write(SPRING, 1, "draft", op="move", renamed_to=SUMMER), write(SUMMER, 2, "running")]
    assert store.commit(batch) == (SPRING, SUMMER)
    assert (store.heads()[SUMMER].state, store.heads()[SPRING].revision) == ("scheduled", 1)
