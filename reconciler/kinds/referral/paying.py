"""Paying rewards: each is told to the program's server, signed, under a key of its own, until that says that it has it.

A reward is `sending` before the call, in the transaction that has looked at its campaign's state (AMB-R10), so that a stop
voids nothing that may have been paid. What nobody has answered is told again under the same key.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from reconciler.hooks.again import wait
from reconciler.hooks.call import Call, Reply
from reconciler.hooks.call import Fate as Answer
from reconciler.kinds.referral.programs import Programs
from reconciler.kinds.referral.referral_program.spec import PayingWebhook, ReferralProgramSpec
from reconciler.model import canonical
from reconciler.model.errors import Permanent
from reconciler.model.instant import parse_duration, to_text
from reconciler.model.ports import Clock, Report, Store
from reconciler.model.ref import Ref
from reconciler.model.reward import UNHEARD, Fate, Reward
from reconciler.model.secret import Reveal
from reconciler.model.work import Lane, Result, Stage, Unit

_AT_ONCE: Final = 500
"""Rewards that are put into a job in one transaction."""


@dataclass(slots=True)
class ReferralWorker:
    """Implements `ports.Worker` for the standing jobs of ReferralPrograms. Use from one thread."""

    store: Store
    reveal: Reveal
    clock: Clock
    call: Callable[[Call], Reply]
    _programs: Programs = field(default_factory=Programs)

    def cap(self, via: str) -> int:
        """See `ports.Worker`."""
        return 0

    def work(self, lane: Lane) -> None:
        """See `ports.Worker`."""
        webhook = self._webhook(lane.ref)
        secret = self.reveal(webhook.secret.model_dump(exclude_none=True)) if webhook and webhook.secret else ""
        for unit in lane.units():
            lane.record(unit, self._paid(unit, lane, webhook, secret) if webhook else self._left(unit, lane))

    def reports(self) -> Iterable[Report]:
        """See `ports.Worker`: nothing to report. What has become due is put into its program's job here."""
        now = self.store.time(self.clock.now())
        for one in self._programs.all(self.store).values():
            if one.spec.fulfilment is not None:
                self._post(one.uid, now)
        return ()

    def _post(self, uid: int, now: datetime) -> None:
        ledger = self.store.ledger
        if self.store.rewards.payable(uid, now, 1):
            ledger.stand(uid, ("",), now)
            self.store.rewards.post(uid, now, _AT_ONCE)

    def _webhook(self, ref: Ref) -> PayingWebhook | None:
        found = self.store.load([ref]).get(ref)
        if found is None:
            raise Permanent(f"{ref} is not there any more")
        spec = ReferralProgramSpec.model_validate_json(canonical.encode(found.document.get("spec", {})))
        return spec.fulfilment.webhook if spec.fulfilment and found.state == "present" else None

    def _left(self, unit: Unit, lane: Lane) -> Result:
        """The program pays by hand now: whoever exports its rewards finds this one.

        One that was told, and not answered, has failed: a person finds out whether it was paid, and retries or leaves it.
        """
        id_ = unit.payload["reward"]
        self.store.rewards.settle(id_, Fate.FAILED, f"the program names no webhook any more; {UNHEARD}", lane.now())
        self.store.rewards.unpost(id_)
        return Result(Stage.CANCELLED, {"why": "the program names no webhook any more"})

    def _paid(self, unit: Unit, lane: Lane, webhook: PayingWebhook, secret: str) -> Result:
        one = self.store.rewards.begin(unit.payload["reward"], lane.now())
        if one is None or one.fate is not Fate.SENDING:
            is_paid = one is not None and one.fate is Fate.FULFILLED
            return Result(Stage.SENT if is_paid else Stage.CANCELLED, {"why": one.reason if one else "it is not there"})
        reply = self.call(self._call(one, webhook, secret))
        said = _judged(one, reply, unit.attempts + 1 >= webhook.retry.attempts)
        self.store.rewards.settle(one.id, *said, lane.now())
        again = wait(unit.attempts, parse_duration(webhook.retry.backoff), reply.wait)
        return _result(said[0], reply, lane.now() + again)

    def _call(self, one: Reward, webhook: PayingWebhook, secret: str) -> Call:
        offering = self._programs.of(self.store, one.uid)
        campaign = offering.campaign(one.campaign) if offering else None
        return Call(
            webhook.url,
            canonical.encode(document(one, offering.ref.name if offering else "", campaign)),
            key=one.id,
            secret=secret,
            timeout=parse_duration(webhook.timeout),
            allow_private=webhook.allow_private,
            taken=frozenset(webhook.success),
        )


def document(one: Reward, program: str, campaign: Ref | None) -> dict[str, Any]:
    """A reward as it is told to whoever pays it, and to people."""
    return {
        "id": one.id,
        "program": program,
        "campaign": str(campaign) if campaign else "",
        "origin": one.origin.value,
        "role": one.role,
        "beneficiary": one.beneficiary,
        "friend": one.friend,
        "event": one.event,
        "value": str(one.value),
        "currency": one.currency,
        "earnedAt": to_text(one.earned_at),
        "payableAt": to_text(one.payable_at),
        "rule": dict(one.rule),
    }


def _judged(one: Reward, reply: Reply, is_last: bool) -> tuple[Fate, str]:
    match reply.fate:
        case Answer.TAKEN:
            return Fate.FULFILLED, reply.text
        case Answer.REFUSED:
            return Fate.FAILED, reply.text
    is_open = bool(one.reason) or reply.fate is Answer.UNKNOWN
    if is_last:
        return Fate.FAILED, f"{reply.text}; {UNHEARD}" if is_open else reply.text
    return (Fate.SENDING, UNHEARD) if is_open else (Fate.APPROVED, reply.text)


def _result(fate: Fate, reply: Reply, due_at: datetime) -> Result:
    answer = {"status": reply.status, "text": reply.text}
    match fate:
        case Fate.FULFILLED:
            return Result(Stage.SENT, answer)
        case Fate.FAILED:
            return Result(Stage.FAILED, answer)
    return Result(Stage.PENDING, answer, due_at)
