"""Blame: the log of a resource folded field by field, so that each shows the event that made it what it is."""

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.lifecycle.kind import Kind
from reconciler.lifecycle.shape import Shape, same
from reconciler.model.blame import Blame, BlamedField
from reconciler.model.change import ABSENT, tokens
from reconciler.model.errors import Usage
from reconciler.model.event import Event
from reconciler.model.plan import Op
from reconciler.model.ref import Ref
from reconciler.plan.fields import fields
from reconciler.source.schema import did_you_mean


def blame(events: Sequence[Event], kind: Kind | None, field: str = "") -> Blame:
    """Who made the resource of this log what it is; with `field` only that one and what lies in it.

    Lists are told apart as the kind is defined today, by index where it is no longer defined. A field that was taken
    away is found by its own name only. Usage where there is no such field.
    """
    known: dict[str, BlamedField] = {}
    gone: dict[str, BlamedField] = {}
    told: dict[str, Any] = {}
    for event in events:
        if event.body["op"] == Op.CREATE:
            known, gone, told = {}, {}, {}  # whatever was here before had been forgotten
        told = {**told, **_told(event, kind.shape if kind else Shape(open=True))}
        now = {path: value for part in told.values() for path, value in part.items()}
        for path in known.keys() - now.keys():
            gone[path] = BlamedField(path, ABSENT, event)
        known = {path: _kept(known.get(path), path, value, event) for path, value in now.items()}
    last = events[-1]
    found = tuple(known.values())
    if field:
        found = _named(field, list(known.values())) or _named(field, [gone[path] for path in sorted(gone)])
        if not found:
            advice = did_you_mean(field, [*known, *(_dotted(path) for path in known)])
            raise Usage(f"{last.ref} has no field {field}, or its default there" + (f"; {advice}" if advice else ""))
    return Blame(Ref.canonical(last.body["ref"]), found, last.body["op"] == Op.FORGET)


def _told(event: Event, shape: Shape) -> Mapping[str, Mapping[str, Any]]:
    """What an event says of the resource's name, state, flags and document, as far as it speaks of each."""
    body = event.body
    told: dict[str, Mapping[str, Any]] = {"name": {"/metadata/name": Ref.canonical(body["ref"]).name}}
    if "to" in body:
        told["state"] = {"/state": body["to"]}
        told["flags"] = {f"/{flag}": True for flag in body.get("flags", ())}
    if "document" in body:
        told["document"] = fields(body["document"], shape)
    return told


def _kept(before: BlamedField | None, path: str, value: Any, event: Event) -> BlamedField:
    unchanged = before is not None and type(before.value) is type(value) and same(before.value, value)
    return before if before is not None and unchanged else BlamedField(path, value, event)


def _named(field: str, found: Sequence[BlamedField]) -> tuple[BlamedField, ...]:
    """The fields at or below a pointer, /spec/subject, or the same with dots: spec.subject."""
    if field.startswith("/"):
        return tuple(one for one in found if _is_at(one.path, field, "/"))
    return tuple(one for one in found if _is_at(_dotted(one.path), field, "."))


def _is_at(path: str, field: str, mark: str) -> bool:
    return path == field or path.startswith(field.rstrip(mark) + mark)


def _dotted(path: str) -> str:
    return ".".join(tokens(path))
