"""A resource at another time: the past from the log, the future from the simulation that plans are made with."""

from collections.abc import Sequence
from datetime import datetime

from reconciler.controller.gather import Gatherer, Wishes
from reconciler.controller.inspect import find
from reconciler.controller.pinpoint import occurrence_placed, refusal_placed
from reconciler.controller.steps import fold
from reconciler.model.collector import resting_collector
from reconciler.model.errors import Usage
from reconciler.model.event import Event
from reconciler.model.horizon import FARTHEST, ahead
from reconciler.model.instant import from_text, to_text
from reconciler.model.lifecycle import Lifecycle
from reconciler.model.portrait import Glimpse
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.model.timeline import Foresight, Occurrence
from reconciler.plan.advance import ASIDE, ENTERS
from reconciler.plan.future import Scene, walk
from reconciler.plan.present import Present, present


def glimpse(gatherer: Gatherer, now: datetime, text: str, at: datetime) -> Glimpse:
    """The resource that `text` names as it was at `at`, or as it will be. Usage where nobody knows it, or can say."""
    store = gatherer.store
    ref = find(text, dict.fromkeys([*store.heads(), *store.forgotten(), *gatherer.library.catalog.manifests]))
    if at <= now:
        return _past(gatherer, now, ref, at)
    if at - now > ahead(FARTHEST, now):
        raise Usage(f"{to_text(at)} is farther than anybody can see; ask for {FARTHEST} ahead at most")
    return _future(gatherer, now, ref, at)


def _law(gatherer: Gatherer, ref: Ref) -> Lifecycle | None:
    kind = gatherer.kinds.table.get(ref.kind)
    return kind.lifecycle if kind else None


# The past.


def _past(gatherer: Gatherer, now: datetime, ref: Ref, at: datetime) -> Glimpse:
    log = list(gatherer.store.events(ref))
    events = log_until(gatherer.store, ref, at)
    return Glimpse(
        ref=ref,
        at=at,
        now=now,
        resource=recorded(events),
        law=_law(gatherer, ref),
        first=log[0] if log else None,
        last=events[-1] if events else None,
        events=tuple(events),
    )


def log_until(store: Store, ref: Ref, at: datetime) -> list[Event]:
    """The events of whoever had this name at `at`, up to then."""
    return _until(list(store.events(ref)), at) or _under_its_name(store, ref, at)


def _until(events: Sequence[Event], at: datetime) -> list[Event]:
    """The events up to `at`: to the last one that is not later, since a clock that was set back repeats times."""
    count = next((len(events) - back for back, event in enumerate(reversed(events)) if _at(event) <= at), 0)
    return list(events[:count])


def _at(event: Event) -> datetime:
    return from_text(event.body["at"])


def _under_its_name(store: Store, ref: Ref, at: datetime) -> list[Event]:
    """The log of another resource that had this name at `at`, and has given it up since."""
    log = {event.hash: event for event in store.events()}
    until = _until(list(log.values()), at)
    followed = {event.previous for event in until}
    event = next((one for one in reversed(until) if one.ref == ref and one.hash not in followed), None)
    found: list[Event] = []
    while event is not None:
        found.append(event)
        event = log.get(event.previous)
    return found[::-1]


def recorded(events: Sequence[Event]) -> Resource | None:
    """The resource as these events leave it, but for its file; None where they leave none."""
    told = fold([event.body for event in events])
    if not events or told["forgotten"]:
        return None
    entering = next((event for event in reversed(events) if event.body["op"] in ENTERS), events[0])
    return Resource(
        ref=Ref.canonical(told["ref"]),
        state=told["state"],
        digest=told["digest"],
        document=told["document"],
        satisfied=told["satisfied"],
        flags=told["flags"],
        revision=events[-1].sequence,
        entered_at=_at(entering),
        applied_at=next((_at(event) for event in reversed(events) if event.body["op"] not in ASIDE), _at(events[0])),
        commit=next((event.body["commit"] for event in reversed(events) if event.body.get("commit")), ""),
        head=events[-1].hash,
        asked=told["asked"],
        holds=told["holds"],
        operated=told["operated"],
    )


# The future.


def _future(gatherer: Gatherer, now: datetime, ref: Ref, at: datetime) -> Glimpse:
    with resting_collector():
        question, _ = gatherer.question(now, Wishes(horizon=at - now, about=frozenset({ref})))
        here = present(question)
        found: list[Occurrence] = []
        scene: Scene | None = None
        for scene in walk(here.question, here.decision, here.moves, [at]):
            found += (one for one in scene.occurrences if one.ref == ref)
    assert scene is not None, "a walk begins with the present"
    return _foreseen(gatherer, here, scene, Glimpse(ref, at, now, occurrences=tuple(found)))


def _foreseen(gatherer: Gatherer, here: Present, scene: Scene, one: Glimpse) -> Glimpse:
    ref, manifest = one.ref, gatherer.library.catalog.manifests.get(one.ref)
    planned, stuck = here.decision.open.get(ref), scene.stuck.get(ref)
    verdict = Foresight.CONDITIONAL if ref in scene.doubtful else Foresight.LEGAL
    exists = ref in scene.question.heads
    return Glimpse(
        ref=ref,
        at=one.at,
        now=one.now,
        resource=scene.question.resources.get(ref) if exists else None,
        law=_law(gatherer, ref),
        desired=manifest.state_at(one.at) if manifest else "",
        planned=planned.steps if planned else (),
        occurrences=tuple(occurrence_placed(gatherer, each) for each in one.occurrences),
        verdict=(Foresight.SHADOWED if stuck.held else Foresight.ILLEGAL) if stuck else verdict,
        refusals=tuple(refusal_placed(gatherer, ref, refusal) for refusal in stuck.refusals) if stuck else (),
    )
