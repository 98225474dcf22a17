"""Rows of a CSV file: its delimiter, its header, and every line that does not fit it."""

import csv
import re
from collections.abc import Iterator, Sequence
from typing import Final

from reconciler.feed.columns import check_names, check_required
from reconciler.feed.lines import lines
from reconciler.feed.row import Fault, Row, Trouble, Unusable

_DELIMITERS: Final = {",": "commas", ";": "semicolons", "\t": "tabs"}
_QUOTED: Final = re.compile(r'"(?:[^"]|"")*"')


def csv_rows(path: str, required: Sequence[str]) -> Iterator[Row | Fault]:
    """Every row below the header, which must name the `required` columns. Empty lines are passed over."""
    text = lines(path)
    first = next(text, "")
    reader = csv.reader(_again(first, text), delimiter=_delimiter(first), strict=True)
    ends = 0
    try:
        header = _header(next(reader, []), required)
        width = len(header)
        ends = reader.line_num
        for cells in reader:
            line, ends = ends + 1, reader.line_num
            if len(cells) == width:
                yield Row(line, dict(zip(header, cells, strict=True)))
            elif cells:
                yield _misfit(line, len(cells), width)
    except csv.Error as error:
        raise _broken(str(error), ends + 1) from None


def _again(first: str, rest: Iterator[str]) -> Iterator[str]:
    if first:
        yield first
    yield from rest


def _delimiter(header: str) -> str:
    bare = _QUOTED.sub("", header)
    found = [one for one in _DELIMITERS if one in bare]
    if len(found) > 1:
        names = " and ".join(_DELIMITERS[one] for one in found)
        detail = f"the header holds {names}, so it does not say what parts the columns"
        raise Unusable(Trouble.DELIMITER, 1, detail, "put column names that hold one of them in quotes, or rename them")
    return found[0] if found else ","


def _header(cells: list[str], required: Sequence[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    if not any(names):
        raise Unusable(Trouble.HEADER, 1, "there is no header line", "begin the file with the names of its columns")
    check_names(names, 1)
    check_required(names, required, 1)
    return names


def _misfit(line: int, fields: int, width: int) -> Fault:
    detail = f"the row has {fields} {'field' if fields == 1 else 'fields'}, the header {width}"
    advice = "put values that hold the delimiter in quotes" if fields > width else "write every field, empty ones too"
    return Fault(Trouble.WIDTH, line, detail, advice)


def _broken(words: str, line: int) -> Unusable:
    """What the csv module has against the row that begins in `line`."""
    if "field limit" in words:
        detail = f"a field has more than {csv.field_size_limit():,} characters"
        return Unusable(Trouble.TOO_LONG, line, detail, "close its quotes, if they are open; else shorten it")
    if "new-line" in words:
        advice = "lines must end with LF or CRLF: save the file as CSV UTF-8, or tr '\\r' '\\n'"
        return Unusable(Trouble.LINE_ENDS, line, "the line holds a bare carriage return", advice)
    advice = 'close the quotes, and double a quote within quotes: ""'
    return Unusable(Trouble.QUOTES, line, "the row has quotes that are not closed, or text right after them", advice)
