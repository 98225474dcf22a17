"""Whether the log is whole and the snapshot is what the log says."""

from collections.abc import Iterable, Iterator, Mapping

from reconciler.controller.sealing import SealCheck
from reconciler.controller.steps import fold
from reconciler.model.event import GENESIS, Event, verify
from reconciler.model.health import Complaint, Health
from reconciler.model.instant import to_text
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.plan.advance import ASIDE, ENTERS


def examine(store: Store, noted: tuple[str, ...] = ()) -> Health:
    """Verify every chain and every seal, kept or `noted` elsewhere, and hold the fold of the log against the snapshot.

    All of it as of one moment.
    """
    with store.snapshot():
        return _examine(store, SealCheck(store.log_seals(), noted))


def _examine(store: Store, seals: SealCheck) -> Health:
    chains: dict[int, list[Event]] = {}
    complaints: list[Complaint] = []
    expected = 1
    names: dict[Ref, int] = {}
    for event in store.events():
        seals.see(event)
        if event.serial != expected:
            gap = f"the log jumps from event {expected - 1} to {event.serial}: lines are missing"
            complaints.append(Complaint("", gap))
        expected = event.serial + 1
        # A chain is known by its first event: its name may pass to another resource when it takes a new one.
        origin = names.pop(_former(event), event.serial)
        names[event.ref] = origin
        chains.setdefault(origin, []).append(event)
    if store.serial() != expected - 1:
        complaints.append(Complaint("", f"the log ends with event {expected - 1}, the store counts {store.serial()}"))
    stored = store.load(store.heads())
    now_called = {origin: ref for ref, origin in names.items()}
    for origin, chain in chains.items():
        ref = now_called.get(origin, chain[-1].ref)
        complaints += [Complaint(str(ref), message) for message in _chain(chain)]
        complaints += [Complaint(str(ref), message) for message in _state(chain, stored.get(ref))]
    unknown = (ref for ref in stored if ref not in names)
    complaints += [Complaint(str(ref), "the snapshot has a resource that the log never made") for ref in unknown]
    complaints += seals.complaints()
    return Health(seals.events, len(stored), seals.hash, tuple(complaints))


def _former(event: Event) -> Ref:
    """The name that the resource had before this event."""
    if event.body.get("op") != "move":
        return event.ref
    before = next((c["before"] for c in event.body.get("changes", ()) if c["path"] == "/metadata/name"), event.ref.name)
    return Ref(event.ref.kind, before, event.ref.version)


def _chain(events: Iterable[Event]) -> Iterator[str]:
    previous = GENESIS
    for number, event in enumerate(events, start=1):
        if not verify(event):
            yield f"event {event.serial} was altered: its hash is not that of its content"
        if event.body.get("ref") != str(event.ref):
            yield f"event {event.serial} is filed under another name than its content has"
        if event.previous != previous or event.sequence != number:
            yield f"event {event.serial} does not follow the one before it"
        previous = event.hash


def _state(events: list[Event], resource: Resource | None) -> Iterator[str]:
    told = fold([event.body for event in events])
    if resource is None:
        if not told["forgotten"]:
            yield "the log knows a resource that the snapshot lost"
        return
    if told["forgotten"]:
        yield "the log says forgotten, the snapshot has it"
        return
    if resource.head != events[-1].hash:
        yield "the snapshot does not point at the last event"
    applied, entered = to_text(resource.applied_at), to_text(resource.entered_at)
    times = {
        "applied": _applying(events).body.get("at", applied),
        "entered": _entering(events).body.get("at", entered),
    }
    yield from _differences({**told, **times, "revision": events[-1].sequence}, resource)


def _applying(events: list[Event]) -> Event:
    """The last event by which the resource was applied: holds that come and go do not count."""
    return next((event for event in reversed(events) if event.body["op"] not in ASIDE), events[0])


def _entering(events: list[Event]) -> Event:
    return next((event for event in reversed(events) if event.body["op"] in ENTERS), events[0])


def _differences(told: Mapping[str, object], resource: Resource) -> Iterator[str]:
    actual = {
        "ref": str(resource.ref),
        "state": resource.state,
        "satisfied": resource.satisfied,
        "flags": resource.flags,
        "digest": resource.digest,
        "document": resource.document,
        "asked": resource.asked,
        "holds": resource.holds,
        "operated": resource.operated,
        "revision": resource.revision,
        "applied": to_text(resource.applied_at),
        "entered": to_text(resource.entered_at),
    }
    for name, value in actual.items():
        if told.get(name) != value:
            yield f"{name} in the snapshot is not what the log leads to"
