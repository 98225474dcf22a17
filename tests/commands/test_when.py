"""`muster when`: now, from some time on, or never; why, and what stands in the way."""

import json
from typing import Any

import pytest

from tests.world import Answer, World

SHARED = """
    apiVersion: muster/v1
    kind: ReferralProgram
    metadata: {name: friends}
    spec: {timezone: UTC}
"""
COLLECTIONS = """
    apiVersion: muster/v1
    kind: CollectionSettings
    metadata: {name: organisation}
    spec: {timezone: America/Chicago, nightlyJob: "02:00"}
    ---
    apiVersion: muster/v1
    kind: Channel
    metadata: {name: letters}
    spec: {type: webhook, url: "http://127.0.0.1:9002/sms", secret: {env: SMS_SECRET}}
    ---
    apiVersion: muster/v1
    kind: Template
    metadata: {name: offer}
    spec: {subject: Offer, text: {inline: "An offer."}}
    ---
    apiVersion: muster/v1
    kind: Strategy
    metadata: {name: soft}
    spec: {type: early, steps: [{channel: letters, action: reminder, template: offer, wait: 0d}]}
    ---
    apiVersion: muster/v1
    kind: AccountSource
    metadata: {name: portfolio}
    spec: {source: {inline: [{account_id: A-1, balance: 120}]}, id: account_id}
"""


def referral(world: World, name: str, state: str, schedule: str = "", more: str = "") -> None:
    world.write("shared.yaml", SHARED)
    times = f"schedule: {{entries: [{schedule}]}}" if schedule else ""
    world.write(
        f"{name}.yaml",
        f"""
        apiVersion: muster/v1
        kind: ReferralCampaign
        metadata: {{name: {name}}}
        state: {state}
        {times}
        spec: {{program: friends{more}}}
        """,
    )


def collection(world: World, name: str, state: str, end: str, schedule: str = "") -> None:
    world.write("collections.yaml", COLLECTIONS)
    times = f"schedule: {{entries: [{schedule}]}}" if schedule else ""
    world.write(
        f"{name}.yaml",
        f"""
        apiVersion: muster/v1
        kind: CollectionCampaign
        metadata: {{name: {name}}}
        state: {state}
        {times}
        spec:
          strategy: soft
          startDate: 2026-01-01
          endDate: {end}
          accounts: {{source: portfolio, where: "account.balance >= 1.0"}}
        """,
    )


def asked(world: World, ref: str, state: str, *more: str, code: int = 0) -> dict[str, Any]:
    answer = world.cli("when", ref, state, "--format", "json", *more)
    assert answer.code == code, answer
    found: dict[str, Any] = json.loads(answer.out)
    return found


def test_now(world: World) -> None:
    referral(world, "a", "not_launched")
    found = asked(world, "ReferralCampaign/a", "live")
    assert (found["answer"], found["at"], found["obstacles"]) == ("now", "2027-01-04T09:00:00Z", [])
    assert [step["event"] for step in found["steps"]] == ["create", "launch"]
    assert "legal now\n    the way: create, launch\n" in world.cli("when", "ReferralCampaign/a", "live").out


def test_now_is_where_it_is(world: World) -> None:
    referral(world, "a", "live")
    world.apply()
    found = asked(world, "ReferralCampaign/a", "live")
    assert (found["answer"], found["from"], found["steps"]) == ("now", "live", [])
    assert "the way: none, it is there already" in world.cli("when", "ReferralCampaign/a", "live").out


def test_once_the_present_plan_is_applied(world: World) -> None:
    referral(world, "a", "live")
    found = asked(world, "ReferralCampaign/a", "paused")
    assert (found["answer"], found["at"]) == ("later", "2027-01-04T09:00:00Z")
    (obstacle,) = found["obstacles"]
    assert (obstacle["code"], obstacle["until"]) == ("illegal-transition", "2027-01-04T09:00:00Z")
    assert "legal once what is planned now is applied" in world.cli("when", "ReferralCampaign/a", "paused").out


def test_from_a_schedule_entry_on(world: World) -> None:
    referral(world, "a", "not_launched", "{at: 2027-03-01T00:00:00Z, state: live}")
    world.apply()
    found = asked(world, "ReferralCampaign/a", "paused")
    assert (found["answer"], found["at"], found["from"]) == ("later", "2027-03-01T00:00:00Z", "live")
    (because,) = found["because"]
    assert (because["ref"], because["event"], because["line"]) == ("ReferralCampaign/a@1", "launch", 6)
    (obstacle,) = found["obstacles"]
    assert (obstacle["code"], obstacle["requirements"]) == ("illegal-transition", ["AMB-R2", "X-11"])
    assert (obstacle["file"], obstacle["line"], obstacle["column"]) == ("campaigns.d/a.yaml", 5, 8)
    assert (obstacle["since"], obstacle["until"]) == ("2027-01-04T09:00:00Z", "2027-03-01T00:00:00Z")
    out = world.cli("when", "ReferralCampaign/a", "paused").out
    assert "legal from 2027-03-01T00:00:00Z, in 55 days" in out
    assert "because of ReferralCampaign/a@1  not_launched → live (launch), schedule  campaigns.d/a.yaml:6:" in out
    assert "from now until 2027-03-01T00:00:00Z" in out


def test_from_a_timer_on(world: World) -> None:
    collection(world, "a", "active", "2027-01-20")
    collection(world, "b", "draft", "2027-06-30")
    world.apply()
    found = asked(world, "CollectionCampaign/b", "active")
    assert (found["answer"], found["at"]) == ("later", "2027-01-21T08:00:00Z"), (
        "when the other's nightly job has ended it"
    )
    assert [(one["ref"], one["event"]) for one in found["because"]] == [("CollectionCampaign/a@1", "expire")]
    (obstacle,) = found["obstacles"]
    assert (obstacle["code"], obstacle["others"]) == ("constraint-broken", ["CollectionCampaign/a@1"])


def test_not_while_a_burst_goes_first(world: World) -> None:
    referral(world, "a", "not_launched")
    burst = "{at: 2027-01-10T00:00:00Z, state: live}, {at: 2027-01-20T00:00:00Z, state: paused}"
    referral(world, "b", "not_launched", burst, ", goLiveAs: burst")
    world.apply()
    assert asked(world, "ReferralCampaign/a", "live")["answer"] == "now"
    world.clock.set("2027-01-12T00:00:00Z")
    world.apply()
    found = asked(world, "ReferralCampaign/a", "live")
    assert (found["answer"], found["at"]) == ("later", "2027-01-20T00:00:00Z")
    assert "ReferralCampaign/b@1 is live then and goes first" in found["obstacles"][0]["message"]


def test_not_before_a_conflict_that_it_would_lead_to_is_over(world: World) -> None:
    burst = "{at: 2027-01-10T00:00:00Z, state: live}, {at: 2027-01-20T00:00:00Z, state: paused}"
    referral(world, "a", "not_launched", burst, ", goLiveAs: burst")
    referral(world, "b", "not_launched", "", ", goLiveAs: burst")
    world.apply()
    found = asked(world, "ReferralCampaign/b", "live")
    assert (found["answer"], found["at"]) == ("later", "2027-01-20T00:00:00Z")
    codes = [(one["code"], one["since"], one["until"]) for one in found["obstacles"]]
    assert codes == [
        ("illegal-later", "2027-01-04T09:00:00Z", "2027-01-10T00:00:00Z"),
        ("constraint-broken", "2027-01-10T00:00:00Z", "2027-01-20T00:00:00Z"),
    ]
    referral(world, "b", "live", "", ", goLiveAs: burst")
    assert world.cli("plan").code == 4, "as `plan` says of it now"


def test_never_because_the_law_forbids_it(world: World) -> None:
    referral(world, "a", "live")
    world.apply()
    found = asked(world, "ReferralCampaign/a", "not_launched", code=4)
    assert (found["answer"], found["at"], found["until"]) == ("never", None, "2028-01-04T09:00:00Z")
    (obstacle,) = found["obstacles"]
    assert (obstacle["code"], obstacle["until"]) == ("illegal-transition", None)
    out = world.cli("when", "ReferralCampaign/a", "not_launched").out
    assert "never within 365 days, to 2028-01-04T09:00:00Z" in out
    assert "from now, still at the end" in out


def test_never_because_a_guard_stays_false(world: World) -> None:
    collection(world, "a", "draft", "2027-01-03")
    world.apply()
    found = asked(world, "CollectionCampaign/a", "active", code=5)
    (obstacle,) = found["obstacles"]
    assert (obstacle["code"], obstacle["line"], obstacle["column"]) == ("guard-false", 10, 12)


def test_no_longer_from_a_date_on(world: World) -> None:
    """A schedule pauses it, and its end date passes in the zone of its settings before it may go on."""
    collection(world, "a", "draft", "2027-01-20")
    collection(world, "b", "active", "2027-02-20")
    world.apply()
    found = asked(world, "CollectionCampaign/a", "active", "--horizon", "90d", code=5)
    assert [(one["code"], one["since"], one["until"]) for one in found["obstacles"]] == [
        ("constraint-broken", "2027-01-04T09:00:00Z", "2027-01-21T06:00:00Z"),
        ("guard-false", "2027-01-21T06:00:00Z", None),
    ]


def test_only_what_lies_within_the_horizon(world: World) -> None:
    referral(world, "a", "not_launched", "{at: 2027-03-01T00:00:00Z, state: live}")
    world.apply()
    assert asked(world, "ReferralCampaign/a", "paused", "--horizon", "30d", code=4)["answer"] == "never"
    assert asked(world, "ReferralCampaign/a", "paused", "--horizon", "90d")["answer"] == "later"
    assert asked(world, "ReferralCampaign/a", "live", "--horizon", "0d")["answer"] == "now"


def test_what_nobody_knows_makes_it_conditional(world: World) -> None:
    world.write(
        "invoices.yaml",
        """
        apiVersion: muster/v1
        kind: ReceivablesCampaign
        metadata: {name: overdue}
        state: draft
        spec:
          title: Overdue
          description: Overdue invoices
          launch: {reviewedBy: dana@shop.example, sampleInvoice: I-1}
          workflow: remind
          audience: {ruleSet: overdue, source: ledger}
        ---
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
        """,
    )
    found = asked(world, "ReceivablesCampaign/overdue", "active")
    assert (found["answer"], found["conditional"]) == ("now", True)
    assert [one["name"] for one in found["unknown"]] == ["sample-invoice-matches", "test-current"]
    out = world.cli("when", "ReceivablesCampaign/overdue", "active").out
    assert "legal now, if what is not known turns out well" in out
    assert "not known: test-current [I-14, AMB-I4]" in out


def test_a_rule_over_now_turns_at_its_second(world: World) -> None:
    world.write("../muster.yaml", "kinds: [kinds]\ntimezone: Europe/Berlin\n")
    (world.root / "kinds" / "sale").mkdir(parents=True)
    (world.root / "kinds" / "sale" / "schema.json").write_text(
        '{"type": "object", "additionalProperties": false, "properties": {"opens": {"type": "string"}}}'
    )
    world.write(
        "../kinds/sale/kind.yaml",
        """
        kind: Sale
        role: campaign
        states:
          draft: {initial: true}
          open: {outward: true, final: true}
        transitions:
          - {event: open, from: draft, to: open, guards: [time-come]}
        guards:
          time-come: {rule: "now >= timestamp(self.spec.opens)", message: wait for its time, path: /spec/opens}
        """,
    )
    world.write(
        "sale.yaml",
        """
        apiVersion: muster/v1
        kind: Sale
        metadata: {name: spring}
        state: draft
        spec: {opens: "2027-02-14T10:17:23Z"}
        """,
    )
    assert world.cli("validate").code == 0, world.cli("validate").err
    found = asked(world, "Sale/spring", "open")
    assert (found["at"], found["because"]) == ("2027-02-14T10:17:23Z", [])
    assert "because of the date" in world.cli("when", "Sale/spring", "open").out
    world.clock.set("2027-02-14T10:17:22Z")
    assert asked(world, "Sale/spring", "open")["answer"] == "later"
    world.clock.advance(seconds=1)
    assert asked(world, "Sale/spring", "open")["answer"] == "now"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ("ReferralCampaign/b", "live"),
            "there is no manifest of ReferralCampaign/b; did you mean ReferralCampaign/a@1?",
        ),
        (("ReferralCampaign/a", "alive"), "ReferralCampaign has no state 'alive'; did you mean 'live'?"),
        (("ReferralCampaign/a", "live", "--horizon", "soon"), "is no span of time"),
        (("referral/a", "live"), "is not a ref"),
    ],
)
def test_words_that_mean_nothing(world: World, arguments: tuple[str, ...], words: str) -> None:
    referral(world, "a", "not_launched")
    answer: Answer = world.cli("when", *arguments)
    assert (answer.code, answer.out) == (64, "")
    assert words in answer.err


def test_nothing_is_written(world: World) -> None:
    referral(world, "a", "live")
    world.cli("when", "ReferralCampaign/a", "paused")
    assert world.events() == []
