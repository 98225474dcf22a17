"""What a runtime reports: a transition that only the running of a campaign brings about. Pure. (E-61, E-62)"""

from reconciler.model.actor import Actor
from reconciler.model.lifecycle import Lifecycle, Transition
from reconciler.model.plan import Op, Reason, ResourcePlan, Step, Verb
from reconciler.model.resource import Resource
from reconciler.plan.advance import fulfilled, plan_of

RUNTIME = "runtime:"
"""How the cause of what a runtime reported begins; its reason follows."""


def reportable(law: Lifecycle, state: str, event: str) -> Transition | None:
    """The transition of this name that a runtime may report in `state`; None where there is none, or none any more."""
    return next((edge for edge in law.leaving(state) if edge.by is Actor.SYSTEM and edge.event == event), None)


def reported(resource: Resource, edge: Transition, reason: str) -> ResourcePlan:
    """The plan that carries a report out. Nobody is asked: it has happened."""
    step = Step(
        Op.TRANSITION,
        event=edge.event,
        origin=edge.origin,
        target=edge.target,
        effects=edge.effects,
        danger=edge.danger,
        by=Actor.SYSTEM,
        reason=reason,
        satisfied=fulfilled(edge, resource),
    )
    cause = f"{RUNTIME}{reason or edge.event}"
    return plan_of(resource, step, Verb.TRANSITION, Reason.REPORT, cause)
