"""Settle: finish or undo the steps that a crash left between begin and advance, before anything new is planned."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from reconciler.controller.execute import effect_key
from reconciler.model.errors import Permanent, Transient
from reconciler.model.ports import Intent, Runtime, Store
from reconciler.model.ref import Ref


class Settlement(StrEnum):
    """How an intent ended."""

    FINISHED = "finished"
    UNDONE = "undone"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Settled:
    """One intent and what became of it."""

    ref: Ref
    event: str
    settlement: Settlement
    message: str = ""


def settle(store: Store, runtimes: Mapping[str, Runtime]) -> tuple[Settled, ...]:
    """Every open intent, oldest first.

    If any effect was performed the rest is performed too (each is idempotent by its key) and the step is committed;
    if none was, the intent is closed and the next plan decides anew. Without a runtime to ask, it stays open.
    """
    return tuple(_settle(store, intent, runtimes.get(intent.ref.kind)) for intent in store.intents())


def _settle(store: Store, intent: Intent, runtime: Runtime | None) -> Settled:
    event = str(intent.write.body.get("event", ""))
    if runtime is None:
        return Settled(intent.ref, event, Settlement.OPEN, f"no runtime of {intent.ref.kind} is attached to ask")
    keys = {effect: effect_key(intent.key, effect) for effect in intent.effects}
    if not any(runtime.performed(key) for key in keys.values()):
        store.abandon(intent.key)
        return Settled(intent.ref, event, Settlement.UNDONE)
    try:
        for effect, key in keys.items():
            runtime.perform(effect, intent.ref, key)
    except (Permanent, Transient) as error:
        return Settled(intent.ref, event, Settlement.OPEN, str(error))
    if store.advance(intent.key, intent.write):
        return Settled(intent.ref, event, Settlement.FINISHED)
    store.abandon(intent.key)
    return Settled(intent.ref, event, Settlement.UNDONE, "the resource has moved on meanwhile")
