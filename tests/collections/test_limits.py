"""Limits and hours of contact, against a checker that counts. (AMB-C11)"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from reconciler.kinds.collections.collection_settings.spec import CollectionSettingsSpec
from reconciler.kinds.collections.limits import Limits, Not, allowed, limits
from reconciler.kinds.collections.pack import pack
from reconciler.kinds.collections.proof import Checker
from reconciler.model import canonical
from reconciler.model.contact_queue import Past, Sort

ZONES = (
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "America/Havana",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "UTC",
)
MEDIA = ("email", "sms", "voice", "")


def _spec(**members: Any) -> CollectionSettingsSpec:
    return CollectionSettingsSpec.model_validate_json(canonical.encode({"timezone": "America/Chicago"} | members))


def _limits(**members: Any) -> Limits:
    return limits(_spec(**members))


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _contact(text: str, medium: str = "sms") -> Past:
    return Past(_at(text), Sort.CONTACT, medium)


def test_hours_are_those_of_the_contact_and_else_those_of_the_organisation() -> None:
    found = _limits(allowedHours={"from": "08:00", "to": "21:00"})
    early = _at("2027-06-01T12:30Z")  # 08:30 in New York, 07:30 in Chicago
    assert allowed(found, (), "sms", "America/New_York", early) is None
    assert allowed(found, (), "sms", "", early) == Not("allowedHours", _at("2027-06-01T13:00Z"))
    assert allowed(found, (), "sms", "Not/AZone", early) == Not("allowedHours", _at("2027-06-01T13:00Z"))


def test_hours_with_a_zone_of_their_own_are_for_those_whose_zone_is_not_known() -> None:
    found = _limits(allowedHours={"from": "08:00", "to": "21:00", "timezone": "Europe/Berlin"})
    assert allowed(found, (), "sms", "", _at("2027-06-01T06:30Z")) is None
    assert allowed(found, (), "sms", "America/New_York", _at("2027-06-01T06:30Z")) is not None


def test_hours_may_end_on_the_day_after() -> None:
    found = _limits(allowedHours={"from": "22:00", "to": "06:00", "days": ["fri"], "timezone": "UTC"}, timezone="UTC")
    assert allowed(found, (), "sms", "", _at("2027-06-05T05:59Z")) is None, "Saturday morning is Friday's night"
    assert allowed(found, (), "sms", "", _at("2027-06-05T06:00Z")) == Not("allowedHours", _at("2027-06-11T22:00Z"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2027-03-14T06:59Z", "2027-03-14T07:00Z"),  # 01:59 in New York; the clocks go from 02:00 to 03:00
        ("2027-11-07T06:10Z", "2027-11-07T07:15Z"),  # 01:10 for the second time
    ],
)
def test_hours_follow_the_clock_on_the_wall_when_it_changes(text: str, expected: str) -> None:
    found = _limits(allowedHours={"from": "02:15", "to": "03:30"})
    assert allowed(found, (), "sms", "America/New_York", _at(text)) == Not("allowedHours", _at(expected))


def test_a_day_is_the_contacts_calendar_day() -> None:
    found = _limits(limits={"perDay": 1})
    past = (_contact("2027-06-01T23:00-04:00"),)
    assert allowed(found, past, "sms", "America/New_York", _at("2027-06-01T23:59-04:00")) == Not(
        "perDay", _at("2027-06-02T00:00-04:00")
    )
    assert allowed(found, past, "sms", "America/New_York", _at("2027-06-02T00:00-04:00")) is None


def test_a_week_is_any_seven_days() -> None:
    found = _limits(limits={"perWeek": 2})
    past = (_contact("2027-06-01T10:00Z"), _contact("2027-06-03T10:00Z"))
    assert allowed(found, past, "sms", "UTC", _at("2027-06-08T09:59Z")) == Not("perWeek", _at("2027-06-08T10:00Z"))
    assert allowed(found, past, "sms", "UTC", _at("2027-06-08T10:00Z")) is None


def test_a_week_in_which_clocks_go_back_is_seven_days_by_the_calendar_too() -> None:
    found = _limits(limits={"perWeek": 1})
    past = (_contact("2027-11-02T00:30-04:00"),)
    barred = allowed(found, past, "sms", "America/New_York", _at("2027-11-08T23:45-05:00"))
    assert barred == Not("perWeek", _at("2027-11-09T00:00-05:00"))


def test_every_medium_counts_for_limits_of_contact_and_only_calls_for_limits_of_calls() -> None:
    found = _limits(policyPack="us-reg-f")
    mails = tuple(_contact(f"2027-06-0{day}T12:00-05:00", "email") for day in range(1, 8))
    calls = tuple(_contact(f"2027-06-0{day}T12:00-05:00", "voice") for day in range(1, 8))
    noon = _at("2027-06-07T13:00-05:00")
    assert allowed(found, mails, "voice", "", noon) is None
    assert allowed(found, calls, "email", "", noon) is None
    assert allowed(found, calls, "voice", "", noon) == Not("us-reg-f/mostCalls", _at("2027-06-08T12:00-05:00"))
    assert allowed(found, calls, "", "", noon) is not None, "an agent that does not say what it uses may call"


def test_after_a_conversation_calls_rest_for_seven_days_of_which_its_day_is_the_first() -> None:
    found = _limits(policyPack="us-reg-f")
    talk = (Past(_at("2027-06-02T15:00-05:00"), Sort.CONVERSATION),)
    assert allowed(found, talk, "voice", "", _at("2027-06-08T20:59-05:00")) == Not(
        "us-reg-f/quietAfterConversation", _at("2027-06-09T15:00-05:00")
    )
    assert allowed(found, talk, "sms", "", _at("2027-06-03T12:00-05:00")) is None


def test_the_pack_keeps_its_hours_besides_those_of_the_organisation() -> None:
    found = _limits(policyPack="us-reg-f", allowedHours={"from": "06:00", "to": "10:00"})
    assert allowed(found, (), "sms", "", _at("2027-06-01T06:30-05:00")) == Not(
        "us-reg-f/hours", _at("2027-06-01T08:00-05:00")
    )
    assert allowed(found, (), "sms", "", _at("2027-06-01T10:30-05:00")) == Not(
        "allowedHours", _at("2027-06-02T08:00-05:00")
    )


def test_hours_that_shut_each_other_out_never_come() -> None:
    found = _limits(policyPack="us-reg-f", allowedHours={"from": "21:00", "to": "23:00"})
    assert allowed(found, (), "sms", "", _at("2027-06-01T12:00-05:00")) == Not("allowedHours", None)


def test_the_pack_is_labelled_configuration_and_names_its_sources() -> None:
    found = pack("us-reg-f")
    assert found is not None
    assert found.notice.startswith("Configuration, not legal advice")
    assert all("12 CFR 1006." in source for source in found.sources)
    assert pack("none") is None


# --- against the checker -----------------------------------------------------------------------------------------------

_times = st.tuples(st.integers(0, 23), st.sampled_from((0, 15, 30, 59))).map(lambda one: f"{one[0]:02}:{one[1]:02}")
_hours = st.fixed_dictionaries(
    {"from": _times, "to": _times},
    optional={"days": st.lists(st.sampled_from(("mon", "wed", "sat", "sun")), min_size=1, unique=True)},
)
_members = st.fixed_dictionaries(
    {},
    optional={
        "limits": st.fixed_dictionaries(
            {},
            optional={
                "perDay": st.integers(1, 3),
                "perWeek": st.integers(1, 4),
                "minInterval": st.sampled_from(("1h", "24h", "3d")),
            },
        ),
        "allowedHours": _hours,
        "policyPack": st.just("us-reg-f"),
    },
)
_changes = st.sampled_from(
    ("2027-03-14T07:00", "2027-11-07T06:00", "2027-03-28T01:00", "2027-10-31T01:00", "2027-04-03T15:00")
)
_instants = st.builds(
    lambda text, minutes: datetime.fromisoformat(text).replace(tzinfo=UTC) + timedelta(minutes=minutes),
    _changes,
    st.integers(-12 * 24 * 60, 12 * 24 * 60),
)
_past = st.lists(
    st.builds(
        Past,
        _instants,
        st.sampled_from((Sort.CONTACT, Sort.CONTACT, Sort.CONVERSATION, Sort.PAYMENT)),
        st.sampled_from(MEDIA),
    ),
    max_size=12,
)


def _broken(checker: Checker, past: list[Past], zone: str, one: Past) -> str:
    found = checker.first_violation(zone, past, [one])
    return found.rule if found else ""


@settings(max_examples=200, deadline=None)
@given(_members, _past, st.sampled_from(("", *ZONES)), st.sampled_from(MEDIA), _instants)
@example(
    {"limits": {"perWeek": 1}},
    [_contact("2027-11-02T00:30-04:00")],
    "America/New_York",
    "sms",
    _at("2027-11-08T23:45-05:00"),
)
def test_what_is_allowed_breaks_no_rule_and_what_is_not_breaks_the_one_that_is_named(
    members: Mapping[str, Any], past: list[Past], zone: str, medium: str, at: datetime
) -> None:
    spec = _spec(**members)
    before = [one for one in past if one.at <= at]
    barred = allowed(limits(spec), before, medium, zone, at)
    broken = _broken(Checker(spec, date.min, date.max), before, zone, Past(at, Sort.CONTACT, medium))
    assert (barred is None) == (broken == "")


@settings(max_examples=200, deadline=None)
@given(_members, _past, st.sampled_from(("", *ZONES)), st.sampled_from(MEDIA), _instants)
def test_the_instant_that_is_named_breaks_no_rule_and_none_before_it_does_not(
    members: Mapping[str, Any], past: list[Past], zone: str, medium: str, at: datetime
) -> None:
    spec = _spec(**members)
    before = [one for one in past if one.at <= at]
    barred = allowed(limits(spec), before, medium, zone, at)
    assume(barred is not None)
    assert barred is not None
    checker = Checker(spec, date.min, date.max)  # it makes its tables of a week once
    if barred.at is not None:
        assert barred.at > at
        assert _broken(checker, before, zone, Past(barred.at, Sort.CONTACT, medium)) == ""
    end = min(barred.at or at + timedelta(days=30), at + timedelta(days=10))
    step = timedelta(hours=1)
    grid = (at + step * turn for turn in range(int((end - at) / step)))
    free = [one for one in grid if not _broken(checker, before, zone, Past(one, Sort.CONTACT, medium))]
    assert all(_again_on_the_clock(one, zone or "America/Chicago", spec) for one in free)


def _again_on_the_clock(at: datetime, zone: str, spec: CollectionSettingsSpec) -> bool:
    """Whether the clocks went back just before: an hour that comes twice is taken up again at the next beginning only."""
    local = at.astimezone(ZoneInfo(zone))
    return spec.allowed_hours is not None and local.fold == 1
