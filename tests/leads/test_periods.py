"""Calendar periods of caps, in zones whose clocks jump."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.kinds.leads.periods import period_of
from reconciler.kinds.shape import Period

ZONES = (
    "UTC",
    "Europe/Amsterdam",
    "America/New_York",
    "Asia/Kolkata",
    "Africa/Cairo",
    "America/Havana",
    "Asia/Gaza",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Antarctica/Troll",
)
PERIODS: tuple[Period, ...] = ("hour", "day", "week", "month", "year")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("period", "zone", "now", "begins", "ends"),
    [
        ("day", "Europe/Amsterdam", "2027-03-02T09:30Z", "2027-03-01T23:00Z", "2027-03-02T23:00Z"),
        ("day", "Europe/Amsterdam", "2027-03-28T12:00Z", "2027-03-27T23:00Z", "2027-03-28T22:00Z"),  # 23 hours
        ("day", "Europe/Amsterdam", "2027-10-31T12:00Z", "2027-10-30T22:00Z", "2027-10-31T23:00Z"),  # 25 hours
        ("day", "Africa/Cairo", "2027-04-30T12:00Z", "2027-04-29T22:00Z", "2027-04-30T21:00Z"),  # midnight is skipped
        ("hour", "Europe/Amsterdam", "2027-10-31T01:30Z", "2027-10-31T01:00Z", "2027-10-31T02:00Z"),  # shown twice
        ("hour", "Asia/Kolkata", "2027-03-02T09:45Z", "2027-03-02T09:30Z", "2027-03-02T10:30Z"),
        ("week", "UTC", "2027-03-07T23:59Z", "2027-03-01T00:00Z", "2027-03-08T00:00Z"),
        ("month", "America/New_York", "2027-02-28T12:00Z", "2027-02-01T05:00Z", "2027-03-01T05:00Z"),
        ("month", "UTC", "2027-12-31T23:59Z", "2027-12-01T00:00Z", "2028-01-01T00:00Z"),
        ("year", "Europe/Amsterdam", "2027-12-31T23:30Z", "2027-12-31T23:00Z", "2028-12-31T23:00Z"),
    ],
)
def test_a_period_begins_and_ends_by_the_clocks_of_its_zone(
    period: Period, zone: str, now: str, begins: str, ends: str
) -> None:
    assert period_of(period, zone, at(now)) == (at(begins), at(ends))


@given(
    st.sampled_from(PERIODS),
    st.sampled_from(ZONES),
    st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_every_instant_lies_in_one_period_and_the_next_begins_where_it_ends(
    period: Period, zone: str, now: datetime
) -> None:
    begins, ends = period_of(period, zone, now)
    assert begins <= now < ends
    assert period_of(period, zone, ends)[0] == ends
    assert period_of(period, zone, ends - timedelta(microseconds=1)) == (begins, ends)
    assert period_of(period, zone, begins) == (begins, ends)
