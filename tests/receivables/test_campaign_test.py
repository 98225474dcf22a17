"""`muster receivables test`, `check` and `match`, with a real mail server and a real agent. (I-11 … I-15, I-27, AMB-I4)"""

import json
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from tests.hooks.servers import Request, Serving, serving
from tests.smtp_sink import Sink, smtp_sink
from tests.world import World

CAMPAIGN, COLLEAGUE = "overdue-consumers", "me@billing.example"
MANIFESTS = """
    apiVersion: muster/v1
    kind: ReceivablesCampaign
    metadata: {{name: overdue-consumers}}
    state: active
    spec:
      title: Consumer invoices overdue
      description: Pay or arrange within 21 days
      workflow: soft
      audience: {{ruleSet: late, source: ledger}}
      launch: {{sampleInvoice: INV-1, reviewedBy: dana@billing.example}}
    ---
    apiVersion: muster/v1
    kind: RuleSet
    metadata: {{name: late}}
    spec: {{all: [invoice.daysOverdue >= 7, invoice.amountDue >= 50.0]}}
    ---
    apiVersion: muster/v1
    kind: Workflow
    metadata: {{name: soft}}
    spec:
      steps:
        - {{day: 0, channel: mail, template: first, otherwise: {{channel: sms, template: short}}}}
        - {{day: 3, channel: sms, template: short, otherwise: {{channel: mail, template: first}}}}
        - {{day: 10, channel: mail, template: second, when: 'invoice.daysOverdue >= 20 && contact.zip == "10115"',
            otherwise: {{channel: sms, template: short}}}}
        - {{day: 21, action: exit}}
      hours: {{days: [mon, tue, wed, thu, fri], from: "08:00", to: "17:00"}}
    ---
    apiVersion: muster/v1
    kind: Template
    metadata: {{name: first}}
    spec:
      subject: "Invoice {{{{ invoice.number }}}} is due"
      text:
        inline: >-
          Dear {{{{ contact.name }}}}, {{{{ invoice.amountDue }}}} {{{{ invoice.currency }}}} is open since
          {{{{ invoice.daysOverdue }}}} days.
    ---
    apiVersion: muster/v1
    kind: Template
    metadata: {{name: second}}
    spec: {{subject: "Second reminder", text: {{file: second.txt}}}}
    ---
    apiVersion: muster/v1
    kind: Template
    metadata: {{name: short}}
    spec: {{text: {{inline: "{{{{ invoice.number }}}}: {{{{ invoice.amountDue }}}} is open. {{{{ campaign.title }}}}"}}}}
    ---
    apiVersion: muster/v1
    kind: Channel
    metadata: {{name: mail}}
    spec: {{type: email, smtp: relay, from: {{name: Billing, email: billing@billing.example}}}}
    ---
    apiVersion: muster/v1
    kind: Channel
    metadata: {{name: sms}}
    spec: {{type: webhook, url: "{url}", medium: sms, allowPrivate: true}}
    ---
    apiVersion: muster/v1
    kind: SmtpConnection
    metadata: {{name: relay}}
    spec: {{host: 127.0.0.1, port: {port}, tls: none}}
    ---
    apiVersion: muster/v1
    kind: InvoiceSource
    metadata: {{name: ledger}}
    spec: {{source: {{csv: invoices.csv}}, id: number, currency: EUR}}
    ---
    apiVersion: muster/v1
    kind: NotificationSettings
    metadata: {{name: portal}}
    spec: {{timezone: Europe/Berlin, supportContact: help@billing.example}}
"""
HEAD = "number,status,amountDue,dueDate,contactName,contactEmail,contactPhone,contactZip\n"
ANA = "INV-1,awaiting_payment,80.50,2026-12-23,Ana,ana@customer.example,+49 30 5550199,10115\n"


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    with smtp_sink(tmp_path, dump=True) as running:
        yield running


def agent(request: Request) -> None:
    request.answer(200, b'{"reached": true}')


@pytest.fixture
def sms() -> Iterator[Serving]:
    with serving(agent) as running:
        yield running


@pytest.fixture
def office(world: World, sink: Sink, sms: Serving) -> World:
    world.write("billing.yaml", MANIFESTS.format(port=sink.port, url=sms.url))
    world.write("second.txt", "Still open: {{ invoice.amountDue }} after {{ invoice.daysOverdue }} days.")
    world.write("invoices.csv", HEAD + ANA)
    return world


def edit(world: World, before: str, after: str) -> None:
    file = world.manifests / "billing.yaml"
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")


def tried(world: World, *more: str) -> tuple[int, str]:
    answer = world.cli("receivables", "test", CAMPAIGN, *more)
    return answer.code, answer.out + answer.err


def passes(world: World) -> None:
    code, told = tried(world, "--to", COLLEAGUE)
    assert code == 0, told


def test_every_step_on_its_day_goes_to_colleagues_alone(office: World, sink: Sink, sms: Serving) -> None:
    """I-15: rendered as of its day, conditions asked then; mails to test addresses only, agents shown and not called."""
    code, told = tried(office, "--to", COLLEAGUE, "--to", "you@billing.example")
    assert code == 0, told
    assert "2027-01-04 Mon 10:00  step 1, day 0  e-mail through mail: Template/first" in told
    assert "2027-01-07 Thu 08:00  step 2, day 3  sms through sms: Template/short" in told
    assert "2027-01-14 Thu 08:00  step 3, day 10  e-mail through mail: Template/second" in told
    assert "2027-01-25 Mon 08:00  step 4, day 21  exit" in told
    assert "shown, not called: step 2" in told
    assert "The test passes." in told
    mails = [message_from_bytes(one.message, policy=default) for one in sink.messages()]
    assert sorted(sink.recipients()) == sorted([COLLEAGUE, "you@billing.example"] * 2)
    assert {mail["Subject"] for mail in mails} == {"[Test] Invoice INV-1 is due", "[Test] Second reminder"}
    texts = {mail.get_content().strip() for mail in mails}
    assert texts == {"Dear Ana, 80.50 EUR is open since 12 days.", "Still open: 80.50 after 22 days."}
    assert not any(b"ana@customer.example" in one.message for one in sink.messages())
    assert sms.requests == []


def test_a_launch_waits_for_a_test_of_exactly_this(office: World) -> None:
    """I-14, AMB-I4: any later change of workflow, rules or texts makes it stale, and the plan says which."""
    answer = office.cli("plan")
    assert (answer.code, "it was never tested" in answer.out) == (5, True)
    passes(office)
    assert office.cli("plan").code == 0
    for before, after, told in (
        ("invoice.amountDue >= 50.0", "invoice.amountDue >= 40.0", "RuleSet/late@1 has changed"),
        ("day: 3, channel", "day: 4, channel", "Workflow/soft@1 has changed"),
        ("is open. {{ campaign", "is open! {{ campaign", "Template/short@1 has changed"),
    ):
        edit(office, before, after)
        answer = office.cli("plan")
        assert (answer.code, told in answer.out) == (5, True), answer.out
        edit(office, after, before)
    office.write("second.txt", "Still open.")
    answer = office.cli("plan")
    assert (answer.code, "Template/second@1 has changed" in answer.out) == (5, True), answer.out
    passes(office)
    assert office.cli("apply", "--yes").code == 0
    assert office.state("ReceivablesCampaign/overdue-consumers") == "active"


def test_what_does_not_belong_to_a_test_does_not_make_it_stale(office: World) -> None:
    """AMB-I5: title, description, channels and the ledger may change."""
    passes(office)
    edit(office, "Pay or arrange within 21 days", "Pay or arrange within three weeks")
    edit(office, "name: Billing, email", "name: Invoices, email")
    office.write("invoices.csv", HEAD + ANA.replace("80.50", "90.50"))
    answer = office.cli("plan")
    assert answer.code == 0, answer.out


def test_agents_are_called_only_when_asked_and_never_with_the_customers_number(office: World, sms: Serving) -> None:
    """I-15: what says where the customer is to be found does not leave in a test."""
    code, told = tried(office, "--to", COLLEAGUE, "--call", "--contact", '{"phone": "+49 30 1"}')
    assert code == 0, told
    (request,) = sms.requests
    body = json.loads(request.body)
    assert (body["contact"]["phone"], body["test"], body["message"]["text"]) == (
        "+49 30 1", True, "INV-1: 80.50 is open. Consumer invoices overdue",
    )  # fmt: skip
    assert b"5550199" not in request.body
    assert b"ana@customer.example" not in request.body
    code, told = tried(office, "--to", COLLEAGUE, "--call")
    assert (code, len(sms.requests)) == (1, 1)
    assert "the contact has no phone for tests; say --contact" in told


def test_a_dry_run_sends_nothing_and_counts_for_nothing(office: World, sink: Sink) -> None:
    code, told = tried(office, "--dry-run")
    assert (code, "A dry run" in told, sink.count()) == (0, True, 0)
    assert not (office.root / ".muster/state.db").exists(), "a look makes no store"
    assert office.cli("plan").code == 5


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("{{ contact.name }}", "{{ contact.nickname }}", "Template/first cannot be written for this invoice"),
        ("{{ contact.name }}", "{{ contact.name", "Template/first"),
        ("invoice.daysOverdue >= 20", "invoice.credit >= 20", "its condition cannot be told of this invoice"),
        (
            "invoice.daysOverdue >= 7",
            "invoice.daysOverdue >= 90",
            "INV-1 does not match the audience: invoice.daysOver",
        ),
        ("sampleInvoice: INV-1", "sampleInvoice: INV-9", "no invoice INV-9 is in source ledger"),
    ],
    ids=["a value that is not there", "no template", "a condition nobody can tell", "no match", "no sample"],
)
def test_what_is_wrong_fails_the_test_before_anything_is_sent(
    office: World, sink: Sink, before: str, after: str, told: str
) -> None:
    """I-14, I-27: with reasons, and whom to ask."""
    edit(office, before, after)
    code, said = tried(office, "--to", COLLEAGUE)
    assert (code, sink.count()) == (1, 0), said
    assert "The test does not pass:" in said
    assert told in said
    assert "Need help? help@billing.example" in said
    assert office.cli("plan").code == 5


def test_a_later_failure_takes_an_earlier_pass_back(office: World) -> None:
    """AMB-I4: the last test of exactly this counts; the invoice that it was made with has changed."""
    passes(office)
    office.write("invoices.csv", HEAD + ANA.replace("awaiting_payment", "paid"))
    code, told = tried(office, "--to", COLLEAGUE)
    assert (code, "nobody is written to about INV-1: it is paid" in told) == (1, True)
    assert "did not pass: nobody is written to about INV-1" in office.cli("plan").out


def test_the_other_way_is_taken_where_the_contact_has_no_address(office: World, sink: Sink) -> None:
    """I-17: and its text is tried."""
    office.write("invoices.csv", HEAD + ANA.replace("ana@customer.example", ""))
    code, told = tried(office, "--to", COLLEAGUE)
    assert code == 0, told
    assert "step 1, day 0  mail is passed over: the contact has no email" in told
    assert "step 1, day 0  otherwise sms through sms" in told
    assert sink.count() == 0


def test_whoever_gets_no_message_at_all_tests_nothing(office: World) -> None:
    office.write("invoices.csv", HEAD + ANA.replace("ana@customer.example,+49 30 5550199", ","))
    code, told = tried(office, "--to", COLLEAGUE)
    assert (code, "nothing would be said to the customer of this invoice" in told) == (1, True)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ((), "step 1 is an e-mail: say --to ADDRESS"),
        (("--to", "Ana@customer.example"), "a test goes to colleagues alone"),
        (("--to", "nobody"), "'nobody' is no address"),
        (("--to", COLLEAGUE, "--contact", "{}"), "say --call too"),
        (("--to", COLLEAGUE, "--call", "--contact", '{"fax": "1"}'), "--contact is a JSON object of texts"),
        (("--to", COLLEAGUE, "--call", "--contact", "[" * 100_000), "--contact is a JSON object of texts"),
        (("--dry-run", *(f"--to=a{number}@billing.example" for number in range(21))), "20 addresses at most"),
    ],
    ids=["nobody", "the customer", "no address", "no call", "no point", "deep", "too many"],
)
def test_a_test_that_cannot_be_meant(office: World, sink: Sink, more: tuple[str, ...], told: str) -> None:
    code, said = tried(office, *more)
    assert (code, told in said, sink.count()) == (64, True, 0), said


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("sampleInvoice: INV-1, ", "", "names no sample invoice; write the number of one"),
        ("workflow: soft", "purpose: standard", "names no workflow yet"),
        ("audience: {ruleSet: late, source: ledger}", "purpose: standard", "names no audience yet"),
    ],
)
def test_a_draft_that_is_not_there_yet(office: World, before: str, after: str, told: str) -> None:
    """I-11, I-13."""
    edit(office, before, after)
    edit(office, "state: active", "state: draft")
    code, said = tried(office, "--to", COLLEAGUE)
    assert (code, told in said) == (64, True), said


def test_a_server_that_is_not_there_fails_the_test(office: World, sink: Sink) -> None:
    edit(office, f"port: {sink.port}", "port: 1")
    code, told = tried(office, "--to", COLLEAGUE)
    assert (code, f"step 1: {COLLEAGUE}: later:" in told) == (1, True), told
    assert "(SmtpConnection/relay, 127.0.0.1:1)" in told, "it says what is to be mended"


def test_the_json_has_everything(office: World) -> None:
    answer = office.cli("receivables", "test", CAMPAIGN, "--to", COLLEAGUE, "--format", "json")
    found = json.loads(answer.out)
    assert (found["passed"], found["by"], found["sample"]["amountDue"]) == (True, "user:tester", "80.50")
    assert set(found["covers"]) == {
        "Workflow/soft@1", "RuleSet/late@1", "Template/first@1", "Template/short@1", "Template/second@1",
    }  # fmt: skip
    assert [step["course"] for step in found["steps"]] == ["says", "says", "says", "exit"]
    assert found["steps"][0]["ways"][1]["text"] == "INV-1: 80.50 is open. Consumer invoices overdue"
    assert [(one["step"], one["fate"]) for one in found["sent"]] == [(1, "reached"), (3, "reached")]


def test_check_tells_the_whole_checklist_and_whom_to_ask(office: World) -> None:
    """I-10 … I-15, I-18, I-27."""
    answer = office.cli("receivables", "check", CAMPAIGN)
    assert answer.code == 5
    assert "[x] all  invoice.daysOverdue >= 7" in answer.out
    assert "the test  is not current: it was never tested" in answer.out
    assert "[ ] test-current [I-14, AMB-I4]" in answer.out
    assert "Need help? help@billing.example" in answer.out
    passes(office)
    answer = office.cli("receivables", "check", CAMPAIGN)
    assert (answer.code, "Need help" in answer.out) == (0, False)
    assert "the test  is current: passed 2027-01-04T09:00:00Z, by tester" in answer.out
    found = json.loads(office.cli("receivables", "check", CAMPAIGN, "--format", "json").out)
    assert (found["sample"]["matches"], found["test"]["current"], found["checklist"]["legal"]) == (True, True, True)


def test_check_says_why_the_sample_cannot_be_looked_at(office: World) -> None:
    """I-11, I-27: a ledger with a fault in just this row."""
    office.write("invoices.csv", HEAD + ANA.replace("80.50", "eighty"))
    answer = office.cli("receivables", "check", CAMPAIGN)
    assert "cannot be looked at: InvoiceSource/ledger@1 line 2: column 'amountDue'" in answer.out
    assert "[?] sample-invoice-matches" in answer.out


def test_match_shows_every_rule_set_of_the_project(office: World) -> None:
    """I-12: "View Matching rulesets"."""
    office.write("more.yaml", """
        apiVersion: muster/v1
        kind: RuleSet
        metadata: {name: business}
        spec: {all: ["invoice.segment == 'business'"], any: [invoice.amountDue > 1000.0, invoice.daysOverdue > 5]}
    """)  # fmt: skip
    answer = office.cli("receivables", "match", "INV-1")
    lines = [line.strip() for line in answer.out.splitlines()]
    assert lines[0] == "INV-1  awaiting payment, 80.50 EUR, 12 days overdue  InvoiceSource/ledger"
    assert lines[1:5] == [
        "RuleSet/business@1  does not match",
        "[?] all  invoice.segment == 'business'  the invoice has no 'segment'; ask for it first, by has(…)",
        "[ ] any  invoice.amountDue > 1000.0",
        "[x] any  invoice.daysOverdue > 5",
    ]
    assert lines[5].startswith("RuleSet/late@1  matches  used by ReceivablesCampaign/overdue-consumers@1 (active)")
    found = json.loads(office.cli("receivables", "match", "INV-1", "--source", "ledger", "--format", "json").out)
    assert [(one["ref"], one["matches"]) for one in found["ruleSets"]] == [
        ("RuleSet/business@1", False), ("RuleSet/late@1", True),
    ]  # fmt: skip
    assert found["ruleSets"][0]["conditions"][0]["verdict"] == "unknown"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("INV-2",), "no invoice 'INV-2' is in any source"),
        (("INV-1", "--source", "other"), "no manifest describes InvoiceSource/other; there is ledger"),
    ],
)
def test_match_of_what_is_not_there(office: World, more: tuple[str, ...], told: str) -> None:
    answer = office.cli("receivables", "match", *more)
    assert (answer.code, told in answer.err) == (64, True)


def test_a_posted_invoice_is_found_in_the_store(office: World) -> None:
    """I-12: rows that were posted, or are gone from the file, are as they were taken in."""
    edit(office, "source: {csv: invoices.csv}, id", "source: {csv: invoices.csv}, apiKey: {env: KEY}, id")
    assert office.cli("apply", "--yes").code == 5, "everything but the campaign"
    paid = office.write("../paid.csv", HEAD + ANA.replace("INV-1", "INV-7").replace("Ana,", "Bo\x1b[2J,"))
    assert office.cli("receivables", "import", str(paid), "--source", "ledger").code == 0
    answer = office.cli("receivables", "match", "INV-7")
    assert "InvoiceSource/ledger, as it was taken in" in answer.out
    assert "\x1b" not in answer.out


def test_another_workflow_than_the_one_that_was_tested(office: World) -> None:
    """I-13: whoever chooses the wrong one at the last moment is told that it was never tested, and which one was."""
    passes(office)
    office.write("hard.yaml", """
        apiVersion: muster/v1
        kind: Workflow
        metadata: {name: hard}
        spec:
          steps:
            - {day: 0, channel: sms, template: short, otherwise: {channel: mail, template: first}}
            - {day: 9, action: exit}
    """)  # fmt: skip
    edit(office, "workflow: soft", "workflow: hard")
    answer = office.cli("plan")
    assert (answer.code, "Workflow/hard@1 has come in" in answer.out) == (5, True), answer.out
    assert "Workflow/soft@1 has gone out" in answer.out


def test_a_campaign_that_nobody_has_reviewed(office: World) -> None:
    """I-18: the last item of the checklist is a person's, and no test stands in for it."""
    passes(office)
    edit(office, ", reviewedBy: dana@billing.example", "")
    answer = office.cli("plan")
    assert (answer.code, "have somebody review all settings once more" in answer.out) == (5, True), answer.out
    assert "[x] test-current" in answer.out
