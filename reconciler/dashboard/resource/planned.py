"""What the plan says of one resource: what it would do, what stands in the way, and what would work instead."""

from dataclasses import dataclass
from datetime import datetime

from reconciler.dashboard.outlook import plan_rows
from reconciler.dashboard.outlook.foresight import foreseen
from reconciler.dashboard.visit import Visit
from reconciler.model.errors import MusterError
from reconciler.model.ref import Ref

_PATIENCE = 5.0
"""Seconds that the page waits for a plan that is being made."""


@dataclass(frozen=True, slots=True)
class Planned:
    """Rows as the page of the plan has them. `trouble` says why there is no plan; both empty: it says nothing of it."""

    as_of: datetime | None = None
    trouble: str = ""
    changes: tuple[plan_rows.ChangedRow, ...] = ()
    blocked: tuple[plan_rows.BlockedRow, ...] = ()
    waiting: tuple[plan_rows.WaitingRow, ...] = ()
    drift: tuple[plan_rows.StrayedRow, ...] = ()

    @property
    def is_silent(self) -> bool:
        """Whether there is a plan, and it has nothing to do about this one."""
        return not (self.trouble or self.changes or self.blocked or self.waiting or self.drift)


def hindrance(visit: Visit, ref: Ref) -> str:
    """The first rule, other than a hold, that forbids what its manifest asks, by the last plan; empty: none is known."""
    try:
        held = foreseen(visit, patience=0.0)
    except MusterError:
        return ""
    plan = held.value.plan if held else None
    found = (one.refusals[0].message for one in plan.blocked if one.ref == ref and not one.held) if plan else ()
    return next(iter(found), "")


def planned(visit: Visit, ref: Ref) -> Planned:
    """What it says of this resource, as it was worked out last."""
    held = foreseen(visit, patience=_PATIENCE)
    if held is None:
        return Planned(trouble="the plan is being worked out; load this page again in a moment")
    plan = held.value.plan
    if plan is None:
        count = len(held.value.diagnostics)
        problems = f"{count} problem{'s' if count != 1 else ''}"
        return Planned(held.as_of, f"there is no plan while the files have {problems}; the page of the plan says where")
    return Planned(
        as_of=held.as_of,
        changes=(
            *(plan_rows.due(one) for one in plan.due if one.ref == ref),
            *(plan_rows.changed(one) for one in plan.resources if one.ref == ref),
        ),
        blocked=tuple(plan_rows.blocked(one) for one in plan.blocked if one.ref == ref),
        waiting=tuple(plan_rows.waiting(one) for one in plan.waiting if one.ref == ref),
        drift=tuple(plan_rows.strayed(one) for one in plan.drift if one.ref == ref),
    )
