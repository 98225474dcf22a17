"""Plans as JSON and back: `format_version` 1.0, where a minor step only adds."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from reconciler.model import canonical
from reconciler.model.actor import Actor
from reconciler.model.change import ABSENT, Change
from reconciler.model.comparison import Comparison
from reconciler.model.diagnostic import Diagnostic, Place
from reconciler.model.hold import holds_to_json
from reconciler.model.instant import to_text
from reconciler.model.plan import (
    Alternative,
    Blocked,
    GuardVerdict,
    Held,
    Op,
    Plan,
    Refusal,
    ResourcePlan,
    Step,
    Strayed,
    Waiting,
)
from reconciler.model.requirement import Requirement
from reconciler.model.risk import Risk
from reconciler.model.timeline import Occurrence, Source

FORMAT_VERSION: Final = "1.0"

_OF_THE_RUN: Final = ("format_version", "made_at", "base", "horizon")
"""What the two parts of a comparison have in common."""


def comparison_to_json(one: Comparison) -> dict[str, Any]:
    """The branch's part, as any plan is written, and beside it `compared`: with what, and what that owes already."""
    compared = {
        "ref": one.ref,
        "commit": one.commit,
        "owed": {name: value for name, value in plan_to_json(one.owed).items() if name not in _OF_THE_RUN},
        "mended": [str(ref) for ref in one.mended],
        "note": one.note,
    }
    return {**plan_to_json(one.branch), "compared": _lean(compared, keep=("owed", "mended"))}


def plan_to_json(plan: Plan, extra: tuple[Diagnostic, ...] = ()) -> dict[str, Any]:
    """The whole plan; `extra` diagnostics stand before its own."""
    return {
        "format_version": FORMAT_VERSION,
        "digest": plan.digest,
        "made_at": to_text(plan.made_at),
        "base": {"serial": plan.serial, "commit": plan.commit},
        "horizon": f"P{plan.horizon.days}D",
        "summary": dict(plan.summary()),
        "resources": [resource_to_json(one) for one in (*plan.due, *plan.resources)],
        "blocked": [_blocked(one) for one in plan.blocked],
        "waiting": [_waiting(one) for one in plan.waiting],
        "unmanaged": [{"ref": str(ref), "state": state} for ref, state in plan.unmanaged],
        "timeline": [occurrence_to_json(one) for one in plan.timeline],
        "holds": [_held(one) for one in plan.holds],
        "drift": [strayed_to_json(one) for one in plan.drift],
        "diagnostics": [diagnostic_to_json(one) for one in (*extra, *plan.diagnostics)],
    }


def invalid_to_json(found: tuple[Diagnostic, ...]) -> dict[str, Any]:
    """The frame of a plan that could not be made, because the files are invalid."""
    return {
        "format_version": FORMAT_VERSION,
        "summary": {},
        "resources": [],
        "blocked": [],
        "waiting": [],
        "unmanaged": [],
        "timeline": [],
        "diagnostics": [diagnostic_to_json(one) for one in found],
    }


def resource_to_json(one: ResourcePlan) -> dict[str, Any]:
    """One resource's part of a plan."""
    return _lean(
        {
            "ref": str(one.ref),
            "action": one.action.value,
            "reason": one.reason.value,
            "from": one.origin,
            "to": one.target,
            **place_to_json(one.place),
            "movedFrom": str(one.moved_from) if one.moved_from else "",
            "revision": one.revision,
            "steps": [step_to_json(step) for step in one.steps],
        },
        keep=("from", "to", "steps", "revision"),
    )


def step_to_json(step: Step) -> dict[str, Any]:
    """One step of a resource."""
    data: dict[str, Any] = {
        "op": step.op.value,
        "event": step.event,
        "from": step.origin,
        "to": step.target,
        "changes": [told_change(change) for change in step.changes],
        "effects": list(step.effects),
        "guards": [_guard(guard) for guard in step.guards],
        "checklist": step.checklist,
        "danger": step.danger,
        "risks": [risk_to_json(one) for one in step.risks],
        "confirm": step.confirm,
        "by": step.by.value if step.by is not Actor.USER else "",
        "due": step.due,
        "reason": step.reason,
    }
    if step.op is Op.FLAG:
        data["flags"] = list(step.flags)
    if step.holds is not None:
        data["holds"] = holds_to_json(step.holds)
    return _lean(data, keep=("op", "changes", "effects", "guards", "flags", "holds"))


def change_to_json(change: Change) -> dict[str, Any]:
    """A change; a side that is absent has no key."""
    data: dict[str, Any] = {"path": change.path}
    if change.before is not ABSENT:
        data["before"] = change.before
    if change.after is not ABSENT:
        data["after"] = change.after
    return data


def told_change(change: Change) -> dict[str, Any]:
    """A change as a plan tells it: with its place, where an environment says so."""
    return change_to_json(change) | _lean(place_to_json(change.layer))


def change_from_json(data: Mapping[str, Any]) -> Change:
    """What `change_to_json` wrote."""
    return Change(data["path"], data.get("before", ABSENT), data.get("after", ABSENT))


def diagnostic_to_json(one: Diagnostic) -> dict[str, Any]:
    """A diagnostic; empty members left out."""
    return _lean(
        {
            "severity": one.severity.value,
            "code": one.code,
            "summary": one.summary,
            "detail": one.detail,
            **place_to_json(one.place),
            "help": one.help,
            "ref": one.ref,
        }
    )


def place_to_json(place: Place) -> dict[str, Any]:
    """File, line and column, as far as they are known."""
    return {"file": place.file, "line": place.line, "column": place.column}


def occurrence_to_json(one: Occurrence) -> dict[str, Any]:
    """One line of a timeline."""
    return _lean(
        {
            "at": to_text(one.at),
            "ref": str(one.ref),
            "event": one.event,
            "from": one.origin,
            "to": one.target,
            "cause": cause_text(one),
            "verdict": one.verdict.value,
            "denied": one.denied,
            "message": one.message,
            "requirement": requirement_text(one.requirement),
            "effects": list(one.effects),
            "risks": [risk_to_json(risk) for risk in one.risks],
            **place_to_json(one.place),
            "against": [
                _lean({"ref": str(other.ref), **place_to_json(other.place)}, keep=("ref",)) for other in one.against
            ],
        },
        keep=("event", "from", "to"),
    )


def cause_text(one: Occurrence) -> str:
    """What makes it happen: `schedule:FILE:LINE:COLUMN`, `timer:EVENT`, `burst:REF`, `release`, `hold`."""
    match one.source:
        case Source.SCHEDULE:
            return f"schedule:{one.place}"
        case Source.TIMER:
            return f"timer:{one.event}"
        case Source.BURST:
            return one.message or "burst:over"
        case Source.RELEASE:
            return "release"
        case Source.HOLD:
            return "hold"


def digest_line(one: ResourcePlan) -> list[Any]:
    """What the plan's digest covers of one resource: ref, steps, changes and effect names; the new document by its digest."""
    steps = [
        [step.op.value, step.event, step.origin, step.target, list(step.effects), list(step.flags)]
        for step in one.steps
    ]
    changed = any(step.op in (Op.CREATE, Op.EDIT) for step in one.steps)
    changes = [change_to_json(c) for step in one.steps if step.op is Op.EDIT for c in step.changes]
    return [str(one.ref), steps, one.digest if changed else "", changes]


def _held(one: Held) -> dict[str, Any]:
    """A hold, and what its end would let through as things stand."""
    return _lean(
        {
            "ref": str(one.ref),
            "state": one.state,
            **holds_to_json([one.hold])[0],
            "kept": resource_to_json(one.kept) if one.kept else None,
            "refusals": [_refusal(refusal) for refusal in one.refusals],
        }
    )


def strayed_to_json(one: Strayed) -> dict[str, Any]:
    """What differs from a manifest that has not changed."""
    changes = [change_to_json(change) for change in one.changes]
    return _lean({"ref": str(one.ref), **place_to_json(one.place), "changes": changes, "left": one.left})


def digest_of(resources: Iterable[ResourcePlan]) -> str:
    """The digest of a plan with these resources: over the line of each, by ref, whatever the order of the steps."""
    return canonical.digest([digest_line(one) for one in sorted(resources, key=lambda one: one.ref)])


def _blocked(one: Blocked) -> dict[str, Any]:
    return {
        "ref": str(one.ref),
        "from": one.origin,
        "to": one.target,
        "refusals": [_refusal(refusal) for refusal in one.refusals],
        "alternatives": [alternative_to_json(way) for way in one.alternatives],
        **({"missed": [step.due for step in one.missed]} if one.missed else {}),
        **({"checklist": [_guard(guard) for guard in one.checklist]} if one.checklist else {}),
    }


def _refusal(one: Refusal) -> dict[str, Any]:
    return _lean(
        {
            "code": one.code.value,
            "requirement": requirement_text(one.requirement),
            "path": one.path,
            "message": one.message,
            **place_to_json(one.place),
            "others": [str(ref) for ref in one.others],
            "policy": one.policy,
            "source": _lean(place_to_json(one.source)),
            "until": to_text(one.until) if one.until else "",
        }
    )


def requirement_text(ids: Requirement) -> str:
    """The first id: the one that the rule is about."""
    return ids[0] if ids else ""


def alternative_to_json(one: Alternative) -> dict[str, Any]:
    """A way out; empty members left out."""
    return _lean({"kind": one.kind, "summary": one.summary, "command": one.command, "state": one.state})


def _waiting(one: Waiting) -> dict[str, Any]:
    return {"ref": str(one.ref), "from": one.origin, "to": one.target, "event": one.event, "message": one.message}


def _guard(one: GuardVerdict) -> dict[str, Any]:
    return _lean(
        {
            "name": one.name,
            "verdict": one.verdict.value,
            "message": one.message,
            "requirement": requirement_text(one.requirement),
            "found": one.found,
        }
    )


def risk_to_json(one: Risk) -> dict[str, Any]:
    """What an effect would lose."""
    return _lean(
        {
            "effect": one.effect,
            "message": one.message,
            "requirement": requirement_text(one.requirement),
            "facts": dict(one.facts),
        }
    )


def _lean(data: dict[str, Any], keep: tuple[str, ...] = ()) -> dict[str, Any]:
    """Without empty members, except those in `keep`."""
    return {name: value for name, value in data.items() if name in keep or value not in ("", 0, False, None, [], {})}
