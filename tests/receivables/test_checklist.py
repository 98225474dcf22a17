"""The launch checklist: what a campaign's documents, tests and sample invoice come to, and how plans show it. (I-10 … I-15)"""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reconciler.kinds.receivables.checklist import Around, facts
from reconciler.kinds.receivables.matching import Day
from reconciler.kinds.receivables.sampling import Sample
from reconciler.kinds.receivables.tested import parts_of, template_refs
from reconciler.model.campaign_tests import CampaignTest, CampaignTests
from reconciler.model.invoices import InvoiceRow, InvoiceStatus
from reconciler.model.ref import Ref
from reconciler.model.timeline import Foresight
from reconciler.plan.codec import plan_to_json
from reconciler.store.sqlite import SqliteStore
from reconciler.views.plan_markdown import render_markdown
from reconciler.views.plan_text import render_plan
from reconciler.views.report import Report
from tests.world import World

SCHEMA = Path(__file__).parents[2] / "reconciler/views/plan.schema.json"
AT = datetime(2027, 1, 4, 9, 0, tzinfo=UTC)
OVERDUE = Ref("ReceivablesCampaign", "overdue")
WORKFLOW, RULES, MAIL, SMS = (
    Ref("Workflow", "soft"),
    Ref("RuleSet", "late"),
    Ref("Template", "mail"),
    Ref("Template", "sms"),
)
DOCUMENTS: dict[Ref, Any] = {
    WORKFLOW: {"spec": {"steps": [
        {"day": 0, "channel": "mail", "template": "mail", "otherwise": {"channel": "sms", "template": "sms"}},
        {"day": 9, "action": "exit"},
    ]}},
    RULES: {"spec": {"all": ["invoice.amountDue >= 50.0"]}},
    MAIL: {"spec": {"text": {"file": "mail.txt"}}, "files": {"mail.txt": "sha256:1"}},
    SMS: {"spec": {"text": {"inline": "pay"}}},
    OVERDUE: {"spec": {
        "workflow": "soft", "audience": {"ruleSet": "late"}, "launch": {"sampleInvoice": "INV-1"},
    }},
}  # fmt: skip
ROW = InvoiceRow("INV-1", InvoiceStatus.AWAITING_PAYMENT, False, Decimal(80), "EUR", date(2027, 1, 1), {}, "d")


@pytest.fixture
def tests(tmp_path: Any) -> Any:
    store = SqliteStore(tmp_path / "state.db")
    yield store.campaign_tests
    store.close()


def around(tests: CampaignTests, amount: float = 80.0, number: str = "INV-1", **changed: Any) -> Around:
    """What the campaign stands among; `changed` documents by the names of their kinds, lower case."""
    documents = DOCUMENTS | dict(_changed(changed))

    def find(asked: str, source: str | None) -> Sample | None:
        seen = {"amountDue": amount, "number": number}
        return Sample("ledger", ROW, lambda _day: seen) if asked == number and source in (None, "ledger") else None

    return Around(documents.get, find, tests, Day(AT, "UTC"))


def _changed(changed: dict[str, Any]) -> list[tuple[Ref, Any]]:
    names = {"workflow": WORKFLOW, "rules": RULES, "mail": MAIL, "sms": SMS}
    return [(names[name], one) for name, one in changed.items()]


def passed(around: Around, at: datetime = AT, faults: tuple[str, ...] = ()) -> CampaignTest:
    parts = parts_of(DOCUMENTS[OVERDUE], around.beside)
    return CampaignTest(OVERDUE, parts, at, "user:dana", "INV-1", faults)


def known(around: Around, document: Any = DOCUMENTS[OVERDUE]) -> dict[str, Any]:
    return dict(facts(OVERDUE, document, around))


def test_a_passing_test_of_exactly_this_is_current(tests: CampaignTests) -> None:
    """I-14, AMB-I4."""
    here = around(tests)
    assert known(here)["testFault"] == "it was never tested"
    tests.record(passed(here))
    assert known(here) == {"testCurrent": True, "testFault": "", "sampleInvoiceMatches": True, "sampleFault": ""}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"workflow": {"spec": {"steps": [
            {"day": 1, "channel": "mail", "template": "mail", "otherwise": {"channel": "sms", "template": "sms"}}
        ]}}}, "Workflow/soft@1 has changed"),
        ({"rules": {"spec": {"all": ["invoice.amountDue >= 51.0"]}}}, "RuleSet/late@1 has changed"),
        ({"mail": {"spec": {"text": {"file": "mail.txt"}}, "files": {"mail.txt": "sha256:2"}}}, "Template/mail@1 has changed"),
        ({"sms": {"spec": {"text": {"inline": "Pay"}}}}, "Template/sms@1 has changed"),
        ({"workflow": {"spec": {"steps": [{"day": 0, "channel": "mail", "template": "mail"}]}}},
         "Workflow/soft@1 has changed, Template/sms@1 has gone out"),
    ],
    ids=["workflow", "rules", "a file of a text", "the text of an otherwise", "a text less"],
)  # fmt: skip
def test_any_later_change_makes_it_stale_and_is_named(tests: CampaignTests, changed: Any, told: str) -> None:
    """AMB-I4: of workflow, rules, texts, and the files of texts."""
    tests.record(passed(around(tests)))
    found = known(around(tests, **changed))
    assert (found["testCurrent"], found["testFault"]) == (
        False,
        f"since the test of 2027-01-04T09:00:00Z by dana {told}",
    )
    assert known(around(tests))["testCurrent"], "changed back, it is what was tested"


def test_labels_and_channels_do_not_make_it_stale(tests: CampaignTests) -> None:
    """AMB-I4 names workflow, rule set and texts."""
    tests.record(passed(around(tests)))
    assert known(around(tests, rules={**DOCUMENTS[RULES], "metadata": {"labels": {"a": "b"}}}))["testCurrent"]


def test_another_workflow_is_another_test(tests: CampaignTests) -> None:
    """I-13: the right workflow was the one that was tested."""
    tests.record(passed(around(tests)))
    other = {"spec": {**DOCUMENTS[OVERDUE]["spec"], "workflow": "hard"}}
    here = around(tests)
    hard = {Ref("Workflow", "hard"): DOCUMENTS[WORKFLOW]}
    told = known(replace(here, beside=lambda ref: hard.get(ref) or here.beside(ref)), other)["testFault"]
    assert told.endswith("Workflow/hard@1 has come in, Workflow/soft@1 has gone out")


def test_a_test_that_failed_is_none(tests: CampaignTests) -> None:
    tests.record(passed(around(tests), faults=("step 1: no",)))
    assert (
        known(around(tests))["testFault"] == "the last one, of 2027-01-04T09:00:00Z by dana, did not pass: step 1: no"
    )


def test_the_sample_must_match_and_be_there(tests: CampaignTests) -> None:
    """I-11: and the fact says which condition keeps it out."""
    assert known(around(tests, amount=49.0))["sampleFault"] == "invoice.amountDue >= 50.0 is false"
    found = known(around(tests, number="INV-2"))
    assert (found["sampleInvoiceMatches"], found["sampleFault"]) == (False, "no invoice INV-1 is in any source")
    odd = known(around(tests, rules={"spec": {"all": ["invoice.brand == 'web'", "invoice.amountDue > 90.0"]}}))
    assert odd["sampleFault"].startswith("invoice.brand == 'web' cannot be told: ")
    assert odd["sampleFault"].endswith(", and 1 more")


def test_what_the_manifest_does_not_name_yet_is_not_known(tests: CampaignTests) -> None:
    """A draft without them is not told that they are wrong."""
    assert known(around(tests), {"spec": {}}) == {}
    assert known(around(tests), {"spec": {"workflow": "soft", "audience": {"ruleSet": "late"}}}).keys() == {
        "testCurrent", "testFault",
    }  # fmt: skip


def test_templates_stand_once_in_the_order_of_steps() -> None:
    steps = [{"template": "b", "otherwise": {"template": "a"}}, {"template": "a"}, {"action": "exit"}]
    assert [ref.name for ref in template_refs({"spec": {"steps": steps}})] == ["b", "a"]
    assert list(template_refs(None)) == []


ITEMS = ["title-set", "description-set", "workflow-set", "audience-set", "sample-invoice-named", "sample-invoice-matches",
         "test-current", "reviewed"]  # fmt: skip
FILES = """
    apiVersion: muster/v1
    kind: ReceivablesCampaign
    metadata: {name: overdue-consumers}
    state: active
    spec:
      title: Consumer invoices overdue
      description: Pay or arrange within 21 days
      workflow: soft
      audience: {ruleSet: late}
      launch: {sampleInvoice: INV-1, reviewedBy: dana@billing.example}
    ---
    apiVersion: muster/v1
    kind: RuleSet
    metadata: {name: late}
    spec: {all: [invoice.daysOverdue >= 7]}
    ---
    apiVersion: muster/v1
    kind: Workflow
    metadata: {name: soft}
    spec: {steps: [{day: 21, action: exit}]}
"""


def test_a_plan_shows_every_item_with_its_verdict(world: World) -> None:
    """I-10 … I-15, I-18: those that hold too, whether the launch is refused or not."""
    world.write("a.yaml", FILES)
    world.runtime("ReceivablesCampaign", {"sampleInvoiceMatches": True, "testCurrent": True})
    assert _shown(render_plan(world.plan(), False)) == dict.fromkeys(ITEMS, "[x]")
    world.runtime("ReceivablesCampaign", {"sampleInvoiceMatches": True, "testCurrent": False, "testFault": "never"})
    told = render_plan(world.plan(), False)
    assert _shown(told) == dict.fromkeys(ITEMS, "[x]") | {"test-current": "[ ]"}
    assert "texts: never" in told, "why it is open"
    world.runtime("ReceivablesCampaign", {})
    unknown = dict.fromkeys(("test-current", "sample-invoice-matches"), "[?]")
    assert _shown(render_plan(world.plan(), False)) == dict.fromkeys(ITEMS, "[x]") | unknown


def test_a_plan_in_json_and_markdown_has_it_too(world: World) -> None:
    world.write("a.yaml", FILES.replace(", reviewedBy: dana@billing.example", ""))
    world.runtime("ReceivablesCampaign", {"sampleInvoiceMatches": True, "testCurrent": True})
    told = plan_to_json(world.plan())
    Draft202012Validator(json.loads(SCHEMA.read_bytes())).validate(told)
    assert {one["name"]: one["verdict"] for one in told["blocked"][0]["checklist"]} == (
        dict.fromkeys(ITEMS, "true") | {"reviewed": "false"}
    )
    page = render_markdown(Report(world.plan()))
    assert "checklist, open: reviewed\n" in page
    assert "checklist, done: " + ", ".join(ITEMS[:-1]) in page


def _shown(out: str) -> dict[str, str]:
    lines = [line.split() for line in out.splitlines() if line.startswith("      [")]
    return {name: box for line in lines for box, name in [(line[0], line[1]) if line[0] != "[" else ("[ ]", line[2])]}


def test_what_a_test_says_now_is_not_known_of_a_later_launch(world: World) -> None:
    """I-14: a launch in March may be tested until then; nothing is refused today, and it is asked again on the day."""
    world.write("a.yaml", FILES.replace("state: active", """state: draft
    schedule:
      timezone: Europe/Berlin
      entries: [{at: 2027-03-01T08:00, state: active}]"""))  # fmt: skip
    world.runtime("ReceivablesCampaign", {"sampleInvoiceMatches": False, "testCurrent": False, "testFault": "never"})
    plan = world.plan()
    (launch,) = [one for one in plan.timeline if one.target == "active"]
    assert (launch.verdict, plan.blocked) == (Foresight.CONDITIONAL, ())
    world.apply()
    world.clock.set("2027-03-01T08:00:00Z")
    assert [one.path for one in world.plan().blocked[0].refusals] == ["/spec/launch/sampleInvoice", "/spec/workflow"]


def test_nobody_looks_at_invoices_for_what_is_scheduled(world: World) -> None:
    """A project whose launch lies ahead may be idle: its plans read no source meanwhile."""
    world.write("a.yaml", FILES.replace("state: active", """state: draft
    schedule:
      timezone: Europe/Berlin
      entries: [{at: 2027-02-01T08:00, state: active}]"""))  # fmt: skip
    world.runtime("ReceivablesCampaign", {"sampleInvoiceMatches": True, "testCurrent": True})
    world.apply()
    with world.opened() as reconciler:
        reconciler.plan()
        assert not reconciler.has_observed()


def test_a_long_condition_is_told_in_short(tests: CampaignTests) -> None:
    rule = "invoice.amountDue > 90.0 &&\n  invoice.number != '" + "x" * 300 + "'"
    told = known(around(tests, rules={"spec": {"all": [rule]}}))["sampleFault"]
    assert told.startswith("invoice.amountDue > 90.0 && invoice.number != 'xxx")
    assert told.endswith("x… is false")
    assert len(told) < 220
