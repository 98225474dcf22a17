"""The filters that templates have: all of them, each bounded before it makes anything."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final
from urllib.parse import quote

from jinja2 import Undefined, pass_context
from jinja2.runtime import Context

from reconciler.mail import values
from reconciler.mail.fuel import MAX_TEXT, Fuel, TooMuch
from reconciler.mail.values import text

FUEL: Final = "_fuel"
"""Where the context of a rendering keeps its Fuel; templates cannot name what begins with an underscore."""

Filter = Callable[..., Any]

_WORD = re.compile(r"[^\s-]+")


def fuel_of(context: Context) -> Fuel:
    """The fuel of this rendering."""
    fuel: Fuel = context.parent[FUEL]
    return fuel


def _of_text(make: Callable[..., str], growth: int = 1) -> Filter:
    """A filter over one text whose result is at most `growth` times as long."""

    @pass_context
    def filtered(context: Context, value: object, *arguments: Any, **named: Any) -> str:
        source = text(value)
        fuel_of(context).made(len(source) * growth)
        return make(source, *arguments, **named)

    return filtered


def default(value: Any, instead: Any = "", boolean: bool = False) -> Any:
    """`instead` where there is no value; with `boolean`, where it is empty too."""
    return instead if isinstance(value, Undefined) or (boolean and not value) else value


def _title(value: str) -> str:
    return _WORD.sub(lambda word: word[0][:1].upper() + word[0][1:].lower(), value)


def _truncate(value: str, length: int = 255, end: str = "…") -> str:
    return value if len(value) <= length else value[: max(0, length - len(end))].rstrip() + end[:length]


@pass_context
def replace(context: Context, value: object, old: str, new: str) -> str:
    """`value` with every `old` made `new`."""
    source, old, new = text(value), text(old), text(new)
    if not old:
        raise ValueError("replace needs a text to replace")
    fuel_of(context).made(len(source))
    fuel_of(context).made(len(source) + source.count(old) * max(0, len(new) - len(old)))
    return source.replace(old, new)


@pass_context
def join(context: Context, value: Iterable[object], between: str = "") -> str:
    """The items of a list, with a text between."""
    return _joined(fuel_of(context), value, text(between))


def _joined(fuel: Fuel, items: Iterable[object], between: str) -> str:
    parts: list[str] = []
    length = 0
    for item in items:
        part = text(item)
        length += len(part) + len(between)
        fuel.burn(1)
        if length > MAX_TEXT + len(between):
            raise TooMuch(f"a value of more than {MAX_TEXT:,} characters")
        parts.append(part)
    fuel.made(length)
    return between.join(parts)


def length(value: Any) -> int:
    """How many characters or items there are."""
    return len(value)


def first(value: Any) -> Any:
    """The first character or item; an empty value has none, and gives the empty text."""
    return value[0] if len(value) else ""


def last(value: Any) -> Any:
    """The last character or item; an empty value has none, and gives the empty text."""
    return value[-1] if len(value) else ""


def whole(value: object) -> int:
    """A number, rounded half up, without decimals."""
    return int(Decimal(values.number(value)).to_integral_value(ROUND_HALF_UP))


def number(value: object, decimals: int = 0, thousands: str = "", point: str = ".") -> str:
    """A number with as many decimals, and signs of one's own: `{{ usage | number(1, point=",") }}`."""
    return values.grouped(value, decimals, _sign(thousands), _sign(point))


def money(value: object, currency: str = "", decimals: int = 2, thousands: str = "", point: str = ".") -> str:
    """An amount with its currency before it: `{{ due | money("EUR", thousands=".", point=",") }}`."""
    return f"{_sign(currency)} {number(value, decimals, thousands, point)}".lstrip()


def _sign(value: str) -> str:
    if len(text(value)) > 10:
        raise ValueError("a currency or separator of more than 10 characters")
    return text(value)


@pass_context
def date(context: Context, value: object, pattern: str = "%Y-%m-%d") -> str:
    """A date by a pattern: `{{ due | date("%-d-%-m-%Y") }}`."""
    fuel_of(context).made(4 * len(text(pattern)))
    return values.dated(value, text(pattern))


@pass_context
def _each(context: Context, items: Any, weight: int) -> Iterator[Any]:
    """What a loop goes over, paid for turn by turn: `weight` is the number of expressions in one turn."""
    fuel = fuel_of(context)
    for item in items:
        fuel.burn(weight)
        yield item


@pass_context
def _concat(context: Context, items: list[object]) -> str:
    """What `~` means."""
    return _joined(fuel_of(context), items, "")


@pass_context
def _written(context: Context, value: Any) -> Any:
    """A list or mapping that is written in a template."""
    fuel_of(context).burn(values.bounded(value))
    return value


@pass_context
def _weighed(context: Context, value: Any) -> Any:
    """A value that is compared, searched or cut: as dear as it is long, or a loop compares long lists all day."""
    fuel, open_ = fuel_of(context), [value]
    while open_:
        one = open_.pop()
        if isinstance(one, str):
            fuel.burn(1 + len(one) // 64)
        elif isinstance(one, range):
            fuel.burn(len(one))
        elif isinstance(one, list | tuple | Mapping):
            fuel.burn(len(one))
            open_ += one.values() if isinstance(one, Mapping) else one
    return value


OFFERED: Final[Mapping[str, Filter]] = {
    "capitalize": _of_text(lambda t: t[:1].upper() + t[1:].lower(), 3),
    "count": length,
    "d": default,
    "date": date,
    "decimal": values.number,
    "default": default,
    "first": first,
    "int": whole,
    "join": join,
    "last": last,
    "length": length,
    "lower": _of_text(str.lower, 3),
    "money": money,
    "number": number,
    "replace": replace,
    "title": _of_text(_title, 3),
    "trim": _of_text(str.strip),
    "truncate": _of_text(_truncate, 2),
    "upper": _of_text(str.upper, 3),
    "urlencode": _of_text(lambda t: quote(t, safe=""), 12),
}
"""By the name that templates use."""

OWN: Final[Mapping[str, Filter]] = {"_each": _each, "_concat": _concat, "_weighed": _weighed, "_written": _written}
"""Put into templates by language.py; no template can name them."""
