"""The split of recipients among connections: exact, even, and the same whenever it is asked (E-44, AMB-E14)."""

from collections import Counter
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciler.kinds.email.split import Assign, assign, counts, split_counts, split_of

SHARES = st.lists(st.integers(0, 100), min_size=1, max_size=8).filter(any)


def percentages(*percent: int) -> dict[str, Any]:
    connections = [{"name": f"relay-{place}", "percent": share} for place, share in enumerate(percent)]
    return {"mode": "percentage", "connections": connections}


def walk(chosen: Assign, n: int) -> list[int]:
    return [chosen(position) for position in range(n)]


@pytest.mark.parametrize(
    ("n", "shares", "expected"),
    [
        (4999, [70, 30], [3499, 1500]),
        (4999, [30, 70], [1500, 3499]),
        (0, [70, 30], [0, 0]),
        (1, [50, 50], [1, 0]),
        (3, [50, 50], [2, 1]),
        (10, [33, 33, 34], [3, 3, 4]),
        (100, [100, 0], [100, 0]),
        (7, [1, 99], [0, 7]),
        (1, [1] * 100, [1] + [0] * 99),
        (10**12 + 1, [70, 30], [700_000_000_001, 300_000_000_000]),
    ],
)
def test_shares_are_exact_by_largest_remainder(n: int, shares: list[int], expected: list[int]) -> None:
    """AMB-E14."""
    assert counts(n, shares) == expected


@given(st.integers(0, 10**9), SHARES)
def test_counts_are_the_quota_rounded_one_way_or_the_other(n: int, shares: list[int]) -> None:
    found = counts(n, shares)
    assert sum(found) == n
    quotas = [Fraction(n * share, sum(shares)) for share in shares]
    assert all(abs(count - quota) < 1 for count, quota in zip(found, quotas, strict=True))
    rests = [(quota - quota.__floor__(), count - quota.__floor__()) for count, quota in zip(found, quotas, strict=True)]
    assert max((rest for rest, up in rests if not up), default=0) <= min((rest for rest, up in rests if up), default=1)


@pytest.mark.parametrize("shares", [[], [0, 0], [-1, 2], [101, -1]])
def test_shares_that_are_none_are_a_mistake(shares: list[int]) -> None:
    with pytest.raises(ValueError, match=r"shares|empty|iterable"):
        counts(10, shares)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 400), SHARES)
@example(400, [90, 4, 3, 3])
@example(9, [1, 1, 1, 1, 1, 1, 1, 2])
@example(100, [1, 99])
@example(101, [100])
@example(399, [13, 13, 13, 13, 12, 12, 12, 12])
def test_every_prefix_has_its_shares_to_within_one(n: int, shares: list[int]) -> None:
    """AMB-E14: exact in all, and so even on the way that all connections work at the same time."""
    exact, so_far = counts(n, shares), Counter[int]()
    for done, index in enumerate(walk(assign(n, shares), n), 1):
        so_far[index] += 1
        for one, count in enumerate(exact):
            assert abs(so_far[one] - Fraction(done * count, n)) < 1
    assert [so_far[one] for one in range(len(shares))] == exact


def test_many_connections_of_the_full_hundred() -> None:
    n, shares = 5003, [1] * 100
    found = walk(assign(n, shares), n)
    assert [Counter(found)[one] for one in range(100)] == counts(n, shares)
    exact = counts(n, shares)
    so_far = Counter[int]()
    for done, index in enumerate(found, 1):
        so_far[index] += 1
        assert abs(so_far[index] * n - done * exact[index]) < n


@given(st.integers(1, 300), SHARES, st.data())
def test_a_position_keeps_its_connection_whenever_and_in_whatever_order_it_is_asked(
    n: int, shares: list[int], data: st.DataObject
) -> None:
    """AMB-E14: kept over pause and resume, and independent of batches."""
    expected = walk(assign(n, shares), n)
    again = assign(n, shares)
    for position in data.draw(st.lists(st.integers(0, n - 1), max_size=20)):
        assert again(position) == expected[position]


def test_two_connections_take_turns_as_their_shares_are() -> None:
    assert walk(assign(10, [70, 30]), 10).count(1) == 3
    assert walk(assign(4, [50, 50]), 4) in ([0, 1, 0, 1], [0, 1, 1, 0])
    assert set(walk(assign(4999, [70, 30]), 10)) == {0, 1}


@pytest.mark.parametrize("position", [-1, 10])
def test_there_is_no_connection_beyond_the_last(position: int) -> None:
    with pytest.raises(IndexError):
        assign(10, [70, 30])(position)


def test_the_modes_of_a_campaign() -> None:
    """E-44: percentages split exactly, round robin takes turns, a single one takes all."""
    names = [{"name": "a"}, {"name": "b"}, {"name": "c"}]
    assert walk(split_of({"mode": "roundRobin", "connections": names}, 5), 5) == [0, 1, 2, 0, 1]
    assert split_counts({"mode": "roundRobin", "connections": names}, 5) == {"a": 2, "b": 2, "c": 1}
    assert walk(split_of({"connections": names[:1]}, 3), 3) == [0, 0, 0]
    assert split_counts({"connections": names[:1]}, 3) == {"a": 3}
    assert split_counts(percentages(70, 30), 4999) == {"relay-0": 3499, "relay-1": 1500}
    assert Counter(walk(split_of(percentages(70, 30), 4999), 4999)) == {0: 3499, 1: 1500}
