"""Which resources something is about: by kind and labels, as Kubernetes' selectors are read."""

from collections.abc import Mapping
from typing import Final

from reconciler.model.record import Record


class Match(Record, frozen=True):
    """Picks a resource of one of `kinds` (none: of any) that has all of `labels` with these values."""

    kinds: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()

    def picks(self, kind: str, labels: Mapping[str, str]) -> bool:
        """Whether a resource of this kind with these labels is meant."""
        return (not self.kinds or kind in self.kinds) and all(labels.get(name) == value for name, value in self.labels)


ANYTHING: Final = Match()
"""Picks every resource."""
