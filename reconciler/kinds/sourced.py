"""Rows that a source of invoices or accounts gives: their columns by the names that rules use, each as its type says.

What is wrong with a row is said with its line, all of it; nothing is guessed from what a value looks like.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache, partial
from math import isfinite
from typing import Any, Final, Protocol, TypeVar

from reconciler.feed.row import Fault, Row, Scalar, Trouble
from reconciler.feed.rows import rows
from reconciler.feed.source import Source
from reconciler.feed.typed import typed
from reconciler.kinds import shape
from reconciler.kinds.shape import ColumnType
from reconciler.model import canonical
from reconciler.model.instant import is_zone
from reconciler.model.money import amount_of, kept

T = TypeVar("T")
MAX_ROW: Final = 32 << 10
"""Bytes that a row may have as JSON."""
MAX_NUMBER: Final = 200
"""Characters of what names a row."""
LEFT_OUT: Final = "correct it at its source; the row is left out until then"

_CONTACT: Final = re.compile(r"contact(?:[._]([A-Za-z0-9_]\w*)|([A-Z]\w*))", re.ASCII)
_AMOUNT: Final = re.compile(r"[+-]?[0-9]{1,12}(?:\.([0-9]{1,4})0*)?", re.ASCII)
_CURRENCY: Final = re.compile(r"[A-Z]{3}", re.ASCII)
_ZONE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*", re.ASCII)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LARGEST: Final = 1 << 63
_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_EXACT: Final = 10**11
"""From here on a number that is no text may not hold four places exactly."""


class SourceSpec(Protocol):
    """What the specs of all such sources say alike."""

    @property
    def id(self) -> str:
        """The column that names a row."""
        ...

    @property
    def columns(self) -> Mapping[str, str] | None:
        """Columns by the names that rules use, where they differ."""
        ...

    @property
    def types(self) -> Mapping[str, ColumnType] | None:
        """What columns hold."""
        ...

    @property
    def currency(self) -> str | None:
        """That of rows without one."""
        ...

    @property
    def source(self) -> shape.Source | None:
        """Where its rows come from."""
        ...

    @property
    def api_key(self) -> shape.SecretRef | None:
        """With which rows are posted."""
        ...


@dataclass(frozen=True, slots=True)
class Layout:
    """How the rows of a source are laid out. `columns` gives a file's column for a name that rules use."""

    id: str
    columns: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    currency: str = ""

    def column(self, name: str) -> str:
        """What the source calls it."""
        return self.columns.get(name, name)


def layout_of(spec: SourceSpec) -> Layout:
    """The layout that a source's spec says."""
    return Layout(spec.id, spec.columns or {}, spec.types or {}, spec.currency or "")


@dataclass(slots=True)
class Cells:
    """One row as it is read: what is left to be read of it, what it says, and what is wrong with it."""

    line: int
    left: dict[str, Scalar]
    layout: Layout
    faults: list[Fault] = field(default_factory=list)

    def take(self, name: str, read: Callable[[Scalar], T]) -> T | None:
        """What the column says that rules call `name`; None where it is empty, or is not what it should be."""
        value = self.left.pop(name, None)
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        try:
            return read(value)
        except ValueError as error:
            self.fault(Trouble.BAD_VALUE, f"{self._called(name)}: {error}")
            return None

    def column(self, name: str) -> str:
        """The column of this name; where there is none, one that only writes it otherwise, such as Status, or time_zone."""
        alike = (one for one in self.left if _letters(one) == _letters(name))
        return name if name in self.left else next(alike, name)

    def flag(self, *names: str) -> bool:
        """Whether one of these columns, which all mean one thing, says true. They stay for conditions under their own names.

        However they are written: `Opted Out` is optedOut. Whom nobody is to contact must not be called for a capital letter.
        """
        meant = {_letters(name) for name in names}
        said = {name: self.take(name, truth) for name in list(self.left) if _letters(name) in meant}
        self.left |= {name: found for name, found in said.items() if name != names[0] and found is not None}
        return any(said.values())

    def need(self, name: str, read: Callable[[Scalar], T]) -> T | None:
        """The same, of a column without which the row means nothing."""
        before = len(self.faults)
        found = self.take(name, read)
        if found is None and len(self.faults) == before:
            self.fault(Trouble.BAD_VALUE, f"{self._called(name)} is empty or not there")
        return found

    def rest(self) -> dict[str, Any]:
        """What nobody has taken, as `types` say, with the contact apart from it."""
        found: dict[str, Any] = {}
        contact: dict[str, Any] = {}
        types = self.layout.types
        for name, value in list(self.left.items()):
            kind = types and (types.get(name) or types.get(self.layout.column(name)))
            kept = self.take(name, partial(_typed, kind=kind)) if kind else value
            if not _can_be_kept(kept):
                self.fault(Trouble.BAD_VALUE, f"{self._called(name)}: the number is too large, or none")
            elif kept is None:
                continue
            elif (point := _point_of_contact(name)) is None:
                found[name] = kept
            elif kept != "":
                contact[point] = kept
        self.left.clear()
        return {**found, "contact": contact}

    def fault(self, code: Trouble, detail: str) -> None:
        """Something is wrong with it."""
        self.faults.append(Fault(code, self.line, detail, LEFT_OUT))

    def digest(self, data: Mapping[str, Any]) -> str:
        """The digest of all that the row says; a fault where that is too much to keep, or is no text."""
        try:
            encoded = canonical.encode(data)
        except UnicodeEncodeError:
            self.fault(Trouble.BAD_VALUE, "a text holds half of a sign (a lone surrogate)")
            return ""
        if len(encoded) > MAX_ROW:
            self.fault(Trouble.TOO_LONG, f"the row has {len(encoded):,} bytes as JSON; at most {MAX_ROW:,} are kept")
        if b"\\u0000" in encoded and _NUL.search(encoded):
            self.fault(Trouble.NUL, "the row holds the character NUL")
        return canonical.digest_of_bytes(encoded)

    def _called(self, name: str) -> str:
        return f"column {self.layout.column(name)!r}"


def cells_of(row: Row, layout: Layout) -> tuple[str, Cells]:
    """A row by the names that rules use, and its number: empty where it has none, which is a fault of it."""
    left = dict(row.values)
    if layout.columns:
        taken = {name: left.get(column) for name, column in layout.columns.items()}
        for name, column in layout.columns.items():
            left.pop(name, None)
            left.pop(column, None)
        left |= {name: value for name, value in taken.items() if value is not None}
    cells = Cells(row.line, left, layout)
    value = row.values.get(layout.id)
    number = "" if value is None else _as_text(value).strip()
    if not number:
        cells.fault(Trouble.NO_NUMBER, f"column {layout.id!r} is empty")
    elif len(number) > MAX_NUMBER or _CONTROL.search(number):
        cells.fault(Trouble.NO_NUMBER, f"column {layout.id!r} has more than {MAX_NUMBER} characters, or one to control")
    return number, cells


def source_rows(source: Source, layout: Layout, needed: tuple[str, ...]) -> Iterator[Row | Fault]:
    """The rows of a source; where it has a header, that must name the `needed` columns, and those that the manifest names."""
    return rows(source, tuple(dict.fromkeys([layout.id, *map(layout.column, needed), *layout.columns.values()])))


# --- what columns hold; each raises ValueError, in words ---


def amount(value: Scalar) -> Decimal:
    """An exact amount: plain digits, at most twelve before the point and four behind it; negative, it is a credit."""
    text = value.strip() if isinstance(value, str) else _as_text(value)
    if isinstance(value, float) and abs(value) >= _EXACT:
        raise ValueError(f"{shown(value)} is too large to be exact as a number; write it as a text")
    if isinstance(value, bool) or not _AMOUNT.fullmatch(text):
        raise ValueError(f"{shown(value)} is no amount, such as 1234.50")
    return amount_of(kept(Decimal(text)))


def currency(value: Scalar) -> str:
    """A currency's code."""
    found = str(value).strip().upper()
    if not _CURRENCY.fullmatch(found):
        raise ValueError(f"{shown(value)} is no ISO 4217 code, such as EUR")
    return found


def zone(value: Scalar) -> str:
    """A time zone."""
    name = str(value).strip()
    if len(name) > 64 or not _ZONE.fullmatch(name) or not is_zone(name):
        raise ValueError(f"{shown(value)} is no IANA time zone, such as Europe/Berlin")
    return name


def day(value: Scalar) -> date:
    """A date; of a time, the date as it is written."""
    return date.fromisoformat(str(typed(value, "date"))[:10])


def truth(value: Scalar) -> bool:
    """True or false."""
    return typed(value, "bool") is True


def whole(value: Scalar) -> int:
    """A whole number."""
    return int(typed(value, "int") or 0)


def number(value: Scalar) -> float:
    """A finite number."""
    return float(typed(value, "double") or 0.0)


def shown(value: Scalar) -> str:
    """A value in a sentence."""
    text = str(value)
    return repr(text if len(text) <= 40 else text[:39] + "…")


def _typed(value: Scalar, kind: str) -> Scalar | None:
    """As `types` say; a date is kept as YYYY-MM-DD."""
    found = typed(value, kind)
    return found[:10] if kind == "date" and isinstance(found, str) else found


def _as_text(value: Scalar) -> str:
    return format(Decimal(repr(value)), "f") if isinstance(value, float) else str(value)


def _can_be_kept(value: Scalar | None) -> bool:
    """Not a number that CEL and JSON do not know."""
    return isfinite(value) if isinstance(value, float) else type(value) is not int or -_LARGEST <= value < _LARGEST


@lru_cache(maxsize=1024)  # the columns of a few sources
def _letters(column: str) -> str:
    """What is left of a column's name where nobody minds how it is written."""
    return "".join(filter(str.isalnum, column)).casefold()


@lru_cache(maxsize=1024)  # the columns of a few sources
def _point_of_contact(column: str) -> str | None:
    """What `contact` calls a column: contactEmail, contact.email and contact_email are its `email`."""
    found = _CONTACT.fullmatch(column)
    name = (found[1] or found[2]) if found else ""
    return name[:1].lower() + name[1:] if name else None
