"""`muster hold`, `release` and `transition`, as an operator uses them."""

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from reconciler.commands import operating
from reconciler.controller.doctor import examine
from reconciler.model.hold import hold_until
from reconciler.model.outcome import Outcome
from reconciler.plan.advance import after_plan
from reconciler.plan.holding import held_step, releases
from reconciler.plan.operate import by_operator
from tests.world import START, World, blocked, events_of

CAMPAIGN = """
    apiVersion: muster/v1
    kind: CollectionCampaign
    metadata: {name: %s, labels: {team: %s}}
    state: active
    spec: {title: Gentle, strategy: soft, startDate: 2027-01-01, endDate: 2027-12-31}
"""
SHARED = """
    apiVersion: muster/v1
    kind: Channel
    metadata: {name: letters}
    spec: {type: webhook, url: "http://127.0.0.1:9002/calls"}
    ---
    apiVersion: muster/v1
    kind: Template
    metadata: {name: words}
    spec: {text: {inline: A payment is past due.}}
    ---
    apiVersion: muster/v1
    kind: Strategy
    metadata: {name: soft}
    spec: {type: early, steps: [{channel: letters, template: words}]}
"""
PLAN_SCHEMA = json.loads((Path(__file__).parents[2] / "schemas/plan.schema.json").read_text(encoding="utf-8"))
GENTLE, FIRM = "CollectionCampaign/gentle", "CollectionCampaign/firm"


@pytest.fixture
def world(world: World) -> World:
    world.write("shared.yaml", SHARED)
    world.write("gentle.yaml", CAMPAIGN % ("gentle", "growth"))
    world.write("firm.yaml", CAMPAIGN % ("firm", "risk"))
    world.runtime("CollectionCampaign")
    world.apply()
    return world


FREEZE = "freeze: [{id: audit, deny: {from: 2027-01-01T00:00, to: 2027-02-01T00:00}}]"


def test_a_freeze_holds_for_an_operator_too_but_never_for_the_brake(world: World) -> None:
    world.write("../muster.yaml", FREEZE)
    terms = ("--reason", "complaints", "--for", "2h", "--yes")
    assert world.cli("transition", GENTLE, "pause", *terms).code == 0
    assert world.state(GENTLE) == "paused"
    answer = world.cli("transition", GENTLE, "resume", *terms)
    assert (answer.code, world.state(GENTLE)) == (5, "paused")
    assert "freeze audit: nothing changes, until 2027-02-01T00:00+00:00" in answer.out + answer.err


def test_a_policy_tells_an_operator_from_others(world: World) -> None:
    rule = "plan.by != 'operator' || plan.to != 'completed'"
    world.write("../muster.yaml", f'policies: [{{id: by-git, message: end it in git, stops: true, rule: "{rule}"}}]')
    terms = ("--reason", "enough", "--for", "2h", "--yes")
    assert world.cli("transition", GENTLE, "complete", *terms).code == 5
    want(world, "firm", "completed")
    assert not world.plan().blocked


def test_a_policy_that_does_not_compile_is_told_and_nothing_is_done(world: World) -> None:
    world.write("../muster.yaml", "policies: [{id: odd, message: no, rule: nonsense.here}]")
    answer = world.cli("transition", GENTLE, "pause", "--reason", "x", "--for", "2h", "--yes")
    assert (answer.code, world.state(GENTLE)) == (3, "active")


def healthy(world: World) -> bool:
    with world.store() as store:
        return not examine(store).complaints


def want(world: World, name: str, state: str) -> None:
    file = world.manifests / f"{name}.yaml"
    file.write_text(file.read_text().replace("state: active", f"state: {state}"))


def test_a_hold_needs_a_reason_and_an_end(world: World) -> None:
    for more in (["--for", "2h"], ["--reason", "x"], ["--reason", "x", "--for", "2h", "--until", "2027-02-01T09:00Z"]):
        assert world.cli("hold", GENTLE, *more).code == 64
    for end in ("0h", "2", "2 hours", "400d", "999999999w"):
        assert world.cli("hold", GENTLE, "--reason", "x", "--for", end).code == 64, end
    for text in ("", " ", "two\nlines", "\x1b[31mred", "x" * 501):
        assert world.cli("hold", GENTLE, "--reason", text, "--for", "2h").code == 64, text
    assert world.cli("hold", GENTLE, "--reason", "x", "--until", "2027-01-04T09:00:00Z").code == 64
    assert world.cli("hold", "--reason", "x", "--for", "2h").code == 64
    assert world.cli("hold", GENTLE, "-l", "team=growth", "--reason", "x", "--for", "2h").code == 64
    assert "did you mean" in world.cli("hold", "CollectionCampaign/gentel", "--reason", "x", "--for", "2h").err
    assert not world.events(GENTLE)[-1].body.get("holds")


def test_a_hold_stops_what_manifests_ask_and_release_lets_it_go(world: World) -> None:
    assert world.cli("hold", GENTLE, "--reason", "data being checked", "--for", "2h").code == 0
    want(world, "gentle", "paused")
    world.clock.advance(hours=1)
    answer = world.cli("plan")
    assert answer.code == 10
    assert "held by tester since 2027-01-04 09:00Z, until 2027-01-04 11:00Z: data being checked" in answer.out
    assert "its end lets through active → paused (pause)" in answer.out
    assert world.cli("apply", "--yes").code == 10
    assert world.state(GENTLE) == "active"
    assert "2027-01-04 11:00Z" in world.cli("plan", "--format", "markdown").out
    plan = json.loads(world.cli("plan", "--format", "json").out)
    assert [(one["ref"], one["owner"], one["kept"]["to"]) for one in plan["holds"]] == [
        (f"{GENTLE}@1", "tester", "paused")
    ]
    assert world.cli("release", GENTLE, "--reason", "all is well").code == 0
    assert events_of(world.plan(), GENTLE) == ["pause"]
    assert [event.body["op"] for event in world.events(GENTLE)][-2:] == ["hold", "release"]
    assert world.events(GENTLE)[-1].body["reason"] == "all is well"
    assert world.cli("release", GENTLE).code == 64
    assert healthy(world)


def test_every_plan_shows_a_hold_though_nothing_is_asked(world: World) -> None:
    world.cli("hold", GENTLE, "--reason", "x", "--for", "2h")
    answer = world.cli("plan")
    assert (answer.code, "held by tester" in answer.out) == (0, True)
    assert "held by tester" in world.cli("plan").out, "also where the idle plan would be remembered"
    assert "held by" in world.cli("describe", GENTLE).out or "by tester" in world.cli("describe", GENTLE).out
    listed = world.cli("get", "--held")
    assert listed.out.splitlines()[1:] and all("tester until" in line for line in listed.out.splitlines()[1:])
    assert json.loads(world.cli("get", GENTLE, "--format", "json").out)[0]["holds"][0]["reason"] == "x"


def test_the_clock_ends_a_hold_once_and_says_so(world: World) -> None:
    world.cli("hold", GENTLE, "--reason", "x", "--for", "2h")
    want(world, "gentle", "paused")
    world.clock.advance(hours=2)
    plan = world.plan()
    assert [one.cause for one in plan.due] == ["hold:expired"]
    assert not plan.holds and blocked(plan, GENTLE) is None
    world.apply()
    last = [event.body for event in world.events(GENTLE)][-2:]
    assert [(one["op"], one["actor"], one["cause"]) for one in last] == [
        ("release", "timer", "hold:expired"),
        ("transition", "user:tester", f"manifest:{plan.resources[0].place}"),
    ]
    assert last[0]["due"] == "2027-01-04T11:00:00Z"
    assert not world.plan().has_changes
    assert healthy(world)


def test_a_hold_by_labels_takes_all_of_them_and_extends_only_when_told(world: World) -> None:
    assert world.cli("hold", "-l", "team in (growth, risk)", "--reason", "x", "--for", "2h").out.count("is held") == 2
    again = world.cli("hold", GENTLE, "--reason", "y", "--for", "4h")
    assert (again.code, "--extend" in again.err) == (64, True)
    assert world.cli("hold", GENTLE, "--reason", "y", "--for", "4h", "--extend").code == 0
    held = world.resource(GENTLE)
    assert held is not None and [(one.owner, one.reason) for one in held.holds] == [("tester", "y")]
    assert world.cli("release", "-l", "team=risk").out.count("is released") == 1
    assert world.cli("release", "-l", "team=nobody").code == 64
    assert world.cli("hold", "-l", "team in", "--reason", "x", "--for", "2h").code == 64


def test_what_came_due_in_a_hold_is_not_forgotten(world: World) -> None:
    """A hold is no application: entries that came due since the last one are still looked at."""
    world.clock.advance(minutes=5)
    world.cli("hold", GENTLE, "--reason", "x", "--for", "2h")
    head = world.resource(GENTLE)
    assert head is not None and head.applied_at == head.entered_at
    world.clock.advance(hours=2)
    world.apply()
    after = world.resource(GENTLE)
    assert after is not None and (after.holds, after.applied_at) == ((), head.applied_at)


def test_what_is_held_may_be_asked_for_from_the_end_on(world: World) -> None:
    world.cli("hold", GENTLE, "--reason", "audit", "--for", "2h")
    found = world.cli("when", GENTLE, "completed")
    assert (found.code, "legal from 2027-01-04T11:00:00Z, in 2 hours" in found.out) == (0, True)
    needed = world.cli("requires", GENTLE, "completed")
    assert needed.code == 5 and "held by tester" in needed.out and "2027-01-04T11:00:00Z" in needed.out


def test_steps_aside_leave_the_last_application_as_it_was(world: World) -> None:
    before = world.resource(GENTLE)
    assert before is not None
    hold = hold_until("x", "dana", START, START + timedelta(hours=2))
    later, plan = START + timedelta(hours=1), by_operator(before, held_step(before, hold))
    after = after_plan(before, plan, before.document, later)
    assert (after.applied_at, after.entered_at, after.holds) == (before.applied_at, before.entered_at, (hold,))
    released = next(releases(after, START + timedelta(hours=2)))
    assert after_plan(after, released, before.document, later).applied_at == before.applied_at


# The emergency brake.


def test_the_brake_takes_a_legal_transition_and_holds(world: World) -> None:
    answer = world.cli("transition", GENTLE, "pause", "--reason", "court order", "--for", "2h", "--yes")
    assert answer.code == 0
    assert "makes the runtime cancel-pending-items" in answer.err and "held by tester until" in answer.err
    assert world.state(GENTLE) == "paused"
    body = world.events(GENTLE)[-1].body
    assert (body["actor"], body["cause"], body["holds"][0]["reason"]) == (
        "user:tester", "operator:court order", "court order"
    )  # fmt: skip
    assert world.cli("plan").code == 10
    assert world.cli("apply", "--yes").code == 10
    world.clock.advance(hours=2)
    plan = world.plan()
    assert [(str(one.ref), one.reason.value) for one in plan.resources] == [(f"{GENTLE}@1", "drift")]
    world.apply()
    assert world.state(GENTLE) == "active"
    assert healthy(world)


def test_the_brake_brings_its_effects_about_as_every_step_does(world: World) -> None:
    outcome = world.brake(GENTLE, "pause", "2027-01-04T11:00:00Z")
    assert isinstance(outcome, Outcome) and [str(ref) for ref in outcome.done] == [f"{GENTLE}@1"]
    done = world.runtimes["CollectionCampaign"].done.values()
    assert ("cancel-pending-items", f"{GENTLE}@1") in [(effect, str(ref)) for effect, ref in done]


def test_the_brake_asks_first(world: World) -> None:
    answer = world.cli("transition", GENTLE, "pause", "--reason", "x", "--for", "2h")
    assert (answer.code, world.state(GENTLE)) == (64, "active")
    assert "active → paused" in answer.err and "--yes" in answer.err and "--expect" not in answer.err


def test_the_brake_is_bound_by_the_law(world: World) -> None:
    def go(event: str) -> tuple[int, str]:
        answer = world.cli("transition", GENTLE, event, "--reason", "x", "--for", "2h", "--yes")
        return answer.code, answer.err

    code, words = go("resume")
    assert (code, "pause, complete, delete" in words) == (4, True)
    assert go("expire")[0] == 4, "a timer's"
    code, words = go("pauze")
    assert (code, "did you mean 'pause'" in words) == (64, True)
    assert world.cli("transition", GENTLE, "pause", "--reason", "x", "--yes").code == 64
    world.cli("transition", GENTLE, "pause", "--reason", "x", "--for", "2h", "--yes")
    world.clock.set("2028-01-05T09:00:00Z")
    code, words = go("resume")
    assert (code, "not-past-end" in words or "end date" in words) == (5, True)
    assert len([event for event in world.events(GENTLE) if event.body["op"] == "transition"]) == 2


def test_the_brake_works_though_manifests_are_broken_or_gone(world: World) -> None:
    world.write("firm.yaml", "apiVersion: muster/v1\nkind: Nonsense\n")
    (world.manifests / "gentle.yaml").unlink()
    assert world.cli("plan").code == 3
    assert world.cli("transition", GENTLE, "pause", "--reason", "x", "--for", "2h", "--yes").code == 0
    assert world.cli("hold", FIRM, "--reason", "x", "--for", "2h").code == 0
    assert world.state(GENTLE) == "paused"


def test_the_brake_never_shortens_a_hold(world: World) -> None:
    world.cli("hold", GENTLE, "--reason", "audit", "--until", "2027-02-01T00:00:00Z")
    world.cli("transition", GENTLE, "pause", "--reason", "x", "--for", "2h", "--yes")
    held = world.resource(GENTLE)
    assert held is not None and [(one.reason, one.until) for one in held.holds] == [("x", "2027-02-01T00:00:00Z")]


def test_a_hold_that_is_over_before_it_is_asked_about_is_told_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To settle what was left open may take longer than a short hold lasts."""
    monkeypatch.setattr(operating, "settle", lambda *_: [world.clock.advance(minutes=2)][:0])
    answer = world.cli("transition", GENTLE, "pause", "--reason", "x", "--for", "1m", "--yes")
    assert (answer.code, world.state(GENTLE)) == (0, "paused")
    assert "held by tester until 2027-01-04 09:01Z" in answer.err


def test_a_plan_made_before_the_brake_loses(world: World) -> None:
    """X-07: the reconciler that has planned before does not undo what the operator has done since."""
    want(world, "gentle", "completed")
    with world.opened() as reconciler:
        plan, _ = reconciler.plan()
        assert [str(one.ref) for one in plan.resources] == [f"{GENTLE}@1"]
        world.cli("transition", GENTLE, "pause", "--reason", "x", "--for", "2h", "--yes")
        outcome = reconciler.apply(plan)
    assert [str(ref) for ref in outcome.stale] == [f"{GENTLE}@1"]
    assert world.state(GENTLE) == "paused"


def test_the_past_and_the_future_know_of_holds(world: World) -> None:
    world.clock.advance(minutes=1)
    world.cli("transition", GENTLE, "pause", "--reason", "court order", "--for", "2h", "--yes")
    world.clock.advance(hours=1)
    assert "Held" not in world.cli("describe", GENTLE, "--at", "2027-01-04T09:00:30Z").out
    assert "court order" in world.cli("describe", GENTLE, "--at", "2027-01-04T09:30:00Z").out
    soon = world.cli("describe", GENTLE, "--at", "2027-01-04T10:30:00Z").out
    assert "State:     paused" in soon and "a hold keeps it as it is" in soon
    later = world.cli("describe", GENTLE, "--at", "2027-01-04T12:00:00Z").out
    assert "State:     active" in later and "Held" not in later
    timeline = world.cli("timeline", GENTLE).out
    assert "end of a hold" in timeline
    found = world.cli("when", GENTLE, "active").out
    assert "legal from 2027-01-04T11:01:00Z" in found and "court order" in found


# As JSON.


def test_holds_are_told_as_json(world: World) -> None:
    answer = world.cli("hold", GENTLE, FIRM, "--reason", "audit", "--for", "2h", "--format", "json")
    held = json.loads(answer.out)
    assert [(one["ref"], one["state"]) for one in held] == [(f"{GENTLE}@1", "active"), (f"{FIRM}@1", "active")]
    (hold,) = held[0]["holds"]
    assert (hold["reason"], hold["owner"], hold["until"]) == ("audit", "tester", "2027-01-04T11:00:00Z")
    assert json.loads(world.cli("get", GENTLE, "--format", "json").out)[0]["holds"] == [hold]
    answer = world.cli("release", GENTLE, "--format", "json")
    assert json.loads(answer.out) == [{"ref": f"{GENTLE}@1", "state": "active", "holds": []}]


def transition(world: World, event: str, *more: str) -> tuple[int, Mapping[str, Any], str]:
    terms = ("--reason", "court order", "--for", "2h", "--yes", "--format", "json")
    answer = world.cli("transition", GENTLE, event, *terms, *more)
    plan = json.loads(answer.out)
    jsonschema.validate(plan, PLAN_SCHEMA)
    return answer.code, plan, answer.err


def test_the_brake_tells_a_plan_and_what_became_of_it(world: World) -> None:
    code, plan, err = transition(world, "pause")
    (one,) = plan["resources"]
    assert (code, one["ref"], one["from"], one["to"]) == (0, f"{GENTLE}@1", "active", "paused")
    assert one["steps"][0]["holds"][0]["reason"] == "court order"
    assert plan["applied"]["done"] == [f"{GENTLE}@1"]
    assert "active → paused" in err, "what is asked is still asked of a person"


def test_what_the_brake_is_refused_is_told_as_a_plan_too(world: World) -> None:
    code, plan, _ = transition(world, "resume")
    (one,) = plan["blocked"]
    assert (code, one["from"], one["refusals"][0]["code"]) == (4, "active", "illegal-transition")
    world.cli("transition", GENTLE, "pause", "--reason", "x", "--for", "2h", "--yes")
    world.clock.set("2028-01-05T09:00:00Z")
    code, plan, _ = transition(world, "resume")
    assert (code, plan["blocked"][0]["refusals"][0]["code"]) == (5, "guard-false")
    assert plan["applied"]["steps"] == 0
