"""The brake on large plans, held against what its resources pin."""

from tests.world import World, blocked

RULES = """\
    apiVersion: muster/v1
    kind: RuleSet
    metadata: {name: overdue}
    spec: {all: ['invoice.daysOverdue >= %d']}
    """
SHARED = """\
    apiVersion: muster/v1
    kind: Template
    metadata: {name: reminder}
    spec: {subject: Your invoice, text: {inline: Please pay.}}
    ---
    apiVersion: muster/v1
    kind: Channel
    metadata: {name: mail}
    spec: {type: email, smtp: relay, from: {name: Billing, email: billing@billing.example}}
    ---
    apiVersion: muster/v1
    kind: SmtpConnection
    metadata: {name: relay}
    spec: {host: 127.0.0.1, port: 2525, tls: none}
    ---
    apiVersion: muster/v1
    kind: Workflow
    metadata: {name: soft}
    spec: {steps: [{day: 0, channel: mail, template: reminder}, {day: 21, action: exit}]}
    """
NAMES = [f"overdue-{number}" for number in range(10)]


def campaign(world: World, name: str, state: str, schedule: str = "") -> None:
    world.write(
        f"{name}.yaml",
        f"""\
        apiVersion: muster/v1
        kind: ReceivablesCampaign
        metadata: {{name: {name}}}
        state: {state}
        {schedule}
        spec:
          title: Consumer invoices overdue
          description: Pay or arrange within 21 days
          workflow: soft
          audience: {{ruleSet: overdue}}
          launch: {{sampleInvoice: INV-1, reviewedBy: dana@billing.example}}
        """,
    )


STOP = "schedule: {entries: [{at: 2027-02-01T00:00:00Z, state: stopped}]}"


def all_active(world: World, schedule: str = "") -> None:
    world.write("rules.yaml", RULES % 7)
    world.write("shared.yaml", SHARED)
    for name in NAMES:
        campaign(world, name, "active", schedule)
    world.stored_all({f"ReceivablesCampaign/{name}": "active" for name in NAMES})


def test_what_the_brake_keeps_active_goes_on_pinning_its_rules(world: World) -> None:
    all_active(world)
    for name in NAMES:
        campaign(world, name, "stopped")
    world.write("rules.yaml", RULES % 14)

    plan = world.plan()
    assert [one.ref.name for one in plan.resources] == []
    pinned = blocked(plan, "RuleSet/overdue")
    assert pinned is not None
    assert {refusal.code for refusal in pinned.refusals} == {"pinned-by-user"}

    acknowledged = world.plan(ack=["too-many-changes"])
    assert acknowledged.blocked == ()
    assert acknowledged.resources[-1].ref.name == "overdue", "edited once nothing pins it any more"


def test_entries_that_were_applied_before_they_came_due_are_no_surprise(world: World) -> None:
    all_active(world, STOP)
    world.clock.set("2027-02-01T00:00:00Z")
    plan = world.plan()
    assert (len(plan.resources), plan.blocked) == (len(NAMES), ())
    world.apply()
    assert {world.state(f"ReceivablesCampaign/{name}") for name in NAMES} == {"stopped"}


def test_entries_that_are_added_when_they_are_due_already_are_one(world: World) -> None:
    all_active(world)
    world.clock.set("2027-02-01T00:00:00Z")
    for name in NAMES:
        campaign(world, name, "active", STOP)
    plan = world.plan()
    assert plan.resources == ()
    assert {refusal.code for one in plan.blocked for refusal in one.refusals} == {"too-many-changes"}


def test_timers_that_are_due_do_not_count(world: World) -> None:
    program = "apiVersion: muster/v1\nkind: ReferralProgram\nmetadata: {name: friends}\nspec: {timezone: UTC}\n"
    one = (
        "apiVersion: muster/v1\nkind: ReferralCampaign\nmetadata: {name: %s}\nstate: ended\nspec: {program: friends}\n"
    )
    world.write("all.yaml", "---\n".join([program, *(one % name for name in NAMES)]))
    world.stored_all({f"ReferralCampaign/{name}": "ended" for name in NAMES})
    world.clock.set("2027-04-04T09:00:00Z")
    plan = world.plan()
    assert (len(plan.due), plan.resources, plan.blocked) == (len(NAMES), (), ())
