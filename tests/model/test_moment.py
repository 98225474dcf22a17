"""What a time means, and what is odd about writing it so."""

import pytest

from reconciler.model.instant import Oddity, ZoneMissing, is_zone, parse_moment


@pytest.mark.parametrize(
    ("text", "zone", "utc", "oddity"),
    [
        ("2027-06-01T09:00", "Europe/Amsterdam", "2027-06-01T07:00:00Z", None),
        ("2027-03-28T02:30", "Europe/Amsterdam", "2027-03-28T01:00:00Z", Oddity.SKIPPED),
        ("2027-10-31T02:30", "Europe/Amsterdam", "2027-10-31T00:30:00Z", Oddity.REPEATED),
        ("2027-10-31T03:00", "Europe/Amsterdam", "2027-10-31T02:00:00Z", None),
        ("2027-03-28T02:30+01:00", "Europe/Amsterdam", "2027-03-28T01:30:00Z", None),
        ("2027-10-31T02:30Z", None, "2027-10-31T02:30:00Z", None),
    ],
)
def test_a_moment(text: str, zone: str | None, utc: str, oddity: Oddity | None) -> None:
    moment = parse_moment(text, zone)
    assert (moment.text, moment.oddity) == (utc, oddity)


def test_a_local_time_without_a_zone_is_told_apart_from_what_is_no_time() -> None:
    with pytest.raises(ZoneMissing):
        parse_moment("2027-06-01T09:00", None)
    with pytest.raises(ValueError, match="is not a time; write it as") as caught:
        parse_moment("2027-02-30T09:00", None)
    assert not isinstance(caught.value, ZoneMissing)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("UTC", True),
        ("Asia/Tokyo", True),
        ("Mars/Olympus", False),
        ("", False),
        ("../etc/passwd", False),
        ("a\0b", False),
    ],
)
def test_zones(name: str, answer: bool) -> None:
    assert is_zone(name) is answer
