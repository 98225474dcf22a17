"""The timeline of some resources as a picture: drawn in the background, for it reads their logs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from reconciler.controller.axis import lay_out
from reconciler.dashboard.premises import Premises
from reconciler.dashboard.visit import Visit
from reconciler.model.plan import Plan
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.views.timeline_svg import render_svg

_EVERY: Final = 60.0
_PATIENCE: Final = 1.0
_LANES: Final = 40
"""Lanes of a picture; of more resources those with conflicts, and then those with a future."""


@dataclass(frozen=True, slots=True)
class _Drawing:
    premises: Premises
    plan: Plan
    wanted: frozenset[Ref]
    since: datetime
    zone: str

    def __call__(self, store: Store) -> str:
        with self.premises.repository.reconciler(store) as reconciler:
            return render_svg(lay_out(reconciler.gatherer, self.plan, self.since, self.wanted), _LANES, zone=self.zone)


def picture_of(visit: Visit, plan: Plan, wanted: Sequence[Ref], since: datetime, zone: str = "UTC") -> str:
    """The timeline of these resources since then, to the plan's horizon, in that zone. Empty where there is none, or none yet."""
    if not wanted:
        return ""
    drawing = _Drawing(visit.premises, plan, frozenset(wanted), since, zone)
    minute = f"{plan.made_at:%Y-%m-%dT%H:%M}"
    key = ("timeline", drawing.wanted, minute, plan.horizon, plan.digest, plan.serial, f"{since:%Y-%m-%d}", zone)
    held = visit.premises.kept.glance(key, drawing, _EVERY, _PATIENCE)
    return held.value if held else ""
