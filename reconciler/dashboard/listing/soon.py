"""What comes next of each resource, by the last plan that was worked out: entries, timers, ends of holds."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from reconciler.dashboard.outlook.foresight import foreseen
from reconciler.dashboard.visit import Visit
from reconciler.model.errors import MusterError
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Plan, Reason, ResourcePlan, Verb
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.timeline import Foresight, Occurrence, Source
from reconciler.views.occurrence_text import cause

PATIENCE: Final = 0.02
_SILENT: Final = (Foresight.SHADOWED, Foresight.NEVER)


@dataclass(frozen=True, slots=True)
class Next:
    """A thing to come: when, the state after it, and what is to be said of it (empty where it is legal).

    `cause` is what makes it happen, empty for an entry of its schedule; `entry` is the index of that one, -1 for none.
    """

    at: datetime
    state: str
    verdict: str = ""
    cause: str = ""
    entry: int = -1


@dataclass(frozen=True, slots=True)
class Soon:
    """What is to come, by the plan of the files; what differs from them, and what stands in them alone."""

    by_ref: Mapping[Ref, Sequence[Next]] = field(default_factory=dict)
    until: datetime | None = None
    """How far that looks."""
    blocked: Mapping[Ref, str] = field(default_factory=dict)
    """Of what is left alone, for another reason than a hold: the first rule that forbids what its manifest asks."""
    drifted: frozenset[Ref] = frozenset()
    """What somebody has made differ from its manifest."""
    edited: Mapping[Ref, int] = field(default_factory=dict)
    """How many fields its manifest changes."""
    new: Mapping[str, int] = field(default_factory=dict)
    """By kind, how many resources a plan would create."""
    concerned: tuple[Ref, ...] = ()
    """What is blocked or has drifted, in the order of the list."""


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


def coming(found: Soon | None, ref: Ref, manifest: Manifest | None, now: datetime) -> tuple[Next, ...]:
    """What is still to come of one resource: by the plan, and beyond where that looks by the entries of its schedule.

    Where no plan knows anything of it, the entries are all that is known.
    """
    told = [one for one in found.by_ref.get(ref, ()) if one.at > now] if found else []
    since = max(now, found.until) if told and found and found.until else now
    entries = [one for one in manifest.entries if one.instant > since] if manifest else []
    return (*told, *(Next(one.instant, one.state, entry=one.index) for one in entries))


def _told(plan: Plan) -> Soon:
    blocked = {one.ref: one.refusals[0].message for one in plan.blocked if not one.held}
    corrected = (one.ref for one in plan.resources if one.reason is Reason.DRIFT)
    drifted = frozenset((*(one.ref for one in plan.drift), *corrected))
    return Soon(
        _next(plan.timeline),
        plan.made_at + plan.horizon,
        blocked,
        drifted,
        {one.ref: count for one in plan.resources if (count := _fields(one))},
        Counter(one.ref.kind for one in plan.resources if one.action is Verb.CREATE),
        in_order({*blocked, *drifted}),
    )


def in_order(refs: Iterable[Ref]) -> tuple[Ref, ...]:
    """As the list has them."""
    return tuple(sorted(refs, key=lambda ref: (ref.name, ref.kind, ref.version)))


def _next(timeline: Sequence[Occurrence]) -> Mapping[Ref, Sequence[Next]]:
    """What moves each, or would, in the order of time: the end of a hold that lets nothing through does not."""
    found: dict[Ref, list[Next]] = {}
    for one in sorted(timeline, key=lambda one: one.at):
        is_still = one.target == one.origin and not one.verdict.refuses
        if one.verdict not in _SILENT and not is_still:
            verdict = "" if one.verdict is Foresight.LEGAL else one.verdict.value
            why = "" if one.source is Source.SCHEDULE else cause(one)
            found.setdefault(one.ref, []).append(Next(one.at, one.target, verdict, why, one.entry))
    return found


def _fields(one: ResourcePlan) -> int:
    """How many fields its steps change; of what is made anew none."""
    return 0 if one.action is Verb.CREATE else sum(len(step.changes) for step in one.steps)
