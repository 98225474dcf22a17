"""What a run does when its time has come: timers first, judged again at the moment itself; what came to nothing is logged."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from reconciler.controller.doctor import examine
from reconciler.controller.verdict import of_outcome
from reconciler.model.plan import Plan
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from tests.controller.test_execute import LAUNCH, SHARED, after_planning, effects, email, referral, told
from tests.world import World

LATER, OFFER = Ref("EmailCampaign", "later"), Ref("ReferralCampaign", "offer")
START = "2027-02-01T09:00:00Z"
"""When `email` lets a scheduled campaign start; its deadline is an hour."""


@pytest.fixture
def world(world: World) -> Iterator[World]:
    """What e-mail and referral campaigns share; whatever a test did, afterwards the log folds to the snapshot."""
    world.write("shared.yaml", SHARED)
    world.write("customers.csv", "email\n")
    world.stored_all()
    yield world
    with world.store() as store:
        assert examine(store).complaints == ()


def scheduled(world: World) -> None:
    email(world, "later", "scheduled")
    world.stored(str(LATER), "scheduled")


def at(world: World, time: str, **later: float) -> None:
    world.clock.set(time)
    world.clock.advance(**later)


def bodies(world: World, ref: Ref) -> list[dict[str, Any]]:
    """The log, without what stood there before the run."""
    return [dict(event.body) for event in world.events(str(ref)) if event.body.get("event") != "given"]


def stored(world: World, ref: Ref) -> Resource:
    found = world.resource(str(ref))
    assert found is not None
    return found


def due(plan: Plan) -> list[tuple[Ref, list[str]]]:
    return [(one.ref, [step.event for step in one.steps]) for one in plan.due]


# A timer that is due.


def test_a_due_start_says_whose_and_when_it_was(world: World) -> None:
    runtime = world.runtime("EmailCampaign")
    scheduled(world)
    at(world, START, minutes=59)
    outcome = world.apply()
    assert (outcome.done, world.state(str(LATER)), effects(runtime)) == ([LATER], "running", LAUNCH)
    (body,) = bodies(world, LATER)
    told_of_it = {name: body.get(name) for name in ("event", "actor", "due", "reason", "at", "cause")}
    assert told_of_it == {
        "event": "start", "actor": "timer", "due": START, "reason": None, "at": "2027-02-01T09:59:00Z", "cause": "timer:start",
    }  # fmt: skip
    assert stored(world, LATER).satisfied == ("scheduled", "running")
    assert world.apply().steps == 0


def test_due_timers_run_in_the_order_of_their_instants_and_are_no_part_of_the_digest(world: World) -> None:
    for name, days in (("a", 100), ("b", 120), ("c", 110)):
        referral(world, name, "ended")
        world.stored(f"ReferralCampaign/{name}", "ended", entered=str(world.clock.moment - timedelta(days=days)))
    plan = world.plan()
    assert [ref.name for ref, _ in due(plan)] == ["b", "c", "a"]
    with world.opened() as reconciler:
        before = reconciler.plan(at=world.clock.moment - timedelta(days=60))[0]
    assert (before.due, before.digest) == ((), plan.digest)


def test_the_timer_of_a_campaign_whose_manifest_is_gone_runs(world: World) -> None:
    referral(world, "offer", "ended")
    world.stored(str(OFFER), "ended", entered="2026-09-01T09:00:00Z")
    (world.manifests / "offer.yaml").unlink()
    plan = world.plan()
    assert due(plan) == [(OFFER, ["expire"])]
    assert plan.unmanaged == ((OFFER, "stopped"),)
    assert world.apply().done == [OFFER]
    assert (told(world, str(OFFER)), world.state(str(OFFER))) == (["given", "expire"], "stopped")


def test_the_start_of_a_campaign_whose_manifest_is_gone_does_not_come(world: World) -> None:
    scheduled(world)
    (world.manifests / "later.yaml").unlink()
    at(world, START)
    assert (world.plan().due, world.apply().steps, world.state(str(LATER))) == ((), 0, "scheduled")


# Judged again at the moment itself.


def test_a_start_that_becomes_late_while_the_run_is_at_work_is_missed(world: World) -> None:
    runtime = world.runtime("EmailCampaign")
    scheduled(world)
    at(world, START, minutes=50)
    plan, outcome = after_planning(world, lambda: world.clock.advance(minutes=10, seconds=1))
    assert due(plan) == [(LATER, ["start"])]
    assert (outcome.done, runtime.done, world.state(str(LATER))) == ([LATER], {}, "failed")
    (body,) = bodies(world, LATER)
    assert (body["event"], body["due"], body["reason"]) == ("miss-start", START, "MissedSchedule")


def test_a_start_at_the_end_of_a_way_that_becomes_late_is_missed(world: World) -> None:
    email(world, "later", "scheduled")
    world.runtime("EmailCampaign")
    at(world, START)
    plan, _ = after_planning(world, lambda: world.clock.advance(hours=2))
    assert [step.event for one in plan.resources for step in one.steps] == ["create", "schedule", "start"]
    assert (told(world, str(LATER)), world.state(str(LATER))) == (["create", "schedule", "miss-start"], "failed")


def test_a_timer_finds_that_somebody_else_has_moved_the_campaign_and_lets_it_be(world: World) -> None:
    """Nothing that anybody approved is lost: the clock is looked at again by the next run."""
    referral(world, "offer", "ended")
    world.stored(str(OFFER), "ended", entered="2026-09-01T09:00:00Z")
    plan, outcome = after_planning(world, lambda: world.stored(str(OFFER), "paused"))
    assert (due(plan), outcome.stale, outcome.steps) == ([(OFFER, ["expire"])], [], 0)
    assert (world.state(str(OFFER)), of_outcome(plan, outcome)) == ("paused", 0)


# What came to nothing.


TWICE = "schedule: {entries: [{at: 2027-02-01T00:00:00Z, state: live}, {at: 2027-02-02T00:00:00Z, state: paused}]}"


def test_entries_that_a_blocked_campaign_missed_are_logged_once(world: World) -> None:
    referral(world, "offer", "not_launched")
    file = world.manifests / "offer.yaml"
    file.write_text(file.read_text().replace("spec:", f"{TWICE}\nspec:"))
    world.apply()
    at(world, "2027-02-03T00:00:00Z")
    plan, outcome = after_planning(world, lambda: None)
    assert (outcome.missed, outcome.done, of_outcome(plan, outcome)) == ([OFFER], [], 4)
    missed = [body for body in bodies(world, OFFER) if body["op"] == "miss"]
    assert [(body["missed"], body["due"], body["to"]) for body in missed] == [
        ("live", "2027-02-01T00:00:00Z", "not_launched"), ("paused", "2027-02-02T00:00:00Z", "not_launched"),
    ]  # fmt: skip
    assert [body["reason"] for body in missed] == [
        "overtaken by the entry at 2027-02-02T00:00:00Z, for paused", plan.blocked[0].refusals[0].message,
    ]  # fmt: skip
    told = world.cli("history", OFFER).out
    assert "missed live, due 2027-02-01 00:00:00Z: overtaken by the entry at 2027-02-02T00:00:00Z, for paused" in told
    again = world.apply()
    assert (again.steps, again.missed, len(bodies(world, OFFER))) == (0, [], 3)


def test_an_entry_that_its_guard_denies_at_the_last_moment_is_logged_as_missed(world: World) -> None:
    """The second to last of January: it may begin. It is applied in February."""
    world.write(
        "january.yaml",
        """
        apiVersion: muster/v1
        kind: Channel
        metadata: {name: agents}
        spec: {type: webhook, url: "http://127.0.0.1:9002/calls"}
        ---
        apiVersion: muster/v1
        kind: Strategy
        metadata: {name: gentle}
        spec: {type: early, steps: [{channel: agents, template: words}]}
        ---
        apiVersion: muster/v1
        kind: CollectionCampaign
        metadata: {name: january}
        state: draft
        schedule: {entries: [{at: 2027-01-30T08:00:00Z, state: active}]}
        spec: {title: January, strategy: gentle, startDate: 2027-01-01, endDate: 2027-01-31}
        """,
    )
    world.apply()
    at(world, "2027-01-31T23:00:00Z")
    january = Ref("CollectionCampaign", "january")
    plan, outcome = after_planning(world, lambda: world.clock.advance(hours=2))
    assert (list(outcome.denied), outcome.missed, of_outcome(plan, outcome)) == ([january], [january], 5)
    missed = bodies(world, january)[-1]
    assert (missed["op"], missed["missed"], missed["due"]) == ("miss", "active", "2027-01-30T08:00:00Z")
    assert missed["reason"] == "its end date has passed; set a later one"
    assert (world.apply().steps, world.state(str(january))) == (0, "draft")


# What is asked for is remembered.


def test_the_log_says_what_the_manifest_asks(world: World) -> None:
    referral(world, "offer", "live")
    world.apply()
    assert [body["asked"] for body in bodies(world, OFFER)] == ["live", "live"]
    referral(world, "offer", "ended")
    world.apply()
    assert stored(world, OFFER).asked == "ended"
    world.clock.advance(days=100)
    world.apply()
    assert (world.state(str(OFFER)), world.folded(str(OFFER))["asked"]) == ("stopped", "ended")
    referral(world, "offer", "stopped")
    world.apply()
    last = bodies(world, OFFER)[-1]
    assert (last["event"], last["changes"]) == ("ask", [{"path": "/state", "before": "ended", "after": "stopped"}])
    assert stored(world, OFFER).satisfied == ("stopped",)


# A timer of a kind of one's own, with a fact.

LAW = """\
kind: Stall
role: campaign
states:
  draft: {initial: true}
  waiting: {}
  open: {outward: true, final: true}
transitions:
  - {event: wait, from: draft, to: waiting}
  - {event: start, from: waiting, to: open, by: timer, at: schedule.open, guards: [dry]}
  - {event: force, from: draft, to: open}
facts: {rain: {type: bool}}
guards: {dry: {rule: '!facts.rain', message: wait for the sun}}
"""
STALL = Ref("Stall", "market")


@pytest.fixture
def stall(world: World) -> World:
    world.write("../muster.yaml", "kinds: [kinds]\n")
    world.write("../kinds/stall/kind.yaml", LAW)
    (world.root / "kinds/stall/schema.json").write_text(json.dumps({"type": "object", "properties": {}}))
    world.write(
        "market.yaml",
        f"""
        apiVersion: muster/v1
        kind: Stall
        metadata: {{name: market}}
        state: waiting
        schedule: {{entries: [{{at: {START}, state: open}}]}}
        spec: {{}}
        """,
    )
    world.apply()
    at(world, START)
    return world


def test_a_start_whose_guard_nobody_can_answer_waits(stall: World) -> None:
    plan = stall.plan()
    assert (plan.due, [one.event for one in plan.waiting]) == ((), ["start"])
    assert (stall.apply().steps, stall.state(str(STALL))) == (0, "waiting")
    stall.runtime("Stall", {"rain": False})
    assert stall.apply().done == [STALL]
    assert stall.state(str(STALL)) == "open"


def test_a_start_whose_guard_is_false_waits_without_another_way_out(stall: World) -> None:
    runtime = stall.runtime("Stall", {"rain": True})
    assert (stall.apply().steps, stall.state(str(STALL))) == (0, "waiting")
    stall.clock.advance(days=2)
    runtime.facts = {"rain": False}
    assert due(stall.plan()) == [(STALL, ["start"])]


def test_a_start_whose_guard_turns_false_after_the_plan_is_denied(stall: World) -> None:
    runtime = stall.runtime("Stall", {"rain": False})

    def rain() -> None:
        runtime.facts = {"rain": True}

    plan, outcome = after_planning(stall, rain)
    assert due(plan) == [(STALL, ["start"])]
    assert [guard.name for guard in outcome.denied[STALL]] == ["dry"]
    assert (stall.state(str(STALL)), of_outcome(plan, outcome)) == ("waiting", 5)
