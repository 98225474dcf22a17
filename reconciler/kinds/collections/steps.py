"""How an account goes through a strategy: which step comes after which, when, and when a person takes over. Pure.

- `wait` is exact time: the step comes so long after the contact of the step before, the first one after the account joined.
- A try that reached nobody is made again `retries` times, each `retryDelay` after the one before; then the next step comes.
- A step whose `when` is false, or whose contact point the account lacks, is passed over: the next one comes `wait` after that.
- After the last step the account stays in the campaign and is not contacted by it any more.
- `escalate.maxAttempts`: so many contacts without an answer hand the account to a person, right after the last of them.
  `daysWithoutResponse`: looked at before each contact and, once the steps are used up, on the day itself.
- `type` says for whom a strategy is made: early, medium and intensive by the age of the debt, promiseFollowUp for promises that
  were broken, recontact for those whom an earlier campaign did not win. It changes no contact; advice looks at it (C-28).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from reconciler.kinds.collections.strategy.spec import StrategySpec
from reconciler.model.accounts import ESCALATED, Position
from reconciler.model.contact_queue import Begun, ItemStage, Outcome
from reconciler.model.instant import parse_duration

_FIRST_STATUS: Final = "pending_contact"
_CONTACTED_STATUS: Final = "in_auto_management"
_MADE: Final = frozenset({ItemStage.COMPLETED, ItemStage.FAILED, ItemStage.UNKNOWN})
"""What a contact that was made has come to: it is an attempt, whoever it reached."""


@dataclass(frozen=True, slots=True)
class CourseStep:
    """One step, with the medium of its channel: email, sms, voice, letter, other; empty: an agent that does not say."""

    channel: str
    medium: str
    action: str
    wait: timedelta
    retries: int
    retry_delay: timedelta
    when: str | None


@dataclass(frozen=True, slots=True)
class Course:
    """A strategy as accounts go through it."""

    steps: tuple[CourseStep, ...]
    is_enabled: bool = True
    max_attempts: int | None = None
    silence: timedelta | None = None
    """How long without an answer until a person takes over."""

    def step(self, position: Position) -> CourseStep | None:
        """The step that comes next; None where the steps are used up."""
        return self.steps[position.step] if position.step < len(self.steps) else None


@dataclass(frozen=True, slots=True)
class Onward:
    """Where an account goes on; `status` empty: it stays, `note`: why a person takes over."""

    position: Position
    status: str = ""
    note: str = ""


def course(spec: StrategySpec, media: Mapping[str, str]) -> Course:
    """The course of a strategy; `media` has the medium of each of its channels by name. KeyError where one lacks."""
    steps = tuple(
        CourseStep(
            step.channel,
            media[step.channel],
            step.action or "",
            parse_duration(step.wait),
            step.retries,
            parse_duration(step.retry_delay),
            step.when,
        )
        for step in spec.steps
    )
    days = spec.escalate.days_without_response if spec.escalate else None
    most = spec.escalate.max_attempts if spec.escalate else None
    return Course(steps, spec.enabled, most, None if days is None else timedelta(days=days))


def joined(course: Course, at: datetime) -> Position:
    """Where an account begins that joined at `at`."""
    return Position(due_at=at + course.steps[0].wait)


def after(course: Course, position: Position, stage: ItemStage, status: str, at: datetime) -> Onward:
    """Where an account goes on whose contact was begun at `at` and has come to `stage`; skipped: it was not made."""
    if stage not in _MADE:
        return Onward(passed_over(course, position, at))
    attempts = position.attempts + 1
    counted = replace(position, attempts=attempts, first_at=position.first_at or at)
    onward = _tried_again(course, counted, at) if stage is ItemStage.FAILED else None
    following = onward or passed_over(course, counted, at)
    if course.max_attempts is not None and attempts >= course.max_attempts:
        return Onward(replace(following, due_at=None), ESCALATED, f"{attempts} contacts without an answer")
    return Onward(following, _CONTACTED_STATUS if status == _FIRST_STATUS else "")


def passed_over(course: Course, position: Position, at: datetime) -> Position:
    """The position at the next step, which comes its `wait` after `at`; after the last one there is none."""
    onward = replace(position, step=min(position.step + 1, len(course.steps)), tries=0)
    following = course.step(onward)
    return replace(onward, due_at=at + following.wait if following else _silent_at(course, onward))


def silence(course: Course, position: Position, at: datetime) -> str:
    """Why a person takes over at `at` because nobody has answered for so long; empty where none does."""
    silent_at = _silent_at(course, position)
    if silent_at is None or course.silence is None or at < silent_at:
        return ""
    return f"no answer for {course.silence.days} days"


def rested(course: Course, position: Position) -> Position:
    """An account whose steps are used up: it is looked at again when silence has lasted, if that hands it over."""
    return replace(position, due_at=_silent_at(course, position))


def outcome(course: Course, begun: Begun, stage: ItemStage, reason: str = "") -> Outcome:
    """What the queue settles a contact with. Time counts from when it began, however long the call took."""
    account, item = begun.account, begun.item
    onward = after(course, account.position, stage, account.row.status, item.begun_at or item.due_at)
    return Outcome(stage, reason, onward.position, onward.status, onward.note)


def _tried_again(course: Course, position: Position, at: datetime) -> Position | None:
    step = course.step(position)
    if step is None or position.tries >= step.retries:
        return None
    return replace(position, tries=position.tries + 1, due_at=at + step.retry_delay)


def _silent_at(course: Course, position: Position) -> datetime | None:
    """When silence has lasted long enough; None where that hands nobody over, or nobody was contacted."""
    if course.silence is None or position.first_at is None:
        return None
    return max(position.first_at, position.answered_at or position.first_at) + course.silence
