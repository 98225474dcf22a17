"""What contacts depend on, as the store has it: campaigns, how they are conducted, and channels.

Read anew whenever the log has grown, so that a limit that was lowered holds for the very next contact.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from reconciler.kinds.collections.collection_campaign.spec import CollectionCampaignSpec
from reconciler.kinds.collections.deciding import Conduct
from reconciler.kinds.collections.limits import Limits, limits
from reconciler.kinds.collections.organisation import Organisation, organisation
from reconciler.kinds.collections.reading import activated
from reconciler.kinds.collections.seen import account_seen
from reconciler.kinds.collections.steps import course
from reconciler.kinds.collections.strategy.spec import StrategySpec
from reconciler.kinds.messaging.channels import Channel, channel_of
from reconciler.model import canonical
from reconciler.model.canonical import Document
from reconciler.model.errors import Permanent
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource

CAMPAIGN: Final = "CollectionCampaign"
_ACTIVE: Final = "active"
_RUNS: Final = (_ACTIVE, "paused")
_GONE: Final = "deleted"


@dataclass(frozen=True, slots=True)
class Running:
    """A campaign that is active or paused. `source` is the uid of its AccountSource, 0: it names none."""

    ref: Ref
    uid: int
    spec: CollectionCampaignSpec
    since: datetime
    """When it was activated first."""
    source: int
    strategy: StrategySpec | None
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Board:
    """All of it, at one moment."""

    organisation: Organisation
    limits: Limits
    running: Mapping[int, Running]
    """Active and paused campaigns by uid: those that were activated first come first, then by name (AMB-C9)."""
    channels: Mapping[str, Channel]
    """The channels that their strategies name, by name."""

    def conduct(self, one: Running) -> Conduct:
        """By what the accounts of a campaign are contacted. Permanent where its strategy or a channel is not there."""
        if one.strategy is None:
            raise Permanent(f"{one.ref} has no strategy")
        media = {step.channel: self.channel(step.channel).medium for step in one.strategy.steps}
        return Conduct(course(one.strategy, media), self.limits, account_seen)

    def channel(self, name: str) -> Channel:
        """A channel as it is applied. Permanent where there is none any more."""
        if name not in self.channels:
            raise Permanent(f"Channel/{name} is not there any more")
        return self.channels[name]


@dataclass(slots=True)
class Boards:
    """The board of a store. Use from one thread."""

    store: Store
    _mark: str = ""
    _known: Board | None = None

    def now(self) -> Board:
        """As it is by now."""
        mark = self.store.mark()
        if self._known is None or not mark or mark != self._mark:
            with self.store.snapshot():
                self._mark, self._known = self.store.mark(), _read(self.store)
        return self._known


def _read(store: Store) -> Board:
    settings = organisation(store)
    sources = store.heads("AccountSource")
    campaigns = store.load(ref for ref, one in store.heads(CAMPAIGN).items() if one.state in _RUNS)
    specs = {ref: CollectionCampaignSpec.model_validate_json(_spec(one)) for ref, one in campaigns.items()}
    plans = _present(store, {Ref("Strategy", spec.strategy) for spec in specs.values() if spec.strategy})
    strategies = {ref.name: StrategySpec.model_validate_json(_spec(one)) for ref, one in plans.items()}
    names = {step.channel for one in strategies.values() for step in one.steps}
    channels = _present(store, {Ref("Channel", name) for name in names})
    running = [
        Running(
            ref,
            store.ledger.uid(ref),
            spec,
            activated(store, ref) or campaigns[ref].entered_at,
            _source(store, spec, sources),
            strategies.get(spec.strategy or ""),
            campaigns[ref].state == _ACTIVE,
        )
        for ref, spec in specs.items()
    ]
    return Board(
        settings,
        limits(settings.spec),
        {one.uid: one for one in sorted(running, key=lambda one: (one.since, one.ref))},
        {ref.name: channel_of(ref.name, one.document) for ref, one in channels.items()},
    )


def _source(store: Store, spec: CollectionCampaignSpec, known: Container[Ref]) -> int:
    ref = Ref("AccountSource", spec.accounts.source) if spec.accounts else None
    return store.ledger.uid(ref) if ref is not None and ref in known else 0


def _present(store: Store, refs: Iterable[Ref]) -> dict[Ref, Resource]:
    return {ref: one for ref, one in store.load(refs).items() if one.state != _GONE}


def _spec(one: Resource) -> bytes:
    document: Document = one.document.get("spec", {})
    return canonical.encode(document)
