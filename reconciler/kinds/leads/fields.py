"""A lead's fields: whether what was posted is one by its version's definition, and how it is kept. (L-43, L-45)

What is wrong is a value, all of it collected, each with its field and a way out. Texts are bounded before anything looks at
them, and a pattern is given up where it takes too long: patterns are written by the campaign's owner, texts by anybody.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Final, TypeAlias

from reconciler.feed.address import NotAnAddress, address_of
from reconciler.kinds.leads.lead_campaign.spec import LeadField
from reconciler.kinds.leads.patterns import Matcher, Unchecked
from reconciler.kinds.leads.phone import NotAPhone, phone_of

MOST_FIELDS: Final = 500
"""Members of one lead, those of the campaign and others."""
LONGEST: Final = 10_000
"""Characters of a text, where its field names no fewer."""
LONGEST_MATCHED: Final = 2_000
"""Characters of a text that is looked at by a pattern, where its field names no other number."""
LARGEST: Final = 1e15
"""A number beyond this is not kept exactly everywhere that a lead may go."""

Value: TypeAlias = str | int | float | bool

_TEXTS: Final = frozenset({"email", "phone", "string", "enum", "date"})
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_TRUTH: Final = {
    "true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False,
}  # fmt: skip


class _Wrong(ValueError):
    """What is wrong with a value, and the way out."""

    def __init__(self, detail: str, advice: str) -> None:
        super().__init__(detail)
        self.advice = advice


class _Slow(_Wrong):
    """It could not be checked in time; nothing more of this lead is checked that may take as long."""


@dataclass(frozen=True, slots=True)
class FieldFault:
    """What is wrong with one field, in a sentence, and the way out."""

    field: str
    detail: str
    help: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What was posted, read by a form. `values` are those that hold; `unknown` names members that the campaign does not have.

    `compared` is what a value is told apart by: the same for two ways of writing one thing.
    """

    values: Mapping[str, Value]
    compared: Mapping[str, str]
    faults: tuple[FieldFault, ...]
    unknown: tuple[str, ...]


class Form:
    """The fields of one version, ready to read what is posted."""

    def __init__(self, fields: Sequence[LeadField]) -> None:
        self.fields = tuple(fields)
        self._readers = {one.name: (one, _reader(one)) for one in fields}

    def read(self, posted: Mapping[str, Any]) -> Reading:
        """Every field, and every fault, in the order of the campaign's fields. Nothing, null and "" are the same."""
        if len(posted) > MOST_FIELDS:
            fault = FieldFault("", f"there are {len(posted):,} fields", f"send at most {MOST_FIELDS}")
            return Reading({}, {}, (fault,), ())
        values, compared = dict[str, Value](), dict[str, str]()
        faults: list[FieldFault] = []
        slow = False
        for name, (field, reader) in self._readers.items():
            try:
                value = _plain(posted.get(name))
                if slow and field.pattern and value is not None:
                    raise _Wrong("it was not checked, for another field took too long", "send that one shorter")
                if value is not None:
                    values[name], compared[name] = reader(value)
                elif field.required:
                    raise _Wrong("it is missing", f"send {_expected(field)}")
            except _Wrong as wrong:
                slow = slow or isinstance(wrong, _Slow)
                faults.append(FieldFault(name, str(wrong), wrong.advice))
        unknown = tuple(sorted(shown_name(name) for name in posted if name not in self._readers))
        return Reading(values, compared, tuple(faults), unknown)

    def subject(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """The lead as conditions see it: a text that was not sent is "", another value is not there, numbers are doubles."""
        found: dict[str, Value] = {}
        for field in self.fields:
            value = values.get(field.name)
            if value is None and field.type in _TEXTS:
                value = ""
            if value is not None:
                found[field.name] = float(value) if field.type == "number" else value
        return found


def shown_name(name: object) -> str:
    """The name of a member as it is told to people: short, and without anything that could write elsewhere."""
    text = _CONTROL.sub("?", str(name))
    return text if len(text) <= 63 else text[:62] + "…"


_Read: TypeAlias = Callable[[Value], tuple[Value, str]]


def _reader(field: LeadField) -> _Read:
    """What reads a field: its value as it is kept, and as it is compared."""
    match field.type:
        case "email":
            return _email
        case "phone":
            return partial(_phone, field.country)
        case "string":
            return partial(_string, field, Matcher(field.pattern) if field.pattern else None)
        case "enum":
            return partial(_enum, {one.casefold(): one for one in field.values or ()}, frozenset(field.values or ()))
        case "date":
            return partial(_date, field)
        case "number":
            return partial(_number, field)
        case _:
            return _boolean


def _plain(value: Any) -> Value | None:
    """A single value; None where there is none. Control characters in a text are nobody's."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if not isinstance(value, str):
        raise _Wrong("it is a list or an object", "send one text, number, or true or false")
    if len(value) > LONGEST:
        raise _Wrong(f"it has {len(value):,} characters", f"send at most {LONGEST:,}")
    text = value.replace("\r\n", "\n").replace("\r", "\n").strip()
    if _CONTROL.search(text):
        raise _Wrong("it holds a control character, or half of one", "send text that people can read, in UTF-8")
    return text or None


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _email(value: Value) -> tuple[Value, str]:
    text = _text(value)
    try:
        found = address_of(text)
    except NotAnAddress as error:
        detail = f"{_shown(text)} is no e-mail address: {str(error).rstrip('.')}"
        raise _Wrong(detail, "send one such as ana@example.com") from None
    return found.mailbox, found.key


def _phone(country: str | None, value: Value) -> tuple[Value, str]:
    text = _text(value)
    try:
        found = phone_of(text, country)
    except NotAPhone as error:
        raise _Wrong(f"{_shown(text)} is no telephone number: {error}", "send it as +31 6 12345678") from None
    return found, found


def _string(field: LeadField, matcher: Matcher | None, value: Value) -> tuple[Value, str]:
    text = _text(value)
    fewest, most = field.min_length or 0, field.max_length
    if most is None:
        most = LONGEST_MATCHED if matcher else LONGEST
    if not fewest <= len(text) <= most:
        raise _Wrong(f"it has {len(text):,} characters", f"send {fewest:,} to {most:,}")
    if matcher is not None:
        try:
            if not matcher.is_met(text):
                raise _Wrong(
                    f"{_shown(text)} is not of the form that is asked for", f"send what {matcher.text} matches"
                )
        except Unchecked as error:
            raise _Slow(str(error), "send a shorter text") from None
    return text, " ".join(text.casefold().split())


def _enum(folded: Mapping[str, str], exact: frozenset[str], value: Value) -> tuple[Value, str]:
    text = _text(value)
    found = text if text in exact else folded.get(text.casefold())
    if found is None:
        some = ", ".join(list(folded.values())[:10]) + (" …" if len(folded) > 10 else "")
        raise _Wrong(f"{_shown(text)} is none of the values that are allowed", f"send one of {some}")
    return found, found


def _date(field: LeadField, value: Value) -> tuple[Value, str]:
    text = _text(value)
    try:
        found = date.fromisoformat(text).isoformat() if _DATE.fullmatch(text) else ""
    except ValueError:  # the 30th of February
        found = ""
    if not found:
        raise _Wrong(f"{_shown(text)} is no date", "send one such as 2027-01-31")
    if field.not_before and found < field.not_before:
        raise _Wrong(f"{found} is too early", f"send {field.not_before} or a later date")
    if field.not_after and found > field.not_after:
        raise _Wrong(f"{found} is too late", f"send {field.not_after} or an earlier date")
    return found, found


def _number(field: LeadField, value: Value) -> tuple[Value, str]:
    number = _finite(value)
    if number is None:
        raise _Wrong(
            f"{_shown(_text(value))} is no number", "send one such as 42 or 4.5, at most 15 digits before the point"
        )
    if field.minimum is not None and number < field.minimum:
        raise _Wrong(f"{number:g} is too small", f"send {field.minimum:g} or more")
    if field.maximum is not None and number > field.maximum:
        raise _Wrong(f"{number:g} is too large", f"send {field.maximum:g} or less")
    kept = int(number) if number.is_integer() else number
    return kept, repr(number)


def _finite(value: Value) -> float | None:
    if isinstance(value, bool) or (isinstance(value, str) and (len(value) > 40 or not _NUMBER.fullmatch(value))):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if abs(number) <= LARGEST else None  # not so for one that is not a number


def _boolean(value: Value) -> tuple[Value, str]:
    found = _TRUTH.get(_text(value).lower())
    if found is None:
        raise _Wrong(f"{_shown(_text(value))} is neither true nor false", "send true or false")
    return found, str(found)


def _expected(field: LeadField) -> str:
    return {
        "email": "an e-mail address",
        "phone": "a telephone number",
        "string": "a text",
        "enum": "one of " + ", ".join((field.values or ())[:10]),
        "date": "a date, such as 2027-01-31",
        "number": "a number",
        "boolean": "true or false",
    }[field.type]


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:39] + "…")
