"""X-08: times are UTC instants; gaps, folds, half-hour zones, offsets and what is no time at all."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.instant import from_text, midnight, parse_duration, parse_instant, to_text


@pytest.mark.parametrize(
    ("text", "zone", "instant"),
    [
        # An ordinary morning, on either side of the change.
        ("2027-01-15T09:00", "Europe/Berlin", "2027-01-15T08:00:00Z"),
        ("2027-06-01T09:00", "Europe/Berlin", "2027-06-01T07:00:00Z"),
        # Berlin skips 02:00 to 03:00: each of these means the first instant after, 03:00 summer time.
        ("2027-03-28T01:59:59", "Europe/Berlin", "2027-03-28T00:59:59Z"),
        ("2027-03-28T02:00", "Europe/Berlin", "2027-03-28T01:00:00Z"),
        ("2027-03-28T02:00:01", "Europe/Berlin", "2027-03-28T01:00:00Z"),
        ("2027-03-28T02:17", "Europe/Berlin", "2027-03-28T01:00:00Z"),
        ("2027-03-28T02:30", "Europe/Berlin", "2027-03-28T01:00:00Z"),
        ("2027-03-28T02:59:59", "Europe/Berlin", "2027-03-28T01:00:00Z"),
        ("2027-03-28T03:00", "Europe/Berlin", "2027-03-28T01:00:00Z"),
        # It has 02:00 to 03:00 twice in October: the first, in summer time.
        ("2027-10-31T01:59:59", "Europe/Berlin", "2027-10-30T23:59:59Z"),
        ("2027-10-31T02:00", "Europe/Berlin", "2027-10-31T00:00:00Z"),
        ("2027-10-31T02:30", "Europe/Berlin", "2027-10-31T00:30:00Z"),
        ("2027-10-31T03:00", "Europe/Berlin", "2027-10-31T02:00:00Z"),
        # Lord Howe moves by half an hour: 02:00 to 02:30 is skipped, 01:30 to 02:00 comes twice.
        ("2027-10-03T01:59", "Australia/Lord_Howe", "2027-10-02T15:29:00Z"),
        ("2027-10-03T02:10", "Australia/Lord_Howe", "2027-10-02T15:30:00Z"),
        ("2027-10-03T02:30", "Australia/Lord_Howe", "2027-10-02T15:30:00Z"),
        ("2027-04-04T01:45", "Australia/Lord_Howe", "2027-04-03T14:45:00Z"),
        ("2027-04-04T02:00", "Australia/Lord_Howe", "2027-04-03T15:30:00Z"),
        # Kathmandu: five hours and three quarters, no change.
        ("2027-05-05T05:45", "Asia/Kathmandu", "2027-05-05T00:00:00Z"),
        # Samoa skipped a whole day, from one side of the date line to the other.
        ("2011-12-30T12:17", "Pacific/Apia", "2011-12-30T10:00:00Z"),
        # The midnight that Beirut skips, and a date that means midnight.
        ("2027-03-28", "Asia/Beirut", "2027-03-27T22:00:00Z"),
        ("2027-06-01", "America/New_York", "2027-06-01T04:00:00Z"),
        ("2027-06-01 09:00:30", "UTC", "2027-06-01T09:00:30Z"),
    ],
)
def test_a_local_time_is_the_instant_that_its_zone_makes_of_it(text: str, zone: str, instant: str) -> None:
    assert to_text(parse_instant(text, zone)) == instant


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2027-06-01T09:00Z", "2027-06-01T09:00:00Z"),
        ("2027-06-01T09:00+05:45", "2027-06-01T03:15:00Z"),
        ("2027-01-01T00:30+01:00", "2026-12-31T23:30:00Z"),
        ("2027-03-28T02:30-00:00", "2027-03-28T02:30:00Z"),
    ],
)
@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_an_offset_decides_whatever_the_zone_says(text: str, instant: str, zone: str | None) -> None:
    assert to_text(parse_instant(text, zone)) == instant


def test_a_local_time_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="needs a timezone"):
        parse_instant("2027-06-01T09:00", None)


@pytest.mark.parametrize(
    "text",
    [
        "", "tomorrow", "2027-06", "2027-6-1T9:00", "2027-02-29T09:00", "2027-13-01T09:00", "2027-06-01T24:00",
        "2027-06-01T09:60", "2027-06-01T09:00:60", "2027-06-01T09", "2027-06-01T09:00+1", "2027-06-01T09:00+24:00",
        "2027-06-01T09:00 ", " 2027-06-01T09:00", "2027-06-01T09:00\n", "2027-06-01T09:00[Europe/Berlin]",
        "2027-06-01T09:00:00.5", "0000-01-01T00:00", "2027-W22-2T09:00", "1798761600",
        "\uff12\uff10\uff12\uff17-06-01T09:00",
        "0001-01-01T00:00+14:00", "9999-12-31T23:59-12:00", "0001-01-01T00:00", "9999-12-31T23:59:59-23:59",
    ],
)  # fmt: skip
def test_what_is_no_time_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        parse_instant(text, "Asia/Tokyo")


ZONES = (
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "America/New_York",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Asia/Beirut",
    "UTC",
)


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2037, 1, 1)).map(lambda moment: moment.replace(microsecond=0)),  # noqa: DTZ001 - local
    st.sampled_from(ZONES),
)
def test_the_clock_on_the_wall_shows_it_or_the_zone_never_does(local: datetime, zone: str) -> None:
    instant = parse_instant(local.isoformat(), zone)
    here = ZoneInfo(zone)
    shown = instant.astimezone(here).replace(tzinfo=None)
    if shown == local:
        hours = (instant - timedelta(minutes=quarter * 15) for quarter in range(1, 9))
        assert all(earlier.astimezone(here).replace(tzinfo=None) != local for earlier in hours), "not the first"
    else:
        just_before = (instant - timedelta(seconds=1)).astimezone(here).replace(tzinfo=None)
        assert just_before < local < shown


@given(st.integers(0, 3599))
def test_every_second_of_a_gap_is_its_end(second: int) -> None:
    local = datetime(2027, 3, 28, 2) + timedelta(seconds=second)  # noqa: DTZ001 - a local time
    assert parse_instant(local.isoformat(), "Europe/Berlin") == datetime(2027, 3, 28, 1, tzinfo=UTC)


@given(st.datetimes(timezones=st.just(UTC)))
def test_text_and_back(moment: datetime) -> None:
    assert from_text(to_text(moment)) == moment


@pytest.mark.parametrize(
    ("now", "zone", "today"),
    [
        ("2027-06-30T22:30:00Z", "Europe/Berlin", "2027-07-01T00:00:00Z"),
        ("2027-06-30T22:30:00Z", "America/New_York", "2027-06-30T00:00:00Z"),
        ("2027-06-30T18:15:00Z", "Asia/Kathmandu", "2027-07-01T00:00:00Z"),
        ("2027-06-30T18:14:59Z", "Asia/Kathmandu", "2027-06-30T00:00:00Z"),
    ],
)
def test_today_is_a_date_somewhere(now: str, zone: str, today: str) -> None:
    assert to_text(midnight(from_text(now), zone)) == today


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0s", 0), ("30s", 30), ("15m", 900), ("1h", 3600), ("7d", 604_800), ("2w", 1_209_600), ("090s", 90)],
)
def test_a_duration(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    ["", "1", "h", "1.5h", "-1h", "+1h", "1 h", "1H", "1h30m", "1y", "P1D", "1h\n", "٣d", "1000000000s", "999999999w"],
)
def test_what_is_no_duration_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a duration|longer than time"):
        parse_duration(text)
