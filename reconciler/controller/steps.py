"""What each step of a plan writes: the row's new values and the event that says so."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from reconciler.model.actor import Actor
from reconciler.model.authorship import Authorship
from reconciler.model.canonical import Document
from reconciler.model.hold import holds_from_json, holds_to_json
from reconciler.model.instant import to_text
from reconciler.model.plan import Op, Reason, ResourcePlan, Step
from reconciler.model.ports import Write
from reconciler.model.record import Record
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.plan.advance import ASIDE, BRINGS, ENTERS, OPERATOR, operated_after, satisfied_after, state_after
from reconciler.plan.codec import change_to_json

_NOBODY: Final = Authorship()
"""Whose word a step is on that no manifest asks for."""


class Cursor(Record, frozen=True):
    """A resource between two of its steps."""

    ref: Ref
    revision: int
    state: str
    satisfied: tuple[str, ...]
    flags: tuple[str, ...]
    file: str
    commit: str

    def after(self, write: Write) -> "Cursor":
        """The cursor once `write` is committed."""
        ref = write.renamed_to or write.ref
        return Cursor(ref, write.revision + 1, write.state, write.satisfied, write.flags, write.file, write.commit)


@dataclass(frozen=True, slots=True)
class Origin:
    """Who carries a plan out, for which approval, when, and on whose word: what every event names."""

    actor: str
    plan: str
    at: datetime
    authorship_of: Callable[[Ref], Authorship]
    """Who brought a manifest into the form that is carried out."""
    acknowledged: tuple[str, ...] = ()
    """The refusals that a person has overruled for this plan, by name."""


def write_of(one: ResourcePlan, step: Step, cursor: Cursor, document: Document, origin: Origin) -> Write:
    """The write of one step. `document` is the desired one, used where the step brings it in."""
    state = state_after(step, cursor.state)
    brings = step.op in BRINGS
    by = origin.authorship_of(one.ref) if _is_of_manifest(one, step) else None
    after = Cursor(
        ref=one.ref if step.op is Op.MOVE else cursor.ref,
        revision=cursor.revision + 1,
        state=state,
        satisfied=satisfied_after(step, state, cursor.satisfied),
        flags=step.flags if step.op is Op.FLAG else cursor.flags,
        file=one.file,
        # A timer acts on what was applied before, and so does an operator: the commit of that stays.
        commit=by.commit if by else cursor.commit,
    )
    body = _body(one, step, after, by or _NOBODY, origin)
    if brings:
        body |= {"document": document, "digest": one.digest}
    return Write(
        ref=cursor.ref,
        revision=cursor.revision,
        state=after.state,
        satisfied=after.satisfied,
        flags=after.flags,
        at=origin.at,
        body=body,
        digest=one.digest if brings else "",
        document=document if brings else None,
        entered=step.op in ENTERS,
        file=after.file,
        commit=after.commit,
        renamed_to=one.ref if step.op is Op.MOVE else None,
        asked=one.asked,
        holds=step.holds,
        aside=step.op in ASIDE,
        operated=operated_after(one, step, ""),
    )


def _is_of_manifest(one: ResourcePlan, step: Step) -> bool:
    """Whether a manifest asks for the step, rather than the clock or an operator."""
    return step.by is Actor.USER and not one.cause.startswith(OPERATOR)


def _body(one: ResourcePlan, step: Step, after: Cursor, by: Authorship, origin: Origin) -> dict[str, Any]:
    """What the log says of the step, which leads to `after`; but for the document that it brings in."""
    body: dict[str, Any] = {
        "ref": str(after.ref),
        "op": step.op.value,
        "at": to_text(origin.at),
        "actor": origin.actor if step.by is Actor.USER else step.by.value,
        "cause": one.cause,
        "plan": origin.plan,
        "to": after.state,
        "from": step.origin,
        "satisfied": after.satisfied,
    }
    optional = (
        ("event", step.event),
        ("commit", by.commit),
        ("author", by.author),
        ("authored", by.authored),
        ("uncommitted", by.uncommitted),
        ("orEarlier", by.or_earlier),
        ("acknowledged", origin.acknowledged if step.by is Actor.USER else ()),
        ("effects", step.effects),
        ("flags", after.flags),
        ("asked", one.asked),
        ("due", step.due),
        ("reason", step.reason),
        ("missed", step.target if step.op is Op.MISS else ""),
        ("drift", one.reason is Reason.DRIFT),
    )
    body |= {name: value for name, value in optional if value}
    if step.holds is not None:
        body["holds"] = holds_to_json(step.holds)
    if step.op is not Op.CREATE and step.changes:
        body["changes"] = [change_to_json(change) for change in step.changes]
    return body


def forget_write(resource: Resource, actor: str, at: datetime) -> Write:
    """The write that takes a resource out of the snapshot; its log stays."""
    body = {"ref": str(resource.ref), "op": Op.FORGET.value, "event": "forget", "at": to_text(at), "actor": actor}
    return Write(
        ref=resource.ref,
        revision=resource.revision,
        state=resource.state,
        satisfied=resource.satisfied,
        flags=resource.flags,
        at=at,
        body=body,
        file=resource.file,
        commit=resource.commit,
        forgotten=True,
    )


def fold(events: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The state that a resource's events lead to: ref, state, satisfied, flags, digest, document, holds, … (X-02).

    This is what `doctor` holds against the snapshot.
    """
    state: dict[str, Any] = {"forgotten": False, "flags": (), "holds": (), "operated": ""}
    for body in events:
        state["ref"] = body["ref"]
        state["forgotten"] = body["op"] == Op.FORGET
        if "to" in body:
            state["state"] = body["to"]
            state["satisfied"] = tuple(body["satisfied"])
            state["flags"] = tuple(body.get("flags", ()))
            if body["op"] in ENTERS:
                state["operated"] = body["cause"] if str(body.get("cause", "")).startswith(OPERATOR) else ""
        state["asked"] = body.get("asked", state.get("asked", ""))
        if "holds" in body:
            state["holds"] = holds_from_json(body["holds"])
        if "document" in body:
            state["document"], state["digest"] = body["document"], body["digest"]
    return state
