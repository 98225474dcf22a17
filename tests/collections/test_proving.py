"""Proof before contact: what plans say of a campaign's contacts, and `muster collections forecast`. (issue 7, C-27 … C-30)"""

import json
from typing import Any

import pytest

from tests.world import World, blocked

QUARTER = "CollectionCampaign/quarter"
SETTINGS = """
    apiVersion: muster/v1
    kind: CollectionSettings
    metadata: {{name: organisation}}
    spec:
      timezone: America/Chicago
      autoEnqueue: true
      limits: {limits}
      allowedHours: {{from: "08:00", to: "21:00", days: [mon, tue, wed, thu, fri, sat]}}
      policyPack: us-reg-f
    ---
    apiVersion: muster/v1
    kind: Channel
    metadata: {{name: calls}}
    spec: {{type: webhook, medium: voice, url: "http://127.0.0.1:9003/calls", allowPrivate: true}}
    ---
    apiVersion: muster/v1
    kind: Template
    metadata: {{name: call}}
    spec: {{text: {{inline: "Please call us."}}}}
    ---
    apiVersion: muster/v1
    kind: Strategy
    metadata: {{name: soft}}
    spec:
      type: {type}
      steps:
        - {{channel: calls, template: call}}
        - {{channel: calls, template: call, wait: 2d, retries: 2, retryDelay: {delay}}}
    ---
    apiVersion: muster/v1
    kind: AccountSource
    metadata: {{name: portfolio}}
    spec: {{source: {{csv: accounts.csv}}, id: account_id}}
"""


def _project(
    world: World, type: str = "medium", limits: str = "{perDay: 1, minInterval: 24h}", delay: str = "1d"
) -> None:
    world.write("shared.yaml", SETTINGS.format(type=type, limits=limits, delay=delay))
    rows = [
        f"A-{number},12{number}.00,+15550{number:03},{zone},45"
        for number, zone in enumerate(("America/New_York", "Europe/Berlin", ""))
    ]
    world.write("accounts.csv", "\n".join(("account_id,balance,contactPhone,timezone,daysPastDue", *rows)) + "\n")


def _campaign(world: World, state: str = "active", **spec: Any) -> None:
    usual = {
        "objective": "Recover 12 %",
        "strategy": "soft",
        "startDate": "2027-01-11",
        "endDate": "2027-03-31",
        "accounts": {"source": "portfolio", "where": "account.daysPastDue >= 30"},
    }
    written = {name: value for name, value in (usual | spec).items() if value is not None}
    world.write(
        "quarter.yaml",
        f"""
        apiVersion: muster/v1
        kind: CollectionCampaign
        metadata: {{name: quarter}}
        state: {state}
        spec: {json.dumps(written)}
        """,
    )


def _plan(world: World) -> dict[str, Any]:
    """By the runtime itself, as on the command line."""
    found: dict[str, Any] = json.loads(world.cli("plan", "--format", "json").out)
    return found


def _advice(world: World) -> list[str]:
    return [one["detail"] for one in _plan(world)["diagnostics"] if one["code"] == "advice"]


def _found(world: World) -> list[tuple[str, str, str]]:
    """The guards of the campaign that say what was found."""
    steps = [step for one in _plan(world)["resources"] if one["ref"].startswith(QUARTER) for step in one["steps"]]
    guards = [guard for step in steps for guard in step["guards"]]
    return [(one["name"], one["verdict"], one["found"]) for one in guards if "found" in one]


def _activated(world: World) -> None:
    _project(world)
    _campaign(world)
    answer = world.cli("apply", "--yes")
    assert answer.code == 0, answer
    assert world.state(QUARTER) == "active"


def test_a_plan_says_what_was_proven_before_it_activates_a_campaign(world: World) -> None:
    """C-10, AMB-C11: the first plan of all, with settings and accounts that nobody has applied yet."""
    _project(world)
    _campaign(world)
    [(name, verdict, found)] = _found(world)
    assert (name, verdict) == ("contacts-proven", "true")
    assert found.startswith("12 contacts of 3 accounts to 2027-03-31: none outside limits and hours")
    answer = world.cli("plan")
    assert "contacts-proven" in answer.out
    assert "12 contacts of 3 accounts" in answer.out
    assert "12 contacts of 3 accounts" in world.cli("plan", "--format", "markdown").out


def test_a_policy_pack_is_labelled_where_something_is_proven_by_it(world: World) -> None:
    """AMB-C11: a plan proves that numbers are kept, not that a law is; without a pack there is nothing to label."""
    label = "; us-reg-f is configuration, not legal advice"
    _project(world)
    _campaign(world)
    assert label in world.cli("plan").out
    assert world.cli("apply", "--yes").code == 0
    assert label in world.cli("collections", "forecast", "quarter").out
    shared = world.manifests / "shared.yaml"
    shared.write_text(shared.read_text("utf-8").replace("  policyPack: us-reg-f\n", ""), "utf-8")
    assert world.cli("apply", "--yes").code == 0
    assert "legal advice" not in world.cli("collections", "forecast", "quarter").out


def test_a_contact_that_would_break_a_rule_refuses_the_activation_and_is_named(world: World) -> None:
    """Exit 5, with account, instant and rule."""
    _project(world)
    _campaign(world)
    why = "account A-1 at 2027-01-11T20:00:00Z (Mon 21:00 in Europe/Berlin): allowedHours"
    world.runtime("CollectionCampaign", {"contactsProven": False, "counterexample": why})
    refused = blocked(world.plan(), QUARTER)
    assert refused is not None
    assert [(one.code.value, one.path, one.message) for one in refused.refusals] == [
        ("guard-false", "/spec/strategy", f"a contact would be made outside the limits and hours: {why}")
    ]


def test_an_edit_while_it_is_active_is_proven_too(world: World) -> None:
    _activated(world)
    _campaign(world, endDate="2027-02-28")
    assert [name for name, _, _ in _found(world)] == ["contacts-proven"]
    why = "account A-1 at 2027-01-11T20:00:00Z (Mon 21:00 in Europe/Berlin): allowedHours"
    world.runtime("CollectionCampaign", {"contactsProven": False, "counterexample": why})
    assert blocked(world.plan(), QUARTER) is not None


def test_the_strategy_of_an_active_campaign_is_not_taken_away(world: World) -> None:
    """AMB-C7, C-05"""
    _activated(world)
    _campaign(world, strategy=None)
    refused = blocked(world.plan(), QUARTER)
    assert refused is not None
    assert refused.refusals[0].message == "assign a strategy before activating"


@pytest.mark.parametrize(
    ("project", "spec", "words"),
    [
        ({}, {"accounts": {"source": "portfolio"}}, "it takes every account of its source under one strategy"),
        ({"type": "intensive"}, {}, ""),
        ({"type": "early"}, {}, ""),
        ({}, {"endDate": "2027-12-31"}, "it goes on for more than 184 days"),
        ({}, {"objective": None}, "it has no objective that its figures could be held against"),
        (
            {"delay": "6h"},
            {},
            "the limits put off what its strategy asks for: step 2: retryDelay 6h is shorter than minInterval 24h; "
            "step 2: 2 contacts in half a day, perDay is 1",
        ),
    ],
)
def test_advice_names_what_the_campaign_could_do_better(
    world: World, project: dict[str, str], spec: dict[str, Any], words: str
) -> None:
    """C-27, C-28, C-29, C-30"""
    _project(world, **project)
    _campaign(world, **spec)
    assert _advice(world) == ([words] if words else [])


def test_advice_looks_at_how_old_the_debts_are(world: World) -> None:
    """C-27, C-28"""
    _project(world, type="early")
    world.write(
        "accounts.csv",
        "account_id,balance,contactPhone,daysPastDue\nA,1,+15550100,20\nB,1,+15550101,95\nC,1,+15550102,99\n",
    )
    _campaign(world, accounts={"source": "portfolio", "where": "account.balance > 0.0"})
    assert sorted(_advice(world)) == [
        "half of its accounts are at most 95 days past due, for which its strategy is not made",
        "its accounts are between 20 and 99 days past due, too different for one strategy",
    ]


def test_a_draft_without_dates_is_advised_to_have_some(world: World) -> None:
    """C-29"""
    _project(world)
    _campaign(world, state="draft", startDate=None, endDate=None)
    assert _advice(world) == ["it is not bounded in time"]


def test_the_forecast_shows_contacts_day_by_day(world: World) -> None:
    _activated(world)
    answer = world.cli("collections", "forecast", "quarter")
    assert answer.code == 0
    assert "12 contacts of 3 accounts to 2027-03-31: none outside limits and hours" in answer.out
    assert "2027-01-11 Mon" in answer.out
    told = json.loads(world.cli("collections", "forecast", "quarter", "--format", "json").out)
    assert (told["contacts"], told["accounts"], told["proven"]) == (12, 3, True)
    assert sum(told["days"].values()) == 12
    soon = json.loads(world.cli("collections", "forecast", "quarter", "--horizon", "9d", "--format", "json").out)
    assert soon["until"] == "2027-01-12"
    assert sum(soon["days"].values()) == soon["contacts"] < 12


def test_the_forecast_of_one_account_is_in_its_own_time(world: World) -> None:
    _activated(world)
    answer = world.cli("collections", "forecast", "quarter", "--account", "A-1")
    assert answer.code == 0
    assert "account A-1, times in Europe/Berlin" in answer.out
    told = json.loads(world.cli("collections", "forecast", "quarter", "--account", "A-1", "--format", "json").out)
    assert [(one["step"], one["try"]) for one in told["contacts"]] == [(1, 1), (2, 1), (2, 2), (2, 3)]
    assert world.cli("collections", "forecast", "quarter", "--account", "A-9").code == 64
    assert world.cli("collections", "forecast", "quarter", "--horizon", "soon").code == 64
