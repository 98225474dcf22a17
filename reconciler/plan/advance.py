"""What a step makes of a resource: the one rule by which plans look ahead and the store is written."""

from collections.abc import Iterable
from datetime import datetime

from reconciler.model.actor import Actor
from reconciler.model.canonical import Document
from reconciler.model.diagnostic import Place
from reconciler.model.instant import to_text
from reconciler.model.lifecycle import DELETED, Lifecycle, Transition
from reconciler.model.plan import Op, Reason, ResourcePlan, Step, Verb
from reconciler.model.record import replace
from reconciler.model.resource import Head, Resource

ENTERS = (Op.CREATE, Op.TRANSITION)
"""The steps that put a resource into a state."""

BRINGS = (Op.CREATE, Op.EDIT)
"""The steps that bring the new document in."""

ASIDE = (Op.HOLD, Op.RELEASE)
"""The steps that are no application: entries that came due before them are still to be looked at."""

OPERATOR = "operator:"
"""How the cause of what an operator did begins; his reason follows."""


def operated_after(one: ResourcePlan, step: Step, before: str) -> str:
    """The cause by which an operator took the resource into the state that it is in after `step`."""
    if step.op not in ENTERS:
        return before
    return one.cause if step.by is Actor.USER and one.cause.startswith(OPERATOR) else ""


def state_after(step: Step, state: str) -> str:
    """The state that a resource is in after `step`."""
    return step.target if step.op in ENTERS else state


def satisfied_after(step: Step, state: str, satisfied: tuple[str, ...]) -> tuple[str, ...]:
    """The desired states that a resource stands for after `step`, which leads to `state` (DESIGN §5)."""
    if step.satisfied:
        return step.satisfied
    return (state,) if step.op in ENTERS else satisfied


def fulfilled(edge: Transition, resource: Resource) -> tuple[str, ...]:
    """The desired states that a resource stands for once `edge` was taken by a timer or by the running itself (DESIGN §5)."""
    return tuple(dict.fromkeys((*resource.satisfied, edge.target) if edge.fulfils else (edge.target,)))


def plan_of(resource: Resource, step: Step, action: Verb, reason: Reason, cause: str) -> ResourcePlan:
    """The plan of one step that no manifest asks for: it acts on what is stored."""
    return ResourcePlan(
        ref=resource.ref,
        action=action,
        reason=reason,
        origin=resource.state,
        target=step.target,
        place=Place(resource.file),
        steps=(step,),
        digest=resource.digest,
        revision=resource.revision,
        cause=cause,
    )


def after_step(before: Resource | None, one: ResourcePlan, step: Step, document: Document, at: datetime) -> Resource:
    """The resource once `step` of `one` was taken at `at`, before anybody else touches it."""
    if before is None:
        before = Resource(one.ref, "", "", {}, (), (), 0, at, at, one.file)
    state = state_after(step, before.state)
    brings = step.op in BRINGS
    return replace(
        before,
        ref=one.ref,
        state=state,
        satisfied=satisfied_after(step, state, before.satisfied),
        flags=step.flags if step.op is Op.FLAG else before.flags,
        document=document if brings else before.document,
        digest=one.digest if brings else before.digest,
        revision=before.revision + 1,
        entered_at=at if step.op in ENTERS else before.entered_at,
        applied_at=before.applied_at if step.op in ASIDE else at,
        asked=one.asked or before.asked,
        holds=before.holds if step.holds is None else step.holds,
        operated=operated_after(one, step, before.operated),
    )


def after_plan(before: Resource | None, one: ResourcePlan, document: Document, at: datetime) -> Resource:
    """The resource once every step of `one` was taken at `at`."""
    for step in one.steps:
        before = after_step(before, one, step, document, at)
    assert before is not None, "a plan has steps"
    return before


def head_of(resource: Resource) -> Head:
    """A resource in short."""
    return Head(
        resource.ref,
        resource.state,
        resource.digest,
        resource.satisfied,
        resource.flags,
        resource.revision,
        to_text(resource.applied_at),
        resource.asked,
        resource.holds,
        resource.operated,
    )


def stops(law: Lifecycle, action: Verb, steps: Iterable[Step]) -> bool:
    """Whether steps take a resource out of action: out of an outward state, or by an edge that says so."""
    if action is Verb.DELETE:
        return False  # nobody has to delete in a hurry
    edges = {(edge.origin, edge.event, edge.target): edge for edge in law.transitions}
    taken = (edges.get((step.origin, step.event, step.target)) for step in steps if step.op is Op.TRANSITION)
    return any(
        edge.stops or (law.states[edge.origin].outward and not law.states[edge.target].outward)
        for edge in taken
        if edge
    )


def verb_of(resource: Resource | None, target: str, moves: bool) -> Verb:
    """What a plan amounts to that leads to `target`; `moves` where a transition is among its steps."""
    if resource is None:
        return Verb.CREATE
    if target == DELETED and moves:
        return Verb.DELETE
    return Verb.TRANSITION if moves else Verb.UPDATE
