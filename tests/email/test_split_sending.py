"""Which connection carries whom, at the servers themselves: single, by percent, in turn."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from reconciler.model.work import Stage
from tests.email.mailroom import Mailroom, until
from tests.smtp_counter import Counter, smtp_counter


@pytest.fixture
def two() -> Iterator[tuple[Counter, Counter]]:
    with ExitStack() as stack:
        yield stack.enter_context(smtp_counter()), stack.enter_context(smtp_counter())


def test_one_connection_carries_all_and_the_campaign_completes(room: Mailroom) -> None:
    """E-17, E-23, E-45, E-61: everyone once, then completed."""
    with smtp_counter() as counter:
        room.relay("a", counter.port)
        room.recipients("all", 57)
        room.launch()
        room.work()
        assert room.state() == "completed"
        assert room.stages() == {Stage.SENT: 57}
        assert sorted(counter.recipients()) == sorted(f"u{n}@r.example" for n in range(57))
    assert room.said == []


def test_a_split_by_percent_is_exact_before_and_after_a_pause(room: Mailroom, two: tuple[Counter, Counter]) -> None:
    """E-19, E-44, AMB-E14: 70/30 of 4,999 is 3,499/1,500, whoever was sent to before the pause."""
    room.relay("a", two[0].port, maxConnections=3)
    room.relay("b", two[1].port)
    room.recipients("all", 4999)
    room.launch({"a": 70, "b": 30})
    assert room.by_connection() == {"a": 3499, "b": 1500}
    with room.running():
        until(lambda: two[0].count() > 300 and two[1].count() > 100, "the first few hundred")
        room.campaign("paused", {"a": 70, "b": 30})
        assert room.apply().done
        before = [set(one.recipients()) for one in two]
        assert room.by_connection() == {"a": 3499, "b": 1500}
        room.campaign("running", {"a": 70, "b": 30})
        assert room.apply().done
        until(lambda: room.state() == "completed", "the end", 120)
    assert [one.count() for one in two] == [3499, 1500]
    for counter, early in zip(two, before, strict=True):
        assert not counter.twice()
        assert early < set(counter.recipients())


def test_in_turn_each_connection_carries_the_same(room: Mailroom, two: tuple[Counter, Counter]) -> None:
    """E-44: round robin."""
    room.relay("a", two[0].port)
    room.relay("b", two[1].port)
    room.recipients("all", 41)
    room.launch(["a", "b"])
    room.work()
    assert [one.count() for one in two] == [21, 20]
    assert room.state() == "completed"
