"""What receivables campaigns and workflows are advised: names that say something, and plans for what goes wrong. (I-16, I-17)"""

import pytest

from tests.world import World

CAMPAIGN = """
    apiVersion: muster/v1
    kind: ReceivablesCampaign
    metadata: {{name: {name}}}
    state: draft
    spec: {{{spec}}}
"""
AROUND = """
    apiVersion: muster/v1
    kind: Template
    metadata: {name: words}
    spec: {text: {inline: Please pay.}}
    ---
    apiVersion: muster/v1
    kind: Channel
    metadata: {name: mail}
    spec: {type: email, smtp: relay, from: {email: billing@billing.example}}
    ---
    apiVersion: muster/v1
    kind: Channel
    metadata: {name: sms}
    spec: {type: webhook, url: "https://agent.example/sms", medium: sms}
    ---
    apiVersion: muster/v1
    kind: Channel
    metadata: {name: mailhouse}
    spec: {type: webhook, url: "https://agent.example/letters"}
    ---
    apiVersion: muster/v1
    kind: SmtpConnection
    metadata: {name: relay}
    spec: {host: 127.0.0.1, port: 2525, tls: none}
"""
WORKFLOW = """
    apiVersion: muster/v1
    kind: Workflow
    metadata: {{name: soft}}
    spec: {{steps: [{steps}]}}
"""
MAIL, LETTER, EXIT = "{day: 0, channel: mail, template: words", "{day: 3, channel: mailhouse, template: words}", "exit}"


def advised(world: World) -> list[str]:
    """What is advised, each by the first words."""
    found = world.plan().diagnostics
    assert {one.code for one in found} <= {"advice"}
    answer = world.cli("validate")
    assert (answer.code, answer.err.count("warning[advice]")) == (0, len(found)), "a warning, and validate tells it too"
    assert all(one.help for one in found), "each has its way out"
    return sorted((one.detail or "")[:40] for one in found)


def campaign(world: World, spec: str, name: str = "overdue-consumers") -> list[str]:
    world.write("a.yaml", CAMPAIGN.format(name=name, spec=spec))
    return advised(world)


@pytest.mark.parametrize(
    "title",
    ["test", "Test 2", "campaign1", "New campaign", "my test", "Copy of Consumer invoices", "Consumer invoices (copy)",
     "abc", "2027", "The new campaign 3", "DRAFT", "untitled", "copy 2"],
)  # fmt: skip
def test_a_title_that_says_nothing(world: World, title: str) -> None:
    """I-16, I-02, I-10: test, campaign1, copy of …, one word of under four letters."""
    assert campaign(world, f"title: '{title}'") == ["the title does not tell anybody what the campaig"[:40]]


@pytest.mark.parametrize(
    "title",
    ["Consumer invoices 7 to 30 days overdue", "Testing labs, invoices overdue", "New customers, first reminder",
     "Winkelrechnungen", "Überfällige Rechnungen", "督促", "Q1 business dunning", "Photocopy shops 14 days"],
)  # fmt: skip
def test_a_title_that_says_something(world: World, title: str) -> None:
    """I-16: in whatever language."""
    assert campaign(world, f"title: '{title}'") == []


@pytest.mark.parametrize(
    "name", ["test", "campaign1", "new", "abc", "new-campaign-2", "overdue-copy", "copy-of-overdue"]
)
def test_a_name_that_says_nothing(world: World, name: str) -> None:
    """I-16."""
    assert campaign(world, "title: Consumer invoices 7 to 30 days overdue", name) == [
        "the name does not tell anybody what the campaign"[:40]
    ]


@pytest.mark.parametrize(
    ("description", "is_advised"),
    [("Overdue", True), ("At least $50 due; objective, pay within 21 days", False), ("All consumers", True)],
)
def test_a_description_says_what_for(world: World, description: str, is_advised: bool) -> None:
    """I-03, I-10."""
    found = campaign(world, f"title: All consumers, description: '{description}'")
    assert found == (["the description says no more than a tit"[:40] + "l"] if is_advised else [])


def test_a_re_engagement_that_takes_nobody_back(world: World) -> None:
    """I-05, I-04: the option is what makes it one."""
    assert campaign(world, "purpose: reEngagement") == ["a reEngagement that does not include pre"]
    assert campaign(world, "purpose: reEngagement, includePreviouslyTreated: true") == []


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (f"{MAIL}}}, {{day: 9, action: exit}}", ["a step is passed over for whoever has no"]),
        (f"{MAIL}, otherwise: {{channel: sms, template: words}}}}, {{day: 9, action: exit}}", []),
        (f"{LETTER}, {{day: 9, action: exit}}", []),
        (
            "{day: 0, channel: sms, template: words}, {day: 9, action: exit}",
            ["a step is passed over for whoever has no"],
        ),
        (
            f"{MAIL}, otherwise: {{channel: mail, template: words}}}}, {{day: 9, action: exit}}",
            ["the `otherwise` of a step goes through t"],
        ),
        (LETTER, ["an invoice leaves with its last message,"]),
        (f"{LETTER}, {{day: 2, action: exit}}", ["a message is planned for a day on which"]),
        ("{day: 2, action: exit}", ["nothing is ever sent: no step has a chan"]),
    ],
    ids=lambda one: str(one)[:70],
)
def test_a_workflow_has_plans_for_what_goes_wrong(world: World, steps: str, expected: list[str]) -> None:
    """I-17: nobody is passed over silently, and people have time to answer before the invoice leaves."""
    world.write("around.yaml", AROUND)
    world.stored_all()
    world.write("workflow.yaml", WORKFLOW.format(steps=steps))
    assert [one.strip() for one in advised(world)] == [one.strip() for one in expected]
