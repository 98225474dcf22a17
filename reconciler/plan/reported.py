"""What a runtime reports: a transition that only the running of a campaign brings about. Pure. (E-61, E-62)"""

from reconciler.model.actor import Actor
from reconciler.model.diagnostic import Place
from reconciler.model.lifecycle import Lifecycle, Transition
from reconciler.model.plan import Op, Reason, ResourcePlan, Step, Verb
from reconciler.model.resource import Resource

RUNTIME = "runtime:"
"""How the cause of what a runtime reported begins; its reason follows."""


def reportable(law: Lifecycle, state: str, event: str) -> Transition | None:
    """The transition of this name that a runtime may report in `state`; None where there is none, or none any more."""
    return next((edge for edge in law.leaving(state) if edge.by is Actor.SYSTEM and edge.event == event), None)


def reported(resource: Resource, edge: Transition, reason: str) -> ResourcePlan:
    """The plan that carries a report out. Nobody is asked: it has happened."""
    satisfied = (*resource.satisfied, edge.target) if edge.fulfils else (edge.target,)
    step = Step(
        Op.TRANSITION,
        event=edge.event,
        origin=edge.origin,
        target=edge.target,
        effects=edge.effects,
        danger=edge.danger,
        by=Actor.SYSTEM,
        reason=reason,
        satisfied=tuple(dict.fromkeys(satisfied)),
    )
    return ResourcePlan(
        ref=resource.ref,
        action=Verb.TRANSITION,
        reason=Reason.REPORT,
        origin=resource.state,
        target=edge.target,
        place=Place(resource.file),
        steps=(step,),
        digest=resource.digest,
        revision=resource.revision,
        cause=f"{RUNTIME}{reason}" if reason else f"{RUNTIME}{edge.event}",
    )
