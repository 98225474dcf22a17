"""Conditions of segments: times compare as times, and where nobody can say there is a reason."""

from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler.kinds.email.condition import Condition, RuleError

NOW = datetime(2027, 3, 31, 12, tzinfo=UTC)
RECENT = 'contact.last_order >= now - duration("2160h")'
TIME = {"last_order": "timestamp"}
DATE = {"last_order": "date"}


def holds(text: str, values: dict[str, Any], types: dict[str, str] | None = None) -> bool | str:
    return Condition(text, types or {}, NOW).holds(values)


@pytest.mark.parametrize(
    ("text", "types", "values", "expected"),
    [
        (RECENT, TIME, {"last_order": "2027-01-01"}, True),
        (RECENT, TIME, {"last_order": "2026-12-31T11:59:59Z"}, False),
        (RECENT, TIME, {"last_order": "2026-12-31T13:00:00+01:00"}, True),
        (RECENT, DATE, {"last_order": "2027-01-01"}, True),
        (RECENT, DATE, {"last_order": "2026-12-31"}, False),
        ('contact["last_order"] < now', TIME, {"last_order": "2027-01-01"}, True),
        ("contact [ 'Last Order' ] < now", {"Last Order": "date"}, {"Last Order": "2027-01-01"}, True),
        ("contact.last_order.getFullYear() == 2027", TIME, {"last_order": "2027-01-01"}, True),
        ("has(contact.last_order) && contact.last_order < now", TIME, {"last_order": ""}, False),
        ("!has( contact . last_order )", TIME, {}, True),
        ('contact.last_order < timestamp("2027-02-01T00:00:00Z")', TIME, {"last_order": "2027-01-01"}, True),
        ('contact.note == "contact.last_order"', TIME, {"note": "contact.last_order"}, True),
        ("// contact.last_order\ntrue", TIME, {}, True),
        ('contact.city == "Oslo"', {}, {"city": "Oslo"}, True),
        ('contact.city in ["Oslo", "Bergen"]', {}, {"city": "Rome"}, False),
        ("contact.kwh > 3000", {"kwh": "int"}, {"kwh": "3600"}, True),
        ("contact.share > 0.5", {"share": "double"}, {"share": "0.4"}, False),
        ("contact.vip", {"vip": "bool"}, {"vip": "yes"}, True),
        ("contact.vip", {}, {"vip": True}, True),
        ('contact.zip == "0150"', {"zip": "string"}, {"zip": "0150"}, True),
        ("contact.size() == 2", {}, {"a": "", "b": ""}, True),
        ('contact.all(name, name != "b")', {}, {"a": "", "b": ""}, False),
        ("contact.exists(name, contact[name] == 5)", {"kwh": "int"}, {"a": "5", "kwh": "5"}, True),
        ("contact.exists(name, contact[name] == 5)", {}, {"a": "5", "kwh": "5"}, False),
        ('"kwh" in contact && contact["kwh"] > 1', {"kwh": "int"}, {"kwh": "2"}, True),
        ('contact.products.contains("pump")', {}, {"products": "heat-pump"}, True),
    ],
)
def test_a_condition_sees_columns_as_their_types_say(
    text: str, types: dict[str, str], values: dict[str, Any], expected: bool
) -> None:
    """E-43: a segment is those of a list who meet its condition; `now` is the launch's instant."""
    assert holds(text, values, types) is expected


@pytest.mark.parametrize(
    ("text", "types", "values", "why"),
    [
        (RECENT, TIME, {}, "column 'last_order' has no value; ask for it first: has(contact.last_order) && …"),
        (RECENT, TIME, {"last_order": ""}, "column 'last_order' has no value"),
        (RECENT, TIME, {"last_order": "1 May"}, "column 'last_order': '1 May' is not a time, such as 2027-01-31T"),
        (RECENT, {}, {"last_order": "2027-01-01"}, "say what last_order holds in `types` of the list"),
        (RECENT, {}, {"last_order": "2027-01-01"}, "text cannot be compared with a time (>=)"),
        ("contact.kwh > 1", {"kwh": "int"}, {"kwh": "many"}, "column 'kwh': 'many' is not a whole number, such as 42"),
        ("contact.kwh > 1", {}, {"kwh": 2**70}, "out of range"),
        ("contact.kwh", {}, {"kwh": "5"}, "neither true nor false"),
        ("1 / 0 == 1", {}, {}, "divide by zero"),
        ('contact.a.contains("x")', {}, {"a": "y" * 20_000}, "too large"),
        ("contact.a == 1", {}, {"a": "\0"}, "too large"),
        ("contact.exists(a, contact.exists(b, a == b && contact.exists(c, c == a + b)))", {}, {}, None),
    ],
)
def test_where_nobody_can_say_there_is_a_reason(
    text: str, types: dict[str, str], values: dict[str, Any], why: str | None
) -> None:
    if why is None:
        with pytest.raises(RuleError):
            holds(text, values, types)
        return
    answer = holds(text, values, types)
    assert isinstance(answer, str)
    assert why in answer


@pytest.mark.parametrize("text", ["contact.", "x == 1", "contact.a = 1", "x" * 3000])
def test_what_is_not_cel_is_refused_before_any_contact(text: str) -> None:
    with pytest.raises(RuleError):
        Condition(text, {}, NOW)
