"""Holds and acknowledgements as values."""

from datetime import timedelta

import pytest

from reconciler.model.hold import (
    acknowledged,
    expired,
    held_anew,
    hold_until,
    holding,
    holds_from_json,
    holds_to_json,
    keeping,
    own,
    without,
)
from tests.world import START

HOUR = timedelta(hours=1)
WHOLE = hold_until("looking into it", "dana", START, START + HOUR)
STATE = hold_until("agreed", "ana", START, START + 2 * HOUR, ("/state", "/spec/a"))


def test_a_hold_is_in_force_up_to_its_end_and_not_at_it() -> None:
    assert holding((STATE, WHOLE), START + HOUR - timedelta(microseconds=1)) == WHOLE
    assert holding((STATE, WHOLE), START + HOUR) is None
    assert expired((STATE, WHOLE), START + HOUR) == [WHOLE]
    assert expired((STATE, WHOLE), START + 2 * HOUR) == [WHOLE, STATE]


def test_an_end_within_a_second_is_that_of_the_second() -> None:
    hold = hold_until("x", "dana", START, START + timedelta(microseconds=1))
    assert hold.until == "2027-01-04T09:00:01Z"


@pytest.mark.parametrize(
    ("path", "left"), [("/state", True), ("/spec/a", True), ("/spec/a/b", True), ("/spec/ab", False), ("/spec", False)]
)
def test_an_acknowledgement_covers_its_paths_and_what_is_under_them(path: str, left: bool) -> None:
    assert (acknowledged((WHOLE, STATE), START, path) is not None) is left
    assert acknowledged((WHOLE, STATE), START + 2 * HOUR, path) is None


def test_a_resource_is_held_until_the_last_of_its_holds_is_over() -> None:
    """Nobody's hold takes the place of another's, whichever ends first, and whichever was there first."""
    other = hold_until("a complaint", "ana", START, START + 2 * HOUR)
    for first, second in ((WHOLE, other), (other, WHOLE)):
        both = held_anew((first, STATE), second)
        assert keeping(both, START) == (WHOLE, other)
        assert holding(both, START) == other
        assert keeping(both, START + HOUR) == (other,)
        assert holding(both, START + 2 * HOUR) is None
        assert (own(both, START, "dana"), own(both, START, "ana"), own(both, START, "ben")) == (WHOLE, other, None)
        assert keeping(without(both, other), START) == (WHOLE,)


def test_a_new_hold_takes_the_place_of_its_owners_last_alone() -> None:
    longer = hold_until("still", "dana", START, START + 3 * HOUR)
    assert held_anew((WHOLE, STATE), longer) == (STATE, longer)
    other = hold_until("this too", "dana", START, START + HOUR, ("/state",))
    (whole, rest, new) = held_anew((WHOLE, STATE), other)
    assert (whole, rest.paths, new) == (WHOLE, ("/spec/a",), other)
    assert held_anew((STATE,), hold_until("all", "ana", START, START + HOUR, STATE.paths))[0].reason == "all"
    assert without((WHOLE, STATE), WHOLE) == (STATE,)


def test_holds_survive_the_store() -> None:
    assert holds_from_json(holds_to_json((WHOLE, STATE))) == (WHOLE, STATE)
