"""Who is not contacted though a strategy says when: who owes nothing, and everybody while nobody says within which limits."""

from contextlib import closing
from decimal import Decimal

import pytest

from reconciler.model.contact_queue import Sort, Told
from reconciler.model.ports import Refreshing
from reconciler.model.ref import Ref
from tests.contacts.agency import Agency, account

OWED = Decimal("120.50")


@pytest.mark.parametrize("balance", ["0", "0.00", "-5.00"])
def test_who_owes_nothing_is_left_alone(office: Agency, balance: str) -> None:
    """C-31, AMB-C11: a balance of nothing, or a credit, counts as paused; the next reading may say otherwise."""
    office.strategy(office.step("sms"))
    office.accounts([account(1, balance=balance)])
    office.campaign("active")
    office.apply()
    office.cycles(2)
    assert office.contacts() == []
    office.accounts([account(1, balance="0.01")])
    with closing(office.room.open()) as store:
        runtime = office.room.app().runtimes(store)["CollectionCampaign"]
        assert isinstance(runtime, Refreshing)
        runtime.refresh()
    office.cycles(2)
    assert len(office.contacts()) == 1


@pytest.mark.parametrize(("paid", "contacts"), [(OWED, 1), (OWED - Decimal("0.01"), 2)])
def test_who_has_paid_all_is_left_alone_before_the_source_knows(office: Agency, paid: Decimal, contacts: int) -> None:
    """C-31, AMB-C11, AMB-C12: payments since the source's last change, in the account's currency."""
    office.strategy(office.step("sms"), office.step("sms", wait="1h"))
    office.accounts([account(1)])
    office.campaign("active")
    office.apply()
    office.cycles(2)
    with closing(office.room.open()) as store:
        source, now = store.ledger.uid(Ref("AccountSource", "portfolio")), office.clock.now()
        store.contact_queue.told(source, "A1", Told("p1", Sort.PAYMENT, now, paid, "USD"), now)
    office.clock.advance(hours=2)
    office.cycles(2)
    assert len(office.contacts()) == contacts


def test_a_strategy_that_is_edited_begins_anew(office: Agency) -> None:
    """AMB-C7: its steps are others, so a position among them would be another step's; who had finished begins anew as well."""
    office.strategy(office.step("sms", action="first"), office.step("sms", wait="1h", action="second"))
    office.accounts([account(1), account(2, status="in_legal")])
    office.campaign("active")
    office.apply()
    office.cycles(2)
    assert [body["action"] for _, _, body in office.heard] == ["first"]
    office.strategy(office.step("sms", action="zero"), office.step("sms", wait="1h", action="first"))
    office.apply()
    office.clock.advance(hours=1)
    office.cycles(2)
    office.clock.advance(hours=2)
    office.cycles(2)
    assert [body["action"] for _, _, body in office.heard] == ["first", "zero", "first"]


def test_waits_may_be_edited_without_beginning_anew(office: Agency) -> None:
    """AMB-C7: another wait is no other step."""
    office.strategy(office.step("sms", action="first"), office.step("sms", wait="1h", action="second"))
    office.accounts([account(1)])
    office.campaign("active")
    office.apply()
    office.cycles(2)
    office.strategy(office.step("sms", action="first"), office.step("sms", wait="2h", action="second"))
    office.apply()
    office.clock.advance(hours=3)
    office.cycles(2)
    assert [body["action"] for _, _, body in office.heard] == ["first", "second"]


def test_nobody_is_contacted_once_the_settings_are_deleted(office: Agency) -> None:
    """AMB-C11, AMB-C13: limits, hours and the brake would be gone with them."""
    office.settings(enginePaused=True)
    office.strategy(office.step("sms"))
    office.accounts([account(1)])
    office.campaign("active")
    office.apply()
    office.cycles(2)
    office.room.manifest("CollectionSettings", "organisation", {"timezone": "UTC"}, state="deleted")
    office.room.apply()
    office.cycles(2)
    assert office.contacts() == []
    office.settings()
    office.apply()
    office.cycles(2)
    assert len(office.contacts()) == 1


def test_a_text_that_nobody_can_be_sent_is_refused_before_anybody_waits_for_it(office: Agency) -> None:
    """C-05, C-31: with the template and what is wrong with it; mended, the campaign is activated."""
    office.strategy(office.step("sms"))
    office.accounts([account(1)])
    office.campaign("active")
    office.room.manifest("Template", "reminder", {"subject": "x", "text": {"inline": "{{ account.balance } is open."}})
    said = " ".join(one.message for blocked in office.room.plan().blocked for one in blocked.refusals)
    office.room.apply()
    assert "a text of its strategy cannot be used" in said
    assert "Template/reminder" in said
    assert office.contacts() == []
    office.room.manifest("Template", "reminder", {"subject": "x", "text": {"inline": "{{ account.balance }} is open."}})
    office.apply()
    office.cycles(2)
    assert len(office.contacts()) == 1
