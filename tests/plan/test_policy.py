"""Policies where several plans, the clock or the runtime have a part: what is unknown, what is too much, what has begun."""

import json
from datetime import datetime, time

import pytest

from reconciler.model.diagnostic import Place
from reconciler.model.plan import Code, Plan, Verdict
from reconciler.model.policy import Freeze, boundaries, reopens
from reconciler.model.window import Span, Weekly
from reconciler.source.policy_file import policies_of
from tests.world import World, blocked, planned

SETTINGS = """\
    apiVersion: muster/v1
    kind: ReferralProgram
    metadata: {name: friends}
    spec: {timezone: Europe/Berlin}
"""


def offer(name: str, state: str) -> str:
    return f"""
        apiVersion: muster/v1
        kind: ReferralCampaign
        metadata: {{name: {name}}}
        state: {state}
        spec: {{program: friends, weight: 1}}
    """


def offers(world: World, state: str, count: int) -> None:
    world.write("program.yaml", SETTINGS)
    for number in range(count):
        world.write(f"offer-{number}.yaml", offer(f"offer-{number}", state))


def policies(world: World, text: str) -> None:
    world.write("../muster.yaml", text)


def codes(plan: Plan) -> set[Code]:
    return {refusal.code for one in plan.blocked for refusal in one.refusals}


# What is not known.

AUDIENCE = """\
    policies:
      - id: max-audience
        message: have more than 1,000 recipients signed off by two
        match: {kinds: [EmailCampaign]}
        rule: "!plan.entersOutward || facts.estimatedRecipients <= 1000"
"""


def email(world: World) -> None:
    world.write(
        "spring.yaml",
        """
        apiVersion: muster/v1
        kind: EmailCampaign
        metadata: {name: spring}
        state: running
        spec:
          subject: Spring
          from: {email: news@shop.example}
          content: {template: spring}
          targets: {include: [{list: everyone}]}
          smtp: {connections: [{name: relay}]}
        ---
        apiVersion: muster/v1
        kind: Template
        metadata: {name: spring}
        spec: {text: {inline: Spring}}
        ---
        apiVersion: muster/v1
        kind: RecipientList
        metadata: {name: everyone}
        spec: {source: {inline: [{email: ana@shop.example}]}, email: email}
        ---
        apiVersion: muster/v1
        kind: SmtpConnection
        metadata: {name: relay}
        spec: {host: 127.0.0.1, port: 2525, tls: none}
        """,
    )


@pytest.mark.parametrize(("recipients", "verdict"), [(None, Verdict.UNKNOWN), (1000, None), (1001, Verdict.FALSE)])
def test_a_policy_over_a_fact_has_three_answers(world: World, recipients: int | None, verdict: Verdict | None) -> None:
    email(world)
    policies(world, AUDIENCE)
    world.runtime("EmailCampaign", {} if recipients is None else {"estimatedRecipients": recipients})
    plan = world.plan()
    found, one = blocked(plan, "EmailCampaign/spring"), planned(plan, "EmailCampaign/spring")
    if verdict is Verdict.FALSE:
        assert found is not None
        assert [(refusal.code, refusal.policy, str(refusal.source)) for refusal in found.refusals] == [
            (Code.POLICY, "max-audience", "muster.yaml:2:9")
        ]
        return
    assert found is None
    assert one is not None
    asked = [guard.verdict for step in one.steps for guard in step.guards if guard.name == "policy max-audience"]
    assert asked == ([verdict] if verdict else [])
    world.apply()
    assert world.state("EmailCampaign/spring") == ("running" if recipients else "")


# While it is applied.


def test_an_apply_that_began_before_a_freeze_stops_at_it(world: World) -> None:
    offers(world, "live", 8)
    world.runtime("ReferralCampaign")
    policies(world, "freeze: [{id: noon, deny: {weekdays: [mon], from: '12:00', to: '18:00'}}]")

    def passing(_steps: int) -> None:
        world.clock.advance(minutes=30)

    with world.opened() as reconciler:
        plan, _ = reconciler.plan()
        assert len(plan.resources) == 9
        outcome = reconciler.apply(plan, passing)
    assert outcome.denied
    assert {guard.name for guards in outcome.denied.values() for guard in guards} == {"freeze noon"}
    done = [f"ReferralCampaign/offer-{number}" for number in range(8)]
    states = [world.state(ref) for ref in done]
    assert "live" in states, "what was done before it stays"
    assert states != ["live"] * 8, "and the rest waits"


# How much at once.


def test_more_deletions_than_the_threshold_need_an_acknowledgement(world: World) -> None:
    offers(world, "not_launched", 0)
    policies(world, "thresholds: {maxDeletions: 1}")
    for number in range(2):
        world.write(f"draft-{number}.yaml", DRAFT.format(number=number, state="draft"))
    world.apply()
    world.write("draft-0.yaml", DRAFT.format(number=0, state="deleted"))
    assert not world.plan().blocked, "one is not more than one"
    world.write("draft-1.yaml", DRAFT.format(number=1, state="deleted"))
    plan = world.plan()
    assert codes(plan) == {Code.THRESHOLD}
    assert [one.alternatives[0].kind for one in plan.blocked] == ["acknowledge"] * 2
    assert not world.plan(ack=["too-many-changes"]).blocked


DRAFT = """
    apiVersion: muster/v1
    kind: ReceivablesCampaign
    metadata: {{name: draft-{number}}}
    state: {state}
    spec: {{}}
"""


def test_more_launches_than_the_threshold_need_an_acknowledgement(world: World) -> None:
    offers(world, "live", 3)
    policies(world, "thresholds: {maxLaunches: 2}")
    plan = world.plan()
    assert codes(plan) == {Code.THRESHOLD}
    assert "puts 3 resources into an outward state; more than 2" in plan.blocked[0].refusals[0].message
    offers(world, "not_launched", 1)
    assert not world.plan().blocked


# What else is told.


def test_when_names_the_end_of_a_freeze(world: World) -> None:
    offers(world, "live", 1)
    policies(
        world, "freeze: [{id: january, deny: {from: 2027-01-01T00:00, to: 2027-01-20T14:30}, timezone: Asia/Tokyo}]"
    )
    answer = world.cli("when", "ReferralCampaign/offer-0", "live", "--format", "json")
    assert json.loads(answer.out)["at"] == "2027-01-20T05:30:00Z", answer


def test_a_rule_that_cannot_be_evaluated_forbids(world: World) -> None:
    offers(world, "live", 1)
    policies(world, "policies: [{id: odd, message: no, rule: self.spec.nothing.of.the.kind == 1}]")
    assert codes(world.plan()) == {Code.POLICY}


def test_what_only_notes_something_is_not_asked(world: World) -> None:
    offers(world, "live", 1)
    world.apply()
    policies(world, "policies: [{id: never, message: no, stops: true, rule: 'false'}]")
    plan = world.plan()
    assert (plan.resources, plan.blocked) == ((), ())


def test_stops_true_asks_of_a_stop_too(world: World) -> None:
    offers(world, "live", 1)
    world.apply()
    world.write("offer-0.yaml", offer("offer-0", "paused"))
    policies(world, "policies: [{id: never, message: no, rule: 'false'}]")
    assert not world.plan().blocked
    policies(world, "policies: [{id: never, message: no, stops: true, rule: 'false'}]")
    assert codes(world.plan()) == {Code.POLICY}


# Windows.


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def of_day(text: str) -> time:
    return time.fromisoformat(text)


NIGHTS = Freeze("nights", deny=(Weekly(frozenset({4}), of_day("22:00"), of_day("06:00"), "Europe/Berlin"),))


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2027-01-08T20:59:59+00:00", ""),
        ("2027-01-08T21:00:00+00:00", "2027-01-09T05:00:00+00:00"),
        ("2027-01-09T04:59:59+00:00", "2027-01-09T05:00:00+00:00"),
        ("2027-01-09T05:00:00+00:00", ""),
        ("2027-03-27T23:30:00+01:00", ""),  # a Saturday; the clocks go forward that night
        ("2027-03-26T23:30:00+01:00", "2027-03-27T05:00:00+00:00"),
    ],
)
def test_a_weekly_window_runs_over_midnight(now: str, until: str) -> None:
    opened = reopens(NIGHTS, moment(now))
    assert opened == moment(until or now)
    assert NIGHTS.is_open(moment(now)) == (not until)


def test_windows_that_join_end_together_and_without_end_in_sight_at_all() -> None:
    first = Span(moment("2027-01-01T00:00Z"), moment("2027-01-03T00:00Z"))
    second = Span(moment("2027-01-02T00:00Z"), moment("2027-01-05T00:00Z"))
    assert reopens(Freeze("two", deny=(first, second)), first.start) == second.end
    assert reopens(Freeze("over", allow=(first,)), second.end) is None
    whole = Weekly(frozenset(range(7)), time(), time(), "UTC")
    assert reopens(Freeze("ever", deny=(whole,)), first.start) is None


def test_boundaries_are_in_order_and_bounded() -> None:
    found = boundaries(NIGHTS, moment("2027-01-08T12:00Z"), moment("2027-01-20T00:00Z"))
    assert [one.isoformat() for one in found] == [
        "2027-01-08T21:00:00+00:00", "2027-01-09T05:00:00+00:00",
        "2027-01-15T21:00:00+00:00", "2027-01-16T05:00:00+00:00",
    ]  # fmt: skip
    assert len(boundaries(NIGHTS, moment("2027-01-08T12:00Z"), moment("2327-01-20T00:00Z"))) == 1000


def test_an_environment_overrides_single_thresholds() -> None:
    base = policies_of({"thresholds": {"maxChangesPercent": 10, "maxDeletions": 2}}, "UTC", Place)
    both = policies_of({"thresholds": {"maxDeletions": 5}}, "UTC", Place, base)
    assert (both.thresholds.max_changes_percent, both.thresholds.max_deletions) == (10, 5)
