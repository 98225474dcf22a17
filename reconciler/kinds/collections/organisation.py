"""The organisation's settings for collections, as they are applied."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from reconciler.kinds.collections.collection_settings.spec import CollectionSettingsSpec
from reconciler.model import canonical
from reconciler.model.instant import first_instant
from reconciler.model.ports import Store
from reconciler.model.ref import Ref

KIND: Final = "CollectionSettings"
_USUAL: Final = CollectionSettingsSpec(timezone="UTC")


@dataclass(frozen=True, slots=True)
class Organisation:
    """The settings; `ref` is None where nobody has written any, and the usual ones hold."""

    ref: Ref | None
    spec: CollectionSettingsSpec

    @property
    def zone(self) -> ZoneInfo:
        """The zone of its dates."""
        return ZoneInfo(self.spec.timezone)

    def today(self, now: datetime) -> date:
        """The date there."""
        return now.astimezone(self.zone).date()

    def midnight(self, now: datetime) -> datetime:
        """When its day began."""
        return first_instant(datetime.combine(self.today(now), datetime.min.time()), self.zone)


def organisation(store: Store) -> Organisation:
    """What the store says."""
    refs = sorted(ref for ref, head in store.heads(KIND).items() if head.state == "present")
    found = store.load(refs[:1])
    if not found:
        return Organisation(None, _USUAL)
    ref, resource = next(iter(found.items()))
    document = canonical.encode(resource.document.get("spec", {}))
    return Organisation(ref, CollectionSettingsSpec.model_validate_json(document))
