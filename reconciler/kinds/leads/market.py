"""The market: what servers and workers know of campaigns, buyers and partners, from the store alone. (L-05, L-45, AMB-L4)"""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
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


Known = Version | Buyer | Source


@dataclass(frozen=True, slots=True)
class Market:
    """All of them as they were at one moment, deleted ones too; by name, those with versions by name and number."""

    campaigns: Mapping[str, Mapping[int, Version]] = field(default_factory=dict)
    buyers: Mapping[str, Buyer] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)
    by_uid: Mapping[int, Known] = field(default_factory=dict)
    by_campaign: Mapping[str, tuple[Buyer, ...]] = field(default_factory=dict)
    """The contracts that are present."""
    _met: dict[int, tuple[Buyer, ...]] = field(default_factory=dict)

    def version(self, name: str, number: int) -> Version | None:
        """One version of a campaign; None where there is none."""
        return self.campaigns.get(name, {}).get(number)

    def versions(self, name: str) -> tuple[Version, ...]:
        """All versions of a campaign, the oldest first."""
        return tuple(self.campaigns.get(name, {}).values())

    def version_of(self, uid: int) -> Version | None:
        """The version whose rows are kept under this uid."""
        found = self.by_uid.get(uid)
        return found if isinstance(found, Version) else None

    def buyer_of(self, uid: int) -> Buyer | None:
        """The account contract whose rows are kept under this uid."""
        found = self.by_uid.get(uid)
        return found if isinstance(found, Buyer) else None

    def source_of(self, uid: int) -> Source | None:
        """The partner contract whose rows are kept under this uid."""
        found = self.by_uid.get(uid)
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
            ours = self.by_campaign.get(version.ref.name, ())
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
        self._uids: dict[Ref, int] = {}
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
            self._replace(ours, dict(_found(store, ours)))
        self._serial = serial

    def _replace(self, refs: Iterable[Ref], found: Mapping[int, Known]) -> None:
        """Put what was found in the place of what was known under these refs, or by the same uids under other ones."""
        known = dict(self._market.by_uid)
        uids = {*(self._uids[ref] for ref in refs if ref in self._uids), *found}
        gone = [known.pop(uid) for uid in uids if uid in known]
        for one in gone:
            self._uids.pop(one.ref, None)
        self._uids.update((one.ref, uid) for uid, one in found.items())
        known.update(found)
        self._market = _changed(self._market, gone, known, list(found.values()))


def _read(uid: int, resource: Resource) -> Known:
    ref, state, revision, document = resource.ref, resource.state, resource.revision, resource.document
    spec = canonical.encode(document.get("spec", {}))
    if ref.kind == BUYER:
        return Buyer(uid, ref, state, AccountContractSpec.model_validate_json(spec), revision)
    if ref.kind == SOURCE:
        return Source(uid, ref, state, PartnerContractSpec.model_validate_json(spec), revision)
    return Version(uid, ref, state, LeadCampaignSpec.model_validate_json(spec), _zone(document), revision)


def _zone(document: Mapping[str, Any]) -> str:
    return str(document.get("schedule", {}).get("timezone") or "UTC")


def _found(store: Store, refs: Iterable[Ref]) -> Iterator[tuple[int, Known]]:
    for ref, resource in store.load(refs).items():
        with suppress(Permanent):  # it has gone since, and the event that says so is still to come
            uid = store.ledger.uid(ref)
            yield uid, _read(uid, resource)


def _changed(market: Market, gone: Sequence[Known], known: Mapping[int, Known], come: Sequence[Known]) -> Market:
    """The market without some and with others. What has not changed is not put in order again: an apply may publish thousands."""
    campaigns = _campaigns(market.campaigns, _of(Version, gone), _of(Version, come))
    if all(isinstance(one, Version) for one in (*gone, *come)):
        return Market(campaigns, market.buyers, market.sources, known, market.by_campaign)
    buyers = {one.ref.name: one for one in _of(Buyer, known.values())}
    by_campaign: dict[str, list[Buyer]] = {}
    for buyer in buyers.values():
        if buyer.state == PRESENT:
            by_campaign.setdefault(buyer.spec.campaign, []).append(buyer)
    sources = {one.ref.name: one for one in _of(Source, known.values())}
    held = {name: tuple(found) for name, found in by_campaign.items()}
    return Market(campaigns, MappingProxyType(buyers), MappingProxyType(sources), known, held)


def _campaigns(
    before: Mapping[str, Mapping[int, Version]], gone: Sequence[Version], come: Sequence[Version]
) -> Mapping[str, Mapping[int, Version]]:
    """The versions by campaign, the oldest first."""
    campaigns = dict(before)
    for one in gone:
        group = dict(campaigns[one.ref.name])
        del group[one.ref.version]
        campaigns[one.ref.name] = group
    for one in come:
        group = {**campaigns.get(one.ref.name, {}), one.ref.version: one}
        campaigns[one.ref.name] = dict(sorted(group.items()))
    for name in {one.ref.name for one in gone}:
        if not campaigns[name]:
            del campaigns[name]
    return MappingProxyType(campaigns)


def _of(kind: type[T], known: Iterable[object]) -> list[T]:
    """Those of one kind, by ref."""
    return sorted((one for one in known if isinstance(one, kind)), key=lambda one: one.ref)
