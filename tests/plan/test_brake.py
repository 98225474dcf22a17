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


def campaign(world: World, name: str, state: str) -> None:
    world.write(
        f"{name}.yaml",
        f"""\
        apiVersion: muster/v1
        kind: ReceivablesCampaign
        metadata: {{name: {name}}}
        state: {state}
        spec:
          title: Consumer invoices overdue
          description: Pay or arrange within 21 days
          workflow: soft
          audience: {{ruleSet: overdue}}
          launch: {{sampleInvoice: INV-1, reviewedBy: dana@billing.example}}
        """,
    )


def test_what_the_brake_keeps_active_goes_on_pinning_its_rules(world: World) -> None:
    world.write("rules.yaml", RULES % 7)
    world.write("shared.yaml", SHARED)
    for name in NAMES:
        campaign(world, name, "active")
    world.stored_all({f"ReceivablesCampaign/{name}": "active" for name in NAMES})
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
