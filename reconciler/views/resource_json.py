"""Resources and events as JSON."""

from typing import Any

from reconciler.model import canonical
from reconciler.model.event import Event
from reconciler.model.instant import to_text
from reconciler.model.portrait import Portrait
from reconciler.plan.codec import change_to_json


def portrait_to_json(one: Portrait) -> str:
    """Everything about one resource."""
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
            "file": resource.file,
            "differs": [change_to_json(change) for change in one.changes],
            "transitions": [
                {
                    "event": option.transition.event,
                    "to": option.transition.target,
                    "by": option.transition.by.value,
                    "guards": [{"name": guard.name, "verdict": guard.verdict.value} for guard in option.guards],
                }
                for option in one.options
            ],
            "refersTo": [str(ref) for ref in one.targets],
            "usedBy": [str(ref) for ref in one.users],
            "document": resource.document,
            "events": [event_to_json(event) for event in one.events],
        }
    )


def event_to_json(event: Event) -> dict[str, Any]:
    """One line of the log with its chain."""
    return {
        "serial": event.serial,
        "sequence": event.sequence,
        **event.body,
        "previous": event.previous,
        "hash": event.hash,
    }
