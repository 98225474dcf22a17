"""Effects of a step: the keys by which a runtime knows them, and how they are brought about."""

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta

from reconciler.controller.lease import LEASE
from reconciler.model.errors import Transient
from reconciler.model.plan import Step
from reconciler.model.ports import Clock, Intent, Lease, Runtime, Store, Write


def intent_key(write: Write, step: Step) -> str:
    """The key of a step's effects: the same for the same step of the same revision, whoever takes it."""
    text = f"{write.ref}\0{write.revision}\0{step.op}\0{step.event}\0{step.target}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def perform(intent: Intent, runtime: Runtime, store: Store, clock: Clock, term: timedelta = LEASE) -> None:
    """Bring about every effect that was not yet, one after another, while the lease holds by `clock`, the lease's own.

    The lease is renewed for `term` as long as work goes on. Raises what the runtime raises, and Transient where the lease
    has run out or was taken: another run may be at work by then.
    """
    keeper = _Keeper(intent, store, clock, term)
    for effect in intent.effects:
        keeper.work = effect
        keeper.beat()
        runtime.perform(effect, intent.ref, _effect_key(intent, effect), keeper.beat)


@dataclass(slots=True)
class _Keeper:
    """Keeps the lease of an intent while its effects are worked on."""

    intent: Intent
    store: Store
    clock: Clock
    term: timedelta
    work: str = ""

    def beat(self) -> None:
        """Renew the lease once half of it is over. Transient where it is no longer ours."""
        lease, now = self.intent.lease, self.clock.now()
        if lease is None or now >= lease.expires_at:
            raise Transient(f"its lease ran out before {self.work}", timedelta())
        if lease.expires_at - now > self.term / 2:
            return
        renewed = Lease(lease.owner, now + self.term)
        if not self.store.hand_over(self.intent, renewed):
            raise Transient(f"another run has taken it over before {self.work}", timedelta())
        self.intent = replace(self.intent, lease=renewed)


def performed_any(intent: Intent, runtime: Runtime) -> bool:
    """Whether the runtime has brought about any effect of the intent."""
    return any(runtime.performed(_effect_key(intent, effect)) for effect in intent.effects)


def _effect_key(intent: Intent, effect: str) -> str:
    return f"{intent.key}/{effect}"
