"""The checker of the acceptance finds what is wrong, and nothing else."""

from datetime import UTC, datetime, time, timedelta

import pytest

from tests.contacts.agency import Seen
from tests.contacts.checker import Rules, faults

NEW_YORK = {"A1": "America/New_York"}


def seen(*times: str, medium: str = "voice") -> list[Seen]:
    return [
        Seen(f"k{number}", "A1", datetime.fromisoformat(text).replace(tzinfo=UTC), medium)
        for number, text in enumerate(times)
    ]


def test_nothing_is_wrong_with_contacts_within_the_limits() -> None:
    """AMB-C11."""
    rules = Rules(per_day=1, per_week=2, interval=timedelta(hours=24), opens=time(8), closes=time(21), pack=True)
    assert faults(seen("2027-03-01T13:00", "2027-03-02T13:00", "2027-03-08T13:00"), rules, NEW_YORK, {}) == []


@pytest.mark.parametrize(
    ("rules", "times"),
    [
        (Rules(per_day=1), ["2027-03-01T13:00", "2027-03-02T03:00"]),
        (Rules(per_week=1), ["2027-03-01T13:00", "2027-03-08T12:59:59"]),
        (Rules(interval=timedelta(hours=2)), ["2027-03-01T13:00", "2027-03-01T14:59:59"]),
        (Rules(opens=time(8), closes=time(21)), ["2027-03-01T12:59:59"]),
        (Rules(opens=time(8), closes=time(21)), ["2027-03-15T01:00"]),
        (Rules(days=("mon",)), ["2027-03-02T12:00"]),
        (Rules(pack=True), [f"2027-03-0{day}T13:00" for day in range(1, 8)] + ["2027-03-07T20:00"]),
    ],
    ids=[
        "two a day there",
        "a week less a second",
        "an interval",
        "before eight",
        "after nine, by summer",
        "a day",
        "calls",
    ],
)
def test_what_is_wrong_is_found(rules: Rules, times: list[str]) -> None:
    """AMB-C11: each rule by itself, at its edge."""
    assert faults(seen(*times), rules, NEW_YORK, {})


def test_a_call_soon_after_a_conversation_is_found() -> None:
    """AMB-C11."""
    quiet = {"A1": [datetime(2027, 3, 1, 12, tzinfo=UTC)]}
    assert faults(seen("2027-03-08T11:59:59"), Rules(), NEW_YORK, quiet) == []
    assert faults(seen("2027-03-08T13:00"), Rules(pack=True), NEW_YORK, quiet) == []
    assert len(faults(seen("2027-03-07T14:00"), Rules(pack=True), NEW_YORK, quiet)) == 1
