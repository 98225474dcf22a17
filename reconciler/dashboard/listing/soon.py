"""What comes next of each resource, by the last plan that was worked out: entries, timers, ends of holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from reconciler.dashboard.outlook.foresight import foreseen
from reconciler.dashboard.visit import Visit
from reconciler.model.errors import MusterError
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Plan, Verb
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.timeline import Foresight, Occurrence

PATIENCE: Final = 0.02
_SILENT: Final = (Foresight.SHADOWED, Foresight.NEVER)


@dataclass(frozen=True, slots=True)
class Next:
    """The next thing to come: when, the state after it, and what is to be said of it (empty where it is legal)."""

    at: datetime
    state: str
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Soon:
    """What is to come, by the plan of the files; and what stands in the files alone."""

    by_ref: Mapping[Ref, Next] = field(default_factory=dict)
    new: Mapping[str, int] = field(default_factory=dict)
    """By kind, how many resources a plan would create."""


def soon(visit: Visit) -> Soon | None:
    """By the last plan; None where nobody has one. It waits for none."""
    try:
        held = foreseen(visit, patience=0.0)
        if held is None or held.value.plan is None:
            return None
        plan = held.value.plan

        def work(_store: Store) -> Soon:
            return _told(plan)

        found = visit.premises.kept.glance(("soon", held.as_of, plan.digest), work, 3600.0, PATIENCE)
    except MusterError:
        return None
    return found.value if found else None


def by_entries(manifest: Manifest | None, now: datetime) -> Next | None:
    """The next entry of a manifest's schedule: what is known without a plan."""
    entry = next((one for one in manifest.entries if one.instant > now), None) if manifest else None
    return Next(entry.instant, entry.state) if entry else None


def _told(plan: Plan) -> Soon:
    found: dict[Ref, Next] = {}
    for one in _in_time(plan.timeline):
        if one.verdict not in _SILENT and one.ref not in found:
            legal = one.verdict is Foresight.LEGAL
            found[one.ref] = Next(one.at, one.target, "" if legal else one.verdict.value)
    new: dict[str, int] = {}
    for resource in plan.resources:
        if resource.action is Verb.CREATE:
            new[resource.ref.kind] = new.get(resource.ref.kind, 0) + 1
    return Soon(found, new)


def _in_time(timeline: Sequence[Occurrence]) -> list[Occurrence]:
    return sorted(timeline, key=lambda one: one.at)
