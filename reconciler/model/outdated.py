"""Contracts with outdated settings, as they are reported. (L-12, AMB-L8)"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from reconciler.model.ref import Ref


class Sort(StrEnum):
    """What a contract can name. No contract names a category: AMB-L8 would hold for it too."""

    FIELD = "field"
    VERTICAL = "vertical"
    WORKFLOW = "workflow"


class How(StrEnum):
    """What became of it."""

    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Outdated:
    """A contract that no longer fits a version. It was fitted to its `revision`, at `since`."""

    contract: Ref
    version: Ref
    revision: int
    since: datetime
    why: tuple[tuple[Sort, str, How], ...]
