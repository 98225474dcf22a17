"""What a plan shows of holds and drift: who keeps what, what the end of it would let through, and what is left as it is. Pure."""

from collections.abc import Iterator

from reconciler.model.change import Change
from reconciler.model.hold import Hold, holding
from reconciler.model.plan import Held, Strayed
from reconciler.model.ref import Ref
from reconciler.plan.decide import Deciding, Decision
from reconciler.plan.drift import state_change, state_strays
from reconciler.plan.due import timer_plan
from reconciler.plan.guards import Interpreter
from reconciler.plan.present import Present
from reconciler.plan.prospect import Prospect
from reconciler.plan.question import Question
from reconciler.plan.threshold import too_many
from reconciler.plan.timers import Timers


def holds_of(question: Question, here: Present) -> tuple[Held, ...]:
    """Every hold in force; the last of a resource to end with what would happen now were there none."""
    refs = [ref for ref in question.held if ref in question.resources and (not question.only or ref in question.only)]
    if not refs:
        return ()
    free = Interpreter(question, free=True)
    decision = Deciding(free, here.moves, too_many).about(here.judged)
    return tuple(
        _held(ref, hold, decision, free)
        for ref in refs
        for hold in question.resources[ref].holds
        if hold.in_force(question.now)
    )


def _held(ref: Ref, hold: Hold, decision: Decision, free: Interpreter) -> Held:
    resource, manifest = free.question.resources[ref], free.question.manifests.get(ref)
    if hold.paths or hold != holding(resource.holds, free.question.now):
        return Held(ref, resource.state, hold)
    if ref in decision.blocked:
        return Held(ref, resource.state, hold, refusals=decision.blocked[ref].refusals)
    kept = decision.planned.get(ref)
    firing = Timers(free).firing(resource, manifest) if kept is None else None
    if firing is not None and not firing.conditional:
        kept = timer_plan(firing, resource, manifest)
    return Held(ref, resource.state, hold, kept)


def drift_of(question: Question) -> tuple[Strayed, ...]:
    """What differs from its manifest and is left: by an acknowledgement, or because the project only warns."""
    return tuple(one for ref in question.triage.judged for one in left(question, ref))


def strays(question: Question, ref: Ref) -> tuple[Change, ...]:
    """What would correct a stored resource that has strayed from its manifest: its state, then its fields."""
    resource, manifest, now = question.resources.get(ref), question.manifests[ref], question.now
    if resource is None:
        return ()
    wanted, fields = manifest.state_at(now), question.drift.fields.get(ref, ())
    is_back = question.groups.preempted(ref, wanted, Prospect(question, {})) is not None
    if is_back or not state_strays(manifest, resource, wanted, now):
        return fields
    return (state_change(resource, wanted), *fields)


def left(question: Question, ref: Ref) -> Iterator[Strayed]:
    """The drift of one resource that is left, by the reason for which it is."""
    changes = strays(question, ref) if not question.only or ref in question.only else ()
    if not changes or question.drift.chosen is not None:
        return
    resource, manifest, now = question.resources[ref], question.manifests[ref], question.now
    reasons = {change.path: question.drift.leaves(resource, change.path, now) for change in changes}
    for reason in dict.fromkeys(reasons.values()):
        if reason:
            some = tuple(change for change in changes if reasons[change.path] == reason)
            yield Strayed(ref, some, manifest.place, reason)
