"""Which rewards a friend's event earns: for whom, how much, from when on payable, and what stands against it. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

from reconciler.kinds.referral.answer import Answer, Program, Running, Visitor
from reconciler.kinds.referral.period import calendar_period
from reconciler.kinds.referral.referral_campaign.spec import Fraud, Limit, Reward
from reconciler.model.instant import parse_duration
from reconciler.model.ref import Ref

Word = Literal["allow", "review", "deny"]


@dataclass(frozen=True, slots=True)
class History:
    """What is known of the two: whether they look like one person or share a household, and what was earned before.

    `taken` counts by rule the rewards of its beneficiary in the period of its limit that the event lies in; a rule that is
    not there has none.
    """

    same_person: bool = False
    same_household: bool = False
    taken: Mapping[int, int] = field(default_factory=dict)


NOTHING_KNOWN = History()


@dataclass(frozen=True, slots=True)
class Due:
    """One reward that an event earns, by rule `rule` (from 0) of `campaign`. `review` and `denied` say why, or are empty."""

    campaign: Ref
    rule: int
    to: Literal["friend", "advocate"]
    event: str
    value: Decimal
    currency: str
    earned_at: datetime
    payable_at: datetime
    review: str = ""
    denied: str = ""
    limit: Limit | None = None
    within: tuple[datetime, datetime] | None = None
    """The calendar period that its limit counts in: from the first instant to before the second."""


@dataclass(frozen=True, slots=True)
class Earned:
    """What an event earns, and the answer that its visitor had at that time."""

    by: Answer
    rewards: tuple[Due, ...]


def earned(
    running: Sequence[Running], who: Visitor, event: str, at: datetime, history: History = NOTHING_KNOWN
) -> tuple[Due, ...]:
    """What this friend's event earns, by the states of the campaigns at the event's time (AMB-R4, AMB-R10)."""
    return earned_in(Program.of(running), who, event, at, history).rewards


def earned_in(program: Program, who: Visitor, event: str, at: datetime, history: History = NOTHING_KNOWN) -> Earned:
    """See `earned`; of a prepared program, with the answer that decided."""
    then = program.as_of(at)
    found = then.answer(who, at)
    one = next((one for one in then.running if one.ref == found.rewarding), None)
    if one is None or who.role != "friend" or not who.key:
        return Earned(found, ())
    return Earned(found, tuple(_rewards(one, event, at, history)))


def _rewards(one: Running, event: str, at: datetime, history: History) -> Iterator[Due]:
    for index, rule in enumerate(one.spec.rewards):
        if rule.on == event:
            denied = _denied(rule, one.spec.fraud, history, history.taken.get(index, 0))
            yield Due(
                campaign=one.ref,
                rule=index,
                to=rule.to,
                event=event,
                value=Decimal(rule.value),
                currency=rule.currency,
                earned_at=at,
                payable_at=_payable_at(at, rule.wait),
                review="" if denied else _review(rule, one.spec.fraud, history),
                denied=denied,
                limit=rule.limit,
                within=calendar_period(at, rule.limit.per, one.zone) if rule.limit else None,
            )


def _denied(rule: Reward, fraud: Fraud, history: History, taken: int) -> str:
    against = [words for word, words in _suspicions(fraud, history) if word == "deny"]
    if rule.limit is not None and taken >= rule.limit.count:
        against.append(f"the limit is reached: {rule.limit.count} a {rule.limit.per}")
    return "; ".join(against)


def _review(rule: Reward, fraud: Fraud, history: History) -> str:
    found = [words for word, words in _suspicions(fraud, history) if word == "review"]
    if rule.approval == "manual":
        found.append("a person approves each reward of this rule")
    return "; ".join(found)


def _suspicions(fraud: Fraud, history: History) -> Iterator[tuple[Word, str]]:
    """What looks wrong, each with what its campaign does about it."""
    if history.same_person:
        yield fraud.self_referral, "the friend is the advocate"
    if history.same_household:
        yield fraud.same_household, "friend and advocate share a household"


def _payable_at(at: datetime, wait: str) -> datetime:
    try:
        return at + parse_duration(wait)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)
