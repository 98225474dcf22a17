"""The engine of collections from a page: queue a campaign's accounts (C-24, C-25), pause the engine, let it go on."""

from typing import Final

from reconciler.controller.terms import spoken
from reconciler.dashboard.page import Missing
from reconciler.dashboard.render import href, number
from reconciler.dashboard.visit import Visit
from reconciler.kinds.collections.brakes import brakes
from reconciler.kinds.collections.enqueueing import enqueue, refusal, set_brake
from reconciler.kinds.collections.reading import KIND
from reconciler.lifecycle.kind import Kind
from reconciler.model.errors import Usage
from reconciler.model.resource import Resource
from reconciler.web.door import Answer

EXECUTION: Final = "/execution"


def enqueue_page(visit: Visit) -> Answer:
    """Whom it would queue, and what stands in the way."""
    one, kind = _campaign(visit)
    now = visit.store.time(visit.now)
    held_back = visit.store.collection_books.held_back(visit.store.ledger.uid(one.ref), now)
    refused = refusal(visit.store, kind.lifecycle, one.ref, now)
    return visit.show("enqueue.html", one=one, refused=refused, held_back=held_back, brakes=brakes(visit.store))


def enqueue_now(visit: Visit) -> Answer:
    """Queue them. A second time is harmless: who is queued already stays queued once."""
    one, kind = _campaign(visit)
    found = enqueue(visit.store, kind.lifecycle, one.ref, visit.store.time(visit.now))
    if found.refused:
        visit.note(f"enqueue refused: {found.refused}")
        return visit.show(
            "enqueue.html", status=409, one=one, refused=found.refused, held_back={}, brakes=brakes(visit.store)
        )
    others = "".join(f", {number(count)} {cause}" for cause, count in found.others.items())
    stopped = f"; nobody is contacted while the engine is paused: {'; '.join(found.brakes)}" if found.brakes else ""
    return visit.done(href(one.ref), f"{one.ref}: {found.told}{others}{stopped}")


def _campaign(visit: Visit) -> tuple[Resource, Kind]:
    one = visit.resource()
    kind = visit.premises.repository.kinds.table.get(KIND)
    if one.ref.kind != KIND or kind is None:
        raise Missing(f"{one.ref.kind} has no queue.")
    return one, kind


def pause_page(visit: Visit) -> Answer:
    """What the engine's brake means."""
    return _engine(visit, True)


def resume_page(visit: Visit) -> Answer:
    """What goes on once it is off."""
    return _engine(visit, False)


def pause(visit: Visit) -> Answer:
    """Put it on."""
    try:
        reason = spoken("reason", visit.sent("reason"))
    except Usage as error:
        visit.note(f"pause refused: {error}")
        return _engine(visit, True, 400, f"{error}.")
    return visit.done(EXECUTION, _set(visit, True, reason))


def resume(visit: Visit) -> Answer:
    """Take it off."""
    return visit.done(EXECUTION, _set(visit, False, ""))


def _set(visit: Visit, is_on: bool, reason: str) -> str:
    said = set_brake(visit.store, is_on, reason, visit.visitor.actor, visit.store.time(visit.now))
    return f"{said.capitalize()}: {reason}" if reason else said.capitalize()


def _engine(visit: Visit, is_on: bool, status: int = 200, fault: str = "") -> Answer:
    brake = visit.store.contact_queue.braked()
    return visit.show(
        "engine.html", status=status, pauses=is_on, fault=fault, brakes=brakes(visit.store), reason=visit.sent("reason"),
        is_on=brake is not None and brake.is_on,
    )  # fmt: skip
