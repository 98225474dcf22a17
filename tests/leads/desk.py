"""What tests of leads begin with: a campaign with a buyer and a partner in a store, in the states that a test wants.

desk.campaign(store, "cars", 1, "published", fields=[...])     what is left out is a small whole
desk.partner(store, "affiliate", "cars")
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from reconciler.model.canonical import Document
from reconciler.model.ports import Store, Write
from reconciler.model.ref import Ref

NOW = datetime(2027, 1, 4, 9, 0, tzinfo=UTC)
"""A Monday."""

FIELDS = (
    {"name": "email", "type": "email", "required": True},
    {"name": "phone", "type": "phone", "country": "NL"},
    {"name": "postcode", "type": "string", "pattern": "^[1-9][0-9]{3} ?[A-Z]{2}$"},
)
WORKFLOW = {"name": "quotes", "verticals": ["car"], "distribution": {"mode": "directPost"}}


def put(store: Store, ref: Ref, state: str, document: Document) -> int:
    """A resource in a state, with this document, made where there is none; its uid."""
    found = store.load([ref]).get(ref)
    revision = found.revision if found else 0
    body = {"ref": str(ref), "op": "transition" if found else "create", "event": "given", "at": "2027-01-04T09:00:00Z",
            "actor": "test", "to": state, "satisfied": (state,), "document": document, "digest": "d"}  # fmt: skip
    write = Write(ref, revision, state, (state,), (), NOW, body, "d", document, entered=True)
    assert not store.commit([write])
    return store.ledger.uid(ref)


def campaign(
    store: Store, name: str, number: int = 1, state: str = "published", zone: str = "Europe/Amsterdam", **spec: Any
) -> int:
    """A version of a campaign; its uid."""
    whole = {"fields": FIELDS, "verticals": ["car"], "workflows": [WORKFLOW], **spec}
    document = {"schedule": {"timezone": zone}, "spec": whole} if zone else {"spec": whole}
    return put(store, Ref("LeadCampaign", name, number), state, document)


def move(store: Store, ref: Ref, state: str) -> int:
    """The same resource in another state; its uid."""
    return put(store, ref, state, store.load([ref])[ref].document)


def buyer(store: Store, name: str, campaign: str, state: str = "present", **spec: Any) -> int:
    """An account contract; its uid."""
    whole = {"account": name, "campaign": campaign, "price": {"amount": "10.00", "currency": "EUR"}, **spec}
    return put(store, Ref("AccountContract", name), state, {"spec": whole})


def partner(store: Store, name: str, campaign: str, state: str = "present", **spec: Any) -> int:
    """A partner contract; its uid."""
    whole: Mapping[str, Any] = {"partner": name, "campaign": campaign, "apiKey": {"env": "PARTNER_KEY"}, **spec}
    return put(store, Ref("PartnerContract", name), state, {"spec": dict(whole)})
