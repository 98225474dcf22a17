"""What the store knows of one address: whether it must not be mailed, and since when."""

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.kinds.email.staging import Standing
from reconciler.model.instant import to_text
from reconciler.model.returns import Returns


@dataclass(frozen=True, slots=True)
class Standings(Standing):
    """Implements `staging.Standing` over the store's suppressions."""

    known: Returns

    def reasons(self, key: str, lists: Sequence[str]) -> Sequence[str]:
        """See `staging.Standing`."""
        found = (self.known.suppressed([key], [name]).get(key) for name in ("", *lists))
        kept = {(one.list, one.reason): one for one in found if one is not None}
        return [
            f"{one.reason} since {to_text(one.at)}" + (f" on {one.list}" if one.list else "") for one in kept.values()
        ]
