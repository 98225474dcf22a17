"""What the store knows: the actual state of each resource."""

from datetime import datetime

from reconciler.model.canonical import Document
from reconciler.model.hold import Holds
from reconciler.model.record import Record
from reconciler.model.ref import Ref


class Head(Record, frozen=True):
    """A resource in short: enough to see whether anything is to be decided about it."""

    ref: Ref
    state: str
    digest: str
    satisfied: tuple[str, ...]
    flags: tuple[str, ...]
    revision: int
    applied_at: str = ""
    """When it was last written, as UTC text; holds that come and go do not count."""
    asked: str = ""
    """The `state` of its manifest when it was last written; empty where that is not known."""
    holds: Holds = ()
    """Who keeps the reconciler's hands off it, also those whose time is over until somebody looks."""
    operated: str = ""
    """The cause by which an operator took it into its state; empty where anybody else did."""


class Resource(Record, frozen=True):
    """A resource in full. `satisfied` is the set of desired states that its actual state stands for (DESIGN §5)."""

    ref: Ref
    state: str
    digest: str
    document: Document
    satisfied: tuple[str, ...]
    flags: tuple[str, ...]
    revision: int
    entered_at: datetime
    applied_at: datetime
    file: str = ""
    commit: str = ""
    head: str = ""
    """The hash of its last event."""
    asked: str = ""
    """The `state` of its manifest when it was last written; empty where that is not known."""
    holds: Holds = ()
    operated: str = ""
    """See `Head`."""
