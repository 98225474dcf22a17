"""What a plan foresees is what happens: the timeline of a plan against the log of a world in which that time passes."""

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.controller.gather import Wishes
from reconciler.model.instant import to_text
from reconciler.model.plan import Plan
from tests.world import START, World

HORIZON = timedelta(days=90)
Happened = tuple[str, str, str]
"""Instant, resource, event."""

SHARED = """\
apiVersion: muster/v1
kind: ReferralProgram
metadata: {name: friends}
spec: {timezone: America/New_York}
---
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
---
apiVersion: muster/v1
kind: RecipientList
metadata: {name: everyone}
spec: {source: {inline: [{email: ana@shop.example}]}, email: email}
"""


def instants() -> st.SearchStrategy[str]:
    """A time within the horizon, of few days and hours, so that things meet."""
    return st.builds(
        lambda day, hour: to_text(START.replace(hour=0) + timedelta(days=day, hours=hour)),
        st.integers(1, 80),
        st.sampled_from([0, 6, 8, 12]),
    )


def entries(states: list[str], most: int = 4) -> st.SearchStrategy[str]:
    one = st.tuples(instants(), st.sampled_from(states))
    return st.lists(one, max_size=most, unique_by=lambda pair: pair[0]).map(
        lambda found: "".join(f"\n    - {{at: {at}, state: {state}}}" for at, state in sorted(found))
    )


@st.composite
def referral(draw: st.DrawFn, name: str) -> str:
    told = draw(entries(["live", "paused"]))
    schedule = f"schedule:\n  entries:{told}\n" if told else ""
    more = draw(st.sampled_from(["", ", goLiveAs: burst", ", weight: 10"]))
    pending = draw(st.sampled_from(["", ", inProgress: {pendingPeriod: 5d, thenState: ended}"]))
    state = draw(st.sampled_from(["not_launched", "live"]))
    head = f"apiVersion: muster/v1\nkind: ReferralCampaign\nmetadata: {{name: {name}}}\nstate: {state}\n"
    return f"{head}{schedule}spec: {{program: friends{more}{pending}}}\n"


@st.composite
def collection(draw: st.DrawFn, name: str) -> str:
    told = draw(entries(["active", "paused", "completed"], 3))
    schedule = f"schedule:\n  entries:{told}\n" if told else ""
    end = (START + timedelta(days=draw(st.integers(0, 70)))).date()
    state = draw(st.sampled_from(["draft", "active"]))
    where = draw(st.sampled_from(["account.balance >= 1.0", "account.balance >= 2.0"]))
    head = f"apiVersion: muster/v1\nkind: CollectionCampaign\nmetadata: {{name: {name}}}\nstate: {state}\n"
    spec = f"strategy: soft, startDate: 2026-01-01, endDate: {end}, accounts: {{source: portfolio, where: '{where}'}}"
    return f"{head}{schedule}spec: {{{spec}}}\n"


@st.composite
def email(draw: st.DrawFn, name: str) -> str:
    start = draw(instants())
    more = draw(entries(["paused", "running", "cancelled"], 2))
    state = draw(st.sampled_from(["draft", "scheduled"]))
    head = f"apiVersion: muster/v1\nkind: EmailCampaign\nmetadata: {{name: {name}}}\nstate: {state}\n"
    schedule = f"schedule:\n  entries:\n    - {{at: {start}, state: running}}{more}\n"
    spec = (
        "subject: Hello, from: {email: news@shop.example}, content: {template: offer}, "
        "targets: {include: [{list: everyone}]}, smtp: {connections: [{name: relay}]}"
    )
    return f"{head}{schedule}spec: {{{spec}}}\n"


@st.composite
def relay(draw: st.DrawFn) -> str:
    gone = draw(st.sampled_from(["", "schedule:\n  entries:\n    - {at: 2027-02-10T00:00:00Z, state: deleted}\n"]))
    head = "apiVersion: muster/v1\nkind: SmtpConnection\nmetadata: {name: relay}\n"
    return f"{head}{gone}spec: {{host: 127.0.0.1, port: 2525, tls: none}}\n"


@st.composite
def leads(draw: st.DrawFn) -> str:
    told = draw(entries(["test", "published", "sundowned", "deleted"]))
    schedule = f"schedule:\n  entries:{told}\n" if told else ""
    contract = draw(entries(["present", "deleted"], 2))
    times = f"schedule:\n  entries:{contract}\n" if contract else ""
    state = draw(st.sampled_from(["draft", "test", "published"]))
    begins = draw(st.sampled_from(["present", "deleted"]))
    return (
        f"apiVersion: muster/v1\nkind: LeadCampaign\nmetadata: {{name: cars}}\nstate: {state}\n{schedule}"
        "spec: {description: Cars, fields: [{name: phone, type: phone}]}\n---\n"
        f"apiVersion: muster/v1\nkind: PartnerContract\nmetadata: {{name: partner}}\nstate: {begins}\n{times}"
        "spec: {partner: affiliate, campaign: cars, version: 1, apiKey: {env: PARTNER_KEY}}\n"
    )


@st.composite
def catalogs(draw: st.DrawFn) -> dict[str, str]:
    return {
        "shared.yaml": SHARED,
        "relay.yaml": draw(relay()),
        "a.yaml": draw(referral("a")),
        "b.yaml": draw(referral("b")),
        "c.yaml": draw(referral("c")),
        "d.yaml": draw(collection("d")),
        "e.yaml": draw(collection("e")),
        "f.yaml": draw(email("f")),
        "g.yaml": draw(leads()),
    }


NAMES = ("ReferralCampaign/a", "ReferralCampaign/b", "CollectionCampaign/d", "EmailCampaign/f", "LeadCampaign/cars",
         "SmtpConnection/relay")  # fmt: skip


def holds() -> st.SearchStrategy[list[tuple[str, str]]]:
    """Whom somebody holds, and until when."""
    one = st.tuples(st.sampled_from(NAMES), instants())
    return st.lists(one, max_size=3, unique_by=lambda pair: pair[0])


def brakes() -> st.SearchStrategy[list[tuple[str, str]]]:
    """Whose state an operator changes before that, if it is legal then, and by which event."""
    one = st.tuples(st.sampled_from(NAMES), st.sampled_from(["pause", "end", "cancel", "complete", "sundown"]))
    return st.lists(one, max_size=2, unique_by=lambda pair: pair[0])


OFFER = """
apiVersion: muster/v1
kind: ReferralCampaign
metadata: {name: %s}
state: %s
schedule: {entries: [%s]}
spec: {program: friends%s}
"""


RELAY = """
apiVersion: muster/v1
kind: SmtpConnection
metadata: {name: relay}
spec: {host: 127.0.0.1, port: 2525, tls: none}
"""
COLLECTION = """
apiVersion: muster/v1
kind: CollectionCampaign
metadata: {name: e}
state: active
schedule: {entries: [{at: 2027-01-05T00:00:00Z, state: completed}]}
spec: {strategy: soft, startDate: 2026-01-01, endDate: 2027-02-24, accounts: {source: portfolio}}
"""
MAILING = """
apiVersion: muster/v1
kind: EmailCampaign
metadata: {name: f}
state: draft
schedule: {entries: [{at: 2027-02-23T00:00:00Z, state: running}]}
spec:
  subject: Hello
  from: {email: news@shop.example}
  content: {template: offer}
  targets: {include: [{list: everyone}]}
  smtp: {connections: [{name: relay}]}
"""


def test_who_steps_back_is_not_taken_to_be_asked_for_what_it_is_in(world: World) -> None:
    """It ended by its timer, was refused beside a live one, and now a burst begins: nobody has asked for `ended`."""
    world.write(
        "p.yaml", "apiVersion: muster/v1\nkind: ReferralProgram\nmetadata: {name: friends}\nspec: {timezone: UTC}\n"
    )
    world.write("a.yaml", OFFER % ("a", "not_launched", "{at: 2027-01-05T00:00:00Z, state: live}", ""))
    world.write("b.yaml", OFFER % ("b", "not_launched", "{at: 2027-01-12T00:00:00Z, state: live}", ", goLiveAs: burst"))
    entries = "{at: 2027-01-05T00:00:00Z, state: paused}, {at: 2027-01-10T06:00:00Z, state: live}"
    world.write("c.yaml", OFFER % ("c", "live", entries, ", inProgress: {pendingPeriod: 5d, thenState: ended}"))
    apply_blindly(world)
    plan = world.plan()
    before = len(world.events())
    live_until(world, START + HORIZON)
    assert happened(world, before) == foreseen(plan)
    assert "ask" not in [event for _, _, event in foreseen(plan)]


def test_a_timer_of_a_state_that_was_left_is_no_occasion_to_look(world: World) -> None:
    """The mailing may be missed once its relay is about to go: nobody looks at the end date of what was completed before."""
    world.runtime("EmailCampaign", {"estimatedRecipients": 3})
    world.write("shared.yaml", SHARED)
    world.write("relay.yaml", RELAY + "schedule: {entries: [{at: 2027-02-10T00:00:00Z, state: deleted}]}\n")
    world.write("e.yaml", COLLECTION)
    world.write("f.yaml", MAILING)
    apply_blindly(world)
    world.hold("SmtpConnection/relay", "2027-03-18T00:00:00Z")
    apply_blindly(world)
    plan, before = world.plan(), len(world.events())
    live_until(world, START + HORIZON)
    assert happened(world, before) == foreseen(plan)
    assert ("2027-03-18T00:00:00Z", "EmailCampaign/f@1", "miss-start") in foreseen(plan)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(catalogs(), brakes(), holds())
def test_what_is_foreseen_happens(
    tmp_path_factory: pytest.TempPathFactory,
    files: dict[str, str],
    braked: list[tuple[str, str]],
    held: list[tuple[str, str]],
) -> None:
    world = World(tmp_path_factory.mktemp("world"))
    world.runtime("EmailCampaign", {"estimatedRecipients": 3})
    for name, text in files.items():
        world.write(name, text)
    apply_blindly(world)
    for ref, event in braked:
        if world.state(ref):
            world.brake(ref, event, "2027-01-20T08:00:00Z")
    for ref, until in held:
        if world.state(ref):
            world.hold(ref, until)
    apply_blindly(world)  # A brake may make room for another at once; what is foreseen begins after that.
    plan = world.plan()
    before = len(world.events())
    live_until(world, START + HORIZON)
    assert happened(world, before) == foreseen(plan)


def apply_blindly(world: World) -> Plan:
    """Apply without looking ahead, so that what will be refused later gets that far."""
    with world.opened() as reconciler:
        plan, _ = reconciler.plan(Wishes(horizon=timedelta()))
        reconciler.apply(plan)
    return plan


def live_until(world: World, until: datetime) -> None:
    """Time passes as it does for a daemon: whenever something comes due, look.

    With all of it in sight: who looks more often may find earlier that a date has cleared the way for what is refused.
    """
    while True:
        for _ in range(8):
            plan = apply_blindly(world)
            if not plan.has_changes and not any(one.missed for one in plan.blocked):
                break
        with world.opened() as reconciler:
            plan, _ = reconciler.plan(Wishes(horizon=timedelta(days=1_000)))
        if plan.stands_until is None or plan.stands_until > until:
            return
        world.clock.moment = plan.stands_until


def foreseen(plan: Plan) -> list[Happened]:
    """What the timeline says will be done: each resource's events in their order."""
    done = [one for one in plan.timeline if one.event]
    found = [(to_text(one.at), str(one.ref), event) for one in done for event in one.event.split(",")]
    return sorted(found, key=lambda one: one[:2])


def happened(world: World, before: int) -> list[Happened]:
    """What the log says was done."""
    bodies = [event.body for event in world.events()[before:] if event.body["op"] != "miss"]
    return sorted(((body["at"], body["ref"], body["event"]) for body in bodies), key=lambda one: one[:2])
