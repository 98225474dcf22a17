"""`muster requires`: every step of the way, every guard on it, and who can close what is open."""

import json
from typing import Any

import pytest

from tests.commands.test_when import COLLECTIONS, collection, referral
from tests.world import World

BILLING = """
    apiVersion: muster/v1
    kind: InvoiceSource
    metadata: {name: ledger}
    spec: {source: {inline: [{number: I-1}]}, id: number}
    ---
    apiVersion: muster/v1
    kind: RuleSet
    metadata: {name: overdue}
    spec: {all: ['invoice.daysOverdue >= 7']}
    ---
    apiVersion: muster/v1
    kind: Workflow
    metadata: {name: remind}
    spec: {steps: [{day: 14, action: exit}], exitOn: [paid]}
"""
LAUNCH_GUARDS = [
    ("title-set", ["I-02", "I-10"]),
    ("description-set", ["I-03", "I-10"]),
    ("workflow-set", ["I-13"]),
    ("audience-set", ["I-11"]),
    ("sample-invoice-named", ["I-11"]),
    ("sample-invoice-matches", ["I-11"]),
    ("test-current", ["I-14", "AMB-I4"]),
    ("reviewed", ["I-18"]),
]
WHOLE = """\
title: Overdue
          description: Overdue invoices
          workflow: remind
          audience: {ruleSet: overdue, source: ledger}
          launch: {reviewedBy: dana@shop.example, sampleInvoice: I-1}"""


def receivables(world: World, spec: str = "title: Overdue") -> None:
    world.write("billing.yaml", BILLING)
    world.write(
        "overdue.yaml",
        f"""
        apiVersion: muster/v1
        kind: ReceivablesCampaign
        metadata: {{name: overdue}}
        state: draft
        spec:
          {spec}
        """,
    )


def listed(world: World, ref: str, state: str, code: int = 5) -> dict[str, Any]:
    answer = world.cli("requires", ref, state, "--format", "json")
    assert answer.code == code, answer
    found: dict[str, Any] = json.loads(answer.out)
    return found


def items(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every item by name; the last of each."""
    return {item["name"]: item for part in (*found["steps"], {"items": found["beside"]}) for item in part["items"]}


def test_a_launch_has_eight_guards(world: World) -> None:
    receivables(world)
    world.apply()
    found = listed(world, "ReceivablesCampaign/overdue", "active")
    (launch,) = found["steps"]
    assert (found["from"], launch["event"], launch["from"], launch["to"]) == ("draft", "launch", "draft", "active")
    assert [(item["name"], item["requirements"]) for item in launch["items"]] == LAUNCH_GUARDS
    verdicts = {item["name"]: item["verdict"] for item in launch["items"]}
    assert verdicts == {
        "title-set": "done", "description-set": "open", "workflow-set": "open", "audience-set": "open",
        "sample-invoice-named": "open", "sample-invoice-matches": "unknown", "test-current": "unknown",
        "reviewed": "open",
    }  # fmt: skip


def test_who_can_close_what(world: World) -> None:
    receivables(world)
    world.apply()
    found = items(listed(world, "ReceivablesCampaign/overdue", "active"))
    title, reviewed, current = (found[name] for name in ("title-set", "reviewed", "test-current"))
    assert title["closers"] == []
    assert reviewed["closers"] == [{"who": "author"}]
    assert (reviewed["path"], reviewed["file"], reviewed["line"]) == (
        "/spec/launch/reviewedBy", "campaigns.d/overdue.yaml", 7,
    )  # fmt: skip
    words = "testCurrent: a test passed with exactly this workflow, audience and texts"
    assert current["closers"] == [{"who": "runtime", "what": words}]
    out = world.cli("requires", "ReceivablesCampaign/overdue", "active").out
    assert "  [x] title-set [I-02, I-10]\n" in out
    assert "  [ ] reviewed [I-18]  have somebody review all settings once more" in out
    assert "        the manifest's author: /spec/launch/reviewedBy campaigns.d/overdue.yaml:7:3\n" in out
    assert f"        the runtime: {words}\n" in out
    assert out.endswith("5 open, 2 not known, 1 done\n")


def test_nothing_is_open_though_something_is_unknown(world: World) -> None:
    receivables(world, WHOLE)
    found = listed(world, "ReceivablesCampaign/overdue", "active", code=0)
    assert [stage["event"] for stage in found["steps"]] == ["create", "launch"]
    assert {item["verdict"] for item in items(found).values()} == {"done", "unknown"}


def test_what_the_runtime_says_counts(world: World) -> None:
    receivables(world, WHOLE)
    world.apply()
    world.runtime("ReceivablesCampaign", {"sampleInvoiceMatches": True, "testCurrent": False})
    with world.opened() as reconciler:
        from reconciler.controller.asking import ask_requires, wanted

        one = wanted(reconciler.gatherer, "ReceivablesCampaign/overdue", "active")
        found = {item.name: item for item in ask_requires(reconciler.gatherer, world.clock.now(), one).items}
    assert found["sample-invoice-matches"].verdict == "true"
    assert found["test-current"].verdict == "false"
    assert [closer.who for closer in found["test-current"].closers] == ["runtime"]


def test_an_edit_on_the_way_counts(world: World) -> None:
    receivables(world, WHOLE)
    world.apply()
    receivables(world, WHOLE.replace("title: Overdue", 'title: " "'))
    found = listed(world, "ReceivablesCampaign/overdue", "active")
    assert {"edit", "launch"} == {stage["event"] for stage in found["steps"]}
    assert items(found)["title-set"]["verdict"] == "open"


def test_references_are_there_or_made_first(world: World) -> None:
    receivables(world, WHOLE)
    beside = listed(world, "ReceivablesCampaign/overdue", "active", code=0)["beside"]
    assert [item["message"] for item in beside] == [
        "Workflow/remind@1 is made first", "RuleSet/overdue@1 is made first", "InvoiceSource/ledger@1 is made first",
    ]  # fmt: skip
    world.apply()
    beside = listed(world, "ReceivablesCampaign/overdue", "active", code=0)["beside"]
    assert beside[0]["message"] == "Workflow/remind@1 is present"


def test_a_deleted_reference_is_open(world: World) -> None:
    receivables(world, WHOLE)
    world.apply()
    world.write(
        "billing.yaml", BILLING.replace("metadata: {name: remind}", "metadata: {name: remind}\n    state: deleted")
    )
    world.stored("Workflow/remind", "deleted")
    beside = listed(world, "ReceivablesCampaign/overdue", "active")["beside"]
    (workflow,) = (item for item in beside if item["verdict"] == "open")
    assert workflow["message"] == "Workflow/remind@1 is deleted"
    (closer,) = workflow["closers"]
    assert (closer["who"], closer["ref"], closer["what"]) == ("resource", "Workflow/remind@1", "deleted")
    assert (closer["file"], closer["line"]) == ("campaigns.d/billing.yaml", 15)


def test_a_reference_that_leads_nowhere_is_open(world: World) -> None:
    receivables(world, WHOLE.replace("workflow: remind", "workflow: remend"))
    assert world.cli("plan").code == 3
    found = items(listed(world, "ReceivablesCampaign/overdue", "active"))
    dangling = found["dangling-reference"]
    assert (dangling["verdict"], dangling["line"], dangling["column"]) == ("open", 9, 13)
    assert dangling["message"] == "there is no Workflow/remend; did you mean 'remind'?"
    assert found["workflow-set"]["verdict"] == "done"


def test_any_other_error_ends_it(world: World) -> None:
    receivables(world, WHOLE)
    world.write("bad.yaml", "apiVersion: muster/v1\nkind: Workflaw\nmetadata: {name: x}\n")
    assert world.cli("requires", "ReceivablesCampaign/overdue", "active").code == 3


def test_a_guard_over_another_resource_names_it(world: World) -> None:
    world.write(
        "leads.yaml",
        """
        apiVersion: muster/v1
        kind: LeadCampaign
        metadata: {name: cars}
        state: draft
        spec: {description: Cars, fields: [{name: phone, type: phone}]}
        ---
        apiVersion: muster/v1
        kind: PartnerContract
        metadata: {name: partner}
        spec: {partner: affiliate, campaign: cars, version: 1, apiKey: {env: PARTNER_KEY}}
        """,
    )
    found = listed(world, "PartnerContract/partner", "present")
    (open_item,) = (item for item in items(found).values() if item["verdict"] == "open")
    assert open_item["requirements"][0] == "L-06"
    (closer,) = open_item["closers"]
    assert (closer["who"], closer["ref"], closer["what"]) == ("resource", "LeadCampaign/cars@1", "draft")
    assert (closer["file"], closer["line"]) == ("campaigns.d/leads.yaml", 5)
    assert (
        "LeadCampaign/cars@1, now draft: campaigns.d/leads.yaml:5:8"
        in world.cli("requires", "PartnerContract/partner", "present").out
    )


def test_a_date_that_has_passed_is_the_authors(world: World) -> None:
    collection(world, "a", "draft", "2027-01-03")
    found = items(listed(world, "CollectionCampaign/a", "active"))
    assert found["not-past-end"]["closers"] == [{"who": "author"}], "no clock will bring that day back"
    assert (found["not-past-end"]["line"], found["not-past-end"]["path"]) == (10, "/spec/endDate")


def test_a_date_to_come_is_the_clocks(world: World) -> None:
    world.write("../muster.yaml", "kinds: [kinds]\ntimezone: Europe/Berlin\n")
    (world.root / "kinds" / "sale").mkdir(parents=True)
    (world.root / "kinds" / "sale" / "schema.json").write_text('{"type": "object", "properties": {}}')
    world.write(
        "../kinds/sale/kind.yaml",
        """
        kind: Sale
        role: campaign
        states: {draft: {initial: true}, open: {outward: true, final: true}}
        transitions: [{event: open, from: draft, to: open, guards: [spring]}]
        guards: {spring: {rule: 'today >= date("2027-03-28")', message: wait for spring}}
        """,
    )
    world.write("sale.yaml", "apiVersion: muster/v1\nkind: Sale\nmetadata: {name: eggs}\nstate: draft\nspec: {}\n")
    found = items(listed(world, "Sale/eggs", "open"))
    assert found["spring"]["closers"] == [{"who": "clock", "what": "2027-03-27T23:00:00Z"}]
    assert "the clock: 2027-03-27T23:00:00Z" in world.cli("requires", "Sale/eggs", "open").out


def test_a_constraint_names_the_other(world: World) -> None:
    collection(world, "a", "active", "2027-06-30")
    collection(world, "b", "draft", "2027-06-30")
    world.apply()
    found = items(listed(world, "CollectionCampaign/b", "active"))
    constraint = found["constraint-broken"]
    assert [closer["who"] for closer in constraint["closers"]] == ["author", "resource"]
    assert constraint["closers"][1]["ref"] == "CollectionCampaign/a@1"


def test_a_burst_that_goes_first_is_named(world: World) -> None:
    referral(world, "a", "not_launched")
    referral(world, "b", "live", "", ", goLiveAs: burst")
    world.apply()
    found = listed(world, "ReferralCampaign/a", "live")
    assert [stage["event"] for stage in found["steps"]] == ["launch"]
    assert items(found)["constraint-broken"]["closers"][1]["ref"] == "ReferralCampaign/b@1"


EMAIL = """
    apiVersion: muster/v1
    kind: SmtpConnection
    metadata: {{name: relay}}
    spec: {{host: 127.0.0.1, port: 2525, tls: none}}
    ---
    apiVersion: muster/v1
    kind: EmailCampaign
    metadata: {{name: spring}}
    state: draft
    {schedule}
    spec: {{subject: Hello, smtp: {{connections: [{{name: relay}}]}}}}
"""


def test_a_scheduled_start_waits_for_the_clock(world: World) -> None:
    world.write("e.yaml", EMAIL.format(schedule="schedule: {entries: [{at: 2027-02-01T08:00:00Z, state: running}]}"))
    found = listed(world, "EmailCampaign/spring", "running")
    assert [stage["event"] for stage in found["steps"]] == ["create", "schedule", "start"]
    start = found["steps"][-1]
    comes = start["items"][0]
    assert (start["at"], comes["name"], comes["verdict"]) == ("2027-02-01T08:00:00Z", "its-time-comes", "open")
    assert comes["closers"] == [{"who": "clock", "what": "2027-02-01T08:00:00Z"}]
    assert comes["line"] == 11
    assert {item["name"]: item["verdict"] for item in start["items"][1:]} == {
        "subject-set": "done", "sender-set": "open", "content-set": "open", "targets-set": "open", "smtp-set": "done",
    }  # fmt: skip


def test_without_a_schedule_it_is_launched(world: World) -> None:
    world.write("e.yaml", EMAIL.format(schedule=""))
    found = listed(world, "EmailCampaign/spring", "running")
    assert [stage["event"] for stage in found["steps"]] == ["create", "launch"]
    scheduled = items(listed(world, "EmailCampaign/spring", "scheduled"))
    assert scheduled["never-starts"]["closers"] == [{"who": "author"}]


def test_no_legal_way(world: World) -> None:
    referral(world, "a", "live")
    world.apply()
    found = listed(world, "ReferralCampaign/a", "not_launched", code=4)
    (refusal,) = found["beside"]
    assert (found["legal"], found["steps"], refusal["name"]) == (False, [], "illegal-transition")
    assert refusal["closers"] == []
    assert [way["kind"] for way in found["alternatives"]] == ["duplicate", "state", "state"]
    out = world.cli("requires", "ReferralCampaign/a", "not_launched").out
    assert "There is no legal way." in out
    assert "instead: " in out


def test_frozen_fields_are_told(world: World) -> None:
    receivables(world, WHOLE)
    world.stored("ReceivablesCampaign/overdue", "active")
    receivables(
        world,
        WHOLE.replace("sampleInvoice: I-1", "sampleInvoice: I-2").replace(
            "source: ledger", "priority: 2, source: ledger"
        ),
    )
    found = listed(world, "ReceivablesCampaign/overdue", "stopped", code=4)
    frozen = [item for item in found["beside"] if item["name"] == "frozen-field"]
    assert [(item["requirements"], item["closers"]) for item in frozen] == [(["AMB-I5"], [{"who": "author"}])]


def test_what_only_the_runtime_brings_about(world: World) -> None:
    world.write("e.yaml", EMAIL.format(schedule=""))
    found = items(listed(world, "EmailCampaign/spring", "completed", code=4))
    assert found["observed-state"]["closers"] == [{"who": "runtime", "what": "complete: all recipients dealt with"}]


def test_it_is_there_already(world: World) -> None:
    referral(world, "a", "live")
    world.apply()
    assert listed(world, "ReferralCampaign/a", "live", code=0)["steps"] == []
    assert "It is live already; no step is needed." in world.cli("requires", "ReferralCampaign/a", "live").out


@pytest.mark.parametrize("state", ["active", "paused", "completed"])
def test_every_state_has_an_answer(world: World, state: str) -> None:
    world.write("collections.yaml", COLLECTIONS)
    collection(world, "a", "draft", "2027-06-30")
    assert world.cli("requires", "CollectionCampaign/a", state).code in (0, 4, 5)
