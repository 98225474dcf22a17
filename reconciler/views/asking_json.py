"""The answers of `when` and `requires` as JSON."""

from typing import Any

from reconciler.model import canonical
from reconciler.model.instant import to_text
from reconciler.model.plan import Step
from reconciler.plan.ask import Obstacle, When
from reconciler.plan.checklist import Checklist, Item, Stage
from reconciler.plan.closers import Closer
from reconciler.plan.codec import alternative_to_json, occurrence_to_json, place_to_json
from reconciler.views.resource_json import refusal_to_json

_VERDICTS = {"true": "done", "false": "open", "unknown": "unknown"}


def when_to_json(one: When) -> str:
    """The answer, the way, and everything that stood or stands in the way."""
    return canonical.encode_pretty(
        {
            "ref": str(one.ref),
            "state": one.state,
            "askedAt": to_text(one.asked_at),
            "until": to_text(one.asked_at + one.horizon),
            "answer": one.answer.value,
            "conditional": one.conditional,
            "at": to_text(one.at) if one.at else None,
            "from": one.origin or None,
            "steps": [_step(step) for step in one.steps],
            "because": [occurrence_to_json(occurrence) for occurrence in one.because],
            "unknown": [
                {"name": guard.name, "requirements": list(guard.requirement), "message": guard.message}
                for guard in one.unknown
            ],
            "doubtful": [str(ref) for ref in one.doubtful],
            "obstacles": [_obstacle(obstacle) for obstacle in one.obstacles],
        }
    )


def _step(one: Step) -> dict[str, Any]:
    return {"op": one.op.value, "event": one.name, "from": one.origin or None, "to": one.target}


def _obstacle(one: Obstacle) -> dict[str, Any]:
    until = to_text(one.until) if one.until is not None else None
    return {**refusal_to_json(one.refusal), "since": to_text(one.since), "until": until}


def checklist_to_json(one: Checklist) -> str:
    """Every step with its items, and what is needed besides."""
    return canonical.encode_pretty(checklist_told(one))


def checklist_told(one: Checklist) -> dict[str, Any]:
    """The same, to stand inside something else."""
    return {
        "ref": str(one.ref),
        "from": one.origin or None,
        "to": one.state,
        "legal": one.is_legal,
        "steps": [_stage(stage) for stage in one.stages],
        "beside": [_item(item) for item in one.beside],
        "alternatives": [alternative_to_json(way) for way in one.alternatives],
    }


def _stage(one: Stage) -> dict[str, Any]:
    return {
        "event": one.event,
        "from": one.origin or None,
        "to": one.target,
        "at": one.at or None,
        "items": [_item(item) for item in one.items],
    }


def _item(one: Item) -> dict[str, Any]:
    return {
        "name": one.name,
        "verdict": _VERDICTS[one.verdict.value],
        "requirements": list(one.requirement),
        "message": one.message,
        "path": one.path,
        **place_to_json(one.place),
        "closers": [_closer(closer) for closer in one.closers],
    }


def _closer(one: Closer) -> dict[str, Any]:
    found: dict[str, Any] = {"who": one.who.value}
    if one.what:
        found["what"] = one.what
    if one.ref is not None:
        found |= {"ref": str(one.ref), **place_to_json(one.place)}
    return found
