"""A lead's fields: what is taken, as what, and what is said of the rest."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler.kinds.leads.fields import MOST_FIELDS, Form, Reading
from reconciler.kinds.leads.lead_campaign.spec import LeadField, Score
from reconciler.kinds.leads.patterns import PATIENCE
from reconciler.kinds.leads.scoring import score_of
from reconciler.model import canonical

NOW = datetime(2027, 1, 4, 9, 0, tzinfo=UTC)


def form(*fields: Mapping[str, Any]) -> Form:
    return Form([LeadField.model_validate_json(canonical.encode(one)) for one in fields])


def read(field: Mapping[str, Any], value: Any) -> Reading:
    return form({"name": "x", **field}).read({"x": value})


PHONE = {"type": "phone", "country": "NL"}

TAKEN: Any = [
    ("email-kept-as-written", {"type": "email"}, " Ana.B@Example.COM ", "Ana.B@example.com", "ana.b@example.com"),
    ("email-in-another-script", {"type": "email"}, "ana@bücher.example", "ana@xn--bcher-kva.example", None),
    ("phone-of-its-country", PHONE, "06-12 34 56 78", "+31612345678", "+31612345678"),
    ("phone-of-another-country", PHONE, "+49 30 901820", "+4930901820", None),
    ("phone-with-zeros", PHONE, "0031 6 12345678", "+31612345678", None),
    ("phone-as-a-number", PHONE, 31612345678, "+31612345678", None),
    ("string", {"type": "string"}, "  Ana \r\n Bos ", "Ana \n Bos", "ana bos"),
    ("string-of-a-number", {"type": "string"}, 12, "12", None),
    ("string-of-a-truth", {"type": "string"}, True, "true", None),
    ("string-pattern", {"type": "string", "pattern": "^[1-9][0-9]{3} ?[A-Z]{2}$"}, "1012 AB\n", "1012 AB", "1012 ab"),
    ("string-pattern-anywhere", {"type": "string", "pattern": "[0-9]"}, "a1b", "a1b", None),
    ("string-lengths", {"type": "string", "minLength": 2, "maxLength": 3}, "añb", "añb", None),
    ("enum", {"type": "enum", "values": ["own", "rent"]}, "OWN", "own", "own"),
    ("date", {"type": "date", "notBefore": "2027-02-28", "notAfter": "2027-02-28"}, "2027-02-28", "2027-02-28", None),
    ("number-whole", {"type": "number", "minimum": 0, "maximum": 5}, "5.0", 5, "5.0"),
    ("number-broken", {"type": "number"}, ".25e1", 2.5, "2.5"),
    ("number-below-zero", {"type": "number"}, -0.5, -0.5, None),
    ("boolean", {"type": "boolean"}, "Yes", True, "True"),
    ("boolean-number", {"type": "boolean"}, 0, False, None),
]


@pytest.mark.parametrize(
    ("field", "value", "kept", "compared"), [one[1:] for one in TAKEN], ids=[one[0] for one in TAKEN]
)
def test_what_holds_is_kept(field: Mapping[str, Any], value: Any, kept: Any, compared: str | None) -> None:
    found = read(field, value)
    assert found.faults == ()
    assert (found.values["x"], type(found.values["x"])) == (kept, type(kept))
    assert compared in (None, found.compared["x"])


WRONG: Any = [
    ("email", {"type": "email"}, "ana", "no e-mail address"),
    ("email-that-ends-the-header", {"type": "email"}, "ana@example.com\nBcc: x@example.com", "no e-mail address"),
    ("phone-too-short", PHONE, "12", "no telephone number"),
    ("phone-not-given-out", PHONE, "06 0000", "no telephone number"),
    ("phone-without-a-country", {"type": "phone"}, "06 12345678", "its country is not known"),
    ("phone-long", PHONE, "1" * 61, "61 characters"),
    ("string-too-long", {"type": "string"}, "a" * 10_001, "10,001 characters"),
    ("string-too-short", {"type": "string", "minLength": 2}, "a", "1 characters"),
    ("string-with-an-escape", {"type": "string"}, "a\x1b[31mb", "control character"),
    ("string-with-nul", {"type": "string"}, "a\0b", "control character"),
    ("string-half-a-sign", {"type": "string"}, "a\ud800", "control character"),
    ("string-list", {"type": "string"}, ["a"], "a list or an object"),
    ("string-object", {"type": "string"}, {"a": 1}, "a list or an object"),
    ("enum", {"type": "enum", "values": ["own"]}, "rent", "none of the values"),
    ("date-none", {"type": "date"}, "2027-02-30", "no date"),
    ("date-other", {"type": "date"}, "31-01-2027", "no date"),
    ("date-early", {"type": "date", "notBefore": "2027-01-01"}, "2026-12-31", "too early"),
    ("date-late", {"type": "date", "notAfter": "2027-01-01"}, "2027-01-02", "too late"),
    ("number-nan", {"type": "number"}, float("nan"), "no number"),
    ("number-infinite", {"type": "number"}, "1e999", "no number"),
    ("number-huge", {"type": "number"}, 10**400, "no number"),
    ("number-long", {"type": "number"}, "1" * 5000, "no number"),
    ("number-truth", {"type": "number"}, True, "no number"),
    ("number-other-digits", {"type": "number"}, "٤", "no number"),
    ("number-small", {"type": "number", "minimum": 0}, "-0.1", "too small"),
    ("number-large", {"type": "number", "maximum": 1}, 2, "too large"),
    ("boolean", {"type": "boolean"}, "maybe", "neither true nor false"),
]


@pytest.mark.parametrize(("field", "value", "words"), [one[1:] for one in WRONG], ids=[one[0] for one in WRONG])
def test_what_does_not_hold_is_said_with_a_way_out(field: Mapping[str, Any], value: Any, words: str) -> None:
    """L-43: by field, and never more of somebody's text than a person can read."""
    found = read(field, value)
    (fault,) = found.faults
    assert fault.field == "x"
    assert words in fault.detail
    assert fault.help
    assert len(fault.detail) < 300
    assert "x" not in found.values
    assert fault.detail.isprintable()


@pytest.mark.parametrize("value", [None, "", "   ", "\n"])
def test_nothing_is_nothing(value: Any) -> None:
    assert read({"type": "number"}, value) == Reading({}, {}, (), ())
    assert [fault.detail for fault in read({"type": "string", "required": True}, value).faults] == ["it is missing"]


def test_all_faults_are_named_and_what_holds_is_kept() -> None:
    fields = [{"name": name, "type": "number", "required": True} for name in ("a", "b", "c")]
    found = form(*fields).read({"b": "x", "c": 1, "d\x1b": 2})
    assert [fault.field for fault in found.faults] == ["a", "b"]
    assert found.values == {"c": 1}
    assert found.unknown == ("d?",)


def test_too_many_members_are_not_looked_at() -> None:
    found = form().read({str(number): 1 for number in range(MOST_FIELDS + 1)})
    assert [fault.help for fault in found.faults] == [f"send at most {MOST_FIELDS}"]


@pytest.mark.parametrize("pattern", ["^(a|a)*$", "(x+x+)+y", "^(a|aa)+$"])
def test_a_pattern_that_takes_too_long_is_given_up_and_no_second_one_is_tried(pattern: str) -> None:
    """Text is anybody's; without a clock in the matching the first of these takes minutes."""
    names = [f"f{number}" for number in range(300)]
    bad = form(*({"name": name, "type": "string", "pattern": pattern} for name in names))
    text = ("x" if "x" in pattern else "a") * 1999 + "!"
    found = bad.read(dict.fromkeys(names, text))
    assert len(found.faults) == 300
    assert "too long to be checked" in found.faults[0].detail
    assert all("was not checked" in fault.detail for fault in found.faults[1:])
    assert PATIENCE < 1


def test_conditions_see_texts_that_were_not_sent_as_empty() -> None:
    fields = form(
        {"name": "plate", "type": "string"}, {"name": "age", "type": "number"}, {"name": "own", "type": "boolean"}
    )
    assert fields.subject({}) == {"plate": ""}
    lead = fields.subject({"age": 40, "own": True})
    assert (lead, type(lead["age"])) == ({"plate": "", "age": 40.0, "own": True}, float)
    rules = {'lead.plate == ""': 1, "lead.age >= 40": 2, "lead.age > 40.5": 4, "lead.own": 8, "lead.age == 'x'": 16}
    assert score_of([Score(when=when, add=add) for when, add in rules.items()], lead, NOW) == 11


@pytest.mark.parametrize("when", ["lead.other > 1", "lead.age", "lead", "1 +", "lead.plate.size() > 'a'"])
def test_a_condition_that_cannot_be_evaluated_gives_no_points(when: str) -> None:
    assert score_of([Score.model_construct(when=when, add=5)], {"plate": "", "age": 1.0}, NOW) == 0
