"""What a partner posts: JSON or a form, read so that it cannot mean two things, and refused where it does."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from reconciler.kinds.leads.fields import MOST_FIELDS
from reconciler.kinds.leads.way import Asked
from reconciler.model import canonical
from reconciler.web.strict_json import Unreadable, read_strict, unique

MOST: Final = 64 << 10
"""Bytes of a body."""
_NAMES: Final = ("contract", "campaign", "vertical", "workflow")
_ADDRESSES: Final = (*_NAMES, "version")
_LONGEST_NAME: Final = 200
"""Characters of a member's name."""
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_VERSION: Final = re.compile(r"[1-9][0-9]{0,6}", re.ASCII)


class OtherKind(ValueError):
    """It is of a kind that is not read here."""


@dataclass(frozen=True, slots=True)
class Body:
    """A lead's fields as they were posted, each a single value, and what they are addressed to."""

    fields: Mapping[str, Any]
    asked: Asked


def read_body(data: bytes, kind: str) -> Body:
    """The body of a request whose Content-Type is `kind`. Unreadable, or OtherKind."""
    sort, _, parameters = kind.lower().partition(";")
    if "charset" in parameters and "utf-8" not in parameters:
        raise OtherKind("send UTF-8")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise Unreadable("the body is not UTF-8") from None
    match sort.strip():
        case "application/json":
            return _of_json(text)
        case "application/x-www-form-urlencoded":
            return _of_form(text)
    raise OtherKind("send application/json or application/x-www-form-urlencoded")


def _of_json(text: str) -> Body:
    found = read_strict(text)
    if not isinstance(found, dict) or not isinstance(found.get("fields"), dict):
        raise Unreadable('send an object such as {"fields": {"email": "ana@example.com"}}')
    unknown = sorted(found.keys() - {"fields", *_ADDRESSES})
    if unknown:
        raise Unreadable(
            f"beside fields there may stand {', '.join(_ADDRESSES)}; not {_CONTROL.sub('?', unknown[0][:63])}"
        )
    return _body(found["fields"], {name: found[name] for name in _ADDRESSES if found.get(name) is not None})


def _of_form(text: str) -> Body:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS + len(_ADDRESSES))
    except ValueError:
        raise Unreadable("the body is no form in UTF-8, or has too many fields") from None
    found = unique(pairs)
    addresses = {name: found.pop(f"_{name}") for name in _ADDRESSES if f"_{name}" in found}
    return _body(found, {name: value for name, value in addresses.items() if value})


def _body(fields: Mapping[str, Any], addresses: Mapping[str, Any]) -> Body:
    for name, value in fields.items():
        if len(name) > _LONGEST_NAME or _CONTROL.search(name):
            raise Unreadable("the name of a field is too long, or holds a control character")
        if isinstance(value, dict | list):
            raise Unreadable(f"{name}: send one text, number, or true or false")
    try:
        canonical.encode([fields, addresses])
    except UnicodeEncodeError:
        raise Unreadable("a text holds half of a sign (a lone surrogate)") from None
    named = {name: _name(name, addresses[name]) for name in _NAMES if name in addresses}
    return Body(fields, Asked(**named, version=_version(addresses.get("version"))))


def _name(name: str, value: Any) -> str:
    if not isinstance(value, str) or len(value) > 63 or _CONTROL.search(value):
        raise Unreadable(f"{name} is no name")
    return value


def _version(value: Any) -> int:
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int | str) or not _VERSION.fullmatch(str(value)):
        raise Unreadable("version is no number from 1 on")
    return int(value)
