"""What steps of a collection campaign do with its accounts and its queue, through plan and apply, on every store."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from reconciler.kinds.collections.runtime import CollectionRuntime
from reconciler.model.accounts import Account
from reconciler.model.errors import Permanent
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from tests.contact_queue.files import always, anywhere
from tests.contacts.agency import KIND, QUARTER, Agency, account, agency
from tests.contacts.conftest import room
from tests.email.mailroom import Mailroom

__all__ = ["room"]
SECOND = Ref(KIND, "second", 1)


@pytest.fixture
def office(room: Mailroom) -> Iterator[Agency]:
    """One with four accounts, 10, 40, 50 and 90 days past due, and a strategy of two steps."""
    room.clock = room.world.clock
    with agency(room) as found:
        found.accounts([account(days, daysPastDue=days) for days in (10, 40, 50, 90)])
        found.strategy(found.step("mail"), found.step("sms", wait="3d"))
        yield found


def between(least: int, most: int) -> dict[str, str]:
    return {
        "source": "portfolio",
        "where": f"account.daysPastDue >= {least} && account.daysPastDue <= {most}",
    }


def whose(office: Agency) -> dict[str, str]:
    """Which campaign has which account."""
    found = office.rows(
        "SELECT account.number, resource.ref FROM account JOIN resource ON resource.uid = account.campaign ORDER BY number"
    )
    return {number: Ref.canonical(ref).name for number, ref in found}


def enqueue(office: Agency, ref: Ref = QUARTER) -> int:
    with closing(office.room.open()) as store:
        return store.contact_queue.enqueue(store.ledger.uid(ref), office.room.clock.now())


def get(store: Store, number: str) -> Account:
    found = store.accounts.get(store.ledger.uid(Ref("AccountSource", "portfolio")), number)
    assert found is not None
    return found


def refresh(office: Agency) -> None:
    with closing(office.room.open()) as store:
        runtime = office.room.app().runtimes(store)[KIND]
        assert isinstance(runtime, CollectionRuntime)
        runtime.refresh()


def test_activating_gives_a_campaign_the_accounts_that_it_matches(office: Agency) -> None:
    """C-01, C-07, C-10, C-31: its source is read then, whatever was known before."""
    office.campaign("draft", accounts=between(30, 60))
    office.apply()
    assert whose(office) == {}
    assert enqueue(office) == 0
    office.campaign("active", accounts=between(30, 60))
    office.apply()
    assert whose(office) == {"A40": "quarter", "A50": "quarter"}
    assert enqueue(office) == 2


def test_an_account_belongs_to_whoever_was_activated_first(office: Agency) -> None:
    """AMB-C9: it stays there until that campaign frees it, also where the other one would come before it by name."""
    office.campaign("active", accounts=between(30, 60))
    office.apply()
    office.world.clock.advance(minutes=1)
    office.campaign("active", accounts=between(50, 90), name="a-second", start="2020-01-01")
    office.apply()
    assert whose(office) == {"A40": "quarter", "A50": "quarter", "A90": "a-second"}
    office.accounts([account(days, daysPastDue=days) for days in (10, 40, 50, 55, 90)])
    office.world.clock.advance(minutes=1)
    office.campaign("active", accounts=between(1, 99), name="third")
    office.apply()
    assert whose(office) == {"A10": "third", "A40": "quarter", "A50": "quarter", "A55": "quarter", "A90": "a-second"}


def test_pausing_cancels_and_resuming_looks_anew(office: Agency) -> None:
    """C-11, C-08, C-13, AMB-C1, AMB-C2: nothing of what was cancelled comes back."""
    office.campaign("active")
    office.apply()
    assert enqueue(office) == 4
    office.campaign("paused")
    office.apply()
    assert office.stages() == {"cancelled": 4}
    assert enqueue(office) == 0
    assert set(whose(office).values()) == {"quarter"}
    office.campaign("active")
    office.apply()
    assert office.stages() == {"cancelled": 4}
    assert enqueue(office) == 4
    reasons = office.rows("SELECT DISTINCT reason FROM contact_item WHERE stage = 'cancelled'")
    assert reasons == [("the campaign was paused",)]


@pytest.mark.parametrize(
    ("state", "reason"), [("completed", "the campaign was completed"), ("deleted", "the campaign was deleted")]
)
def test_what_waits_is_cancelled_by_every_end(office: Agency, state: str, reason: str) -> None:
    """C-12, C-23, AMB-C6, AMB-C8: deleting frees the accounts as well; what happened stays on record."""
    office.campaign("active")
    office.apply()
    enqueue(office)
    with closing(office.room.open()) as store:
        uid, now = store.ledger.uid(QUARTER), office.room.clock.now()
        ((item, turn),) = office.rows("SELECT id, turn FROM contact_item ORDER BY id LIMIT 1")
        store.contact_queue.post(uid, now, 10, anywhere)
        assert store.contact_queue.begin(item, turn, always, now)
    office.campaign(state)
    office.apply()
    assert office.stages() == {"cancelled": 3, "processing": 1}
    assert office.rows("SELECT DISTINCT reason FROM contact_item WHERE stage = 'cancelled'") == [(reason,)]
    assert len(whose(office)) == (4 if state == "completed" else 0)
    assert office.rows("SELECT count(*) FROM interaction") == [(1,)]
    with closing(office.room.open()) as store:
        assert [one.item.id for one in store.contact_queue.lost(10)] == [item]


def test_its_end_date_completes_and_cancels(office: Agency) -> None:
    """C-15, C-09, AMB-C3, AMB-C6: at the nightly job; before it nothing is queued either."""
    office.campaign("active", end="2027-01-31")
    office.apply()
    assert enqueue(office) == 4
    office.world.clock.set("2027-02-01T00:30:00Z")
    assert enqueue(office) == 0
    office.apply()
    assert office.stages() == {"pending": 4}
    office.world.clock.set("2027-02-01T02:00:00Z")
    office.apply()
    assert office.state() == "completed"
    assert office.stages() == {"cancelled": 4}
    assert office.rows("SELECT DISTINCT reason FROM contact_item") == [("its end date has passed",)]


def test_another_strategy_begins_at_its_first_step(office: Agency) -> None:
    """AMB-C7: what waits is cancelled, accounts begin anew, contacts still count; its queue is open."""
    office.strategy(office.step("sms", wait="2d"), name="soft")
    office.campaign("active")
    office.apply()
    enqueue(office)
    office.campaign("active", strategy="soft")
    office.apply()
    assert office.stages() == {"cancelled": 4}
    assert enqueue(office) == 0
    with closing(office.room.open()) as store:
        position = get(store, "A10").position
        assert (position.round, position.step) == (2, 0)
        assert position.due_at is not None
        assert (position.due_at - office.room.clock.now()).days == 2
    office.world.clock.advance(days=2)
    assert enqueue(office) == 4


def test_a_strategy_of_a_paused_campaign_leaves_its_queue_shut(office: Agency) -> None:
    """AMB-C7, C-08."""
    office.strategy(office.step("sms"), name="soft")
    office.campaign("active")
    office.apply()
    office.campaign("paused")
    office.apply()
    office.campaign("paused", strategy="soft")
    office.apply()
    assert enqueue(office) == 0
    assert office.rows("SELECT DISTINCT round FROM account") == [(2,)]


def test_other_accounts_are_freed_and_taken(office: Agency) -> None:
    """C-01, C-22, AMB-C9: what waits of those that are freed is cancelled."""
    office.campaign("active", accounts=between(30, 60))
    office.apply()
    enqueue(office)
    office.campaign("active", accounts=between(45, 95))
    office.apply()
    assert whose(office) == {"A50": "quarter", "A90": "quarter"}
    assert office.stages() == {"cancelled": 1, "pending": 1}
    assert enqueue(office) == 1


def test_what_a_completed_campaign_had_is_free_for_others(office: Agency) -> None:
    """AMB-C9, C-16: a duplicate with later dates gets them; how many the first one had stays known (AMB-C12)."""
    office.campaign("active")
    office.apply()
    office.campaign("completed")
    office.campaign("active", name="second")
    office.apply()
    assert set(whose(office).values()) == {"second"}
    with closing(office.room.open()) as store:
        totals = [store.collection_books.figures(store.ledger.uid(ref), None).total for ref in (QUARTER, SECOND)]
    assert totals == [4, 4]


def test_a_daemon_takes_up_what_has_changed_while_a_campaign_is_active(office: Agency) -> None:
    """C-31: a row that is gone is not contacted; nothing is read for drafts."""
    office.campaign("draft")
    office.apply()
    refresh(office)
    assert office.rows("SELECT count(*) FROM account") == [(0,)]
    office.campaign("active")
    office.apply()
    office.world.write("portfolio.jsonl", "")
    refresh(office)
    assert enqueue(office) == 0
    assert office.rows("SELECT DISTINCT listed FROM account") == [(0,)]


def test_texts_in_files_are_taken_along(office: Agency) -> None:
    """C-31: workers have no files; a text that is changed and applied is taken along by the next refresh."""
    office.world.write("reminder.txt", "account={{ account.number }} first")
    office.room.manifest("Template", "reminder", {"subject": "x", "text": {"file": "reminder.txt"}})
    office.campaign("active")
    office.apply()
    assert "first" in _texts(office)
    office.world.write("reminder.txt", "account={{ account.number }} second")
    office.apply()
    refresh(office)
    assert "second" in _texts(office)


def test_a_text_whose_file_has_changed_since_is_not_taken_along(office: Agency) -> None:
    """C-31: what was planned goes out, or nothing; what was taken along stays in force."""
    office.world.write("reminder.txt", "account={{ account.number }} first")
    office.room.manifest("Template", "reminder", {"subject": "x", "text": {"file": "reminder.txt"}})
    office.campaign("active")
    office.apply()
    office.world.write("reminder.txt", "account={{ account.number }} other")
    with pytest.raises(Permanent, match="is not the file that was planned"):
        refresh(office)
    assert "first" in _texts(office)


def test_nothing_is_queued_while_a_step_is_being_taken(office: Agency) -> None:
    """AMB-C7: between an effect and its state nobody knows for sure by which strategy to contact."""
    office.campaign("active")
    office.apply()
    with closing(office.room.open()) as store:
        uid = store.ledger.uid(QUARTER)
        assert not store.contact_queue.shut(uid, office.room.clock.now())
        office.rows(
            "INSERT INTO intent (key, ref, revision, effects, write, begun_at) VALUES ('k', ?, 1, '[]', '{}', ?)"
            " RETURNING key", str(QUARTER), "2027-01-04T09:00:00Z",
        )  # fmt: skip
        assert store.contact_queue.shut(uid, office.room.clock.now()) == "its queue is shut"


def test_a_draft_whose_end_date_has_passed_is_told_to_be_expired(office: Agency) -> None:
    """AMB-C4: it stays a draft, and cannot be activated until its dates change."""
    office.campaign("draft", end="2020-12-31")
    code, out, err = office.world.cli("validate")
    assert code == 0
    assert "it is expired: its end date has passed, and it was never activated" in out + err
    office.campaign("draft")
    assert "expired" not in "".join(map(str, office.world.cli("validate")))


def test_a_plan_knows_the_accounts_of_a_source_that_was_never_read(office: Agency) -> None:
    """C-01, C-27, C-28: from its file; once it was read, from the store."""
    office.campaign("draft", accounts=between(30, 60))
    office.apply()
    expected = {
        "accountsTotal": 4, "accountsMatching": 2, "daysPastDueLeast": 40, "daysPastDueMedian": 40, "daysPastDueMost": 50,
    }  # fmt: skip
    with closing(office.room.open()) as store:
        runtime = office.room.app().runtimes(store)[KIND]
        load = {ref: store.load([ref])[ref].document for ref in store.heads()}
        assert expected.items() <= runtime.observe(QUARTER, load[QUARTER], load.get).items()
    office.campaign("active", accounts=between(30, 60))
    office.apply()
    office.world.write("portfolio.jsonl", "")
    with closing(office.room.open()) as store:
        runtime = office.room.app().runtimes(store)[KIND]
        assert expected.items() <= runtime.observe(QUARTER, load[QUARTER], load.get).items()


def _texts(office: Agency) -> str:
    return str(office.rows("SELECT package FROM job WHERE uid = ?", office.uid())[0][0])
