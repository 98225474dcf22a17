"""A row of a list, and what can be wrong with a list: values with a line and a way out, never exceptions."""

from enum import StrEnum
from typing import TypeAlias

from reconciler.model.record import Record

Scalar: TypeAlias = str | bool | int | float
"""What a column holds. Dates and times are text, as RFC 3339 writes them."""


class Trouble(StrEnum):
    """What is wrong with a row, or with the list as a whole."""

    MISSING = "missing-data"
    NOT_A_FILE = "not-a-file"
    UNREADABLE = "unreadable"
    ENCODING = "encoding"
    NUL = "nul"
    TOO_LONG = "too-long"
    QUOTES = "quotes"
    LINE_ENDS = "line-ends"
    DELIMITER = "delimiter"
    HEADER = "header"
    NO_COLUMN = "no-column"
    WIDTH = "width"
    NOT_JSON = "not-json"
    NOT_SCALAR = "not-scalar"
    CHANGED = "changed"
    DATABASE = "database"
    NO_ADDRESS = "no-address"
    BAD_ADDRESS = "bad-address"
    CONDITION = "condition"
    NO_NUMBER = "no-number"
    BAD_VALUE = "bad-value"
    TWICE = "twice"


class Row(Record, frozen=True):
    """One row: its line (the first of its lines; of a query or a manifest, the row's number), and its columns by name.

    A column without a value (null) is left out.
    """

    line: int
    values: dict[str, Scalar]


class Fault(Record, frozen=True):
    """What is wrong in `line` (0: with the list as a whole), and the way out.

    After one that is `final` nothing more is read, and what was read before it is not to be used: the list is not whole.
    """

    code: Trouble
    line: int
    detail: str
    help: str
    final: bool = False


class Unusable(Exception):
    """Ends the reading of a list within this room; `rows` turns it into its last fault."""

    def __init__(self, code: Trouble, line: int, detail: str, advice: str) -> None:
        super().__init__(detail)
        self.fault = Fault(code, line, detail, advice, True)
