"""What happened with all accounts of a source at once, on both stores. (AMB-C11)"""

from datetime import timedelta

from reconciler.model.contact_queue import Past, Sort
from reconciler.model.ports import Store
from tests.contact_queue.files import NOW, Files


def test_contacts_and_conversations_since_then_are_read_whatever_campaign_they_were_of(store: Store) -> None:
    files = Files(store)
    uid = files.running(2)
    files.begun(files.items()[0])
    first, second = (item.account for item in files.items())
    number = next(str(one) for one in range(2) if files.get(one).id == first)
    files.tell(number, Sort.CONVERSATION, "e-1", NOW + timedelta(hours=1))
    files.tell(number, Sort.PAYMENT, "e-2", NOW + timedelta(hours=2))
    found = store.contact_history.of_source(files.source, NOW - timedelta(days=9))
    assert [(one.at, one.sort) for one in found[first]] == [
        (NOW, Sort.CONTACT),
        (NOW + timedelta(hours=1), Sort.CONVERSATION),
    ]
    assert found[first][0] == Past(NOW, Sort.CONTACT, "email")
    assert second not in found
    assert store.contact_history.of_source(files.source, NOW + timedelta(minutes=1))[first][0].sort is Sort.CONVERSATION
    assert store.contact_history.of_source(uid, NOW - timedelta(days=9)) == {}, "that is a campaign, not a source"
