"""Writes down who is to be told of what a pass has brought: from the log, and from conditions that have turned.

Nothing is sent here. Notices stand in the store, each by what it is about, so that of several daemons, and of a daemon
that was killed and started again, one writes it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from reconciler.controller.passing import Pass
from reconciler.controller.receivers import Occasion, Receiver
from reconciler.controller.statuses import Turn
from reconciler.model import canonical
from reconciler.model.condition import Aspect, Condition, Status, Truth
from reconciler.model.event import Event
from reconciler.model.instant import to_text
from reconciler.model.notice import Notice
from reconciler.model.plan import Held, Op
from reconciler.model.ports import Store

_TOLD = ("ref", "op", "event", "from", "to", "at", "actor", "cause", "commit", "plan", "missed", "due", "reason")
"""What a notice says of an event; its document and changes stay in the log."""

SOON: Final = timedelta(hours=1)
"""How long before its end somebody is told of a hold."""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something to tell: its occasion, a key that is the same for whoever noticed it, and what to say."""

    occasion: Occasion
    key: str
    body: Mapping[str, Any]


@dataclass(slots=True)
class Postman:
    """Called by `Statuses` with what has turned, before that is stored: killed in between, it turns again."""

    receivers: Mapping[str, Receiver]

    def turned(self, turns: Sequence[Turn], one: Pass, store: Store) -> None:
        """Write down what has happened since each receiver was last told."""
        bulletin, now = store.bulletin, to_text(one.began)
        now_so = [happening for turn in turns for happening in _of_turn(*turn)]
        now_so += [_of_hold(held) for held in one.plan.holds if held.hold.ends - one.began <= SOON]
        cursors = {name: bulletin.cursor(name) for name in self.receivers}
        oldest = min((one.seen.serial if at is None else at for at in cursors.values()), default=None)
        if oldest is None:
            return
        logged = [(event.serial, found) for event in store.since(oldest) if (found := _of_event(event))]
        last = max((serial for serial, _ in logged), default=oldest)
        notices: list[Notice] = []
        for name, receiver in self.receivers.items():
            since = cursors[name] if cursors[name] is not None else one.seen.serial
            happened = [*(found for serial, found in logged if serial > (since or 0)), *now_so]
            notices += [
                Notice(
                    f"{each.occasion.value} {each.key}", name, {"occasion": each.occasion.value, **each.body}, now, now
                )
                for each in happened
                if each.occasion in receiver.on
            ]
        if notices or None in cursors.values() or last > oldest:
            bulletin.post(notices, dict.fromkeys(self.receivers, last))


def _of_event(event: Event) -> Happening | None:
    body = {name: event.body[name] for name in _TOLD if event.body.get(name)}
    key = f"{event.ref} {event.sequence}"
    if event.body.get("op") == Op.MISS:
        return Happening(Occasion.MISSED, key, body)
    return Happening(Occasion.APPLIED, key, body)


def _of_hold(held: Held) -> Happening:
    hold = held.hold
    body = {"ref": str(held.ref), "until": hold.until, "owner": hold.owner, "reason": hold.reason}
    return Happening(Occasion.HOLD_EXPIRING, f"{held.ref} {hold.since} {hold.until} {hold.owner}", body)


def _of_turn(before: Status | None, after: Status) -> Iterator[Happening]:
    known = {one.aspect: one for one in before.conditions} if before else {}
    for one in after.conditions:
        was = known.get(one.aspect)
        if one.truth is not Truth.TRUE or (was and was.truth is one.truth and was.reason == one.reason):
            continue
        occasion = _occasion(one)
        if occasion is not None:
            key = f"{after.ref} {one.reason} {after.revision} {after.commit} {canonical.digest(one.message)[-12:]}"
            body = {"ref": str(after.ref), "reason": one.reason, "message": one.message, "commit": after.commit}
            yield Happening(occasion, key, {name: value for name, value in body.items() if value})


def _occasion(one: Condition) -> Occasion | None:
    if one.aspect is Aspect.DRIFTED:
        return Occasion.DRIFT
    if one.aspect is Aspect.STALLED:
        return Occasion.FAILED if one.reason == "StepFailed" else Occasion.BLOCKED
    return None
