"""Contracts with outdated settings: they name what was changed or removed in a version since. (L-11, L-12, AMB-L8)

Nothing is marked. A contract was fitted to the revision of the version at which it was last saved, which the log knows, or
at which it joined the version or was confirmed, which is written down; what it names is compared between that revision and
the version as it is. So an edit that is taken back outdates nobody, and the report cannot be behind.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from reconciler.kinds.leads.market import TAKES, Buyer, Market, Outlook, Source, Version
from reconciler.model.canonical import Document
from reconciler.model.event import Event
from reconciler.model.instant import from_text
from reconciler.model.outdated import How, Outdated, Sort
from reconciler.model.ports import Store
from reconciler.model.ref import Ref

Named = frozenset[tuple[Sort, str]]
"""What a contract names."""
Altered = Mapping[tuple[Sort, str], How]
"""What is not as it was."""
Contract = Buyer | Source

_OF_LEAD: Final = re.compile(
    r"""(?<![.\w])lead\s*(?:\.\s*([A-Za-z]\w*)|\[\s*["']([A-Za-z]\w*)["']\s*\])|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'"""
)
"""A field of the lead in an expression; texts are skipped."""
_PLACEHOLDER: Final = re.compile(r"\{\{[\s-]*([A-Za-z]\w*)")
"""A field of the lead in a subject."""
_NAMED: Final = 10
"""Contracts that a warning names."""


def named_by(one: Contract) -> Named:
    """What a contract names: verticals, workflows, and fields in its condition, deliveries and ping."""
    if isinstance(one, Source):
        places = ((Sort.VERTICAL, one.spec.vertical), (Sort.WORKFLOW, one.spec.workflow))
        return frozenset((sort, name) for sort, name in places if name)
    spec = one.spec
    fields = {found[1] or found[2] for found in _OF_LEAD.finditer(spec.where or "") if found[1] or found[2]}
    for delivery in spec.deliveries:
        fields |= {*delivery.fields, *_PLACEHOLDER.findall(delivery.subject or "")}
    fields |= {*spec.ping.fields} if spec.ping else set()
    return frozenset(
        [
            *((Sort.FIELD, name) for name in fields),
            *((Sort.VERTICAL, name) for name in spec.verticals),
            *((Sort.WORKFLOW, name) for name in spec.workflows),
        ]
    )


def altered(before: Document, after: Document) -> Altered:
    """What was changed or removed from one document of a version to another. What was added is nobody's."""
    old, new = _parts(before), _parts(after)
    return {
        key: How.CHANGED if key in new else How.REMOVED
        for key, part in old.items()
        if key not in new or new[key] != part
    }


def outdated(store: Store, campaign: str = "") -> Sequence[Outdated]:
    """The report, by version and contract: of all campaigns, or of one. Ask within one snapshot of the store."""
    market = Outlook().market(store)
    versions = (
        one for name, found in sorted(market.campaigns.items()) if campaign in ("", name) for one in found.values()
    )
    return [one for version in versions for one in _of_version(store, market, version)]


def would_outdate(store: Store, market: Market, ref: Ref, document: Document) -> Sequence[Ref]:
    """The contracts that name what a new document of a version changes or removes. (L-11)"""
    version, stored = market.version(ref.name, ref.version), store.load([ref]).get(ref)
    if version is None or stored is None:
        return ()
    differs = altered(stored.document, document)
    return [one.ref for one in _contracts(market, version) if not differs.keys().isdisjoint(named_by(one))]


def outdating(store: Store, market: Market, ref: Ref, document: Document) -> Mapping[str, int | str]:
    """The same as facts: how many there are, and their names."""
    found = would_outdate(store, market, ref, document)
    return {"contractsOutdated": len(found), "outdatedContracts": _naming(found)}


def _naming(contracts: Sequence[Ref]) -> str:
    more = f" and {len(contracts) - _NAMED} more" if len(contracts) > _NAMED else ""
    return ", ".join(map(str, contracts[:_NAMED])) + more


def join_contracts(store: Store, market: Market, ref: Ref, now: datetime) -> None:
    """The effect join-contracts: write down for whom a draft that becomes more is new, and as of which revision. (AMB-L4)

    Contracts that a version has in test are in it already when it is published, and stay fitted to what they were.
    """
    resource = store.load([ref])[ref]
    if resource.state != "draft":
        return
    version = market.version(ref.name, ref.version)
    if version is not None:
        buyers = market.buyers_of(replace(version, state="test"))
        store.lead_books.join([one.uid for one in buyers], version.uid, resource.revision, now)


def confirm(store: Store, contract: Ref, now: datetime) -> Sequence[Ref]:
    """Somebody has looked: the contract fits the versions that it is in, as they are. These versions."""
    with store.snapshot():
        market = Outlook().market(store)
        versions = [one for found in market.campaigns.values() for one in found.values()]
        met = [version for version in versions if any(one.ref == contract for one in _contracts(market, version))]
        stored = store.load([one.ref for one in met])
        uid = store.ledger.uid(contract)
    for version in met:
        store.lead_books.confirm(uid, version.uid, stored[version.ref].revision, now)
    return [version.ref for version in met]


def _of_version(store: Store, market: Market, version: Version) -> Iterator[Outdated]:
    contracts = _contracts(market, version)
    if not contracts:
        return
    history = _History.of(store, version.ref)
    written = store.lead_books.baselines(version.uid)
    for one in contracts:
        named = named_by(one)
        if not named:
            continue
        baseline = written.get(one.uid)
        revision = max(history.revision_before(_saved(store, one.ref)), baseline.revision if baseline else 1)
        differs = altered(history.document_at(revision), history.latest)
        why = sorted((*key, differs[key]) for key in named & differs.keys())
        if why:
            yield Outdated(one.ref, version.ref, revision, history.time_of(revision), tuple(why))


def _contracts(market: Market, version: Version) -> list[Contract]:
    """The contracts that a version has, of both sorts; only one in test or published has any."""
    if version.state not in TAKES:
        return []
    alone = len(market.versions(version.ref.name)) == 1
    sources = (
        one
        for one in market.sources.values()
        if one.state == "present"
        and one.spec.campaign == version.ref.name
        and (one.spec.version == version.ref.version or (one.spec.version is None and alone))
    )
    return sorted([*market.buyers_of(version), *sources], key=lambda one: one.ref)


def _saved(store: Store, contract: Ref) -> int:
    """The number of the event that last brought a document of the contract in."""
    return max((event.serial for event in store.events(contract) if "document" in event.body), default=0)


@dataclass(frozen=True, slots=True)
class _History:
    """What the log says of a version: its events, oldest first, and the documents that they brought."""

    events: Sequence[Event]
    documents: Sequence[tuple[int, Document]]
    """By revision."""

    @classmethod
    def of(cls, store: Store, ref: Ref) -> "_History":
        events = list(store.events(ref))
        return cls(events, [(one.sequence, one.body["document"]) for one in events if "document" in one.body])

    @property
    def latest(self) -> Document:
        return self.documents[-1][1]

    def revision_before(self, serial: int) -> int:
        """The revision that the version had when an event was written; 0 where there was no version yet."""
        return max((one.sequence for one in self.events if one.serial < serial), default=0)

    def document_at(self, revision: int) -> Document:
        """The document as of a revision; the first one where it is older."""
        return next((document for at, document in reversed(self.documents) if at <= revision), self.documents[0][1])

    def time_of(self, revision: int) -> datetime:
        at = next((one for one in self.events if one.sequence == revision), self.events[0])
        return from_text(at.body["at"])


def _parts(document: Document) -> dict[tuple[Sort, str], Any]:
    """What contracts may name of a version, each with all that is written of it."""
    spec = document.get("spec", {})
    return {
        **{(Sort.FIELD, one["name"]): one for one in _list(spec, "fields")},
        **{(Sort.VERTICAL, name): name for name in _list(spec, "verticals")},
        **{(Sort.WORKFLOW, one["name"]): one for one in _list(spec, "workflows")},
    }


def _list(spec: Mapping[str, Any], name: str) -> Iterable[Any]:
    return spec.get(name) or ()
