"""Everything about one resource, gathered to be shown."""

from dataclasses import dataclass

from reconciler.model.change import Change
from reconciler.model.event import Event
from reconciler.model.lifecycle import Lifecycle, Transition
from reconciler.model.manifest import Manifest
from reconciler.model.plan import GuardVerdict
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource


@dataclass(frozen=True, slots=True)
class Option:
    """A transition that leaves the present state, and what its guards say now."""

    transition: Transition
    guards: tuple[GuardVerdict, ...]


@dataclass(frozen=True, slots=True)
class Portrait:
    """A stored resource, its law, what its manifest asks (`desired` is empty without one), and its neighbours."""

    resource: Resource
    law: Lifecycle
    manifest: Manifest | None
    desired: str
    changes: tuple[Change, ...]
    options: tuple[Option, ...]
    users: tuple[Ref, ...]
    targets: tuple[Ref, ...]
    events: tuple[Event, ...] = ()
    has_runtime: bool = False
