"""What the units of a receivables campaign mean: a step is said to whoever owes an invoice, once for ever. (I-20, AMB-I6)

Whether it still is to be said is asked in the transaction that notes that it is being said: so who has paid, is on hold or has
made an arrangement meanwhile hears nothing, and nothing begins once the campaign has stopped.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from reconciler.kinds.hours import is_open, next_open
from reconciler.kinds.messaging.channels import stored_channel
from reconciler.kinds.messaging.crossing import result_of
from reconciler.kinds.messaging.lanes import Lanes
from reconciler.kinds.messaging.outreach import Fate, Message, Outcome, key_of
from reconciler.kinds.receivables.book import Campaign
from reconciler.kinds.receivables.clock import onward
from reconciler.kinds.receivables.matching import step_holds
from reconciler.kinds.receivables.passing import last_exit, seen
from reconciler.kinds.receivables.posting import lane_of
from reconciler.kinds.receivables.seen import contact_of, invoice_told
from reconciler.kinds.receivables.values import step_values
from reconciler.kinds.receivables.workflow.spec import Otherwise, WorkflowStep
from reconciler.model.enrolments import Communication, Enrolment, Granted, Onward, Past, Saying, Turn, Word
from reconciler.model.errors import Permanent
from reconciler.model.instant import to_text
from reconciler.model.invoices import Invoice
from reconciler.model.ports import Store
from reconciler.model.work import Lane, Result, Stage, Unit

LOST: Final = "whoever was saying it was lost; nobody knows whether it arrived"
"""What is known of a communication that was begun and never settled. It is not repeated."""
_LOOKS: Final = 5
"""How often an invoice is looked at again that changes all the while."""
_SPOKEN: Final = (Saying.SENT, Saying.UNKNOWN, Saying.NOT_REACHED)
"""After these the customer has heard of the invoice, or may have."""
_FATES: Final[Mapping[Fate, Saying]] = {
    Fate.REACHED: Saying.SENT,
    Fate.NOT_REACHED: Saying.NOT_REACHED,
    Fate.REFUSED: Saying.FAILED,
    Fate.UNKNOWN: Saying.UNKNOWN,
    Fate.UNFIT: Saying.PASSED_OVER,
}


@dataclass(frozen=True, slots=True)
class Matter:
    """A step of an enrolment, and the invoice that it is about as it was looked at."""

    turn: Turn
    enrolment: Enrolment
    invoice: Invoice
    past: Past
    step: WorkflowStep
    otherwise: Otherwise | None
    """The other way, where that is taken."""

    @property
    def channel(self) -> str:
        """Through which it is said."""
        return (self.otherwise.channel if self.otherwise else self.step.channel) or ""

    @property
    def template(self) -> str:
        """Which text is said."""
        return (self.otherwise.template if self.otherwise else self.step.template) or ""


@dataclass(slots=True)
class Sayings:
    """Implements `crossing.Case` for one lane of a campaign, in one thread. `campaign` is None where it is not active."""

    store: Store
    lanes: Lanes
    lane: Lane
    campaign: Campaign | None

    def begin(self, unit: Unit) -> Message | Result:
        """See `crossing.Case`."""
        if self.campaign is None:
            return Result(Stage.CANCELLED, {"text": "its campaign is not active"})
        now, hours = self.lane.now(), self.campaign.packed.workflow.hours
        if not is_open(hours, self.campaign.zone, now):
            return Result(Stage.PENDING, {"text": "outside its hours"}, next_open(hours, self.campaign.zone, now))
        for _ in range(_LOOKS):
            found = self._begun(self.campaign, unit, now)
            if found is not None:
                return found
        return Result(Stage.PENDING, {"text": "its invoice changes all the while"}, now)

    def settle(self, unit: Unit, outcome: Outcome) -> Result:
        """See `crossing.Case`."""
        now, turn = self.lane.now(), _turn(unit)
        if outcome.fate is Fate.LATER:
            if not outcome.is_unheard:
                self.store.enrolments.put_off(turn)
            return result_of(outcome, now)
        if outcome.fate is Fate.UNFIT and self._diverted(unit, turn, now):
            return Result(Stage.CANCELLED, {"text": f"{outcome.text}: it goes the other way"})
        self._settle(turn, (_FATES[outcome.fate], outcome.text), now)
        # A unit that is unknown would be begun anew: what is known of it stands with its communication.
        result = result_of(outcome, now)
        return Result(Stage.FAILED, result.answer) if result.stage is Stage.UNKNOWN else result

    def put_back(self, unit: Unit) -> None:
        """See `crossing.Case`."""
        self.store.enrolments.put_off(_turn(unit))

    def _begun(self, campaign: Campaign, unit: Unit, now: datetime) -> Message | Result | None:
        """What is to be said, or what becomes of the unit; None where the invoice has changed meanwhile."""
        matter = self._matter(campaign, unit)
        if matter is None:
            return Result(Stage.CANCELLED, {"text": "the invoice is not there any more"})
        why = self._why_not(campaign, matter, now)
        if why:
            said = Communication(matter.enrolment.id, matter.turn.step, now, matter.channel, Saying.PASSED_OVER, why)
            step = self._onward(campaign, now, spoken=False)
            granted = self.store.enrolments.pass_over(said, matter.turn, matter.invoice.change, step)
            if granted.word is Word.LOOK_AGAIN:
                return None
            return self._answer(granted, matter, now) or Result(Stage.CANCELLED, {"text": why})
        channel = stored_channel(self.store, matter.channel)
        text = campaign.packed.texts.get(matter.template)
        if text is None:
            raise Permanent(f"Template/{matter.template} was not packed for {campaign.ref}")
        said = Communication(matter.enrolment.id, matter.turn.step, now, channel.name, Saying.SENDING)
        granted = self.store.enrolments.begin(said, matter.turn, matter.invoice.change, harmless=not channel.via)
        if granted.word is Word.LOOK_AGAIN:
            return None
        answer = self._answer(granted, matter, now)
        return answer or Message(
            _key(campaign, matter), channel, text, contact_of(matter.invoice.row), _values(campaign, matter, now)
        )

    def _matter(self, campaign: Campaign, unit: Unit) -> Matter | None:
        turn = _turn(unit)
        one = self.store.enrolments.get(turn.enrolment)
        found = self.store.invoices.by_id([one.invoice]) if one else ()
        if one is None or not found or turn.step >= len(campaign.steps):
            return None
        step, past = campaign.steps[turn.step], self.store.enrolments.past([one.invoice])[one.invoice]
        return Matter(turn, one, found[0], past, step, step.otherwise if unit.payload["otherwise"] else None)

    def _why_not(self, campaign: Campaign, matter: Matter, now: datetime) -> str:
        """Why a step is passed over: its condition does not hold; empty where it does."""
        if matter.step.when is None:
            return ""
        invoice = seen(matter.invoice, matter.past.last, campaign.today(now))
        verdict = step_holds(matter.step.when, invoice, campaign.day(now))
        if verdict is True:
            return ""
        return "its condition is false" if verdict is False else f"its condition cannot be told: {verdict}"

    def _answer(self, granted: Granted, matter: Matter, now: datetime) -> Result | None:
        """What becomes of the unit; None where its step may be said, or is to be looked at again."""
        match granted.word:
            case Word.NO_LONGER | Word.DONE:
                return Result(Stage.CANCELLED, {"text": granted.why})
            case Word.LOST:
                self._settle(matter.turn, (Saying.UNKNOWN, LOST), now)
                return Result(Stage.FAILED, {"text": LOST})
        return None

    def _diverted(self, unit: Unit, turn: Turn, now: datetime) -> bool:
        """Whether it goes by the other way that its step names."""
        other = self.campaign.steps[turn.step].otherwise if self.campaign else None
        if other is None or unit.payload["otherwise"]:
            return False
        lane = lane_of(self.store, self.lanes, self.lane.uid, (other.channel, turn.enrolment), now)
        return self.store.enrolments.divert(turn, lane, now)

    def _settle(self, turn: Turn, what: tuple[Saying, str], now: datetime) -> None:
        stage, detail = what
        said = Communication(turn.enrolment, turn.step, now, "", stage, detail)
        if self.campaign is not None:
            self.store.enrolments.settle(said, self._onward(self.campaign, now, spoken=stage in _SPOKEN))

    def _onward(self, campaign: Campaign, now: datetime, *, spoken: bool) -> Onward:
        days, today = campaign.days, campaign.today(now)
        return lambda one: onward(days, one, now, today, spoken=spoken)


def _turn(unit: Unit) -> Turn:
    return Turn(unit.payload["enrolment"], unit.payload["step"], unit.payload["turn"])


def _key(campaign: Campaign, matter: Matter) -> str:
    """What mailboxes and agents know the message by: the same whenever this very one is meant."""
    entered = to_text(matter.enrolment.entered_at)
    return key_of(
        campaign.ref, matter.invoice.uid, matter.invoice.row.number, entered, matter.turn.step, matter.channel
    )


def _values(campaign: Campaign, matter: Matter, now: datetime) -> Mapping[str, Any]:
    """What templates and agents see beside the contact."""
    invoice = invoice_told(matter.invoice.row, campaign.today(now), last_exit(matter.past.last))
    return step_values(invoice, (campaign.ref.name, campaign.title), (matter.turn.step + 1, matter.step.day))
