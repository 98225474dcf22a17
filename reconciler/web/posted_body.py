"""Rows as they are posted: one object, a list of them, or one a line."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from reconciler.feed.columns import MAX_COLUMNS, MAX_NAME
from reconciler.feed.row import Fault, Row, Scalar, Trouble
from reconciler.web.strict_json import Unreadable, read_strict

MOST: Final = 2 << 20
"""Bytes of a body."""
MOST_ROWS: Final = 1000
_LINES: Final = ("application/x-ndjson", "application/jsonl", "application/jsonlines", "application/x-jsonlines")
_CORRECT: Final = "correct it and post it again"


class OtherKind(ValueError):
    """It is of a kind that is not read here."""


def posted_rows(data: bytes, kind: str) -> Sequence[Row | Fault]:
    """The rows of a body whose Content-Type is `kind`, each by its place from 1 on. Unreadable, or OtherKind."""
    sort, _, parameters = kind.lower().partition(";")
    if "charset" in parameters and "utf-8" not in parameters:
        raise OtherKind("send UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("the body is not UTF-8") from None
    found = list(_objects(text, sort.strip()))
    if not found:
        raise Unreadable("send one row at least: an object, a list of objects, or one a line")
    if len(found) > MOST_ROWS:
        raise Unreadable(f"a request holds {MOST_ROWS:,} rows at most; send {len(found):,} in several")
    return [_row(place, one) for place, one in enumerate(found, 1)]


def _objects(text: str, sort: str) -> Iterator[Any]:
    if sort in _LINES:
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                try:
                    yield read_strict(line)
                except Unreadable as error:
                    raise Unreadable(f"line {number}: {error}") from None
    elif sort == "application/json":
        found = read_strict(text)
        yield from found if isinstance(found, list) else [found]
    else:
        raise OtherKind("send application/json, or application/x-ndjson")


def _row(place: int, found: Any) -> Row | Fault:
    if not isinstance(found, dict):
        return Fault(Trouble.NOT_JSON, place, "this is no object", _CORRECT)
    values: dict[str, Scalar] = {}
    for name, value in _flat(found).items():
        if isinstance(value, dict | list):
            detail = f"{name[:MAX_NAME]!r} holds a list or an object"
            return Fault(Trouble.NOT_SCALAR, place, detail, "give each value a member of its own")
        if len(name) > MAX_NAME or not name or not name.isprintable():
            return Fault(Trouble.HEADER, place, "a member's name is empty, too long, or cannot be printed", _CORRECT)
        if value is not None:
            values[name] = value
    if len(values) > MAX_COLUMNS:
        return Fault(Trouble.TOO_LONG, place, f"the row has more than {MAX_COLUMNS} members", "send fewer")
    return Row(place, values)


def _flat(found: Mapping[str, Any]) -> dict[str, Any]:
    """The members, those of an object `contact` as contact.name, contact.email …"""
    contact = found.get("contact")
    if not isinstance(contact, dict):
        return dict(found)
    rest = {name: value for name, value in found.items() if name != "contact"}
    return {**rest, **{f"contact.{name}": value for name, value in contact.items()}}
