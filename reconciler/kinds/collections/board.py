"""What contacts depend on, as the store has it: active campaigns, their strategies, channels and texts, and the settings.

Read anew whenever the log has grown, so that a limit that was lowered holds for the very next contact.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from reconciler.kinds.collections.collection_campaign.spec import CollectionCampaignSpec
from reconciler.kinds.collections.collection_settings.spec import CollectionSettingsSpec
from reconciler.kinds.collections.strategy.spec import StrategySpec
from reconciler.model import canonical
from reconciler.model.canonical import Document
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource

CAMPAIGN: Final = "CollectionCampaign"
SETTINGS: Final = "CollectionSettings"
USUAL: Final = CollectionSettingsSpec(timezone="UTC")
"""What holds where nobody has written settings, or has deleted them."""
_ACTIVE: Final = "active"
_GONE: Final = "deleted"


@dataclass(frozen=True, slots=True)
class Running:
    """An active campaign. `strategy` is None where there is none any more."""

    ref: Ref
    uid: int
    spec: CollectionCampaignSpec
    strategy: StrategySpec | None
    document: Document


@dataclass(frozen=True, slots=True)
class Board:
    """All of it, at one moment."""

    settings: CollectionSettingsSpec = USUAL
    running: Mapping[int, Running] = field(default_factory=dict)
    """The active campaigns by uid."""
    beside: Mapping[Ref, Document] = field(default_factory=dict)
    """The channels and templates that their strategies name."""

    def channel(self, name: str) -> Document | None:
        """A channel as it is applied; None where there is none any more."""
        return self.beside.get(Ref("Channel", name))

    def template(self, name: str) -> Document | None:
        """A template as it is applied; None where there is none any more."""
        return self.beside.get(Ref("Template", name))


@dataclass(slots=True)
class Boards:
    """The board of a store. Use from one thread."""

    _mark: str = ""
    _known: Board = field(default_factory=Board)

    def of(self, store: Store) -> Board:
        """As it is by now."""
        mark = store.mark()
        if not mark or mark != self._mark:
            with store.snapshot():
                self._mark, self._known = store.mark(), _read(store)
        return self._known


def _read(store: Store) -> Board:
    heads = store.heads()
    campaigns = store.load(ref for ref, one in heads.items() if ref.kind == CAMPAIGN and one.state == _ACTIVE)
    specs = {ref: _campaign(one.document) for ref, one in campaigns.items()}
    strategies = _present(store, {Ref("Strategy", spec.strategy) for spec in specs.values() if spec.strategy})
    found = {ref.name: StrategySpec.model_validate_json(_spec(one.document)) for ref, one in strategies.items()}
    running = [
        Running(ref, store.ledger.uid(ref), spec, found.get(spec.strategy or ""), campaigns[ref].document)
        for ref, spec in sorted(specs.items())
    ]
    steps = [step for one in found.values() for step in one.steps]
    named = {Ref("Channel", one.channel) for one in steps} | {Ref("Template", one.template) for one in steps}
    beside = {ref: one.document for ref, one in _present(store, named).items()}
    settings = [ref for ref, one in heads.items() if ref.kind == SETTINGS and one.state != _GONE]
    return Board(_settings(store, settings), {one.uid: one for one in running}, beside)


def _settings(store: Store, refs: Iterable[Ref]) -> CollectionSettingsSpec:
    """There is one at most: the law says so."""
    found = store.load(refs)
    return next(
        (CollectionSettingsSpec.model_validate_json(_spec(one.document)) for _, one in sorted(found.items())), USUAL
    )


def _present(store: Store, refs: Iterable[Ref]) -> dict[Ref, Resource]:
    return {ref: one for ref, one in store.load(refs).items() if one.state != _GONE}


def _campaign(document: Document) -> CollectionCampaignSpec:
    return CollectionCampaignSpec.model_validate_json(_spec(document))


def _spec(document: Document) -> bytes:
    return canonical.encode(document.get("spec", {}))
