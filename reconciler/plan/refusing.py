"""Refusals that say which guard is false, and which flag has no place."""

from collections.abc import Iterable

from reconciler.model.lifecycle import Lifecycle
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Code, GuardVerdict, Refusal, Step, Verdict
from reconciler.model.resource import Resource
from reconciler.plan.groups import Preempted
from reconciler.plan.guards import Asker


def behind(back: Preempted) -> Refusal:
    """The refusal of who would enter what another of its group has."""
    line = back.line
    message = f"{back.by} is {line.state} then and goes first; this would be {line.instead} meanwhile"
    return Refusal(Code.CONSTRAINT, message, line.requirement, line.per[0], others=(back.by,))


def checklist_of(steps: Iterable[Step]) -> tuple[GuardVerdict, ...]:
    """Every guard of the steps that are checklists, those that hold too."""
    return tuple(guard for step in steps if step.checklist for guard in step.guards)


def false_guards(asker: Asker, verdicts: Iterable[GuardVerdict], code: Code) -> list[Refusal]:
    """A refusal for each guard that is false."""
    return [
        Refusal(
            code,
            one.message,
            one.requirement,
            asker.kind.lifecycle.guards[one.name].path,
            others=asker.looked_at(one.name),
        )
        for one in verdicts
        if one.verdict is Verdict.FALSE
    ]


def flag_refusals(law: Lifecycle, manifest: Manifest, resource: Resource | None, target: str) -> list[Refusal]:
    """A refusal for each flag that is to be set in a state that it is not for."""
    on = set(manifest.flags) - set(resource.flags if resource else ())
    found = []
    for flag in (law.flags[name] for name in manifest.flags if name in on):
        if target not in flag.states:
            allowed = " or ".join(flag.states)
            message = f"{flag.name} is for {allowed}, not for {target!r}"
            found.append(Refusal(Code.FLAG, message, flag.requirement, f"/{flag.name}"))
    return found
