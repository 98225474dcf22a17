"""How an account goes through a strategy. (C-07, C-31)"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from reconciler.kinds.collections.steps import Course, after, course, joined, passed_over, rested, silence
from reconciler.kinds.collections.strategy.spec import StrategySpec
from reconciler.model.accounts import Position
from reconciler.model.contact_queue import ItemStage

NOON = datetime(2027, 4, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SPEC = {
    "type": "medium",
    "steps": [
        {"channel": "mail", "action": "reminder", "template": "c-1", "wait": "2h"},
        {"channel": "calls", "action": "urgent", "template": "c-2", "wait": "3d", "retries": 2, "retryDelay": "1d"},
        {"channel": "letters", "template": "c-3", "wait": "4d"},
    ],
}


def _course(**escalate: int) -> Course:
    spec = SPEC | ({"escalate": escalate} if escalate else {})
    return course(
        StrategySpec.model_validate(spec | {"steps": tuple(SPEC["steps"])}),
        {"mail": "email", "calls": "voice", "letters": "letter"},
    )


def test_the_first_step_waits_from_joining() -> None:
    assert joined(_course(), NOON) == Position(due_at=NOON + timedelta(hours=2))


def test_a_contact_that_was_made_leads_to_the_next_step_after_its_wait_and_takes_the_account_up() -> None:
    onward = after(_course(), joined(_course(), NOON), ItemStage.COMPLETED, "pending_contact", NOON)
    assert onward.position == Position(step=1, due_at=NOON + 3 * DAY, attempts=1, first_at=NOON)
    assert onward.status == "in_auto_management"


def test_a_broken_promise_stays_one_when_its_account_is_contacted() -> None:
    assert after(_course(), Position(), ItemStage.COMPLETED, "promise_overdue", NOON).status == ""


def test_a_try_that_reached_nobody_is_made_again_as_often_as_the_step_says() -> None:
    position, found = Position(step=1, due_at=NOON), []
    for _ in range(4):
        position = after(_course(), position, ItemStage.FAILED, "", NOON).position
        found.append((position.step, position.tries, position.due_at))
    assert found[:3] == [(1, 1, NOON + DAY), (1, 2, NOON + DAY), (2, 0, NOON + 4 * DAY)]
    assert found[3] == (3, 0, None), "the letter is not tried again, and is the last"


def test_what_nobody_knows_the_end_of_is_an_attempt_and_is_not_made_again() -> None:
    position = after(_course(), Position(step=1), ItemStage.UNKNOWN, "", NOON).position
    assert (position.step, position.tries, position.attempts) == (2, 0, 1)


def test_a_step_that_is_passed_over_is_no_attempt() -> None:
    position = passed_over(_course(), Position(), NOON)
    assert position == Position(step=1, due_at=NOON + 3 * DAY)
    assert after(_course(), Position(), ItemStage.SKIPPED, "pending_contact", NOON).status == ""


def test_so_many_contacts_without_an_answer_hand_the_account_to_a_person() -> None:
    tried = Position(step=1, attempts=2, first_at=NOON - DAY)
    onward = after(_course(maxAttempts=3), tried, ItemStage.COMPLETED, "", NOON)
    assert (onward.status, onward.note, onward.position.due_at) == ("escalated", "3 contacts without an answer", None)
    assert after(_course(maxAttempts=4), tried, ItemStage.COMPLETED, "", NOON).status == ""


def test_silence_is_counted_from_the_last_answer_or_else_the_first_contact() -> None:
    quiet = _course(daysWithoutResponse=14)
    contacted = Position(step=1, attempts=1, first_at=NOON)
    assert silence(quiet, Position(), NOON + 99 * DAY) == "", "nobody was contacted"
    assert silence(quiet, contacted, NOON + 14 * DAY - timedelta(seconds=1)) == ""
    assert silence(quiet, contacted, NOON + 14 * DAY) == "no answer for 14 days"
    answered = replace(contacted, answered_at=NOON + 3 * DAY)
    assert silence(quiet, answered, NOON + 14 * DAY) == ""
    assert silence(quiet, answered, NOON + 17 * DAY) == "no answer for 14 days"


def test_an_account_whose_steps_are_used_up_is_looked_at_again_when_silence_has_lasted() -> None:
    last = Position(step=2, attempts=1, first_at=NOON)
    assert after(_course(), last, ItemStage.COMPLETED, "", NOON).position.due_at is None
    done = after(_course(daysWithoutResponse=14), last, ItemStage.COMPLETED, "", NOON).position
    assert (done.step, done.due_at) == (3, NOON + 14 * DAY)
    later = rested(_course(daysWithoutResponse=14), replace(done, answered_at=NOON + 5 * DAY))
    assert later.due_at == NOON + 19 * DAY
