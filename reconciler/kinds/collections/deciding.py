"""Whether to contact an account now: its strategy and the limits of contact together. Pure; the engine and the proof ask it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from reconciler.kinds.collections.limits import Limits, allowed
from reconciler.kinds.collections.steps import Course, CourseStep, passed_over, rested, silence
from reconciler.lifecycle.rule import compiled
from reconciler.model.accounts import ESCALATED, Account, AccountRow
from reconciler.model.contact_queue import Decide, Decision, Go, Item, Later, Pass, Past
from reconciler.model.instant import midnight

_VARIABLES: Final = ("account", "now", "today")
_POINTS: Final = {"email": "email", "sms": "phone", "voice": "phone", "letter": "address"}
"""What a contact needs to be reached by a medium; other media need nothing."""

Seen = Callable[[AccountRow, date], Mapping[str, Any]]
"""An account as conditions see it on a day."""

NOT_LISTED: Final = "not-listed"
PAUSED: Final = "account-paused"
OPTED_OUT: Final = "opted-out"
NOT_ELIGIBLE: Final = "not-eligible"
DISABLED: Final = "strategy-disabled"
FINISHED: Final = "strategy-finished"
SUPERSEDED: Final = "superseded"
WHEN_FALSE: Final = "when-false"
UNFIT: Final = "no-contact-point"
ESCALATION: Final = "escalated"


@dataclass(frozen=True, slots=True)
class Conduct:
    """By what accounts of a campaign are contacted."""

    course: Course
    limits: Limits
    see: Seen

    def today(self, now: datetime) -> datetime:
        """The organisation's day, as conditions see it."""
        return midnight(now, self.limits.settings.timezone)


def decider(conduct: Conduct, now: datetime) -> Decide:
    """What the queue asks before each contact, as things are at `now`."""

    def decide(account: Account, item: Item, past: tuple[Past, ...]) -> Decision:
        position = account.position
        if (item.round, item.step, item.tries) != (position.round, position.step, position.tries):
            return Pass(SUPERSEDED, position)
        return decided(conduct, account, past, now)

    return decide


def decided(conduct: Conduct, account: Account, past: tuple[Past, ...], now: datetime) -> Decision:
    """Contact the account now, later, or not at all. Who has opted out, is paused or not eligible is left where it stands."""
    reason = barred(account)
    if reason:
        return Pass(reason, account.position)
    if not conduct.course.is_enabled:
        return Later(None, DISABLED)
    note = silence(conduct.course, account.position, now)
    if note:
        return Pass(ESCALATION, replace(account.position, due_at=None), ESCALATED, note)
    step = conduct.course.step(account.position)
    if step is None:
        return Pass(FINISHED, rested(conduct.course, account.position))
    idle = _idle(conduct, step, account, now)
    if idle:
        return Pass(idle, passed_over(conduct.course, account.position, now))
    barring = allowed(conduct.limits, past, step.medium, account.row.zone, now)
    return Later(barring.at, barring.rule) if barring else Go(step.channel, step.medium, step.action)


def barred(account: Account) -> str:
    """Why the account is not contacted at all, whatever its strategy says; empty where it may be. (AMB-C11)"""
    row = account.row
    if row.opted_out or account.declined:
        return OPTED_OUT
    if row.paused:
        return PAUSED
    if not account.listed:
        return NOT_LISTED
    return "" if account.is_eligible else NOT_ELIGIBLE


def _idle(conduct: Conduct, step: CourseStep, account: Account, now: datetime) -> str:
    """Why the step is passed over for this account; empty where it is taken."""
    if step.when is None and step.medium not in _POINTS:
        return ""
    seen = conduct.see(account.row, conduct.today(now).date())
    if not _fits(step.medium, seen.get("contact")):
        return UNFIT
    if step.when is None:
        return ""
    values = {"account": seen, "now": now, "today": conduct.today(now)}
    return "" if compiled(step.when, _VARIABLES).judge(values) is True else WHEN_FALSE


def _fits(medium: str, contact: object) -> bool:
    """Whether a contact has what this medium needs."""
    point = _POINTS.get(medium)
    return point is None or (isinstance(contact, Mapping) and bool(contact.get(point)))
