"""The NotificationSettings that hold: what is expected, in which zone a day is a day, and who hears. (I-22, I-23)"""

from dataclasses import dataclass, field
from typing import Final

from reconciler.kinds.receivables.notification_settings.spec import NotificationSettingsSpec
from reconciler.model import canonical
from reconciler.model.ports import Store
from reconciler.model.ref import Ref

KIND: Final = "NotificationSettings"
PRESENT: Final = "present"


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds. `ref` is None where nothing is written down: then it is what a manifest without entries would say."""

    ref: Ref | None = None
    spec: NotificationSettingsSpec = field(default_factory=NotificationSettingsSpec)

    @property
    def expected(self) -> int:
        """Percent of the invoices that should be in a campaign."""
        return self.spec.in_campaign.expected_percent

    def zone(self, project: str | None = None) -> str:
        """Where a day is a day: the creditor's zone, else the project's where that is known, else UTC."""
        return self.spec.timezone or project or "UTC"


def settings_of(store: Store) -> Settings:
    """The settings that are stored; of several those whose name comes first."""
    refs = sorted(ref for ref, head in store.heads(KIND).items() if head.state == PRESENT)
    if not refs:
        return Settings()
    found = store.load(refs[:1])[refs[0]]
    return Settings(
        refs[0], NotificationSettingsSpec.model_validate_json(canonical.encode(found.document.get("spec", {})))
    )
