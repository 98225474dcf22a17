"""Rows of a file with one JSON object a line."""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from reconciler.feed.columns import MAX_COLUMNS
from reconciler.feed.lines import lines
from reconciler.feed.row import Fault, Row, Scalar, Trouble

_PLACE: Final = re.compile(r" - at `\$(.*?)`$")


def jsonl_rows(path: str) -> Iterator[Row | Fault]:
    """Every object; empty lines are passed over, and a line that is no flat object is a fault of its own."""
    decode = msgspec.json.Decoder(dict[str, str | bool | int | float | None]).decode
    for number, text in enumerate(lines(path), 1):
        if not text.isspace():
            try:
                values = decode(text)
            except msgspec.ValidationError as error:
                yield _not_flat(number, str(error))
            except msgspec.DecodeError as error:
                detail = f"this is not JSON: {_PLACE.sub('', str(error))}"
                yield Fault(Trouble.NOT_JSON, number, detail, 'write one object a line: {"email": "…"}')
            else:
                yield _row(number, values, "\\u0000" in text)


def _row(line: int, values: dict[str, Scalar | None], nul: bool) -> Row | Fault:
    if len(values) > MAX_COLUMNS:
        detail = f"the row has {len(values):,} columns; at most {MAX_COLUMNS} are read"
        return Fault(Trouble.TOO_LONG, line, detail, "export fewer columns")
    if nul and any("\0" in text for pair in values.items() for text in pair if isinstance(text, str)):
        return Fault(Trouble.NUL, line, "the row holds the character NUL", "export it again; no text holds it")
    return Row(line, {name: value for name, value in values.items() if value is not None})


def _not_flat(line: int, words: str) -> Fault:
    if words.startswith("Expected `object`"):
        return Fault(Trouble.NOT_JSON, line, "this is no object", 'write one object a line: {"email": "…"}')
    return Fault(Trouble.NOT_SCALAR, line, "a column holds a list or an object", "give each value a column of its own")
