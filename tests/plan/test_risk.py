"""What a plan says is lost by its effects: now, by a timer to come, by an operator; what a runtime observes decides."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reconciler.app import App
from reconciler.lifecycle.said import facts_said, said
from reconciler.model.timeline import Occurrence
from reconciler.plan.codec import plan_to_json
from reconciler.views.schemas import project_schemas
from tests.world import World, built_in_kinds, planned

PROGRAM = """\
    apiVersion: muster/v1
    kind: ReferralProgram
    metadata: {name: friends}
    spec: {timezone: America/New_York}
"""
CAMPAIGN = """\
    apiVersion: muster/v1
    kind: ReferralCampaign
    metadata: {name: summer}
    state: %s
    spec: {program: friends, inProgress: {pendingPeriod: 60d, thenState: ended}}
"""
SUMMER = "ReferralCampaign/summer"
LOST = "rewards not yet paid become void: 1,240, worth 12000.50 EUR, 40.00 USD"
FACTS = {"rewardsAtRisk": 1240, "rewardsAtRiskAmounts": {"USD": "40.00", "EUR": "12000.50"}}
NONE = {"rewardsAtRisk": 0, "rewardsAtRiskAmounts": {}}


@pytest.fixture
def observed(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The command line, too, has the runtimes of this world."""
    monkeypatch.setattr(App, "runtimes", lambda *_store: world.runtimes)
    return world


@pytest.fixture
def summer(observed: World) -> World:
    world = observed
    world.write("program.yaml", PROGRAM)
    world.write("summer.yaml", CAMPAIGN % "live")
    world.runtime("ReferralCampaign", FACTS)
    world.apply()
    assert world.state(SUMMER) == "live"
    return world


def _risks(world: World) -> list[str]:
    one = planned(world.plan(), SUMMER)
    return [risk.message for step in one.steps for risk in step.risks] if one else []


def _ahead(world: World) -> list[Occurrence]:
    return [one for one in world.plan().timeline if one.risks]


def test_a_plan_that_stops_a_campaign_says_what_becomes_void(summer: World) -> None:
    """X-10, AMB-R6: how many rewards, and what they are worth; nothing of it is in the digest, which covers no counts."""
    summer.write("summer.yaml", CAMPAIGN % "stopped")
    assert _risks(summer) == [LOST]
    digest = summer.plan().digest
    summer.runtime("ReferralCampaign", NONE)
    assert (_risks(summer), summer.plan().digest) == ([], digest)


def test_what_nobody_observes_is_no_risk(summer: World) -> None:
    """X-10: a plan says what it knows, and refuses nothing."""
    summer.write("summer.yaml", CAMPAIGN % "stopped")
    summer.runtimes.clear()
    assert _risks(summer) == []
    summer.runtime("ReferralCampaign", {})
    assert _risks(summer) == []
    assert not summer.apply().failed
    assert summer.state(SUMMER) == "stopped"


@pytest.mark.parametrize("state", ["ended", "paused"])
def test_what_voids_nothing_risks_nothing(summer: World, state: str) -> None:
    """AMB-R4: what ended owes is still paid."""
    summer.write("summer.yaml", CAMPAIGN % state)
    assert _risks(summer) == []


def test_the_three_month_stop_warns_ahead(summer: World) -> None:
    """R-11, X-10, AMB-R5, AMB-R6: as soon as the stop comes into sight, in the plan and in the timeline; and when it is due."""
    summer.write("summer.yaml", CAMPAIGN % "ended")
    summer.clock.set("2026-11-30T17:00:00Z")
    summer.stored(SUMMER, "ended", entered="2026-11-30T17:00:00Z")
    summer.clock.set("2026-12-01T17:00:00Z")
    (stop,) = _ahead(summer)
    assert (stop.event, stop.at.isoformat(), stop.risks[0].message) == ("expire", "2027-02-28T17:00:00+00:00", LOST)
    assert f"at risk: {LOST}" in summer.cli("timeline").out
    summer.clock.set("2027-02-28T17:00:00Z")
    (due,) = summer.plan().due
    assert [risk.message for risk in due.steps[0].risks] == [LOST]
    assert LOST in summer.cli("plan").out


def test_the_stop_of_a_campaign_without_a_manifest_warns_too(summer: World) -> None:
    """X-10: its timers go on, and it is looked at as it is stored."""
    summer.write("summer.yaml", CAMPAIGN % "ended")
    summer.apply()
    (summer.manifests / "summer.yaml").unlink()
    summer.clock.advance(days=30)
    assert [one.event for one in _ahead(summer)] == ["expire"]


def test_an_operator_is_told_before_they_confirm(summer: World) -> None:
    """X-10, R-16: by `muster transition`, and by `muster describe` of each state that it may become."""
    described = summer.cli("describe", SUMMER).out
    assert described.count(f"at risk: {LOST}") == 1, "of stop alone"
    found = json.loads(summer.cli("describe", SUMMER, "--format", "json").out)
    assert [one["event"] for one in found["transitions"] if one.get("risks")] == ["stop"]
    answer = summer.cli("transition", SUMMER, "stop", "--reason", "fraud", "--for", "2h", "--yes", "--format", "json")
    (step,) = json.loads(answer.out)["resources"][0]["steps"]
    assert [risk["message"] for risk in step["risks"]] == [LOST]


FORMS = {
    "text": f"at risk [X-10, AMB-R6]: {LOST}",
    "markdown": "**at risk**: rewards not yet paid become void: 1,240, worth 12000.50 EUR, 40.00 USD &#91;X-10, AMB-R6&#93;",
    "github": "::warning",
    "junit": LOST,
    "sarif": "at-risk",
}


@pytest.mark.parametrize("form", FORMS)
def test_every_format_says_so(summer: World, form: str) -> None:
    """X-10."""
    summer.write("summer.yaml", CAMPAIGN % "stopped")
    out = summer.cli("plan", "--format", form).out
    assert FORMS[form] in out
    assert "1,240" in out


@pytest.mark.parametrize("state", ["stopped", "ended"])
def test_json_has_the_facts(summer: World, state: str) -> None:
    """X-10: for tools, with the numbers as they were observed; and the schema of plans knows it."""
    summer.write("summer.yaml", CAMPAIGN % state)
    if state == "ended":
        summer.apply()
        summer.clock.advance(days=30)
    found: dict[str, Any] = plan_to_json(summer.plan())
    Draft202012Validator(project_schemas(built_in_kinds())["plan"]).validate(found)
    one = found["resources"][0]["steps"][0] if state == "stopped" else found["timeline"][0]
    assert one["risks"] == [
        {"effect": "void-pending-rewards", "message": LOST, "requirement": "X-10", "facts": FACTS},
    ]  # fmt: skip


def test_messages_name_facts() -> None:
    assert facts_said("{n} of {most}, { not } {}") == {"n", "most"}
    assert said("{n} of {most}: {is} {by}", {"n": 1000, "is": True, "by": {}}) == "1,000 of ?: True nothing"


def test_a_risk_of_a_kind_of_ones_own(observed: World) -> None:
    """X-10: data of a definition, so any kind may have them; what it names must be declared."""
    world = observed
    world.write("../muster.yaml", "kinds: [kinds]\n")
    world.write("../kinds/booth/schema.json", '{"type": "object", "additionalProperties": false, "properties": {}}')
    law = """\
        kind: Booth
        role: campaign
        states:
          open: {initial: true}
          closed: {final: true}
        transitions:
          - {event: close, from: open, to: closed, effects: [clear]}
        guards:
          empty: {rule: facts.visitors == 0, message: "{visitors} visitors are sent away"}
        facts: {visitors: {type: int}}
        effects: {clear: {risks: [empty]}}
    """
    booth = "apiVersion: muster/v1\nkind: Booth\nmetadata: {name: autumn}\nstate: %s\n"
    world.write("../kinds/booth/kind.yaml", law)
    world.write("booth.yaml", booth % "open")
    world.runtime("Booth", {"visitors": 3})
    world.apply()
    world.write("booth.yaml", booth % "closed")
    assert "at risk: 3 visitors are sent away" in world.cli("plan").out
    world.write("../kinds/booth/kind.yaml", law.replace("{visitors} visitors", "{guests} guests"))
    assert "the fact 'guests' is not declared" in world.cli("plan").err
    world.write("../kinds/booth/kind.yaml", law.replace("risks: [empty]", "risks: [full]"))
    assert "the guard 'full' is not declared" in world.cli("plan").err
