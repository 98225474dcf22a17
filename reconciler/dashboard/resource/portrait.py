"""Everything about one resource, worked out once for all who look at it in the same seconds."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
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


_EVERY: Final = 1.0
_PATIENCE: Final = 3.0
"""Seconds that the page waits for what the manifests say; after that it is by the store alone."""
_COMING: Final = "They are still being read; load this page again in a moment."


@dataclass(frozen=True, slots=True)
class Seen:
    """A portrait. `trouble` says why it is by the store alone, where the manifests cannot be asked."""

    portrait: Portrait
    trouble: str = ""


def seen(visit: Visit, one: Resource) -> Seen | None:
    """The resource with all that is known of it; None where its kind is no longer defined."""
    premises = visit.premises
    if one.ref.kind not in premises.repository.kinds.table:
        return None
    work = partial(_seen, premises, one, visit.now)
    key = "portrait", one.ref, one.revision, premises.repository.edition, f"{visit.now:%Y-%m-%dT%H:%M}"
    held = premises.kept.glance(key, work, _EVERY, _PATIENCE)
    return held.value if held else _alone(premises, one, visit.now, visit.store, _COMING)


def _seen(premises: Premises, one: Resource, now: datetime, store: Store) -> Seen:
    try:
        with premises.repository.reconciler(store) as reconciler:
            known = premises.repository.survey(reconciler, now)
            return Seen(portrait_of(reconciler.gatherer, one, now, EVENTS, known))
    except Invalid as error:
        return _alone(premises, one, now, store, _why(error))


def _alone(premises: Premises, one: Resource, now: datetime, store: Store, trouble: str) -> Seen:
    return Seen(portrait_as_stored(_surroundings(premises, store), one, now, EVENTS), trouble)


def _surroundings(premises: Premises, store: Store) -> Surroundings:
    app, kinds = premises.app, premises.repository.kinds
    zone = app.project.timezone or "UTC"
    return Surroundings(store, kinds.table, app.runtimes(store), zone, app.policies(kinds))


def _why(error: Invalid) -> str:
    count, first = len(error.diagnostics), error.diagnostics[0]
    more = f", and {count - 1} more" if count > 1 else ""
    return f"{first.place}: {first.detail or first.summary}{more}"
