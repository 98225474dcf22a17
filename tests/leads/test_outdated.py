"""Contracts with outdated settings: who is warned before an edit, and who is listed after it. L-11, L-12, AMB-L8, AMB-L4."""

import json
from typing import Any

import pytest

from tests.world import World

CAMPAIGN = """
    apiVersion: muster/v1
    kind: LeadCampaign
    metadata: {{name: cars, version: {version}}}
    state: {state}
    spec:
      fields:
        - {{name: email, type: email, required: true}}
        - {{name: phone, type: phone, country: NL}}
        - {{name: plate, type: string{plate}}}
        {more}
      verticals: [{verticals}]
      workflows:
        - {{name: form, verticals: [car], distribution: {{mode: {mode}}}}}
"""
BUYER = """
    apiVersion: muster/v1
    kind: AccountContract
    metadata: {{name: {name}}}
    spec:
      account: {name}
      campaign: cars
      version: 1
      price: {{amount: "10.00", currency: EUR}}
      {spec}
"""
PARTNER = """
    apiVersion: muster/v1
    kind: PartnerContract
    metadata: {{name: seven}}
    spec: {{partner: affiliate, campaign: cars, version: 1, apiKey: {{env: KEY}}, {spec}}}
"""


def campaign(world: World, state: str = "test", version: int = 1, **parts: str) -> None:
    usual = {"plate": "", "more": "", "verticals": "car, van", "mode": "directPost"}
    world.write(f"cars-{version}.yaml", CAMPAIGN.format(state=state, version=version, **usual | parts))


def buyer(world: World, name: str, spec: str) -> None:
    world.write(f"{name}.yaml", BUYER.format(name=name, spec=spec))


def apply(world: World) -> None:
    answer = world.cli("apply", "--yes")
    assert answer.code == 0, answer.err + answer.out


def outdated(world: World, *about: str) -> dict[str, list[str]]:
    found = json.loads(world.cli("leads", "outdated", *about, "--format", "json").out)
    return {
        f"{one['contract']} {one['version']}": [f"{why['sort']} {why['name']} {why['what']}" for why in one["why"]]
        for one in found
    }


def risks(world: World) -> list[str]:
    plan = json.loads(world.cli("plan", "--format", "json").out)
    return [risk["message"] for one in plan["resources"] for step in one["steps"] for risk in step.get("risks", ())]


def key(name: str, kind: str = "AccountContract", version: int = 1) -> str:
    return f"{kind}/{name}@1 LeadCampaign/cars@{version}"


@pytest.fixture
def cars(world: World) -> World:
    """A version in test, and contracts that name this and that of it."""
    campaign(world)
    buyer(world, "where", 'where: lead.phone != "" && "lead.email" != lead["email"]')
    buyer(world, "fields", "deliveries: [{method: webhook, url: 'https://b.example/', fields: [plate]}]")
    buyer(world, "ping", "ping: {url: 'https://b.example/', fields: [plate]}")
    buyer(world, "flow", "workflows: [form]")
    buyer(world, "vans", "verticals: [van]")
    buyer(world, "all", "qualityScore: 5")
    world.write("seven.yaml", PARTNER.format(spec="vertical: van, workflow: form"))
    apply(world)
    return world


@pytest.mark.parametrize(
    ("edit", "wanted"),
    [
        ({"plate": ", required: true"}, {"fields": ["field plate changed"], "ping": ["field plate changed"]}),
        ({"verticals": "car"}, {"vans": ["vertical van removed"], "seven": ["vertical van removed"]}),
        ({"mode": "manual"}, {"flow": ["workflow form changed"], "seven": ["workflow form changed"]}),
        ({"more": "- {name: color, type: string}"}, {}),
    ],
    ids=["field", "vertical", "workflow", "added"],
)
def test_who_names_what_an_edit_changes_is_warned_of_and_then_listed(
    cars: World, edit: dict[str, str], wanted: dict[str, list[str]]
) -> None:
    """L-11: the plan names them; L-12, AMB-L8: afterwards they are on the report."""
    assert outdated(cars) == {}
    campaign(cars, **edit)
    found = risks(cars)
    assert len(found) == (1 if wanted else 0)
    for name in ("where", "fields", "ping", "flow", "vans", "all", "seven"):
        assert [name for one in found if f"/{name}@1" in one] == ([name] if name in wanted else [])
    apply(cars)
    kinds = {name: "PartnerContract" if name == "seven" else "AccountContract" for name in wanted}
    assert outdated(cars) == {key(name, kinds[name]): why for name, why in wanted.items()}


def test_a_removed_field_is_told_to_whoever_names_it_in_an_expression(cars: World) -> None:
    """AMB-L8: a condition names fields; a text in it does not."""
    text = (cars.manifests / "cars-1.yaml").read_text()
    (cars.manifests / "cars-1.yaml").write_text(text.replace("    - {name: phone, type: phone, country: NL}\n", ""))
    apply(cars)
    assert outdated(cars, "cars") == {key("where"): ["field phone removed"]}
    assert "field phone was removed" in cars.cli("leads", "outdated", "LeadCampaign/cars@1").out
    assert cars.cli("leads", "outdated", "--format", "csv").out.count("\n") == 2


@pytest.mark.parametrize("subject", ["New: {{ plate }}", "{{plate}}", "{{- plate | upper }} for you"])
def test_a_subject_names_fields(subject: str) -> None:
    """AMB-L8: whoever gets mails that say a field in their subject depends on it."""
    from reconciler.kinds.leads.market import Buyer
    from reconciler.kinds.leads.outdated import named_by
    from reconciler.model.ref import Ref
    from tests.deliveries.sold import EMAIL, contract

    found = named_by(Buyer(1, Ref("AccountContract", "mail"), "present", contract({**EMAIL, "subject": subject})))
    assert {name for _, name in found} == {"plate"}


def test_an_edit_that_is_taken_back_outdates_nobody(cars: World) -> None:
    campaign(cars, verticals="car")
    apply(cars)
    campaign(cars)
    apply(cars)
    assert outdated(cars) == {}


def test_saving_or_confirming_a_contract_settles_it(cars: World) -> None:
    """AMB-L8: it was last saved, or confirmed, for the version as it is."""
    campaign(cars, plate=", required: true")
    apply(cars)
    assert outdated(cars).keys() == {key("fields"), key("ping")}
    buyer(cars, "fields", "deliveries: [{method: webhook, url: 'https://c.example/', fields: [plate]}]")
    apply(cars)
    assert outdated(cars).keys() == {key("ping")}
    answer = cars.cli("leads", "confirm", "ping")
    assert (answer.code, answer.out) == (0, "AccountContract/ping@1 fits LeadCampaign/cars@1 as it is\n")
    assert outdated(cars) == {}
    campaign(cars, plate=", required: true, label: Plate")
    apply(cars)
    assert outdated(cars).keys() == {key("fields"), key("ping")}, "and is outdated again by the next edit"


def test_one_plan_that_edits_both_leaves_the_contract_up_to_date(cars: World) -> None:
    campaign(cars, plate=", required: true")
    buyer(cars, "fields", "deliveries: [{method: webhook, url: 'https://c.example/', fields: [plate]}]")
    apply(cars)
    assert outdated(cars).keys() == {key("ping")}


def test_a_contract_is_fitted_to_a_newer_version_as_it_was_when_it_joined(cars: World) -> None:
    """AMB-L4, L-05: edits in draft concern nobody; edits in test after that do, and publishing settles nothing."""
    campaign(cars, "draft", 2)
    apply(cars)
    campaign(cars, "draft", 2, verticals="car")
    assert risks(cars) == []
    apply(cars)
    campaign(cars, "test", 2, verticals="car")
    apply(cars)
    assert outdated(cars) == {}
    campaign(cars, "test", 2, verticals="car", plate=", required: true")
    assert "AccountContract/ping@1" in risks(cars)[0]
    apply(cars)
    late = {key("fields", version=2), key("ping", version=2)}
    assert outdated(cars).keys() == late
    campaign(cars, "published", 2, verticals="car", plate=", required: true")
    apply(cars)
    assert outdated(cars).keys() == late
    assert cars.cli("leads", "confirm", "AccountContract/ping").out.count("cars@") == 2


def test_publishing_settles_nothing(cars: World) -> None:
    """AMB-L8: contracts that were made in test are in the version already; they join nothing when it is published."""
    campaign(cars, plate=", required: true")
    apply(cars)
    campaign(cars, "published", plate=", required: true")
    apply(cars)
    assert outdated(cars).keys() == {key("fields"), key("ping")}


def test_a_published_version_changes_its_workflows_and_outdates_who_names_them(cars: World) -> None:
    """AMB-L3, AMB-L8: distribution may change in published too."""
    campaign(cars, "published")
    apply(cars)
    campaign(cars, "published", mode="manual")
    assert "AccountContract/flow@1" in risks(cars)[0]
    apply(cars)
    assert outdated(cars).keys() == {key("flow"), key("seven", "PartnerContract")}
    campaign(cars, "sundowned", mode="manual")
    apply(cars)
    assert outdated(cars) == {}, "a version that is out of use has no contracts to look after"


@pytest.mark.parametrize("text", ["nobody", "LeadCampaign/cars", "PartnerContract/ping"])
def test_what_is_no_contract_is_not_confirmed(cars: World, text: str) -> None:
    assert cars.cli("leads", "confirm", text).code == 64


def test_a_campaign_that_is_not_there_has_no_report(cars: World) -> None:
    assert cars.cli("leads", "outdated", "boats").code == 64


def test_nothing_outdated_is_said(cars: World) -> None:
    assert cars.cli("leads", "outdated").out == "every contract fits\n"


def _deleted(world: World, deletion: str = "") -> list[str]:
    text = CAMPAIGN.format(state="deleted", version=1, plate="", more="", verticals="car, van", mode="directPost")
    world.write("cars-1.yaml", text + deletion)
    return risks(world)


def test_deleting_what_is_published_is_warned_of_while_leads_come_in(world: World) -> None:
    """AMB-L6, L-39: it is legal; the warning goes with `confirm: true`, or when no real lead came lately."""
    from reconciler.app import SystemClock
    from tests.leads import rows

    now: Any = SystemClock().now()
    campaign(world, "published")
    apply(world)
    assert _deleted(world) == []
    with world.store() as store:
        (uid,) = [store.ledger.uid(ref) for ref in store.heads()]
        rows.lead(store, uid, at=now, is_test=True)
        assert _deleted(world) == [], "a test is no use of it"
        rows.lead(store, uid, at=now.replace(year=now.year - 1))
        assert _deleted(world) == []
        rows.lead(store, uid, at=now)
    (warning,) = _deleted(world)
    assert warning.startswith("leads still come in, the last one at ")
    assert _deleted(world, "      deletion: {lately: 400d}\n") != []
    assert _deleted(world, "      deletion: {confirm: true}\n") == []
    _deleted(world)
    assert world.cli("apply", "--yes").code == 0
    assert world.state("LeadCampaign/cars") == "deleted"


@pytest.mark.parametrize(("state", "said"), [("published", True), ("sundowned", True), ("test", False)])
def test_a_plan_that_deletes_says_how_many_leads_it_drops(world: World, state: str, said: bool) -> None:
    """X-10, AMB-L5: those that wait for a buyer or a person; tests are no loss."""
    from reconciler.model.leads import LeadStage
    from tests.leads import rows

    for one in ("published", "sundowned") if state == "sundowned" else (state,):
        campaign(world, one)
        apply(world)
    assert _deleted(world) == []
    with world.store() as store:
        (uid,) = [store.ledger.uid(ref) for ref in store.heads()]
        for stage in (LeadStage.WAITING, LeadStage.MANUAL, LeadStage.SOLD, LeadStage.UNSOLD):
            rows.lead(store, uid, stage=stage, is_test=state == "test")
    found = _deleted(world, "      deletion: {confirm: true}\n")
    assert found == (["leads that wait to be sold are dropped: 2"] if said else [])
