"""The plan as all who look at it share it: worked out once, in the background, with the time that it is of."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Final

from reconciler.controller.gather import Wishes
from reconciler.controller.reconcile import present
from reconciler.dashboard.kept import Held
from reconciler.dashboard.premises import Premises
from reconciler.dashboard.render import titled
from reconciler.dashboard.visit import Visit
from reconciler.model.canonical import Document
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.errors import Invalid
from reconciler.model.horizon import ahead
from reconciler.model.listing import team_of
from reconciler.model.plan import Plan
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.timeline import DEFAULT_HORIZON

YEAR: Final = "1y"
"""How far the calendar looks ahead: as far as `muster calendar`."""
EVERY: Final = 5.0
"""Seconds that a plan is kept before somebody who looks has it made anew."""
SELDOM: Final = 30.0
"""The same for a large project."""
_LARGE: Final = 5_000
"""Resources and things to come from which a plan takes more than a moment."""
PATIENCE: Final = 1.0
"""Seconds that a page waits for it. Of a small project it is there by then; of a large one the last one is shown."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What a resource is called, and whose it is, as the list has it; empty where it does not say."""

    title: str = ""
    team: str = ""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A plan; None where the files are invalid, and `diagnostics` say where.

    `traits` are of what its timeline names; `coming` are the documents of what of that is not stored yet; `kinds` are those
    of all that it speaks of, `teams` those of its timeline.
    """

    plan: Plan | None
    diagnostics: tuple[Diagnostic, ...] = ()
    traits: Mapping[Ref, Traits] = field(default_factory=dict)
    coming: Mapping[Ref, Document] = field(default_factory=dict)
    kinds: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    edition: int = 0
    """Of the files, see `repository.Repository.edition`."""


def foreseen(visit: Visit, horizon: str = "", patience: float = PATIENCE) -> Held[Foreseen] | None:
    """What is foreseen until a horizon (that of `muster plan` where none is named); None while that is on its way.

    Of a small project it is what log and files say now; of a large one nobody waits for that.
    """
    kept, key, work = visit.premises.kept, ("foreseen", horizon), partial(_work, visit.premises, horizon)
    held = kept.glance(key, work, EVERY)
    if held is not None and _is_large(held.value):
        return kept.glance(key, work, SELDOM)
    if held is not None and _is_old(held.value, visit):
        kept.renew(key)
    return kept.glance(key, work, EVERY, patience)


def _is_old(one: Foreseen, visit: Visit) -> bool:
    is_of_log = one.plan is None or one.plan.serial == visit.store.serial()
    return not is_of_log or one.edition != visit.premises.repository.edition


def _is_large(one: Foreseen) -> bool:
    plan = one.plan
    return plan is not None and plan.unchanged + len(plan.resources) + len(plan.timeline) > _LARGE


def _work(premises: Premises, horizon: str, store: Store) -> Foreseen:
    try:
        with premises.repository.reconciler(store) as reconciler:
            now, edition = present(premises.app.clock, store), premises.repository.edition
            span: timedelta = ahead(horizon, now) if horizon else DEFAULT_HORIZON
            plan, _ = reconciler.plan(Wishes(horizon=span), now)
            named = sorted({ref for one in plan.timeline for ref in one.parties})
            documents = reconciler.gatherer.library.documents(named)
    except Invalid as error:
        return Foreseen(None, error.diagnostics, edition=premises.repository.edition)
    stored = store.load(named)
    coming = {ref: document for ref, document in documents.items() if ref not in stored}
    known = {ref: one.document for ref, one in stored.items()} | documents
    traits = {ref: Traits(titled(known[ref]), team_of(known[ref])) for ref in named if ref in known}
    kinds, teams = {ref.kind for ref in _refs(plan)}, {one.team for one in traits.values() if one.team}
    return Foreseen(plan, plan.diagnostics, traits, coming, tuple(sorted(kinds)), tuple(sorted(teams)), edition)


def _refs(plan: Plan) -> Iterator[Ref]:
    for found in (plan.due, plan.resources, plan.blocked, plan.waiting, plan.holds, plan.drift, plan.timeline):
        yield from (one.ref for one in found)
    yield from (ref for ref, _ in plan.unmanaged)
