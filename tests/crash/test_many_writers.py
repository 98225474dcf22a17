"""Many writers over one store, killed at random: what the log says afterwards. The checker must be able to complain."""

import os
from collections.abc import Callable
from dataclasses import replace

import pytest

from reconciler.model import canonical
from reconciler.model.event import GENESIS, Event, chain
from reconciler.model.ref import Ref
from tests.crash.log_checker import complaints
from tests.crash.many_writers import crowd
from tests.world import built_in_kinds

SECONDS = float(os.environ.get("MUSTER_WRITERS_SECONDS", "8"))
"""For how long each store is written to; `python -m tests.crash.many_writers` goes on for a minute."""


@pytest.mark.parametrize("make", ["sqlite", "postgres"])
def test_nothing_is_lost_illegal_or_twice(make: str, request: pytest.FixtureRequest) -> None:
    running = request.getfixturevalue("postgres") if make == "postgres" else None
    with crowd(make, running=running) as writers:
        result = writers.run(SECONDS)
    assert result.wrong == []
    assert result.kills > 5
    assert result.events > 200 + result.kills, f"hardly anything was written: {result}"
    assert result.restarts == (make == "postgres")


# The checker.

REF = Ref("ReferralCampaign", "spring")


def told(*bodies: dict[str, object]) -> list[Event]:
    """A whole log of one campaign."""
    events: list[Event] = []
    for number, body in enumerate(bodies, start=1):
        previous = events[-1].hash if events else GENESIS
        events.append(Event(number, REF, number, body, previous, chain(previous, canonical.encode(body))))
    return events


def document(by: str) -> dict[str, object]:
    return {"metadata": {"labels": {"by": by}}, "spec": {"program": "friends"}}


CREATE = {"op": "create", "to": "not_launched", "document": document("ana")}
LAUNCH = {"op": "transition", "event": "launch", "from": "not_launched", "to": "live"}
PAUSE = {"op": "transition", "event": "pause", "from": "live", "to": "paused"}
BY = {"path": "/metadata/labels/by", "before": "ana", "after": "bo"}
EDIT = {"op": "edit", "from": "live", "to": "live", "document": document("bo"), "changes": [BY]}
STOP = {"op": "transition", "event": "stop", "from": "live", "to": "stopped"}


HELD = {"owner": "dana", "until": "2027-01-04T10:00:00Z"}
HOLD = {"op": "hold", "from": "live", "to": "live", "holds": [HELD]}


def between(*steps: tuple[str, dict[str, object]]) -> list[Event]:
    """A whole log of several campaigns, told by name and body."""
    events: list[Event] = []
    for serial, (name, body) in enumerate(steps, start=1):
        ref = Ref("ReferralCampaign", name)
        own = [event for event in events if event.ref == ref]
        previous = own[-1].hash if own else GENESIS
        events.append(Event(serial, ref, len(own) + 1, body, previous, chain(previous, canonical.encode(body))))
    return events


OTHER = {"spec": {"program": "other", "goLiveAs": "burst"}}
BURST = {"metadata": {"labels": {}}, "spec": {"program": "friends", "goLiveAs": "burst"}}
MADE = {**CREATE, "document": BURST}
INTO = {**EDIT, "document": BURST, "changes": []}


@pytest.mark.parametrize(
    ("steps", "excluded"),
    [
        ((("a", MADE), ("b", MADE), ("a", LAUNCH), ("b", LAUNCH)), True),
        ((("a", MADE), ("b", MADE), ("a", LAUNCH), ("a", PAUSE), ("b", LAUNCH)), False),
        ((("a", MADE), ("b", {**MADE, "document": OTHER}), ("a", LAUNCH), ("b", LAUNCH)), False),
        ((("a", MADE), ("b", CREATE), ("b", LAUNCH), ("a", LAUNCH)), False),
        ((("a", MADE), ("b", CREATE), ("b", LAUNCH), ("a", LAUNCH), ("b", INTO)), True),
    ],
    ids=["two", "one after another", "two programs", "one that is none", "one that becomes one"],
)  # fmt: skip
def test_two_who_exclude_each_other_in_a_log(steps: tuple[tuple[str, dict[str, object]], ...], excluded: bool) -> None:
    found = list(complaints(between(*steps), built_in_kinds().table))
    assert any("one-burst" in one for one in found) == excluded, found


def test_a_whole_log_is_whole() -> None:
    afterwards = {**PAUSE, "at": HELD["until"]}
    assert list(complaints(told(CREATE, LAUNCH, EDIT, HOLD, afterwards), built_in_kinds().table)) == []


@pytest.mark.parametrize(
    ("bodies", "why"),
    [
        ((CREATE, LAUNCH, LAUNCH), "goes on from 'not_launched', the resource was 'live'"),
        ((CREATE, PAUSE), "goes on from 'live', the resource was 'not_launched'"),
        ((CREATE, {**LAUNCH, "to": "ended"}), "no edge launch"),
        ((CREATE, LAUNCH, EDIT, EDIT), "the same edit twice"),
        ((CREATE, LAUNCH, EDIT, {**EDIT, "document": document("cy")}), "changes /metadata/labels/by from 'ana'"),
        ((CREATE, CREATE), "created in not_launched, as its step 2"),
        (({**CREATE, "to": "live"},), "created in live"),
        ((CREATE, LAUNCH, STOP, {**EDIT, "from": "stopped", "to": "stopped", "changes": [{**BY, "path": "/spec/x"}]}), "frozen"),
        ((CREATE, LAUNCH, {**EDIT, "to": "paused"}), "an edit that enters a state"),
        ((CREATE, LAUNCH, {**LAUNCH, "op": "forget"}), "unexpected"),
        ((CREATE, LAUNCH, HOLD, PAUSE), "while dana holds it"),
    ],
)  # fmt: skip
def test_what_a_log_must_not_be(bodies: tuple[dict[str, object], ...], why: str) -> None:
    assert any(why in one for one in complaints(told(*bodies), built_in_kinds().table))


@pytest.mark.parametrize(
    ("alter", "why"),
    [
        (lambda events: [events[0], *events[2:]], "stands where 2 should"),
        (lambda events: [events[0], replace(events[2], serial=2), events[3]], "does not follow"),
        (lambda events: [events[0], replace(events[1], body={**LAUNCH, "actor": "eve"}), *events[2:]], "hash is not"),
    ],
)
def test_a_log_that_was_altered(alter: Callable[[list[Event]], list[Event]], why: str) -> None:
    assert any(why in one for one in complaints(alter(told(CREATE, LAUNCH, EDIT, PAUSE)), built_in_kinds().table))
