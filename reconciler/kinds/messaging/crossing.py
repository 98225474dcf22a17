"""A slice of work on a lane of messages: each is asked for, said, and what became of it handed back.

class Contacts:                                    of a workshop: what its units mean
    def begin(self, unit): …                       a Message, or a Result where it is not to be said after all
    def settle(self, unit, outcome): …             writes down what became of it
    def put_back(self, unit): …

Crossing(store, outreach, lanes).work(lane, Contacts(…))      in `ports.Worker.work`
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from reconciler.kinds.messaging.channels import Channel
from reconciler.kinds.messaging.lanes import Lanes
from reconciler.kinds.messaging.mails import Mails
from reconciler.kinds.messaging.outcome import Fate, Outcome, outcome_of
from reconciler.kinds.messaging.outreach import Message, Outreach, Written
from reconciler.kinds.messaging.relay import is_stored, stored_relay
from reconciler.kinds.messaging.resting import SHORTEST
from reconciler.kinds.messaging.trying import BACKOFF, MAILS, Tries
from reconciler.kinds.shape import Retry
from reconciler.mail.answer import Answer
from reconciler.model.errors import Permanent
from reconciler.model.instant import parse_duration
from reconciler.model.ports import Store
from reconciler.model.work import Lane, Result, Stage, Unit

HOPELESS: Final = timedelta(minutes=5)
"""After this a message is tried again that could be said to nobody."""


class Case(Protocol):
    """What the units of a lane mean."""

    def begin(self, unit: Unit) -> Message | Result:
        """What is to be said now, in the transaction that has looked whether it still is; else what becomes of the unit.

        One that is to be `pending` until later has used up no attempt.
        For a mail it is asked once the connection is there. It may be asked again for the same unit: after `put_back`, after an
        outcome that is `later`, and for a webhook also after its worker has died. Permanent, with nothing written down, where
        channel or template are not there: it is asked again in five minutes.
        """
        ...

    def settle(self, unit: Unit, outcome: Outcome) -> Result:
        """What became of it; `result_of` says what that means for the unit.

        One that is `later` will be tried again after its `wait`, unless the result says otherwise.
        """
        ...

    def put_back(self, unit: Unit) -> None:
        """It was begun, and nobody was asked anything: the connection is out, or the message goes by another lane. It is
        begun anew as if it never had been.
        """
        ...


@dataclass(frozen=True, slots=True)
class Crossing:
    """Works on the lanes of `Lanes`, over one store. Use from one thread."""

    store: Store
    outreach: Outreach
    lanes: Lanes

    def work(self, lane: Lane, case: Case) -> None:
        """See `ports.Worker.work`."""
        slice_ = _Slice(self, lane, case)
        if lane.via and not is_stored(self.store, lane.via):
            goes_on = slice_.move_all()
        elif lane.via:
            relay = stored_relay(self.store, lane.via, self.outreach.reveal)
            goes_on = Mails(lane, relay, slice_).run()
        else:
            goes_on = slice_.call_all()
        if goes_on:
            slice_.end()


@dataclass(slots=True)
class _Slice:
    """One slice of a lane of messages. Implements `mails.Post` for one of mails."""

    crossing: Crossing
    lane: Lane
    case: Case
    _hopeless: str = ""
    """Why a message could not be said to anybody, as things stand."""

    def call_all(self) -> bool:
        """Call after call, until the lane gives no more."""
        try:
            for unit in self.lane.units():
                self.lane.record(unit, self._called(unit))
            return True
        finally:
            self.crossing.outreach.close()

    def move_all(self) -> bool:
        """The lane's connection was taken away: each message goes the way that its channel goes by now, or waits for one."""
        for unit in self.lane.units():
            message = self._begun(unit)
            gone = Permanent(f"SmtpConnection/{self.lane.via} is not there any more")
            self.lane.record(unit, message if isinstance(message, Result) else self._put_off(unit, gone))
        return True

    def end(self) -> None:
        """Say what was in the way of some, once the others have had their turn."""
        if self._hopeless:
            self.lane.rest(SHORTEST, self._hopeless, is_permanent=True)

    def write(self, unit: Unit) -> Written | Result:
        """See `mails.Post`."""
        message = self._begun(unit)
        if isinstance(message, Result):
            return message
        try:
            written = self.crossing.outreach.write(message, self.lane.now())
        except Permanent as error:
            return self._put_off(unit, error)
        return self.case.settle(unit, written) if isinstance(written, Outcome) else written

    def judge(self, unit: Unit, answer: Answer) -> Result:
        """See `mails.Post`."""
        return self.case.settle(unit, MAILS.bound(outcome_of(answer), unit.attempts))

    def put_back(self, unit: Unit) -> None:
        """See `mails.Post`."""
        self.case.put_back(unit)

    def _called(self, unit: Unit) -> Result:
        message = self._begun(unit)
        if isinstance(message, Result):
            return message
        try:
            outcome = self.crossing.outreach.call(message)
        except Permanent as error:
            return self._put_off(unit, error)
        result = self.case.settle(unit, _tries_of(message.channel).bound(outcome, unit.attempts))
        # A unit that is `unknown` is begun anew where that is harmless: here its attempts are over.
        return replace(result, stage=Stage.FAILED) if result.stage is Stage.UNKNOWN else result

    def _begun(self, unit: Unit) -> Message | Result:
        """The message of a unit; where its channel goes another way than this lane, it is moved there."""
        try:
            message = self.case.begin(unit)
        except Permanent as error:
            return self._later(error)
        if isinstance(message, Result):
            return replace(message, counts=False)
        if message.channel.via == self.lane.via:
            return message
        self.case.put_back(unit)
        now = self.lane.now()
        place = self.crossing.lanes.place(self.lane.uid, message.channel, unit.id, now)
        return Result(Stage.PENDING, {"text": f"Channel/{message.channel.name} goes another way now"}, now, place)

    def _put_off(self, unit: Unit, error: Permanent) -> Result:
        self.case.put_back(unit)
        return self._later(error)

    def _later(self, error: Permanent) -> Result:
        """It waits for whoever mends what is in its way, and lets the others pass."""
        self._hopeless = str(error)
        return Result(Stage.PENDING, {"text": str(error)}, self.lane.now() + HOPELESS, counts=False)


def result_of(outcome: Outcome, now: datetime) -> Result:
    """What an outcome means for the unit of its message, as of `now`."""
    said = {"class": outcome.fate.value, "code": outcome.code, "text": outcome.text}
    match outcome.fate:
        case Fate.REACHED | Fate.NOT_REACHED:
            return Result(Stage.SENT, said)
        case Fate.UNKNOWN:
            return Result(Stage.UNKNOWN, said)
        case Fate.LATER:
            return Result(Stage.PENDING, said, now + (outcome.wait or timedelta(seconds=BACKOFF)))
    return Result(Stage.FAILED, said)


def _tries_of(channel: Channel) -> Tries:
    retry = channel.spec.retry or Retry(attempts=1)
    return Tries(retry.attempts, parse_duration(retry.backoff), is_known=True)
