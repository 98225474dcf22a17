"""The market: what servers and workers know of campaigns, buyers and partners, from the store alone. (L-05, L-45, AMB-L4)"""

import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, TypeVar

from reconciler.kinds.leads.account_contract.spec import AccountContractSpec
from reconciler.kinds.leads.lead_campaign.spec import LeadCampaignSpec
from reconciler.kinds.leads.partner_contract.spec import PartnerContractSpec
from reconciler.model import canonical
from reconciler.model.errors import Permanent
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource

CAMPAIGN: Final = "LeadCampaign"
BUYER: Final = "AccountContract"
SOURCE: Final = "PartnerContract"

KINDS: Final = frozenset({CAMPAIGN, BUYER, SOURCE})
TAKES: Final = frozenset({"test", "published"})
"""The states in which a version takes leads and sells them. (L-09, L-24)"""
PRESENT: Final = "present"

T = TypeVar("T", "Version", "Buyer", "Source")


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a campaign, as it was at `revision`. `zone` is where its days begin: its schedule's, or else UTC."""

    uid: int
    ref: Ref
    state: str
    spec: LeadCampaignSpec
    zone: str
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Buyer:
    """An account contract."""

    uid: int
    ref: Ref
    state: str
    spec: AccountContractSpec
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """A partner contract."""

    uid: int
    ref: Ref
    state: str
    spec: PartnerContractSpec
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Market:
    """All of them as they were at one moment, deleted ones too; by name, those with versions by name and number."""

    campaigns: Mapping[str, Mapping[int, Version]] = field(default_factory=dict)
    buyers: Mapping[str, Buyer] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)
    _by_uid: Mapping[int, Version | Buyer | Source] = field(default_factory=dict)
    _by_campaign: Mapping[str, tuple[Buyer, ...]] = field(default_factory=dict)
    _met: dict[int, tuple[Buyer, ...]] = field(default_factory=dict)

    def version(self, name: str, number: int) -> Version | None:
        """One version of a campaign; None where there is none."""
        return self.campaigns.get(name, {}).get(number)

    def versions(self, name: str) -> tuple[Version, ...]:
        """All versions of a campaign, the oldest first."""
        return tuple(self.campaigns.get(name, {}).values())

    def version_of(self, uid: int) -> Version | None:
        """The version whose rows are kept under this uid."""
        found = self._by_uid.get(uid)
        return found if isinstance(found, Version) else None

    def buyer_of(self, uid: int) -> Buyer | None:
        """The account contract whose rows are kept under this uid."""
        found = self._by_uid.get(uid)
        return found if isinstance(found, Buyer) else None

    def source_of(self, uid: int) -> Source | None:
        """The partner contract whose rows are kept under this uid."""
        found = self._by_uid.get(uid)
        return found if isinstance(found, Source) else None

    def begins_at(self, buyer: Buyer) -> int:
        """The first version that a contract is for: the one it names, or the lowest that is neither draft nor deleted.

        0 where all are.
        """
        if buyer.spec.version is not None:
            return buyer.spec.version
        used = (one.ref.version for one in self.versions(buyer.spec.campaign) if one.state not in ("draft", "deleted"))
        return min(used, default=0)

    def buyers_of(self, version: Version) -> tuple[Buyer, ...]:
        """Whose contracts hold for a version, by name; none unless it is in test or published. (L-05, AMB-L4)"""
        if version.state not in TAKES:
            return ()
        if version.uid not in self._met:
            ours = self._by_campaign.get(version.ref.name, ())
            self._met[version.uid] = tuple(one for one in ours if self._is_for(one, version.ref.version))
        return self._met[version.uid]

    def _is_for(self, buyer: Buyer, number: int) -> bool:
        first = self.begins_at(buyer)
        return first == number or (0 < first < number and buyer.spec.allow_newer_versions)


class Outlook:
    """Keeps a market fresh: only what was written since the last look is read again. Threads may share it."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._serial = -1
        self._known: dict[int, Version | Buyer | Source] = {}
        self._market = Market()

    def market(self, store: Store) -> Market:
        """The market as it is now: it costs a look at the number of the last event."""
        serial = store.serial()
        if serial == self._serial:
            return self._market
        with self._guard:
            if serial > self._serial:
                self._take_up(store, serial)
            return self._market

    def _take_up(self, store: Store, serial: int) -> None:
        first = self._serial < 0
        refs = set(store.heads()) if first else {event.ref for event in store.since(self._serial)}
        ours = {ref for ref in refs if ref.kind in KINDS}
        if ours:
            known = {uid: one for uid, one in self._known.items() if one.ref not in ours}
            for ref, resource in store.load(ours).items():
                with suppress(Permanent):  # it has gone since, and the event that says so is still to come
                    uid = store.ledger.uid(ref)
                    known[uid] = _read(uid, resource)
            self._market, self._known = _sorted(known), known
        self._serial = serial


def _read(uid: int, resource: Resource) -> Version | Buyer | Source:
    ref, state, revision, document = resource.ref, resource.state, resource.revision, resource.document
    spec = canonical.encode(document.get("spec", {}))
    if ref.kind == BUYER:
        return Buyer(uid, ref, state, AccountContractSpec.model_validate_json(spec), revision)
    if ref.kind == SOURCE:
        return Source(uid, ref, state, PartnerContractSpec.model_validate_json(spec), revision)
    return Version(uid, ref, state, LeadCampaignSpec.model_validate_json(spec), _zone(document), revision)


def _zone(document: Mapping[str, Any]) -> str:
    return str(document.get("schedule", {}).get("timezone") or "UTC")


def _sorted(known: Mapping[int, Version | Buyer | Source]) -> Market:
    campaigns: dict[str, dict[int, Version]] = {}
    for one in _of(Version, known.values()):
        campaigns.setdefault(one.ref.name, {})[one.ref.version] = one
    buyers = {one.ref.name: one for one in _of(Buyer, known.values())}
    by_campaign: dict[str, list[Buyer]] = {}
    for buyer in buyers.values():
        if buyer.state == PRESENT:
            by_campaign.setdefault(buyer.spec.campaign, []).append(buyer)
    return Market(
        MappingProxyType(campaigns),
        MappingProxyType(buyers),
        MappingProxyType({one.ref.name: one for one in _of(Source, known.values())}),
        known,
        {name: tuple(found) for name, found in by_campaign.items()},
    )


def _of(kind: type[T], known: Iterable[object]) -> list[T]:
    """Those of one kind, by ref."""
    return sorted((one for one in known if isinstance(one, kind)), key=lambda one: one.ref)
