"""Tables as CSV that spreadsheets only show: no cell is a formula, and none breaks its line."""

import csv
import io
from collections.abc import Sequence
from typing import Final

from reconciler.views.style import safe

_FORMULA: Final = frozenset("=+-@＝＋－＠")  # noqa: RUF001 - the wide forms begin formulas too
"""With what a spreadsheet lets a formula begin."""


def csv_line(cells: Sequence[object]) -> str:
    """One row (RFC 4180). Numbers stay numbers, None is empty."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow([_cell(cell) for cell in cells])
    return line.getvalue()


def _cell(cell: object) -> object:
    """Text from outside, without control characters; where it could be a formula, behind an apostrophe."""
    if not isinstance(cell, str):
        return cell
    text = safe(cell)
    return f"'{text}" if text.lstrip()[:1] in _FORMULA and text.strip() else text
