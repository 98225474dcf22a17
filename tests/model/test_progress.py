"""How far work has come: shares that never promise too much, rates, and what each lane does."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.progress import Condition, Progress
from reconciler.model.ref import Ref
from reconciler.model.returns import Sign
from reconciler.model.work import JobView, LaneView, Phase, Stage, Trouble
from reconciler.views.style import Style
from reconciler.views.work_json import progress_to_json
from reconciler.views.work_text import progress_lines, span_text, summary

NOW = datetime(2027, 1, 4, 9, 30, 5, tzinfo=UTC)
SPRING = Ref("EmailCampaign", "spring", 1)


def lane(left: int = 5, owner: str = "", due_at: datetime | None = None, trouble: Trouble | None = None) -> LaneView:
    return LaneView(0, "main", owner, NOW if owner else None, due_at, trouble, 0, 0, left)


def job(phase: Phase = Phase.OPEN, *lanes: LaneView, pace: dict[datetime, int] | None = None, **stages: int) -> JobView:
    counts = {Stage(name): count for name, count in stages.items()}
    return JobView(SPRING, phase, 1, NOW - timedelta(minutes=30), counts, lanes, pace or {})


COUNTS = st.dictionaries(st.sampled_from(list(Stage)), st.integers(0, 10**7))


@given(COUNTS, st.sampled_from(list(Phase)), st.dictionaries(st.sampled_from(list(Sign)), st.integers(0, 100)))
def test_the_numbers_hold_together(counts: dict[Stage, int], phase: Phase, signs: dict[Sign, int]) -> None:
    """E-48, E-49: 100 % is said exactly when everything was dealt with."""
    one = Progress(JobView(SPRING, phase, 1, None, counts, ()), NOW, {sign: (n, n) for sign, n in signs.items()})
    over = sum(count for stage, count in counts.items() if stage.is_final)
    assert one.left + over == one.total == sum(counts.values())
    assert (one.percent == 100.0) == (one.left == 0 and not counts.get(Stage.CANCELLED))
    assert 0 <= one.percent <= 100
    assert one.delivered >= 0
    assert list(progress_lines(one, Style(False))) and summary(one) and progress_to_json(one)


def test_the_rate_is_of_the_last_minute() -> None:
    """E-51."""
    pace = {NOW.replace(second=0) - timedelta(seconds=10 * back): 10 for back in range(30)}
    one = Progress(job(pace=pace, sent=300, pending=65), NOW)
    assert one.rate == pytest.approx(70 * 60 / 65), "seven counts of ten, in 65 seconds"
    assert one.time_left is not None
    assert one.time_left.total_seconds() == pytest.approx(65 / one.rate * 60)


def test_the_rate_of_a_young_job_counts_its_own_time_only() -> None:
    young = JobView(
        SPRING, Phase.OPEN, 1, NOW - timedelta(seconds=5), {Stage.SENT: 50}, (), {NOW.replace(second=0): 50}
    )
    assert Progress(young, NOW).rate == pytest.approx(600)


def test_what_rests_has_no_rate_and_no_end() -> None:
    one = Progress(job(Phase.STOPPED, pace={NOW: 100}, pending=5), NOW, asked=60)
    assert (one.rate, one.time_left, one.behind) == (0, None, 0)


def test_behind_is_what_is_missing_to_what_is_asked() -> None:
    assert Progress(job(pending=500), NOW, asked=60).behind == 60
    assert Progress(job(pending=500), NOW).behind == 0, "nobody asks for a rate"
    assert Progress(job(sent=500), NOW, asked=60).behind == 0, "nothing is left"


@pytest.mark.parametrize(
    ("one", "phase", "does"),
    [
        (lane(left=0), Phase.OPEN, Condition.DONE),
        (lane(owner="w"), Phase.OPEN, Condition.AT_WORK),
        (lane(owner="w"), Phase.STOPPED, Condition.AT_WORK),
        (lane(), Phase.STOPPED, Condition.STOPPED),
        (lane(due_at=NOW + timedelta(1), trouble=Trouble(NOW, False, "x")), Phase.OPEN, Condition.RESTING),
        (lane(due_at=NOW + timedelta(1)), Phase.OPEN, Condition.LATER),
        (lane(due_at=NOW), Phase.OPEN, Condition.WAITING),
        (lane(), Phase.OPEN, Condition.WAITING),
    ],
)
def test_what_a_lane_does(one: LaneView, phase: Phase, does: Condition) -> None:
    assert Progress(job(phase, one, pending=5), NOW).condition(one) is does


def test_a_lane_is_stuck_when_it_has_waited_for_a_minute() -> None:
    fresh, old = lane(due_at=NOW - timedelta(seconds=50)), lane(due_at=NOW - timedelta(seconds=90))
    one = Progress(job(Phase.OPEN, fresh, old, pending=10), NOW)
    assert one.stuck == (old,)
    assert one.lag == timedelta(seconds=90)


def test_what_was_delivered() -> None:
    """AMB-E17, E-50: accepted, and not bounced since; mails in doubt that are known to have arrived count."""
    heard = {Sign.BOUNCED: (9, 3), Sign.DELIVERED: (120, 102)}
    assert Progress(job(sent=100), NOW, {Sign.BOUNCED: (9, 3)}).delivered == 97
    assert Progress(job(sent=100, unknown=5), NOW, heard).delivered == 99
    assert Progress(job(sent=1), NOW, heard | {Sign.DELIVERED: (0, 0)}).delivered == 0


def test_what_a_server_says_does_nothing_to_the_terminal() -> None:
    nasty = Trouble(NOW, False, "no\x1b[2J\x9b31m\r\n\u202esuch host")
    one = Progress(job(Phase.OPEN, lane(trouble=nasty), pending=5), NOW)
    lines = list(progress_lines(one, Style(False)))
    assert "such host" in "".join(lines)
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0s"), (59.9, "59s"), (61, "1m 1s"), (3600, "1h"), (90061, "1d 1h"), (86400 * 400, "400d")],
)
def test_spans_are_told_in_two_units(seconds: float, said: str) -> None:
    assert span_text(timedelta(seconds=seconds)) == said
