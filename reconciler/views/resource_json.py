"""Resources and events as JSON."""

from collections.abc import Mapping
from typing import Any

from reconciler.model import canonical
from reconciler.model.condition import Status
from reconciler.model.event import Event
from reconciler.model.hold import holds_to_json
from reconciler.model.instant import to_text
from reconciler.model.plan import Refusal
from reconciler.model.portrait import Glimpse, Portrait
from reconciler.model.resource import Resource
from reconciler.plan.codec import change_to_json, occurrence_to_json, place_to_json, risk_to_json, step_to_json


def portrait_to_json(one: Portrait, added: Mapping[str, Any]) -> str:
    """Everything about one resource; `added` is how far its outside work has come, and what its kind has to say of it."""
    resource = one.resource
    return canonical.encode_pretty(
        {
            "ref": str(resource.ref),
            "state": resource.state,
            "desired": one.desired or None,
            "satisfied": list(resource.satisfied),
            "flags": list(resource.flags),
            "revision": resource.revision,
            "enteredAt": to_text(resource.entered_at),
            "appliedAt": to_text(resource.applied_at),
            "outward": one.law.states[resource.state].outward,
            "runtime": one.has_runtime,
            "holds": holds_to_json(resource.holds),
            "operated": resource.operated,
            "file": resource.file,
            **(status_to_json(one.status) if one.status else {}),
            **added,
            "differs": [change_to_json(change) for change in one.changes],
            "transitions": [
                {
                    "event": option.transition.event,
                    "to": option.transition.target,
                    "by": option.transition.by.value,
                    "guards": [{"name": guard.name, "verdict": guard.verdict.value} for guard in option.guards],
                    **({"risks": [risk_to_json(risk) for risk in option.risks]} if option.risks else {}),
                }
                for option in one.options
            ],
            "refersTo": [str(ref) for ref in one.targets],
            "usedBy": [str(ref) for ref in one.users],
            "document": resource.document,
            "events": [event_to_json(event) for event in one.events],
        }
    )


def status_to_json(one: Status) -> dict[str, Any]:
    """The conditions of a resource, with what they are about."""
    conditions = [
        {
            "type": condition.aspect.value,
            "status": condition.truth.value,
            "reason": condition.reason,
            "message": condition.message,
            "lastTransitionTime": condition.since or None,
        }
        for condition in one.conditions
    ]
    return {"conditions": conditions, "observedGeneration": one.revision, "observedCommit": one.commit or None}


def glimpse_to_json(one: Glimpse, last: int) -> str:
    """What a resource was or will be at another time; of the past with its `last` events."""
    past = {
        "created": one.first.body["at"] if one.first else None,
        "touched": event_to_json(one.last) if one.last else None,
        "events": [event_to_json(event) for event in one.events[-last:]] if last else [],
    }
    future = {
        "desired": one.desired or None,
        "verdict": one.verdict.value if one.verdict else None,
        "refusals": [refusal_to_json(refusal) for refusal in one.refusals],
        "planned": [step_to_json(step) for step in one.planned],
        "occurrences": [occurrence_to_json(occurrence) for occurrence in one.occurrences],
    }
    head = {"ref": str(one.ref), "at": to_text(one.at), "exists": one.resource is not None}
    then = _resource(one.resource) if one.resource else {}
    return canonical.encode_pretty({**head, **then, **(past if one.is_past else future)})


def _resource(one: Resource) -> dict[str, Any]:
    return {
        "name": str(one.ref),
        "state": one.state,
        "satisfied": list(one.satisfied),
        "flags": list(one.flags),
        "asked": one.asked or None,
        "revision": one.revision,
        "enteredAt": to_text(one.entered_at),
        "appliedAt": to_text(one.applied_at),
        "holds": holds_to_json(one.holds),
        "digest": one.digest,
        "document": one.document,
    }


def refusal_to_json(one: Refusal) -> dict[str, Any]:
    """A refusal with all its requirements and its place."""
    return {
        "code": one.code.value,
        "requirements": list(one.requirement),
        "message": one.message,
        "path": one.path,
        **place_to_json(one.place),
        "others": [str(ref) for ref in one.others],
    }


def event_to_json(event: Event) -> dict[str, Any]:
    """One line of the log with its chain."""
    return {
        "serial": event.serial,
        "sequence": event.sequence,
        **event.body,
        "previous": event.previous,
        "hash": event.hash,
    }
