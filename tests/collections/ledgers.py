"""What tests of collections begin with: a source with accounts, and campaigns, in a store."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from reconciler.model.accounts import AccountRow
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from tests.leads.desk import put

NOW = datetime(2027, 4, 14, 15, 0, tzinfo=UTC)
"""A Wednesday, ten o'clock in Chicago."""
STEPS = [
    {"channel": "mail", "action": "reminder", "template": "first", "wait": "0d"},
    {"channel": "calls", "action": "followUp", "template": "second", "wait": "3d"},
]


def settings(store: Store, **spec: Any) -> int:
    """The organisation's settings."""
    return put(
        store, Ref("CollectionSettings", "organisation"), "present", {"spec": {"timezone": "America/Chicago", **spec}}
    )


def strategy(store: Store, name: str = "soft", **spec: Any) -> int:
    """A strategy of two steps."""
    return put(store, Ref("Strategy", name), "present", {"spec": {"type": "medium", "steps": STEPS, **spec}})


def source(store: Store, name: str = "portfolio") -> int:
    """A source of accounts; its uid."""
    spec = {"source": {"csv": "accounts.csv"}, "id": "account_id"}
    return put(store, Ref("AccountSource", name), "present", {"spec": spec})


def campaign(store: Store, name: str = "spring", state: str = "active", **spec: Any) -> int:
    """A campaign whose queue is open; its uid."""
    whole = {
        "strategy": "soft", "startDate": "2027-04-01", "endDate": "2027-06-30", "accounts": {"source": "portfolio"}, **spec
    }  # fmt: skip
    uid = put(store, Ref("CollectionCampaign", name), state, {"spec": whole})
    store.contact_queue.open(uid, NOW)
    return uid


def rows(numbers: Sequence[str], status: str = "pending_contact", **more: Any) -> list[AccountRow]:
    """Accounts as a source says them."""
    whole: dict[str, Any] = {
        "paused": False, "opted_out": False, "score": 512.5, "balance": Decimal("120.50"), "currency": "USD", "zone": "",
        **more,
    }  # fmt: skip
    return [
        AccountRow(number=number, status=status, data={"number": number}, digest=number, **whole) for number in numbers
    ]
