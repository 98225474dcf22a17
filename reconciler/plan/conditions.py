"""From what a pass has found and done to the conditions of each resource. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.model.condition import Aspect, Condition, Status, Truth
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Plan, Reason
from reconciler.model.record import replace
from reconciler.model.ref import Ref


@dataclass(frozen=True, slots=True)
class Finding:
    """What stands between a resource and what is asked of it: one word, a sentence, and whether it gets on by itself."""

    reason: str
    message: str = ""
    stalled: bool = False
    known: bool = True
    """Whether what is asked of it is known at all."""


@dataclass(slots=True)
class Evidence:
    """What a pass has brought to light. `withheld`, `held` and `resting` say why, by resource."""

    plan: Plan
    outcome: Outcome
    withheld: Mapping[Ref, str] = field(default_factory=dict)
    resting: Mapping[Ref, str] = field(default_factory=dict)
    held: Mapping[Ref, str] = field(default_factory=dict)
    observed: frozenset[str] = frozenset()
    """The kinds whose runtime is looked at: of others nobody knows whether they have drifted."""
    _found: dict[Ref, Finding] = field(init=False)
    _drifted: frozenset[Ref] = field(init=False)

    def __post_init__(self) -> None:
        # In the order of what matters least: a later one takes the place of an earlier one.
        self._found = {}
        for found in (_planned, _undone, _refused, _aside):
            self._found.update(found(self))
        kept = (one.kept for one in self.plan.holds if one.kept is not None)
        corrected = (one.ref for one in (*self.plan.resources, *kept) if one.reason is Reason.DRIFT)
        self._drifted = frozenset((*corrected, *(one.ref for one in self.plan.drift)))

    @property
    def named(self) -> frozenset[Ref]:
        """The resources of which there is more to say than that they are as they should be."""
        touched = (one.ref for one in (*self.plan.due, *self.plan.resources))
        return frozenset({*self._found, *self._drifted, *self.held, *touched})

    def conditions(self, ref: Ref, state: str) -> tuple[Condition, ...]:
        """The conditions of a resource, now in `state`; since when, `lasting` says."""
        found = self._found.get(ref)
        if found is None:
            main = Condition(Aspect.READY, Truth.TRUE, "Settled", f"{state}, as its manifest asks")
            return (main, Condition(Aspect.SYNCED, Truth.TRUE, "Applied"), *self._others(ref, Finding("Settled")))
        truth = Truth.FALSE if found.known else Truth.UNKNOWN
        first = (Condition(aspect, truth, found.reason, found.message) for aspect in (Aspect.READY, Aspect.SYNCED))
        return (*first, *self._others(ref, found))

    def _others(self, ref: Ref, found: Finding) -> Iterator[Condition]:
        if ref in self._drifted:
            yield Condition(Aspect.DRIFTED, Truth.TRUE, "Differs", "what runs is not what was applied")
        elif ref.kind in self.observed:
            yield Condition(Aspect.DRIFTED, Truth.FALSE, "AsApplied")
        else:
            yield Condition(Aspect.DRIFTED, Truth.UNKNOWN, "NotObserved", "no runtime of its kind is attached")
        held = ref in self.held
        yield Condition(Aspect.HELD, *((Truth.TRUE, "Held", self.held[ref]) if held else (Truth.FALSE, "NotHeld")))
        why = (Truth.TRUE, found.reason, found.message) if found.stalled else (Truth.FALSE, found.reason)
        yield Condition(Aspect.STALLED, *why)


def _planned(seen: Evidence) -> Iterator[tuple[Ref, Finding]]:
    """What is asked for and was not done, for whatever reason; of what was done nothing is to be said."""
    done = frozenset(seen.outcome.done)
    for one in seen.plan.resources:
        if one.ref not in done:
            yield one.ref, Finding("Pending", f"{', '.join(step.name for step in one.steps)} is to come")
    for waiting in seen.plan.waiting:
        yield waiting.ref, Finding("Waiting", waiting.message)


def _undone(seen: Evidence) -> Iterator[tuple[Ref, Finding]]:
    for ref in seen.outcome.stale:
        yield ref, Finding("ChangedElsewhere", "somebody else has changed it meanwhile; it is looked at again")
    for ref, guards in seen.outcome.waiting.items():
        yield ref, Finding("Waiting", f"not known yet: {', '.join(guard.name for guard in guards)}")
    for ref, guards in seen.outcome.denied.items():
        yield ref, Finding("GuardFalse", "; ".join(guard.message for guard in guards), stalled=True)


def _refused(seen: Evidence) -> Iterator[tuple[Ref, Finding]]:
    for blocked in seen.plan.blocked:
        first = blocked.refusals[0]
        yield blocked.ref, Finding(camel(first.code.value), first.message, stalled=True)
    for failures in (seen.resting, seen.outcome.failed):
        for ref, message in failures.items():
            yield ref, Finding("StepFailed", message, stalled=True)


def _aside(seen: Evidence) -> Iterator[tuple[Ref, Finding]]:
    for ref, _ in seen.plan.unmanaged:
        yield ref, Finding("Unmanaged", "it has no manifest and is left alone", known=False)
    for ref, message in seen.withheld.items():
        yield ref, Finding("InvalidManifest", message, stalled=True, known=False)


def apparent(ref: Ref, states: tuple[str, ...], desired: str | None, revision: int) -> Status:
    """What can be said without a plan, where no daemon has said more: whether the state is the one that is asked for.

    `states` are those that the stored one stands for, `desired` is None of what has no manifest.
    """
    if desired is None:
        ready = Condition(Aspect.READY, Truth.UNKNOWN, "Unmanaged", "it has no manifest and is left alone")
    elif desired in states:
        ready = Condition(Aspect.READY, Truth.TRUE, "Settled", f"{desired}, as its manifest asks")
    else:
        ready = Condition(Aspect.READY, Truth.FALSE, "Pending", f"{desired} is asked for; `muster plan` says how")
    return Status(ref, (ready,), revision)


def camel(code: str) -> str:
    """`frozen-field` as `FrozenField`."""
    return "".join(part.capitalize() for part in code.split("-"))


def lasting(status: Status, before: Status | None, at: str) -> Status:
    """The status with the time since when each condition is as it is; `before` itself where nothing has changed."""
    known = {one.aspect: one for one in before.conditions} if before else {}
    conditions = tuple(
        replace(one, since=known[one.aspect].since)
        if one.aspect in known and known[one.aspect].truth is one.truth
        else replace(one, since=at)
        for one in status.conditions
    )
    if before is not None and before.conditions == conditions and before.revision == status.revision:
        return before
    return replace(status, conditions=conditions)
