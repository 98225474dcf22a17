"""What a log must be, told from its lines and the kinds' definitions alone: nothing lost, nothing illegal, nothing twice."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.lifecycle.kind import Kind
from reconciler.model.event import GENESIS, Event, verify
from reconciler.model.ref import Ref
from tests.crash.group_checker import Rooms

ABSENT = object()


@dataclass(slots=True)
class _Life:
    """A resource as its log has told it so far."""

    kind: Kind
    state: str = ""
    sequence: int = 0
    hash: str = GENESIS
    document: dict[str, Any] = field(default_factory=dict)
    holds: list[dict[str, Any]] = field(default_factory=list)


def complaints(events: Iterable[Event], kinds: Mapping[str, Kind]) -> Iterator[str]:
    """Everything that is wrong with the log; for logs without renames and `forget`."""
    lives: dict[Ref, _Life] = {}
    rooms = Rooms(kinds)
    for expected, event in enumerate(events, start=1):
        life = lives.setdefault(event.ref, _Life(kinds[event.ref.kind]))
        if event.serial != expected:
            yield f"event {event.serial} stands where {expected} should"
        for wrong in (*_chain(event, life), *_update(event, life), *_step(event, life), *_held(event, life)):
            yield f"event {event.serial} of {event.ref}: {wrong}"
        life.sequence, life.hash, life.state = event.sequence, event.hash, event.body.get("to", life.state)
        life.document = event.body.get("document", life.document)
        life.holds = event.body.get("holds", life.holds)
        for wrong in rooms.go(event.ref, life.state, life.document, event.body):
            yield f"event {event.serial} of {event.ref}: {wrong}"


def _chain(event: Event, life: _Life) -> Iterator[str]:
    if not verify(event):
        yield "its hash is not that of its content"
    if (event.previous, event.sequence) != (life.hash, life.sequence + 1):
        yield "it does not follow the one before it"


def _update(event: Event, life: _Life) -> Iterator[str]:
    """A step builds on what the step before it left: else that one's work was lost."""
    if event.body.get("from", "") != life.state:
        yield f"it goes on from {event.body.get('from')!r}, the resource was {life.state!r}"
    for change in event.body.get("changes", ()) if event.sequence > 1 else ():
        value = _at(life.document, change["path"])
        if change["before"] is not None and value is not ABSENT and value != change["before"]:
            yield f"it changes {change['path']} from {change['before']!r}, which was {value!r}"


def _step(event: Event, life: _Life) -> Iterator[str]:
    law, body = life.kind.lifecycle, event.body
    if body["op"] == "create":
        if body["to"] != law.initial or event.sequence != 1:
            yield f"created in {body['to']}, as its step {event.sequence}"
    elif body["op"] == "transition":
        if not any(
            (edge.event, edge.origin, edge.target) == (body["event"], life.state, body["to"])
            for edge in law.transitions
        ):
            yield f"no edge {body['event']} leads from {life.state} to {body['to']}"
    elif body["op"] == "edit":
        if body["to"] != life.state:
            yield "an edit that enters a state"
        if body["document"] == life.document:
            yield "the same edit twice"
        frozen = [line.path for line in law.states[life.state].frozen]
        for change in body["changes"]:
            if any(_covers(pointer, change["path"]) for pointer in frozen):
                yield f"it changes {change['path']}, which is frozen in {life.state}"
    elif body["op"] in ("hold", "release"):
        if body["to"] != life.state:
            yield f"a {body['op']} that enters a state"
    else:
        yield f"unexpected: {body['op']}"


def _held(event: Event, life: _Life) -> Iterator[str]:
    """Nobody but an operator changes what is held; timers go on."""
    body = event.body
    by_hand = str(body.get("cause", "")).startswith(("operator:", "hold:")) or body["op"] in ("hold", "release")
    if by_hand or body.get("actor") == "timer":
        return
    for hold in life.holds:
        if not hold.get("paths") and body.get("at", "") < hold["until"]:
            yield f"{body['op']} by {body.get('actor')} while {hold['owner']} holds it until {hold['until']}"


def _covers(pointer: str, path: str) -> bool:
    wanted, found = pointer.split("/"), path.split("/")
    return len(wanted) <= len(found) and all(one in ("*", other) for one, other in zip(wanted, found, strict=False))


def _at(document: object, path: str) -> object:
    """The value at a pointer; ABSENT where there is none, or where lists are addressed by key."""
    for part in path.split("/")[1:]:
        if not isinstance(document, dict) or part not in document:
            return ABSENT
        document = document[part]
    return document
