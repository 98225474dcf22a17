"""What columns hold: numbers, truth and times, as `types` of a list declares them."""

from typing import Any

import pytest

from reconciler.feed.typed import typed

READ: list[tuple[str, Any, Any]] = [
    ("string", "x", "x"),
    ("string", " ", " "),
    ("string", 5, "5"),
    ("string", True, "true"),
    ("int", " 42 ", 42),
    ("int", "-7", -7),
    ("int", 3.0, 3),
    ("int", "9223372036854775807", 2**63 - 1),
    ("int", "", None),
    ("double", "1.5", 1.5),
    ("double", ".5e3", 500.0),
    ("double", 2, 2.0),
    ("bool", "TRUE", True),
    ("bool", "no", False),
    ("bool", 1, True),
    ("bool", "", None),
    ("date", "2027-01-01", "2027-01-01T00:00:00Z"),
    ("date", "2027-01-01T23:30:00-05:00", "2027-01-01T00:00:00Z"),
    ("timestamp", "2027-01-01", "2027-01-01T00:00:00Z"),
    ("timestamp", "2027-01-01T10:00:00Z", "2027-01-01T10:00:00Z"),
    ("timestamp", "2027-01-01t10:00z", "2027-01-01T10:00:00Z"),
    ("timestamp", "2027-01-01 10:00:00.123+02:00", "2027-01-01T08:00:00.123000Z"),
    ("timestamp", "2027-01-01 10:00:00+02", "2027-01-01T08:00:00Z"),
    ("timestamp", "2027-01-01T10:00:00", "2027-01-01T10:00:00Z"),
    ("timestamp", "  ", None),
]
REFUSED: list[tuple[str, Any]] = [
    ("int", "1.5"),
    ("int", "1,000"),
    ("int", "\u0664"),
    ("int", True),
    ("int", 1.5),
    ("int", "9223372036854775808"),
    ("int", "9" * 5000),
    ("double", "1,5"),
    ("double", "nan"),
    ("double", "1e999"),
    ("double", 10**400),
    ("double", "1_0"),
    ("bool", "maybe"),
    ("bool", 2),
    ("date", "01.02.2027"),
    ("date", "2027-02-30"),
    ("date", "20270101"),
    ("timestamp", "2027-W01-1"),
    ("timestamp", 1_700_000_000),
    ("timestamp", "2027-01-01T25:00:00Z"),
    ("timestamp", "0001-01-01T00:00:00+14:00"),
    ("timestamp", "2027-01-01\u0661"),
]


@pytest.mark.parametrize(("kind", "value", "expected"), READ)
def test_a_value_as_its_type_says(kind: str, value: Any, expected: Any) -> None:
    found = typed(value, kind)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(("kind", "value"), REFUSED)
def test_a_value_of_another_type_is_told_in_words(kind: str, value: Any) -> None:
    with pytest.raises(ValueError, match=r"is not a|is not true") as refused:
        typed(value, kind)
    assert len(str(refused.value)) < 120
