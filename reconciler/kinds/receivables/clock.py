"""The clock of an enrolment: on which day a step is due. Pure. (AMB-I6, AMB-I8)

It shows day 0 on the day on which the invoice entered, in the creditor's zone, and counts calendar days, but for those on which
it stood still. A step that is late goes out late, and never on the day on which a step of an earlier day was said: what was
missed is caught up with in order, one day after another, so that nobody gets a second reminder first, or two on one day.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from reconciler.model.enrolments import Enrolment, Exit

_DAY = timedelta(days=1)


def day_of(moment: datetime, zone: str) -> date:
    """The day that it is then in a zone."""
    return moment.astimezone(ZoneInfo(zone)).date()


def first_due(days: Sequence[int], on: date, said_on: date | None) -> date:
    """When the first step is due of an invoice that enters on a day; not on one on which its customer has heard of it before."""
    due = on + timedelta(days[0])
    return max(due, said_on + _DAY) if said_on else due


def onward(days: Sequence[int], one: Enrolment, now: datetime, today: date, *, spoken: bool) -> Enrolment:
    """Where an enrolment stands once the step that it is at is over; `spoken`: its customer has heard, or may have."""
    if spoken:
        one = replace(one, said_on=today, said_day=days[one.step])
    step = one.step + 1
    if step >= len(days):
        return replace(one, exit=Exit.WORKFLOW_FINISHED, exited_at=now)
    due = one.entered_on + timedelta(days[step] + one.still_days)
    if one.said_on and days[step] > one.said_day:
        due = max(due, one.said_on + _DAY)
    return replace(one, step=step, due_on=due)


def in_order(days: Sequence[int]) -> tuple[int, ...]:
    """The days of a workflow's steps: one that is written before an earlier one does not come before it."""
    return tuple(max(days[: place + 1]) for place in range(len(days)))
