"""Timers first: what has come due runs before anything is compared with the manifests, and holds that are over end."""

from dataclasses import replace

from reconciler.model.diagnostic import Place
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Reason, ResourcePlan, Verb
from reconciler.model.resource import Resource
from reconciler.plan.advance import after_plan, head_of
from reconciler.plan.guards import Interpreter
from reconciler.plan.holding import releases
from reconciler.plan.question import Question, Triage, settled
from reconciler.plan.timers import Firing, Timers, step_of


def fire(question: Question) -> tuple[Question, tuple[ResourcePlan, ...]]:
    """The ends of holds, the timers that are due, in order of their instants, and the question as it stands once they have run.

    Those of unmanaged resources run too. One whose guard is unknown does not fire, and one that is blocked does not
    hinder the others.
    """
    question, released = _release(question)
    timers = Timers(Interpreter(question))
    found: list[tuple[Firing, ResourcePlan]] = []
    for ref in question.ticking:
        resource = question.resources.get(ref)
        if resource is None or (question.only and ref not in question.only):
            continue
        firing = timers.firing(resource, question.manifests.get(ref))
        if firing is not None and not firing.conditional:
            found.append((firing, timer_plan(firing, resource, question.manifests.get(ref))))
    if not found:
        return question, released
    found.sort(key=lambda pair: (pair[0].instant, pair[1].ref))
    plans = tuple(one for _, one in found)
    return after(question, plans), (*released, *plans)


def _release(question: Question) -> tuple[Question, tuple[ResourcePlan, ...]]:
    """The holds that are over, and the question without them: timers that they stopped are judged as of now."""
    held = (ref for ref in question.held if ref in question.resources and (not question.only or ref in question.only))
    plans = tuple(one for ref in held for one in releases(question.resources[ref], question.now))
    return (after(question, plans), plans) if plans else (question, ())


def timer_plan(firing: Firing, resource: Resource, manifest: Manifest | None) -> ResourcePlan:
    """The plan of one due timer."""
    step = step_of(firing, resource)
    # A manifest that has adopted what an operator did is noted by the first step that follows.
    adopted = manifest is not None and resource.operated and manifest.state == resource.state
    return ResourcePlan(
        ref=resource.ref,
        action=Verb.TRANSITION,
        reason=Reason.TIMER,
        origin=resource.state,
        target=step.target,
        place=manifest.place_of(firing.entry) if manifest else Place(resource.file),
        steps=(step,),
        digest=resource.digest,
        revision=resource.revision,
        cause=f"timer:{firing.edge.event}",
        asked=manifest.state if manifest and adopted else "",
        base=manifest.file if manifest else "",
    )


def after(question: Question, plans: tuple[ResourcePlan, ...]) -> Question:
    """The question once `plans`, each of a stored resource that keeps its document, were carried out."""
    heads, resources = dict(question.heads), dict(question.resources)
    for one in plans:
        resource = after_plan(resources[one.ref], one, resources[one.ref].document, question.now)
        heads[one.ref], resources[one.ref] = head_of(resource), resource
    judged = set(question.triage.judged)
    moved = {one.ref for one in plans if one.ref in question.manifests}
    still = {ref for ref in moved if not settled(question.manifests[ref], heads[ref], question.now, question.groups)}
    unchanged = question.triage.unchanged + len(moved & judged) - len(still)
    triage = Triage(tuple(sorted(judged - moved | still)), unchanged, question.triage.unmanaged)
    return replace(question, heads=heads, resources=resources, triage=triage)
