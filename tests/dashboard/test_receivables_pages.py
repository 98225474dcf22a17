"""What the dashboard shows of invoices that were really worked: the campaign, its launch, an invoice, In Campaign %, alerts."""

import csv
import json
import re
from collections.abc import Iterator
from contextlib import closing

import pytest

from reconciler.model.enrolments import Communication, Saying
from reconciler.model.in_campaign import Within
from reconciler.model.ref import Ref
from tests.dashboard.showroom import Page, Room, showroom
from tests.receivables.conftest import office
from tests.receivables.crew import turn
from tests.receivables.office import Office
from tests.receivables.said import say

__all__ = ["office"]

HOSTILE = 'INV/9"<script>alert(1)</script>\u202e'
HERE = "/resources/ReceivablesCampaign/overdue@1"


@pytest.fixture
def worked(office: Office) -> Office:
    """Five invoices, three of them in a campaign that has written to two; one has a hostile number, one is paid."""
    office.template(
        "hello",
        'Dear <b>{{ contact.name }}</b>, {{ invoice.number }} "is" open',
        subject="Invoice {{ invoice.number }}",
    )
    office.manifest("NotificationSettings", "portal", {
        "timezone": "UTC", "supportContact": "Dana <b>help</b>",
        "inCampaign": {"expectedPercent": 90, "emailSubscribers": ["ops@billing.example"]},
    })  # fmt: skip
    office.rule_set("large", "invoice.amountDue >= 50.0")
    office.invoices({
        "INV-1": {"contactName": HOSTILE}, "INV-2": {}, "INV-3": {"amountDue": "20.00"}, "INV-4": {"amountDue": "10.00"},
        HOSTILE: {"contactEmail": "h@c.example"},
    })  # fmt: skip
    office.launch("overdue", rules="large", title="Large <b>ones</b>", description="a < b & c")
    office.turn()
    office.change("INV-2", status="paid")
    office.turn()
    return office


@pytest.fixture
def page(worked: Office) -> Iterator[Room]:
    """Its dashboard."""
    worked.world.runtimes = None  # type: ignore[assignment]  # the real ones
    with showroom(worked.world) as found:
        yield found


def words(page: Page) -> str:
    return page.words.replace("\u202f", " ")


def cards(page: Page) -> dict[str, str]:
    """The figures of a page by their names."""
    found = re.findall(r'(?s)<dt>([^<]*)</dt>\s*<dd><span class="value">(.*?)</span>', page.text)
    return {label: re.sub(r"<[^>]+>", "", value) for label, value in found}


def harmless(page: Page) -> bool:
    """Whether no name or text became part of the page, or hides in it."""
    return not re.search(r"<script>alert|\u202e|<b>(ones|help)", page.text)


@pytest.mark.parametrize("first", ["/campaigns", "/receivables"])
def test_the_list_and_these_pages_show_the_same_figures(page: Room, worked: Office, first: str) -> None:
    """I-21: whichever is looked at first; both keep what was worked out at one place."""
    worked.change("INV-3", amountDue="70.00")
    page.get(first)
    listed = _worked_out(page, "/campaigns", "being worked out")
    shown = _worked_out(page, "/receivables", "being counted")
    assert "In Campaign 66.6 %, 2 of 3" in listed.words
    assert "overdue active 66.66 % 2 3" in shown.words
    assert cards(page.get(HERE)) and "2 of 3" in words(page.get(HERE))
    assert not page.told


def _worked_out(page: Room, path: str, coming: str) -> Page:
    """A page, once its figures are there."""
    for _ in range(400):
        if coming not in (found := page.get(path)).words:
            return found
    raise AssertionError(found.words)


def said(office: Office, *arguments: str) -> dict[str, object]:
    answer = office.world.cli("receivables", *arguments, "--format", "json")
    assert answer.code in (0, 1, 5), answer.err
    found: dict[str, object] = json.loads(answer.out)
    return found


def test_the_page_of_a_campaign_shows_its_figures(page: Room, worked: Office) -> None:
    """I-19, I-21: the same figures as `muster receivables campaign`, and the steps with what they say."""
    found = page.get(HERE)
    assert found.status == 200, found.text
    assert harmless(found)
    told, shown = said(worked, "campaign", "overdue"), cards(found)
    assert (shown["Enrolled"], shown["Left"]) == (str(told["enrolled"]), "1") == ("2", "1")
    assert shown["In Campaign %"] == "100.00 %"
    assert shown["All campaigns"] == "50.00 %"
    assert "In campaign" in found.words
    assert "1 0 hello by mail 0 3 0 0 0 0 0" in words(found)
    assert 'Dear <b>{{ contact.name }}</b>, {{ invoice.number }} "is" open' in found.words
    assert "those that large means, in every source" in found.words
    assert f"{HERE}/invoices?where=paid" in found.links


def test_a_draft_shows_what_its_launch_lacks(page: Room, worked: Office) -> None:
    """I-10, I-11, I-14, I-18, I-27: each item with its verdict and who can close it, the sample, the test, whom to ask."""
    worked.draft("later", rules="large", sample="INV-3", launch={"sampleInvoice": "INV-3"})
    worked.apply()
    found = page.get("/resources/ReceivablesCampaign/later@1")
    assert "Not ready to launch. Need help? Dana <b>help</b>" in found.words
    assert harmless(found)
    launch = page.get("/resources/ReceivablesCampaign/later@1/launch")
    assert launch.status == 200, launch.text
    assert "sample-invoice-matches [I-11] : the sample invoice does not match the audience" in launch.words
    assert "INV-3 : awaiting payment, 20.00 EUR, from ledger. does not match" in launch.words
    assert "invoice.amountDue >= 50.0" in launch.words
    assert "Not current: it was never tested." in launch.words
    assert "reviewed [I-18]" in launch.words
    assert "in campaigns.d/receivablescampaign-later.yaml" in launch.words
    assert harmless(launch)
    answer = worked.world.cli("receivables", "check", "later", "--format", "json")
    items = [one for stage in json.loads(answer.out)["checklist"]["steps"] for one in stage["items"]]
    assert sum(one["verdict"] == "open" for one in items) == 3
    for one in items:
        assert one["name"] in launch.words


def test_the_invoices_of_a_campaign(page: Room) -> None:
    """I-12, I-19: where each stands and what was said last; narrowed by that and by number."""
    found = page.get(f"{HERE}/invoices")
    assert found.status == 200, found.text
    assert harmless(found)
    assert "INV-1 awaiting payment 80.00 EUR 2027-01-04 09:00 UTC step 2 on 2027-01-07 sent step 1 by mail" in words(
        found
    )
    assert "INV-2 paid" in found.words
    assert (
        numbers(page.get(f"{HERE}/invoices?where=paid"))
        == numbers(page.get(f"{HERE}/invoices?where=left"))
        == ["INV-2"]
    )
    assert len(numbers(page.get(f"{HERE}/invoices?where=in&step=2"))) == 2
    assert numbers(page.get(f"{HERE}/invoices?number=INV-1")) == ["INV-1"]
    assert numbers(page.get(f"{HERE}/invoices?step=7")) == []
    assert page.get(f"{HERE}/invoices?where=nowhere").status == 400
    assert page.get(f"{HERE}/invoices?after=-1").status == 400
    (link,) = [one for one in found.links if one.startswith("/invoices/ledger/INV%2F9")]
    assert page.get(link).status == 200
    assert harmless(page.get(link))


def test_the_invoices_are_a_file_too(page: Room, worked: Office) -> None:
    """I-12, I-19: as the list is narrowed; what servers said is masked as the page has it, and nothing is a formula."""
    told = "550 for=x@c.example +49 170 1234567"
    with closing(worked.app()) as app:
        store = app.store()
        found = store.in_campaign.lines(Within(store.ledger.uid(Ref("ReceivablesCampaign", "overdue", 1))))
        sent = next(one for one in found if one.exit is None)
        say(store, Communication(sent.id, 1, worked.world.clock.now(), "sms", Saying.FAILED, told))
    whole = page.get(f"{HERE}/invoices?format=csv")
    assert whole.headers["content-disposition"] == 'attachment; filename="overdue-1-invoices.csv"'
    rows = list(csv.DictReader(whole.text.splitlines()))
    assert [one["number"] for one in rows][:2] == ["INV-1", "INV-2"]
    assert (rows[0]["amount_due"], rows[0]["currency"], rows[0]["next_step"], rows[0]["due_on"]) == (
        "80.00", "EUR", "2", "2027-01-07",
    )  # fmt: skip
    assert (rows[1]["status"], rows[1]["exit"], rows[1]["due_on"]) == ("paid", "paid", "")
    assert "\u202e" not in whole.text
    masked = next(one for one in rows if one["number"] == sent.number)
    assert masked["said"] == "550 f…@c.example …"
    shown = page.get(f"{HERE}/invoices?format=csv&personal=shown").text
    assert told in shown
    (paid,) = csv.DictReader(page.get(f"{HERE}/invoices?where=paid&format=csv").text.splitlines())
    assert paid["number"] == "INV-2"
    assert page.get(f"{HERE}/invoices?format=exe").status == 400


def numbers(page: Page) -> list[str]:
    """The invoices that a list shows."""
    return re.findall(r'<a href="/invoices/ledger/[^"]*">([^<]*)</a>', page.text)


def test_the_first_batch(page: Room, worked: Office) -> None:
    """I-19: what became of the first invoices, and what to make of it."""
    found = page.get(f"{HERE}/first-batch")
    assert found.status == 200, found.text
    assert harmless(found)
    told = said(worked, "first-batch", "overdue")
    assert f"{told['reached']} reached, 0 failed" in found.words
    assert "All is well." in found.words
    assert numbers(found)[:2] == ["INV-1", "INV-2"]


def test_an_invoice_and_the_rule_sets_that_mean_it(page: Room) -> None:
    """I-08, I-12: its campaigns, what was said, what comes next; every rule set, condition by condition."""
    found = page.get("/invoices/ledger/INV-1")
    assert found.status == 200, found.text
    assert "Entered 2027-01-04. Next: step 2, nudge by sms, on 2027-01-07." in found.words
    assert "View matching rulesets" in found.words
    assert "#rule-sets" in found.links
    assert "large matches Used by overdue (active)." in found.words
    outside = page.get("/invoices/ledger/INV-3")
    assert "In no campaign: no active campaign means it" in outside.words
    assert "large does not match" in outside.words
    paid = page.get("/invoices/ledger/INV-2")
    assert "left 2027-01-04 09:00 UTC : paid." in words(paid)
    assert page.get("/invoices/ledger/INV-99").status == 404
    assert page.get("/invoices/nobody/INV-1").status == 404


def test_who_owes_is_behind_the_curtain(page: Room) -> None:
    """Names, addresses and telephone numbers are masked until an operator asks for them."""
    found = page.get("/invoices/ledger/INV-2")
    assert "inv-2@c.example" not in found.text
    (other,) = {one for one in found.links if "personal=" in one}
    assert "inv-2@c.example" in page.get(other).text
    hostile = page.get("/invoices/ledger/INV-1?personal=shown")
    assert harmless(hostile)
    assert 'INV/9"<script>' in hostile.words


def test_in_campaign_and_its_alert(page: Room, worked: Office) -> None:
    """I-21, I-22, I-24 … I-27, AMB-I2: the figure, who is outside and why, the alert, who was told, whom to ask."""
    quiet = page.get("/receivables")
    assert quiet.status == 200, quiet.text
    assert "no alert" in quiet.words
    assert "In Campaign alert" not in page.get("/campaigns").words
    turn(worked)
    listed = page.get("/campaigns")
    assert "1 In Campaign alert" in listed.words and "/receivables#alerts-title" in listed.links
    found = page.get("/receivables")
    assert harmless(found)
    told, shown = said(worked, "alerts", "--all"), cards(found)
    assert shown["In Campaign %"] == "50.00 %"
    assert (shown["In an active campaign"], shown["Could be collected"], shown["Outside"]) == ("2", "4", "2")
    assert "Too few invoices are in a campaign since 2027-01-04 09:00 UTC" in words(found)
    assert "Whom to ask: Dana <b>help</b>" in found.words
    assert "unmatched 2 meant by no campaign's audience INV-3 , INV-4" in found.words
    assert "/invoices/ledger/INV-3#rule-sets" in found.links
    assert "Large <b>ones</b> overdue active 100.00 % 2 2" in found.words
    assert "ops@billing.example" not in found.text
    assert "Mails 1 sent" in found.words
    assert told["inCampaign"]["percent"] == "50.00"  # type: ignore[index]
    listed = page.get("/campaigns?attention=yes")
    assert "overdue" in listed.words and "tenant below 90 %" in listed.words, "what an alert is about needs attention"


def test_where_there_is_nothing_the_page_says_so(office: Office) -> None:
    """I-21: before the first campaign there is nothing to be a share of."""
    office.apply()
    with showroom(office.world) as found:
        assert "100 %" not in found.get("/receivables").words, "of nothing there is no share"
        text = found.get("/receivables").words
        assert "There is no receivables campaign yet." in text
        assert "every invoice that could be collected is in an active campaign" in text
        assert "There was none yet." in text
        assert "100 %" not in text and "In Campaign % -" in text, "a share of nothing is none (AMB-I2)"
