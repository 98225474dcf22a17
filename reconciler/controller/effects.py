"""Effects of a step: the keys by which a runtime knows them, and how they are brought about."""

import hashlib
from datetime import timedelta

from reconciler.model.errors import Transient
from reconciler.model.plan import Step
from reconciler.model.ports import Clock, Intent, Runtime, Write


def intent_key(write: Write, step: Step) -> str:
    """The key of a step's effects: the same for the same step of the same revision, whoever takes it."""
    text = f"{write.ref}\0{write.revision}\0{step.op}\0{step.event}\0{step.target}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def perform(intent: Intent, runtime: Runtime, clock: Clock) -> None:
    """Bring about every effect that was not yet, one after another, while the lease holds by `clock`, the lease's own.

    Raises what the runtime raises, and Transient where the lease has run out: another run may be at work by then.
    """
    for effect in intent.effects:
        if intent.lease is None or clock.now() >= intent.lease.expires_at:
            raise Transient(f"its lease ran out before {effect}", timedelta())
        runtime.perform(effect, intent.ref, _effect_key(intent, effect))


def performed_any(intent: Intent, runtime: Runtime) -> bool:
    """Whether the runtime has brought about any effect of the intent."""
    return any(runtime.performed(_effect_key(intent, effect)) for effect in intent.effects)


def _effect_key(intent: Intent, effect: str) -> str:
    return f"{intent.key}/{effect}"
