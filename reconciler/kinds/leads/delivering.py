"""Delivering what was sold: the standing jobs of AccountContracts (L-18, L-45; AMB-L5).

They go on in every state of the contract and of the campaign's version: who has bought a lead gets it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from reconciler.hooks.again import wait
from reconciler.hooks.caller import Caller
from reconciler.kinds.leads.deliveries import is_mail
from reconciler.kinds.leads.letter import lead_mail
from reconciler.kinds.leads.posting import posted
from reconciler.kinds.messaging.mails import Mails
from reconciler.kinds.messaging.outreach import Written
from reconciler.kinds.messaging.relay import stored_lanes, stored_relay
from reconciler.mail.answer import Answer, Kind
from reconciler.mail.fault import Unfit
from reconciler.mail.retry import AGAIN
from reconciler.model.canonical import Document
from reconciler.model.errors import Permanent
from reconciler.model.ports import Report, Store
from reconciler.model.ref import Ref
from reconciler.model.secret import Reveal
from reconciler.model.work import Lane, Result, Stage, Unit

KIND: Final = "AccountContract"


@dataclass(slots=True)
class DeliveryWorker:
    """Implements `ports.Worker` for AccountContracts, over one store. Use from one thread."""

    store: Store
    reveal: Reveal
    caller: Caller = field(default_factory=Caller)

    def cap(self, via: str) -> int:
        """See `ports.Worker`. A connection has one number of lanes, whoever sends by it."""
        return stored_lanes(self.store, via) if via else 0

    def work(self, lane: Lane) -> None:
        """See `ports.Worker`."""
        if is_mail(lane.number):
            self._mail(lane)
        else:
            self._post(lane)

    def reports(self) -> Iterable[Report]:
        """See `ports.Worker`. A contract's work is never over."""
        return ()

    def _post(self, lane: Lane) -> None:
        """Webhooks."""
        try:
            for unit in lane.units():
                lane.record(unit, posted(self.caller, unit, self.reveal, lane.now()))
        finally:
            self.caller.close()

    def _mail(self, lane: Lane) -> None:
        """Mails; one that is in doubt stays so, and is listed: it is not repeated (AMB-E13)."""
        relay = stored_relay(self.store, lane.via, self.reveal)
        Mails(lane, relay, _Post(lane, relay.return_path, self.store)).run()


@dataclass(frozen=True, slots=True)
class _Post:
    """Implements `mails.Post` for sold leads."""

    lane: Lane
    return_path: str
    store: Store

    def write(self, unit: Unit) -> Written | Result:
        """See `mails.Post`."""
        payload = unit.payload
        mail = lead_mail(payload, self._template(payload["template"]), self.return_path, self.lane.now())
        if isinstance(mail, Unfit):
            return Result(Stage.FAILED, {"class": "unfit", "text": str(mail)})
        return Written(mail, (payload["from"] or {}).get("email", ""))

    def judge(self, unit: Unit, answer: Answer) -> Result:
        """See `mails.Post`."""
        said = {"class": answer.kind.value, "code": answer.code, "text": answer.text, "key": unit.payload["key"]}
        match answer.kind:
            case Kind.SENT:
                return Result(Stage.SENT, said)
            case Kind.UNKNOWN:
                return Result(Stage.UNKNOWN, said)
        if answer.kind not in AGAIN or unit.attempts + 1 >= unit.payload["attempts"]:
            return Result(Stage.FAILED, said)
        return Result(
            Stage.PENDING, said, self.lane.now() + wait(unit.attempts, timedelta(seconds=unit.payload["backoff"]))
        )

    def put_back(self, unit: Unit) -> None:
        """See `mails.Post`: nothing was written down."""

    def _template(self, name: str) -> Document | None:
        """The template as it is applied now: what is mended there helps whoever waits."""
        ref = Ref("Template", name)
        found = self.store.load([ref]).get(ref) if name else None
        if name and found is None:
            raise Permanent(f"{ref} is not there any more")
        return found.document if found else None
