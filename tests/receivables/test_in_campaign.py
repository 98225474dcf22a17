"""In Campaign %: what is counted, when an alert opens and closes, what it says, and whom it reaches. On every store."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.kinds.receivables.alert_mails import NOBODY
from reconciler.kinds.receivables.claims import claims_of
from reconciler.kinds.receivables.figures import EXAMPLES, figures
from reconciler.kinds.receivables.guidance import advice_of
from reconciler.kinds.receivables.matching import Day
from reconciler.kinds.receivables.settings import settings_of
from reconciler.kinds.receivables.watching import PATIENCE, REST, Watch, watch_level
from reconciler.model.enrolments import Exit, Saying
from reconciler.model.in_campaign import Cause, Share, Within
from reconciler.model.intake import Reading
from reconciler.model.invoices import Wanted
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from tests.engine.desk import Opener
from tests.leads.desk import move, put
from tests.receivables.portfolio import LEDGER, NOW, Portfolio


@pytest.fixture
def book(store: Store) -> Portfolio:
    return Portfolio(store)


def numbers(count: int, first: int = 0) -> list[str]:
    return [f"I-{number:05}" for number in range(first, first + count)]


@given(part=st.integers(0, 10**12), rest=st.integers(0, 10**12), expected=st.integers(0, 100))
def test_a_share_is_compared_exactly(part: int, rest: int, expected: int) -> None:
    """AMB-I3: strictly less, and nothing is rounded before it is compared; AMB-I2: nothing of nothing is not below."""
    share = Share(part, part + rest)
    exact = Fraction(part, part + rest) * 100 if part + rest else None
    assert share.is_below(expected) is (exact is not None and exact < expected)
    if exact is not None:
        shown = share.percent
        assert shown is not None
        assert exact - Fraction(1, 100) < Fraction(shown) <= exact, "never rounded up"


def test_the_tenants_figure_counts_what_could_be_collected(book: Portfolio) -> None:
    """AMB-I2: in an active campaign, of all that await payment and are not held; what is not listed is not counted."""
    book.campaign("soft", "active")
    book.owe("I-1", "I-2", "I-3", "I-4", held=["I-4"])
    book.owe("I-5", status="paid")
    book.owe("I-6", status="on_payment_arrangement")
    book.enrol("soft", "I-1", "I-2")
    assert book.store.in_campaign.level() == Share(2, 3)
    book.owe("I-2", status="on_payment_arrangement")
    assert book.store.in_campaign.level() == Share(1, 2), "an invoice on an arrangement is in, and cannot be collected"
    unlist(book, "I-3", "I-4")
    assert book.store.in_campaign.level() == Share(0, 1), (
        "only I-3 is named by its source; I-1 is not collectable any more"
    )


def unlist(book: Portfolio, *named: str) -> None:
    """A whole reading of the source that names these alone, after one that named all."""
    invoices = book.store.invoices
    every = [one.row for one in invoices.page(Wanted(), 0, 1000)]
    for rows in (every, [row for row in every if row.number in named]):
        reading = invoices.begin_reading(book.source)
        invoices.take(book.source, rows, book.now, reading)
        invoices.end_reading(book.source, reading, Reading(book.now, ""))


@pytest.mark.parametrize("state", ["draft", "stopped", "deleted"])
def test_a_campaign_that_is_not_active_counts_for_nothing(book: Portfolio, state: str) -> None:
    """AMB-I2: only an active campaign has its invoices in it."""
    book.campaign("soft", "active")
    book.owe("I-1")
    book.enrol("soft", "I-1")
    move(book.store, Ref("ReceivablesCampaign", "soft", 1), state)
    assert book.store.in_campaign.level() == Share(0, 1)


def test_a_campaigns_figure_is_of_the_invoices_that_it_means_now(book: Portfolio) -> None:
    """AMB-I2: enrolled of matching; whoever is in it and has aged out of its audience is in no figure, so none passes 100."""
    book.campaign("soft", "active", ["invoice.size > 1"])
    book.campaign("late", "draft", ["invoice.size > 2"])
    for size in (1, 2, 3, 4):
        book.owe(f"I-{size}", data={"size": size})
    book.owe("I-5", status="paid", data={"size": 5})
    book.enrol("soft", "I-1", "I-2", "I-3")
    found = figures(book.store, claims_of(book.store), Day(NOW, "UTC"))
    shares = {ref.name: share for ref, share in found.campaigns.items()}
    assert (found.tenant, shares) == (Share(3, 4), {"soft": Share(2, 3), "late": Share(0, 2)})


def test_an_audience_with_a_source_means_the_invoices_of_that_alone(book: Portfolio) -> None:
    """I-01: whatever the rules say."""
    other = put(book.store, Ref("InvoiceSource", "other"), "present", {"spec": {"apiKey": {"env": "KEY"}}})
    book.campaign("mine", "active", audience={"ruleSet": "mine", "source": LEDGER.name})
    book.campaign("theirs", "active", audience={"ruleSet": "theirs", "source": "other"})
    book.campaign("nobodys", "active", audience={"ruleSet": "nobodys", "source": "gone"})
    book.owe("I-1", "I-2")
    book.source = other
    book.owe("I-1")
    found = figures(book.store, claims_of(book.store), Day(NOW, "UTC"))
    assert {ref.name: share.whole for ref, share in found.campaigns.items()} == {"mine": 2, "theirs": 1, "nobodys": 0}


def test_an_alert_opens_at_89_99_percent_and_not_at_90(book: Portfolio) -> None:
    """I-22, I-24, AMB-I3: 8,999 of 10,000 is below 90 %, 9,000 is not."""
    book.campaign("soft", "active")
    book.owe(*numbers(10_000))
    book.enrol("soft", *numbers(9_000))
    watch_level(book.store, NOW)
    assert book.store.in_campaign.open_alert() is None
    book.leave("soft", "I-00000")
    watch_level(book.store, NOW)
    alert = book.store.in_campaign.open_alert()
    assert alert is not None
    assert (alert.share, str(alert.share.percent), alert.expected) == (Share(8_999, 10_000), "89.99", 90)


def test_one_alert_a_breach_which_closes_itself_and_is_kept(book: Portfolio) -> None:
    """AMB-I3: one open alert a breach; back at the level it is over; the next breach is another one."""
    book.settings(expectedPercent=50)
    book.campaign("soft", "active")
    book.owe("I-1", "I-2")
    for minute in range(3):
        watch_level(book.store, NOW + timedelta(minutes=minute))
    book.enrol("soft", "I-1")
    watch_level(book.store, NOW + timedelta(hours=1))
    watch_level(book.store, NOW + timedelta(hours=2))
    book.leave("soft", "I-1")
    watch_level(book.store, NOW + timedelta(hours=3))
    found = [(one.id, one.opened_at, one.closed_at) for one in book.store.in_campaign.alerts(10)]
    assert found == [(2, NOW + timedelta(hours=3), None), (1, NOW, NOW + timedelta(hours=1))]


def test_an_alert_is_closed_once(book: Portfolio) -> None:
    """AMB-I3: whoever comes second has closed nothing, and tells nobody."""
    book.campaign("soft", "active")
    book.owe("I-1")
    watch_level(book.store, NOW)
    closed = [book.store.in_campaign.close_alert(1, NOW + timedelta(hours=hour), NOBODY) for hour in (1, 2)]
    assert closed == [True, False]
    assert book.store.in_campaign.alerts(1)[0].closed_at == NOW + timedelta(hours=1)


@pytest.mark.parametrize("way", ["less is expected", "nothing is left to collect"])
def test_an_alert_closes_where_it_no_longer_is_one(book: Portfolio, way: str) -> None:
    """I-23: the expected level can be changed while an alert is open; AMB-I2: without a denominator there is none."""
    book.settings(expectedPercent=60)
    book.campaign("soft", "active")
    book.owe("I-1", "I-2")
    book.enrol("soft", "I-1")
    watch_level(book.store, NOW)
    assert book.store.in_campaign.open_alert()
    if way == "less is expected":
        book.settings(expectedPercent=50)
    else:
        book.owe("I-1", "I-2", status="paid")
    watch_level(book.store, NOW)
    assert book.store.in_campaign.open_alert() is None


def test_settings_that_are_taken_out_of_use_leave_the_usual_level(book: Portfolio) -> None:
    """I-22: 90 % where nobody says otherwise."""
    ref = book.settings(expectedPercent=10)
    assert settings_of(book.store).expected == 10
    move(book.store, ref, "deleted")
    assert settings_of(book.store).expected == 90


def causes(book: Portfolio) -> dict[tuple[Cause, str], tuple[int, tuple[str, ...]]]:
    found = figures(book.store, claims_of(book.store), Day(NOW, "UTC"))
    return {(gap.cause, gap.campaign.partition("/")[2]): (gap.invoices, gap.examples) for gap in found.gaps}


def test_guidance_says_why_each_invoice_is_outside(book: Portfolio) -> None:
    """I-25: a breakdown by cause, with counts and examples; whoever is in a campaign is in none of them."""
    book.campaign("soft", "active", ["invoice.who in ['in', 'waits', 'treated']"])
    book.campaign("again", "draft", ["invoice.who == 'again'"], purpose="reEngagement", includePreviouslyTreated=True)
    book.campaign("next", "draft", ["invoice.who in ['next', 'waits']"])
    book.campaign("old", "active", ["invoice.who in ['old', 'again', 'stuck']"])
    for who in ("in", "waits", "treated", "again", "next", "old", "stuck", "nobody"):
        book.owe(who, data={"who": who})
    book.enrol("soft", "in", "treated")
    book.leave("soft", "treated")
    book.enrol("old", "again", "stuck")
    book.leave("old", "again", why=Exit.ARRANGEMENT_FAILED)
    move(book.store, Ref("ReceivablesCampaign", "old", 1), "stopped")
    assert causes(book) == {
        (Cause.WAITING, "soft@1"): (1, ("waits",)),
        (Cause.DRAFT, "again@1"): (1, ("again",)),
        (Cause.DRAFT, "next@1"): (1, ("next",)),
        (Cause.TREATED, ""): (1, ("treated",)),
        (Cause.STOPPED, "old@1"): (1, ("old",)),
        (Cause.CLAIMED, "old@1"): (1, ("stuck",)),
        (Cause.UNMATCHED, ""): (1, ("nobody",)),
    }


def test_a_campaign_that_had_an_invoice_does_not_wait_for_it(book: Portfolio) -> None:
    """I-07, I-25: a re-engagement campaign takes up what others have treated, and nothing twice."""
    book.campaign("soft", "active", ["false"])
    book.campaign("again", "active", purpose="reEngagement", includePreviouslyTreated=True)
    book.owe("I-1", "I-2")
    book.enrol("soft", "I-1")
    book.leave("soft", "I-1")
    book.enrol("again", "I-2")
    book.leave("again", "I-2")
    assert causes(book) == {(Cause.WAITING, "again@1"): (1, ("I-1",)), (Cause.TREATED, ""): (1, ("I-2",))}


def test_guidance_names_a_few_and_puts_the_most_first(book: Portfolio) -> None:
    """I-25: each cause with what to do about it."""
    book.campaign("soft", "active", ["invoice.number == 'I-00000'"])
    book.owe(*numbers(8))
    gaps = figures(book.store, claims_of(book.store), Day(NOW, "UTC")).gaps
    assert [(gap.cause, gap.invoices, len(gap.examples)) for gap in gaps] == [
        (Cause.UNMATCHED, 7, EXAMPLES),
        (Cause.WAITING, 1, 1),
    ]
    assert advice_of(gaps[0]).todo.startswith("`muster receivables match I-00001` shows which condition")
    assert all(advice_of(gap).what and advice_of(gap).todo for gap in gaps)


def test_invoices_that_wait_for_the_pass_raise_no_alert_unless_it_does_not_come(book: Portfolio) -> None:
    """I-24: a new source of invoices is no breach in the seconds before they are taken; a pass that is not made is one."""
    book.campaign("soft", "active", ["invoice.number < 'I-00009'"])
    book.owe(*numbers(10))
    watch = Watch(book.store)
    watch.turn(NOW)
    watch.turn(NOW + REST)
    assert book.store.in_campaign.alerts(10) == []
    watch.turn(NOW + PATIENCE)
    alert = book.store.in_campaign.open_alert()
    assert alert is not None
    assert [(gap.cause, gap.invoices) for gap in alert.guidance] == [(Cause.WAITING, 9), (Cause.UNMATCHED, 1)]


def test_the_pass_that_comes_in_time_leaves_no_alert(book: Portfolio) -> None:
    """I-24: and what it does not take is a breach at once."""
    book.campaign("soft", "active", ["invoice.number < 'I-00009'"])
    book.owe(*numbers(10))
    watch = Watch(book.store)
    watch.turn(NOW)
    book.enrol("soft", *numbers(9))
    watch.turn(NOW + timedelta(seconds=1))
    watch.turn(NOW + PATIENCE)
    assert book.store.in_campaign.alerts(10) == []
    book.owe("J-1")
    watch.turn(NOW + PATIENCE)
    assert book.store.in_campaign.open_alert(), "nobody means J-1: 9 of 11"


def test_many_that_watch_open_one_alert(book: Portfolio, opener: Opener) -> None:
    """AMB-I3: every worker looks in every turn; one alert is opened, and one closing is made."""
    book.campaign("soft", "active", ["false"])
    book.owe(*numbers(20))

    def watch(_worker: int) -> None:
        with closing(opener()) as mine:
            for second in range(5):
                watch_level(mine, NOW + timedelta(seconds=second))

    with ThreadPoolExecutor(8) as crew:
        list(crew.map(watch, range(8)))
    assert len(book.store.in_campaign.alerts(10)) == 1
    book.enrol("soft", *numbers(20))
    with ThreadPoolExecutor(8) as crew:
        list(crew.map(watch, range(8)))
    ((alert,),) = [book.store.in_campaign.alerts(10)]
    assert not alert.is_open


def test_nothing_is_counted_while_nothing_has_changed(book: Portfolio, monkeypatch: pytest.MonkeyPatch) -> None:
    """AMB-I3: what every worker does in every turn asks for a mark, and no more."""
    book.campaign("soft", "active")
    book.owe("I-1")
    book.enrol("soft", "I-1")
    watch = Watch(book.store)
    watch.turn(NOW)
    monkeypatch.setattr("reconciler.kinds.receivables.watching.settings_of", None)  # whoever looks, fails
    watch.turn(NOW)
    monkeypatch.undo()
    book.leave("soft", "I-1")
    watch.turn(NOW)
    assert book.store.in_campaign.open_alert()


def test_the_invoices_of_a_campaign_page_by_page(book: Portfolio) -> None:
    """I-19: in the order in which they came in, each once; narrowed by where they stand, by step and by number."""
    book.campaign("soft", "active")
    book.campaign("hard", "active")
    book.owe(*numbers(6), "J-1")
    book.enrol("soft", *numbers(5))
    book.enrol("hard", "I-00005", "J-1")
    book.leave("soft", "I-00001", why=Exit.PAID)
    book.leave("soft", "I-00003")
    uid, found = book.uid("soft"), book.store.in_campaign.lines
    pages, after = [], 0
    while page := found(Within(uid), after, 2):
        pages.append([one.number for one in page])
        after = page[-1].id
    assert pages == [["I-00000", "I-00001"], ["I-00002", "I-00003"], ["I-00004"]]
    assert [one.number for one in found(Within(uid), limit=2, before=after)] == pages[1], (
        "the last ones before, in order"
    )
    assert [one.number for one in found(Within(uid, is_in=True), limit=1, before=after)] == ["I-00002"]
    asked = {
        Within(uid, is_in=True): ["I-00000", "I-00002", "I-00004"],
        Within(uid, is_in=False): ["I-00001", "I-00003"],
        Within(uid, exit=Exit.PAID): ["I-00001"],
        Within(uid, step=0): numbers(5),
        Within(uid, step=1): [],
        Within(uid, number="I-00004"): ["I-00004"],
        Within(uid, number="I-0000"): numbers(5),
        Within(uid, number="J"): [],
        Within(uid, number="%"): [],
    }
    for which, wanted in asked.items():
        assert [one.number for one in found(which)] == wanted, which
    (paid,) = found(Within(uid, exit=Exit.PAID))
    assert (paid.exit, paid.exited_at, paid.source, paid.said) == (Exit.PAID, NOW, book.source, None)
    book.say("soft", "I-00000", 0, Saying.SENT)
    book.say("soft", "I-00000", 1, Saying.FAILED, "no such number")
    said = found(Within(uid))[0].said
    assert said is not None
    assert (said.step, said.stage, said.detail) == (1, Saying.FAILED, "no such number")
