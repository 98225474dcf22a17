"""What the engine of collections does today: the queue, what stops it, what does not get through. (C-21, C-24 … C-26, AMB-C13)"""

from typing import Final

from reconciler.dashboard.page import Missing
from reconciler.dashboard.panel import Card
from reconciler.dashboard.render import href, number
from reconciler.dashboard.visit import Visit
from reconciler.dashboard.visitor import Role
from reconciler.kinds.collections.organisation import organisation
from reconciler.kinds.collections.reading import ACTIVE, KIND, execution
from reconciler.kinds.collections.sheet import Execution
from reconciler.model.contact_queue import ItemStage
from reconciler.model.ref import Ref
from reconciler.web.door import Answer

TONES: Final = {ItemStage.COMPLETED: "good", ItemStage.FAILED: "bad", ItemStage.UNKNOWN: "warn"}
"""Of a figure that is more than nothing."""
NOTES: Final = {
    ItemStage.PENDING: "waiting in the queue",
    ItemStage.PROCESSING: "being made",
    ItemStage.COMPLETED: "reached somebody",
    ItemStage.FAILED: "reached nobody",
    ItemStage.SKIPPED: "not to be made after all",
    ItemStage.CANCELLED: "taken out of the queue",
    ItemStage.UNKNOWN: "nobody knows what became of them",
}
OPEN: Final = (ItemStage.PENDING, ItemStage.PROCESSING)


def make(visit: Visit) -> Answer:
    """The page."""
    store = visit.store
    with store.snapshot():
        one, settings = execution(store, store.time(visit.now)), organisation(store)
        brake = store.contact_queue.braked()
    return visit.show(
        "execution.html",
        one=one,
        blocked=[(each, href(Ref("SmtpConnection", each.via))) for each in one.blocked],
        cards=tuple(_card(one, stage) for stage in ItemStage),
        stages=tuple(ItemStage),
        settings=settings.ref,
        queues_by_itself=settings.spec.auto_enqueue,
        active=[ref for ref, state, _ in one.campaigns if state == ACTIVE],
        brake_is_on=brake is not None and brake.is_on,
        operates=visit.visitor.role.may(Role.OPERATOR),
    )


def _card(one: Execution, stage: ItemStage) -> Card:
    count = one.totals[stage]
    label = stage.value.capitalize() + ("" if stage in OPEN else " today")
    return Card(label, number(count), NOTES[stage], tone=TONES.get(stage, "") if count else "")


def enqueue(visit: Visit) -> Answer:
    """From the list of campaigns to the page that asks whether to queue this one (C-25). Missing where it is none."""
    name = visit.asked("campaign")
    found = [ref for ref in visit.store.heads(KIND) if ref == Ref(KIND, name)] if name else []
    if not found:
        raise Missing(f"There is no campaign {name[:100]!r} to queue.")
    return visit.to(href(found[0], "do", "enqueue"))
