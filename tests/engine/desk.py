"""What tests of the ledger begin with: a store, a campaign in it, and its work cut into lanes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from reconciler.model.canonical import Document
from reconciler.model.ports import Store, Write
from reconciler.model.ref import Ref
from reconciler.model.work import Claim, Offer, Phase
from tests.store.stores import STORES

NOW = datetime(2027, 1, 4, 9, 0, tzinfo=UTC)
SPRING = Ref("EmailCampaign", "spring", 1)
LEASE = timedelta(minutes=2)


def nothing() -> None:
    """Long work that nobody watches over."""


@dataclass(frozen=True, slots=True)
class Opener:
    """Opens one store, again and again. It travels to other processes."""

    sort: str
    directory: Path

    def __call__(self) -> Store:
        return STORES[self.sort](self.directory)


def campaign(store: Store, ref: Ref = SPRING, state: str = "running") -> int:
    """A campaign in a state; its uid."""
    move(store, ref, state)
    return store.ledger.uid(ref)


def move(store: Store, ref: Ref, state: str, document: Document | None = None) -> None:
    """Put a campaign into a state, with this document, creating it where there is none."""
    found = store.load([ref]).get(ref)
    revision = found.revision if found else 0
    body = {"ref": str(ref), "op": "transition" if found else "create", "event": "given", "at": "2027-01-04T09:00:00Z",
            "actor": "test", "to": state, "satisfied": (state,), "document": {}, "digest": "d"}  # fmt: skip
    write = Write(ref, revision, state, (state,), (), NOW, body, "d", document or {}, entered=True)
    assert not store.commit([write])


def work(store: Store, count: int, vias: Sequence[str] = ("",), uid: int | None = None) -> int:
    """A job of so many units, in turn over lanes through these connections, open; its uid."""
    found = uid or campaign(store)
    ledger = store.ledger
    ledger.prepare(found, "running", nothing)
    ledger.add(found, [(f"k{number}", {"n": number}) for number in range(count)])
    ledger.assign(found, vias, lambda position: position % len(vias), nothing)
    ledger.enter(found, Phase.OPEN, NOW)
    return found


def claimed(store: Store, owner: str, number: int = 0, at: datetime = NOW, cap: int = 0) -> Claim | None:
    """The lane of this number, if it is on offer and to be had."""
    offer = next((one for one in store.ledger.offers(at, 100) if one.number == number), None)
    return store.ledger.claim(offer, owner, at, at + LEASE, cap) if offer else None


def taken(store: Store, owner: str, number: int = 0, at: datetime = NOW) -> Claim:
    """The same, and it is."""
    found = claimed(store, owner, number, at)
    assert found is not None
    return found


def offered(store: Store, at: datetime = NOW) -> list[Offer]:
    return list(store.ledger.offers(at, 100))
