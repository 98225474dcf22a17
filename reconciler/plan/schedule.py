"""What a schedule has to say besides the state that it asks for: what was missed, and what can never be."""

from collections.abc import Iterator
from datetime import datetime

from reconciler.model.change import Change
from reconciler.model.instant import parse_moment, to_text
from reconciler.model.lifecycle import Lifecycle
from reconciler.model.manifest import Manifest
from reconciler.model.plan import ASK, Code, Op, Refusal, Step
from reconciler.model.resource import Resource
from reconciler.plan.question import SECONDS, newly_due
from reconciler.plan.timers import awaited_state, awaits


def late_entries(manifest: Manifest, resource: Resource, now: datetime, zone: str) -> list[Refusal]:
    """Refusals of entries that were written into a past that has been applied already: no run can have done them.

    `zone` is that of local times where a schedule names none. Another zone for the schedule moves all its entries.
    """
    applied = to_text(resource.applied_at)[:SECONDS]
    late = [entry for entry in manifest.past(now) if entry.at[:SECONDS] < applied]
    if not late:
        return []
    written = set(_written(resource, zone))
    return [
        Refusal(
            Code.PAST,
            f"{entry.text} was over when this was last applied, at {applied}Z; write a later time, or set `state`",
            ("X-08",),
            f"/schedule/entries/{entry.index}/at",
        )
        for entry in late
        if (entry.at, entry.state) not in written
    ]


def _written(resource: Resource, zone: str) -> Iterator[tuple[str, str]]:
    """The entries of the stored schedule: when, as UTC text, and which state."""
    schedule = resource.document.get("schedule", {})
    for one in schedule.get("entries", ()):
        yield parse_moment(one["at"], schedule.get("timezone") or zone).text, one["state"]


def never_starts(law: Lifecycle, state: str, manifest: Manifest, now: datetime) -> Refusal | None:
    """The refusal of a state in which a timer waits for a schedule entry, where none asks for it now or later."""
    edge = awaits(law, state)
    if edge is None:
        return None
    then, due = awaited_state(edge), manifest.due(now)
    if (due and due.state == then) or any(one.state == then and one.instant > now for one in manifest.entries):
        return None
    message = f"in {state!r} it waits for an entry of its schedule with `state: {then}`, and none is to come; add one"
    return Refusal(Code.NEVER_STARTS, message, edge.requirement, "/schedule")


def missed(manifest: Manifest, resource: Resource, now: datetime, *, last: bool) -> tuple[Step, ...]:
    """The entries that came due and were overtaken before anybody looked; with `last`, also the one in force."""
    if not manifest.entries:
        return ()
    new = newly_due(manifest, to_text(resource.applied_at), now)
    state, reached = resource.state, resource.satisfied
    return tuple(
        Step(Op.MISS, event="missed", origin=state, target=entry.state, due=entry.at, satisfied=reached)
        for entry in (new if last else new[:-1])
        if entry.state not in reached
    )


def asks(manifest: Manifest, resource: Resource, now: datetime) -> tuple[Step, ...]:
    """The step that notes what is asked for, where that alone has changed: the present state stands for it from now on.

    What counts is what the manifest asks, not what is left of that where it steps back for another.
    """
    wanted = manifest.state_at(now)
    # What an operator has brought about and a manifest then adopts needs no note: its next change will make one.
    adopted = bool(resource.operated) and wanted == resource.state
    told = bool(resource.asked) and resource.asked != manifest.state and not adopted
    anew = told or bool(newly_due(manifest, to_text(resource.applied_at), now))
    narrows = anew and wanted == resource.state and resource.satisfied != (resource.state,)
    if not told and not narrows:
        return ()
    change = (
        Change("/state", resource.asked, manifest.state) if told else Change("/state", resource.satisfied[0], wanted)
    )
    reached = (resource.state,) if narrows else resource.satisfied
    return (Step(Op.EDIT, ASK, resource.state, resource.state, changes=(change,), satisfied=reached),)
