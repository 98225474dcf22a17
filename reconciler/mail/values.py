"""What values are in a template: how each is written, and how texts become numbers and dates."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from jinja2 import Undefined

from reconciler.mail.fuel import MAX_LIST, MAX_TEXT, TooMuch

LARGEST: Final = 10**18
"""Numbers in templates are smaller than this."""

_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,12})?", re.ASCII)
_CODES: Final[Mapping[str, Callable[[datetime], str]]] = {
    "%d": lambda t: f"{t.day:02}", "%-d": lambda t: f"{t.day}",
    "%m": lambda t: f"{t.month:02}", "%-m": lambda t: f"{t.month}",
    "%Y": lambda t: f"{t.year:04}", "%y": lambda t: f"{t.year % 100:02}",
    "%H": lambda t: f"{t.hour:02}", "%M": lambda t: f"{t.minute:02}", "%S": lambda t: f"{t.second:02}",
    "%%": lambda _: "%",
}  # fmt: skip
_CODE = re.compile(r"%-?.?", re.DOTALL)


def text(value: object) -> str:
    """`value` as it is written into a mail: nothing for null, true and false as in YAML. Lists are not written."""
    if isinstance(value, str | Undefined):
        return str(value)  # raises UndefinedError for what is not there
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(_small(value))
        case Decimal():
            return f"{_small(value):f}"
        case datetime():
            return value.isoformat(sep=" ")
        case date():
            return value.isoformat()
    raise TypeError(f"{_kind(value)} cannot be written; name one of its values, or join them")


def number(value: object) -> int | Decimal:
    """`value` as an exact number. Contacts' values are texts: `1234.50` is one, `1.234,50` is not."""
    match value:
        case bool():
            pass
        case int():
            return int(_small(value))
        case Decimal() | float():
            return Decimal(str(_small(value)))
        case str():
            if _NUMBER.fullmatch(value.strip()):
                return Decimal(value.strip())
    raise ValueError(f"{shown(value)} is not a number; write it as 1234.50")


def grouped(value: object, decimals: int, thousands: str, point: str) -> str:
    """`value` rounded half up to `decimals` places, with the given signs between thousands and before the decimals."""
    if not 0 <= _whole(decimals) <= 12:
        raise ValueError("decimals are 0 to 12")
    exact = Decimal(number(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    whole, _, part = f"{exact + 0:,.{decimals}f}".partition(".")
    return whole.replace(",", thousands) + (point + part if part else "")


def moment(value: object) -> date:
    """`value` as a date or a time of day on one; texts are ISO 8601: `2026-05-01`, `2026-05-01T09:30:00Z`."""
    if isinstance(value, date):
        return value
    try:
        return datetime.fromisoformat(text(value).strip())
    except ValueError:
        raise ValueError(f"{shown(value)} is not a date; write it as 2026-05-01") from None


def dated(value: object, pattern: str) -> str:
    """`value` by a pattern of %d %-d %m %-m %Y %y %H %M %S; no names of months, which are of one language."""
    when = moment(value)
    if not isinstance(when, datetime):
        when = datetime(when.year, when.month, when.day)  # noqa: DTZ001 (a calendar day has no zone)
    return _CODE.sub(lambda code: _coded(code[0], when), pattern)


def _coded(code: str, when: datetime) -> str:
    write = _CODES.get(code)
    if write is None:
        raise ValueError(f"the pattern {shown(code)} is not one of {' '.join(_CODES)}")
    return write(when)


def calculated(operator: str, left: object, right: object) -> object:
    """`left operator right`: numbers only, exact, never large. Texts are joined by `~` and become numbers by `| decimal`."""
    for side in (left, right):
        if isinstance(side, Undefined):
            str(side)
        if isinstance(side, bool) or not isinstance(side, int | float | Decimal):
            raise TypeError(
                f"{shown(side)} {operator}: only numbers are calculated; texts join with ~ or | decimal first"
            )
    one, two = number(left), number(right)
    match operator:
        case "+":
            return _small(one + two)
        case "-":
            return _small(one - two)
        case "*":
            return _small(one * two)
        case "/":
            return _small(Decimal(one) / two)
        case "//":
            return _small(one // two)
        case "%":
            return _small(one % two)
    raise TypeError(f"{operator} is not offered")


def bounded(value: object) -> int:
    """How many items `value` holds, those inside them counted. Raises TooMuch where a list written in a template grows."""
    left, open_ = MAX_LIST, [value]
    while open_:
        one = open_.pop()
        left -= 1
        if isinstance(one, Mapping):
            open_.extend(one.values())
        elif isinstance(one, list | tuple):
            open_.extend(one[: left + 1])
        if left < 0:
            raise TooMuch(f"a list of more than {MAX_LIST:,} items")
    return MAX_LIST - left


def longest(values: Iterable[object]) -> bool:
    """Whether one of `values` is a longer text than expressions take."""
    for value in values:
        if isinstance(value, str):
            if len(value) > MAX_TEXT:
                return True
        elif isinstance(value, Mapping):
            if longest(value.values()):
                return True
        elif isinstance(value, list | tuple) and longest(value):
            return True
    return False


def shown(value: object) -> str:
    """`value` in a message: short."""
    written = repr(value) if isinstance(value, str | int | float) else _kind(value)
    return written if len(written) <= 40 else written[:37] + "…" + written[-1]


def _small(value: "int | float | Decimal") -> "int | float | Decimal":
    if not -LARGEST < value < LARGEST:
        raise ValueError("a number of more than 18 digits")
    if isinstance(value, Decimal) and value and value.adjusted() < -28:
        return Decimal(0)  # or a chain of divisions makes an exponent that takes long to write
    return value


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{shown(value)} is not a whole number")
    return value


def _kind(value: object) -> str:
    match value:
        case Mapping():
            return "a mapping"
        case list() | tuple() | range():
            return "a list"
        case None:
            return "null"
        case Decimal():
            return str(value)
    return "this"
