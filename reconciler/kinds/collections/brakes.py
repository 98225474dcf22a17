"""Why the engine contacts nobody, in no campaign: the organisation's setting, and an operator's brake. (AMB-C13)"""

from collections.abc import Sequence

from reconciler.kinds.collections.organisation import organisation
from reconciler.model.instant import to_text
from reconciler.model.ports import Store


def brakes(store: Store) -> Sequence[str]:
    """The brakes that are on, in words; none where somebody may be contacted."""
    found = []
    settings = organisation(store)
    if settings.spec.engine_paused:
        found.append(f"enginePaused in {settings.ref}")
    brake = store.contact_queue.braked()
    if brake is not None and brake.is_on:
        found.append(f"{brake.reason} ({brake.actor}, {to_text(brake.at)})")
    return found
