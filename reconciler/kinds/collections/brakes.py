"""Why the engine contacts nobody, in no campaign: settings that pause it or were deleted, and an operator's brake. (AMB-C13)"""

from collections.abc import Sequence

from reconciler.model.ports import Store


def brakes(store: Store) -> Sequence[str]:
    """What keeps it, in words; none where somebody may be contacted. The queue asks the same before each contact."""
    return [one.told for one in store.contact_queue.engine().stops]
