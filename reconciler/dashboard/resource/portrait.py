"""Everything about one resource, worked out once for all who look at it in the same seconds."""

from dataclasses import dataclass
from typing import Final

from reconciler.controller.inspect import portrait_as_stored, portrait_of
from reconciler.controller.operate import Surroundings
from reconciler.dashboard.premises import Premises
from reconciler.dashboard.visit import Visit
from reconciler.model.errors import Invalid
from reconciler.model.portrait import Portrait
from reconciler.model.ports import Store
from reconciler.model.resource import Resource

EVENTS: Final = 8
"""Events that the first page shows."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A portrait. `trouble` says why it is by the store alone, where the manifests cannot be read as a whole."""

    portrait: Portrait
    trouble: str = ""


def seen(visit: Visit, one: Resource) -> Seen | None:
    """The resource with all that is known of it; None where its kind is no longer defined."""
    if one.ref.kind not in visit.premises.repository.kinds.table:
        return None
    return _seen(visit.premises, one, visit.store)


def _seen(premises: Premises, one: Resource, store: Store) -> Seen:
    now = premises.app.clock.now()
    try:
        with premises.repository.reconciler(store) as reconciler:
            return Seen(portrait_of(reconciler.gatherer, one, now, EVENTS))
    except Invalid as error:
        around = _surroundings(premises, store)
        return Seen(portrait_as_stored(around, one, now, EVENTS), _why(error))


def _surroundings(premises: Premises, store: Store) -> Surroundings:
    app, kinds = premises.app, premises.repository.kinds
    zone = app.project.timezone or "UTC"
    return Surroundings(store, kinds.table, app.runtimes(store), zone, app.policies(kinds))


def _why(error: Invalid) -> str:
    count, first = len(error.diagnostics), error.diagnostics[0]
    more = f", and {count - 1} more" if count > 1 else ""
    return f"{first.place}: {first.detail or first.summary}{more}"
